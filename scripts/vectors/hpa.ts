import {combineProposals, type Proposal} from '../../src/analyze/hpa/combine-proposals.ts';
import {decidePass, type PassInput} from '../../src/analyze/hpa/decide-pass.ts';
import type {HpaBehavior, HpaPod, PodSample, ScalingRules} from '../../src/analyze/hpa/hpa-input.ts';
import {type HpaRules, rulesFor} from '../../src/analyze/hpa/hpa-rules.ts';
import {effectiveRules, limitLegacy, limitWithBehavior, rateLimit, type ScaleEvent, storeEvent} from '../../src/analyze/hpa/limit-rate.ts';
import {type Milli, milliOf} from '../../src/analyze/hpa/milli.ts';
import {type GroupedPod, type GroupingPeriods, groupPods} from '../../src/analyze/hpa/pod-groups.ts';
import {podRequest} from '../../src/analyze/hpa/pod-requests.ts';
import {customValues, type PodValues, resourceValues, sumOfSeries} from '../../src/analyze/hpa/pod-values.ts';
import {
	type CalculationFailure,
	calculatePodAverage,
	calculateTotalAverage,
	calculateUtilization,
	calculateValue,
	type PodsCalculation,
} from '../../src/analyze/hpa/replica-calculator.ts';
import {type Recommendation, remember, stabilizeLegacy, stabilizeWithBehavior} from '../../src/analyze/hpa/stabilize.ts';
import {isWithinTolerance, type Tolerances, toleranceOf} from '../../src/analyze/hpa/tolerance.ts';
import {bytesOf, nanoCoresOf} from '../../src/kube/quantity.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import type {Result} from '../../src/util/result.ts';
import type {Adapter} from './adapter.ts';

/** One entry of an HPA vector file: see docs/algorithms/hpa.md for the kinds. Times and ages are seconds. */
export type HpaVector = {readonly name: string; readonly kind: string; readonly input: VectorInput; readonly expected: Readonly<Record<string, unknown>>};

type VectorPod = {
	readonly name: string;
	readonly phase?: string;
	readonly deleting?: boolean;
	readonly startTime?: number | null;
	readonly ready?: {readonly status: string; readonly lastTransition: number} | null;
	readonly containers?: ReadonlyArray<{readonly name: string; readonly requests?: Texts}>;
	readonly initContainers?: ReadonlyArray<{readonly name: string; readonly requests?: Texts; readonly restartPolicy?: string}>;
	readonly podRequests?: Texts;
	readonly overhead?: Texts;
};
type Texts = Readonly<Record<string, string>>;
type VectorMetric = {
	readonly pod: string;
	readonly timestamp?: number;
	readonly window?: number;
	readonly value?: string;
	readonly containers?: ReadonlyArray<{readonly name: string; readonly usage: Texts}>;
};
type VectorRules = {
	readonly stabilizationWindowSeconds?: number;
	readonly selectPolicy?: string;
	readonly policies?: ReadonlyArray<{readonly type?: string; readonly value?: number; readonly period: number}>;
};
type VectorRecommendation = {readonly value: number; readonly age: number};
type VectorEvent = {readonly change: number; readonly age: number};

/** All that any kind may hold; each reads what is its own. */
type VectorInput = {
	readonly quantity: string;
	readonly current: number;
	readonly target: string | number;
	readonly tolerances?: Tolerances;
	readonly rule?: string;
	readonly resource?: string;
	readonly container?: string;
	readonly config?: {
		readonly now?: number;
		readonly cpuInitializationPeriod?: number;
		readonly initialReadinessDelay?: number;
		readonly podLevelResources?: boolean;
		readonly excludeOverhead?: boolean;
		readonly ignoreSucceeded?: boolean;
	};
	readonly pod: VectorPod;
	readonly pods: readonly VectorPod[];
	readonly metrics: readonly VectorMetric[];
	readonly currentReplicas: number;
	readonly targetUtilization: number;
	readonly specReplicas: number;
	readonly statusReplicas: number;
	readonly values: readonly string[];
	readonly readyPods: number;
	readonly podCount: number;
	readonly proposals: ReadonlyArray<{readonly name: string; readonly replicas?: number; readonly error?: string}>;
	readonly desired: number;
	readonly window: number;
	readonly upWindow: number;
	readonly downWindow: number;
	readonly recommendations: readonly VectorRecommendation[];
	readonly min: number;
	readonly max: number;
	readonly direction: 'up' | 'down';
	readonly rules?: VectorRules;
	readonly scaleUp?: VectorRules;
	readonly scaleDown?: VectorRules;
	readonly upEvents?: readonly VectorEvent[];
	readonly downEvents?: readonly VectorEvent[];
	readonly policies: ReadonlyArray<{readonly period: number}>;
	readonly events: readonly VectorEvent[];
	readonly change: number;
	readonly spec: {readonly min: number; readonly max: number; readonly behavior?: {readonly scaleUp?: VectorRules; readonly scaleDown?: VectorRules}};
	readonly scale: {readonly spec: number; readonly status: number};
	readonly metric?: {readonly name: string; readonly replicas: number};
	readonly memory?: {
		readonly recommendations?: readonly VectorRecommendation[];
		readonly upEvents?: readonly VectorEvent[];
		readonly downEvents?: readonly VectorEvent[];
	};
	readonly scaledToZero?: boolean;
	readonly hasObjectOrExternal?: boolean;
	readonly downscaleStabilization?: number;
};

