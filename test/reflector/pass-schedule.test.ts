import fc from 'fast-check';
import {expect, test} from 'vitest';
import {waitBeforePass} from '../../src/reflector/pass-schedule.ts';

test.each([
	['never asked, nobody knows of a pass', Number.POSITIVE_INFINITY, undefined, Number.NEGATIVE_INFINITY],
	['asked a moment ago, nobody knows of a pass', 5000, undefined, 10_000],
	['shortly before the pass', 14_000, 900, 750],
	['in the last moment', 14_900, 100, -50],
	['just asked for this pass: not again', 100, 50, 3650],
	['the pass did not come', 18_800, 14_000, -50],
])('%s', (_, since, next, wait) => {
	expect(waitBeforePass(since, next, 15_000)).toBe(wait);
});

test('between two questions lies a quarter of a period at least, and no more than one and a quarter', () => {
	fc.assert(
		fc.property(fc.integer({min: 1, max: 60_000}), fc.integer({min: 0, max: 60_000}), fc.integer({min: 2000, max: 15_000}), (since, next, period) => {
			const wait = waitBeforePass(since, next, period);
			if (wait <= 0) expect(since).toBeGreaterThanOrEqual(period / 4);
			expect(since + wait).toBeLessThanOrEqual(Math.max(period * 1.25, since));
		}),
	);
});
