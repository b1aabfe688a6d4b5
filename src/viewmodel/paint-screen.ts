import {styled, type Theme} from '../theme/theme.ts';
import type {Line} from './line.ts';
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
 * The whole screen as one write: for the first picture, before Ink is there. The same lines as Ink draws, each at its
 * place, so that Ink takes over without a flicker. Nothing is scrolled and nothing is cleared before it is overwritten.
 */
export function paintScreen({lines, cursor}: ScreenModel, theme: Theme): string {
	const rows = lines.map((line, row) => {
		const whole = paintLine(line, theme);
		const text = whole.trimEnd();
		// Behind a line that fills the row the cursor still stands on its last cell: erasing to the end would take that.
		return `\x1b[${row + 1};1H${text}${text === whole ? '' : '\x1b[K'}`;
	});
	return `${rows.join('')}${paintCursor(cursor)}`;
}

/** Puts the cursor where it belongs, or hides it. */
export function paintCursor(cursor: ScreenModel['cursor']): string {
	return cursor === undefined ? '\x1b[?25l' : `\x1b[${cursor.y + 1};${cursor.x + 1}H\x1b[?25h`;
}
