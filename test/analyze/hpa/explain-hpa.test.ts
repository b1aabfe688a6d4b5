import {describe, expect, test} from 'vitest';
import {explainHpa, type HpaExplanation} from '../../../src/analyze/hpa/explain-hpa.ts';
import type {Hpa, HpaInput, HpaPod, MetricReading} from '../../../src/analyze/hpa/hpa-input.ts';
import {rulesFor} from '../../../src/analyze/hpa/hpa-rules.ts';
import {traceHpa} from '../../../src/analyze/hpa/trace-hpa.ts';
import {traceText} from '../../../src/analyze/hpa/trace-text.ts';
import {whyHpa} from '../../../src/analyze/hpa/why-hpa.ts';
import type {HorizontalPodAutoscaler} from '../../../src/kube/resources/horizontalpodautoscalers.ts';
import type {Pod} from '../../../src/kube/resources/pods.ts';
import {epochMs} from '../../../src/util/epoch-ms.ts';
import {
	ago,
	condition,
	containerCpu,
	cpuAverage,
	cpuUtilization,
	externalMetric,
	externalValues,
	freshMemory,
	hpa,
	type InputParts,
	input,
	metricStatus,
	NOW,
	objectMetric,
	pod,
	pods,
	podsMetric,
	sample,
	samples,
	scalingRules,
} from './builders.ts';

test.each([
	[37, 'unable to get metric hits on Ingress shop/front: unable to fetch metrics from custom metrics API: gone'],
	[36, 'unable to get metric hits: Ingress on shop front/unable to fetch metrics from custom metrics API: gone'],
])('the error of an Object metric reads as in 1.%d', (minor, text) => {
	const explanation = explainHpa(
		input({hpa: hpa({metrics: [objectMetric('hits', '10')]}), readings: [{kind: 'failed', message: 'gone'}], rules: rulesFor({major: 1, minor})}),
	);
	expect(explanation.metrics[0]?.result).toMatchObject({kind: 'failed', message: text});
	expect(explanation.proposals).toMatchObject({message: `invalid metrics (1 invalid out of 1), first error is: failed to get object metric value: ${text}`});
});

test('what a window lets go is told as far as the policies allow', () => {
	const behavior = {scaleUp: scalingRules({stabilizationWindowSeconds: 30, policies: [{type: 'Pods', value: 1, periodSeconds: 60}]}), scaleDown: undefined};
	const explanation = explainHpa(input({replicas: 1, hpa: hpa({behavior}), readings: [samples(pods(1), 500)], memory: remembered(1, 20)}));
	expect(explanation).toMatchObject({raw: {low: 2, high: 2}, decision: {desired: 1}, release: {direction: 'up', to: 2}});
	const more = explainHpa(input({replicas: 2, hpa: hpa({behavior}), readings: [samples(pods(2), 500)], memory: remembered(2, 20)}));
	expect(more).toMatchObject({raw: {low: 4, high: 4}, decision: {desired: 2}, release: {direction: 'up', to: 3}});
});

test('the error of a pass reads as in the log of a real controller', () => {
	const metrics: Hpa['spec']['metrics'] = [
		cpuUtilization(60),
		{
			...externalMetric('backend_down', '1'),
			external: {
				metric: {name: 'backend_down', selector: undefined},
				target: {type: 'Value', value: '1', averageValue: undefined, averageUtilization: undefined},
			},
		},
	];
	const failed = failing('the monitoring backend does not answer');
	expect(explainHpa(input({hpa: hpa({metrics}), readings: [samples(pods(4), 10), failed]})).proposals).toMatchObject({
		message:
			'invalid metrics (1 invalid out of 2), first error is: failed to get backend_down external metric value: failed to get external metric backend_down: unable to get external metric shop/backend_down/nil: unable to fetch metrics from external metrics API: the monitoring backend does not answer',
	});
	expect(explainHpa(input({readings: [{kind: 'podMetrics', samples: []}]})).proposals).toMatchObject({
		message:
			'invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
	});
});

