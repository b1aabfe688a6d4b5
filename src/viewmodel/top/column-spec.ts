import {shareOf} from '../format/amount.ts';
import {type ColumnPlace, columnOf} from '../column-of.ts';
import type {Cell, Column} from '../table-model.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';
import {amountCell, type Resource, sampleCell, type See, shareCell, TREND_WIDTH, usageCell, windowCell} from './cells.ts';
import type {SortKey} from './ordered-entries.ts';

/** A column with what it says of an entry and what it orders entries by. */
export type ColumnSpec<E> = Column & {cell(entry: E, see: See): Cell; rank(entry: E): SortKey};

/** Shares from which a percentage warns, and from which it is bad. Above a request is ordinary; near a memory limit is not. */
const NEVER = Number.POSITIVE_INFINITY;
export const OF_REQUEST = [1, NEVER] as const;
export const OF_CPU_LIMIT = [0.8, 0.95] as const;
export const OF_MEMORY_LIMIT = [0.8, 0.9] as const;
export const OF_ALLOCATABLE = [0.8, 0.95] as const;
export const OF_LIMITS = [1, NEVER] as const;

/** Texts: they sort from A on. */
export function left<E>(id: string, title: string, place: ColumnPlace, cell: (entry: E, see: See) => Cell, rank: (entry: E) => SortKey): ColumnSpec<E> {
	return {...columnOf(id, title, 'left', place), cell, rank};
}

/** Numbers: they sort from the largest down. */
export function right<E>(id: string, title: string, place: ColumnPlace, cell: (entry: E, see: See) => Cell, rank: (entry: E) => SortKey): ColumnSpec<E> {
	return {...columnOf(id, title, 'right', place), descendingFirst: true, cell, rank};
}

/** The course of usage, which orders nothing. */
export function trend<E>(cell: (entry: E, see: See) => Cell): ColumnSpec<E> {
	return {...left<E>('trend', 'TREND', {min: TREND_WIDTH, max: TREND_WIDTH, priority: 10}, cell, () => undefined), sortable: false};
}

type Sampled = {readonly timestamp: EpochMs; readonly windowMs: number};

/**
 * How old the latest sample is, and its window.
 *
 * @param shownOf The sample whose numbers are shown, where that is not always `sampleOf`, by which rows are ordered.
 */
export function sampled<E>(sampleOf: (entry: E) => Sampled | undefined, shownOf: (entry: E) => Sampled | undefined = sampleOf): ReadonlyArray<ColumnSpec<E>> {
	return [
		right(
			'sample',
			'SAMPLE',
			{min: 6, priority: 9, wideOnly: true},
			(entry, see) => sampleCell(shownOf(entry)?.timestamp, see),
			entry => negated(sampleOf(entry)?.timestamp),
		),
		right(
			'window',
			'WINDOW',
			{min: 6, priority: 13, wideOnly: true},
			entry => windowCell(shownOf(entry)?.windowMs),
			entry => sampleOf(entry)?.windowMs,
		),
	];
}

/** What pods and containers have in common. */
type Measured = {
	readonly resources: {readonly requests: ReadonlyMap<string, number>; readonly limits: ReadonlyMap<string, number>};
	used(resource: Resource): number | undefined;
};

/** How titles begin. */
export const NAMES = {cpu: 'CPU', memory: 'MEM'} as const;

/** Usage against request and limit. */
export function measured<E extends Measured>(
	resource: Resource,
	{partial, timestamp, mark}: {partial(entry: E): boolean; timestamp(entry: E): Parameters<typeof sampleCell>[0]; mark(entry: E): string},
): {readonly usage: ColumnSpec<E>; readonly shares: ReadonlyArray<ColumnSpec<E>>; readonly amounts: ReadonlyArray<ColumnSpec<E>>} {
	const title = NAMES[resource];
	const used = (entry: E): number | undefined => entry.used(resource);
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

/** An earlier moment is a greater age. */
export function negated(moment: number | undefined): number | undefined {
	return moment === undefined ? undefined : -moment;
}