const EVEN: Tolerances = {up: 0.1, down: 0.1};
const SECOND = 1000;

/** What our port answers to a vector, in the vector's own words; `error` where it refuses. */
export function answerTo({kind, input}: Pick<HpaVector, 'kind' | 'input'>): Readonly<Record<string, unknown>> {
	const rules = rulesOf(input);
	const tolerances = input.tolerances ?? EVEN;
	switch (kind) {
		case 'quantity.milli':
			return {milli: integer(mustBe(milliOf(input.quantity)))};
		case 'tolerance.within':
			return {within: isWithinTolerance(input.current / Number(input.target), tolerances, input.rule === 'pre-1.33' ? 'distance' : 'edges')};
		case 'tolerance.quantity':
			return {value: toleranceOf(input.quantity)};
		case 'pods.group': {
			const values = new Map(
				input.metrics.map(({pod, timestamp = 0, window = 0}) => [pod, {value: 0n, timestamp: epochMs(timestamp * SECOND), windowMs: window * SECOND}]),
			);
			const groups = groupPods(input.pods.map(podOf), values, input.resource, periodsOf(input), rules);
			const named = (group: GroupedPod['group']): readonly string[] => groups.pods.filter(each => each.group === group).map(({pod}) => pod.metadata.name);
			return {ready: groups.ready, unready: named('unready'), missing: named('missing'), ignored: named('ignored')};
		}
		case 'pods.request': {
			const request = podRequest(podOf(input.pod), input.resource ?? '', input.container, rules);
			return request.ok ? {milli: integer(request.value)} : {error: request.error.message};
		}
		case 'calc.utilization': {
			const {resource = '', container, targetUtilization} = input;
			const values = resourceValues(input.metrics.map(sampleOf), resource, container, rules);
			if (!values.ok) return {error: values.error};
			const calculation = calculateUtilization({...podsInputOf(input, values.value, rules), resource, container, targetUtilization});
			return shown(calculation, ({replicas, first}) => ({replicas, utilization: first.utilization, averageMilli: integer(first.average)}));
		}
		case 'calc.podAverage': {
			const {resource, container} = input;
			const values =
				resource === undefined
					? customValues(input.metrics.map(({pod, value = ''}) => ({pod, value, timestamp: undefined})))
					: resourceValues(input.metrics.map(sampleOf), resource, container, rules);
			if (!values.ok) return {error: values.error};
			const calculation = calculatePodAverage({...podsInputOf(input, values.value, rules), target: mustBe(milliOf(String(input.target)))});
			return shown(calculation, ({replicas, first}) => ({replicas, averageMilli: integer(first.average)}));
		}
		case 'calc.value': {
			const {specReplicas, readyPods, podCount} = input;
			const total = sumOfSeries(
				input.values.map(value => mustBe(milliOf(value))),
				'value',
			);
			const target = mustBe(milliOf(String(input.target)));
			const calculation = calculateValue({specReplicas, target, total, readyPods, podCount, tolerances, rules});
			return calculation.ok ? {replicas: calculation.value.replicas, currentMilli: integer(calculation.value.shown)} : {error: calculation.error.message};
		}
		case 'calc.totalAverage': {
			const total = sumOfSeries(
				input.values.map(value => mustBe(milliOf(value))),
				'average',
			);
			const target = mustBe(milliOf(String(input.target)));
			const {replicas, shown: current} = calculateTotalAverage({source: 'external', statusReplicas: input.statusReplicas, target, total, tolerances, rules});
			return {replicas, currentMilli: integer(current)};
		}
		case 'metrics.combine': {
			const combined = combineProposals(input.proposals.map(proposalOf), input.specReplicas);
			const scalingActive = [combined.scalingActive.status, combined.scalingActive.reason];
			return combined.kind === 'error'
				? {proceed: false, scalingActive}
				: {proceed: true, replicas: combined.replicas, metric: combined.metric, scalingActive, partialError: combined.isPartial};
		}
		case 'legacy.stabilize': {
			const recommendations = recommendationsOf(input.recommendations);
			const {stabilized} = stabilizeLegacy(input.desired, input.window * SECOND, recommendations);
			return {stabilized, log: valuesOf(remember(recommendations, input.desired, ageMs => ageMs > input.window * SECOND))};
		}
		case 'legacy.clamp': {
			const {replicas, reason} = limitLegacy(input);
			return {replicas, reason};
		}
		case 'legacy.normalize': {
			const {stabilized, reason} = stabilizeLegacy(input.desired, input.window * SECOND, recommendationsOf(input.recommendations));
			const limited = limitLegacy({...input, desired: stabilized});
			return {
				stabilized,
				replicas: limited.replicas,
				ableToScale: reason,
				scalingLimited: [limited.replicas === stabilized ? 'False' : 'True', limited.reason],
			};
		}
		case 'behavior.stabilize': {
			const recommendations = recommendationsOf(input.recommendations);
			const windows = {upWindowMs: input.upWindow * SECOND, downWindowMs: input.downWindow * SECOND};
			const {stabilized, reason} = stabilizeWithBehavior({
				current: input.current,
				desired: input.desired,
				...windows,
				forUp: recommendations,
				forDown: recommendations,
			});
			const longest = Math.max(windows.upWindowMs, windows.downWindowMs);
			return {stabilized, reason, log: valuesOf(remember(recommendations, input.desired, ageMs => ageMs > longest))};
		}
		case 'behavior.limit': {
			const behavior = behaviorOf(input.direction === 'up' ? {scaleUp: input.rules} : {scaleDown: input.rules});
			return {limit: rateLimit(input.direction, input.current, effectiveRules(behavior, 300 * SECOND)[input.direction], eventsOf(input)).limit};
		}
		case 'behavior.rate': {
			const {replicas, reason} = limitWithBehavior({...input, ...effectiveRules(behaviorOf(input), 300 * SECOND), events: eventsOf(input)});
			return {replicas, reason};
		}
		case 'behavior.storeEvent': {
			const policies = input.policies.map(({period}) => ({type: 'Pods', value: 1, periodSeconds: period}));
			return {events: storeEvent(input.events.map(eventOf), input.change, policies).map(({change}) => change)};
		}
		case 'reconcile':
			return reconciled(input);
		default:
			return {error: `no such kind: ${kind}`};
	}
}

