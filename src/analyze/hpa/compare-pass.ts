import type {EpochMs} from '../../util/epoch-ms.ts';
import {amountText, ratioText} from './amount-text.ts';
import {type MetricEvaluation, shownInStatus, shownOfPods} from './evaluate-metric.ts';
import type {HpaExplanation} from './explain-hpa.ts';
import type {Hpa, HpaCondition, MetricReading} from './hpa-input.ts';
import {longestPeriodsOf} from './limit-rate.ts';
import type {PassReport, Range} from './memory.ts';
import {decidingRatio} from './why-hpa.ts';

type Status = Hpa['status'];

/** Did a pass write this status? Two that say the same are one, as far as anyone can tell. */
export function isNewPass(previous: Status, next: Status): boolean {
	return (
		previous.desiredReplicas !== next.desiredReplicas ||
		previous.currentReplicas !== next.currentReplicas ||
		previous.lastScaleTime !== next.lastScaleTime ||
		textOf(previous) !== textOf(next)
	);
}

function textOf({conditions, currentMetrics}: Status): string {
	const metrics = currentMetrics.map(each => [
		each.type,
		...[each.resource, each.containerResource, each.pods, each.object, each.external].map(source => [
			source?.current.value,
			source?.current.averageValue,
			source?.current.averageUtilization,
		]),
	]);
	return JSON.stringify([conditions.map(({type, status, reason, message}) => [type, status, reason, message]), metrics]);
}

export const conditionOf = ({conditions}: Status, type: string): HpaCondition | undefined => conditions.find(each => each.type === type);

/** `lastScaleTime` has whole seconds: of two rescales in one, the second shows in the condition alone. */
function hasRescaled(previous: Status, next: Status): boolean {
	if (next.lastScaleTime === undefined) return false;
	return (
		next.lastScaleTime !== previous.lastScaleTime ||
		(next.desiredReplicas !== next.currentReplicas && conditionOf(next, 'AbleToScale')?.reason === 'SucceededRescale')
	);
}

/** The count that a pass left, whether it changed it or not. */
export function countAfter(previous: Status, next: Status): number {
	return hasRescaled(previous, next) ? next.desiredReplicas : next.currentReplicas;
}

/**
 * What a change of the status tells of the pass that made it.
 *
 * @param raw The raw number of that pass (see `readingsOfPass`).
 * @param seenAt When the change was seen, by the server's clock.
 * @returns undefined where nothing changed: then the pass, if there was one, is only supposed.
 */
export function passReportOf(previous: Hpa, next: Hpa, raw: Range | undefined, seenAt: EpochMs): PassReport | undefined {
	const {status} = next;
	if (!isNewPass(previous.status, status)) return undefined;
	const didRescale = hasRescaled(previous.status, status);
	// lastScaleTime is cut off to whole seconds; any other change is seen at most a moment after it was made.
	const second = didRescale ? status.lastScaleTime : undefined;
	const seen = {from: (seenAt - 1000) as EpochMs, to: seenAt};
	const both = second === undefined ? seen : {from: Math.max(second, seen.from) as EpochMs, to: Math.min(second + 1000, seen.to) as EpochMs};
	// Clocks that disagree leave nothing in common: then the controller's own is believed.
	const at = second !== undefined && both.from > both.to ? {from: second, to: (second + 1000) as EpochMs} : both;
	// A pass that ends before the metrics clears them, and leaves two of the conditions as they were.
	const isEvaluated = status.currentMetrics.length > 0 && conditionOf(status, 'ScalingActive')?.status === 'True';
	const limited = conditionOf(status, 'ScalingLimited');
	return {
		at,
		current: status.currentReplicas,
		raw: isEvaluated ? raw : undefined,
		rescaledTo: didRescale ? status.desiredReplicas : undefined,
		ableToScale: isEvaluated ? conditionOf(status, 'AbleToScale')?.reason : undefined,
		scalingLimited: isEvaluated && limited !== undefined ? {status: limited.status, reason: limited.reason} : undefined,
		longestPeriodMs: next.spec.behavior === undefined ? undefined : longestPeriodsOf(next.spec.behavior),
	};
}

/**
 * The readings with which a pass is explained afterwards: where the status shows another number than our samples give,
 * the status has what the controller saw.
 */
export function readingsOfPass(explanation: HpaExplanation): readonly MetricReading[] {
	return explanation.metrics.map((metric, index) => {
		const reading = explanation.input.readings[index] ?? {kind: 'unreadable', because: 'nobody asked for it'};
		const theirs = metric.target === undefined ? undefined : shownInStatus(explanation.input, index, metric.target);
		const ours = shownBy(metric);
		if (theirs === undefined || theirs === ours) return reading;
		// Who is ready, unready or missing the status does not say: that is for the nearest samples to tell.
		if (reading.kind === 'podMetrics' || reading.kind === 'podValues') return {...reading, shown: shownOfPods(explanation.input, index)};
		const {scale} = explanation.input;
		// An average over no replicas shows nothing.
		if (ours === undefined || (metric.target?.kind === 'averageValue' && scale.kind === 'read' && scale.statusReplicas === 0)) return reading;
		return {kind: 'unreadable', because: 'the controller saw another sample'};
	});
}

