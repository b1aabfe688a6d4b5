import {CONTAINER_COLUMNS} from './container-columns.ts';
import {NODE_COLUMNS} from './node-columns.ts';
import {POD_COLUMNS} from './pod-columns.ts';
import {sumColumns} from './sum-columns.ts';
import type {NodeBook} from './node-book.ts';
import type {NodeEntry} from './node-entry.ts';
import type {PodBook} from './pod-book.ts';
import type {ContainerEntry, PodEntry} from './pod-entry.ts';
import {NO_NODE, SumEntry, sumKeyOf} from './sum-entry.ts';
import type {TopQuery} from './top-query.ts';
import {createTree} from './tree.ts';
import {containerSubject, createFlatEngine, nodeSubject, podBelongs, podSubject, type ViewEngine} from './view-engine.ts';

/** The engine of the view, or of the sums, that the query asks for. */
export function createEngine(query: TopQuery, book: PodBook, nodeBook: NodeBook): ViewEngine {
	if (query.sumBy !== undefined) return createSumEngine(query.sumBy, book);
	switch (query.view) {
		case 'nodes':
			return createNodeEngine(nodeBook);
		case 'pods':
			return createPodEngine(book);
		case 'containers':
			return createContainerEngine(book);
		case 'tree':
			return createTree(book, nodeBook);
	}
}

function createPodEngine(book: PodBook): ViewEngine {
	return createFlatEngine<PodEntry>({
		// Where all rows have the same namespace, the column says nothing.
		columns: query => POD_COLUMNS.filter(column => column.id !== 'namespace' || query.namespace === undefined),
		defaultSort: 'cpu',
		entries: () => book.entries.values(),
		total: () => book.entries.size,
		belongs: podBelongs,
		subject: podSubject,
		follow: changes => changes,
	});
}

function createNodeEngine(nodeBook: NodeBook): ViewEngine {
	return createFlatEngine<NodeEntry>({
		columns: () => NODE_COLUMNS,
		defaultSort: 'cpuOfAllocatable',
		entries: () => nodeBook.entries.values(),
		total: () => nodeBook.entries.size,
		belongs: (entry, {within}) => within?.by !== 'node' || within.key === entry.key,
		subject: nodeSubject,
		follow: (_, changedNodes) => changedNodes,
	});
}

function createContainerEngine(book: PodBook): ViewEngine {
	/** What stands in the table of each pod. */
	let shown = new Map<PodEntry, readonly ContainerEntry[]>();
	let count = 0;

	function* all(): Iterable<ContainerEntry> {
		for (const entry of book.entries.values()) {
			shown.set(entry, entry.containers);
			count += entry.containers.length;
			yield* entry.containers;
		}
	}

	return createFlatEngine<ContainerEntry>({
		columns: query => CONTAINER_COLUMNS.filter(column => column.id !== 'namespace' || query.namespace === undefined),
		defaultSort: 'cpu',
		rebuild: () => {
			shown = new Map();
			count = 0;
		},
		entries: all,
		total: () => count,
		belongs: (entry, query) => podBelongs(entry.owner, query),
		subject: containerSubject,
		follow(changes) {
			const changed: ContainerEntry[] = [];
			const removed: ContainerEntry[] = [];
			const leave = (entry: PodEntry, stays: ReadonlySet<string>): void => {
				for (const container of shown.get(entry) ?? []) {
					count--;
					if (!stays.has(container.key)) removed.push(container);
				}
			};
			for (const entry of changes.removed) {
				leave(entry, NOTHING_STAYS);
				shown.delete(entry);
			}
			for (const entry of changes.changed) {
				const {containers} = entry;
				leave(entry, new Set(containers.map(container => container.key)));
				shown.set(entry, containers);
				count += containers.length;
				changed.push(...containers);
			}
			return {changed, removed};
		},
	});
}

const NOTHING_STAYS: ReadonlySet<string> = new Set();

function createSumEngine(by: NonNullable<TopQuery['sumBy']>, book: PodBook): ViewEngine {
	let groups = new Map<string, SumEntry>();
	let groupOf = new Map<PodEntry, SumEntry>();
	let query: TopQuery | undefined;
	const columns = sumColumns(by);

	function join(entry: PodEntry): SumEntry {
		const key = sumKeyOf(entry, by);
		let group = groups.get(key);
		if (group === undefined) {
			group = new SumEntry(key, by);
			groups.set(key, group);
		}
		group.members.add(entry);
		group.forgetSums();
		groupOf.set(entry, group);
		return group;
	}

	function leave(entry: PodEntry): SumEntry | undefined {
		const group = groupOf.get(entry);
		if (group === undefined) return undefined;
		group.members.delete(entry);
		group.forgetSums();
		groupOf.delete(entry);
		return group;
	}

	return createFlatEngine<SumEntry>({
		columns: () => columns,
		defaultSort: 'cpu',
		rebuild: next => {
			query = next;
			groups = new Map();
			groupOf = new Map();
			// The namespace limits what is added up, not only which sums are shown.
			for (const entry of book.entries.values()) if (podBelongs(entry, next)) join(entry);
		},
		entries: () => groups.values(),
		total: () => groups.size,
		belongs: () => true,
		subject: entry => (by === 'node' && entry.key !== NO_NODE ? nodeSubject(entry) : {kind: 'sum', resource: undefined, objectKey: entry.key, by}),
		follow({changed, removed}) {
			const touched = new Set<SumEntry>();
			for (const entry of removed) {
				const group = leave(entry);
				if (group !== undefined) touched.add(group);
			}
			for (const entry of changed) {
				const before = leave(entry);
				if (before !== undefined) touched.add(before);
				if (podBelongs(entry, query!)) touched.add(join(entry));
			}
			const emptied = [...touched].filter(group => group.members.size === 0);
			for (const group of emptied) {
				groups.delete(group.key);
				touched.delete(group);
			}
			return {changed: touched, removed: emptied};
		},
	});
}
