import {DEFAULT_CONTROLLER} from '../src/analyze/hpa/controller-config.ts';
import {explainHpa} from '../src/analyze/hpa/explain-hpa.ts';
import type {Hpa, HpaInput, HpaPod, PodSample} from '../src/analyze/hpa/hpa-input.ts';
import {rulesFor} from '../src/analyze/hpa/hpa-rules.ts';
import {podFinder} from '../src/analyze/hpa/pod-finder.ts';
import {parseSelector} from '../src/kube/label-selector.ts';
import {beginMemory, rememberPass} from '../src/analyze/hpa/memory.ts';
import {traceHpa} from '../src/analyze/hpa/trace-hpa.ts';
import {whyHpa} from '../src/analyze/hpa/why-hpa.ts';
import {type EpochMs, epochMs} from '../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../src/util/units.ts';

// node scripts/node24.cjs bench/hpa-analyzer.ts: a whole re-evaluation of 500 HPAs over 10,000 pods. Goal: 50 ms.

const HPAS = 500;
const PODS_EACH = 20;
const ROUNDS = 30;
const NOW = epochMs(1_800_000_000_000);
const ago = (seconds: number): EpochMs => epochMs(NOW - seconds * 1000);

type LabelledPod = HpaPod & {readonly metadata: {readonly labels: ReadonlyMap<string, string>}};

/** The decoder keeps equal requirements once. */
const APP_REQUESTS = new Map([
	['cpu', '250m'],
	['memory', '256Mi'],
]);
const PROXY_REQUESTS = new Map([
	['cpu', '50m'],
	['memory', '64Mi'],
]);

function podOf(app: number, index: number): LabelledPod {
	return {
		metadata: {
			name: `app-${app}-${index}`,
			namespace: `ns-${app % 25}`,
			deletionTimestamp: undefined,
			labels: new Map([
				['app', `app-${app}`],
				['tier', 'web'],
			]),
		},
		spec: {
			containers: [
				{name: 'app', resources: {requests: APP_REQUESTS}},
				{name: 'proxy', resources: {requests: PROXY_REQUESTS}},
			],
			initContainers: [],
			resources: undefined,
			overhead: new Map(),
		},
		status: {
			phase: index === 19 && app % 10 === 0 ? 'Pending' : 'Running',
			startTime: ago(3600),
			conditions: [
				{type: 'PodScheduled', status: 'True', lastTransitionTime: ago(3600)},
				{type: 'Ready', status: 'True', lastTransitionTime: ago(3500)},
			],
		},
	};
}

function sampleOf(pod: HpaPod, index: number): PodSample {
	return {
		name: pod.metadata.name,
		timestamp: ago(10),
		windowMs: 15_000,
		containers: [
			{name: 'app', cpu: (123_456_789 + index * 1_000_003) as NanoCores, memory: (200 * 2 ** 20 + index) as Bytes},
			{name: 'proxy', cpu: 7_654_321 as NanoCores, memory: (30 * 2 ** 20) as Bytes},
		],
	};
}

function hpaOf(app: number): Hpa {
	const target = {value: undefined, averageValue: undefined, averageUtilization: 60, type: 'Utilization'};
	const none = {resource: undefined, containerResource: undefined, pods: undefined, object: undefined, external: undefined};
	return {
		metadata: {name: `app-${app}`, namespace: `ns-${app % 25}`},
		spec: {
			scaleTargetRef: {kind: 'Deployment', name: `app-${app}`, apiVersion: 'apps/v1'},
			minReplicas: 2,
			maxReplicas: 50,
			metrics: [
				{...none, type: 'Resource', resource: {name: 'cpu', target}},
				...(app % 2 === 0 ? [{...none, type: 'Resource', resource: {name: 'memory', target: {...target, averageUtilization: 75}}}] : []),
			],
			behavior:
				app % 3 === 0
					? {scaleUp: undefined, scaleDown: {stabilizationWindowSeconds: 120, selectPolicy: undefined, policies: [], tolerance: undefined}}
					: undefined,
		},
		status: {lastScaleTime: ago(600), currentReplicas: PODS_EACH, desiredReplicas: PODS_EACH, currentMetrics: [], conditions: []},
	};
}

