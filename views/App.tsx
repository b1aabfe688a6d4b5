import {useApp, useCursor, useWindowSize} from 'ink';
import {type ReactElement, useLayoutEffect} from 'react';
import type {WorkbenchHandle} from '../src/workbench/handle.ts';
import {ErrorBoundary} from './components/ErrorBoundary.tsx';
import {Lines} from './components/Lines.tsx';
import {useCommands} from './hooks/useCommands.ts';
import {useScreen} from './hooks/useScreen.ts';
import {useTerminal} from './hooks/useTerminal.ts';

type Props = {readonly workbench: WorkbenchHandle};

/** The whole program on the screen. */
export function App({workbench}: Props): ReactElement {
	const {exit} = useApp();
	return (
		<ErrorBoundary
			onError={error => {
				workbench.failed(error);
				exit(error);
			}}
		>
			<Screen workbench={workbench} />
		</ErrorBoundary>
	);
}

/** The only component that asks for the window size and for keys. What it draws was composed by the workbench. */
function Screen({workbench}: Props): ReactElement {
	const {columns, rows} = useWindowSize();
	const {resize, theme} = workbench;
	useLayoutEffect(() => resize({columns, rows}), [resize, columns, rows]);
	useCommands(workbench);
	useTerminal(workbench);

	const screen = useScreen(workbench);
	const {setCursorPosition} = useCursor();
	setCursorPosition(screen.cursor);
	// Until the workbench has heard of a smaller window: a frame that is too tall would scroll the picture away.
	return <Lines lines={screen.lines.length > rows ? screen.lines.slice(0, rows) : screen.lines} width={screen.size.columns} theme={theme} />;
}
