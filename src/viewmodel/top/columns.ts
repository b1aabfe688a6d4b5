import {shareOf} from '../format/amount.ts';
import type {Cell, Column} from '../table-model.ts';
import {UNKNOWN} from '../table-model.ts';
import {
	ageCell,
	amountCell,
	exitCell,
	plain,
	readyCell,
	type Resource,
	restartsCell,
	type See,
	sampleCell,
	shareCell,
	statusCell,
	TREND_WIDTH,
	trendCell,
	usageCell,
	windowCell,
} from './cells.ts';
import type {NodeEntry} from './node-entry.ts';
import type {SortKey} from './ordered-entries.ts';
import type {ContainerEntry, PodEntry} from './pod-entry.ts';
import type {SumEntry} from './sum-entry.ts';

/** A column with what it says of an entry and what it orders entries by. */
export type ColumnSpec<E> = Column & {cell(entry: E, see: See): Cell; rank(entry: E): SortKey};

/** Shares from which a percentage warns, and from which it is bad. Above a request is ordinary; near a memory limit is not. */
const NEVER = Number.POSITIVE_INFINITY;
const OF_REQUEST = [1, NEVER] as const;
const OF_CPU_LIMIT = [0.8, 0.95] as const;
const OF_MEMORY_LIMIT = [0.8, 0.9] as const;
const OF_ALLOCATABLE = [0.8, 0.95] as const;
const OF_LIMITS = [1, NEVER] as const;

type Place = {readonly min: number; readonly max?: number; readonly priority: number; readonly wideOnly?: true};

function left<E>(id: string, title: string, place: Place, cell: (entry: E, see: See) => Cell, rank: (entry: E) => SortKey): ColumnSpec<E> {
	return {...columnOf(id, title, 'left', place), cell, rank};
}

/** Numbers: they sort from the largest down. */
function right<E>(id: string, title: string, place: Place, cell: (entry: E, see: See) => Cell, rank: (entry: E) => SortKey): ColumnSpec<E> {
	return {...columnOf(id, title, 'right', place), descendingFirst: true, cell, rank};
}

function columnOf(id: string, title: string, align: Column['align'], {min, max, priority, wideOnly}: Place): Column {
	return {
		id,
		title,
		align,
		minWidth: Math.max(min, title.length),
		...(max === undefined ? {} : {maxWidth: max}),
		priority,
		...(wideOnly === undefined ? {} : {wideOnly}),
		sortable: true,
	};
}

const unsortable = <E>(spec: ColumnSpec<E>): ColumnSpec<E> => ({...spec, sortable: false});

/** What pods and containers have in common. */
type Measured = {
	readonly resources: {readonly requests: ReadonlyMap<string, number>; readonly limits: ReadonlyMap<string, number>};
	readonly usage: {readonly cpu: number | undefined; readonly memory: number | undefined} | undefined;
};

const NAMES = {cpu: 'CPU', memory: 'MEM'} as const;

