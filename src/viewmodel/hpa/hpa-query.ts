import type {HpaView} from '../../state/tabs.ts';
import {listOf, type SortState, type UiState} from '../../state/ui-state.ts';

/** What a person has chosen to see of HPAs. */
export type HpaQuery = {
	readonly view: HpaView;
	/** Only this autoscaler; undefined: all. */
	readonly within: string | undefined;
	readonly namespace: string | undefined;
	/** Words that a row must hold, all of them. */
	readonly filter: string;
	readonly sort: SortState | undefined;
	readonly isWide: boolean;
	/** Keys of steps that are unfolded. */
	readonly expanded: readonly string[];
};

/** What the state of the screen asks of the HPA tab. */
export function hpaQueryOf(state: UiState): HpaQuery {
	const {view, within, filter, sort, isWide, expanded} = listOf(state);
	return {
		view: view === 'trace' || view === 'groups' ? view : 'autoscalers',
		within: within?.by === 'hpa' ? within.key : undefined,
		namespace: state.namespace,
		filter,
		sort,
		isWide,
		expanded,
	};
}