describe('a pass explained afterwards', () => {
	const edge = {...freshMemory(), runs: [{low: 9, high: 9, first: {from: ago(400), to: ago(400)}, last: {from: ago(300.5), to: ago(299.5)}}]};
	const given = {replicas: 9, readings: [samples(pods(9), 100)], memory: {...edge, lastPass: undefined}};

	test('at the edge of a window is explained by what it did', () => {
		expect(explainHpa(input(given)).desired).toEqual({low: 4, high: 9});
		for (const outcome of [4, 9]) expect(explainHpa(input({...given, outcome})).decision?.desired).toBe(outcome);
	});

	test('is explained by passes in between that did not come', () => {
		const [run] = edge.runs;
		const supposed = {
			...given.memory,
			runs: [
				{...run!, last: {from: ago(200), to: ago(200)}, seen: {from: ago(301), to: ago(301)}},
				{...run!, low: 4, high: 4, last: {from: ago(1), to: ago(1)}},
			],
		};
		expect(explainHpa(input({...given, memory: supposed})).decision?.desired).toBe(9);
		expect(explainHpa(input({...given, memory: supposed, outcome: 4})).decision?.desired).toBe(4);
		const seen = {...supposed, runs: supposed.runs.map(({low, high, first, last}) => ({low, high, first, last}))};
		expect(explainHpa(input({...given, memory: seen, outcome: 4})).decision?.desired).toBe(9);
	});

	test('is not bent to what it cannot have done', () => {
		expect(explainHpa(input({...given, outcome: 1})).decision?.desired).toBe(explainHpa(input(given)).decision?.desired);
	});
});

const linesOf = (explanation: HpaExplanation): string => traceText(traceHpa(explanation), {inputs: true, citations: true}).join('\n');
const failing = (message: string): MetricReading => ({kind: 'failed', message});
const remembered = (value: number, secondsAgo: number): NonNullable<HpaInput['memory']> => ({
	...freshMemory(),
	runs: [{low: value, high: value, first: {from: ago(secondsAgo), to: ago(secondsAgo)}, last: {from: ago(secondsAgo), to: ago(secondsAgo)}}],
});

