import type {Chord} from '../../src/keymap/chord.ts';
import {builtinKeymap, commandFor} from '../../src/keymap/keymap.ts';
import type {Action, StepContext} from '../../src/state/step.ts';
import {stepText, stepUi} from '../../src/state/step-ui.ts';
import {scopesOf, type UiState} from '../../src/state/ui-state.ts';

const KEYMAP = builtinKeymap();

/** Presses chords one after the other, as the workbench does, without a gate. */
export function press(state: UiState, chords: readonly Chord[], context: StepContext): {readonly state: UiState; readonly actions: readonly Action[]} {
	const actions: Action[] = [];
	let now = state;
	for (const chord of chords) {
		const command = commandFor(KEYMAP, chord, scopesOf(now));
		const step = command === undefined ? stepText(now, chord) : stepUi(now, command.id, {...context, chord});
		now = step.state;
		actions.push(...step.actions);
	}
	return {state: now, actions};
}

/** `jjj` and `/web⏎` as chords. */
export function chords(text: string): readonly Chord[] {
	return Array.from(text, character => (character === '\r' ? 'enter' : character === ' ' ? 'space' : character));
}
