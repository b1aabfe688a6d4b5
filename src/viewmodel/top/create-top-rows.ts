import type {Frame} from '../../observe/frame.ts';
import {Moment} from '../format/moment.ts';
import type {TableModel} from '../table-model.ts';
import type {See} from './cells.ts';
import {createNodeBook, type NodeChanges} from './node-book.ts';
import type {NodeEntry} from './node-entry.ts';
import {type BookChanges, createPodBook} from './pod-book.ts';
import type {ContainerEntry, PodEntry} from './pod-entry.ts';
import {sumKeyOf} from './sum-entry.ts';
import {notesOf, subjectOf, tableStateOf} from './table-state.ts';
import type {TopQuery} from './top-query.ts';
import type {ViewEngine} from './view-engine.ts';
import {createEngine} from './views.ts';

/** Top's rows for one session. */
export type TopRows = {
	/**
	 * The table that the query asks for. The same object for the same frame and query. Rows read what is known now: read them before
	 * the next call.
	 */
	model(frame: Frame, query: TopQuery): TableModel;
	/** Entries by key, for the detail pane and the text outputs. */
	podOf(key: string): PodEntry | undefined;
	nodeOf(name: string): NodeEntry | undefined;
	containerOf(key: string): ContainerEntry | undefined;
	/** Pods of a sum, by its key. */
	podsOf(by: NonNullable<TopQuery['sumBy']>, key: string): readonly PodEntry[];
};

/** Makes the rows of a session's Top tab. Keeps what it has worked out from frame to frame. */
export function createTopRows(): TopRows {
	const book = createPodBook();
	const nodeBook = createNodeBook(book);
	const trends: See['trends'] = new WeakMap();
	let engine: ViewEngine | undefined;
	let engineId = '';
	let specification = '';
	let last: {readonly frame: Frame; readonly query: TopQuery; readonly model: TableModel} | undefined;

	function engineFor(query: TopQuery): ViewEngine {
		const id = query.sumBy === undefined ? query.view : `sum:${query.sumBy}`;
		if (engine === undefined || engineId !== id) {
			engine = createEngine(query, book, nodeBook);
			engineId = id;
			specification = '';
		}
		return engine;
	}

	return {
		model(frame, query) {
			if (last?.frame === frame && isSameQuery(last.query, query)) return last.model;
			const changes = frame === last?.frame ? NO_CHANGES : book.update(frame);
			const changedNodes = frame === last?.frame ? NO_NODE_CHANGES : nodeBook.update(frame);
			const view = engineFor(query);
			const wanted = JSON.stringify([
				query.within,
				query.namespace,
				query.filter,
				query.sort,
				query.isWide,
				query.view === 'tree' ? query.expanded : undefined,
			]);
			if (wanted !== specification || changes.isEverything || changedNodes.isEverything) {
				view.reset(query);
				specification = wanted;
			} else view.update(changes, changedNodes);

			const at = new Moment(frame.at);
			const see: See = {frame, at, glyphs: query.glyphs, trends};
			const model: TableModel = {
				columns: view.columns,
				rows: {length: view.length, at: index => view.rowAt(index, see), indexOf: key => view.indexOf(key)},
				total: view.total,
				shown: view.length,
				sort: view.sort,
				state: tableStateOf(frame, query),
				notes: notesOf(frame, query, at, {shown: view.length, total: view.total, newest: frame.usage.newest(subjectOf(query))}),
				changesAt: () => at.changesAt,
			};
			last = {frame, query, model};
			return model;
		},
		podOf: key => book.entries.get(key),
		nodeOf: name => nodeBook.entries.get(name),
		containerOf(key) {
			const cut = key.lastIndexOf('/');
			return book.entries.get(key.slice(0, cut))?.containers.find(container => container.name === key.slice(cut + 1));
		},
		podsOf: (by, key) => [...book.entries.values()].filter(entry => sumKeyOf(entry, by) === key),
	};
}

const NO_CHANGES: BookChanges = {isEverything: false, changed: new Set(), removed: []};
const NO_NODE_CHANGES: NodeChanges = {isEverything: false, changed: new Set(), removed: []};

function isSameQuery(one: TopQuery, other: TopQuery): boolean {
	return (Object.keys(one) as Array<keyof TopQuery>).every(name => one[name] === other[name]);
}
