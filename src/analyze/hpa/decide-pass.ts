import type {CombinedProposals, ConditionOutcome} from './combine-proposals.ts';
import type {HpaBehavior} from './hpa-input.ts';
import type {HpaRules} from './hpa-rules.ts';
import {type EffectiveRules, effectiveRules, type Limited, limitLegacy, limitWithBehavior, type ScaleEvents} from './limit-rate.ts';
import {type Recommendation, type StabilizationReason, stabilizeLegacy, stabilizeWithBehavior} from './stabilize.ts';

/** The controller's memory of one HPA at the moment of a pass. */
export type PassMemory = {
	/** What the up window looks at, and the down window. The same list where the memory is known. */
	readonly forUp: readonly Recommendation[];
	readonly forDown: readonly Recommendation[];
	readonly events: ScaleEvents;
};

export type PassInput = {
	readonly min: number;
	readonly max: number;
	readonly behavior: HpaBehavior | undefined;
	/** `spec.replicas` of the scale subresource. */
	readonly current: number;
	/** undefined: nobody could say. */
	readonly proposals: CombinedProposals | undefined;
	/** undefined: a first pass, whose memory is seeded with the current count. */
	readonly memory: PassMemory | undefined;
	readonly isScaledToZero: boolean;
	readonly hasObjectOrExternal: boolean;
	readonly downscaleStabilizationMs: number;
	readonly fromZero: HpaRules['fromZero'];
};

/** Which way a pass took. */
export type PassPath = 'paused' | 'aboveMax' | 'belowMin' | 'metrics' | 'metricsFailed' | 'metricsUnknown';

/** The windows' part of a pass. */
export type Stabilization = {
	readonly path: 'legacy' | 'behavior';
	readonly raw: number;
	readonly stabilized: number;
	readonly reason: StabilizationReason;
	/** What held it, where something did. */
	readonly lowest: number;
	readonly highest: number;
	readonly upWindowMs: number;
	readonly downWindowMs: number;
};

/** What a pass decides, with its numbers. */
export type PassDecision = {
	readonly path: PassPath;
	/** The count after the pass; the current one where nothing is decided. */
	readonly desired: number;
	readonly rescale: boolean;
	/** The reason of the event SuccessfulRescale; null where nothing is written. */
	readonly reason: string | null;
	readonly metricsEvaluated: boolean;
	readonly stabilization: Stabilization | undefined;
	readonly limited: Limited | undefined;
	readonly rules: {readonly up: EffectiveRules; readonly down: EffectiveRules} | undefined;
	/** The minimum was applied last of all, to a target that was at zero. */
	readonly isRaisedFromZero: boolean;
	/** undefined: the pass leaves the condition as it was. */
	readonly ableToScale: ConditionOutcome;
	readonly scalingActive: ConditionOutcome | undefined;
	readonly scalingLimited: ConditionOutcome | undefined;
};

const ABOVE_MAX = 'Current number of replicas above Spec.MaxReplicas';
const BELOW_MIN = 'Current number of replicas below Spec.MinReplicas';
const FOUND: ConditionOutcome = {status: 'True', reason: 'SucceededGetScale'};
const RESCALED: ConditionOutcome = {status: 'True', reason: 'SucceededRescale'};

/**
 * One pass of the controller, from the proposals to the count, in its order: zero, above the maximum, below the
 * minimum, metrics, windows, policies and bounds.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler, normalizeDesiredReplicas,
 * normalizeDesiredReplicasWithBehaviors.
 */
export function decidePass(input: PassInput): PassDecision {
	const {min, max, current, proposals} = input;
	if (current === 0 && !wakes(input)) {
		return {...base(input), path: 'paused', desired: 0, scalingActive: {status: 'False', reason: 'ScalingDisabled'}};
	}
	if (current > max) return bound(input, 'aboveMax', max, ABOVE_MAX);
	if (current < min && current !== 0) return bound(input, 'belowMin', min, BELOW_MIN);
	if (proposals === undefined) return {...base(input), path: 'metricsUnknown'};
	if (proposals.kind === 'error') return {...base(input), path: 'metricsFailed', scalingActive: proposals.scalingActive, metricsEvaluated: true};

	const raw = proposals.replicas;
	const {stabilization, limited, rules} = normalize(input, raw);
	const isRaisedFromZero = current === 0 && min !== 0 && limited.replicas < min;
	const desired = isRaisedFromZero ? min : limited.replicas;
	const rescale = desired !== current;
	const direction = raw > current ? `${proposals.metric} above target` : raw < current ? 'All metrics below target' : '';
	return {
		path: 'metrics',
		desired,
		rescale,
		reason: rescale ? (direction === '' && isRaisedFromZero ? BELOW_MIN : direction) : null,
		metricsEvaluated: true,
		stabilization,
		limited,
		rules,
		isRaisedFromZero,
		ableToScale: rescale ? RESCALED : {status: 'True', reason: stabilization.reason},
		scalingActive: proposals.scalingActive,
		scalingLimited: {status: limited.replicas === stabilization.stabilized ? 'False' : 'True', reason: limited.reason},
	};
}

/** Is a target at zero looked at, or does it count as paused? */
function wakes({min, isScaledToZero, hasObjectOrExternal, fromZero}: PassInput): boolean {
	if (fromZero === 'minReplicas') return min === 0;
	return isScaledToZero && (min !== 0 || hasObjectOrExternal);
}

function base({current}: PassInput): PassDecision {
	return {
		path: 'metrics',
		desired: current,
		rescale: false,
		reason: null,
		metricsEvaluated: false,
		stabilization: undefined,
		limited: undefined,
		rules: undefined,
		isRaisedFromZero: false,
		ableToScale: FOUND,
		scalingActive: undefined,
		scalingLimited: undefined,
	};
}

function bound(input: PassInput, path: 'aboveMax' | 'belowMin', desired: number, reason: string): PassDecision {
	return {...base(input), path, desired, rescale: true, reason, ableToScale: RESCALED};
}

/** Windows, then policies and bounds, on one of the two ways. */
function normalize(input: PassInput, raw: number): Pick<PassDecision, 'rules'> & {readonly stabilization: Stabilization; readonly limited: Limited} {
	const {current, min, max, behavior, memory, downscaleStabilizationMs} = input;
	const seed = [{value: current, ageMs: 0}];
	const forDown = memory?.forDown ?? seed;
	if (behavior === undefined) {
		const {stabilized, reason} = stabilizeLegacy(raw, downscaleStabilizationMs, forDown);
		const stabilization: Stabilization = {
			path: 'legacy',
			raw,
			stabilized,
			reason,
			lowest: raw,
			highest: stabilized,
			upWindowMs: 0,
			downWindowMs: downscaleStabilizationMs,
		};
		return {stabilization, limited: limitLegacy({current, desired: stabilized, min, max}), rules: undefined};
	}

	const rules = effectiveRules(behavior, downscaleStabilizationMs);
	const windows = {upWindowMs: rules.up.windowMs, downWindowMs: rules.down.windowMs};
	const {stabilized, reason, lowest, highest} = stabilizeWithBehavior({current, desired: raw, ...windows, forUp: memory?.forUp ?? seed, forDown});
	return {
		stabilization: {path: 'behavior', raw, stabilized, reason, lowest, highest, ...windows},
		limited: limitWithBehavior({current, desired: stabilized, min, max, ...rules, events: memory?.events ?? {up: [], down: []}}),
		rules,
	};
}
