import type {HpaBehavior, ScalingPolicy, ScalingRules} from './hpa-input.ts';
import {ceilToInt32} from './int-arithmetic.ts';

/** A change that the controller made and how long ago; `change` is without sign. */
export type ScaleEvent = {readonly change: number; readonly ageMs: number};

export type ScaleEvents = {readonly up: readonly ScaleEvent[]; readonly down: readonly ScaleEvent[]};

export type Direction = 'up' | 'down';

/** Rules of a direction with everything filled in. */
export type EffectiveRules = {
	readonly windowMs: number;
	readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
	readonly policies: readonly ScalingPolicy[];
};

const DEFAULT_UP_POLICIES: readonly ScalingPolicy[] = [
	{type: 'Pods', value: 4, periodSeconds: 15},
	{type: 'Percent', value: 100, periodSeconds: 15},
];
const DEFAULT_DOWN_POLICIES: readonly ScalingPolicy[] = [{type: 'Percent', value: 100, periodSeconds: 15}];

/**
 * `behavior` with the server's defaults filled in, and the flag where scaleDown names no window.
 *
 * Source: kubernetes v1.37.2 pkg/apis/autoscaling/v2/defaults.go, GenerateHPAScaleUpRules, GenerateHPAScaleDownRules;
 * pkg/controller/podautoscaler/horizontal.go, maybeInitScaleDownStabilizationWindow.
 */
export function effectiveRules(behavior: HpaBehavior, downscaleStabilizationMs: number): {readonly up: EffectiveRules; readonly down: EffectiveRules} {
	return {
		up: withDefaults(behavior.scaleUp, 0, DEFAULT_UP_POLICIES),
		down: withDefaults(behavior.scaleDown, downscaleStabilizationMs, DEFAULT_DOWN_POLICIES),
	};
}

function withDefaults(rules: ScalingRules | undefined, windowMs: number, policies: readonly ScalingPolicy[]): EffectiveRules {
	const select = rules?.selectPolicy;
	return {
		windowMs: rules?.stabilizationWindowSeconds === undefined ? windowMs : rules.stabilizationWindowSeconds * 1000,
		selectPolicy: select === 'Disabled' || select === 'Min' ? select : 'Max',
		policies: rules === undefined || rules.policies.length === 0 ? policies : rules.policies,
	};
}

/** The longest period of the policies of each direction. */
export function longestPeriodsOf(behavior: HpaBehavior): Readonly<Record<Direction, number>> {
	const {up, down} = effectiveRules(behavior, 0);
	const longest = ({policies}: EffectiveRules): number => Math.max(0, ...policies.map(({periodSeconds}) => periodSeconds * 1000));
	return {up: longest(up), down: longest(down)};
}

/** What one policy allows, with its numbers. */
export type PolicyAllowance = {
	readonly policy: ScalingPolicy;
	/** Pods that were added and removed within the policy's period. */
	readonly added: number;
	readonly removed: number;
	/** The count at the start of the period, as far as the controller's own changes tell. */
	readonly periodStart: number;
	readonly limit: number;
	readonly isChosen: boolean;
};

export type RateLimit = {
	readonly direction: Direction;
	/** Before it is held to current. */
	readonly limit: number;
	readonly allowances: readonly PolicyAllowance[];
};

/**
 * How far the policies let the count go. Percentages are float64: 10% up from 50 allows 56, 80% down from 5 allows 0.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, calculateScaleUpLimitWithScalingRules,
 * calculateScaleDownLimitWithBehaviors, getReplicasChangePerPeriod.
 */
export function rateLimit(direction: Direction, current: number, rules: EffectiveRules, events: ScaleEvents): RateLimit {
	if (rules.selectPolicy === 'Disabled') return {direction, limit: current, allowances: []};
	const allowances = rules.policies.map(policy => {
		const periodMs = policy.periodSeconds * 1000;
		const added = changeWithin(periodMs, events.up);
		const removed = changeWithin(periodMs, events.down);
		const periodStart = current - added + removed;
		return {policy, added, removed, periodStart, limit: allowed(direction, policy, periodStart), isChosen: false};
	});
	// The widest change of all, or with Min the narrowest.
	const wantsLargest = (direction === 'up') === (rules.selectPolicy === 'Max');
	let chosen = 0;
	allowances.forEach(({limit}, index) => {
		const best = allowances[chosen]!.limit;
		if (wantsLargest ? limit > best : limit < best) chosen = index;
	});
	return {
		direction,
		limit: allowances[chosen]?.limit ?? current,
		allowances: allowances.map((allowance, index) => ({...allowance, isChosen: index === chosen})),
	};
}

