const BLOCKS = '▁▂▃▄▅▆▇█';
/** For terminals and readers without block characters. */
const ASCII = '_.-:=+*#';

export type Glyphs = 'blocks' | 'ascii';

/**
 * The last samples as one character each, the newest at the right, between 0 and the largest of them.
 *
 * @param values NaN stands where a sample did not say: a blank, never a low bar.
 * @returns Exactly `width` characters; blanks where there is no sample yet.
 */
export function sparkline(values: ArrayLike<number>, width: number, glyphs: Glyphs): string {
	const levels = glyphs === 'blocks' ? BLOCKS : ASCII;
	const from = Math.max(0, values.length - width);
	let largest = 0;
	for (let at = from; at < values.length; at++) {
		const value = values[at]!;
		if (Number.isFinite(value) && value > largest) largest = value;
	}
	let text = '';
	for (let at = from; at < values.length; at++) {
		const value = values[at]!;
		if (!Number.isFinite(value)) text += ' ';
		else text += levels[largest === 0 ? 0 : Math.min(levels.length - 1, Math.max(0, Math.floor((value / largest) * levels.length)))];
	}
	return text.padStart(width);
}
