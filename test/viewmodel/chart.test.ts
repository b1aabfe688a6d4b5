import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type ChartInput, chartLines} from '../../src/viewmodel/chart.ts';
import {lineWidth, textOfLine} from '../../src/viewmodel/line-tools.ts';

const BASE: ChartInput = {title: 'CPU', times: [], values: [], references: [], format: value => `${Math.round(value)}m`, width: 60, height: 8};
const every15s = (count: number): readonly number[] => Array.from({length: count}, (_, index) => Date.UTC(2026, 0, 31, 14, 0, index * 15));
const textOf = (rest: Partial<ChartInput>): string =>
	chartLines({...BASE, ...rest})
		.map(line => textOfLine(line).trimEnd())
		.join('\n');

describe('a chart', () => {
	test('of samples, with a request and a limit', () => {
		const values = [100, 120, 180, 260, 240, 200, 150, 140, 160, 220];
		const references = [
			{label: 'request', value: 150, tone: 'muted'},
			{label: 'limit', value: 300, tone: 'warn'},
		] as const;
		expect(textOf({times: every15s(10), values, references, width: 40})).toMatchInlineSnapshot(`
			"CPU  220m   ┄ request 150m   ┄ limit 300m
			300m┼┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
			240m┤  ╭─╮   ╭
			180m┤┄╭╯┄╰─╮╭╯┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
			120m┼─╯    ╰╯
			 60m┤
			  0m┤
			     14:00:00  14:02:15 UTC"
		`);
	});

	test('of nothing says so', () => {
		expect(textOf({})).toBe('CPU  –\nno sample yet');
		expect(textOf({times: [1], values: [Number.NaN]})).toBe('CPU  –\nno sample yet');
	});

	test('leaves a gap where a sample is missing', () => {
		const lines = textOf({times: every15s(5), values: [100, 100, Number.NaN, 100, 100], width: 30}).split('\n');
		expect(lines[1]).toBe('100m┼─  ─');
	});

	test('a limit far above is told, not drawn', () => {
		const text = textOf({times: every15s(3), values: [10, 12, 11], references: [{label: 'limit', value: 1000, tone: 'warn'}]});
		expect(text).toContain('┄ limit 1000m');
		expect(text.split('\n').slice(1).join('')).not.toContain('┄');
	});

	test('of bytes is as high as it was asked to be', () => {
		expect(chartLines({...BASE, times: every15s(4), values: [5e9, 6e9, 7e9, 8e9]})).toHaveLength(8);
	});

	test('fits, whatever it is given', () => {
		const value = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0, -1, 5e-324, 1e300));
		fc.assert(
			fc.property(
				fc.array(value, {maxLength: 120}),
				fc.integer({min: 0, max: 120}),
				fc.integer({min: 0, max: 30}),
				fc.array(value, {maxLength: 2}),
				(values, width, height, references) => {
					const lines = chartLines({
						...BASE,
						format: each => `${each.toPrecision(3)}`,
						times: every15s(values.length),
						values,
						width,
						height,
						references: references.map(each => ({label: 'limit', value: each, tone: 'warn'})),
					});
					expect(lines.length).toBeLessThanOrEqual(Math.max(2, height));
					for (const line of lines.slice(1, -1)) expect(lineWidth(line)).toBeLessThanOrEqual(Math.max(width, 0));
				},
			),
			{numRuns: 500},
		);
	});
});
