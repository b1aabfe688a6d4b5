import type {Hpa} from './hpa-input.ts';

/**
 * The differences between releases that change an answer. Chosen once per server by
 * `rulesFor`, then read by name: no calculation looks at a version.
 */
export type HpaRules = {
	/** How a ratio is held against the tolerance: two edges (1.33 and later) or a distance from 1. */
	readonly toleranceTest: 'edges' | 'distance';
	/** `behavior.scaleUp.tolerance` and its sibling are obeyed (on by default from 1.35). */
	readonly behaviorTolerance: boolean;
	/** A pod without a sample of the named container is missing (1.32 and later); before, it failed the whole metric. */
	readonly absentContainerSample: 'missing' | 'fails';
	/** A pod without the named container fails the metric (1.35 and later, #133415); before, it counted as request 0. */
	readonly absentContainerRequest: 'fails' | 'zero';
	/** Requests at pod level are read (PodLevelResources, on from 1.34). */
	readonly podLevelRequests: boolean;
	/** Overhead is left out of pod-level requests (#142154). */
	readonly excludeOverhead: boolean;
	/** Succeeded pods are ignored like failed ones (#141298). */
	readonly ignoreSucceeded: boolean;
	/** What wakes a target from zero: `minReplicas: 0` alone, or the condition ScaledToZero (1.36 and later). */
	readonly fromZero: 'minReplicas' | 'condition';
	/** An external sum never wraps: averages from 1.34 (#127050), values from 1.35 (#126979). */
	readonly capExternalAverage: boolean;
	readonly capExternalValue: boolean;
	/** All proposals are held to int32 (#141397). */
	readonly capEveryProposal: boolean;
	/** The shown average of a total is 0 where there are no replicas (#140956); before, the smallest int64. */
	readonly zeroAverageShown: boolean;
	/** AmbiguousSelector names at most two HPAs (1.37 and later). */
	readonly ambiguityText: 'all' | 'two';
	/** 'unable to get metric M on KIND ns name/err' was set right in 1.37 (#139029). */
	readonly objectErrorText: 'swapped' | 'plain';
	/** A pass comes at once after creation, and after an edit of the spec (1.37 and later). */
	readonly promptPasses: boolean;
};

export type ServerRelease = {readonly major: number; readonly minor: number};

/**
 * The rules of a release, with what the HPAs of a server give away themselves.
 *
 * @param release undefined: unknown, then the newest release that was checked (1.37) is assumed.
 * @param gates Feature gates as far as they are known, by name.
 * @param hpa Fields that tell more than the version: a `ScaledToZero` condition.
 * Source: kubernetes v1.37.2 and v1.34.4, pkg/controller/podautoscaler; changes in between by pull request.
 */
export function rulesFor(release: ServerRelease | undefined, gates: ReadonlyMap<string, boolean> = new Map(), hpa?: Hpa): HpaRules {
	const minor = release === undefined ? 37 : release.major > 1 ? Number.POSITIVE_INFINITY : release.minor;
	const hasScaledToZero = hpa?.status.conditions.some(condition => condition.type === 'ScaledToZero') ?? false;
	return {
		toleranceTest: minor >= 33 ? 'edges' : 'distance',
		behaviorTolerance: minor >= 37 || (gates.get('HPAConfigurableTolerance') ?? minor >= 35),
		absentContainerSample: minor >= 32 ? 'missing' : 'fails',
		absentContainerRequest: minor >= 35 ? 'fails' : 'zero',
		podLevelRequests: gates.get('PodLevelResources') ?? minor >= 34,
		excludeOverhead: minor >= 38,
		ignoreSucceeded: minor >= 38,
		fromZero: minor >= 36 || hasScaledToZero ? 'condition' : 'minReplicas',
		capExternalAverage: minor >= 34,
		capExternalValue: minor >= 35,
		capEveryProposal: minor >= 38,
		zeroAverageShown: minor >= 38,
		ambiguityText: minor >= 37 ? 'two' : 'all',
		objectErrorText: minor >= 37 ? 'plain' : 'swapped',
		promptPasses: minor >= 37,
	};
}