function changeWithin(periodMs: number, events: readonly ScaleEvent[]): number {
	let sum = 0;
	for (const {change, ageMs} of events) if (ageMs < periodMs) sum += change;
	return sum;
}

function allowed(direction: Direction, {type, value}: ScalingPolicy, start: number): number {
	if (direction === 'up') return type === 'Percent' ? ceilToInt32(start * (1 + value / 100), false) : start + value;
	return type === 'Percent' ? Math.trunc(start * (1 - value / 100)) + 0 : start - value;
}

/** Why a count is what it is after limits, as the condition ScalingLimited says it. */
export type LimitReason = 'DesiredWithinRange' | 'TooFewReplicas' | 'TooManyReplicas' | 'ScaleUpLimit' | 'ScaleDownLimit';

export type Limited = {
	readonly replicas: number;
	readonly reason: LimitReason;
	/** The policies that were asked; undefined where the count was to stay. */
	readonly rate: RateLimit | undefined;
	/** The edge in force: the count may not pass it. */
	readonly edge: number | undefined;
};

/**
 * Policies and bounds with `behavior`.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, convertDesiredReplicasWithBehaviorRate.
 */
export function limitWithBehavior(input: {
	readonly current: number;
	readonly desired: number;
	readonly min: number;
	readonly max: number;
	readonly up: EffectiveRules;
	readonly down: EffectiveRules;
	readonly events: ScaleEvents;
}): Limited {
	const {current, desired, min, max, up, down, events} = input;
	if (desired > current) {
		const rate = rateLimit('up', current, up, events);
		const limit = Math.max(rate.limit, current);
		const edge = Math.min(max, limit);
		if (desired > edge) return {replicas: edge, reason: max > limit ? 'ScaleUpLimit' : 'TooManyReplicas', rate, edge};
		return {replicas: desired, reason: 'DesiredWithinRange', rate, edge};
	}
	if (desired < current) {
		const rate = rateLimit('down', current, down, events);
		const limit = Math.min(rate.limit, current);
		const edge = Math.max(min, limit);
		if (desired < edge) return {replicas: edge, reason: min < limit ? 'ScaleDownLimit' : 'TooFewReplicas', rate, edge};
		return {replicas: desired, reason: 'DesiredWithinRange', rate, edge};
	}
	return {replicas: desired, reason: 'DesiredWithinRange', rate: undefined, edge: undefined};
}

/** How many pods a pass may make without `behavior`: twice the count, four at least. */
export function legacyUpLimit(current: number): number {
	return Math.trunc(Math.max(2 * current, 4));
}

/**
 * Bounds without `behavior`; the minimum is looked at first.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, convertDesiredReplicasWithRules, calculateScaleUpLimit.
 */
export function limitLegacy({
	current,
	desired,
	min,
	max,
}: {
	readonly current: number;
	readonly desired: number;
	readonly min: number;
	readonly max: number;
}): Limited {
	const limit = legacyUpLimit(current);
	const ceiling = Math.min(max, limit);
	if (desired < min) return {replicas: min, reason: 'TooFewReplicas', rate: undefined, edge: min};
	if (desired > ceiling) return {replicas: ceiling, reason: max > limit ? 'ScaleUpLimit' : 'TooManyReplicas', rate: undefined, edge: ceiling};
	return {replicas: desired, reason: 'DesiredWithinRange', rate: undefined, edge: ceiling};
}

/**
 * The events after a scale write: over the last entry older than every period of the direction, or at the end.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, storeScaleEvent, markScaleEventsOutdated.
 */
export function storeEvent(events: readonly ScaleEvent[], change: number, policies: readonly ScalingPolicy[]): readonly ScaleEvent[] {
	const longestMs = Math.max(0, ...policies.map(policy => policy.periodSeconds * 1000));
	const entry = {change, ageMs: 0};
	const slot = events.findLastIndex(each => each.ageMs > longestMs);
	return slot === -1 ? [...events, entry] : events.with(slot, entry);
}
