import {parseSelector} from '../../kube/label-selector.ts';
import {type EpochMs, epochMs} from '../../util/epoch-ms.ts';
import {type CombinedProposals, combineProposals, type Proposal} from './combine-proposals.ts';
import {decidePass, type PassDecision, type PassInput, type PassMemory, type PassPath} from './decide-pass.ts';
import {evaluateMetric, type MetricEvaluation} from './evaluate-metric.ts';
import type {HpaInput, ScaleReading} from './hpa-input.ts';
import {MAX_INT32} from './int-arithmetic.ts';
import {effectiveRules, longestPeriodsOf} from './limit-rate.ts';
import {type HpaMemory, type MemoryFrame, nextRelease, type Range, type Release, supposePasses, viewMemory, type Warmth, warmthOf} from './memory.ts';

/** Which way a pass takes; what stops it before the metrics are looked at comes first. */
export type HpaPath = 'scaleFailed' | 'selectorFailed' | PassPath;

/** What keeps the count from being what the metrics ask for, or that nothing does. */
export type LimitingFactor =
	| 'none'
	| 'tolerance'
	| 'damping'
	| 'downWindow'
	| 'upWindow'
	| 'upPolicy'
	| 'downPolicy'
	| 'max'
	| 'min'
	| 'failedMetric'
	| 'paused'
	| 'selector'
	| 'scale'
	| 'unknown';

/** One word for a list. */
export type HpaState = 'steady' | 'growing' | 'shrinking' | 'held' | 'limited' | 'atMax' | 'atMin' | 'paused' | 'failing' | 'unknown';

/** What a pass would do now, with all of its working. Data only; `traceHpa` and `whyHpa` put it in words. */
export type HpaExplanation = {
	readonly namespace: string;
	readonly name: string;
	readonly at: EpochMs;
	readonly min: number;
	readonly max: number;
	readonly scale: ScaleReading;
	/** Condition reason and text where the selector stops the pass. */
	readonly selectorProblem: {readonly reason: string; readonly message: string} | undefined;
	/** By index of `spec.metrics`. */
	readonly metrics: readonly MetricEvaluation[];
	/** undefined: some metric cannot be known. */
	readonly proposals: CombinedProposals | undefined;
	/** The raw number before windows and limits; undefined where there is none. */
	readonly raw: Range | undefined;
	/** Where some metric cannot be known: what the others ask for at least. */
	readonly rawAtLeast: number | undefined;
	readonly path: HpaPath;
	readonly decision: PassDecision | undefined;
	/** What the count may become: one number, or where memory or metrics are uncertain, more; undefined without a scale. */
	readonly desired: Range | undefined;
	/** The memory as it is taken to be now, with the passes that went by without a word. */
	readonly memory: HpaMemory | undefined;
	readonly window: Warmth;
	readonly release: Release | undefined;
	readonly limiting: LimitingFactor;
	readonly state: HpaState;
	/** Kept for the words: what was read. */
	readonly input: HpaInput;
};

/**
 * Recomputes what the HPA controller would decide in a pass at `now`, keeping the working.
 *
 * Inputs are plain values and are not changed. Never throws: what cannot be read or computed is a step that says so.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler.
 */