/** Usage against request and limit. */
function measured<E extends Measured>(
	resource: Resource,
	{partial, timestamp, mark}: {partial(entry: E): boolean; timestamp(entry: E): Parameters<typeof sampleCell>[0]; mark(entry: E): string},
): {readonly usage: ColumnSpec<E>; readonly shares: ReadonlyArray<ColumnSpec<E>>; readonly amounts: ReadonlyArray<ColumnSpec<E>>} {
	const title = NAMES[resource];
	const used = (entry: E): number | undefined => entry.usage?.[resource];
	const request = (entry: E): number | undefined => entry.resources.requests.get(resource);
	const limit = (entry: E): number | undefined => entry.resources.limits.get(resource);
	// The sum of some containers' limits is no limit of the pod, so nothing is measured against it.
	const wholeLimit = (entry: E): number | undefined => (mark(entry) === '' ? limit(entry) : undefined);
	const limitTones: readonly [number, number] = resource === 'cpu' ? OF_CPU_LIMIT : OF_MEMORY_LIMIT;
	return {
		usage: right(
			resource,
			title,
			{min: 6, priority: 1},
			(entry, see) => usageCell(resource, used(entry), {isPartial: partial(entry), timestamp: timestamp(entry), see}),
			used,
		),
		shares: [
			right(
				`${resource}OfRequest`,
				`${title}%R`,
				{min: 5, priority: 5},
				entry => shareCell(used(entry), request(entry), ...OF_REQUEST),
				entry => shareOf(used(entry), request(entry)),
			),
			right(
				`${resource}OfLimit`,
				`${title}%L`,
				{min: 5, priority: 6},
				entry => shareCell(used(entry), wholeLimit(entry), ...limitTones),
				entry => shareOf(used(entry), wholeLimit(entry)),
			),
		],
		amounts: [
			right(`${resource}Request`, `${title} REQ`, {min: 6, priority: 11, wideOnly: true}, entry => amountCell(resource, request(entry)), request),
			right(`${resource}Limit`, `${title} LIM`, {min: 6, priority: 11, wideOnly: true}, entry => amountCell(resource, limit(entry), mark(entry)), limit),
		],
	};
}

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

export const POD_NAMESPACE: ColumnSpec<PodEntry> = left(
	'namespace',
	'NAMESPACE',
	{min: 9, max: 24, priority: 2},
	entry => plain(entry.pod.metadata.namespace, 'muted'),
	entry => entry.pod.metadata.namespace,
);

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
	unsortable(
		left(
			'trend',
			'TREND',
			{min: TREND_WIDTH, max: TREND_WIDTH, priority: 10},
			(entry, see) => trendCell(entry.sample, '', () => see.frame.usage.podSeries(entry.key), see),
			() => undefined,
		),
	),
	podMemory.usage,
	...podMemory.shares,
	...podCpu.amounts,
	...podMemory.amounts,
	right(
		'restarts',
		'RESTARTS',
		{min: 8, max: 16, priority: 3},
		(entry, see) => restartsCell(entry.status.restarts, entry.status.lastRestartAt, see.now),
		entry => entry.status.restarts,
	),
	left(
		'lastExit',
		'LAST EXIT',
		{min: 12, max: 26, priority: 8},
		(entry, see) => exitCell(entry.exit, see.now),
		entry => negated(entry.exit?.at),
	),
	right(
		'age',
		'AGE',
		{min: 5, priority: 4},
		(entry, see) => ageCell(entry.pod.metadata.creationTimestamp, see.now),
		entry => negated(entry.pod.metadata.creationTimestamp),
	),
	left(
		'node',
		'NODE',
		{min: 8, max: 30, priority: 9},
		entry => nodeCell(entry),
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
	right(
		'sample',
		'SAMPLE',
		{min: 6, priority: 9, wideOnly: true},
		(entry, see) => sampleCell(entry.sample?.timestamp, see),
		entry => negated(entry.sample?.timestamp),
	),
	right(
		'window',
		'WINDOW',
		{min: 6, priority: 13, wideOnly: true},
		entry => windowCell(entry.sample?.windowMs),
		entry => entry.sample?.windowMs,
	),
];

function isMeantToRun({pod}: PodEntry): boolean {
	return pod.status.phase !== 'Succeeded';
}

function nodeCell({pod}: PodEntry): Cell {
	return pod.spec.nodeName === '' ? UNKNOWN : plain(pod.spec.nodeName, 'muted');
}

function ownerCell({workload, key}: PodEntry): Cell {
	if (workload.kind === 'Pod' && key.endsWith(`/${workload.name}`)) return UNKNOWN;
	return plain(`${workload.kind} ${workload.name}${workload.isInferred ? '?' : ''}`, 'muted');
}

const containerCpu = measured<ContainerEntry>('cpu', ofContainer());
const containerMemory = measured<ContainerEntry>('memory', ofContainer());

