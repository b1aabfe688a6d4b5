import {lazy} from '../util/lazy.ts';

/**
 * First and last code point of each run that takes two columns: East_Asian_Width W and F.
 * Source: Unicode 17.0.0, EastAsianWidth.txt.
 */
// biome-ignore format: a table
const WIDE: readonly number[] = [
	0x1100, 0x115f, 0x231a, 0x231b, 0x2329, 0x232a, 0x23e9, 0x23ec, 0x23f0, 0x23f0, 0x23f3, 0x23f3, 0x25fd, 0x25fe, 0x2614, 0x2615,
	0x2630, 0x2637, 0x2648, 0x2653, 0x267f, 0x267f, 0x268a, 0x268f, 0x2693, 0x2693, 0x26a1, 0x26a1, 0x26aa, 0x26ab, 0x26bd, 0x26be,
	0x26c4, 0x26c5, 0x26ce, 0x26ce, 0x26d4, 0x26d4, 0x26ea, 0x26ea, 0x26f2, 0x26f3, 0x26f5, 0x26f5, 0x26fa, 0x26fa, 0x26fd, 0x26fd,
	0x2705, 0x2705, 0x270a, 0x270b, 0x2728, 0x2728, 0x274c, 0x274c, 0x274e, 0x274e, 0x2753, 0x2755, 0x2757, 0x2757, 0x2795, 0x2797,
	0x27b0, 0x27b0, 0x27bf, 0x27bf, 0x2b1b, 0x2b1c, 0x2b50, 0x2b50, 0x2b55, 0x2b55, 0x2e80, 0x2e99, 0x2e9b, 0x2ef3, 0x2f00, 0x2fd5,
	0x2ff0, 0x303e, 0x3041, 0x3096, 0x3099, 0x30ff, 0x3105, 0x312f, 0x3131, 0x318e, 0x3190, 0x31e5, 0x31ef, 0x321e, 0x3220, 0x3247,
	0x3250, 0xa48c, 0xa490, 0xa4c6, 0xa960, 0xa97c, 0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe10, 0xfe19, 0xfe30, 0xfe52, 0xfe54, 0xfe66,
	0xfe68, 0xfe6b, 0xff01, 0xff60, 0xffe0, 0xffe6, 0x16fe0, 0x16fe4, 0x16ff0, 0x16ff6, 0x17000, 0x18cda, 0x18cff, 0x18d20, 0x18d80, 0x18df2,
	0x18e00, 0x19191, 0x191a0, 0x191d2, 0x1aff0, 0x1aff3, 0x1aff5, 0x1affb, 0x1affd, 0x1affe, 0x1b000, 0x1b128, 0x1b132, 0x1b132, 0x1b150, 0x1b152,
	0x1b155, 0x1b155, 0x1b164, 0x1b168, 0x1b170, 0x1b2fb, 0x1d300, 0x1d356, 0x1d360, 0x1d376, 0x1f004, 0x1f004, 0x1f0cf, 0x1f0cf, 0x1f18e, 0x1f18e,
	0x1f191, 0x1f19a, 0x1f1ae, 0x1f1ae, 0x1f200, 0x1f202, 0x1f210, 0x1f23b, 0x1f240, 0x1f248, 0x1f250, 0x1f251, 0x1f260, 0x1f265, 0x1f300, 0x1f320,
	0x1f32d, 0x1f335, 0x1f337, 0x1f37c, 0x1f37e, 0x1f393, 0x1f3a0, 0x1f3ca, 0x1f3cf, 0x1f3d3, 0x1f3e0, 0x1f3f0, 0x1f3f4, 0x1f3f4, 0x1f3f8, 0x1f43e,
	0x1f440, 0x1f440, 0x1f442, 0x1f4fc, 0x1f4ff, 0x1f53d, 0x1f54b, 0x1f54e, 0x1f550, 0x1f567, 0x1f57a, 0x1f57a, 0x1f595, 0x1f596, 0x1f5a4, 0x1f5a4,
	0x1f5fb, 0x1f64f, 0x1f680, 0x1f6c5, 0x1f6cc, 0x1f6cc, 0x1f6d0, 0x1f6d2, 0x1f6d5, 0x1f6d9, 0x1f6dc, 0x1f6df, 0x1f6eb, 0x1f6ec, 0x1f6f4, 0x1f6fc,
	0x1f7da, 0x1f7da, 0x1f7e0, 0x1f7eb, 0x1f7f0, 0x1f7f0, 0x1f90c, 0x1f93a, 0x1f93c, 0x1f945, 0x1f947, 0x1f9ff, 0x1fa70, 0x1fa7c, 0x1fa80, 0x1fac6,
	0x1fac8, 0x1fac8, 0x1facc, 0x1fadd, 0x1fadf, 0x1faeb, 0x1faef, 0x1fafa, 0x20000, 0x2fffd, 0x30000, 0x3fffd,
];

/** Characters of one column and one code unit that stand alone: ASCII, Latin-1, dashes and quotes, arrows, comparisons, and what rules and charts are drawn with. */
const SIMPLE = /^[ -~\u00a1-\u00ac\u00ae-\u00ff\u2010-\u2027\u2190-\u2193\u2248\u2264\u2265\u2500-\u259f\u25a0-\u25fc]*$/;

