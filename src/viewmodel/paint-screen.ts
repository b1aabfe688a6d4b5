import {styled, type Theme} from '../theme/theme.ts';
import type {Line} from './line.ts';
import {isSameLine} from './line-tools.ts';
import type {ScreenModel} from './screen.ts';

const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;

/** One line as a terminal reads it. Spans of one look are written as one; a control character, should one get here, is shown as U+FFFD and never sent. */
export function paintLine(line: Line, theme: Theme): string {
	let out = '';
	for (let at = 0; at < line.length; ) {
		const {tone} = line[at]!;
		let text = '';
		while (at < line.length && theme.styles[line[at]!.tone] === theme.styles[tone]) text += line[at++]!.text;
		out += styled(theme, tone, text.replace(CONTROL, '\ufffd'));
	}
	return out;
}

/**
 * The screen as one write, until Ink is there: the same lines as Ink draws, each at its place, so that Ink takes over without a
 * flicker. Nothing is scrolled and nothing is cleared before it is overwritten.
 *
 * @param before What is on the terminal: only lines that differ from it are written. undefined: all are.
 */
export function paintScreen({lines, cursor}: ScreenModel, theme: Theme, before?: ScreenModel): string {
	const old = before?.lines.length === lines.length ? before.lines : [];
	const rows = lines.flatMap((line, row) => {
		const known = old[row];
		return known !== undefined && isSameLine(known, line) ? [] : [`\x1b[${row + 1};1H${paintLine(line, theme).trimEnd()}\x1b[K`];
	});
	return `${rows.join('')}${cursor === undefined ? '\x1b[?25l' : `\x1b[${cursor.y + 1};${cursor.x + 1}H\x1b[?25h`}`;
}