function ofContainer() {
	return {partial: () => false, timestamp: (entry: ContainerEntry) => entry.owner.sample?.timestamp, mark: () => ''};
}

export const CONTAINER_NAMESPACE: ColumnSpec<ContainerEntry> = left(
	'namespace',
	'NAMESPACE',
	{min: 9, max: 24, priority: 2},
	entry => plain(entry.owner.pod.metadata.namespace, 'muted'),
	entry => entry.owner.pod.metadata.namespace,
);

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
	unsortable(
		left(
			'trend',
			'TREND',
			{min: TREND_WIDTH, max: TREND_WIDTH, priority: 10},
			(entry, see) => trendCell(entry.owner.sample, entry.name, () => see.frame.usage.containerSeries(entry.owner.key, entry.name), see),
			() => undefined,
		),
	),
	containerMemory.usage,
	...containerMemory.shares,
	...containerCpu.amounts,
	...containerMemory.amounts,
	right(
		'restarts',
		'RESTARTS',
		{min: 8, max: 16, priority: 3},
		(entry, see) => (entry.status === undefined ? UNKNOWN : restartsCell(entry.status.restartCount, entry.status.lastState.terminated?.finishedAt, see.now)),
		entry => entry.status?.restartCount,
	),
	left(
		'lastExit',
		'LAST EXIT',
		{min: 12, max: 26, priority: 7},
		(entry, see) => exitCell(entry.exit, see.now),
		entry => negated(entry.exit?.at),
	),
	right(
		'age',
		'AGE',
		{min: 5, priority: 4},
		(entry, see) => ageCell(entry.status?.state.running?.startedAt, see.now),
		entry => negated(entry.status?.state.running?.startedAt),
	),
	left(
		'node',
		'NODE',
		{min: 8, max: 30, priority: 9},
		entry => nodeCell(entry.owner),
		entry => entry.owner.pod.spec.nodeName || undefined,
	),
	left(
		'image',
		'IMAGE',
		{min: 12, max: 60, priority: 12, wideOnly: true},
		entry => plain(entry.container.image, 'muted'),
		entry => entry.container.image,
	),
	right(
		'sample',
		'SAMPLE',
		{min: 6, priority: 9, wideOnly: true},
		(entry, see) => sampleCell(entry.usage === undefined ? undefined : entry.owner.sample?.timestamp, see),
		entry => negated(entry.owner.sample?.timestamp),
	),
	right(
		'window',
		'WINDOW',
		{min: 6, priority: 13, wideOnly: true},
		entry => windowCell(entry.usage === undefined ? undefined : entry.owner.sample?.windowMs),
		entry => entry.owner.sample?.windowMs,
	),
];

