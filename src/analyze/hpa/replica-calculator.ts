import {err, ok, type Result} from '../../util/result.ts';
import type {HpaPod} from './hpa-input.ts';
import type {HpaRules} from './hpa-rules.ts';
import {ceilToInt32, ceilToInt64, int64, MAX_INT64} from './int-arithmetic.ts';
import type {Milli} from './milli.ts';
import {type GroupingPeriods, groupPods, type PodGroups, type PodValue} from './pod-groups.ts';
import {podRequest, type RequestCache, type RequestGap} from './pod-requests.ts';
import {isWithinTolerance, type Tolerances} from './tolerance.ts';

/** One run over the samples: what was added up, and the ratio that came of it. */
export type UsagePass = {
	readonly usage: Milli;
	/** undefined for averages, which know no requests. */
	readonly requests: Milli | undefined;
	/** Samples in the sums. */
	readonly counted: number;
	/** Whole percent, truncated; undefined for averages. */
	readonly utilization: number | undefined;
	/** Truncated. */
	readonly average: Milli;
	/** float64, as the controller has it. */
	readonly ratio: number;
};

/** Why a calculation answers with the count there is. */
export type KeepReason = 'insideTolerance' | 'turnsAround' | 'countTurnsAround';

/** What stands in for a pod in the second pass. */
export type Fill = {readonly pod: string; readonly group: 'missing' | 'unready'; readonly value: Milli};

/** The working of a metric that is read pod by pod. */
export type PodsCalculation = {
	readonly groups: PodGroups;
	/** Milli by pod; undefined for averages. */
	readonly requests: ReadonlyMap<string, Milli> | undefined;
	/** Samples of pods that the selector does not match (any more). */
	readonly strangers: readonly string[];
	readonly first: UsagePass;
	readonly second: {readonly pass: UsagePass; readonly fills: readonly Fill[]} | undefined;
	/** What the ratio is multiplied with: ready pods, or all samples of the second pass. */
	readonly multiplier: number;
	readonly kept: KeepReason | undefined;
	/** The proposal. */
	readonly replicas: number;
};

/** Why there is no proposal. `message` is the controller's text, without what it puts in front. */
export type CalculationFailure = {readonly message: string; readonly groups?: PodGroups; readonly gaps?: readonly RequestGap[]};

export type PodsCalculationInput = {
	readonly currentReplicas: number;
	readonly pods: readonly HpaPod[];
	readonly values: ReadonlyMap<string, PodValue>;
	/** undefined for a Pods metric. */
	readonly resource: string | undefined;
	readonly tolerances: Tolerances;
	readonly periods: GroupingPeriods;
	readonly rules: HpaRules;
};

const NO_PODS = 'no pods returned by selector while calculating replica count';
const NO_SAMPLES = 'did not receive metrics for targeted pods (pods might be unready)';

/**
 * Proposal for `averageUtilization`: percent of requests, sum over sum, truncated to a whole percent.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/replica_calculator.go, GetResourceReplicas; metrics/utilization.go, GetResourceUtilizationRatio.
 */
export function calculateUtilization(
	input: PodsCalculationInput & {readonly targetUtilization: number; readonly resource: string; readonly container: string | undefined},
): Result<PodsCalculation, CalculationFailure> {
	const {pods, resource, container, targetUtilization, rules} = input;
	const sorted = sortPods(input);
	if (!sorted.ok) return sorted;
	const {groups} = sorted.value;

	// Asked of every pod that the selector matches, ignored ones too. The controller stops at the first gap; all are told here.
	const requests = new Map<string, Milli>();
	const gaps: RequestGap[] = [];
	const cache: RequestCache = new Map();
	for (const pod of pods) {
		const request = podRequest(pod, resource, container, rules, cache);
		if (request.ok) requests.set(pod.metadata.name, request.value);
		else gaps.push(request.error);
	}
	if (gaps[0] !== undefined) return err({message: gaps[0].message, groups, gaps});

	const passOf = (usage: Milli, requested: Milli, counted: number): UsagePass | undefined => {
		if (requested === 0n) return undefined;
		const utilization = Number(BigInt.asIntN(32, int64(usage * 100n) / requested));
		return {usage, requests: requested, counted, utilization, average: usage / BigInt(counted), ratio: utilization / targetUtilization};
	};
	let usage = 0n;
	let requested = 0n;
	for (const {group, value, pod} of groups.pods) {
		if (group !== 'ready' || value === undefined) continue;
		usage += value.value;
		requested += requests.get(pod.metadata.name)!;
	}
	const first = passOf(int64(usage), int64(requested), groups.ready);
	if (first === undefined) return err({message: 'no metrics returned matched known pods', groups});

	return finish(input, sorted.value, requests, first, {
		missingValue: pod => int64(requests.get(pod)! * BigInt(Math.max(100, targetUtilization))) / 100n,
		secondPass: fills => {
			let filled = 0n;
			let filledRequests = 0n;
			for (const fill of fills) {
				filled += fill.value;
				filledRequests += requests.get(fill.pod)!;
			}
			return passOf(int64(usage + filled), int64(requested + filledRequests), groups.ready + fills.length);
		},
	});
}

