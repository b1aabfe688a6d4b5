import {type Chord, textOf} from '../keymap/chord.ts';
import {A_POD, A_ROW, type CommandId} from '../keymap/commands.ts';
import {choicesOf} from './choices.ts';
import {neighbourTab, openNamespace, openTab, setFilter} from './navigate.ts';
import {goBack, goForward, visit} from './place.ts';
import {ask, type Step, type StepContext, stay, withLoads} from './step.ts';
import {awaitSelection, select, selectedIndexIn, settleList, stepList, toggleFold} from './step-list.ts';
import {stepOverlay, withField} from './step-overlay.ts';
import {anew, closeDetail, focusNeighbour, follow, openDetail, scrollDetail, scrollLines, stepLines, withDetail} from './step-pane.ts';
import {settleSearch, stepSearch} from './step-search.ts';
import {type SumBy, TABS, tabOf, type View} from './tabs.ts';
import {EMPTY_FIELD, fieldOf, insertText} from './text-field.ts';
import {cursorOf, hasPaneTheKeys, listOf, type ListState, type Overlay, showsLines, type UiState, withList} from './ui-state.ts';

/** One command, one step of the state. Pure, so several keys in one read compose. */
export function stepUi(before: UiState, command: CommandId, context: StepContext): Step {
	const state: UiState = before.message === undefined ? before : {...before, message: undefined};
	const step = state.overlay === undefined ? stepPanes(state, command, context) : stepOverlay(state, state.overlay, command, context);
	return withLoads(before, step);
}

/** A chord that no command wants: text for the open field, if there is one. */
export function stepText(before: UiState, chord: Chord): Step {
	const text = textOf(chord);
	return text === undefined ? {state: before, actions: []} : pasteText(before, text);
}

/** Text that was pasted. Without a field it is nobody's: pasted text is never taken for commands. */
export function pasteText(before: UiState, text: string): Step {
	const {overlay} = before;
	if (overlay === undefined || !('field' in overlay)) return {state: before, actions: []};
	return withLoads(before, stay(withField({...before, message: undefined}, overlay, insertText(overlay.field, text))));
}

/** The state after the data or the window changed by themselves. The same object when nothing had to move. */
export function settleUi(state: UiState, context: Omit<StepContext, 'chord'>): UiState {
	let list = listOf(state);
	if (showsLines(state)) return settleSearch(withList(state, scrollLines(list, 0, context)), context);
	list = settleList(list, context);
	if (list.detail !== undefined) list = withDetail(list, scrollDetail(list.detail, 0, context));
	return settleSearch(withList(state, list), context);
}

/** Needs of commands that are not met now; the rest of the gate's allowance is the workbench's. */
export function missingNeeds({rowCount, hasLog}: Pick<StepContext, 'rowCount' | 'hasLog'>): ReadonlySet<string> {
	return new Set([...(rowCount === 0 ? [A_ROW] : []), ...(rowCount === 0 || !hasLog ? [A_POD] : [])]);
}

function stepPanes(state: UiState, command: CommandId, context: StepContext): Step {
	const list = listOf(state);
	switch (command) {
		case 'app.quit':
			return ask(state, 'quit');
		case 'app.suspend':
			return ask(state, 'suspend');
		case 'app.redraw':
			return ask(state, 'redraw');
		case 'session.retry':
			return ask({...state, message: {text: 'trying again', severity: 'info'}}, 'retry');
		case 'time.pause':
			return state.at === undefined
				? {state: {...state, at: context.now}, actions: [{kind: 'pause'}]}
				: {state: {...state, at: undefined}, actions: [{kind: 'resume'}]};
		case 'time.changeBack':
		case 'time.changeOn':
		case 'time.secondsBack':
		case 'time.secondsOn':
		case 'time.minuteBack':
		case 'time.minuteOn':
		case 'time.slower':
		case 'time.faster':
			return {state, actions: [{kind: 'time', command}]};
		case 'time.goTo':
			return stay({...state, overlay: {kind: 'ask', for: 'time', field: EMPTY_FIELD}});
		case 'record.mark':
			return stay({...state, overlay: {kind: 'ask', for: 'mark', field: EMPTY_FIELD}});
		case 'record.save':
			return {state, actions: [{kind: 'record'}]};
		case 'app.help':
			return stay({...state, overlay: {kind: 'help', scroll: 0}});
		case 'app.palette':
			return stay({...state, overlay: {kind: 'palette', field: EMPTY_FIELD}});
		case 'app.back':
			return stay(stepBack(state) ?? state);
		case 'app.leave': {
			const back = stepBack(state);
			return back === undefined ? ask(state, 'quit') : stay(back);
		}
		case 'place.back':
			return stay(goBack(state) ?? state);
		case 'place.forward':
			return stay(goForward(state) ?? state);
		case 'tab.number':
			return stay(openTab(state, TABS.find(({number}) => String(number) === context.chord)?.id));
		case 'tab.before':
			return stay(openTab(state, neighbourTab(state.tab, -1)));
		case 'tab.after':
			return stay(openTab(state, neighbourTab(state.tab, 1)));
		case 'namespace.pick': {
			const field = EMPTY_FIELD;
			const index = Math.max(
				0,
				choicesOf({of: 'namespace', field}, context).findIndex(({value}) => value === (state.namespace ?? '')),
			);
			return stay({...state, overlay: {kind: 'pick', of: 'namespace', field, index}});
		}
		case 'namespace.all':
			return stay(openNamespace(state, undefined));
		case 'detail.down':
		case 'detail.up':
		case 'detail.top':
		case 'detail.bottom':
		case 'detail.pageDown':
		case 'detail.pageUp':
		case 'detail.halfDown':
		case 'detail.halfUp':
		case 'detail.left':
		case 'detail.right':
			return stay(withList(state, stepLines(state, list, command, context)));
		case 'list.filter':
			return stay({...state, overlay: hasPaneTheKeys(state) ? searchField(list) : {kind: 'filter', field: fieldOf(list.filter), before: list.filter}});
		case 'pane.nextMatch':
			return stay(stepSearch(state, 1, context));
		case 'pane.previousMatch':
			return stay(stepSearch(state, -1, context));
		default:
			return showsLines(state) ? stay(state) : stepRows(state, list, command, context);
	}
}