function ofNode(resource: Resource): ReadonlyArray<ColumnSpec<NodeEntry>> {
	const title = NAMES[resource];
	const ledger = (entry: NodeEntry) => entry[resource];
	const at = (entry: NodeEntry) => entry.sample?.timestamp;
	return [
		right(
			resource,
			title,
			{min: 6, priority: 1},
			(entry, see) => usageCell(resource, ledger(entry).nodeUsage, {isPartial: false, timestamp: at(entry), see}),
			entry => ledger(entry).nodeUsage,
		),
		right(
			`${resource}OfAllocatable`,
			`${title}%A`,
			{min: 5, priority: 2},
			entry => shareCell(ledger(entry).nodeUsage, ledger(entry).allocatable, ...OF_ALLOCATABLE),
			entry => shareOf(ledger(entry).nodeUsage, ledger(entry).allocatable),
		),
		right(
			`${resource}RequestsOfAllocatable`,
			`${title} REQ%`,
			{min: 5, priority: 4},
			entry => shareCell(ledger(entry).requests, ledger(entry).allocatable, ...OF_ALLOCATABLE),
			entry => shareOf(ledger(entry).requests, ledger(entry).allocatable),
		),
		right(
			`${resource}LimitsOfAllocatable`,
			`${title} LIM%`,
			{min: 5, priority: 6},
			entry => shareCell(ledger(entry).limits, ledger(entry).allocatable, ...OF_LIMITS),
			entry => shareOf(ledger(entry).limits, ledger(entry).allocatable),
		),
		right(
			`${resource}Unaccounted`,
			`${title} UNACC`,
			{min: 6, priority: 7},
			(entry, see) => unaccountedCell(resource, entry, see),
			entry => ledger(entry).unaccounted,
		),
		right(
			`${resource}Allocatable`,
			`${title} ALLOC`,
			{min: 6, priority: 11, wideOnly: true},
			entry => amountCell(resource, ledger(entry).allocatable),
			entry => ledger(entry).allocatable,
		),
		right(
			`${resource}Requests`,
			`${title} REQ`,
			{min: 6, priority: 11, wideOnly: true},
			entry => amountCell(resource, ledger(entry).requests),
			entry => ledger(entry).requests,
		),
		right(
			`${resource}Limits`,
			`${title} LIM`,
			{min: 6, priority: 11, wideOnly: true},
			entry => amountCell(resource, ledger(entry).limits, ledger(entry).unlimitedPods > 0 ? '≥' : ''),
			entry => ledger(entry).limits,
		),
		right(
			`${resource}OfPods`,
			`${title} PODS`,
			{min: 6, priority: 11, wideOnly: true},
			(entry, see) => usageCell(resource, ledger(entry).podUsage, {isPartial: ledger(entry).unmeasuredPods > 0, timestamp: at(entry), see}),
			entry => ledger(entry).podUsage,
		),
	];
}

/** What no measured pod uses: at most so much while pods are unmeasured. */
function unaccountedCell(resource: Resource, entry: NodeEntry, see: See): Cell {
	const {unaccounted, unmeasuredPods} = entry[resource];
	const cell = usageCell(resource, unaccounted, {isPartial: false, timestamp: entry.sample?.timestamp, see});
	return unaccounted === undefined || unmeasuredPods === 0 ? cell : {...cell, text: `≤${cell.text}`};
}

export const NODE_COLUMNS: ReadonlyArray<ColumnSpec<NodeEntry>> = [
	left(
		'name',
		'NODE',
		{min: 12, max: 48, priority: 0},
		entry => plain(entry.key),
		entry => entry.key,
	),
	left(
		'status',
		'STATUS',
		{min: 8, max: 26, priority: 2},
		entry => statusCell(entry.status.status),
		entry => entry.status.status,
	),
	right(
		'pods',
		'PODS',
		{min: 4, priority: 4},
		entry => plain(String(countOf(entry.pods))),
		entry => countOf(entry.pods),
	),
	...ofNode('cpu'),
	unsortable(
		left(
			'trend',
			'TREND',
			{min: TREND_WIDTH, max: TREND_WIDTH, priority: 10},
			(entry, see) => trendCell(entry.sample, '', () => see.frame.usage.nodeSeries(entry.key), see),
			() => undefined,
		),
	),
	...ofNode('memory'),
	right(
		'age',
		'AGE',
		{min: 5, priority: 8},
		(entry, see) => ageCell(entry.node.metadata.creationTimestamp, see.now),
		entry => negated(entry.node.metadata.creationTimestamp),
	),
	left(
		'roles',
		'ROLES',
		{min: 8, max: 24, priority: 12, wideOnly: true},
		entry => plain(entry.status.roles.join(',') || '–'),
		entry => entry.status.roles.join(',') || undefined,
	),
	left(
		'version',
		'VERSION',
		{min: 8, priority: 12, wideOnly: true},
		entry => plain(entry.node.status.nodeInfo.kubeletVersion || '–'),
		entry => entry.node.status.nodeInfo.kubeletVersion || undefined,
	),
	right(
		'sample',
		'SAMPLE',
		{min: 6, priority: 9, wideOnly: true},
		(entry, see) => sampleCell(entry.sample?.timestamp, see),
		entry => negated(entry.sample?.timestamp),
	),
	right(
		'window',
		'WINDOW',
		{min: 6, priority: 13, wideOnly: true},
		entry => windowCell(entry.sample?.windowMs),
		entry => entry.sample?.windowMs,
	),
];

