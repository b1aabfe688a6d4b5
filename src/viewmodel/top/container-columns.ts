import {UNKNOWN} from '../table-model.ts';
import {ageCell, exitCell, nodeCell, plain, restartsCell, statusCell, trendCell} from './cells.ts';
import {type ColumnSpec, left, measured, negated, right, sampled, trend} from './column-spec.ts';
import type {ContainerEntry} from './pod-entry.ts';

const containerCpu = measured<ContainerEntry>('cpu', ofContainer());
const containerMemory = measured<ContainerEntry>('memory', ofContainer());

function ofContainer() {
	return {partial: () => false, timestamp: (entry: ContainerEntry) => entry.owner.sample?.timestamp, mark: () => ''};
}

const CONTAINER_NAMESPACE: ColumnSpec<ContainerEntry> = left(
	'namespace',
	'NAMESPACE',
	{min: 9, max: 24, priority: 2},
	entry => plain(entry.owner.pod.metadata.namespace, 'muted'),
	entry => entry.owner.pod.metadata.namespace,
);

/** Of the table of containers. */
export const CONTAINER_COLUMNS: ReadonlyArray<ColumnSpec<ContainerEntry>> = [
	CONTAINER_NAMESPACE,
	left(
		'pod',
		'POD',
		{min: 16, max: 64, priority: 0},
		entry => plain(entry.owner.pod.metadata.name),
		entry => entry.owner.pod.metadata.name,
	),
	left(
		'name',
		'CONTAINER',
		{min: 9, max: 40, priority: 0},
		entry => plain(entry.kind === 'container' ? entry.name : `${entry.name} (${entry.kind})`),
		entry => entry.name,
	),
	left(
		'status',
		'STATE',
		{min: 9, max: 24, priority: 2},
		entry => statusCell(entry.state),
		entry => entry.state,
	),
	containerCpu.usage,
	...containerCpu.shares,
	trend((entry, see) => trendCell(entry.owner.sample, entry.name, () => see.frame.usage.containerSeries(entry.owner.key, entry.name), see)),
	containerMemory.usage,
	...containerMemory.shares,
	...containerCpu.amounts,
	...containerMemory.amounts,
	right(
		'restarts',
		'RESTARTS',
		{min: 8, max: 16, priority: 3},
		(entry, see) => (entry.status === undefined ? UNKNOWN : restartsCell(entry.status.restartCount, entry.status.lastState.terminated?.finishedAt, see.at)),
		entry => entry.status?.restartCount,
	),
	left(
		'lastExit',
		'LAST EXIT',
		{min: 12, max: 26, priority: 7},
		(entry, see) => exitCell(entry.exit, see.at),
		entry => negated(entry.exit?.at),
	),
	right(
		'age',
		'AGE',
		{min: 5, priority: 4},
		(entry, see) => ageCell(entry.status?.state.running?.startedAt, see.at),
		entry => negated(entry.status?.state.running?.startedAt),
	),
	left(
		'node',
		'NODE',
		{min: 8, max: 30, priority: 9},
		entry => nodeCell(entry.owner.pod.spec.nodeName),
		entry => entry.owner.pod.spec.nodeName || undefined,
	),
	left(
		'image',
		'IMAGE',
		{min: 12, max: 60, priority: 12, wideOnly: true},
		entry => plain(entry.container.image, 'muted'),
		entry => entry.container.image,
	),
	...sampled<ContainerEntry>(
		entry => entry.owner.sample,
		entry => (entry.usage === undefined ? undefined : entry.owner.sample),
	),
];