/**
 * Proposal for `averageValue` of a resource or of a Pods metric: the mean over all samples that are left, those of
 * strangers too.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/replica_calculator.go, calcPlainMetricReplicas; metrics/utilization.go, GetMetricUsageRatio.
 */
export function calculatePodAverage(input: PodsCalculationInput & {readonly target: Milli}): Result<PodsCalculation, CalculationFailure> {
	const {target, values} = input;
	const sorted = sortPods(input);
	if (!sorted.ok) return sorted;
	const {groups, strangers} = sorted.value;

	const passOf = (usage: Milli, counted: number): UsagePass => {
		const average = usage / BigInt(counted);
		return {usage, requests: undefined, counted, utilization: undefined, average, ratio: Number(average) / Number(target)};
	};
	let usage = 0n;
	for (const {group, value} of groups.pods) if (group === 'ready' && value !== undefined) usage += value.value;
	for (const stranger of strangers) usage += values.get(stranger)!.value;
	const counted = groups.ready + strangers.length;

	return finish(input, sorted.value, undefined, passOf(int64(usage), counted), {
		missingValue: () => target,
		secondPass: fills => passOf(int64(fills.reduce((sum, fill) => sum + fill.value, usage)), counted + fills.length),
	});
}

type SortedPods = Pick<PodsCalculation, 'groups' | 'strangers'>;

/** Groups the pods and finds the samples that are left: those of ready pods, and of pods that nobody knows. */
function sortPods({pods, values, resource, periods, rules}: PodsCalculationInput): Result<SortedPods, CalculationFailure> {
	if (pods.length === 0) return err({message: NO_PODS});
	const groups = groupPods(pods, values, resource, periods, rules);
	let known = 0;
	for (const {value} of groups.pods) if (value !== undefined) known++;
	let strangers: readonly string[] = [];
	if (known < values.size) {
		const names = new Set(pods.map(pod => pod.metadata.name));
		strangers = [...values.keys()].filter(name => !names.has(name)).sort();
	}
	return groups.ready + strangers.length === 0 ? err({message: NO_SAMPLES, groups}) : ok({groups, strangers});
}

/** From the first pass to the proposal: the same for percents and for averages. */
function finish(
	{currentReplicas, tolerances, rules}: PodsCalculationInput,
	{groups, strangers}: SortedPods,
	requests: ReadonlyMap<string, Milli> | undefined,
	first: UsagePass,
	second: {readonly missingValue: (pod: string) => Milli; readonly secondPass: (fills: readonly Fill[]) => UsagePass | undefined},
): Result<PodsCalculation, CalculationFailure> {
	const {toleranceTest, capEveryProposal} = rules;
	const isDampedUp = groups.unready > 0 && first.ratio > 1;
	if (!isDampedUp && groups.missing === 0) {
		const kept = isWithinTolerance(first.ratio, tolerances, toleranceTest) ? 'insideTolerance' : undefined;
		const replicas = kept === undefined ? ceilToInt32(first.ratio * groups.ready, capEveryProposal) : currentReplicas;
		return ok({groups, requests, strangers, first, second: undefined, multiplier: groups.ready, kept, replicas});
	}

	const fills: Fill[] = [];
	for (const {pod, group} of groups.pods) {
		const {name} = pod.metadata;
		// At a ratio of exactly 1 missing pods are left out (since 1.28).
		if (group === 'missing' && first.ratio < 1) fills.push({pod: name, group, value: second.missingValue(name)});
		if (group === 'missing' && first.ratio > 1) fills.push({pod: name, group, value: 0n});
		if (group === 'unready' && isDampedUp) fills.push({pod: name, group, value: 0n});
	}
	const pass = second.secondPass(fills);
	if (pass === undefined) return err({message: 'no metrics returned matched known pods', groups});

	// Strangers stand in no percentage, and are counted here all the same.
	const multiplier = groups.ready + strangers.length + fills.length;
	const proposed = ceilToInt32(pass.ratio * multiplier, capEveryProposal);
	const kept = keepReason(first.ratio, pass.ratio, proposed, currentReplicas, isWithinTolerance(pass.ratio, tolerances, toleranceTest));
	return ok({groups, requests, strangers, first, second: {pass, fills}, multiplier, kept, replicas: kept === undefined ? proposed : currentReplicas});
}

