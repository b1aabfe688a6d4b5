import {useInput, usePaste} from 'ink';
import {chordsOf} from '../../src/keymap/chord.ts';
import type {WorkbenchHandle} from '../../src/workbench/handle.ts';

/** The only place that listens to the terminal. */
export function useCommands({press, paste}: Pick<WorkbenchHandle, 'press' | 'paste'>): void {
	useInput((input, key) => {
		for (const chord of chordsOf(input, key)) press(chord); // one read may hold several keys
	});
	usePaste(paste);
}