export function explainHpa(given: HpaInput): HpaExplanation {
	const input = inStableOrder(given);
	const {hpa, scale, now, controller} = input;
	const memory = input.memory === undefined ? undefined : supposePasses(input.memory, now, controller.syncPeriodMs.value);
	const min = hpa.spec.minReplicas ?? 1;
	const max = hpa.spec.maxReplicas;
	const metrics = hpa.spec.metrics.map((_, index) => evaluateMetric(input, index));
	const rules = hpa.spec.behavior === undefined ? undefined : effectiveRules(hpa.spec.behavior, controller.downscaleStabilizationMs.value);
	const windowMs = Math.max(rules?.up.windowMs ?? 0, rules?.down.windowMs ?? controller.downscaleStabilizationMs.value);
	const base = {
		namespace: hpa.metadata.namespace,
		name: hpa.metadata.name,
		at: now,
		min,
		max,
		scale,
		metrics,
		selectorProblem: scale.kind === 'failed' ? undefined : selectorProblemOf(input, scale.selector),
		memory,
		window: warmthOf(memory, now, windowMs),
		input,
	};
	if (scale.kind === 'failed') {
		return {
			...base,
			proposals: undefined,
			raw: undefined,
			rawAtLeast: undefined,
			path: 'scaleFailed',
			decision: undefined,
			desired: undefined,
			release: undefined,
			limiting: 'scale',
			state: 'failing',
		};
	}

	const current = scale.specReplicas;
	const isKnown = metrics.every(metric => metric.proposal !== undefined);
	const combined = (pick: Pick): CombinedProposals | undefined =>
		isKnown
			? combineProposals(
					metrics.map(metric => proposalAt(metric, pick)),
					current,
				)
			: undefined;
	const likely = combined('likely');
	const frame: MemoryFrame = {
		now,
		current,
		max,
		hasBehavior: rules !== undefined,
		upWindowMs: rules?.up.windowMs ?? 0,
		downWindowMs: rules?.down.windowMs ?? controller.downscaleStabilizationMs.value,
		longestPeriodMs: hpa.spec.behavior === undefined ? 0 : Math.max(...Object.values(longestPeriodsOf(hpa.spec.behavior))),
		lastScaleTime: hpa.status.lastScaleTime,
	};
	const view = viewMemory(memory, frame);
	const passWith = (proposals: CombinedProposals | undefined, remembered: PassMemory): PassDecision =>
		decidePass({...passInputOf(input, min, current), proposals, memory: remembered});
	const passAt = (pick: Pick, proposals: CombinedProposals | undefined): PassDecision => passWith(proposals, view[pick]);
	const expected = passAt('likely', likely);
	const stoppedBySelector = base.selectorProblem !== undefined && !isBeforeMetrics(expected.path);
	const path: HpaPath = stoppedBySelector ? 'selectorFailed' : expected.path;

	const low = isKnown ? combined('low') : exceptUnknown(metrics, 0);
	const high = isKnown ? combined('high') : exceptUnknown(metrics, MAX_INT32);
	const raw = isKnown && low?.kind === 'count' && high?.kind === 'count' ? {low: Math.min(low.replicas, high.replicas), high: high.replicas} : undefined;
	/** What a window lets go goes as far as the policies allow at that time. */
	const limited = (release: Release | undefined): Release | undefined => {
		if (release === undefined) return undefined;
		const {inFromMs, inToMs} = release;
		for (const inMs of [inFromMs + 1, (inFromMs + inToMs) / 2, inToMs]) {
			const pass = passWith(likely, viewMemory(memory, {...frame, now: epochMs(now + inMs)}).likely);
			if (pass.desired !== current) return {...release, to: pass.desired};
		}
		return release;
	};
	const possible = rangeOf(path, current, [passAt('low', low), ...(isKnown ? [expected] : []), passAt('high', high)]);
	const isOpen = input.outcome !== undefined && input.outcome !== expected.desired;
	const settled =
		isOpen && memory !== undefined
			? memoriesOf(memory, frame)
					.map(each => passWith(likely, each))
					.find(pass => pass.desired === input.outcome)
			: undefined;
	const decision = settled ?? expected;
	const desired = settled === undefined ? possible : {low: settled.desired, high: settled.desired};
	const explanation = {
		...base,
		proposals: likely,
		raw,
		rawAtLeast: isKnown ? undefined : atLeast(metrics),
		path,
		decision,
		desired,
		release:
			likely?.kind === 'count' && path === 'metrics' && decision.desired === current
				? limited(nextRelease(memory, frame, Math.min(max, Math.max(likely.replicas, min)), controller.syncPeriodMs.value))
				: undefined,
	};
	const limiting = limitingFactorOf(path, decision, metrics, current, min, max);
	return {...explanation, limiting, state: stateOf(path, decision, limiting, current, min, max)};
}

