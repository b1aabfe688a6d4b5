import {render} from 'ink';
import type {WorkbenchHandle} from '../src/workbench/handle.ts';
import {App} from './App.tsx';

/** Draws the workbench with Ink. A chunk of its own: nothing of it is loaded before the first rows are painted. */
export async function drawScreen(workbench: WorkbenchHandle, stdout: NodeJS.WriteStream): Promise<void> {
	const instance = render(<App workbench={workbench} />, {
		stdout,
		alternateScreen: true,
		incrementalRendering: true,
		maxFps: 60,
		exitOnCtrlC: false,
		patchConsole: false,
		interactive: true,
	});
	await instance.waitUntilExit();
}