/** What the status would show by our samples. */
function shownBy({target, result}: MetricEvaluation): bigint | undefined {
	if (result.kind === 'total') return result.calculation.shown;
	if (result.kind !== 'pods') return undefined;
	const {utilization, average} = result.calculation.first;
	return target?.kind === 'utilization' && utilization !== undefined ? BigInt(utilization) : average;
}

/** What would explain that we say otherwise. */
export type Cause =
	| 'otherSample'
	| 'staleAdapter'
	| 'metricUnreadableForController'
	| 'metricUnreadableForUs'
	| 'smallerTolerance'
	| 'largerTolerance'
	| 'longerWindow'
	| 'shorterWindow'
	| 'controllerRestarted'
	| 'missedPass'
	| 'budgetDiffers'
	| 'staleStatus'
	| 'notModelled';

/** What a disagreement says of a flag, if it is the flag. */
export type FlagHint = {readonly flag: 'tolerance' | 'downscaleStabilizationMs'; readonly atLeast: number | undefined; readonly below: number | undefined};

export type PassComparison = {
	readonly verdict: 'agrees' | 'disagrees' | 'cannotTell';
	/** One line. */
	readonly text: string;
	readonly cause: Cause | undefined;
	readonly hint: FlagHint | undefined;
	readonly differences: ReadonlyArray<{readonly what: string; readonly ours: string; readonly theirs: string}>;
};

/**
 * Holds our account of a pass against what the controller wrote.
 *
 * @param explanation Made for the instant of the pass, from the status before it and the count before it.
 * @param after The HPA as the pass left it.
 */
export function comparePass(explanation: HpaExplanation, after: Hpa): PassComparison {
	const before = explanation.input.hpa.status;
	const {status} = after;
	const differences = metricDifferences(explanation, after);
	const answer = (verdict: PassComparison['verdict'], text: string, cause?: Cause, hint?: FlagHint): PassComparison => ({
		verdict,
		text,
		cause,
		hint,
		differences,
	});

	const active = conditionOf(status, 'ScalingActive');
	const able = conditionOf(status, 'AbleToScale');
	if (able?.reason === 'FailedGetScale') {
		return explanation.path === 'scaleFailed'
			? answer('agrees', 'the scale cannot be read, as the controller says')
			: answer('disagrees', 'the controller cannot read the scale that kwb read', 'notModelled');
	}
	const theirFailure = active?.status === 'False' ? active.reason : undefined;
	const ourFailure = failureReasonOf(explanation);
	if (theirFailure !== undefined || ourFailure !== undefined) {
		if (theirFailure === ourFailure) return answer('agrees', `both stop with ${ourFailure}`);
		if (theirFailure === undefined) return answer('disagrees', `kwb finds ${ourFailure}, and the controller went on`, 'otherSample');
		if (explanation.path === 'metricsUnknown')
			return answer('cannotTell', `the controller stopped with ${theirFailure}; kwb cannot read the metric`, 'metricUnreadableForUs');
		const isMetric = theirFailure.startsWith('Failed');
		return answer(
			'disagrees',
			`the controller stopped with ${theirFailure}, and kwb sees no reason for it`,
			isMetric ? 'metricUnreadableForController' : 'notModelled',
		);
	}

	const {desired, decision, scale} = explanation;
	if (scale.kind === 'failed' || desired === undefined || decision === undefined)
		return answer('cannotTell', 'kwb could not read the scale', 'metricUnreadableForUs');
	const theirs = status.desiredReplicas;
	const didRescale = hasRescaled(before, status);
	const current = scale.specReplicas;
	if (!didRescale && status.currentReplicas !== current)
		return answer('cannotTell', `the pass found ${status.currentReplicas} replicas, kwb ${current}`, 'staleStatus');

	if (theirs === decision.desired && explanation.path !== 'metricsUnknown') {
		const doubt = desired.low === desired.high ? '' : `, though the window leaves ${desired.low} to ${desired.high} open`;
		return answer('agrees', `${theirs === current ? `${theirs} stays` : `${current} → ${theirs}`}, as computed${doubt}`);
	}
	if (theirs >= desired.low && theirs <= desired.high) {
		const cause = explanation.path === 'metricsUnknown' ? 'metricUnreadableForUs' : 'controllerRestarted';
		return answer('cannotTell', `${theirs} lies within the ${desired.low} to ${desired.high} that kwb holds possible`, cause);
	}
	const [cause, hint] = causeOf(explanation, theirs, current, didRescale, differences.length > 0, able?.reason);
	const ours = desired.low === desired.high ? String(desired.low) : `${desired.low} to ${desired.high}`;
	return answer(
		'disagrees',
		`kwb computes ${ours}, the controller ${theirs === current ? `left ${theirs}` : `made it ${theirs}`}: ${CAUSE_TEXTS[cause]}`,
		cause,
		hint,
	);
}

