import {amountText, durationText} from './amount-text.ts';
import type {MetricEvaluation} from './evaluate-metric.ts';
import type {HpaExplanation} from './explain-hpa.ts';
import type {Range, Release} from './memory.ts';

/** One sentence: why the count is what it is, and where it goes next. */
export function whyHpa(explanation: HpaExplanation): string {
	const {scale, path, decision, min, max, limiting, metrics, proposals} = explanation;
	if (scale.kind === 'failed') return `Nothing moves: the scale of the target cannot be read (${scale.message}).`;
	const current = scale.specReplicas;
	const at = `It is at ${current}`;
	switch (path) {
		case 'scaleFailed':
			return `${at}.`;
		case 'selectorFailed':
			return `${at} and nothing moves: ${explanation.selectorProblem?.message ?? 'the selector cannot be used'}.`;
		case 'paused':
			return 'It is at 0 and paused: nobody wakes it until someone sets replicas.';
		case 'aboveMax':
			return `${at}, above the maximum: the next pass sets ${max}, whatever the metrics say.`;
		case 'belowMin':
			return `${at}, below the minimum: the next pass sets ${min}, whatever the metrics say.`;
		case 'metricsUnknown': {
			const blind = metrics.find(({result}) => result.kind === 'unknown');
			const least = explanation.rawAtLeast === undefined ? '' : ` The others ask for ${explanation.rawAtLeast}.`;
			const range =
				explanation.desired === undefined
					? ''
					: explanation.desired.low === explanation.desired.high
						? ` Whatever it is, the next pass makes it ${explanation.desired.low}.`
						: ` The next pass makes it ${explanation.desired.low} to ${explanation.desired.high}.`;
			return `${at}; ${blind?.label} is unknown (${blind?.result.kind === 'unknown' ? blind.result.because : ''}).${least}${range}`;
		}
		case 'metricsFailed': {
			const failed = metrics.find(({result}) => result.kind === 'failed');
			const because = failed?.result.kind === 'failed' ? failed.result.message : 'no metric gives a number';
			const others = proposals?.kind === 'error' && proposals.because === 'wouldShrink' ? ', and with a failing metric nothing shrinks' : '';
			return `${at} and stays: ${because}${others}.`;
		}
		case 'metrics':
	}

	const winner = proposals?.kind === 'count' ? metrics[proposals.winner] : undefined;
	const asks = winner === undefined ? 'the metrics' : saying(winner);
	const raw = decision?.stabilization?.raw ?? current;
	const desired = decision?.desired ?? current;
	const more = explanation.desired !== undefined && explanation.desired.low !== explanation.desired.high ? ` (between ${rangeText(explanation.desired)})` : '';
	const moves =
		desired > current ? `the next pass makes it ${desired}${more}` : desired < current ? `the next pass shrinks it to ${desired}${more}` : `it stays${more}`;
	const band = winner === undefined ? undefined : bandText(winner);
	switch (limiting) {
		case 'tolerance':
			return `${at} because ${standing(winner)}, inside the tolerance${band === undefined ? '' : ` (${band})`}.`;
		case 'damping':
			return `${at}: ${standing(winner)}, but with the pods counted in that are missing or not ready that is no reason to move.`;
		case 'downWindow':
			return desired > current
				? `${at}; ${asks} asks for ${raw}, but ${decision?.stabilization?.highest} was asked for within the last ${durationText(decision?.stabilization?.downWindowMs ?? 0)} and without behavior the highest counts: ${moves}.`
				: `${at}: ${asks} asks for ${raw}, but ${decision?.stabilization?.highest} was asked for within the last ${durationText(decision?.stabilization?.downWindowMs ?? 0)}${releaseClause(explanation.release)}.`;
		case 'upWindow':
			return `${at}: ${asks} asks for ${raw}, but ${decision?.stabilization?.lowest} was asked for within the last ${durationText(decision?.stabilization?.upWindowMs ?? 0)}${desired === current ? releaseClause(explanation.release) : `; ${moves}`}.`;
		case 'upPolicy':
			return decision?.rules === undefined
				? `${at}: ${asks} asks for ${raw}, and one pass may at most double it (or make it 4); ${moves}.`
				: `${at}: ${asks} asks for ${raw}, and the policies of scaleUp allow ${decision.limited?.edge}; ${moves}.`;
		case 'downPolicy':
			return `${at}: ${asks} asks for ${raw}, and the policies of scaleDown allow ${decision?.limited?.edge}; ${moves}.`;
		case 'max':
			return `${at}: ${asks} asks for ${raw}, and ${max} is the maximum${desired === current ? '' : `; ${moves}`}.`;
		case 'min':
			return `${at}: ${asks} asks for ${raw}, and ${min} is the minimum${desired === current ? '' : `; ${moves}`}.`;
		default:
			return desired === current ? `${at} because ${asks} asks for ${raw}.` : `${at}; ${asks} asks for ${raw}: ${moves}.`;
	}
}

