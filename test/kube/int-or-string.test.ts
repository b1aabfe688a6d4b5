import {describe, expect, test} from 'vitest';
import {scaledValue} from '../../src/kube/int-or-string.ts';

describe('scaledValue', () => {
	test.each([
		[3, 10, 'up', 3],
		['50%', 3, 'up', 2],
		['50%', 3, 'down', 1],
		['0%', 7, 'up', 0],
		['100%', 7, 'down', 7],
		['150%', 3, 'up', 5],
		['1%', 1, 'up', 1],
		['+25%', 4, 'up', 1],
		['-50%', 3, 'up', -1],
		['-50%', 3, 'down', -2],
		['-10%', 3, 'up', 0],
	] as const)('%s of %d rounded %s is %d', (value, total, rounding, expected) =>
		expect(scaledValue(value, total, rounding)).toEqual({ok: true, value: expected}),
	);

	test.each(['3', '', '%', 'fifty%', '5.5%', '5 %', '5%%', '1e2%'])('%j is no percentage', value =>
		expect(scaledValue(value, 10, 'up')).toMatchObject({ok: false}),
	);
});
