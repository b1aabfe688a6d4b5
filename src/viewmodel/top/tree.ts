import {type Cell, type Row, UNKNOWN} from '../table-model.ts';
import type {See} from './cells.ts';
import type {ColumnSpec} from './column-spec.ts';
import {CONTAINER_COLUMNS} from './container-columns.ts';
import {NODE_COLUMNS} from './node-columns.ts';
import {POD_COLUMNS} from './pod-columns.ts';
import type {NodeBook} from './node-book.ts';
import type {NodeEntry} from './node-entry.ts';
import type {SortKey} from './ordered-entries.ts';
import type {PodBook} from './pod-book.ts';
import type {ContainerEntry, PodEntry} from './pod-entry.ts';
import {NO_NODE} from './sum-entry.ts';
import type {TopQuery} from './top-query.ts';
import {containerSubject, createRowCache, matcherOf, nodeSubject, podBelongs, podSubject, sortColumn, type ViewEngine} from './view-engine.ts';

/** The columns of the tree: what nodes, pods and containers all have something to say to. */
const COLUMN_IDS = ['name', 'status', 'ready', 'cpu', 'cpuShare', 'trend', 'memory', 'memoryShare', 'restarts', 'lastExit', 'age', 'sample'] as const;

/** Where the columns of the flat views have another name, or where there is none. */
const OF_NODE: Readonly<Record<string, string | undefined>> = {
	cpuShare: 'cpuOfAllocatable',
	memoryShare: 'memoryOfAllocatable',
	ready: 'pods',
	restarts: undefined,
	lastExit: undefined,
};
const OF_POD: Readonly<Record<string, string | undefined>> = {cpuShare: 'cpuOfRequest', memoryShare: 'memoryOfLimit'};
const OF_CONTAINER: Readonly<Record<string, string | undefined>> = {...OF_POD, ready: undefined};

type TreeColumn = Pick<ColumnSpec<never>, 'id' | 'title' | 'align' | 'minWidth' | 'maxWidth' | 'priority' | 'sortable' | 'descendingFirst'> & {
	readonly node: ColumnSpec<NodeEntry> | undefined;
	readonly pod: ColumnSpec<PodEntry> | undefined;
	readonly container: ColumnSpec<ContainerEntry> | undefined;
};

const TITLES: Readonly<Record<string, string>> = {
	name: 'NODE / POD / CONTAINER',
	ready: 'READY',
	cpuShare: 'CPU%', // of allocatable (nodes), of request (pods, containers)
	memoryShare: 'MEM%', // of allocatable (nodes), of limit (pods, containers)
};

/** Among pods of a node the namespace belongs to the name. */
const POD_NAME: ColumnSpec<PodEntry> = {
	...POD_COLUMNS.find(column => column.id === 'name')!,
	cell: entry => ({text: entry.key, tone: 'plain'}),
	rank: entry => entry.key,
};

const COLUMNS: readonly TreeColumn[] = COLUMN_IDS.map(id => {
	const of = <E>(columns: ReadonlyArray<ColumnSpec<E>>, names: Readonly<Record<string, string | undefined>>): ColumnSpec<E> | undefined => {
		const name = Object.hasOwn(names, id) ? names[id] : id;
		return columns.find(column => column.id === name);
	};
	const pod = of(POD_COLUMNS, OF_POD);
	const {title, align, minWidth, maxWidth, priority, sortable, descendingFirst} = pod!;
	return {
		id,
		title: TITLES[id] ?? title,
		align,
		minWidth: Math.max(minWidth, (TITLES[id] ?? title).length),
		...(maxWidth === undefined ? {} : {maxWidth}),
		priority: id === 'sample' ? 9 : priority,
		sortable,
		...(descendingFirst === undefined ? {} : {descendingFirst}),
		node: of(NODE_COLUMNS, OF_NODE),
		pod: id === 'name' ? POD_NAME : pod,
		container: of(CONTAINER_COLUMNS, OF_CONTAINER),
	};
});

type Branch =
	| {readonly kind: 'node'; readonly key: string; readonly entry: NodeEntry | undefined; readonly fold: Row['fold']}
	| {readonly kind: 'pod'; readonly key: string; readonly entry: PodEntry; readonly fold: Row['fold']}
	| {readonly kind: 'container'; readonly key: string; readonly entry: ContainerEntry; readonly fold: undefined};

