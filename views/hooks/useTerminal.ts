import {useApp} from 'ink';
import {useEffect} from 'react';
import type {WorkbenchHandle} from '../../src/workbench/handle.ts';

/** Hands the terminal's hooks to the workbench for as long as the screen is drawn. */
export function useTerminal({attach}: Pick<WorkbenchHandle, 'attach'>): void {
	const {exit, suspendTerminal} = useApp();
	useEffect(
		() =>
			attach({
				exit,
				suspend: meanwhile => suspendTerminal(meanwhile),
				// Coming back from a suspension writes every line; there is no shorter way to make Ink do so.
				redraw: () => suspendTerminal(() => Promise.resolve()),
			}),
		[attach, exit, suspendTerminal],
	);
}