describe('explainHpa', () => {
	test.each<{name: string; given: InputParts; desired: number | undefined; state: HpaExplanation['state']; limiting: HpaExplanation['limiting']}>([
		{name: '60% against 50% with four pods asks for five', given: {}, desired: 5, state: 'growing', limiting: 'none'},
		{
			name: 'the documentation: 200m against 100m doubles',
			given: {replicas: 3, hpa: hpa({metrics: [cpuAverage('100m')]}), readings: [samples(pods(3), 200)]},
			desired: 6,
			state: 'growing',
			limiting: 'none',
		},
		{
			name: 'the documentation: 50m against 100m halves, once the window lets go',
			given: {replicas: 4, hpa: hpa({metrics: [cpuAverage('100m')]}), readings: [samples(pods(4), 50)], memory: remembered(4, 301)},
			desired: 2,
			state: 'shrinking',
			limiting: 'none',
		},
		{
			name: 'a high recommendation within the window holds',
			given: {readings: [samples(pods(4), 100)], memory: remembered(4, 60)},
			desired: 4,
			state: 'held',
			limiting: 'downWindow',
		},
		{name: 'inside the tolerance nothing moves', given: {readings: [samples(pods(4), 270)]}, desired: 4, state: 'steady', limiting: 'tolerance'},
		{name: 'at the maximum and above the target', given: {hpa: hpa({max: 4})}, desired: 4, state: 'atMax', limiting: 'max'},
		{
			name: 'at the maximum and inside the tolerance is no trouble',
			given: {hpa: hpa({max: 4}), readings: [samples(pods(4), 250)]},
			desired: 4,
			state: 'steady',
			limiting: 'tolerance',
		},
		{name: 'at the minimum and idle', given: {hpa: hpa({min: 4}), readings: [samples(pods(4), 5)]}, desired: 4, state: 'atMin', limiting: 'min'},
		{
			name: 'without behavior one pass at most doubles',
			given: {replicas: 3, hpa: hpa({max: 100}), readings: [samples(pods(3), 5000)]},
			desired: 6,
			state: 'growing',
			limiting: 'upPolicy',
		},
		{name: 'above the maximum metrics are not asked', given: {hpa: hpa({max: 3})}, desired: 3, state: 'shrinking', limiting: 'max'},
		{name: 'below the minimum metrics are not asked', given: {hpa: hpa({min: 6})}, desired: 6, state: 'growing', limiting: 'min'},
		{name: 'at zero with a minimum it is paused', given: {replicas: 0}, desired: 0, state: 'paused', limiting: 'paused'},
		{
			name: 'the policies of behavior allow so many',
			given: {
				hpa: hpa({max: 50, behavior: {scaleUp: scalingRules({policies: [{type: 'Pods', value: 2, periodSeconds: 60}]}), scaleDown: undefined}}),
				readings: [samples(pods(4), 2000)],
			},
			desired: 6,
			state: 'growing',
			limiting: 'upPolicy',
		},
		{
			name: 'pending pods damp growth',
			given: {
				replicas: 6,
				pods: [...pods(3), ...[7, 8, 9].map(each => pod(`web-${each}`, {phase: 'Pending'}))],
				readings: [samples(pods(3), 450)],
				hpa: hpa({metrics: [cpuUtilization(60)]}),
			},
			desired: 6,
			state: 'steady',
			limiting: 'damping',
		},
		{
			name: 'a metric that fails blocks shrinking',
			given: {hpa: hpa({metrics: [cpuUtilization(90), externalMetric('queue', '10')]}), readings: [samples(pods(4), 100), failing('no such metric')]},
			desired: 4,
			state: 'failing',
			limiting: 'failedMetric',
		},
		{
			name: 'and does not block growing',
			given: {hpa: hpa({metrics: [cpuUtilization(50), externalMetric('queue', '10')]}), readings: [samples(pods(4), 300), failing('no such metric')]},
			desired: 5,
			state: 'growing',
			limiting: 'none',
		},
		{name: 'two HPAs on the same pods stop', given: {overlapping: ['shop/other']}, desired: 4, state: 'failing', limiting: 'selector'},
		{name: 'but not before the bounds', given: {overlapping: ['shop/other'], hpa: hpa({max: 3})}, desired: 3, state: 'shrinking', limiting: 'max'},
		{
			name: 'one pod without a request stops everything',
			given: {pods: [...pods(3), pod('web-9', {cpuRequest: ''})]},
			desired: 4,
			state: 'failing',
			limiting: 'failedMetric',
		},
		{
			name: 'an external total is divided by the target',
			given: {hpa: hpa({metrics: [externalMetric('queue', '10')], max: 20}), readings: [externalValues('60', '35')]},
			desired: 8,
			state: 'growing',
			limiting: 'upPolicy',
		},
		{
			name: 'an object value is multiplied with the ready pods',
			given: {hpa: hpa({metrics: [objectMetric('requests', '100')]}), readings: [{kind: 'objectValue', value: '150', timestamp: ago(5)}]},
			desired: 6,
			state: 'growing',
			limiting: 'none',
		},
		{
			name: 'a pods metric counts samples of strangers',
			given: {
				replicas: 2,
				hpa: hpa({metrics: [podsMetric('qps', '10')]}),
				readings: [
					{
						kind: 'podValues',
						values: [
							{pod: 'web-0', value: '10', timestamp: ago(5)},
							{pod: 'web-1', value: '10', timestamp: ago(5)},
							{pod: 'gone', value: '40', timestamp: ago(5)},
						],
					},
				],
			},
			desired: 4,
			state: 'growing',
			limiting: 'none',
		},
		{
			name: 'an unreadable utilization is worked back from the status',
			given: {
				readings: [{kind: 'unreadable', because: 'forbidden'}],
				hpa: hpa({status: {currentMetrics: [metricStatus('Resource', {averageUtilization: 60, averageValue: '300m'})]}}),
			},
			desired: 5,
			state: 'growing',
			limiting: 'none',
		},
		{name: 'without any reading the answer is open', given: {readings: []}, desired: undefined, state: 'unknown', limiting: 'unknown'},
	])('$name', ({given, desired, state, limiting}) => {
		const explanation = explainHpa(input(given));
		expect(explanation.desired === undefined || explanation.desired.low !== explanation.desired.high ? undefined : explanation.desired.low).toBe(desired);
		expect([explanation.state, explanation.limiting]).toEqual([state, limiting]);
		expect(whyHpa(explanation)).not.toMatch(/undefined|NaN/);
		expect(linesOf(explanation)).not.toMatch(/undefined/);
	});

	test('the decoded objects are its input as they are', () => {
		const fitsHpa = (object: HorizontalPodAutoscaler): Hpa => object;
		const fitsPod = (object: Pod): HpaPod => object;
		expect([fitsHpa, fitsPod]).toHaveLength(2);
	});

	test('the gap that stops the HPA is named with its pod and container, and all others are told too', () => {
		const {metrics} = explainHpa(input({pods: [pod('web-2', {cpuRequest: ''}), pod('web-1', {cpuRequest: ''}), pod('web-0')]}));
		const [{result}] = metrics as [HpaExplanation['metrics'][number]];
		expect(result.kind === 'failed' && result.message).toBe('failed to get cpu utilization: missing request for cpu in container app of Pod web-1');
		expect(result.kind === 'failed' && result.failure.gaps?.map(({pod: name}) => name)).toEqual(['web-1', 'web-2']);
	});

	test('what an external average in the status leaves open is a range', () => {
		const {desired, metrics} = explainHpa(
			input({
				hpa: hpa({metrics: [externalMetric('queue', '10')], max: 50, status: {currentMetrics: [metricStatus('External', {averageValue: '20001m'})]}}),
				readings: [{kind: 'unreadable', because: 'forbidden'}],
			}),
		);
		expect(metrics[0]?.result).toMatchObject({kind: 'fromStatus', shown: 20_001n});
		expect(metrics[0]?.proposal).toMatchObject({low: 9, high: 9});
		expect(desired).toEqual({low: 8, high: 8});
	});

	test('with one metric unknown the limits still bound the answer', () => {
		const {desired, rawAtLeast} = explainHpa(input({hpa: hpa({metrics: [cpuUtilization(50), podsMetric('qps', '5')]})}));
		expect(rawAtLeast).toBe(5);
		expect(desired).toEqual({low: 5, high: 8});
	});

	test('nothing that is known of the memory leaves a range', () => {
		const {desired, window} = explainHpa(input({memory: undefined, readings: [samples(pods(4), 100)]}));
		expect(desired).toEqual({low: 2, high: 8});
		expect(window).toEqual({knownMs: 0, neededMs: 300_000, isWarm: false});
	});
});

