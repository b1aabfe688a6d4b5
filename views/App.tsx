import {useApp, useWindowSize} from 'ink';
import {type ReactElement, useLayoutEffect} from 'react';
import type {Canvas, WorkbenchHandle} from '../src/workbench/handle.ts';
import {ErrorBoundary} from './components/ErrorBoundary.tsx';
import {useCommands} from './hooks/useCommands.ts';
import {useScreen} from './hooks/useScreen.ts';
import {useTerminal} from './hooks/useTerminal.ts';

type Props = {readonly workbench: WorkbenchHandle; readonly canvas: Canvas};

/** The whole program on the screen. */
export function App({workbench, canvas}: Props): ReactElement {
	const {exit} = useApp();
	return (
		<ErrorBoundary
			onError={error => {
				workbench.failed(error);
				exit(error);
			}}
		>
			<Screen workbench={workbench} canvas={canvas} />
		</ErrorBoundary>
	);
}

/**
 * The only component that asks for the window size and for keys. What is on the screen was composed by the workbench and is
 * written by the painter, line by line where it differs; Ink, which would compose it once more cell by cell, is given nothing to draw.
 */
function Screen({workbench, canvas}: Props): null {
	const {columns, rows} = useWindowSize();
	const {resize} = workbench;
	const {painter} = canvas;
	useLayoutEffect(() => resize({columns, rows}), [resize, columns, rows]);
	useCommands(workbench);
	useTerminal(workbench, canvas);

	const screen = useScreen(workbench);
	const isOfThisWindow = screen.size.columns === columns && screen.size.rows === rows;
	useLayoutEffect(() => {
		// Until the workbench has heard of another window: a screen that is too tall would be written over its own last line.
		if (isOfThisWindow) painter.paint(screen);
	}, [painter, screen, isOfThisWindow]);
	return null;
}
