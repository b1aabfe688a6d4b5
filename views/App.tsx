import {useApp, useWindowSize} from 'ink';
import {type ReactElement, useLayoutEffect, useState} from 'react';
import type {Canvas, WorkbenchHandle} from '../src/workbench/handle.ts';
import {ErrorBoundary} from './components/ErrorBoundary.tsx';
import {useCommands} from './hooks/useCommands.ts';
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

	// A frame is none of React's business, which would take longer to hear of it than it takes to draw; only what breaks is.
	const [fault, setFault] = useState<{readonly error: unknown}>();
	if (fault !== undefined) throw fault.error;
	const {subscribe, getScreen} = workbench;
	useLayoutEffect(() => {
		const paint = (): void => {
			try {
				const screen = getScreen();
				// Until the workbench has heard of another window: a screen that is too tall would be written over its own last line.
				if (screen.size.columns === columns && screen.size.rows === rows) painter.paint(screen);
			} catch (error) {
				setFault({error});
			}
		};
		paint();
		return subscribe(paint);
	}, [painter, subscribe, getScreen, columns, rows]);
	return null;
}