describe('differences between releases', () => {
	const released = (minor: number, given: InputParts): HpaExplanation => explainHpa(input({...given, rules: rulesFor({major: 1, minor})}));
	const desiredOf = ({decision}: HpaExplanation): number | undefined => decision?.desired;

	test.each<{name: string; given: InputParts; before: [number, number]; after: [number, number]}>([
		{name: '110% of the target moved before 1.33', given: {readings: [samples(pods(4), 275)]}, before: [32, 5], after: [33, 4]},
		{
			name: 'a tolerance of its own is obeyed from 1.35',
			given: {hpa: hpa({behavior: {scaleUp: scalingRules({tolerance: '500m'}), scaleDown: undefined}})},
			before: [34, 5],
			after: [35, 4],
		},
		{
			name: 'requests of the pod as a whole count from 1.34',
			given: {pods: pods(4).map(each => ({...each, spec: {...each.spec, resources: {requests: new Map([['cpu', '300m']])}}}))},
			before: [33, 5],
			after: [34, 8],
		},
		{
			name: 'a finished pod is ignored by releases after 1.37',
			given: {
				replicas: 2,
				pods: [...pods(2), pod('web-9', {phase: 'Succeeded'})],
				readings: [samples(pods(2), 450)],
				hpa: hpa({metrics: [cpuUtilization(60)]}),
			},
			before: [37, 2],
			after: [38, 3],
		},
	])('$name', ({given, before, after}) => {
		expect(desiredOf(released(before[0], given))).toBe(before[1]);
		expect(desiredOf(released(after[0], given))).toBe(after[1]);
	});

	test('a sample without the named container failed the metric before 1.32', () => {
		const given = {
			hpa: hpa({metrics: [containerCpu('app', 50)]}),
			readings: [{kind: 'podMetrics', samples: [sample('web-0', 300), {...sample('web-1', 1), containers: []}]}] as const,
		};
		expect(released(31, given).path).toBe('metricsFailed');
		expect(released(32, given).path).toBe('metrics');
	});

	test('a pod without the named container counted as request 0 before 1.35', () => {
		const other = pod('web-1');
		const given = {
			pods: [pod('web-0'), {...other, spec: {...other.spec, containers: [{name: 'side', resources: {requests: new Map()}}]}}],
			replicas: 2,
			hpa: hpa({metrics: [containerCpu('app', 50)]}),
		};
		expect(released(34, given).path).toBe('metrics');
		expect(released(35, given).metrics[0]?.result).toMatchObject({
			kind: 'failed',
			message: 'failed to get cpu utilization: container app not found in Pod web-1',
		});
	});

	test('a negative series on the way counts as an overflow, where sums are capped', () => {
		const given = {hpa: hpa({metrics: [externalMetric('queue', '10')], max: 50}), readings: [externalValues('-1', '95')]};
		expect(released(34, given).raw).toEqual({low: 2_147_483_647, high: 2_147_483_647});
		expect(released(33, given).raw).toEqual({low: 10, high: 10});
		expect(released(34, {...given, readings: [externalValues('95', '-1')]}).raw).toEqual({low: 10, high: 10});
	});

	test('an unknown version is taken for the newest that was checked', () => expect(rulesFor(undefined)).toEqual(rulesFor({major: 1, minor: 37})));
});