function countOf(entries: Iterable<unknown>): number {
	if (entries instanceof Set) return entries.size;
	let count = 0;
	for (const _ of entries) count++;
	return count;
}

function ofSum(resource: Resource): ReadonlyArray<ColumnSpec<SumEntry>> {
	const title = NAMES[resource];
	const sums = (entry: SumEntry) => entry.sums[resource];
	const tones: readonly [number, number] = resource === 'cpu' ? OF_CPU_LIMIT : OF_MEMORY_LIMIT;
	return [
		right(
			resource,
			title,
			{min: 6, priority: 1},
			(entry, see) => usageCell(resource, sums(entry).usage, {isPartial: sums(entry).unmeasured > 0, timestamp: undefined, see}),
			entry => sums(entry).usage,
		),
		right(
			`${resource}Request`,
			`${title} REQ`,
			{min: 6, priority: 3},
			entry => amountCell(resource, sums(entry).requests),
			entry => sums(entry).requests,
		),
		right(
			`${resource}OfRequest`,
			`${title}%R`,
			{min: 5, priority: 5},
			entry => shareCell(sums(entry).usageWithRequest, sums(entry).requestsWithUsage, ...OF_REQUEST),
			entry => shareOf(sums(entry).usageWithRequest, sums(entry).requestsWithUsage),
		),
		right(
			`${resource}Limit`,
			`${title} LIM`,
			{min: 6, priority: 7},
			entry => amountCell(resource, sums(entry).limits),
			entry => sums(entry).limits,
		),
		right(
			`${resource}OfLimit`,
			`${title}%L`,
			{min: 5, priority: 6},
			entry => shareCell(sums(entry).usageWithLimit, sums(entry).limitsWithUsage, ...tones),
			entry => shareOf(sums(entry).usageWithLimit, sums(entry).limitsWithUsage),
		),
	];
}

/** Columns of sums; the first says what is added up. */
export function sumColumns(by: SumEntry['by']): ReadonlyArray<ColumnSpec<SumEntry>> {
	const title = {namespace: 'NAMESPACE', owner: 'OWNER', node: 'NODE'}[by];
	return [
		...(by === 'owner'
			? [
					left<SumEntry>(
						'namespace',
						'NAMESPACE',
						{min: 9, max: 24, priority: 2},
						entry => plain(entry.namespace, 'muted'),
						entry => entry.namespace,
					),
				]
			: []),
		left(
			'name',
			title,
			{min: 16, max: 64, priority: 0},
			entry => plain(entry.label),
			entry => entry.label,
		),
		right(
			'pods',
			'PODS',
			{min: 4, priority: 3},
			entry => plain(String(entry.sums.pods)),
			entry => entry.sums.pods,
		),
		right(
			'ready',
			'READY',
			{min: 5, priority: 4},
			entry => readyCell(entry.sums.ready, entry.sums.active, true),
			entry => entry.sums.ready - entry.sums.active,
		),
		...ofSum('cpu'),
		...ofSum('memory'),
		right(
			'restarts',
			'RESTARTS',
			{min: 8, priority: 8},
			entry => plain(String(entry.sums.restarts)),
			entry => entry.sums.restarts,
		),
		right(
			'unmeasured',
			'NO SAMPLE',
			{min: 9, priority: 9},
			entry => plain(String(Math.max(entry.sums.cpu.unmeasured, entry.sums.memory.unmeasured))),
			entry => entry.sums.cpu.unmeasured,
		),
	];
}

/** An earlier moment is a greater age. */
function negated(moment: number | undefined): number | undefined {
	return moment === undefined ? undefined : -moment;
}
