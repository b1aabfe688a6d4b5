import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {cpuText, memoryText, percentText} from '../../../src/viewmodel/format/amount.ts';

const MIB = 2 ** 20;

describe('CPU', () => {
	test.each([
		[undefined, '–'],
		[Number.NaN, '–'],
		[0, '0'],
		[1, '<0.01m'],
		[9_999, '<0.01m'],
		[10_000, '0.01m'],
		[250_000, '0.25m'],
		[12_345_678, '12.3m'],
		[99_940_000, '99.9m'],
		[99_960_000, '100m'],
		[850_000_000, '850m'],
		[999_400_000, '999m'],
		[999_600_000, '1'],
		[1_000_000_000, '1'],
		[1_500_000_000, '1.5'],
		[1_234_000_000, '1.23'],
		[12_345_000_000, '12.3'],
		[1_234_567_000_000, '1235'],
		[-1_500_000_000, '-1.5'],
		[-250_000, '-0.25m'],
	])('%s nano-cores is %s', (nano, text) => expect(cpuText(nano)).toBe(text));
});

describe('memory', () => {
	test.each([
		[undefined, '–'],
		[Number.POSITIVE_INFINITY, '–'],
		[0, '0'],
		[1, '<0.01Mi'],
		[900 * 1024, '0.88Mi'],
		[1.5 * MIB, '1.5Mi'],
		[12.34 * MIB, '12.3Mi'],
		[128 * MIB, '128Mi'],
		[1023 * MIB, '1023Mi'],
		[1023.6 * MIB, '1Gi'],
		[1024 * MIB, '1Gi'],
		[1536 * MIB, '1.5Gi'],
		[15 * 1024 * MIB, '15Gi'],
		[64 * 1024 * 1024 * MIB, '64Ti'],
		[3 * 1024 ** 3 * MIB, '3Pi'],
		[5000 * 1024 ** 3 * MIB, '5000Pi'],
		[-128 * MIB, '-128Mi'],
	])('%s bytes is %s', (bytes, text) => expect(memoryText(bytes)).toBe(text));
});

describe('percentages', () => {
	test.each([
		[undefined, 100, '–'],
		[1, undefined, '–'],
		[1, 0, '–'],
		[0, 0, '–'],
		[0, 100, '0%'],
		[1, 1000, '<1%'],
		[1, 100, '1%'],
		[999, 1000, '99%'],
		[1000, 1000, '100%'],
		[2500, 1000, '250%'],
		[-5, 1000, '>-1%'],
		[-50, 1000, '-5%'],
	])('%s of %s is %s', (part, base, text) => expect(percentText(part, base)).toBe(text));
});

describe('laws', () => {
	test('nothing but nothing is written 0, and no text is wider than seven', () => {
		fc.assert(
			fc.property(fc.double({min: 0, max: 1e15, noNaN: true}), value => {
				expect(cpuText(value) === '0').toBe(value === 0);
				expect(memoryText(value) === '0').toBe(value === 0);
				expect(cpuText(value).length).toBeLessThanOrEqual(7);
				expect(memoryText(value).length).toBeLessThanOrEqual(7);
			}),
		);
	});

	test('what is written is within half a percent of what is meant', () => {
		fc.assert(
			fc.property(fc.double({min: 1e6, max: 1e15, noNaN: true}), value => {
				const [, number = '', unit] = /^([0-9.]+)(.*)$/.exec(cpuText(value))!;
				const back = Number(number) * (unit === 'm' ? 1e6 : 1e9);
				expect(Math.abs(back - value) / value).toBeLessThanOrEqual(0.0051);
			}),
		);
	});
});