/** Made when the first text needs them: the set of all emoji alone takes 10 ms, and most clusters have none. */
const classes = lazy(() => ({
	invisible: /^[\p{Default_Ignorable_Code_Point}\p{Control}\p{Format}\p{Nonspacing_Mark}\p{Enclosing_Mark}\p{Surrogate}]$/v,
	emoji: /^\p{RGI_Emoji}$/v,
	pictograph: /\p{Extended_Pictographic}/gu,
	keycap: /^[\d#*]\u20e3$/,
	spacingMark: /\p{Spacing_Mark}/v,
	segmenter: new Intl.Segmenter(),
}));

/**
 * Columns that a text takes on a terminal. Combining marks take none, East Asian wide characters and emoji two.
 * The same answer as Ink's (string-width 8), which would cut or shift a line that measures otherwise there.
 */
export function displayWidth(text: string): number {
	if (SIMPLE.test(text)) return text.length;
	let width = 0;
	for (const {segment} of classes().segmenter.segment(text)) width += clusterWidth(segment);
	return width;
}

/** Columns of one grapheme cluster. */
function clusterWidth(cluster: string): number {
	if (cluster.length === 1 && cluster >= ' ' && cluster <= '~') return 1;
	const {invisible, emoji, keycap, pictograph, spacingMark} = classes();
	const points = Array.from(cluster);
	const first = points.findIndex(point => !invisible.test(point));
	if (first === -1) return 0;
	if (emoji.test(cluster) || keycap.test(cluster) || (cluster.includes('\u200d') && (cluster.match(pictograph)?.length ?? 0) >= 2)) return 2;
	const visible = points.slice(first);
	const hangul = hangulWidth(visible);
	if (hangul !== undefined) return hangul;
	return visible.reduce(
		(width, point, index) => width + (index === 0 || spacingMark.test(point) || (point >= '\uff00' && point <= '\uffef') ? pointWidth(point) : 0),
		0,
	);
}

/** Leading, vowel and trailing jamo that make one syllable take two columns together; undefined for everything else. */
function hangulWidth(points: readonly string[]): number | undefined {
	const {invisible} = classes();
	const codes = points.filter(point => !invisible.test(point)).map(point => point.codePointAt(0)!);
	if (!isJamo(codes[0]!)) return undefined;
	let width = 0;
	for (let index = 0; index < codes.length; index++) {
		if (isLeading(codes[index]!) && isVowel(codes[index + 1] ?? 0)) {
			width += 2;
			index += isTrailing(codes[index + 2] ?? 0) ? 2 : 1;
		} else width += pointWidth(String.fromCodePoint(codes[index]!));
	}
	return width;
}

const isLeading = (code: number): boolean => (code >= 0x1100 && code <= 0x115f) || (code >= 0xa960 && code <= 0xa97c);
const isVowel = (code: number): boolean => (code >= 0x1160 && code <= 0x11a7) || (code >= 0xd7b0 && code <= 0xd7c6);
const isTrailing = (code: number): boolean => (code >= 0x11a8 && code <= 0x11ff) || (code >= 0xd7cb && code <= 0xd7fb);
const isJamo = (code: number): boolean => isLeading(code) || isVowel(code) || isTrailing(code);

function pointWidth(point: string): number {
	const code = point.codePointAt(0)!;
	let low = 0;
	let high = WIDE.length / 2 - 1;
	while (low <= high) {
		const middle = (low + high) >> 1;
		if (code < WIDE[middle * 2]!) high = middle - 1;
		else if (code > WIDE[middle * 2 + 1]!) low = middle + 1;
		else return 2;
	}
	return 1;
}

/** The text from one column on, `width` columns of it at most. A wide character that is cut in half becomes spaces. */
export function sliceColumns(text: string, from: number, width: number): string {
	if (width <= 0) return '';
	if (SIMPLE.test(text)) return text.slice(from, from + width);
	const to = from + width;
	let column = 0;
	let out = '';
	for (const {segment} of classes().segmenter.segment(text)) {
		const size = clusterWidth(segment);
		const end = column + size;
		if (size === 0) out += column > from && column <= to ? segment : '';
		else if (column >= from && end <= to) out += segment;
		else out += ' '.repeat(Math.max(0, Math.min(end, to) - Math.max(column, from)));
		column = end;
		if (column > to) break;
	}
	return out;
}

/** The text in at most so many columns; what is left out at its end is marked with `…`. */
export function truncateEnd(text: string, width: number): string {
	if (width <= 0) return '';
	return displayWidth(text) <= width ? text : `${sliceColumns(text, 0, width - 1)}…`;
}

/** As `truncateEnd`, but the end stays: names made by controllers differ there. */
export function truncateMiddle(text: string, width: number): string {
	if (width <= 0) return '';
	const full = displayWidth(text);
	if (full <= width) return text;
	const tail = Math.floor((width - 1) * 0.4);
	return `${sliceColumns(text, 0, width - 1 - tail)}…${tail === 0 ? '' : sliceColumns(text, full - tail, tail)}`;
}

/** The text in exactly so many columns: cut at its end, or filled with spaces. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
	const cut = truncateEnd(text, width);
	const space = ' '.repeat(Math.max(0, width - displayWidth(cut)));
	return align === 'left' ? cut + space : space + cut;
}
