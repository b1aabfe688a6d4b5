import type {Frame} from '../../observe/frame.ts';
import {textOfLine} from '../line-tools.ts';
import type {TableModel} from '../table-model.ts';
import {tableText} from '../table-text.ts';
import type {TopRows} from './create-top-rows.ts';
import type {TopQuery} from './top-query.ts';
import {BY_KEY} from './view-engine.ts';

/** What the command line asks for. */
export type TopWhat = 'nodes' | 'pods' | 'containers';

/** The query behind `kwb top nodes|pods|containers` without a screen. */
export function plainQuery(what: TopWhat, options: {readonly wide: boolean; readonly namespace: string | undefined; readonly filter?: string}): TopQuery {
	return {
		view: what,
		sumBy: undefined,
		within: undefined,
		namespace: options.namespace,
		filter: options.filter ?? '',
		// In the order of names, as kubectl prints: output is compared and searched more often than read.
		sort: {column: BY_KEY, isReversed: false},
		isWide: options.wide,
		expanded: [],
		glyphs: 'ascii',
	};
}

/** Between columns, as kubectl does it. */
/** No use in a text that stands still. */
const SCREEN_ONLY: ReadonlySet<string> = new Set(['trend']);

/**
 * The table as text, aligned like kubectl's: titles, then a line a row, columns cut to nothing and no longer than needed.
 *
 * @returns Lines without trailing spaces. Without rows, one line that says why there are none.
 */
export function topTable(frame: Frame, top: TopRows, query: TopQuery): {readonly lines: readonly string[]; readonly notes: readonly string[]} {
	const model = top.model(frame, query);
	const notes = model.notes.map(textOfLine);
	if (model.rows.length === 0) return {lines: [], notes: [emptyText(model, query), ...notes]};
	return {lines: tableText(model, id => SCREEN_ONLY.has(id)), notes};
}

function emptyText({state, total}: TableModel, {namespace, view}: TopQuery): string {
	switch (state.kind) {
		case 'forbidden':
			return `forbidden: you may not ${state.verb} ${state.resource}${state.namespace === undefined ? '' : ` in namespace ${state.namespace}`}`;
		case 'connecting':
			return 'no answer yet';
		case 'syncing':
			return `still syncing: ${state.received} so far`;
		case 'absent':
			return `the server does not serve ${state.resource}`;
		case 'stale':
			return `stale: ${state.why}`;
		case 'notRecorded':
			return `no ${view} in the recording`;
		case 'ready':
			return total === 0 || namespace === undefined ? `no ${view}` : `no ${view} in namespace ${namespace}`;
	}
}
