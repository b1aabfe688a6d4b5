import {describe, expect, test} from 'vitest';
import {comparePass, isNewPass, passReportOf, type PassComparison, readingsOfPass} from '../../../src/analyze/hpa/compare-pass.ts';
import {explainHpa} from '../../../src/analyze/hpa/explain-hpa.ts';
import type {Hpa, HpaCondition} from '../../../src/analyze/hpa/hpa-input.ts';
import {ago, condition, cpuUtilization, freshMemory, hpa, type InputParts, input, metricStatus, NOW, pods, samples} from './builders.ts';

type After = {
	readonly desired: number;
	readonly current?: number;
	readonly percent?: number;
	readonly rescaled?: boolean;
	readonly conditions?: readonly HpaCondition[];
};

const ACTIVE = condition('ScalingActive', 'True', 'ValidMetricFound');
const READY = condition('AbleToScale', 'True', 'ReadyForNewScale');

const leaving = (before: Hpa, {desired, current = 4, percent = 60, rescaled = false, conditions = [ACTIVE, READY]}: After): Hpa => ({
	...before,
	status: {
		currentReplicas: current,
		desiredReplicas: desired,
		lastScaleTime: rescaled ? ago(0) : before.status.lastScaleTime,
		currentMetrics: [metricStatus('Resource', {averageUtilization: percent})],
		conditions,
	},
});

describe('held against what the controller wrote', () => {
	test.each<{name: string; given: InputParts; after: After; verdict: PassComparison['verdict']; cause: PassComparison['cause']}>([
		{name: 'the same size', given: {}, after: {desired: 5, rescaled: true}, verdict: 'agrees', cause: undefined},
		{name: 'no change, as computed', given: {readings: [samples(pods(4), 250)]}, after: {desired: 4, percent: 50}, verdict: 'agrees', cause: undefined},
		{name: 'another sample', given: {}, after: {desired: 6, percent: 70, rescaled: true}, verdict: 'disagrees', cause: 'otherSample'},
		{name: 'no move though outside the tolerance', given: {}, after: {desired: 4}, verdict: 'disagrees', cause: 'largerTolerance'},
		{
			name: 'a move though inside the tolerance',
			given: {readings: [samples(pods(4), 270)]},
			after: {desired: 5, percent: 54, rescaled: true},
			verdict: 'disagrees',
			cause: 'smallerTolerance',
		},
		{
			name: 'held though nothing holds it',
			given: {
				readings: [samples(pods(4), 100)],
				memory: {...freshMemory(), runs: [{low: 2, high: 2, first: {from: ago(400), to: ago(400)}, last: {from: ago(1), to: ago(1)}}]},
			},
			after: {desired: 4, percent: 20, conditions: [ACTIVE, condition('AbleToScale', 'True', 'ScaleDownStabilized')]},
			verdict: 'disagrees',
			cause: 'longerWindow',
		},
		{
			name: 'a shrink that the window should have held',
			given: {readings: [samples(pods(4), 100)]},
			after: {desired: 2, percent: 20, rescaled: true},
			verdict: 'disagrees',
			cause: 'shorterWindow',
		},
		{
			name: 'within what an unknown memory leaves open',
			given: {memory: undefined, readings: [samples(pods(4), 100)]},
			after: {desired: 3, percent: 20, rescaled: true},
			verdict: 'cannotTell',
			cause: 'controllerRestarted',
		},
		{name: 'a metric that kwb cannot read', given: {readings: []}, after: {desired: 5, rescaled: true}, verdict: 'cannotTell', cause: 'metricUnreadableForUs'},
		{
			name: 'both fail alike',
			given: {readings: [{kind: 'failed', message: 'down'}]},
			after: {desired: 4, conditions: [condition('ScalingActive', 'False', 'FailedGetResourceMetric')]},
			verdict: 'agrees',
			cause: undefined,
		},
		{
			name: 'only the controller fails',
			given: {},
			after: {desired: 4, conditions: [condition('ScalingActive', 'False', 'FailedGetResourceMetric')]},
			verdict: 'disagrees',
			cause: 'metricUnreadableForController',
		},
		{name: 'a pass that found another count', given: {}, after: {desired: 7, current: 7}, verdict: 'cannotTell', cause: 'staleStatus'},
		{
			name: 'the scale cannot be read by either',
			given: {scale: {kind: 'failed', message: 'not found'}},
			after: {desired: 4, conditions: [condition('AbleToScale', 'False', 'FailedGetScale')]},
			verdict: 'agrees',
			cause: undefined,
		},
	])('$name', ({given, after, verdict, cause}) => {
		const explanation = explainHpa(input(given));
		const comparison = comparePass(explanation, leaving(explanation.input.hpa, after));
		expect([comparison.verdict, comparison.cause]).toEqual([verdict, cause]);
		expect(comparison.text).not.toMatch(/undefined/);
	});

	test('a disagreement says what the flag would have to be', () => {
		const explanation = explainHpa(input({readings: [samples(pods(4), 270)]}));
		const {hint} = comparePass(explanation, leaving(explanation.input.hpa, {desired: 5, percent: 54, rescaled: true}));
		expect(hint).toEqual({flag: 'tolerance', atLeast: undefined, below: 0.08000000000000007});
	});

	test('other numbers than ours are named', () => {
		const explanation = explainHpa(input());
		expect(comparePass(explanation, leaving(explanation.input.hpa, {desired: 6, percent: 70, rescaled: true})).differences).toEqual([
			{what: 'cpu', ours: '60%', theirs: '70%'},
		]);
	});
});