/** Commands that need a tab with rows. */
function stepRows(state: UiState, list: ListState, command: CommandId, context: StepContext): Step {
	switch (command) {
		case 'list.enter':
			return stay(enter(state, context));
		case 'list.view': {
			if (list.sumBy !== undefined) return stay(withList(state, {...list, sumBy: undefined, columnOffset: 0}));
			return stay(withList(state, {...list, view: after<View>(tabOf(state.tab).views, list.view), columnOffset: 0}));
		}
		case 'list.sums':
			return stay(withList(state, {...list, sumBy: after<SumBy | undefined>([undefined, ...tabOf(state.tab).sums], list.sumBy), columnOffset: 0}));
		case 'list.sort': {
			const index = Math.max(
				0,
				context.sortable.findIndex(({id}) => id === context.sortColumn),
			);
			return stay({...state, overlay: {kind: 'pick', of: 'sort', field: EMPTY_FIELD, index}});
		}
		case 'list.reverse':
			return stay(withList(state, {...list, sort: {column: context.sortColumn, isReversed: !(list.sort?.isReversed ?? false)}}));
		case 'list.wide':
			return stay(withList(state, {...list, isWide: !list.isWide, columnOffset: 0}));
		case 'detail.describe':
			return stay(openDetail(state, 'describe', context));
		case 'detail.yaml':
			return stay(openDetail(state, 'yaml', context));
		case 'detail.events':
			return stay(openDetail(state, 'events', context));
		case 'detail.logs':
			return stay(openDetail(state, 'logs', context));
		case 'detail.related':
			return stay(openDetail(state, 'related', context));
		case 'detail.explain':
			return stay(openDetail(state, 'explain', context));
		case 'detail.enter':
			return stay(context.hasChart ? withList(state, {...list, focus: 'chart'}) : state);
		case 'logs.previous':
			if (list.detail === undefined) return stay(state);
			return stay(
				withList(state, {
					...list,
					detail: {...list.detail, isPrevious: !list.detail.isPrevious, isFollowing: list.detail.isPrevious, scroll: 0},
					search: anew(list.search),
				}),
			);
		case 'logs.follow':
			return stay(withList(state, withDetail(list, list.detail && scrollDetail({...list.detail, isFollowing: !list.detail.isFollowing}, 0, context))));
		case 'pane.next':
			return stay(withList(state, focusNeighbour(list, 1, context)));
		case 'pane.previous':
			return stay(withList(state, focusNeighbour(list, -1, context)));
		case 'pane.zoom':
			return stay(withList(state, {...list, isZoomed: !list.isZoomed}));
		default:
			return stay(withList(state, follow(stepList(list, command, context))));
	}
}

function searchField(list: ListState): Overlay {
	const {search, detail} = list;
	return {kind: 'search', field: fieldOf(search?.text ?? ''), before: {search, detail, top: cursorOf(list).top}};
}

/** One step back, as Esc takes it; undefined at the root. */
function stepBack(state: UiState): UiState | undefined {
	const list = listOf(state);
	if (list.focus === 'chart') return withList(state, {...list, focus: 'detail'});
	if (list.search !== undefined && hasPaneTheKeys(state)) return withList(state, {...list, search: undefined});
	if (list.focus === 'detail') return withList(state, closeDetail(list));
	if (list.filter !== '') return withList(state, setFilter(list, ''));
	if (list.detail !== undefined) return withList(state, closeDetail(list));
	if (list.isZoomed) return withList(state, {...list, isZoomed: false});
	return goBack(state);
}

function after<T>(all: readonly T[], current: T | undefined): T | undefined {
	return all[(all.indexOf(current as T) + 1) % all.length];
}

/** Into a row: the pods of a node or of a sum, the branch of a tree, the details of everything else. */
function enter(state: UiState, context: StepContext): UiState {
	const list = listOf(state);
	const at = selectedIndexIn(list, context);
	const key = context.keyAt(at);
	if (key === undefined) return state;
	const {views, insides} = tabOf(state.tab);
	const into = list.sumBy === undefined ? list.view && insides[list.view] : {view: views[0], by: list.sumBy};
	if (into !== undefined) {
		// The row is selected first, so that the way back leads to it.
		const here = withList(state, select(list, at, context));
		const inside = {view: into.view, sumBy: undefined, within: {by: into.by, key}, filter: '', columnOffset: 0, detail: undefined};
		return visit(here, from => withList(from, awaitSelection({...listOf(from), ...inside})));
	}
	if (context.foldAt(at) !== undefined) return withList(state, toggleFold(select(list, at, context), at, context));
	return list.detail === undefined ? openDetail(state, 'describe', context) : withList(state, {...list, focus: 'detail'});
}
