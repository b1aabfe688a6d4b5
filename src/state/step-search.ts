import type {PaneMatch, StepContext} from './step.ts';
import {isUnwrapped, lastScroll, type PaneContext} from './step-pane.ts';
import {cursorOf, listOf, type ListState, showsLines, type UiState, withCursor, withList} from './ui-state.ts';

type SearchContext = PaneContext & Pick<StepContext, 'paneColumns' | 'matchesOf' | 'columnOf'>;

/** The text is searched for from what is to be seen on. */
export function searchFor(list: ListState, text: string): ListState {
	if (text === (list.search?.text ?? '')) return list;
	return {...list, search: text === '' ? undefined : {text, at: undefined}};
}

/** To the first match at or below the top of the pane, or else the last above it, as soon as the pane has lines. */
export function settleSearch(state: UiState, context: SearchContext): UiState {
	const {search} = listOf(state);
	if (search === undefined || search.at !== undefined || context.paneLines === 0) return state;
	const matches = context.matchesOf(search.text);
	const top = topOf(state, context);
	const inSight = matches.findIndex(({line}) => line >= top);
	return goToMatch(state, matches, inSight === -1 ? Math.max(0, matches.length - 1) : inSight, context);
}

/** To another match, round and round. */
export function stepSearch(before: UiState, by: number, context: SearchContext): UiState {
	const state = settleSearch(before, context);
	const {search} = listOf(state);
	if (search?.at === undefined) return state;
	const matches = context.matchesOf(search.text);
	if (matches.length === 0) return state;
	const at = Math.min(search.at, matches.length - 1);
	return goToMatch(state, matches, (at + by + matches.length) % matches.length, context);
}

/** The first line of the pane that is to be seen. */
export function topOf(state: UiState, context: PaneContext): number {
	const {detail} = listOf(state);
	if (showsLines(state)) return cursorOf(listOf(state)).top;
	if (detail === undefined) return 0;
	return detail.isFollowing ? lastScroll(context) : Math.min(detail.scroll, lastScroll(context));
}

/** The state with the pane scrolled to this line; a log that is followed is left alone where it shows that line anyway. */
export function scrolledTo(state: UiState, top: number, context: PaneContext): UiState {
	const list = listOf(state);
	if (showsLines(state)) return withList(state, withCursor(list, {...cursorOf(list), top}));
	if (list.detail === undefined || top === topOf(state, context)) return state;
	return withList(state, {...list, detail: {...list.detail, scroll: top, isFollowing: false}});
}

function goToMatch(state: UiState, matches: readonly PaneMatch[], at: number, context: SearchContext): UiState {
	const list = listOf(state);
	const found = withList(state, {...list, search: list.search && {...list.search, at}});
	const match = matches[at];
	if (match === undefined) return found;
	const top = topOf(state, context);
	const page = Math.max(1, context.panePageSize);
	const isInSight = match.line >= top && match.line < top + page;
	const scrolled = isInSight ? found : scrolledTo(found, Math.min(Math.max(0, match.line - Math.floor(page / 3)), lastScroll(context)), context);
	return withColumnOf(scrolled, match, context);
}

/** Lines that are not wrapped are scrolled sideways too. */
function withColumnOf(state: UiState, match: PaneMatch, {paneColumns, columnOf}: SearchContext): UiState {
	const list = listOf(state);
	const {detail} = list;
	if (detail === undefined || showsLines(state) || !isUnwrapped(detail)) return state;
	const from = columnOf(match);
	const to = from + match.to - match.from;
	if (from >= detail.column && to <= detail.column + paneColumns) return state;
	const column = to <= paneColumns ? 0 : Math.max(0, from - Math.floor(paneColumns / 2));
	return withList(state, {...list, detail: {...detail, column}});
}
