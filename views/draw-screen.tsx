import {render} from 'ink';
import type {Canvas, WorkbenchHandle} from '../src/workbench/handle.ts';
import {App} from './App.tsx';

/**
 * Holds the screen with Ink until somebody leaves it. A chunk of its own: nothing of it is loaded before the first rows are painted.
 *
 * @param stdout Ink's own. The second screen is entered already, and is not Ink's to leave.
 */
export async function drawScreen(workbench: WorkbenchHandle, canvas: Canvas, stdout: NodeJS.WriteStream): Promise<void> {
	const instance = render(<App workbench={workbench} canvas={canvas} />, {stdout, exitOnCtrlC: false, patchConsole: false, interactive: true});
	await instance.waitUntilExit();
}
