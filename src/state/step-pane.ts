import type {CommandId} from '../keymap/commands.ts';
import type {StepContext} from './step.ts';
import {select, selectedIndexIn} from './step-list.ts';
import {cursorOf, type DetailKind, type DetailState, listOf, type ListState, type PaneId, showsLines, type UiState, withCursor, withList} from './ui-state.ts';

/** Columns that `←` and `→` scroll a pane by. */
const SIDEWAYS_STEP = 8;

export function closeDetail(list: ListState): ListState {
	return {...list, detail: undefined, search: undefined, focus: 'list', isZoomed: false};
}

/** Opens the pane, or shows something else in it, and goes there: `j` scrolls it, Tab goes back to the list, Esc closes it. */
export function openDetail(state: UiState, kind: DetailKind, context: StepContext): UiState {
	const list = listOf(state);
	const at = selectedIndexIn(list, context);
	// A pane that is open keeps its object, even one that has gone: its events and its log may be all that is left.
	const key = list.focus === 'list' || list.detail === undefined ? context.keyAt(at) : list.detail.key;
	if (key === undefined) return state;
	const isSame = list.detail?.kind === kind && list.detail.key === key;
	const selected = list.focus === 'list' ? select(list, at, context) : list;
	const shown = isSame ? selected : {...selected, ...newDetail(list, kind, key)};
	return withList(state, {...shown, focus: 'detail'});
}

/** An open pane goes with the selection. */
export function follow(list: ListState): ListState {
	const {key} = cursorOf(list);
	if (list.detail === undefined || key === undefined || list.detail.key === key) return list;
	return {...list, ...newDetail(list, list.detail.kind, key)};
}

/** What is searched for is searched for there too, from its first line on. */
function newDetail({search}: ListState, kind: DetailKind, key: string): Pick<ListState, 'detail' | 'search'> {
	return {detail: {kind, key, scroll: 0, column: 0, isFollowing: kind === 'logs', isPrevious: false}, search: anew(search)};
}

/** The same search in other lines: nobody has been at a match of them yet. */
export function anew(search: ListState['search']): ListState['search'] {
	return search && {...search, at: undefined};
}

export function withDetail(list: ListState, detail: DetailState | undefined): ListState {
	return detail === list.detail ? list : {...list, detail};
}

export function focusNeighbour(list: ListState, by: number, {hasChart}: StepContext): ListState {
	if (list.detail === undefined) return list;
	const panes: readonly PaneId[] = hasChart ? ['list', 'detail', 'chart'] : ['list', 'detail'];
	const at = Math.max(0, panes.indexOf(list.focus));
	return {...list, focus: panes[(at + by + panes.length) % panes.length]!};
}

export type PaneContext = Pick<StepContext, 'paneLines' | 'panePageSize'>;

/** Scrolls the pane that shows lines: the detail pane, or the whole of a tab like the API's. */
export function stepLines(state: UiState, list: ListState, command: CommandId, context: StepContext): ListState {
	const by = linesOf(command, context);
	if (showsLines(state)) return scrollLines(list, by, context);
	if (list.detail === undefined || list.focus === 'chart') return list;
	if (command === 'detail.left' || command === 'detail.right') {
		if (!isUnwrapped(list.detail)) return list;
		const column = Math.max(0, list.detail.column + (command === 'detail.left' ? -SIDEWAYS_STEP : SIDEWAYS_STEP));
		return withDetail(list, {...list.detail, column});
	}
	return withDetail(list, scrollDetail(list.detail, by, context));
}

/** How far a command scrolls. Ends are reached by more lines than there are. */
function linesOf(command: CommandId, {paneLines, panePageSize}: PaneContext): number {
	switch (command) {
		case 'detail.down':
			return 1;
		case 'detail.up':
			return -1;
		case 'detail.pageDown':
			return panePageSize;
		case 'detail.pageUp':
			return -panePageSize;
		case 'detail.halfDown':
			return Math.ceil(panePageSize / 2);
		case 'detail.halfUp':
			return -Math.ceil(panePageSize / 2);
		case 'detail.bottom':
			return paneLines;
		case 'detail.top':
			return -paneLines;
		default:
			return 0;
	}
}

/** The first line where the last one is at the bottom. */
export function lastScroll({paneLines, panePageSize}: PaneContext): number {
	return Math.max(0, paneLines - Math.max(1, panePageSize));
}

/** Are its lines as long as they are, rather than wrapped to the width of the pane? */
export function isUnwrapped({kind}: Pick<DetailState, 'kind'>): boolean {
	return kind === 'yaml' || kind === 'logs';
}

/** Scrolling up stops following a log; reaching its end by hand starts it again. */
export function scrollDetail(detail: DetailState, by: number, context: PaneContext): DetailState {
	const last = lastScroll(context);
	const from = detail.isFollowing ? last : Math.min(detail.scroll, last);
	const scroll = Math.min(Math.max(0, from + by), last);
	const isFollowing = detail.kind === 'logs' && (by === 0 ? detail.isFollowing : by > 0 && scroll === last && !detail.isPrevious);
	return scroll === detail.scroll && isFollowing === detail.isFollowing ? detail : {...detail, scroll, isFollowing};
}

export function scrollLines(list: ListState, by: number, context: PaneContext): ListState {
	const cursor = cursorOf(list);
	const top = Math.min(Math.max(0, cursor.top + by), lastScroll(context));
	return top === cursor.top ? list : withCursor(list, {...cursor, top});
}
