import {describe, expect, test} from 'vitest';
import {amountText, durationText, type MetricUnit} from '../../../src/analyze/hpa/amount-text.ts';
import {explainHpa} from '../../../src/analyze/hpa/explain-hpa.ts';
import {bandText} from '../../../src/analyze/hpa/why-hpa.ts';
import {cpuAverage, hpa, input} from './builders.ts';

describe('amounts in the metric’s own unit', () => {
	test.each<[bigint, MetricUnit, string]>([
		[561n, 'cpu', '561m'],
		[1500n, 'cpu', '1.5'],
		[2000n, 'cpu', '2'],
		[10_000n, 'count', '10'],
		[33_666n, 'count', '33.666'],
		[-1n, 'count', '-1m'],
		[60n, 'percent', '60%'],
		[419_430_400_000n, 'bytes', '400Mi'],
		[1_610_612_736_000n, 'bytes', '1.5Gi'],
		[512_000n, 'bytes', '512'],
		[1n, 'bytes', '0.001'],
	])('%s %s is %s', (amount, unit, text) => expect(amountText(amount, unit)).toBe(text));
});

test.each<[number, string]>([
	[0, '0s'],
	[45_000, '45s'],
	[110_000, '1m50s'],
	[125_000, '2m05s'],
	[300_000, '5m'],
	[3_720_000, '1h02m'],
	[-5, '0s'],
])('%i ms are %s', (milliseconds, text) => expect(durationText(milliseconds)).toBe(text));

test('the band of a target of 510m', () => {
	expect(bandText(explainHpa(input({hpa: hpa({metrics: [cpuAverage('510m')]})})).metrics[0]!)).toBe('moves up above 561m, down below 459m');
});