const pods: LabelledPod[] = [];
const samples = new Map<string, PodSample>();
for (let app = 0; app < HPAS; app++) {
	for (let index = 0; index < PODS_EACH; index++) {
		const pod = podOf(app, index);
		pods.push(pod);
		samples.set(`${pod.metadata.namespace}/${pod.metadata.name}`, sampleOf(pod, index));
	}
}
const hpas = Array.from({length: HPAS}, (_, app) => hpaOf(app));
const rules = rulesFor({major: 1, minor: 37});
const interval = (from: number, to: number): {from: EpochMs; to: EpochMs} => ({from: ago(from), to: ago(to)});
const memory = [200, 120, 60, 15].reduce(
	(state, seconds) =>
		rememberPass(
			state,
			{
				at: interval(seconds + 1, seconds),
				current: PODS_EACH,
				raw: {low: 10 + (seconds % 7), high: 10 + (seconds % 7)},
				rescaledTo: undefined,
				ableToScale: 'ScaleDownStabilized',
				scalingLimited: {status: 'False', reason: 'DesiredWithinRange'},
				longestPeriodMs: undefined,
			},
			15_000,
		),
	beginMemory(ago(400), ago(400)),
);

/** From nothing but objects and samples, as after a change of everything. */
function evaluateAll(): readonly ReturnType<typeof explainHpa>[] {
	const find = podFinder(pods);
	return hpas.map(hpa => {
		const selector = `app=${hpa.metadata.name}`;
		const parsed = parseSelector(selector);
		const selected = parsed.ok ? find(hpa.metadata.namespace, parsed.value) : [];
		const ofPods = selected.flatMap(pod => samples.get(`${pod.metadata.namespace}/${pod.metadata.name}`) ?? []);
		const reading = {kind: 'podMetrics', samples: ofPods} as const;
		const input: HpaInput = {
			hpa,
			scale: {
				kind: 'read',
				specReplicas: PODS_EACH,
				statusReplicas: PODS_EACH,
				selector,
				from: `Deployment ${hpa.metadata.namespace}/${hpa.metadata.name}`,
				at: NOW,
			},
			pods: selected,
			readings: hpa.spec.metrics.map(() => reading),
			overlapping: [],
			memory,
			controller: DEFAULT_CONTROLLER,
			rules,
			now: NOW,
		};
		return explainHpa(input);
	});
}

function median(times: readonly number[]): number {
	return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

function measured(run: () => unknown): {readonly first: number; readonly best: number; readonly median: number; readonly worst: number} {
	const times = Array.from({length: ROUNDS}, () => {
		const begin = performance.now();
		run();
		return performance.now() - begin;
	});
	return {first: times[0]!, best: Math.min(...times), median: median(times.slice(5)), worst: Math.max(...times.slice(5))};
}

const show = (name: string, {first, best, median: middle, worst}: ReturnType<typeof measured>): void =>
	console.log(`${name}: median ${middle.toFixed(1)} ms, best ${best.toFixed(1)} ms, worst ${worst.toFixed(1)} ms, first ${first.toFixed(1)} ms`);

const explanations = evaluateAll();
console.log(`${HPAS} HPAs, ${pods.length} pods, ${explanations.reduce((sum, each) => sum + each.metrics.length, 0)} metrics`);
const whole = measured(evaluateAll);
show('whole re-evaluation', whole);
show(
	'the sentences of all',
	measured(() => explanations.map(whyHpa)),
);
show(
	'the traces of all',
	measured(() => explanations.map(traceHpa)),
);
show(
	'one trace',
	measured(() => traceHpa(explanations[0]!)),
);
if (whole.median > 50) process.exitCode = 1;
