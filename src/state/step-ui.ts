import type {Chord} from '../keymap/chord.ts';
import {textOf} from '../keymap/chord.ts';
import {A_POD, A_ROW, type CommandId} from '../keymap/commands.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {parseAddress} from './address.ts';
import {choicesOf, type NameContext} from './choices.ts';
import {goBack, goForward, goTo, type Place, visit} from './place.ts';
import {awaitSelection, type RowsContext, select, selectedIndexIn, settleList, stepList, toggleFold} from './step-list.ts';
import {type SumBy, TABS, type TabId, tabIdOf, tabOf, type View} from './tabs.ts';
import {editField, EMPTY_FIELD, type FieldEdit, fieldOf, insertText, type TextField} from './text-field.ts';
import {
	type Asked,
	cursorOf,
	type DetailKind,
	type DetailState,
	listOf,
	type ListState,
	type Overlay,
	type PaneId,
	showsLines,
	type UiState,
	withCursor,
	withList,
} from './ui-state.ts';

/** What a reducer must know of the screen: the rows as the open tab's view model has them, and how much fits. */
export type StepContext = RowsContext &
	NameContext & {
		/** The chord that was pressed. */
		readonly chord: Chord;
		/** The moment on the screen. */
		readonly now: EpochMs;
		/** The column that the rows are sorted by now. */
		readonly sortColumn: string;
		/** Lines of the open detail pane (or of a tab that shows lines), and how many fit. */
		readonly paneLines: number;
		readonly panePageSize: number;
		/** Lines of the help, and how many fit. */
		readonly helpLines: number;
		readonly helpPageSize: number;
		/** Is there a chart of the selected row? */
		readonly hasChart: boolean;
		/** Does the selected row have a log: a pod, a container? */
		readonly hasLog: boolean;
	};

/** What a reducer cannot do itself. */
export type Action =
	| {readonly kind: 'quit'}
	| {readonly kind: 'suspend'}
	| {readonly kind: 'redraw'}
	| {readonly kind: 'retry'}
	/** Hold this frame, or go on. The state says which. */
	| {readonly kind: 'pause'}
	| {readonly kind: 'resume'}
	/** The open detail pane is about something else now: fetch what it needs. */
	| {readonly kind: 'load'; readonly detail: DetailKind; readonly key: string; readonly isPrevious: boolean}
	/** It was closed: stop what was fetched for it. */
	| {readonly kind: 'unload'}
	/** In a replay: move the cursor, or play faster or slower. */
	| {readonly kind: 'time'; readonly command: TimeCommand}
	/** A field of its own was filled in: go there, mark with this note, record to this file. */
	| {readonly kind: 'asked'; readonly for: Asked; readonly text: string}
	/** Save and record, or stop recording. */
	| {readonly kind: 'record'}
	| {readonly kind: 'switchContext'; readonly context: string}
	/** A question was answered with yes: run this, it is allowed now. */
	| {readonly kind: 'confirmed'; readonly command: CommandId};

export type TimeCommand = Extract<
	CommandId,
	'time.changeBack' | 'time.changeOn' | 'time.secondsBack' | 'time.secondsOn' | 'time.minuteBack' | 'time.minuteOn' | 'time.slower' | 'time.faster'
>;

export type Step = {readonly state: UiState; readonly actions: readonly Action[]};

/** Columns that `←` and `→` scroll a pane by. */
const SIDEWAYS_STEP = 8;

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
	if (showsLines(state)) return withList(state, scrollLines(list, 0, context));
	list = settleList(list, context);
	if (list.detail !== undefined) list = withDetail(list, scrollDetail(list.detail, 0, context));
	return withList(state, list);
}

/** Needs of commands that are not met now; the rest of the gate's allowance is the workbench's. */
export function missingNeeds({rowCount, hasLog}: Pick<StepContext, 'rowCount' | 'hasLog'>): ReadonlySet<string> {
	return new Set([...(rowCount === 0 ? [A_ROW] : []), ...(rowCount === 0 || !hasLog ? [A_POD] : [])]);
}

/** Opens an address: as a jump, so that `[` leads back. */
export function openPlace(before: UiState, place: Place): Step {
	const state = visit(before, from => goTo(from, {...place, context: place.context ?? from.context}));
	const step = stay({...state, at: place.at, message: undefined});
	const actions: Action[] = [];
	if (place.context !== undefined && place.context !== before.context) actions.push({kind: 'switchContext', context: place.context});
	if (place.at !== before.at) actions.push({kind: place.at === undefined ? 'resume' : 'pause'});
	return withLoads(before, {...step, actions});
}

