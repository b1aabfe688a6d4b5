import {builtinKeymap, commandFor} from '../../src/keymap/keymap.ts';
import {gate} from '../../src/keymap/gate.ts';
import type {Action, Step} from '../../src/state/step.ts';
import {missingNeeds, pasteText, settleUi, stepText, stepUi} from '../../src/state/step-ui.ts';
import {listOf, scopesOf} from '../../src/state/ui-state.ts';
import {themeNamed} from '../../src/theme/theme.ts';
import {type ScreenInput, screenOf} from '../../src/viewmodel/screen.ts';
import {stepContextOf} from '../../src/viewmodel/step-context.ts';
import type {Row} from '../../src/viewmodel/table-model.ts';
import type {TerminalHooks, WorkbenchHandle} from '../../src/workbench/handle.ts';
import {FREE, inputOf, tableOf} from '../viewmodel/screen-fixture.ts';

export type FakeWorkbench = WorkbenchHandle & {
	/** New data: other rows, another status. */
	change(rest: Partial<ScreenInput>): void;
	setRows(rows: readonly Row[]): void;
	readonly input: () => ScreenInput;
	readonly actions: readonly Action[];
	readonly failures: readonly Error[];
	readonly hooks: () => TerminalHooks | undefined;
};

const KEYMAP = builtinKeymap();

/** A workbench over rows in memory: the way of a key through gate and reducers, and the composition of screens, are the real ones. */
export function createFakeWorkbench(start: Partial<ScreenInput> & {readonly allRows: readonly Row[]}): FakeWorkbench {
	let {allRows} = start;
	let input = inputOf({...start});
	const listeners = new Set<() => void>();
	const actions: Action[] = [];
	const failures: Error[] = [];
	let hooks: TerminalHooks | undefined;

	/** The rows under filter and namespace, as a tab's view model gives them. */
	const filtered = (): ScreenInput => {
		const {filter} = listOf(input.ui);
		const rows = allRows.filter(({key}) => key.includes(filter) && (input.ui.namespace === undefined || key.startsWith(`${input.ui.namespace}/`)));
		return {
			...input,
			table: tableOf(rows, {total: allRows.length, shown: rows.length}),
			allowance: {...FREE, missing: missingNeeds({rowCount: rows.length, hasLog: true})},
		};
	};
	const compose = (): ReturnType<typeof screenOf> => {
		input = filtered();
		input = {...input, ui: settleUi(input.ui, stepContextOf(input, ''))};
		const screen = screenOf(input);
		input = {...input, drawn: screen.drawn};
		return screen;
	};
	let screen = compose();
	const publish = (): void => {
		screen = compose();
		for (const listener of listeners) listener();
	};
	const take = ({state, actions: asked}: Step): void => {
		actions.push(...asked);
		input = filtered();
		input = {...input, ui: state};
		publish();
	};

	return {
		theme: themeNamed('mono'),
		getScreen: () => screen,
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		press(chord) {
			const command = commandFor(KEYMAP, chord, scopesOf(input.ui));
			if (command === undefined) return take(stepText(input.ui, chord));
			const ruling = gate(command, input.allowance);
			if (ruling.kind === 'refuse') return take({state: {...input.ui, message: {text: ruling.because, severity: 'warn'}}, actions: []});
			take(stepUi(input.ui, command.id, stepContextOf(input, chord)));
		},
		paste: text => take(pasteText(input.ui, text)),
		resize(size) {
			if (size.columns === input.size.columns && size.rows === input.size.rows) return;
			input = {...input, size};
			publish();
		},
		attach(terminal) {
			hooks = terminal;
			return () => {
				hooks = undefined;
			};
		},
		failed: error => void failures.push(error),
		change(rest) {
			input = {...input, ...rest};
			publish();
		},
		setRows(rows) {
			allRows = rows;
			publish();
		},
		input: () => input,
		actions,
		failures,
		hooks: () => hooks,
	};
}
