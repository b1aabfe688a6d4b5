import {labelOf} from '../keymap/chord.ts';
import {A_RECORDING, type CommandId, type KnownCommand} from '../keymap/commands.ts';
import {type Allowance, gate} from '../keymap/gate.ts';
import {commandFor, type Keymap} from '../keymap/keymap.ts';
import {tabOf} from '../state/tabs.ts';
import {hasPaneTheKeys, isPaused, listOf, scopesOf, type UiState} from '../state/ui-state.ts';
import type {Line, Span} from './line.ts';
import {fitLine, lineWidth, span} from './line-tools.ts';

/** These are never left out: how to learn more, and how to get out. */
const ALWAYS: ReadonlySet<CommandId> = new Set<CommandId>(['app.help', 'app.back', 'app.leave', 'help.close', 'field.cancel', 'confirm.no']);

/** The keys that work here and now, innermost scope first, as many as fit. What the gate would refuse is not offered. */
export function footer(ui: UiState, keymap: Keymap, allowance: Allowance, width: number): Line {
	const scopes = scopesOf(ui);
	const offered = scopes.flatMap(scope =>
		keymap.commands.filter(command => {
			const [chord] = command.chords;
			if (command.scope !== scope || command.footer === undefined || chord === undefined) return false;
			// A chord that an inner scope has taken is not this command's here.
			return commandFor(keymap, chord, scopes) === command && gate(command, allowance).kind !== 'refuse' && isUseful(command.id, ui);
		}),
	);
	// Who looks at a recording moves in its time: those keys come right after the first.
	const rankOf = (command: KnownCommand): number => (command.scope !== 'workbench' ? 0 : command.needs === A_RECORDING || command.id === 'time.pause' ? 1 : 2);
	const inOrder = allowance.isReplay ? offered.toSorted((one, other) => rankOf(one) - rankOf(other)) : offered;
	const hints = inOrder.map(command => ({isKept: ALWAYS.has(command.id), line: hintOf(command, ui)}));
	let room = width - 1 - hints.filter(({isKept}) => isKept).reduce((sum, {line}) => sum + lineWidth(line), 0);
	const shown = hints.filter(({isKept, line}) => {
		if (isKept) return true;
		room -= lineWidth(line);
		return room >= 0;
	});
	return fitLine([span(' '), ...shown.flatMap(({line}) => line)], width);
}

function hintOf(command: KnownCommand, ui: UiState): readonly Span[] {
	return [span(labelOf(command.chords[0]!), 'key'), span(` ${footerLabel(command, ui)}  `, 'muted')];
}

function footerLabel(command: KnownCommand, ui: UiState): string {
	switch (command.id) {
		case 'time.pause':
			return isPaused(ui) ? 'go on' : 'pause';
		case 'list.filter':
			return hasPaneTheKeys(ui) ? 'search' : 'filter';
		case 'logs.follow':
			return listOf(ui).detail?.isFollowing === true ? 'stop following' : 'follow';
		case 'logs.previous':
			return listOf(ui).detail?.isPrevious === true ? 'current' : 'previous';
		default:
			return command.footer!;
	}
}

/** Keys that would do nothing are not shown. */
function isUseful(id: CommandId, ui: UiState): boolean {
	const list = listOf(ui);
	const hasRows = list.view !== undefined;
	switch (id) {
		case 'pane.next':
		case 'pane.zoom':
			return list.detail !== undefined;
		case 'pane.nextMatch':
			return list.search !== undefined;
		case 'app.back':
			return !isAtRoot(ui);
		case 'app.leave':
			return isAtRoot(ui);
		case 'list.filter':
			return hasRows || hasPaneTheKeys(ui);
		case 'list.view':
		case 'list.sort':
		case 'list.wide':
		case 'namespace.pick':
			return hasRows;
		case 'list.sums':
			return tabOf(ui.tab).sums.length > 0;
		default:
			return true;
	}
}

/** Is there no step back, so that `q` leaves the program? */
function isAtRoot(ui: UiState): boolean {
	const {focus, filter, detail, search, isZoomed} = listOf(ui);
	return focus === 'list' && filter === '' && detail === undefined && search === undefined && !isZoomed && ui.back.length === 0;
}
