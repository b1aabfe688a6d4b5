import {Box, Text} from 'ink';
import {memo, type ReactElement} from 'react';
import type {Theme} from '../../src/theme/theme.ts';
import type {Line} from '../../src/viewmodel/line.ts';
import {paintLine} from '../../src/viewmodel/paint-screen.ts';

type Props = {
	readonly lines: readonly Line[];
	readonly width: number;
	readonly theme: Theme;
};

/**
 * Lines, one `<Text>` each. The text goes in as it was painted: a flat string is the cheapest thing to lay out, and
 * what Ink draws is then what the early painter wrote. Nothing is clipped, since every line has the width of the
 * window already, and Ink reads each line once more to clip it.
 */
export function Lines({lines, width, theme}: Props): ReactElement {
	return (
		<Box flexDirection="column" width={width} height={lines.length}>
			{lines.map((line, row) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a line of the screen is its place
				<PaintedLine key={row} text={paintLine(line, theme).trimEnd()} />
			))}
		</Box>
	);
}

/** Drawn again only when its text is another one. An empty text would have no height. */
const PaintedLine = memo(function PaintedLine({text}: {readonly text: string}): ReactElement {
	return <Text wrap="truncate">{text === '' ? ' ' : text}</Text>;
});
