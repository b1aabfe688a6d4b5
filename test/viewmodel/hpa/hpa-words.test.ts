import fc from 'fast-check';
import {expect, test} from 'vitest';
import {BAR_WIDTH, ratioBar, ratioShort} from '../../../src/viewmodel/hpa/hpa-words.ts';

test.each([
	[1, '·····[ ● ]·····'],
	[0.9, '·····[●  ]·····'],
	[1.1, '·····[  ●]·····'],
	[1.12, '·····[   ]●····'],
	[0.89, '····●[   ]·····'],
	[2.2, '·····[   ]··●··'],
	[50, '·····[   ]····●'],
	[0, '●····[   ]·····'],
])('a ratio of %d stands where it belongs', (ratio, bar) => expect(ratioBar(ratio, {up: 0.1, down: 0.1})).toBe(bar));

test('a bar is always as wide, has one mark, and it is inside the brackets exactly when the ratio is inside the band', () => {
	const side = fc.double({min: 0, max: 1, noNaN: true});
	fc.assert(
		fc.property(fc.double({min: 0, noNaN: true}), side, side, (ratio, up, down) => {
			const bar = ratioBar(ratio, {up, down});
			expect(Array.from(bar)).toHaveLength(BAR_WIDTH);
			const at = Array.from(bar).indexOf('●');
			expect(at > 5 && at < 9).toBe(ratio >= 1 - down && ratio <= 1 + up);
		}),
	);
});

test.each([
	[undefined, '–'],
	[Number.NaN, '–'],
	[Number.POSITIVE_INFINITY, '∞'],
	[1.2, '1.20'],
	[123.4, '123'],
])('the ratio %s is written %s', (ratio, text) => expect(ratioShort(ratio)).toBe(text));