describe('bad input is a step that failed', () => {
	test.each<{name: string; given: InputParts; path: HpaExplanation['path']; says: RegExp}>([
		{name: 'no target', given: {scale: {kind: 'failed', message: 'deployments.apps "web" not found'}}, path: 'scaleFailed', says: /"web" not found/},
		{
			name: 'a selector that is empty',
			given: {scale: {kind: 'read', specReplicas: 4, statusReplicas: 4, selector: '', from: 'Deployment shop/web', at: undefined}},
			path: 'selectorFailed',
			says: /missing a selector/,
		},
		{
			name: 'a selector that does not parse',
			given: {scale: {kind: 'read', specReplicas: 4, statusReplicas: 4, selector: 'app in web', from: 'x', at: undefined}},
			path: 'selectorFailed',
			says: /unable to parse requirement: "app in web"/,
		},
		{
			name: 'an unknown metric type',
			given: {hpa: hpa({metrics: [{...cpuUtilization(50), type: 'Astral'}]})},
			path: 'metricsFailed',
			says: /unknown metric source type "Astral"/,
		},
		{
			name: 'a type without its source',
			given: {hpa: hpa({metrics: [{...cpuUtilization(50), type: 'Pods'}]})},
			path: 'metricsFailed',
			says: /describes no such source/,
		},
		{name: 'no metrics at all', given: {hpa: hpa({metrics: []})}, path: 'metricsFailed', says: /0 invalid out of 0/},
		{name: 'a target that is no quantity', given: {hpa: hpa({metrics: [podsMetric('qps', 'many')]})}, path: 'metricsFailed', says: /many/},
		{
			name: 'a value that is no quantity',
			given: {hpa: hpa({metrics: [externalMetric('queue', '10')]}), readings: [externalValues('lots')]},
			path: 'metricsFailed',
			says: /lots/,
		},
		{
			name: 'an empty answer',
			given: {readings: [{kind: 'podMetrics', samples: []}]},
			path: 'metricsFailed',
			says: /no metrics returned from resource metrics API/,
		},
		{name: 'a target of zero', given: {hpa: hpa({metrics: [cpuUtilization(0)]})}, path: 'metrics', says: /Infinity|∞/},
		{
			name: 'negative values',
			given: {hpa: hpa({metrics: [externalMetric('queue', '10')]}), readings: [externalValues('-50')], rules: rulesFor({major: 1, minor: 33})},
			path: 'metrics',
			says: /-50000/,
		},
		{name: 'huge values', given: {hpa: hpa({metrics: [externalMetric('queue', '1m')]}), readings: [externalValues('9E', '9E')]}, path: 'metrics', says: /./},
		{
			name: 'samples from the future',
			given: {readings: [{kind: 'podMetrics', samples: pods(4).map(each => ({...sample(each.metadata.name, 300), timestamp: epochMs(NOW + 600_000)}))}]},
			path: 'metrics',
			says: /10m ahead of the clock/,
		},
		{
			name: 'a pod from the future',
			given: {pods: pods(4, {startedAgo: -600, readyAgo: -600})},
			path: 'metricsFailed',
			says: /did not receive metrics for targeted pods/,
		},
		{name: 'a reading of another kind', given: {readings: [externalValues('1')]}, path: 'metricsFailed', says: /another kind/},
		{name: 'no pods', given: {pods: [], readings: [samples(pods(1), 300)]}, path: 'metricsFailed', says: /no pods returned by selector/},
	])('$name', ({given, path, says}) => {
		const explanation = explainHpa(input(given));
		expect(explanation.path).toBe(path);
		expect(linesOf(explanation)).toMatch(says);
		expect(whyHpa(explanation)).not.toMatch(/undefined/);
	});

	test('the rest is still drawn: one bad metric beside a good one', () => {
		const explanation = explainHpa(
			input({
				hpa: hpa({metrics: [{...cpuUtilization(50), type: 'Astral'}, cpuUtilization(50)]}),
				readings: [{kind: 'unreadable', because: 'no'}, samples(pods(4), 300)],
			}),
		);
		expect(explanation.metrics.map(({result}) => result.kind)).toEqual(['failed', 'pods']);
		expect(explanation.decision?.desired).toBe(5);
	});
});

