import type {EpochMs} from '../../util/epoch-ms.ts';
import type {HpaPod} from './hpa-input.ts';
import type {HpaRules} from './hpa-rules.ts';
import type {Milli} from './milli.ts';

/** A pod's value of a metric, with what the readiness rules ask of the sample. */
export type PodValue = {readonly value: Milli; readonly timestamp: EpochMs | undefined; readonly windowMs: number};

export type PodGroup = 'ready' | 'unready' | 'missing' | 'ignored';

/** Why a pod is in its group; `reasonOf` makes a sentence of it. */
export type GroupReason =
	| {readonly kind: 'deleting'; readonly since: EpochMs}
	| {readonly kind: 'finished'; readonly phase: string}
	| {readonly kind: 'pending'}
	| {readonly kind: 'noSample'}
	| {readonly kind: 'noReadyCondition'}
	| {readonly kind: 'noStartTime'}
	/** Within the cpu initialization period, and not ready now. */
	| {readonly kind: 'startingUnready'; readonly until: EpochMs}
	/** Within the cpu initialization period; the sample began before the pod became ready. */
	| {readonly kind: 'sampleTooEarly'; readonly goodFrom: EpochMs; readonly until: EpochMs}
	/** Looks as if it never was ready: it changed to not ready before its start plus the initial readiness delay. */
	| {readonly kind: 'neverReady'; readonly delayMs: number}
	| {readonly kind: 'counted'}
	/** Not ready now, and counted all the same: it became so long enough after its start. */
	| {readonly kind: 'countedThoughUnready'}
	/** Readiness is not looked at for this metric. */
	| {readonly kind: 'countedWithoutReadiness'};

export type GroupedPod = {readonly pod: HpaPod; readonly group: PodGroup; readonly reason: GroupReason; readonly value: PodValue | undefined};

/** The pods by group, in the order they came in. */
export type PodGroups = {
	readonly pods: readonly GroupedPod[];
	readonly ready: number;
	readonly unready: number;
	readonly missing: number;
	readonly ignored: number;
};

export type GroupingPeriods = {readonly cpuInitializationPeriodMs: number; readonly initialReadinessDelayMs: number; readonly now: EpochMs};

/**
 * Sorts pods as the controller does before it looks at their values. Every comparison is strict.
 *
 * @param resource `cpu` alone is subject to the readiness rules; undefined for a Pods metric.
 * @param values By pod name.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/replica_calculator.go, groupPods.
 */
export function groupPods(
	pods: readonly HpaPod[],
	values: ReadonlyMap<string, PodValue>,
	resource: string | undefined,
	periods: GroupingPeriods,
	rules: Pick<HpaRules, 'ignoreSucceeded'>,
): PodGroups {
	const counts = {ready: 0, unready: 0, missing: 0, ignored: 0};
	const grouped = pods.map(pod => {
		const value = values.get(pod.metadata.name);
		const [group, reason] = groupOf(pod, value, resource, periods, rules);
		counts[group]++;
		return {pod, group, reason, value};
	});
	return {pods: grouped, ...counts};
}

const COUNTED: readonly [PodGroup, GroupReason] = ['ready', {kind: 'counted'}];
const COUNTED_THOUGH_UNREADY: readonly [PodGroup, GroupReason] = ['ready', {kind: 'countedThoughUnready'}];
const COUNTED_WITHOUT_READINESS: readonly [PodGroup, GroupReason] = ['ready', {kind: 'countedWithoutReadiness'}];

function groupOf(
	{metadata, status}: HpaPod,
	value: PodValue | undefined,
	resource: string | undefined,
	periods: GroupingPeriods,
	{ignoreSucceeded}: Pick<HpaRules, 'ignoreSucceeded'>,
): readonly [PodGroup, GroupReason] {
	if (metadata.deletionTimestamp !== undefined) return ['ignored', {kind: 'deleting', since: metadata.deletionTimestamp}];
	if (status.phase === 'Failed' || (ignoreSucceeded && status.phase === 'Succeeded')) return ['ignored', {kind: 'finished', phase: status.phase}];
	if (status.phase === 'Pending') return ['unready', {kind: 'pending'}];
	if (value === undefined) return ['missing', {kind: 'noSample'}];
	if (resource !== 'cpu') return COUNTED_WITHOUT_READINESS;

	const ready = readyCondition(status.conditions);
	if (ready === undefined) return ['unready', {kind: 'noReadyCondition'}];
	if (status.startTime === undefined) return ['unready', {kind: 'noStartTime'}];
	// An absent time is Go's zero time: long ago.
	const transition = ready.lastTransitionTime ?? (Number.NEGATIVE_INFINITY as EpochMs);
	const settledAt = (status.startTime + periods.cpuInitializationPeriodMs) as EpochMs;
	if (settledAt > periods.now) {
		if (ready.status === 'False') return ['unready', {kind: 'startingUnready', until: settledAt}];
		const goodFrom = (transition + value.windowMs) as EpochMs;
		return value.timestamp !== undefined && value.timestamp < goodFrom ? ['unready', {kind: 'sampleTooEarly', goodFrom, until: settledAt}] : COUNTED;
	}
	if (ready.status !== 'False') return COUNTED;
	if (status.startTime + periods.initialReadinessDelayMs > transition) return ['unready', {kind: 'neverReady', delayMs: periods.initialReadinessDelayMs}];
	return COUNTED_THOUGH_UNREADY;
}

function readyCondition(conditions: HpaPod['status']['conditions']): HpaPod['status']['conditions'][number] | undefined {
	for (const condition of conditions) if (condition.type === 'Ready') return condition;
	return undefined;
}

/**
 * Pods that count for Value targets: phase Running and Ready True, terminating ones included.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/replica_calculator.go, getReadyPodsCount.
 */
export function readyPodCount(pods: readonly HpaPod[]): number {
	return pods.filter(({status}) => status.phase === 'Running' && readyCondition(status.conditions)?.status === 'True').length;
}
