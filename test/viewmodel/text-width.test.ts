import {createRequire} from 'node:module';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {fitLine, lineWidth, sliceLine, spread, textOfLine, wrapText} from '../../src/viewmodel/line-tools.ts';
import {displayWidth, fitText, sliceColumns, truncateEnd, truncateMiddle} from '../../src/viewmodel/text-width.ts';

// What Ink measures with; Ink brings it.
const {default: stringWidth} = (await import(createRequire(import.meta.resolve('ink')).resolve('string-width'))) as {default: (text: string) => number};

const visible = fc.string({
	unit: fc.oneof(
		fc.string({unit: 'grapheme', minLength: 1, maxLength: 1}),
		fc.constantFrom('a', '中', 'é', 'e\u0301', '👩‍🚀', '🇪🇺', 'ｶﾞ', '한', '\u1100\u1161\u11a8', 'नि', '…', '–'),
	),
});

describe('the width of a text', () => {
	test.each([
		['', 0],
		['web-1', 5],
		['中文', 4],
		['e\u0301', 1],
		['🙂', 2],
		['👩‍🚀', 2],
		['한국', 4],
		['–…▸', 3],
		['│─▼', 3],
	])('%j is %i', (text, width) => expect(displayWidth(text)).toBe(width));

	test('is what Ink measures', () => {
		fc.assert(
			fc.property(visible, text => {
				expect(displayWidth(text)).toBe(stringWidth(text));
			}),
			{numRuns: 2000},
		);
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), text => {
				const clean = text.replace(/[\x00-\x1f\x7f-\x9f]/g, '');
				expect(displayWidth(clean)).toBe(stringWidth(clean));
			}),
			{numRuns: 2000},
		);
	});
});

describe('cutting', () => {
	test('never takes more columns than it is given, and a fitted text takes all of them', () => {
		fc.assert(
			fc.property(visible, fc.nat(30), fc.nat(30), (text, from, width) => {
				expect(displayWidth(sliceColumns(text, from, width))).toBeLessThanOrEqual(width);
				expect(displayWidth(truncateEnd(text, width))).toBeLessThanOrEqual(width);
				expect(displayWidth(truncateMiddle(text, width))).toBeLessThanOrEqual(width);
				expect(displayWidth(fitText(text, width))).toBe(width);
				expect(displayWidth(fitText(text, width, 'right'))).toBe(width);
				expect(
					lineWidth(
						fitLine(
							[
								{text, tone: 'plain'},
								{text, tone: 'bad'},
							],
							width,
						),
					),
				).toBe(width);
				expect(
					lineWidth(
						sliceLine(
							[
								{text, tone: 'plain'},
								{text, tone: 'bad'},
							],
							from,
							width,
						),
					),
				).toBeLessThanOrEqual(width);
			}),
			{numRuns: 500},
		);
	});

	test('leaves alone what fits', () => {
		fc.assert(
			fc.property(visible, text => {
				expect(truncateEnd(text, displayWidth(text))).toBe(text);
				expect(truncateMiddle(text, displayWidth(text))).toBe(text);
			}),
		);
	});

	test.each([
		['checkout-7d9f8b6c5-x2x4z', 12, 'checkout-7d…', 'checkou…2x4z'],
		['abc', 1, '…', '…'],
		['abc', 0, '', ''],
		['中文中文', 5, '中文…', '中 …文'],
	])('%s in %i columns', (text, width, end, middle) => {
		expect(truncateEnd(text, width)).toBe(end);
		if (width !== 5) expect(truncateMiddle(text, width)).toBe(middle);
	});

	test('spreads a line, and gives up its right side when there is no room', () => {
		expect(textOfLine(spread([{text: 'left', tone: 'plain'}], [{text: 'right', tone: 'plain'}], 12))).toBe('left   right');
		expect(textOfLine(spread([{text: 'left', tone: 'plain'}], [{text: 'right', tone: 'plain'}], 9))).toBe('left     ');
	});

	test('wraps between words, and long words anywhere', () => {
		expect(wrapText('the quick brown fox', 9)).toEqual(['the quick', 'brown fox']);
		expect(wrapText('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh', 'ij']);
	});
});
