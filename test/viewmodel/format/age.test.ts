import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {epochMs} from '../../../src/util/epoch-ms.ts';
import {ageText, humanDuration, shortDuration, timeText} from '../../../src/viewmodel/format/age.ts';

const {vectors} = JSON.parse(readFileSync('test/vectors/human-durations.json', 'utf8')) as {
	vectors: ReadonlyArray<readonly [milliseconds: number, text: string]>;
};

describe('ages', () => {
	test('there are vectors', () => expect(vectors.length).toBeGreaterThan(90));
	test.each(vectors)('%d ms is %s, as kubectl says', (milliseconds, text) => expect(humanDuration(milliseconds)).toBe(text));
	test('an unknown moment has no age', () => expect(ageText(undefined, epochMs(0))).toBe('–'));
});

describe('short durations', () => {
	test.each([
		[15_000, '15s'],
		[15_021, '15s'],
		[9_640, '9.6s'],
		[60_500, '1m0.5s'],
		[59_960, '1m0s'],
		[0, '0s'],
		[Number.NaN, '–'],
	])('%d ms is %s', (milliseconds, text) => expect(shortDuration(milliseconds)).toBe(text));
});

test('a moment is written in UTC to the second', () => expect(timeText(epochMs(Date.UTC(2026, 10, 24, 20, 44, 39, 999)))).toBe('2026-11-24T20:44:39Z'));
