import {amountText} from '../../analyze/hpa/amount-text.ts';
import type {MetricEvaluation} from '../../analyze/hpa/evaluate-metric.ts';
import type {HpaExplanation, HpaState, LimitingFactor} from '../../analyze/hpa/explain-hpa.ts';
import {decidingRatio} from '../../analyze/hpa/why-hpa.ts';
import type {Tone} from '../../theme/tone.ts';
import type {EvaluatedHpa} from './hpa-evaluations.ts';

export const STATE_WORDS: Readonly<Record<HpaState, string>> = {
	failing: 'failing',
	atMax: 'at max',
	unknown: 'unknown',
	limited: 'limited',
	held: 'held',
	growing: 'growing',
	shrinking: 'shrinking',
	atMin: 'at min',
	steady: 'steady',
	paused: 'paused',
};

export const STATE_TONES: Readonly<Record<HpaState, Tone>> = {
	failing: 'bad',
	atMax: 'bad',
	unknown: 'warn',
	limited: 'warn',
	held: 'plain',
	growing: 'accent',
	shrinking: 'accent',
	atMin: 'plain',
	steady: 'good',
	paused: 'muted',
};

/** Trouble first: nothing moves, then too little of everything, then what nobody knows, then what moves, then rest. */
export const STATE_ORDER: readonly HpaState[] = ['failing', 'atMax', 'unknown', 'limited', 'growing', 'shrinking', 'held', 'steady', 'atMin', 'paused'];

export const LIMIT_WORDS: Readonly<Record<LimitingFactor, string>> = {
	none: '',
	tolerance: 'tolerance',
	damping: 'unready pods',
	downWindow: 'down window',
	upWindow: 'up window',
	upPolicy: 'up policy',
	downPolicy: 'down policy',
	max: 'maximum',
	min: 'minimum',
	failedMetric: 'failed metric',
	paused: 'paused',
	selector: 'selector',
	scale: 'no scale',
	unknown: 'unknown metric',
};

/** The state as a list shows it: what only kwb cannot read is unknown, not failing. */
export function stateOf({explanation, isForeign}: EvaluatedHpa): HpaState {
	return isForeign ? 'unknown' : explanation.state;
}

/** `52%/60%`, as kubectl shows it; `*` where it is the status' number, `✗` where the metric fails, `–` where nobody knows. */
export function metricText({result, target}: MetricEvaluation): string {
	return `${currentText({result, target})}/${target === undefined ? '–' : amountText(target.amount, target.unit)}`;
}

export function currentText({result, target}: Pick<MetricEvaluation, 'result' | 'target'>): string {
	if (target === undefined) return result.kind === 'failed' ? '✗' : '–';
	switch (result.kind) {
		case 'pods': {
			const {utilization, average} = result.calculation.first;
			return target.kind === 'utilization' ? `${utilization}%` : amountText(average, target.unit);
		}
		case 'total':
			return amountText(target.kind === 'value' ? result.calculation.total : result.calculation.shown, target.unit);
		case 'fromStatus':
			return `${amountText(result.shown, target.unit)}*`;
		case 'failed':
			return '✗';
		case 'unknown':
			return '–';
	}
}

/** `cpu 52%/60%`, all of them, in their order. */
export function metricsText({metrics}: HpaExplanation): string {
	return metrics.map(metric => `${metric.label} ${metricText(metric)}`).join(', ');
}

/** The metric that decides, or where none does, the first that has a ratio. */
export function leadingMetric({metrics, proposals}: HpaExplanation): MetricEvaluation | undefined {
	const winner = proposals?.kind === 'count' ? metrics[proposals.winner] : undefined;
	return winner ?? metrics.find(metric => decidingRatio(metric) !== undefined) ?? metrics[0];
}

/** Cells of a ratio bar: the band in the middle, what is beyond it by its logarithm. */
const BAND_CELLS = 3;
const SIDE_CELLS = 5;
export const BAR_WIDTH = BAND_CELLS + 2 + 2 * SIDE_CELLS;
/** A ratio four times the edge of the band is at the end of the bar. */
const REACH = 4;

/** `·····[ ● ]·····`: where the ratio lies, inside the tolerance or beyond it. */
export function ratioBar(ratio: number, {up, down}: {readonly up: number; readonly down: number}): string {
	const middle = Math.floor(BAND_CELLS / 2);
	const [low, high] = [1 - down, 1 + up];
	const isInside = ratio >= low && ratio <= high;
	const cells = Array.from(`${'·'.repeat(SIDE_CELLS)}[${' '.repeat(BAND_CELLS)}]${'·'.repeat(SIDE_CELLS)}`);
	let at: number;
	if (isInside) {
		const share = ratio >= 1 ? (up === 0 ? 0 : (ratio - 1) / up) : down === 0 ? 0 : (ratio - 1) / down;
		at = SIDE_CELLS + 1 + middle + Math.round(share * middle);
	} else {
		const distance = ratio > 1 ? ratio / high : low / Math.max(ratio, 1e-9);
		const step = Math.min(SIDE_CELLS - 1, Math.max(0, Math.floor((Math.log(distance) / Math.log(REACH)) * SIDE_CELLS)));
		at = ratio > 1 ? SIDE_CELLS + BAND_CELLS + 2 + step : SIDE_CELLS - 1 - step;
	}
	cells[at] = '●';
	return cells.join('');
}

/** `1.2`: three significant digits, for lists; the trace has it in full. */
export function ratioShort(ratio: number | undefined): string {
	if (ratio === undefined || Number.isNaN(ratio)) return '–';
	return Number.isFinite(ratio) ? (ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3)) : '∞';
}

/** `4→6`, or `4` where it stays, or `4→5..6` where it is not certain. */
export function replicasText({scale, desired}: HpaExplanation, fallback: number): string {
	const current = scale.kind === 'read' ? scale.specReplicas : fallback;
	if (desired === undefined) return `${current}→?`;
	if (desired.low !== desired.high) return `${current}→${desired.low}..${desired.high}`;
	return desired.low === current ? String(current) : `${current}→${desired.low}`;
}
