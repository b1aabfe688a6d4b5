import type {CommandId, Scope} from '../keymap/commands.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {type SumBy, TABS, type TabId, tabOf, type View, type WithinBy} from './tabs.ts';
import type {TextField} from './text-field.ts';
import type {Place} from './place.ts';

/** Where a list stands: the selection follows an object, not a line. */
export type Cursor = {
	/** Key of the selected row; undefined until somebody moved: then the row at `index` is selected, whoever it is. */
	readonly key: string | undefined;
	/** Where that row was last seen: the selection's place when the object is gone. */
	readonly index: number;
	/** The first row on the screen. */
	readonly top: number;
	/** The row is not there now but may come (back): hidden by a filter, not synced yet. Without this the selection settles on its neighbour. */
	readonly isAwaited: boolean;
};

export const START: Cursor = {key: undefined, index: 0, top: 0, isAwaited: false};

export type SortState = {readonly column: string; readonly isReversed: boolean};

/** What a detail pane may show of an object. */
export type DetailKind = 'describe' | 'yaml' | 'events' | 'logs' | 'related' | 'explain';

export const DETAIL_KINDS: readonly DetailKind[] = ['describe', 'yaml', 'events', 'logs', 'related', 'explain'];

export type DetailState = {
	readonly kind: DetailKind;
	/** Key of the row it is about. It goes with the selection when somebody moves it, and stays when the row goes away by itself. */
	readonly key: string;
	/** First line and first column on the screen. */
	readonly scroll: number;
	readonly column: number;
	/** Logs: stay at the end as lines come. */
	readonly isFollowing: boolean;
	/** Logs: of the container before its last restart. */
	readonly isPrevious: boolean;
};

/** A text that is searched for in a pane. */
export type PaneSearch = {
	readonly text: string;
	/** Which of its matches somebody is at, from 0; undefined: the first in sight, as soon as there is one. */
	readonly at: number | undefined;
};

export type PaneId = 'list' | 'detail' | 'chart';

/** Only what belongs to one row of another view: the pods of a node, the rows of a sum, the decision of an autoscaler. */
export type Within = {readonly by: WithinBy; readonly key: string};

/** All that a person has set in one tab. */
export type ListState = {
	readonly view: View | undefined;
	readonly sumBy: SumBy | undefined;
	readonly within: Within | undefined;
	readonly filter: string;
	/** undefined: as the view model likes it. */
	readonly sort: SortState | undefined;
	readonly isWide: boolean;
	/** Columns scrolled off to the left. */
	readonly columnOffset: number;
	/** Open branches of the tree. */
	readonly expanded: readonly string[];
	/** By view (`viewKeyOf`), so that a look at another one loses nothing. */
	readonly cursors: Readonly<Record<string, Cursor>>;
	readonly detail: DetailState | undefined;
	/** In the detail pane, or in a tab that shows lines. */
	readonly search: PaneSearch | undefined;
	readonly focus: PaneId;
	readonly isZoomed: boolean;
};

/** What lies over the panes and takes the keys. */
export type Overlay =
	| {readonly kind: 'help'; readonly scroll: number}
	| {readonly kind: 'palette'; readonly field: TextField}
	| {readonly kind: 'filter'; readonly field: TextField; readonly before: string}
	/** `before`: what Esc brings back. */
	| {readonly kind: 'search'; readonly field: TextField; readonly before: Pick<ListState, 'search' | 'detail'> & Pick<Cursor, 'top'>}
	| {readonly kind: 'pick'; readonly of: 'namespace' | 'sort'; readonly field: TextField; readonly index: number}
	/** A text that is asked for: a moment to go to, the note of a mark, the name of a file. */
	| {readonly kind: 'ask'; readonly for: Asked; readonly field: TextField}
	| {readonly kind: 'confirm'; readonly question: string; readonly command: CommandId};

/** What a field of its own asks for. */
export type Asked = 'time' | 'mark' | 'file';

export type Message = {readonly text: string; readonly severity: 'info' | 'warn' | 'error'};

/** All that a person has set by hand: it can be saved, compared, and written as an address. */
export type UiState = {
	readonly tab: TabId;
	/** A branch each; it stays when another tab is open. */
	readonly tabs: Readonly<Record<TabId, ListState>>;
	/** undefined: the kubeconfig's own. */
	readonly context: string | undefined;
	/** undefined: all. */
	readonly namespace: string | undefined;
	/** The moment that is held still; undefined: now. */
	readonly at: EpochMs | undefined;
	readonly overlay: Overlay | undefined;
	/** Places visited: before this one (latest last), and after it (next first). */
	readonly back: readonly Place[];
	readonly forward: readonly Place[];
	/** Said until the next key. */
	readonly message: Message | undefined;
};

/** A tab as nobody has touched it. */
export function initialList(id: TabId): ListState {
	return {
		view: tabOf(id).views[0],
		sumBy: undefined,
		within: undefined,
		filter: '',
		sort: undefined,
		isWide: false,
		columnOffset: 0,
		expanded: [],
		cursors: {},
		detail: undefined,
		search: undefined,
		focus: 'list',
		isZoomed: false,
	};
}

/** The state of a program that was just started. */
export function initialUi(start: {readonly context?: string | undefined; readonly namespace?: string | undefined} = {}): UiState {
	return {
		tab: 'top',
		tabs: Object.fromEntries(TABS.map(({id}) => [id, initialList(id)])) as Record<TabId, ListState>,
		context: start.context,
		namespace: start.namespace,
		at: undefined,
		overlay: undefined,
		back: [],
		forward: [],
		message: undefined,
	};
}

/** The branch of the open tab. */
export function listOf(state: UiState): ListState {
	return state.tabs[state.tab];
}

/** The state with another branch for the open tab; the same object when it is the same branch. */
export function withList(state: UiState, list: ListState): UiState {
	return list === state.tabs[state.tab] ? state : {...state, tabs: {...state.tabs, [state.tab]: list}};
}

/** What a cursor is kept by: rows of another view, or sums, have other keys. */
export function viewKeyOf(list: ListState): string {
	return list.sumBy === undefined ? (list.view ?? 'lines') : `sum:${list.sumBy}`;
}

/** The cursor of the view that is open. */
export function cursorOf(list: ListState): Cursor {
	return list.cursors[viewKeyOf(list)] ?? START;
}

export function withCursor(list: ListState, cursor: Cursor): ListState {
	return cursor === cursorOf(list) ? list : {...list, cursors: {...list.cursors, [viewKeyOf(list)]: cursor}};
}

/** Does the open tab show lines (the API pane) rather than rows? */
export function showsLines(state: UiState): boolean {
	return tabOf(state.tab).views.length === 0;
}

/** Do keys go to a pane of lines rather than to rows or a chart? */
export function hasPaneTheKeys(state: UiState): boolean {
	return showsLines(state) || listOf(state).focus === 'detail';
}

export function isPaused(state: UiState): boolean {
	return state.at !== undefined;
}

/** The scopes in which a chord is looked up now, innermost first. */
export function scopesOf(state: UiState): readonly Scope[] {
	switch (state.overlay?.kind) {
		case 'help':
			return ['help', 'global'];
		case 'confirm':
			return ['confirm', 'global'];
		case 'palette':
		case 'filter':
		case 'search':
		case 'pick':
		case 'ask':
			return ['field', 'global'];
		case undefined: {
			const list = listOf(state);
			const pane: Scope = showsLines(state) || list.focus !== 'list' ? 'detail' : 'list';
			return list.detail?.kind === 'logs' ? [pane, 'logs', 'workbench', 'global'] : [pane, 'workbench', 'global'];
		}
	}
}
