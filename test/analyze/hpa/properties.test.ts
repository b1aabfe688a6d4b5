import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {explainHpa} from '../../../src/analyze/hpa/explain-hpa.ts';
import {findProblems} from '../../../src/analyze/hpa/find-problems.ts';
import type {HpaInput, HpaPod, MetricReading, PodSample} from '../../../src/analyze/hpa/hpa-input.ts';
import {rulesFor} from '../../../src/analyze/hpa/hpa-rules.ts';
import {type HpaMemory, beginMemory, rememberPass} from '../../../src/analyze/hpa/memory.ts';
import {deadBandOf, isWithinTolerance, toleranceOf} from '../../../src/analyze/hpa/tolerance.ts';
import {traceHpa} from '../../../src/analyze/hpa/trace-hpa.ts';
import {traceText} from '../../../src/analyze/hpa/trace-text.ts';
import {whyHpa} from '../../../src/analyze/hpa/why-hpa.ts';
import {ago, cpuAverage, cpuUtilization, externalMetric, externalValues, hpa, input, metricStatus, pod, sample, scalingRules} from './builders.ts';

const arbitraryPod = fc.record({
	phase: fc.constantFrom('Running', 'Running', 'Running', 'Pending', 'Failed', 'Succeeded'),
	ready: fc.constantFrom('True', 'True', 'False', 'Unknown'),
	startedAgo: fc.integer({min: 0, max: 1000}),
	readyAgo: fc.integer({min: 0, max: 1000}),
	deleting: fc.boolean(),
	cpuRequest: fc.constantFrom('100m', '250m', '500m', '1'),
	usage: fc.option(fc.integer({min: 0, max: 3000}), {nil: undefined}),
});

const arbitraryRules = fc.option(
	fc
		.record({
			window: fc.option(fc.integer({min: 0, max: 600}), {nil: undefined}),
			select: fc.constantFrom(undefined, 'Max', 'Min', 'Disabled'),
			policies: fc.array(
				fc.record({type: fc.constantFrom('Pods', 'Percent'), value: fc.integer({min: 1, max: 200}), periodSeconds: fc.integer({min: 1, max: 600})}),
				{maxLength: 3},
			),
		})
		.map(({window, select, policies}) => scalingRules({stabilizationWindowSeconds: window, selectPolicy: select, policies})),
	{nil: undefined},
);

const arbitraryMemory: fc.Arbitrary<HpaMemory | undefined> = fc.option(
	fc
		.record({
			whole: fc.boolean(),
			passes: fc.array(
				fc.record({
					secondsAgo: fc.integer({min: 1, max: 900}),
					raw: fc.integer({min: 0, max: 40}),
					from: fc.integer({min: 1, max: 20}),
					to: fc.option(fc.integer({min: 1, max: 20}), {nil: undefined}),
				}),
				{
					maxLength: 6,
				},
			),
		})
		.map(({whole, passes}) =>
			[...passes]
				.sort((a, b) => b.secondsAgo - a.secondsAgo)
				.reduce(
					(memory, {secondsAgo, raw, from, to}) =>
						rememberPass(
							memory,
							{
								at: {from: ago(secondsAgo + 1), to: ago(secondsAgo)},
								current: from,
								raw: {low: raw, high: raw},
								rescaledTo: to,
								ableToScale: undefined,
								scalingLimited: undefined,
								longestPeriodMs: {up: 15_000, down: 15_000},
							},
							15_000,
						),
					whole ? beginMemory(ago(1000), ago(1000)) : beginMemory(ago(200)),
				),
		),
	{nil: undefined},
);

const arbitraryInput: fc.Arbitrary<HpaInput> = fc
	.record({
		pods: fc.array(arbitraryPod, {minLength: 1, maxLength: 12}),
		replicas: fc.integer({min: 1, max: 20}),
		min: fc.integer({min: 1, max: 5}),
		span: fc.integer({min: 0, max: 20}),
		target: fc.integer({min: 1, max: 200}),
		kind: fc.constantFrom('utilization', 'average'),
		behavior: fc.option(fc.record({scaleUp: arbitraryRules, scaleDown: arbitraryRules}), {nil: undefined}),
		memory: arbitraryMemory,
		minor: fc.integer({min: 28, max: 38}),
	})
	.map(({pods, replicas, min, span, target, kind, behavior, memory, minor}) => {
		const list: HpaPod[] = pods.map((parts, index) => pod(`web-${index}`, parts));
		const read: PodSample[] = pods.flatMap(({usage}, index) => (usage === undefined ? [] : [sample(`web-${index}`, usage)]));
		return input({
			replicas,
			pods: list,
			hpa: hpa({
				min,
				max: min + span,
				metrics: [kind === 'utilization' ? cpuUtilization(target) : cpuAverage(`${target}m`)],
				...(behavior === undefined ? {} : {behavior}),
			}),
			readings: [{kind: 'podMetrics', samples: read}],
			memory,
			rules: rulesFor({major: 1, minor}),
		});
	});