/**
 * A disagreement that is none once it is known what the pass did: then what was taken for the memory was too much.
 *
 * @param afterwards The explanation with the outcome.
 */
export function excused(comparison: PassComparison, afterwards: HpaExplanation): PassComparison {
	const {outcome} = afterwards.input;
	const {differences, hint: _, ...rest} = comparison;
	if (comparison.verdict !== 'disagrees' || differences.length > 0 || outcome === undefined || afterwards.decision?.desired !== outcome) return comparison;
	return {
		...rest,
		differences,
		hint: undefined,
		verdict: 'cannotTell',
		text: `${outcome} is right if passes in between did not come, or the window ended a moment sooner`,
		cause: 'missedPass',
	};
}

/** In words, for the line that tells of a disagreement. */
export const CAUSE_TEXTS: Readonly<Record<Cause, string>> = {
	otherSample: 'it probably saw another sample',
	staleAdapter: 'the adapter probably answered it with an older value',
	metricUnreadableForController: 'it cannot read a metric that kwb can',
	metricUnreadableForUs: 'kwb cannot read a metric that it can',
	smallerTolerance: 'its tolerance flag is probably smaller',
	largerTolerance: 'its tolerance flag is probably larger',
	longerWindow: 'its stabilization window is probably longer, or it remembers more than kwb',
	shorterWindow: 'its stabilization window is probably shorter',
	controllerRestarted: 'its memory may have begun anew',
	missedPass: 'a pass in between was probably not seen',
	budgetDiffers: 'it remembers other changes within the periods of the policies',
	staleStatus: 'the status is of another count',
	notModelled: 'this is not reproduced',
};

function failureReasonOf({path, selectorProblem, proposals, decision}: HpaExplanation): string | undefined {
	if (path === 'selectorFailed') return selectorProblem?.reason;
	if (path === 'metricsFailed') return proposals?.scalingActive.reason;
	return path === 'paused' ? decision?.scalingActive?.reason : undefined;
}

function metricDifferences(explanation: HpaExplanation, after: Hpa): PassComparison['differences'] {
	return explanation.metrics.flatMap((metric, index) => {
		const {target, label} = metric;
		const ours = shownBy(metric);
		const theirs = target === undefined ? undefined : shownInStatus({hpa: after}, index, target);
		if (target === undefined || ours === undefined || theirs === undefined || ours === theirs) return [];
		return [{what: label, ours: amountText(ours, target.unit), theirs: amountText(theirs, target.unit)}];
	});
}

function causeOf(
	{metrics, proposals, raw, window, path, decision, limiting}: HpaExplanation,
	theirs: number,
	current: number,
	didRescale: boolean,
	isOtherSample: boolean,
	ableToScale: string | undefined,
): readonly [Cause, FlagHint | undefined] {
	if (isOtherSample) return ['otherSample', undefined];
	const winner = proposals?.kind === 'count' ? metrics[proposals.winner] : undefined;
	const ratio = winner === undefined ? undefined : decidingRatio(winner);
	const distance = ratio === undefined ? undefined : Math.abs(1 - ratio);
	if (path === 'aboveMax' || path === 'belowMin') return ['missedPass', undefined];
	if (didRescale && theirs !== current && limiting === 'tolerance') return ['smallerTolerance', {flag: 'tolerance', atLeast: undefined, below: distance}];
	if (!didRescale && ableToScale === 'ScaleDownStabilized') return [window.isWarm ? 'longerWindow' : 'controllerRestarted', undefined];
	if (!didRescale && (ableToScale === 'ReadyForNewScale' || ableToScale === undefined) && raw !== undefined && raw.low !== current)
		return ['largerTolerance', distance === undefined ? undefined : {flag: 'tolerance', atLeast: distance, below: undefined}];
	if (didRescale && theirs < (decision?.desired ?? current) && limiting === 'downWindow') return ['shorterWindow', undefined];
	if (didRescale && (limiting === 'upPolicy' || limiting === 'downPolicy')) return ['budgetDiffers', undefined];
	return [didRescale ? 'missedPass' : 'notModelled', undefined];
}

/** `1.2 (first pass 1.8)`, for lists that show what decided. */
export function ratioOf(metric: MetricEvaluation): string {
	const ratio = decidingRatio(metric);
	if (ratio === undefined) return '–';
	if (metric.result.kind !== 'pods' || metric.result.calculation.second === undefined) return ratioText(ratio);
	return `${ratioText(ratio)} (first pass ${ratioText(metric.result.calculation.first.ratio)})`;
}
