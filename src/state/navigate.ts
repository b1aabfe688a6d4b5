import {goTo, type Place, visit} from './place.ts';
import {type Action, type Step, stay, withLoads} from './step.ts';
import {awaitSelection} from './step-list.ts';
import {TABS, type TabId} from './tabs.ts';
import {listOf, type ListState, type UiState, withList} from './ui-state.ts';

/** Opens an address: as a jump, so that `[` leads back. */
export function openPlace(before: UiState, place: Place): Step {
	const state = visit(before, from => goTo(from, {...place, context: place.context ?? from.context}));
	const step = stay({...state, at: place.at, message: undefined});
	const actions: Action[] = [];
	if (place.context !== undefined && place.context !== before.context) actions.push({kind: 'switchContext', context: place.context});
	if (place.at !== before.at) actions.push({kind: place.at === undefined ? 'resume' : 'pause'});
	return withLoads(before, {...step, actions});
}

/** The tab `by` places further, round and round. */
export function neighbourTab(tab: TabId, by: number): TabId | undefined {
	const numbered = TABS.filter(({number}) => number !== undefined);
	const at = numbered.findIndex(({id}) => id === tab);
	return numbered[at === -1 ? 0 : (at + by + numbered.length) % numbered.length]?.id;
}

/** The same state when there is no such tab, or it is open. */
export function openTab(state: UiState, tab: TabId | undefined): UiState {
	return tab === undefined || tab === state.tab ? state : visit(state, from => ({...from, tab}));
}

/** @param namespace undefined: all. */
export function openNamespace(state: UiState, namespace: string | undefined): UiState {
	return namespace === state.namespace ? state : visit(state, from => withList({...from, namespace}, awaitSelection(listOf(from))));
}

/** The selection waits for its object, which the filter may hide. */
export function setFilter(list: ListState, filter: string): ListState {
	return filter === list.filter ? list : awaitSelection({...list, filter});
}