function reconciled(input: VectorInput): Readonly<Record<string, unknown>> {
	const {spec, scale, metric, memory, scaledToZero = false, hasObjectOrExternal = false, downscaleStabilization = 300} = input;
	const recommendations = memory?.recommendations === undefined ? [{value: scale.spec, ageMs: 0}] : recommendationsOf(memory.recommendations);
	const pass: PassInput = {
		min: spec.min,
		max: spec.max,
		behavior: spec.behavior === undefined ? undefined : behaviorOf(spec.behavior),
		current: scale.spec,
		proposals: metric === undefined ? undefined : combineProposals([{kind: 'count', ...metric}], scale.spec),
		memory: {forUp: recommendations, forDown: recommendations, events: eventsOf(memory ?? {})},
		isScaledToZero: scaledToZero,
		hasObjectOrExternal,
		downscaleStabilizationMs: downscaleStabilization * SECOND,
		fromZero: 'condition',
	};
	const {desired, rescale, reason, ableToScale, scalingActive, scalingLimited, metricsEvaluated} = decidePass(pass);
	return {
		desired,
		rescale,
		reason,
		ableToScale: ableToScale.reason,
		scalingActive: scalingActive && [scalingActive.status, scalingActive.reason],
		scalingLimited: scalingLimited && [scalingLimited.status, scalingLimited.reason],
		metricsEvaluated,
	};
}

/** What we say otherwise than the vector; nothing when we agree. Only what the vector expects is compared. */
export function failuresOf(vector: HpaVector): readonly string[] {
	const answer = answerTo(vector);
	return Object.entries(vector.expected).flatMap(([key, expected]) => {
		const found = answer[key];
		if (key === 'error') return String(found).includes(String(expected)) ? [] : [`error: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`];
		return JSON.stringify(found) === JSON.stringify(expected) ? [] : [`${key}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`];
	});
}

export const hpaAdapter: Adapter = file => (file as readonly HpaVector[]).map(vector => ({name: vector.name, failures: () => failuresOf(vector)}));

function rulesOf({config}: VectorInput): HpaRules {
	return {
		...rulesFor({major: 1, minor: 37}),
		podLevelRequests: config?.podLevelResources ?? true,
		excludeOverhead: config?.excludeOverhead ?? true,
		ignoreSucceeded: config?.ignoreSucceeded ?? true,
	};
}