describe('what holds for every HPA', () => {
	test('a count that moves ends within minimum and maximum', () => {
		fc.assert(
			fc.property(arbitraryInput, given => {
				const explanation = explainHpa(given);
				const {decision, min, max} = explanation;
				const moved = decision?.desired ?? 0;
				// The policies may stop a count on its way into the bounds, never outside of where both ends lie.
				if (decision?.rescale !== true) return;
				expect(moved).toBeGreaterThanOrEqual(min);
				expect(moved).toBeLessThanOrEqual(max);
			}),
			{numRuns: 400},
		);
	});

	test('the likely answer lies within what is held possible', () => {
		fc.assert(
			fc.property(arbitraryInput, given => {
				const {decision, desired} = explainHpa(given);
				expect(desired!.low).toBeLessThanOrEqual(decision!.desired);
				expect(desired!.high).toBeGreaterThanOrEqual(decision!.desired);
			}),
			{numRuns: 400},
		);
	});

	test('the order of pods and samples does not matter', () => {
		fc.assert(
			fc.property(arbitraryInput, fc.infiniteStream(fc.nat()), (given, numbers) => {
				const shuffled = <T>(list: readonly T[]): readonly T[] =>
					list
						.map(each => ({each, at: numbers.next().value as number}))
						.sort((a, b) => a.at - b.at)
						.map(({each}) => each);
				const [reading] = given.readings;
				const other: HpaInput = {
					...given,
					pods: shuffled(given.pods),
					readings: [reading!.kind === 'podMetrics' ? {...reading!, samples: shuffled(reading!.samples)} : reading!],
				};
				const [a, b] = [explainHpa(given), explainHpa(other)];
				expect(traceHpa(b)).toEqual(traceHpa(a));
				expect(whyHpa(b)).toBe(whyHpa(a));
			}),
			{numRuns: 200},
		);
	});

	test('the same inputs give the same tree, and are not changed', () => {
		fc.assert(
			fc.property(arbitraryInput, given => {
				const before = structuredClone(given);
				expect(traceHpa(explainHpa(given))).toEqual(traceHpa(explainHpa(given)));
				expect(given).toEqual(before);
			}),
			{numRuns: 100},
		);
	});

	test('more use never asks for less, pods that count being as many as there should be', () => {
		const uses = fc.array(fc.tuple(fc.integer({min: 0, max: 2000}), fc.integer({min: 0, max: 2000})), {minLength: 1, maxLength: 12});
		fc.assert(
			fc.property(
				uses,
				fc.integer({min: 1, max: 200}),
				fc.constantFrom(cpuUtilization, (target: number) => cpuAverage(`${target * 5}m`)),
				(list, target, metric) => {
					const rawWith = (useOf: (pair: [number, number]) => number): number => {
						const running = list.map((_, index) => pod(`web-${index}`));
						const read = list.map((pair, index) => sample(`web-${index}`, useOf(pair)));
						const given = {
							replicas: list.length,
							pods: running,
							hpa: hpa({metrics: [metric(target)]}),
							readings: [{kind: 'podMetrics', samples: read}] as const,
						};
						return explainHpa(input(given)).raw!.high;
					};
					expect(rawWith(([use, more]) => use + more)).toBeGreaterThanOrEqual(rawWith(([use]) => use));
				},
			),
			{numRuns: 500},
		);
	});

	test('a total that grows never asks for less', () => {
		fc.assert(
			fc.property(
				fc.integer({min: 0, max: 10_000}),
				fc.integer({min: 0, max: 10_000}),
				fc.integer({min: 1, max: 50}),
				fc.integer({min: 1, max: 500}),
				(value, more, replicas, target) => {
					const ask = (amount: number): number =>
						explainHpa(
							input({replicas, hpa: hpa({max: 100_000, metrics: [externalMetric('queue', String(target))]}), readings: [externalValues(String(amount))]}),
						).raw!.high;
					expect(ask(value + more)).toBeGreaterThanOrEqual(ask(value));
				},
			),
			{numRuns: 400},
		);
	});

	test('inside the tolerance the metric itself never moves anything', () => {
		fc.assert(
			fc.property(fc.integer({min: 1, max: 200}), fc.integer({min: 1, max: 20}), fc.integer({min: 0, max: 2000}), (target, replicas, use) => {
				const list = Array.from({length: replicas}, (_, index) => pod(`web-${index}`));
				const given = input({
					replicas,
					pods: list,
					hpa: hpa({max: 10_000, metrics: [cpuUtilization(target)]}),
					readings: [{kind: 'podMetrics', samples: list.map(({metadata}) => sample(metadata.name, use))}],
				});
				const {metrics, raw} = explainHpa(given);
				const {band, result} = metrics[0]!;
				if (result.kind !== 'pods' || band === undefined) throw new Error('expected a number');
				const percent = BigInt(result.calculation.first.utilization!);
				const isInside = percent >= band.lowestInside && percent <= band.highestInside;
				expect(raw!.high === replicas || !isInside).toBe(true);
				expect(isInside).toBe(result.calculation.kept === 'insideTolerance');
			}),
			{numRuns: 500},
		);
	});
});

