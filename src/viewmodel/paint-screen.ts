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

/** Terminals that know it show a write between these two at once; the others skip them. */
const AT_ONCE = {begin: '\x1b[?2026h', end: '\x1b[?2026l'};

/**
 * The screen as one write: only lines that differ from what is on the terminal, each at its place. Nothing is scrolled, and nothing
 * is cleared before it is overwritten.
 *
 * @param before What is on the terminal. undefined: not known, all is written.
 * @returns '' when nothing differs.
 */
export function paintScreen({size, lines, cursor}: ScreenModel, theme: Theme, before?: ScreenModel): string {
	const old = before !== undefined && before.size.columns === size.columns && before.size.rows === size.rows ? before : undefined;
	let rows = '';
	lines.forEach((line, row) => {
		const known = old?.lines[row];
		if (known !== undefined && isSameLine(known, line)) return;
		rows += `\x1b[${row + 1};1H${paintLine(line, theme).trimEnd()}\x1b[K`;
	});
	if (rows === '' && old?.cursor?.x === cursor?.x && old?.cursor?.y === cursor?.y) return '';
	const placed = cursor === undefined ? '\x1b[?25l' : `\x1b[${cursor.y + 1};${cursor.x + 1}H\x1b[?25h`;
	return `${AT_ONCE.begin}${rows}${placed}${AT_ONCE.end}`;
}

/** Keeps a terminal the same as the screen. */
export type Painter = {
	/** Writes what differs from the screen that was painted last. */
	paint(screen: ScreenModel): void;
	/** Somebody else has written meanwhile: the screen that is to be there is written whole. */
	repaint(): void;
};

/** @param write Takes what is to be sent to the terminal. */
export function createPainter(write: (text: string) => void, theme: Theme): Painter {
	let painted: ScreenModel | undefined;
	const send = (text: string): void => {
		if (text !== '') write(text);
	};
	return {
		paint(screen) {
			if (screen === painted) return;
			send(paintScreen(screen, theme, painted));
			painted = screen;
		},
		repaint() {
			if (painted !== undefined) send(`\x1b[2J${paintScreen(painted, theme)}`);
		},
	};
}
