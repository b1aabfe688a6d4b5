import {amountText} from '../../analyze/hpa/amount-text.ts';
import type {MetricEvaluation} from '../../analyze/hpa/evaluate-metric.ts';
import type {GroupedPod, PodGroup} from '../../analyze/hpa/pod-groups.ts';
import {reasonText} from '../../analyze/hpa/trace-metric.ts';
import type {Tone} from '../../theme/tone.ts';
import {ageText} from '../format/age.ts';
import type {Cell, Column} from '../table-model.ts';
import {UNKNOWN} from '../table-model.ts';
import type {EvaluatedHpa} from './hpa-evaluations.ts';

/** A pod as one metric of one autoscaler counts it. */
export type GroupRow = {
	readonly key: string;
	readonly hpa: EvaluatedHpa;
	readonly metric: MetricEvaluation;
	readonly pod: GroupedPod;
	readonly haystack: string;
};

type GroupColumn = Column & {cell(row: GroupRow): Cell; rank(row: GroupRow): number | string | undefined};

const TONES: Readonly<Record<PodGroup, Tone>> = {ready: 'good', unready: 'warn', missing: 'bad', ignored: 'muted'};
/** What holds a decision back comes first. */
const ORDER: readonly PodGroup[] = ['missing', 'unready', 'ignored', 'ready'];

export const GROUP_COLUMNS: readonly GroupColumn[] = [
	column('hpa', 'AUTOSCALER', {min: 10, max: 30, priority: 5}, ({hpa}) => ({text: hpa.entry.hpa.metadata.name, tone: 'plain'})),
	column('metric', 'METRIC', {min: 6, max: 24, priority: 4}, ({metric}) => ({text: metric.label, tone: 'plain'})),
	column('pod', 'POD', {min: 14, priority: 0}, ({pod}) => ({text: pod.pod.metadata.name, tone: 'plain'})),
	{...column('group', 'GROUP', {min: 7, priority: 1}, ({pod: {group}}) => ({text: group, tone: TONES[group]})), rank: ({pod}) => ORDER.indexOf(pod.group)},
	number(
		'value',
		'VALUE',
		({pod, metric}) => (pod.value === undefined ? UNKNOWN : {text: amountText(pod.value.value, metric.unit), tone: 'plain'}),
		({pod}) => (pod.value === undefined ? undefined : Number(pod.value.value)),
	),
	number(
		'request',
		'REQUEST',
		({pod, metric}) => requestCell(pod, metric),
		({pod, metric}) => Number(requestOf(pod, metric) ?? Number.NaN),
	),
	number(
		'sample',
		'SAMPLE',
		({pod, hpa}) => (pod.value?.timestamp === undefined ? UNKNOWN : {text: ageText(pod.value.timestamp, hpa.explanation.at), tone: 'muted'}),
		({pod, hpa}) => (pod.value?.timestamp === undefined ? undefined : hpa.explanation.at - pod.value.timestamp),
	),
	column('reason', 'WHY', {min: 20, max: 90, priority: 3}, ({pod, hpa}) => ({text: reasonText(pod.reason, hpa.explanation.at), tone: 'muted'})),
];

function column(id: string, title: string, {min, max, priority}: {min: number; max?: number; priority: number}, cell: GroupColumn['cell']): GroupColumn {
	return {
		id,
		title,
		align: 'left',
		minWidth: Math.max(min, title.length),
		...(max === undefined ? {} : {maxWidth: max}),
		priority,
		sortable: true,
		cell,
		rank: row => cell(row).text,
	};
}

function number(id: string, title: string, cell: GroupColumn['cell'], rank: GroupColumn['rank']): GroupColumn {
	return {id, title, align: 'right', minWidth: title.length, priority: 2, sortable: true, descendingFirst: true, cell, rank};
}

function requestOf({pod}: GroupedPod, {result}: MetricEvaluation): bigint | undefined {
	return result.kind === 'pods' ? result.calculation.requests?.get(pod.metadata.name) : undefined;
}

function requestCell(pod: GroupedPod, metric: MetricEvaluation): Cell {
	const request = requestOf(pod, metric);
	return request === undefined ? UNKNOWN : {text: amountText(request, metric.unit), tone: 'plain'};
}

/** The pods of an autoscaler as its metrics count them, those that are measured pod by pod. */
export function groupRows(hpa: EvaluatedHpa): readonly GroupRow[] {
	return hpa.explanation.metrics.flatMap(metric =>
		groupsOf(metric).map(pod => {
			const key = `${hpa.key}#${metric.index} ${pod.pod.metadata.namespace}/${pod.pod.metadata.name}`;
			return {key, hpa, metric, pod, haystack: `${key} ${metric.label} ${pod.group}`.toLowerCase()};
		}),
	);
}

export function groupsOf({result}: MetricEvaluation): readonly GroupedPod[] {
	if (result.kind === 'pods') return result.calculation.groups.pods;
	return result.kind === 'failed' ? (result.failure.groups?.pods ?? []) : [];
}

/** `12 ready, 1 unready, 2 missing`. */
export function groupCounts(pods: readonly GroupedPod[]): string {
	return (['ready', 'unready', 'missing', 'ignored'] as const)
		.map(group => ({group, count: pods.filter(pod => pod.group === group).length}))
		.filter(({count, group}) => count > 0 || group === 'ready')
		.map(({group, count}) => `${count} ${group}`)
		.join(', ');
}
