import {Moment} from '../format/moment.ts';
import type {Cell, Column, Row, RowSubject} from '../table-model.ts';
import type {See} from './cells.ts';
import type {ColumnSpec} from './column-spec.ts';
import type {NodeChanges} from './node-book.ts';
import {createOrderedEntries} from './ordered-entries.ts';
import type {BookChanges} from './pod-book.ts';
import type {ContainerEntry, PodEntry} from './pod-entry.ts';
import {sumKeyOf} from './sum-entry.ts';
import type {TopQuery} from './top-query.ts';

/** What a view does with what has changed. */
export type ViewEngine = {
	/** Another query: begin anew. */
	reset(query: TopQuery): void;
	update(changes: BookChanges, changedNodes: NodeChanges): void;
	readonly length: number;
	readonly total: number;
	readonly columns: readonly Column[];
	readonly sort: {readonly column: string; readonly descending: boolean};
	rowAt(index: number, see: See): Row | undefined;
	indexOf(key: string): number;
};

/** Rows that stay the same object while their texts do. */
export function createRowCache(): (key: string, subject: RowSubject, cells: readonly Cell[], place?: {depth: number; fold: Row['fold']}) => Row {
	/** More than a screen ever shows; then it starts over. */
	const LIMIT = 2000;
	const rows = new Map<string, Row>();
	return (key, subject, cells, place) => {
		const before = rows.get(key);
		// The branch of a node that was not there yet becomes that node's: then the subject is another.
		if (
			before !== undefined &&
			before.subject.kind === subject.kind &&
			before.depth === place?.depth &&
			before.fold === place?.fold &&
			areSame(before.cells, cells)
		)
			return before;
		if (rows.size >= LIMIT) rows.clear();
		const row: Row = {
			key,
			subject,
			cells,
			...(place === undefined ? {} : {depth: place.depth, ...(place.fold === undefined ? {} : {fold: place.fold})}),
		};
		rows.set(key, row);
		return row;
	};
}

function areSame(one: readonly Cell[], other: readonly Cell[]): boolean {
	return one.length === other.length && one.every((cell, index) => cell.text === other[index]!.text && cell.tone === other[index]!.tone);
}

/** More than a screen ever shows. */
const MOST_WRITTEN = 500;

/** What all flat views have in common; `follow` says which entries what has changed concerns. */
export function createFlatEngine<E extends {readonly key: string; readonly haystack: string}>(options: {
	columns(query: TopQuery): ReadonlyArray<ColumnSpec<E>>;
	readonly defaultSort: string;
	entries(): Iterable<E>;
	total(): number;
	belongs(entry: E, query: TopQuery): boolean;
	subject(entry: E): RowSubject;
	follow(changes: BookChanges, changedNodes: NodeChanges): {readonly changed: Iterable<E>; readonly removed: Iterable<E>};
	/** Called before entries are read anew. */
	rebuild?(query: TopQuery): void;
}): ViewEngine {
	const ordered = createOrderedEntries<E>();
	const rowOf = createRowCache();
	/** Rows that hold until their moment: who has not changed has none made again. */
	const written = new Map<string, {readonly row: Row; readonly glyphs: See['glyphs']; readonly cadenceMs: number | undefined; readonly at: Moment}>();
	let columns: ReadonlyArray<ColumnSpec<E>> = [];
	let sort = {column: '', descending: false};

	return {
		reset(query) {
			options.rebuild?.(query);
			written.clear();
			columns = options.columns(query).filter(column => query.isWide || column.wideOnly !== true);
			const spec = query.sort?.column === BY_KEY ? KEY_ORDER : sortColumn(options.columns(query), query, options.defaultSort);
			sort = {column: spec.id, descending: (spec.descendingFirst === true) !== (query.sort?.isReversed === true)};
			const matches = matcherOf(query.filter);
			ordered.reset(
				options.entries(),
				entry => spec.rank(entry),
				sort.descending,
				entry => options.belongs(entry, query) && matches(entry),
			);
		},
		update(changes, changedNodes) {
			const {changed, removed} = options.follow(changes, changedNodes);
			ordered.update(changed, removed);
			if (written.size > 0) for (const entries of [changed, removed]) for (const {key} of entries) written.delete(key);
		},
		get length() {
			return ordered.length;
		},
		get total() {
			return options.total();
		},
		get columns() {
			return columns;
		},
		get sort() {
			return sort;
		},
		rowAt(index, see) {
			const entry = ordered.at(index);
			if (entry === undefined) return undefined;
			const before = written.get(entry.key);
			const {cadenceMs} = see.frame.usage;
			if (before !== undefined && before.glyphs === see.glyphs && before.cadenceMs === cadenceMs && before.at.holdsAt(see.at.now)) {
				see.at.changesWith(before.at);
				return before.row;
			}
			const at = new Moment(see.at.now);
			const seen = {...see, at};
			const row = rowOf(
				entry.key,
				options.subject(entry),
				columns.map(column => column.cell(entry, seen)),
			);
			see.at.changesWith(at);
			if (written.size >= MOST_WRITTEN) written.clear();
			written.set(entry.key, {row, glyphs: see.glyphs, cadenceMs, at});
			return row;
		},
		indexOf: key => ordered.indexOf(key),
	};
}

/** Not a column: the order of keys, `namespace/name`, which text outputs want. */
export const BY_KEY = 'key';
const KEY_ORDER = {id: BY_KEY, descendingFirst: false, rank: () => undefined} as const;

/** The column that the query sorts by; the view's own where the query names none, or one that this view does not have. */
export function sortColumn<C extends {readonly id: string; readonly sortable: boolean}>(columns: readonly C[], query: TopQuery, defaultSort: string): C {
	const wanted = columns.find(column => column.id === query.sort?.column && column.sortable);
	return wanted ?? columns.find(column => column.id === defaultSort)!;
}

/** Every word of the filter must be in the text. */
export function matcherOf(filter: string): (entry: {readonly haystack: string}) => boolean {
	const words = filter
		.toLowerCase()
		.split(/\s+/)
		.filter(word => word !== '');
	if (words.length === 0) return () => true;
	return entry => words.every(word => entry.haystack.includes(word));
}

/** Is the pod among those that namespace and sum leave over? */
export function podBelongs(entry: PodEntry, {namespace, within}: TopQuery): boolean {
	if (namespace !== undefined && entry.pod.metadata.namespace !== namespace) return false;
	return within === undefined || sumKeyOf(entry, within.by) === within.key;
}

export function podSubject({key}: PodEntry): RowSubject {
	return {kind: 'pod', resource: 'pods', objectKey: key};
}

export function containerSubject({owner, name}: ContainerEntry): RowSubject {
	return {kind: 'container', resource: 'pods', objectKey: owner.key, container: name};
}

export function nodeSubject({key}: {readonly key: string}): RowSubject {
	return {kind: 'node', resource: 'nodes', objectKey: key};
}
