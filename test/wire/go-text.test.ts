import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {parseDuration, parseTime} from '../../src/wire/go-text.ts';

describe('parseTime', () => {
	test.each<[string, number | undefined]>([
		['1970-01-01T00:00:00Z', 0],
		['2026-11-20T10:11:12Z', Date.UTC(2026, 10, 20, 10, 11, 12)],
		['2026-11-20T10:11:12.345678Z', Date.UTC(2026, 10, 20, 10, 11, 12) + 345.678],
		['2026-11-20T10:11:12.345678999Z', Date.UTC(2026, 10, 20, 10, 11, 12) + 345.678],
		['2026-11-20T10:11:12.5+02:00', Date.UTC(2026, 10, 20, 8, 11, 12, 500)],
		['2026-11-20T10:11:12-01:30', Date.UTC(2026, 10, 20, 11, 41, 12)],
		['0001-01-01T00:00:00Z', -62_135_596_800_000],
		['2026-11-20', undefined],
		['2026-11-20T10:11:12', undefined],
		['yesterday', undefined],
		['', undefined],
	])('%j is %j', (text, moment) => {
		expect(parseTime(text)).toBe(moment);
	});

	test('agrees with the platform wherever that can read the text', () => {
		fc.assert(
			fc.property(fc.date({min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true}), date => {
				expect(parseTime(date.toISOString())).toBe(date.getTime());
			}),
		);
	});
});

describe('parseDuration', () => {
	test.each<[string, number | undefined]>([
		['0', 0],
		['0s', 0],
		['15s', 15_000],
		['15.123456789s', 15_123.456789],
		['1m2.5s', 62_500],
		['1h0m0s', 3_600_000],
		['1.5h', 5_400_000],
		['300ms', 300],
		['12µs', 0.012],
		['12μs', 0.012],
		['12us', 0.012],
		['7ns', 0.000007],
		['.5s', 500],
		['5.s', 5000],
		['-1.5s', -1500],
		['+2s', 2000],
		['', undefined],
		['15', undefined],
		['s', undefined],
		['.s', undefined],
		['15 s', undefined],
		['1d', undefined],
	])('%j is %j ms', (text, milliseconds) => {
		expect(parseDuration(text)).toBe(milliseconds);
	});
});