function periodsOf({config}: VectorInput): GroupingPeriods {
	return {
		now: epochMs((config?.now ?? 100_000) * SECOND),
		cpuInitializationPeriodMs: (config?.cpuInitializationPeriod ?? 300) * SECOND,
		initialReadinessDelayMs: (config?.initialReadinessDelay ?? 30) * SECOND,
	};
}

function podsInputOf(input: VectorInput, {values}: PodValues, rules: HpaRules): Omit<Parameters<typeof calculatePodAverage>[0], 'target'> {
	return {
		currentReplicas: input.currentReplicas,
		pods: input.pods.map(podOf),
		values,
		resource: input.resource,
		tolerances: input.tolerances ?? EVEN,
		periods: periodsOf(input),
		rules,
	};
}

function podOf({
	name,
	phase = 'Running',
	deleting = false,
	startTime = 0,
	ready,
	containers = [],
	initContainers = [],
	podRequests,
	overhead = {},
}: VectorPod): HpaPod {
	const condition = ready === undefined ? {status: 'True', lastTransition: 0} : ready;
	return {
		metadata: {name, namespace: 'shop', deletionTimestamp: deleting ? epochMs(0) : undefined},
		spec: {
			containers: containers.map(each => ({name: each.name, resources: {requests: textsOf(each.requests)}})),
			initContainers: initContainers.map(each => ({name: each.name, resources: {requests: textsOf(each.requests)}, restartPolicy: each.restartPolicy})),
			resources: podRequests === undefined ? undefined : {requests: textsOf(podRequests)},
			overhead: textsOf(overhead),
		},
		status: {
			phase,
			startTime: startTime === null ? undefined : epochMs(startTime * SECOND),
			conditions: condition === null ? [] : [{type: 'Ready', status: condition.status, lastTransitionTime: epochMs(condition.lastTransition * SECOND)}],
		},
	};
}

function sampleOf({pod, timestamp = 0, window = 0, containers = []}: VectorMetric): PodSample {
	return {
		name: pod,
		timestamp: epochMs(timestamp * SECOND),
		windowMs: window * SECOND,
		containers: containers.map(({name, usage}) => ({
			name,
			cpu: usage.cpu === undefined ? undefined : nanoCoresOf(usage.cpu),
			memory: usage.memory === undefined ? undefined : bytesOf(usage.memory),
			...(usage.cpu === undefined ? {} : {cpuText: usage.cpu}),
			...(usage.memory === undefined ? {} : {memoryText: usage.memory}),
		})),
	};
}

function proposalOf({name, replicas, error}: VectorInput['proposals'][number]): Proposal {
	return replicas === undefined ? {kind: 'error', name, reason: error ?? '', message: error ?? ''} : {kind: 'count', name, replicas};
}

function behaviorOf({scaleUp, scaleDown}: {readonly scaleUp?: VectorRules | undefined; readonly scaleDown?: VectorRules | undefined}): HpaBehavior {
	const rules = (each: VectorRules | undefined): ScalingRules | undefined =>
		each && {
			stabilizationWindowSeconds: each.stabilizationWindowSeconds,
			selectPolicy: each.selectPolicy,
			policies: (each.policies ?? []).map(({type = 'Pods', value = 1, period}) => ({type, value, periodSeconds: period})),
			tolerance: undefined,
		};
	return {scaleUp: rules(scaleUp), scaleDown: rules(scaleDown)};
}

function eventsOf({upEvents = [], downEvents = []}: Pick<VectorInput, 'upEvents' | 'downEvents'>): {readonly up: ScaleEvent[]; readonly down: ScaleEvent[]} {
	return {up: upEvents.map(eventOf), down: downEvents.map(eventOf)};
}

const eventOf = ({change, age}: VectorEvent): ScaleEvent => ({change, ageMs: age * SECOND});
const recommendationsOf = (list: readonly VectorRecommendation[]): readonly Recommendation[] => list.map(({value, age}) => ({value, ageMs: age * SECOND}));
const valuesOf = (list: readonly Recommendation[]): readonly number[] => list.map(({value}) => value);
const textsOf = (texts: Texts = {}): ReadonlyMap<string, string> => new Map(Object.entries(texts));

function shown(
	result: Result<PodsCalculation, CalculationFailure>,
	show: (value: PodsCalculation) => Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
	return result.ok ? show(result.value) : {error: result.error.message};
}

/** A JSON number, or past 2^53 a decimal string. */
function integer(value: bigint): number | string {
	return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function mustBe(result: Result<Milli, string>): Milli {
	if (!result.ok) throw new Error(result.error);
	return result.value;
}
