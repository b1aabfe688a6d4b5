import {isWithinTolerance} from '../../analyze/hpa/tolerance.ts';
import {decidingRatio, releaseText, warmthText} from '../../analyze/hpa/why-hpa.ts';
import type {Tone} from '../../theme/tone.ts';
import {type ColumnPlace, columnOf} from '../column-of.ts';
import {ageText} from '../format/age.ts';
import type {Cell, Column} from '../table-model.ts';
import {UNKNOWN} from '../table-model.ts';
import type {EvaluatedHpa} from './hpa-evaluations.ts';
import {
	BAR_WIDTH,
	LIMIT_WORDS,
	leadingMetric,
	metricsText,
	ratioBar,
	ratioShort,
	replicasText,
	STATE_ORDER,
	STATE_TONES,
	STATE_WORDS,
	stateOf,
} from './hpa-words.ts';

export type HpaColumn = Column & {cell(hpa: EvaluatedHpa): Cell; rank(hpa: EvaluatedHpa): number | string | undefined};

const plain = (text: string, tone: Tone = 'plain'): Cell => ({text, tone});

/** Columns of the list, in their order. */
export const HPA_COLUMNS: readonly HpaColumn[] = [
	text('namespace', 'NAMESPACE', {min: 9, max: 24, priority: 7}, ({entry}) => plain(entry.hpa.metadata.namespace)),
	text('name', 'NAME', {min: 12, priority: 0}, ({entry}) => plain(entry.hpa.metadata.name)),
	{
		...text('state', 'STATE', {min: 8, priority: 1}, hpa => plain(STATE_WORDS[stateOf(hpa)], isHalfBlind(hpa) ? 'warn' : STATE_TONES[stateOf(hpa)])),
		// One failing metric blocks shrinking though the others go on: that is trouble too.
		rank: hpa => (isHalfBlind(hpa) ? HALF_BLIND : STATE_ORDER.indexOf(stateOf(hpa))),
	},
	{
		...number('replicas', 'REPLICAS', {min: 8, priority: 1}, ({explanation, entry}) => {
			const moves = explanation.desired !== undefined && explanation.scale.kind === 'read' && explanation.desired.high !== explanation.scale.specReplicas;
			return plain(replicasText(explanation, entry.hpa.status.currentReplicas), moves ? 'accent' : 'plain');
		}),
		rank: ({explanation}) => (explanation.scale.kind === 'read' ? explanation.scale.specReplicas : undefined),
	},
	number(
		'bounds',
		'MIN–MAX',
		{min: 7, priority: 4},
		({explanation: {min, max}}) => plain(`${min}–${max}`, 'muted'),
		({explanation}) => explanation.max,
	),
	text('metrics', 'METRICS', {min: 14, max: 44, priority: 2}, ({explanation}) => plain(metricsText(explanation))),
	number('ratio', 'RATIO', {min: 5, priority: 5}, ratioCell, ratioOf),
	{...text('band', 'AGAINST TOLERANCE', {min: BAR_WIDTH, max: BAR_WIDTH, priority: 6}, bandCell), sortable: false},
	text('limit', 'LIMITED BY', {min: 13, priority: 3}, ({explanation}) => plain(LIMIT_WORDS[explanation.limiting], limitTone(explanation.limiting))),
	number(
		'last',
		'LAST SCALE',
		{min: 10, priority: 8},
		({entry, explanation}) => plain(ageText(entry.hpa.status.lastScaleTime, explanation.at)),
		({entry}) => entry.hpa.status.lastScaleTime,
	),
	text('target', 'TARGET', {min: 12, max: 40, priority: 9}, ({entry}) => {
		const {kind, name} = entry.hpa.spec.scaleTargetRef;
		return plain(`${kind}/${name}`, 'muted');
	}),
	text('next', 'NEXT', {min: 12, max: 48, priority: 10, wideOnly: true}, ({explanation}) => {
		const {release} = explanation;
		return plain(release === undefined ? (warmthText(explanation) ?? '') : releaseText(release), 'muted');
	}),
];

function text(id: string, title: string, place: ColumnPlace, cell: HpaColumn['cell']): HpaColumn {
	return {...columnOf(id, title, 'left', place), cell, rank: hpa => cell(hpa).text};
}

function number(id: string, title: string, place: ColumnPlace, cell: HpaColumn['cell'], rank: HpaColumn['rank'] = hpa => cell(hpa).text): HpaColumn {
	return {...columnOf(id, title, 'right', place), descendingFirst: true, cell, rank};
}

/** Right behind those where nothing moves. */
const HALF_BLIND = 0.5;

/** Does some metric fail while the pass goes on with the others? */
function isHalfBlind({explanation}: EvaluatedHpa): boolean {
	return explanation.state !== 'failing' && explanation.metrics.some(({result}) => result.kind === 'failed');
}

function limitTone(limiting: keyof typeof LIMIT_WORDS): Tone {
	if (limiting === 'max' || limiting === 'failedMetric' || limiting === 'selector' || limiting === 'scale') return 'bad';
	return limiting === 'tolerance' || limiting === 'min' ? 'muted' : 'plain';
}

function ratioOf({explanation}: EvaluatedHpa): number | undefined {
	const metric = leadingMetric(explanation);
	return metric === undefined ? undefined : decidingRatio(metric);
}

function toneOf(hpa: EvaluatedHpa, ratio: number): Tone {
	const {explanation} = hpa;
	const metric = leadingMetric(explanation)!;
	if (isWithinTolerance(ratio, metric.tolerances, explanation.input.rules.toleranceTest)) return 'good';
	return ratio > 1 ? 'warn' : 'plain';
}

function ratioCell(hpa: EvaluatedHpa): Cell {
	const ratio = ratioOf(hpa);
	return ratio === undefined ? UNKNOWN : plain(ratioShort(ratio), toneOf(hpa, ratio));
}

function bandCell(hpa: EvaluatedHpa): Cell {
	const ratio = ratioOf(hpa);
	return ratio === undefined || Number.isNaN(ratio) ? UNKNOWN : plain(ratioBar(ratio, leadingMetric(hpa.explanation)!.tolerances), toneOf(hpa, ratio));
}
