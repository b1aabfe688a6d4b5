import {type Cell, UNKNOWN} from '../table-model.ts';
import {ageCell, exitCell, nodeCell, plain, readyCell, type Resource, restartsCell, statusCell, trendCell} from './cells.ts';
import {type ColumnSpec, left, measured, negated, right, sampled, trend} from './column-spec.ts';
import type {PodEntry} from './pod-entry.ts';

const podCpu = measured<PodEntry>('cpu', ofPod('cpu'));
const podMemory = measured<PodEntry>('memory', ofPod('memory'));

function ofPod(resource: Resource) {
	return {
		partial: (entry: PodEntry) => (entry.usage?.missing.length ?? 0) > 0,
		timestamp: (entry: PodEntry) => entry.sample?.timestamp,
		// Not fully limited.
		mark: (entry: PodEntry) => (entry.resources.partlyLimited.has(resource) ? '≥' : ''),
	};
}

const POD_NAMESPACE: ColumnSpec<PodEntry> = left(
	'namespace',
	'NAMESPACE',
	{min: 9, max: 24, priority: 2},
	entry => plain(entry.pod.metadata.namespace, 'muted'),
	entry => entry.pod.metadata.namespace,
);

/** Of the table of pods. */
export const POD_COLUMNS: ReadonlyArray<ColumnSpec<PodEntry>> = [
	POD_NAMESPACE,
	left(
		'name',
		'NAME',
		{min: 16, max: 64, priority: 0},
		entry => plain(entry.pod.metadata.name),
		entry => entry.pod.metadata.name,
	),
	right(
		'ready',
		'READY',
		{min: 5, priority: 4},
		entry => readyCell(entry.status.ready, entry.status.containers, isMeantToRun(entry)),
		entry => entry.status.ready - entry.status.containers,
	),
	left(
		'status',
		'STATUS',
		{min: 9, max: 24, priority: 2},
		entry => statusCell(entry.status.status),
		entry => entry.status.status,
	),
	podCpu.usage,
	...podCpu.shares,
	trend((entry, see) => trendCell(entry.sample, '', () => see.frame.usage.podSeries(entry.key), see)),
	podMemory.usage,
	...podMemory.shares,
	...podCpu.amounts,
	...podMemory.amounts,
	right(
		'restarts',
		'RESTARTS',
		{min: 8, max: 16, priority: 3},
		(entry, see) => restartsCell(entry.status.restarts, entry.status.lastRestartAt, see.at),
		entry => entry.status.restarts,
	),
	left(
		'lastExit',
		'LAST EXIT',
		{min: 12, max: 26, priority: 8},
		(entry, see) => exitCell(entry.exit, see.at),
		entry => negated(entry.exit?.at),
	),
	right(
		'age',
		'AGE',
		{min: 5, priority: 4},
		(entry, see) => ageCell(entry.pod.metadata.creationTimestamp, see.at),
		entry => negated(entry.pod.metadata.creationTimestamp),
	),
	left(
		'node',
		'NODE',
		{min: 8, max: 30, priority: 9},
		entry => nodeCell(entry.pod.spec.nodeName),
		entry => entry.pod.spec.nodeName || undefined,
	),
	left(
		'qos',
		'QOS',
		{min: 10, priority: 12, wideOnly: true},
		entry => plain(entry.pod.status.qosClass || '–'),
		entry => entry.pod.status.qosClass || undefined,
	),
	left(
		'owner',
		'OWNER',
		{min: 12, max: 40, priority: 12, wideOnly: true},
		entry => ownerCell(entry),
		entry => `${entry.workload.kind} ${entry.workload.name}`,
	),
	...sampled<PodEntry>(entry => entry.sample),
];

function isMeantToRun({pod}: PodEntry): boolean {
	return pod.status.phase !== 'Succeeded';
}

function ownerCell({workload, key}: PodEntry): Cell {
	if (workload.kind === 'Pod' && key.endsWith(`/${workload.name}`)) return UNKNOWN;
	return plain(`${workload.kind} ${workload.name}${workload.isInferred ? '?' : ''}`, 'muted');
}
