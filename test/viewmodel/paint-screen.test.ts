import {Terminal} from '@xterm/headless';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {themeNamed} from '../../src/theme/theme.ts';
import type {Tone} from '../../src/theme/tone.ts';
import type {Line} from '../../src/viewmodel/line.ts';
import {createPainter, paintScreen} from '../../src/viewmodel/paint-screen.ts';
import {type ScreenModel, screenOf} from '../../src/viewmodel/screen.ts';
import type {Size} from '../../src/viewmodel/screen-layout.ts';
import {inputOf} from './screen-fixture.ts';

const SIZES: readonly Size[] = [
	{columns: 12, rows: 4},
	{columns: 20, rows: 6},
];
const EMPTY = screenOf(inputOf());

/** What a terminal shows after some output: characters and looks, cell by cell, and the cursor. */
async function cellsOf(outputs: readonly {readonly size: Size; readonly text: string}[]): Promise<readonly string[]> {
	const terminal = new Terminal({cols: 80, rows: 24, allowProposedApi: true});
	for (const {size, text} of outputs) {
		terminal.resize(size.columns, size.rows);
		await new Promise<void>(resolve => terminal.write(text, resolve));
	}
	const {active} = terminal.buffer;
	const lines = Array.from({length: terminal.rows}, (_, y) =>
		Array.from({length: terminal.cols}, (_cell, x) => {
			const cell = active.getLine(active.viewportY + y)!.getCell(x)!;
			const look = `${cell.isBold() ? 'b' : ''}${cell.isDim() ? 'd' : ''}${cell.isInverse() ? 'i' : ''}${cell.isFgDefault() ? '' : `c${cell.getFgColor()}`}`;
			// A blank that was never written and a written space look the same.
			return `${cell.getChars() || ' '}${look}`;
		}).join(''),
	);
	terminal.dispose();
	return lines;
}

const span = fc.record({text: fc.constantFrom('web', '中文', 'e\u0301', ' ', '✓ ok'), tone: fc.constantFrom<Tone>('plain', 'warn', 'muted')});
const line: fc.Arbitrary<Line> = fc.array(span, {maxLength: 3});
const screenAt = (size: Size): fc.Arbitrary<ScreenModel> =>
	fc
		.record({
			lines: fc.array(line, {minLength: size.rows, maxLength: size.rows}),
			cursor: fc.option(fc.record({x: fc.nat(size.columns - 1), y: fc.nat(size.rows - 1)}), {nil: undefined}),
		})
		.map(parts => ({...EMPTY, ...parts, size}));
const screens = fc.array(fc.constantFrom(...SIZES).chain(screenAt), {minLength: 1, maxLength: 6});

describe('painting what differs', () => {
	test('shows the same as painting the last screen whole, in every theme and after every resize', async () => {
		await fc.assert(
			fc.asyncProperty(screens, fc.constantFrom('colour', 'mono', 'bare'), async (models, name) => {
				const theme = themeNamed(name);
				const outputs = models.map((model, index) => ({size: model.size, text: paintScreen(model, theme, models[index - 1])}));
				const last = models.at(-1)!;
				expect(await cellsOf(outputs)).toEqual(await cellsOf([{size: last.size, text: `\x1b[2J${paintScreen(last, theme)}`}]));
			}),
			{numRuns: 150},
		);
	});

	test('writes nothing for the same screen, and one line for one line', () => {
		const theme = themeNamed('bare');
		const screen = EMPTY;
		expect(paintScreen({...screen}, theme, screen)).toBe('');
		const other = {...screen, lines: screen.lines.with(3, [{text: 'changed', tone: 'plain'}])};
		expect(paintScreen(other, theme, screen)).toBe('\x1b[?2026h\x1b[4;1Hchanged\x1b[K\x1b[?25l\x1b[?2026l');
	});
});

test('a painter that was told that others wrote writes all of the screen again', () => {
	const written: string[] = [];
	const painter = createPainter(text => written.push(text), themeNamed('bare'));
	painter.repaint();
	expect(written).toEqual([]);
	painter.paint(EMPTY);
	painter.paint({...EMPTY});
	painter.repaint();
	expect(written).toHaveLength(2);
	expect(written[1]).toBe(`\x1b[2J${written[0]}`);
});