function keepReason(first: number, second: number, proposed: number, current: number, isInside: boolean): KeepReason | undefined {
	if (isInside) return 'insideTolerance';
	if ((first < 1 && second > 1) || (first > 1 && second < 1)) return 'turnsAround';
	if ((second < 1 && proposed > current) || (second > 1 && proposed < current)) return 'countTurnsAround';
	return undefined;
}

/** The working of a metric that is one number for all pods. */
export type TotalCalculation = {
	readonly total: Milli;
	readonly ratio: number;
	/** What the ratio is multiplied with (ready pods), or that the total is divided by the target alone. */
	readonly multiplier: number | undefined;
	/** What the status shows: the total, or its average over the replicas, rounded up. */
	readonly shown: Milli;
	readonly kept: 'insideTolerance' | undefined;
	readonly replicas: number;
};

/**
 * Proposal for a `value` target of an Object or External metric.
 *
 * @param readyPods Running and Ready; `podCount` is all that the selector matches.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/replica_calculator.go, GetObjectMetricReplicas, GetExternalMetricReplicas, getUsageRatioReplicaCount.
 */
export function calculateValue(input: {
	readonly specReplicas: number;
	readonly target: Milli;
	readonly total: Milli;
	readonly readyPods: number;
	readonly podCount: number;
	readonly tolerances: Tolerances;
	readonly rules: HpaRules;
}): Result<TotalCalculation, CalculationFailure> {
	const {specReplicas, target, total, readyPods, podCount, tolerances, rules} = input;
	const ratio = Number(total) / Number(target);
	const base = {total, ratio, shown: total} as const;
	// From zero neither tolerance nor pods are looked at, and only the newest releases cap.
	if (specReplicas === 0) return ok({...base, multiplier: undefined, kept: undefined, replicas: ceilToInt32(ratio, rules.capEveryProposal)});
	if (isWithinTolerance(ratio, tolerances, rules.toleranceTest)) return ok({...base, multiplier: undefined, kept: 'insideTolerance', replicas: specReplicas});
	if (podCount === 0) return err({message: `unable to calculate ready pods: ${NO_PODS}`});
	return ok({...base, multiplier: readyPods, kept: undefined, replicas: ceilToInt32(ratio * readyPods, rules.capExternalValue)});
}

/**
 * Proposal for an `averageValue` target of an Object or External metric, which divides by `status.replicas` and, inside
 * the tolerance, answers with it.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/replica_calculator.go, GetObjectPerPodMetricReplicas, GetExternalPerPodMetricReplicas.
 */
export function calculateTotalAverage(input: {
	readonly source: 'object' | 'external';
	readonly statusReplicas: number;
	readonly target: Milli;
	readonly total: Milli;
	readonly tolerances: Tolerances;
	readonly rules: HpaRules;
}): TotalCalculation {
	const {source, statusReplicas, target, total, tolerances, rules} = input;
	const ratio = Number(total) / (Number(target) * statusReplicas);
	const capped = rules.capEveryProposal || (source === 'external' && rules.capExternalAverage);
	const kept = isWithinTolerance(ratio, tolerances, rules.toleranceTest) ? 'insideTolerance' : undefined;
	const replicas = kept === undefined ? ceilToInt32(Number(total) / Number(target), capped) : statusReplicas;
	return {total, ratio, multiplier: undefined, shown: shownAverage(total, statusReplicas, source, rules), kept, replicas};
}

function shownAverage(total: Milli, statusReplicas: number, source: 'object' | 'external', rules: HpaRules): Milli {
	if (statusReplicas === 0 && rules.zeroAverageShown) return 0n;
	if (source === 'external' && rules.capExternalAverage && Number(total) >= Number(MAX_INT64)) return MAX_INT64;
	return ceilToInt64(Number(total) / statusReplicas);
}
