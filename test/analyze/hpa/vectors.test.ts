import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {failuresOf, type HpaVector} from '../../../scripts/vectors/hpa.ts';

const vectors = JSON.parse(readFileSync(new URL('../../vectors/hpa-vectors.json', import.meta.url), 'utf8')) as readonly HpaVector[];

describe("the controller's own answers", () => {
	test('all 125 vectors are there', () => expect(vectors).toHaveLength(125));

	test.each(vectors)('$name', vector => expect(failuresOf(vector)).toEqual([]));

	test('a wrong answer would be noticed', () => {
		const [first] = vectors;
		expect(failuresOf({...first!, expected: {milli: 101}})).toEqual(['milli: 100 instead of 101']);
	});
});
