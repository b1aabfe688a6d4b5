import {shareOf} from '../format/amount.ts';
import type {Cell} from '../table-model.ts';
import {ageCell, amountCell, plain, type Resource, type See, shareCell, statusCell, trendCell, usageCell} from './cells.ts';
import {type ColumnSpec, left, NAMES, negated, OF_ALLOCATABLE, OF_LIMITS, right, sampled, trend} from './column-spec.ts';
import type {NodeEntry} from './node-entry.ts';

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

/** Of the table of nodes. */
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
	trend((entry, see) => trendCell(entry.sample, '', () => see.frame.usage.nodeSeries(entry.key), see)),
	...ofNode('memory'),
	right(
		'age',
		'AGE',
		{min: 5, priority: 8},
		(entry, see) => ageCell(entry.node.metadata.creationTimestamp, see.at),
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
	...sampled<NodeEntry>(entry => entry.sample),
];

function countOf(entries: Iterable<unknown>): number {
	if (entries instanceof Set) return entries.size;
	let count = 0;
	for (const _ of entries) count++;
	return count;
}