/** Nodes, in them their pods, in those their containers; what is open is laid out anew when something changes. */
export function createTree(book: PodBook, nodeBook: NodeBook): ViewEngine {
	const rowOf = createRowCache();
	let query: TopQuery | undefined;
	let branches: readonly Branch[] | undefined;
	let places: ReadonlyMap<string, number> | undefined;
	let sort = {column: '', descending: false};

	function layOut(asked: TopQuery): readonly Branch[] {
		const laid: Branch[] = [];
		const column = COLUMNS.find(each => each.id === sort.column)!;
		const open = new Set(asked.expanded);
		const matches = matcherOf(asked.filter);
		const isNarrowed = asked.filter.trim() !== '' || asked.namespace !== undefined || (asked.within !== undefined && asked.within.by !== 'node');

		const nodes: Array<{readonly key: string; readonly entry: NodeEntry | undefined}> = [...nodeBook.entries.values()].map(entry => ({key: entry.key, entry}));
		// Pods of nodes that we do not see (no right to list nodes, or gone) have a branch all the same.
		for (const name of book.nodeNames()) {
			if (name === '') nodes.push({key: NO_NODE, entry: undefined});
			else if (!nodeBook.entries.has(name)) nodes.push({key: name, entry: undefined});
		}
		for (const {key, entry} of sorted(
			nodes,
			each => (each.entry === undefined ? (sort.column === 'name' ? each.key : undefined) : column.node?.rank(each.entry)),
			sort.descending,
		)) {
			if (asked.within?.by === 'node' && asked.within.key !== key) continue;
			const nodeMatches = entry !== undefined ? matches(entry) : matches({haystack: key.toLowerCase()});
			const pods = [...book.onNode(key === NO_NODE ? '' : key)].filter(pod => podBelongs(pod, asked) && (nodeMatches || matches(pod)));
			if (isNarrowed && pods.length === 0 && !(asked.namespace === undefined && asked.within === undefined && nodeMatches)) continue;
			// A filter that found pods shows them.
			const isOpen = open.has(key) || (asked.filter.trim() !== '' && !nodeMatches);
			laid.push({kind: 'node', key, entry, fold: pods.length === 0 ? undefined : isOpen ? 'open' : 'closed'});
			if (!isOpen) continue;
			for (const pod of sorted(pods, each => column.pod?.rank(each), sort.descending)) {
				const isPodOpen = open.has(pod.key);
				laid.push({kind: 'pod', key: pod.key, entry: pod, fold: isPodOpen ? 'open' : 'closed'});
				if (!isPodOpen) continue;
				for (const container of sorted(pod.containers, each => column.container?.rank(each), sort.descending)) {
					laid.push({kind: 'container', key: container.key, entry: container, fold: undefined});
				}
			}
		}
		return laid;
	}

	function laid(): readonly Branch[] {
		if (branches === undefined) {
			branches = query === undefined ? [] : layOut(query);
			places = undefined;
		}
		return branches;
	}

	return {
		reset(next) {
			query = next;
			const spec = sortColumn(COLUMNS, next, 'name');
			sort = {column: spec.id, descending: (spec.descendingFirst === true) !== (next.sort?.isReversed === true)};
			branches = undefined;
		},
		update(changes, changedNodes) {
			if (changes.changed.size + changes.removed.length + changedNodes.changed.size + changedNodes.removed.length > 0) branches = undefined;
		},
		get length() {
			return laid().length;
		},
		get total() {
			return laid().length;
		},
		columns: COLUMNS,
		get sort() {
			return sort;
		},
		rowAt(index, see) {
			const branch = laid()[index];
			if (branch === undefined) return undefined;
			const depth = {node: 0, pod: 1, container: 2}[branch.kind];
			const subject = subjectOf(branch);
			return rowOf(
				branch.key,
				subject,
				COLUMNS.map(column => cellOf(branch, column, see)),
				{depth, fold: branch.fold},
			);
		},
		indexOf(key) {
			const all = laid();
			places ??= new Map(all.map((branch, index) => [branch.key, index]));
			return places.get(key) ?? -1;
		},
	};
}

function subjectOf(branch: Branch): Row['subject'] {
	switch (branch.kind) {
		case 'node':
			return branch.entry === undefined ? {kind: 'sum', resource: undefined, objectKey: branch.key, by: 'node'} : nodeSubject(branch);
		case 'pod':
			return podSubject(branch.entry);
		case 'container':
			return containerSubject(branch.entry);
	}
}

function cellOf(branch: Branch, column: TreeColumn, see: See): Cell {
	switch (branch.kind) {
		case 'node':
			if (branch.entry === undefined) return column.id === 'name' ? {text: branch.key, tone: 'muted'} : UNKNOWN;
			return column.node?.cell(branch.entry, see) ?? NOTHING;
		case 'pod':
			return column.pod?.cell(branch.entry, see) ?? NOTHING;
		case 'container':
			return column.container?.cell(branch.entry, see) ?? NOTHING;
	}
}

/** Not unknown: such a thing has none. */
const NOTHING: Cell = {text: '', tone: 'muted'};

function sorted<E extends {readonly key: string}>(entries: readonly E[], rankOf: (entry: E) => SortKey, isDescending: boolean): readonly E[] {
	const way = isDescending ? -1 : 1;
	return entries
		.map(entry => ({entry, rank: rankOf(entry)}))
		.sort((left, right) => {
			const [a, b] = [left.rank, right.rank];
			if (a !== b) {
				if (a === undefined) return 1;
				if (b === undefined) return -1;
				if (a < b) return -way;
				if (a > b) return way;
			}
			return left.entry.key < right.entry.key ? -1 : left.entry.key > right.entry.key ? 1 : 0;
		})
		.map(({entry}) => entry);
}