/** `cpu at 60% against 50%`. */
function saying(metric: MetricEvaluation): string {
	const {label, target, result} = metric;
	if (target === undefined) return label;
	const goal = amountText(target.amount, target.unit);
	switch (result.kind) {
		case 'pods': {
			const {utilization, average} = result.calculation.first;
			return `${label} at ${target.kind === 'utilization' ? `${utilization}%` : amountText(average, target.unit)} against ${goal}`;
		}
		case 'total':
			return `${label} at ${amountText(target.kind === 'value' ? result.calculation.total : result.calculation.shown, target.unit)} against ${goal}`;
		case 'fromStatus':
			return `${label} at ${amountText(result.shown, target.unit)} against ${goal} (by the status)`;
		default:
			return label;
	}
}

/** `cpu is at 60% against 50%`. */
function standing(metric: MetricEvaluation | undefined): string {
	return metric === undefined ? 'the metrics are near their targets' : saying(metric).replace(' at ', ' is at ');
}

function rangeText({low, high}: Range): string {
	return low === high ? String(low) : `${low} and ${high}`;
}

function releaseClause(release: Release | undefined): string {
	return release === undefined ? '' : `; it ${releaseText(release)}`;
}

/** `shrinks to 4 in 1m50s–2m05s if nothing changes`. */
export function releaseText({direction, to, inFromMs, inToMs}: Release): string {
	const from = durationText(inFromMs);
	const until = durationText(inToMs);
	return `${direction === 'down' ? 'shrinks' : 'grows'} to ${to} in ${from === until ? from : `${from}–${until}`} if nothing changes`;
}

/** `window known for 1m40s of 5m`; undefined when all of it is known. */
export function warmthText({window}: Pick<HpaExplanation, 'window'>): string | undefined {
	return window.isWarm ? undefined : `window known for ${durationText(window.knownMs)} of ${durationText(window.neededMs)}`;
}

/** The ratio that the decision went by: the second pass where there was one. */
export function decidingRatio({result}: MetricEvaluation): number | undefined {
	switch (result.kind) {
		case 'pods':
			return (result.calculation.second?.pass ?? result.calculation.first).ratio;
		case 'total':
			return result.calculation.ratio;
		case 'fromStatus':
			return result.ratio.high;
		default:
			return undefined;
	}
}

/**
 * `moves up above 561m, down below 459m`. For utilization also what that is in use: `moves up above 55%, down below 45%
 * (from 560m, below 450m a pod)`, by the requests of the pods that count now.
 */
export function bandText({band, target, result, unit}: Pick<MetricEvaluation, 'band' | 'target' | 'result' | 'unit'>): string | undefined {
	if (band === undefined || target === undefined) return undefined;
	const text = `moves up above ${amountText(band.highestInside, target.unit)}, down below ${amountText(band.lowestInside, target.unit)}`;
	const first = result.kind === 'pods' ? result.calculation.first : undefined;
	if (target.kind !== 'utilization' || first?.requests === undefined) return text;
	const {requests, counted} = first;
	// The percentage is truncated: the least use that shows a percent is the one that reaches it whole.
	const parts = 100n * BigInt(counted);
	const aPod = (percent: bigint): string => amountText((percent * requests + parts - 1n) / parts, unit);
	return `${text} (from ${aPod(band.highestInside + 1n)}, below ${aPod(band.lowestInside)} a pod)`;
}