describe('the pass that made a status', () => {
	const before = hpa({
		status: {
			currentReplicas: 4,
			desiredReplicas: 4,
			lastScaleTime: ago(500),
			conditions: [ACTIVE, READY],
			currentMetrics: [metricStatus('Resource', {averageUtilization: 50})],
		},
	});
	const raw = {low: 5, high: 5};

	test('is none where nothing changed', () => {
		expect(isNewPass(before.status, structuredClone(before.status))).toBe(false);
		expect(passReportOf(before, before, raw, NOW)).toBeUndefined();
	});

	test('was at lastScaleTime, to the second, and before it was seen, when it scaled', () => {
		expect(passReportOf(before, leaving(before, {desired: 5, rescaled: true}), raw, NOW)).toMatchObject({
			at: {from: NOW, to: NOW},
			current: 4,
			rescaledTo: 5,
			raw,
		});
	});

	test('was a moment ago when it did not', () => {
		expect(passReportOf(before, leaving(before, {desired: 4, percent: 51}), raw, NOW)).toMatchObject({
			at: {from: NOW - 1000, to: NOW},
			rescaledTo: undefined,
			raw,
		});
	});

	test('stored nothing when it failed or asked for no metrics', () => {
		const failed = leaving(before, {desired: 4, conditions: [condition('ScalingActive', 'False', 'FailedGetResourceMetric')]});
		expect(passReportOf(before, failed, raw, NOW)).toMatchObject({raw: undefined, ableToScale: undefined});
		const bounded = {...failed, status: {...failed.status, conditions: [ACTIVE], currentMetrics: []}};
		expect(passReportOf(before, bounded, raw, NOW)).toMatchObject({raw: undefined});
	});

	test('is explained by the number that the status shows, where our sample is another', () => {
		const given = input({hpa: hpa({metrics: [cpuUtilization(50)], status: {currentMetrics: [metricStatus('Resource', {averageUtilization: 80})]}})});
		const explanation = explainHpa(given);
		expect(explanation.raw).toEqual({low: 5, high: 5});
		expect(explainHpa({...given, readings: readingsOfPass(explanation)}).raw).toEqual({low: 7, high: 7});
		const same = input({hpa: hpa({metrics: [cpuUtilization(50)], status: {currentMetrics: [metricStatus('Resource', {averageUtilization: 60})]}})});
		expect(readingsOfPass(explainHpa(same))).toEqual(same.readings);
	});
});