describe('whatever comes', () => {
	const text = fc.oneof(fc.constantFrom('0', '-1', '100m', '9E', '8Ei', '1e99', '-5n', '', 'x', '1e9999', '99999999999999999999'), fc.string({maxLength: 5}));
	const optionalText = fc.option(text, {nil: undefined});
	const number = fc.constantFrom(0, -1, 1, 50, 2 ** 31 - 1, -(2 ** 31), 1.5, Number.NaN);
	const target = fc.record({
		type: fc.constantFrom('Utilization', 'AverageValue', 'Value', ''),
		value: optionalText,
		averageValue: optionalText,
		averageUtilization: fc.option(number, {nil: undefined}),
	});
	const identifier = fc.record({name: text, selector: fc.constant(undefined)});
	const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, {nil: undefined});
	const metric = fc.record({
		type: fc.constantFrom('Resource', 'ContainerResource', 'Pods', 'Object', 'External', 'Astral', ''),
		resource: maybe(fc.record({name: fc.constantFrom('cpu', 'memory', 'x'), target})),
		containerResource: maybe(fc.record({name: fc.constantFrom('cpu', 'memory'), container: text, target})),
		pods: maybe(fc.record({metric: identifier, target})),
		object: maybe(fc.record({describedObject: fc.record({kind: text, name: text, apiVersion: text}), metric: identifier, target})),
		external: maybe(fc.record({metric: identifier, target})),
	});
	const timestamp = fc.constantFrom(undefined, ago(10), ago(-1e6), ago(1e6));
	const reading: fc.Arbitrary<MetricReading> = fc.oneof(
		fc.record({kind: fc.constant('unreadable' as const), because: text}),
		fc.record({kind: fc.constant('failed' as const), message: text}),
		fc.record({kind: fc.constant('objectValue' as const), value: text, timestamp}),
		fc.record({kind: fc.constant('externalValues' as const), values: fc.array(fc.record({value: text, timestamp}), {maxLength: 3})}),
		fc.record({
			kind: fc.constant('podValues' as const),
			values: fc.array(fc.record({pod: fc.constantFrom('web-0', 'y'), value: text, timestamp}), {maxLength: 3}),
		}),
		fc.integer({min: -5, max: 1e9}).map(use => ({kind: 'podMetrics' as const, samples: [sample('web-0', use)]})),
	);
	const status = fc.record({
		type: fc.constantFrom('Resource', 'Pods', 'Object', 'External', ''),
		value: optionalText,
		averageValue: optionalText,
		averageUtilization: fc.option(number, {nil: undefined}),
	});

	test('it is explained and nothing is thrown', () => {
		const given = fc.record({
			metrics: fc.array(metric, {maxLength: 3}),
			readings: fc.array(reading, {maxLength: 3}),
			currentMetrics: fc.array(status, {maxLength: 3}),
			tolerance: optionalText,
			replicas: fc.constantFrom(0, -1, 3, 2 ** 31 - 1),
			min: number,
			max: number,
			selector: text,
		});
		fc.assert(
			fc.property(given, ({metrics, readings, currentMetrics, tolerance, replicas, min, max, selector}) => {
				const behavior = tolerance === undefined ? {} : {behavior: {scaleUp: scalingRules({tolerance}), scaleDown: scalingRules({tolerance})}};
				const statuses = currentMetrics.map(({type, ...current}) => metricStatus(type, current as Parameters<typeof metricStatus>[1]));
				const explanation = explainHpa(
					input({
						hpa: hpa({metrics, min, max, ...behavior, status: {currentMetrics: statuses}}),
						readings,
						pods: [pod('web-0')],
						scale: {kind: 'read', specReplicas: replicas, statusReplicas: replicas, selector, from: 'x', at: undefined},
					}),
				);
				expect([whyHpa(explanation), ...traceText(traceHpa(explanation), {inputs: true, citations: true})].join()).not.toMatch(/undefined/);
				expect(findProblems(explanation)).toBeInstanceOf(Array);
			}),
			{numRuns: 2000},
		);
	});
});

test('the dead band ends exactly where the controller begins to move', () => {
	fc.assert(
		fc.property(
			fc.oneof(fc.bigInt({min: 1n, max: 1000n}), fc.bigInt({min: 1n, max: 10n ** 13n})),
			fc.integer({min: 0, max: 1000}),
			fc.integer({min: 0, max: 1000}),
			fc.constantFrom('edges' as const, 'distance' as const),
			(target, up, down, rule) => {
				const tolerances = {up: toleranceOf(`${up}m`)!, down: toleranceOf(`${rule === 'edges' ? down : up}m`)!};
				const {lowestInside, highestInside} = deadBandOf(target, tolerances, rule);
				const inside = (value: bigint): boolean => isWithinTolerance(Number(value) / Number(target), tolerances, rule);
				expect([inside(lowestInside), inside(highestInside), inside(highestInside + 1n)]).toEqual([true, true, false]);
				if (lowestInside > 0n) expect(inside(lowestInside - 1n)).toBe(false);
			},
		),
		{numRuns: 1000},
	);
});
