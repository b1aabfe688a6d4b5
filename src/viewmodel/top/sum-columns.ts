import {shareOf} from '../format/amount.ts';
import {amountCell, plain, readyCell, type Resource, shareCell, usageCell} from './cells.ts';
import {type ColumnSpec, left, NAMES, OF_CPU_LIMIT, OF_MEMORY_LIMIT, OF_REQUEST, right} from './column-spec.ts';
import type {SumEntry} from './sum-entry.ts';

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