function stay(state: UiState): Step {
	return {state, actions: []};
}

function say(state: UiState, text: string): Step {
	return stay({...state, message: {text, severity: 'warn'}});
}

function ask(state: UiState, kind: 'quit' | 'suspend' | 'redraw' | 'retry'): Step {
	return {state, actions: [{kind}]};
}

/** Adds what the detail pane needs when a step changed what it is about. */
function withLoads(before: UiState, {state, actions}: Step): Step {
	const old = listOf(before).detail;
	const detail = listOf(state).detail;
	if (detail === undefined) return {state, actions: old === undefined ? actions : [...actions, {kind: 'unload'}]};
	if (old?.kind === detail.kind && old.key === detail.key && old.isPrevious === detail.isPrevious && before.tab === state.tab) return {state, actions};
	return {state, actions: [...actions, {kind: 'load', detail: detail.kind, key: detail.key, isPrevious: detail.isPrevious}]};
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
		default:
			return showsLines(state) ? stay(state) : stepRows(state, list, command, context);
	}
}

/** Commands that need a tab with rows. */
function stepRows(state: UiState, list: ListState, command: CommandId, context: StepContext): Step {
	switch (command) {
		case 'list.enter':
			return stay(enter(state, context));
		case 'list.filter':
			return stay({...state, overlay: {kind: 'filter', field: fieldOf(list.filter), before: list.filter}});
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
			return stay(
				withList(state, withDetail(list, list.detail && {...list.detail, isPrevious: !list.detail.isPrevious, isFollowing: list.detail.isPrevious, scroll: 0})),
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

/** One step back, as Esc takes it; undefined at the root. */
function stepBack(state: UiState): UiState | undefined {
	const list = listOf(state);
	if (list.focus === 'chart') return withList(state, {...list, focus: 'detail'});
	if (list.focus === 'detail') return withList(state, closeDetail(list));
	if (list.filter !== '') return withList(state, setFilter(list, ''));
	if (list.detail !== undefined) return withList(state, closeDetail(list));
	if (list.isZoomed) return withList(state, {...list, isZoomed: false});
	return goBack(state);
}

function closeDetail(list: ListState): ListState {
	return {...list, detail: undefined, focus: 'list', isZoomed: false};
}

function after<T>(all: readonly T[], current: T | undefined): T | undefined {
	return all[(all.indexOf(current as T) + 1) % all.length];
}

function neighbourTab(tab: TabId, by: number): TabId | undefined {
	const numbered = TABS.filter(({number}) => number !== undefined);
	const at = numbered.findIndex(({id}) => id === tab);
	return numbered[at === -1 ? 0 : (at + by + numbered.length) % numbered.length]?.id;
}

function openTab(state: UiState, tab: TabId | undefined): UiState {
	return tab === undefined || tab === state.tab ? state : visit(state, from => ({...from, tab}));
}

function openNamespace(state: UiState, namespace: string | undefined): UiState {
	return namespace === state.namespace ? state : visit(state, from => withList({...from, namespace}, awaitSelection(listOf(from))));
}

function setFilter(list: ListState, filter: string): ListState {
	return filter === list.filter ? list : awaitSelection({...list, filter});
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

/** Opens the pane, or shows something else in it, and goes there: `j` scrolls it, Tab goes back to the list, Esc closes it. */
function openDetail(state: UiState, kind: DetailKind, context: StepContext): UiState {
	const list = listOf(state);
	const at = selectedIndexIn(list, context);
	// A pane that is open keeps its object, even one that has gone: its events and its log may be all that is left.
	const key = list.focus === 'list' || list.detail === undefined ? context.keyAt(at) : list.detail.key;
	if (key === undefined) return state;
	const isSame = list.detail?.kind === kind && list.detail.key === key;
	const selected = list.focus === 'list' ? select(list, at, context) : list;
	const detail = isSame ? list.detail! : {kind, key, scroll: 0, column: 0, isFollowing: kind === 'logs', isPrevious: false};
	return withList(state, {...selected, detail, focus: 'detail'});
}

/** An open pane goes with the selection. */
function follow(list: ListState): ListState {
	const {key} = cursorOf(list);
	if (list.detail === undefined || key === undefined || list.detail.key === key) return list;
	return {...list, detail: {...list.detail, key, scroll: 0, column: 0, isFollowing: list.detail.kind === 'logs', isPrevious: false}};
}

function withDetail(list: ListState, detail: DetailState | undefined): ListState {
	return detail === list.detail ? list : {...list, detail};
}

function focusNeighbour(list: ListState, by: number, {hasChart}: StepContext): ListState {
	if (list.detail === undefined) return list;
	const panes: readonly PaneId[] = hasChart ? ['list', 'detail', 'chart'] : ['list', 'detail'];
	const at = Math.max(0, panes.indexOf(list.focus));
	return {...list, focus: panes[(at + by + panes.length) % panes.length]!};
}

type PaneContext = Pick<StepContext, 'paneLines' | 'panePageSize'>;

/** Scrolls the pane that shows lines: the detail pane, or the whole of a tab like the API's. */
function stepLines(state: UiState, list: ListState, command: CommandId, context: StepContext): ListState {
	const by = linesOf(command, context);
	if (showsLines(state)) return scrollLines(list, by, context);
	if (list.detail === undefined || list.focus === 'chart') return list;
	if (command === 'detail.left' || command === 'detail.right') {
		// The other kinds are wrapped to the width of the pane.
		if (list.detail.kind !== 'yaml' && list.detail.kind !== 'logs') return list;
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

function lastScroll({paneLines, panePageSize}: PaneContext): number {
	return Math.max(0, paneLines - Math.max(1, panePageSize));
}

/** Scrolling up stops following a log; reaching its end by hand starts it again. */
function scrollDetail(detail: DetailState, by: number, context: PaneContext): DetailState {
	const last = lastScroll(context);
	const from = detail.isFollowing ? last : Math.min(detail.scroll, last);
	const scroll = Math.min(Math.max(0, from + by), last);
	const isFollowing = detail.kind === 'logs' && (by === 0 ? detail.isFollowing : by > 0 && scroll === last && !detail.isPrevious);
	return scroll === detail.scroll && isFollowing === detail.isFollowing ? detail : {...detail, scroll, isFollowing};
}

function scrollLines(list: ListState, by: number, context: PaneContext): ListState {
	const cursor = cursorOf(list);
	const top = Math.min(Math.max(0, cursor.top + by), lastScroll(context));
	return top === cursor.top ? list : withCursor(list, {...cursor, top});
}

type OverlayOf<Kind extends Overlay['kind']> = Extract<Overlay, {readonly kind: Kind}>;
type FieldOverlay = OverlayOf<'palette' | 'filter' | 'pick' | 'ask'>;

function stepOverlay(state: UiState, overlay: Overlay, command: CommandId, context: StepContext): Step {
	if (command === 'app.quit') return ask(state, 'quit');
	if (command === 'app.suspend') return ask(state, 'suspend');
	if (command === 'app.redraw') return ask(state, 'redraw');
	switch (overlay.kind) {
		case 'help':
			return stay({...state, overlay: stepHelp(overlay, command, context)});
		case 'confirm':
			if (command === 'confirm.yes') return {state: {...state, overlay: undefined}, actions: [{kind: 'confirmed', command: overlay.command}]};
			return stay(command === 'confirm.no' ? {...state, overlay: undefined} : state);
		default:
			return stepField(state, overlay, command, context);
	}
}

function stepHelp(overlay: OverlayOf<'help'>, command: CommandId, {helpLines, helpPageSize}: StepContext): Overlay | undefined {
	const scroll = (by: number): Overlay => ({...overlay, scroll: Math.min(Math.max(0, overlay.scroll + by), Math.max(0, helpLines - helpPageSize))});
	switch (command) {
		case 'help.close':
			return undefined;
		case 'help.down':
			return scroll(1);
		case 'help.up':
			return scroll(-1);
		case 'help.pageDown':
			return scroll(helpPageSize);
		case 'help.pageUp':
			return scroll(-helpPageSize);
		case 'help.top':
			return scroll(-helpLines);
		case 'help.bottom':
			return scroll(helpLines);
		default:
			return overlay;
	}
}

const FIELD_EDITS: Readonly<Partial<Record<CommandId, FieldEdit>>> = {
	'field.backspace': 'backspace',
	'field.delete': 'delete',
	'field.left': 'left',
	'field.right': 'right',
	'field.home': 'home',
	'field.end': 'end',
	'field.clear': 'clear',
	'field.deleteWord': 'deleteWord',
};

function stepField(state: UiState, overlay: FieldOverlay, command: CommandId, context: StepContext): Step {
	if (command === 'field.accept') return accept(state, overlay, context);
	if (command === 'field.cancel' || (command === 'field.backspace' && overlay.field.text === '')) return stay(cancel(state, overlay));
	if (command === 'field.complete') return stay(complete(state, overlay, context));
	if (command === 'field.down' || command === 'field.up') return stay(moveChoice(state, overlay, command === 'field.down' ? 1 : -1, context));
	const edit = FIELD_EDITS[command];
	return stay(edit === undefined ? state : withField(state, overlay, editField(overlay.field, edit)));
}

/** What is written into the filter counts at once. */
function withField(state: UiState, overlay: FieldOverlay, field: TextField): UiState {
	if (overlay.kind === 'filter') return withList({...state, overlay: {...overlay, field}}, setFilter(listOf(state), field.text));
	return {...state, overlay: overlay.kind === 'pick' ? {...overlay, field, index: field.text === overlay.field.text ? overlay.index : 0} : {...overlay, field}};
}

function cancel(state: UiState, overlay: FieldOverlay): UiState {
	const closed = {...state, overlay: undefined};
	return overlay.kind === 'filter' ? withList(closed, setFilter(listOf(state), overlay.before)) : closed;
}

function moveChoice(state: UiState, overlay: FieldOverlay, by: number, context: StepContext): UiState {
	if (overlay.kind === 'filter') return withList(state, follow(stepList(listOf(state), by > 0 ? 'list.next' : 'list.previous', context)));
	if (overlay.kind === 'palette' || overlay.kind === 'ask') return state;
	const count = choicesOf(overlay, context).length;
	return {...state, overlay: {...overlay, index: Math.min(Math.max(0, overlay.index + by), Math.max(0, count - 1))}};
}

/** Writes as much as all names that begin like the field have in common. */
function complete(state: UiState, overlay: FieldOverlay, context: StepContext): UiState {
	if (overlay.kind === 'filter' || overlay.kind === 'ask') return state;
	const names = choicesOf(overlay.kind === 'palette' ? {of: 'palette', field: overlay.field} : overlay, context).map(({value}) => value);
	const starting = names.filter(name => name.startsWith(overlay.field.text));
	const [first] = starting;
	if (first === undefined) return state;
	let common = first;
	for (const name of starting) while (!name.startsWith(common)) common = common.slice(0, -1);
	return common.length > overlay.field.text.length ? withField(state, overlay, fieldOf(common)) : state;
}

function accept(state: UiState, overlay: FieldOverlay, context: StepContext): Step {
	const closed: UiState = {...state, overlay: undefined};
	switch (overlay.kind) {
		case 'filter':
			return stay(closed);
		case 'pick': {
			const choice = choicesOf(overlay, context)[overlay.index];
			if (choice === undefined)
				return say(state, overlay.of === 'sort' ? `there is no column "${overlay.field.text}"` : `"${overlay.field.text}" cannot be the name of a namespace`);
			if (overlay.of === 'namespace') return stay(openNamespace(closed, choice.value === '' ? undefined : choice.value));
			return stay(withList(closed, {...listOf(state), sort: {column: choice.value, isReversed: false}}));
		}
		case 'ask':
			return {state: closed, actions: [{kind: 'asked', for: overlay.for, text: overlay.field.text.trim()}]};
		case 'palette':
			return obey(state, closed, overlay.field.text.trim(), context);
	}
}

/** The palette takes exact names: tabs, namespaces, addresses; and `q`, which hands know. */
function obey(open: UiState, closed: UiState, text: string, context: StepContext): Step {
	if (text === '') return stay(closed);
	if (text === 'q' || text === 'quit') return ask(closed, 'quit');
	const tab = tabIdOf(text);
	if (tab !== undefined) return stay(openTab(closed, tab));
	if (/[/?]/.test(text)) {
		const place = parseAddress(text);
		return place.ok ? openPlace(closed, place.value) : say(open, place.error);
	}
	if (context.namespaces.includes(text)) return stay(openNamespace(closed, text));
	return say(open, `nothing is called "${text}": say a tab (${TABS.map(({id}) => id).join(', ')}), a namespace, or an address`);
}
