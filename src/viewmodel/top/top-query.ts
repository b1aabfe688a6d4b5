import type {SortState, UiState, Within} from '../../state/ui-state.ts';
import type {SumBy, TopView, View} from '../../state/tabs.ts';
import {listOf} from '../../state/ui-state.ts';
import type {Glyphs} from '../format/sparkline.ts';

/** What a person has chosen to see of Top. */
export type TopQuery = {
	readonly view: TopView;
	/** Instead of the view: its pods added up. */
	readonly sumBy: SumBy | undefined;
	/** Only what belongs to one sum or node; the key is that row's. */
	readonly within: {readonly by: SumBy; readonly key: string} | undefined;
	/** undefined: all. */
	readonly namespace: string | undefined;
	/** Words that a row must hold, all of them, in any case; '' is no filter. */
	readonly filter: string;
	/** undefined: as the view likes it. */
	readonly sort: SortState | undefined;
	readonly isWide: boolean;
	/** Keys of open branches of the tree. */
	readonly expanded: readonly string[];
	readonly glyphs: Glyphs;
};

/** What the state of the screen asks of Top. */
export function topQueryOf(state: UiState, glyphs: Glyphs = 'blocks'): TopQuery {
	const {view, sumBy, within, filter, sort, isWide, expanded} = listOf(state);
	return {
		view: isTopView(view) ? view : 'pods',
		sumBy,
		within: isTopWithin(within) ? within : undefined,
		namespace: state.namespace,
		filter,
		sort,
		isWide,
		expanded,
		glyphs,
	};
}

function isTopWithin(within: Within | undefined): within is NonNullable<TopQuery['within']> {
	return within !== undefined && within.by !== 'hpa';
}

const TOP_VIEWS: ReadonlySet<View | undefined> = new Set<TopView>(['nodes', 'pods', 'containers', 'tree']);

function isTopView(view: View | undefined): view is TopView {
	return TOP_VIEWS.has(view);
}