test('a whole trace, as text', () => {
	const behavior = {
		scaleUp: scalingRules({
			policies: [
				{type: 'Pods', value: 2, periodSeconds: 60},
				{type: 'Percent', value: 10, periodSeconds: 60},
			],
		}),
		scaleDown: undefined,
	};
	const explanation = explainHpa(
		input({
			hpa: hpa({behavior, status: {conditions: [condition('AbleToScale', 'True', 'ReadyForNewScale')]}}),
			pods: [...pods(3), pod('web-3', {startedAgo: 20, readyAgo: 5, ready: 'True'}), pod('web-4', {phase: 'Pending'}), pod('web-5', {deleting: true})],
			readings: [{kind: 'podMetrics', samples: [sample('web-0', 900), sample('web-1', 900), sample('web-3', 450)]}],
			memory: {...freshMemory(), events: [{direction: 'up', change: 1, at: {from: ago(31), to: ago(30)}, isSure: true}]},
		}),
	);
	expect(`${whyHpa(explanation)}\n${traceText(traceHpa(explanation), {inputs: false, citations: false}).join('\n')}`).toMatchInlineSnapshot(`
		"It is at 4: cpu at 180% against 50% asks for 8, and the policies of scaleUp allow 5; the next pass makes it 5.
		✓ 4 replicas wanted, 4 there
		✓ 1 ≤ 4 ≤ 10: the metrics decide
		✓ 6 pods match app=web
		✓ cpu resource utilization (percentage of request): 8
		  ✓ averageUtilization 50%
		  · moves up above 55%, down below 45% (from 280m, below 225m a pod) (ratio 0.9 to 1.1)
		  ✓ samples up to 10s old
		  · 2 ready, 2 unready, 1 missing, 1 ignored
		    · web-0: ready, counted
		    · web-1: ready, counted
		    · web-2: missing, there is no sample of it
		    · web-3: unready, starting, and its sample began before it became ready (samples are good in 10s)
		    · web-4: unready, pending
		    · web-5: ignored, terminating for 1s
		  ✓ 6 pods request 3 together
		  · 100 × 1800 / 1000 = 180% over 2 pods; 180 / 50 = 3.6
		  · 1 missing filled with 0, 2 unready filled with 0: 100 × 1800 / 2500 = 72% over 5 pods; 72 / 50 = 1.44
		  · ceil(1.44 × 5) = 8
		✓ max(8) = 8, by cpu resource utilization (percentage of request)
		· no recommendation within 0s (up) and 5m (down) stands in the way of 8
		✓ 8 within 1 to 10, and the policies of scaleUp allow 5: 5 (ScaleUpLimit)
		  ✓ Pods 2 in 1m: 1 added, 0 removed, so 3 at its start; 3 +2 = 5, which counts
		  - Percent 10 in 1m: 1 added, 0 removed, so 3 at its start; 3 +10% = 4
		✓ 4 → 5, reason "cpu resource utilization (percentage of request) above target""
	`);
});
