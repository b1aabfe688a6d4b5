import type {EpochMs} from '../util/epoch-ms.ts';
import {type SumBy, type TabId, tabOf, type View} from './tabs.ts';
import {cursorOf, type DetailKind, type DetailState, initialList, listOf, type SortState, START, type UiState, viewKeyOf, type Within} from './ui-state.ts';

/** What an address names: where somebody is and what they have chosen there. */
export type Place = {
	readonly tab: TabId;
	readonly context: string | undefined;
	/** undefined: all. */
	readonly namespace: string | undefined;
	/** Key of the selected row. */
	readonly key: string | undefined;
	/** undefined: the tab's first. */
	readonly view: View | undefined;
	readonly sumBy: SumBy | undefined;
	readonly within: Within | undefined;
	readonly filter: string;
	readonly sort: SortState | undefined;
	readonly isWide: boolean;
	readonly detail: DetailKind | undefined;
	/** What is searched for in the pane (or the tab that shows lines); '': nothing. */
	readonly search: string;
	/** undefined: now. */
	readonly at: EpochMs | undefined;
};

/** Where somebody is now. */
export function placeOf(state: UiState): Place {
	const list = listOf(state);
	return {
		tab: state.tab,
		context: state.context,
		namespace: state.namespace,
		key: cursorOf(list).key,
		view: list.view === initialList(state.tab).view ? undefined : list.view,
		sumBy: list.sumBy,
		within: list.within,
		filter: list.filter,
		sort: list.sort,
		isWide: list.isWide,
		detail: list.detail?.kind,
		search: list.search?.text ?? '',
		at: state.at,
	};
}

/** The state at a place. The time stays what it is: a place visited while paused is seen live when the screen is live. */
export function goTo(state: UiState, place: Place): UiState {
	const old = state.tabs[place.tab];
	const detail = detailAt(old.detail, place);
	const isSearched = place.search !== '' && (detail !== undefined || tabOf(place.tab).views.length === 0);
	const list = {
		...old,
		view: place.view ?? initialList(place.tab).view,
		sumBy: place.sumBy,
		within: place.within,
		filter: place.filter,
		sort: place.sort,
		isWide: place.isWide,
		columnOffset: 0,
		detail,
		search: !isSearched ? undefined : detail === old.detail && old.search?.text === place.search ? old.search : {text: place.search, at: undefined},
		focus: 'list' as const,
		isZoomed: false,
	};
	const cursor = {...(old.cursors[viewKeyOf(list)] ?? START), key: place.key, isAwaited: place.key !== undefined};
	return {
		...state,
		tab: place.tab,
		context: place.context,
		namespace: place.namespace,
		tabs: {...state.tabs, [place.tab]: {...list, cursors: {...list.cursors, [viewKeyOf(list)]: cursor}}},
		overlay: undefined,
	};
}

/** The pane as it was, when it is of the same. */
function detailAt(old: DetailState | undefined, {detail: kind, key}: Place): DetailState | undefined {
	if (kind === undefined || key === undefined) return undefined;
	return old?.kind === kind && old.key === key ? old : {kind, key, scroll: 0, column: 0, isFollowing: kind === 'logs', isPrevious: false};
}

/** Places beyond this many are forgotten, the oldest first. */
const REMEMBERED_PLACES = 50;

/** Changes the state and remembers where it was, so that `[` leads back. Nothing is remembered when the place is the same. */
export function visit(state: UiState, change: (state: UiState) => UiState): UiState {
	const from = placeOf(state);
	const next = change(state);
	const isElsewhere = JSON.stringify(placeOf(next)) !== JSON.stringify(from);
	return isElsewhere ? {...next, back: [...state.back, from].slice(-REMEMBERED_PLACES), forward: []} : next;
}

/** To the place before; undefined when there is none. */
export function goBack(state: UiState): UiState | undefined {
	const place = state.back.at(-1);
	return place === undefined ? undefined : {...goTo(state, place), back: state.back.slice(0, -1), forward: [placeOf(state), ...state.forward]};
}

/** To the place that was left by going back; undefined when there is none. */
export function goForward(state: UiState): UiState | undefined {
	const place = state.forward[0];
	return place === undefined ? undefined : {...goTo(state, place), back: [...state.back, placeOf(state)], forward: state.forward.slice(1)};
}
