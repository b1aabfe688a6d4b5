import type {CommandId} from '../keymap/commands.ts';
import {parseAddress} from './address.ts';
import {choicesOf} from './choices.ts';
import {openNamespace, openPlace, openTab, setFilter} from './navigate.ts';
import {ask, type Step, type StepContext, say, stay} from './step.ts';
import {stepList} from './step-list.ts';
import {follow} from './step-pane.ts';
import {searchFor, stepSearch} from './step-search.ts';
import {TABS, tabIdOf} from './tabs.ts';
import {editField, type FieldEdit, fieldOf, type TextField} from './text-field.ts';
import {cursorOf, listOf, type Overlay, type UiState, withCursor, withList} from './ui-state.ts';

type OverlayOf<Kind extends Overlay['kind']> = Extract<Overlay, {readonly kind: Kind}>;
type FieldOverlay = OverlayOf<'palette' | 'filter' | 'search' | 'pick' | 'ask'>;

/** A command while something lies over the panes. */
export function stepOverlay(state: UiState, overlay: Overlay, command: CommandId, context: StepContext): Step {
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

/** What is written into the filter, or searched for, counts at once. */
export function withField(state: UiState, overlay: FieldOverlay, field: TextField): UiState {
	if (overlay.kind === 'filter') return withList({...state, overlay: {...overlay, field}}, setFilter(listOf(state), field.text));
	if (overlay.kind === 'search') return withList({...state, overlay: {...overlay, field}}, searchFor(listOf(state), field.text));
	return {...state, overlay: overlay.kind === 'pick' ? {...overlay, field, index: field.text === overlay.field.text ? overlay.index : 0} : {...overlay, field}};
}

function cancel(state: UiState, overlay: FieldOverlay): UiState {
	const closed = {...state, overlay: undefined};
	const list = listOf(state);
	switch (overlay.kind) {
		case 'filter':
			return withList(closed, setFilter(list, overlay.before));
		case 'search': {
			const {search, detail, top} = overlay.before;
			return withList(closed, {...withCursor(list, {...cursorOf(list), top}), search, detail});
		}
		default:
			return closed;
	}
}

function moveChoice(state: UiState, overlay: FieldOverlay, by: number, context: StepContext): UiState {
	if (overlay.kind === 'filter') return withList(state, follow(stepList(listOf(state), by > 0 ? 'list.next' : 'list.previous', context)));
	if (overlay.kind === 'search') return stepSearch(state, by, context);
	if (overlay.kind === 'palette' || overlay.kind === 'ask') return state;
	const count = choicesOf(overlay, context).length;
	return {...state, overlay: {...overlay, index: Math.min(Math.max(0, overlay.index + by), Math.max(0, count - 1))}};
}

/** Writes as much as all names that begin like the field have in common. */
function complete(state: UiState, overlay: FieldOverlay, context: StepContext): UiState {
	if (overlay.kind === 'filter' || overlay.kind === 'search' || overlay.kind === 'ask') return state;
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
		case 'search':
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
