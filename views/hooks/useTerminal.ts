import {useApp} from 'ink';
import {useLayoutEffect} from 'react';
import type {Canvas, WorkbenchHandle} from '../../src/workbench/handle.ts';

/** Hands the terminal's hooks to the workbench for as long as the screen is drawn. */
export function useTerminal({attach}: Pick<WorkbenchHandle, 'attach'>, {painter, lend}: Canvas): void {
	const {exit, suspendTerminal} = useApp();
	useLayoutEffect(
		() =>
			attach({
				exit,
				suspend: async meanwhile => {
					await suspendTerminal(() => lend(meanwhile)); // Ink lets go of the keys, the terminal of the screen
					painter.repaint();
				},
				redraw: painter.repaint,
			}),
		[attach, exit, suspendTerminal, lend, painter],
	);
}
