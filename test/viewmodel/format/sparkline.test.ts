import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {sparkline} from '../../../src/viewmodel/format/sparkline.ts';

describe('sparkline', () => {
	test.each<{name: string; values: readonly number[]; width: number; text: string}>([
		{name: 'eight levels from 0 to the largest', values: [0, 1, 2, 3, 4, 5, 6, 8], width: 8, text: '▁▂▃▄▅▆▇█'},
		{name: 'nothing used is low, not empty', values: [0, 0], width: 2, text: '▁▁'},
		{name: 'an unknown is a blank, not a low bar', values: [4, Number.NaN, 4], width: 3, text: '█ █'},
		{name: 'the newest stands at the right', values: [8], width: 3, text: '  █'},
		{name: 'only the last fit, and they set the scale', values: [100, 1, 2], width: 2, text: '▅█'},
		{name: 'no samples are blanks', values: [], width: 2, text: '  '},
	])('$name', ({values, width, text}) => expect(sparkline(values, width, 'blocks')).toBe(text));

	test('plain characters where blocks cannot be had', () => expect(sparkline([0, 4, 8], 3, 'ascii')).toBe('_=#'));

	test('is as wide as it is told', () => {
		fc.assert(
			fc.property(fc.array(fc.double()), fc.integer({min: 1, max: 30}), (values, width) => {
				expect(sparkline(values, width, 'blocks')).toHaveLength(width);
			}),
		);
	});
});