/**
 * What the memory may have been at a pass of which only the outcome tells: the edges of windows and periods are known to a
 * second or so, and passes that were supposed because nothing was heard need not have been, on a controller that is busy.
 */
function memoriesOf(memory: HpaMemory, frame: MemoryFrame): readonly PassMemory[] {
	const {low, high} = viewMemory(memory, frame);
	const windowMs = Math.min(...[frame.upWindowMs, frame.downWindowMs].filter(each => each > 0));
	const droppable = memory.runs.slice(0, -1).findIndex(({last, seen = last}) => frame.now - seen.from < windowMs);
	const most = droppable < 0 ? memory.runs.length - 1 : droppable;
	const younger = Array.from(
		{length: Math.max(0, most)},
		(_, index) => viewMemory({...memory, before: undefined, runs: memory.runs.slice(index + 1)}, frame).likely,
	);
	return [low, high, ...younger];
}

type Pick = 'low' | 'high' | 'likely';

/** The order of pods must not matter: where a text names the first, it is the first by name. */
function inStableOrder(input: HpaInput): HpaInput {
	const {pods} = input;
	for (let at = 1; at < pods.length; at++) {
		if (pods[at - 1]!.metadata.name <= pods[at]!.metadata.name) continue;
		return {...input, pods: [...pods].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0))};
	}
	return input;
}

function proposalAt({proposal}: MetricEvaluation, pick: Pick): Proposal {
	const {likely, low, high} = proposal!;
	return likely.kind === 'error' || pick === 'likely' ? likely : {...likely, replicas: pick === 'low' ? low : high};
}

function atLeast(metrics: readonly MetricEvaluation[]): number | undefined {
	const counts = metrics.flatMap(({proposal}) => (proposal?.likely.kind === 'count' ? [proposal.low] : []));
	return counts.length === 0 ? undefined : Math.max(...counts);
}

function passInputOf({hpa, controller, rules}: HpaInput, min: number, current: number): Omit<PassInput, 'proposals' | 'memory'> {
	return {
		min,
		max: hpa.spec.maxReplicas,
		behavior: hpa.spec.behavior,
		current,
		isScaledToZero: hpa.status.conditions.some(({type, status}) => type === 'ScaledToZero' && status === 'True'),
		hasObjectOrExternal: hpa.spec.metrics.some(({type}) => type === 'Object' || type === 'External'),
		downscaleStabilizationMs: controller.downscaleStabilizationMs.value,
		fromZero: rules.fromZero,
	};
}

function isBeforeMetrics(path: PassPath): boolean {
	return path === 'paused' || path === 'aboveMax' || path === 'belowMin';
}

/** The proposals with what is unknown at one of its ends: nothing at all, or more than any limit allows. */
function exceptUnknown(metrics: readonly MetricEvaluation[], replicas: number): CombinedProposals {
	const known = metrics.flatMap(({proposal}) => (proposal?.likely.kind === 'count' ? [proposal.low] : []));
	return {
		kind: 'count',
		replicas: Math.max(replicas, ...known),
		winner: -1,
		metric: '',
		isPartial: true,
		scalingActive: {status: 'True', reason: 'ValidMetricFound'},
	};
}

function rangeOf(path: HpaPath, current: number, passes: readonly PassDecision[]): Range {
	if (path === 'selectorFailed' || path === 'metricsFailed') return {low: current, high: current};
	const counts = passes.map(({desired}) => desired);
	return {low: Math.min(...counts), high: Math.max(...counts)};
}

/** Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, validateAndParseSelector. */
function selectorProblemOf({hpa, overlapping, rules}: HpaInput, selector: string): HpaExplanation['selectorProblem'] {
	if (selector === '') return {reason: 'InvalidSelector', message: "the HPA target's scale is missing a selector"};
	const parsed = parseSelector(selector);
	if (!parsed.ok) return {reason: 'InvalidSelector', message: `couldn't convert selector into a corresponding internal selector object: ${parsed.error}`};
	if (overlapping.length === 0) return undefined;
	const all = [`${hpa.metadata.namespace}/${hpa.metadata.name}`, ...overlapping].sort();
	const named = rules.ambiguityText === 'two' ? `more than one HPA (e.g. [${all.slice(0, 2).join(' ')}])` : `multiple HPAs: [${all.join(' ')}]`;
	return {reason: 'AmbiguousSelector', message: `pods by selector ${selector} are controlled by ${named}`};
}

function limitingFactorOf(
	path: HpaPath,
	decision: PassDecision,
	metrics: readonly MetricEvaluation[],
	current: number,
	min: number,
	max: number,
): LimitingFactor {
	switch (path) {
		case 'scaleFailed':
			return 'scale';
		case 'selectorFailed':
			return 'selector';
		case 'paused':
			return 'paused';
		case 'aboveMax':
			return 'max';
		case 'belowMin':
			return 'min';
		case 'metricsFailed':
			return 'failedMetric';
		case 'metricsUnknown':
			return 'unknown';
		case 'metrics':
			return limitOfPass(decision, metrics, current, min, max);
	}
}

function limitOfPass({limited, stabilization}: PassDecision, metrics: readonly MetricEvaluation[], current: number, min: number, max: number): LimitingFactor {
	switch (limited?.reason) {
		case 'TooManyReplicas':
			return 'max';
		case 'TooFewReplicas':
			return 'min';
		case 'ScaleUpLimit':
			return 'upPolicy';
		case 'ScaleDownLimit':
			return 'downPolicy';
		default:
	}
	if (stabilization !== undefined && stabilization.stabilized !== stabilization.raw) {
		// The window holds what the bound would hold for ever.
		if (stabilization.raw < current && current <= min) return 'min';
		if (stabilization.raw > current && current >= max) return 'max';
		return stabilization.reason === 'ScaleUpStabilized' ? 'upWindow' : 'downWindow';
	}
	if (stabilization?.raw !== current) return 'none';
	// The metrics ask for what there is: because they are near the target, or because pods without a sample damp them.
	const kept = metrics.map(({result}) => keptOf(result)).filter(each => each !== undefined);
	if (kept.length === 0) return 'none';
	return kept.includes('damping') ? 'damping' : 'tolerance';
}

function keptOf(result: MetricEvaluation['result']): 'tolerance' | 'damping' | undefined {
	switch (result.kind) {
		case 'pods': {
			const {kept, second} = result.calculation;
			if (kept === undefined) return undefined;
			return second === undefined ? 'tolerance' : 'damping';
		}
		case 'total':
			return result.calculation.kept === undefined ? undefined : 'tolerance';
		case 'fromStatus':
			return result.isInside ? 'tolerance' : undefined;
		default:
			return undefined;
	}
}

function stateOf(path: HpaPath, {desired}: PassDecision, limiting: LimitingFactor, current: number, min: number, max: number): HpaState {
	if (path === 'scaleFailed' || path === 'selectorFailed' || path === 'metricsFailed') return 'failing';
	if (path === 'paused') return 'paused';
	if (path === 'metricsUnknown') return 'unknown';
	if (desired > current) return 'growing';
	if (desired < current) return 'shrinking';
	if (limiting === 'max' && current >= max) return 'atMax';
	if (limiting === 'min' && current <= min) return 'atMin';
	if (limiting === 'downWindow' || limiting === 'upWindow') return 'held';
	return limiting === 'upPolicy' || limiting === 'downPolicy' ? 'limited' : 'steady';
}
