import type {Tone} from '../theme/tone.ts';
import type {Line, Span} from './line.ts';
import {displayWidth, sliceColumns} from './text-width.ts';

/** A span; `plain` where nothing is said. */
export function span(text: string, tone: Tone = 'plain'): Span {
	return {text, tone};
}

/** A line of one tone. */
export function lineOf(text: string, tone: Tone = 'plain'): Line {
	return [{text, tone}];
}

/** The characters of a line, without tones. */
export function textOfLine(line: Line): string {
	return line.map(({text}) => text).join('');
}

/** Columns that a line takes. */
export function lineWidth(line: Line): number {
	return line.reduce((width, {text}) => width + displayWidth(text), 0);
}

/** Do two lines look the same? */
export function isSameLine(one: Line, other: Line): boolean {
	return one === other || (one.length === other.length && one.every(({text, tone}, index) => text === other[index]!.text && tone === other[index]!.tone));
}

/** All of the line in one tone: a selected row is one bar. */
export function inTone(line: Line, tone: Tone): Line {
	return [{text: textOfLine(line), tone}];
}

/** The line from one column on, `width` columns of it at most. */
export function sliceLine(line: Line, from: number, width: number): Line {
	const out: Span[] = [];
	let column = 0;
	for (const {text, tone} of line) {
		const size = displayWidth(text);
		const start = Math.max(0, from - column);
		const end = Math.min(size, from + width - column);
		if (end > start) out.push(start === 0 && end === size ? {text, tone} : {text: sliceColumns(text, start, end - start), tone});
		column += size;
		if (column >= from + width) break;
	}
	return out;
}

/** The line in exactly so many columns: cut with `…`, or filled with spaces. */
export function fitLine(line: Line, width: number): Line {
	if (width <= 0) return [];
	const full = lineWidth(line);
	if (full === width) return line;
	if (full < width) return [...line, {text: ' '.repeat(width - full), tone: 'plain'}];
	const cut = sliceLine(line, 0, width - 1);
	const tone = cut.at(-1)?.tone ?? 'plain';
	const missing = width - 1 - lineWidth(cut);
	return [...cut, {text: `${' '.repeat(missing)}…`, tone}];
}

/** Left and right on one line; where both do not fit, the right one goes. */
export function spread(left: Line, right: Line, width: number): Line {
	const space = width - lineWidth(left) - lineWidth(right);
	return space >= 1 ? [...left, {text: ' '.repeat(space), tone: 'plain'}, ...right] : fitLine(left, width);
}

/** Words broken into lines of at most so many columns. A word that is too long is cut into pieces. */
export function wrapText(text: string, width: number): readonly string[] {
	const columns = Math.max(1, width);
	const lines: string[] = [];
	let current = '';
	for (let word of text.split(' ')) {
		const joined = current === '' ? word : `${current} ${word}`;
		if (displayWidth(joined) <= columns) {
			current = joined;
			continue;
		}
		if (current !== '') lines.push(current);
		while (displayWidth(word) > columns) {
			const piece = sliceColumns(word, 0, columns);
			lines.push(piece);
			word = word.slice(Math.max(1, piece.length));
		}
		current = word;
	}
	return [...lines, current];
}
