/**
 * Makes a picture of a real run: starts kwb in a terminal, types, waits for a text, and writes the screen as SVG
 * (or, with --text, as plain text).
 *
 *   node scripts/node24.cjs scripts/screenshot.ts --out docs/screenshot.svg --size 120x36 --until 'live' --keys 'jj' -- top
 */
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {parseArgs} from 'node:util';
import xterm, {type IBufferCell} from '@xterm/headless';
import {runInTerminal} from '../bench/terminal-run.ts';

const CELL = {width: 8.4, height: 18, fontSize: 14};
const BACKGROUND = '#16181d';
const FOREGROUND = '#d6d9e0';
/** The sixteen named colours, in a quiet dark scheme. */
const PALETTE = [
	'#16181d',
	'#e06c75',
	'#8cc570',
	'#dfb35e',
	'#61a5ef',
	'#c27fd9',
	'#4fb8c4',
	'#d6d9e0',
	'#7a808c',
	'#ff7b86',
	'#a5d98a',
	'#f2c97d',
	'#82bdff',
	'#d79bea',
	'#6fd3de',
	'#ffffff',
] as const;

const {values: flags, positionals} = parseArgs({
	allowPositionals: true,
	options: {
		out: {type: 'string', default: 'docs/screenshot.svg'},
		size: {type: 'string', default: '120x36'},
		until: {type: 'string'},
		keys: {type: 'string', default: ''},
		settle: {type: 'string', default: '1500'},
		text: {type: 'boolean', default: false},
	},
});

const [columns = 120, rows = 36] = flags.size.split('x').map(Number);
const run = runInTerminal(path.resolve('bin/kwb.js'), positionals, {columns, rows});
if (flags.until !== undefined) await run.until(raw => raw.includes(flags.until!), 30_000);
for (const key of flags.keys) {
	run.type(key);
	await new Promise(resolve => setTimeout(resolve, 150));
}
await new Promise(resolve => setTimeout(resolve, Number(flags.settle)));
const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true});
for (const {text} of run.chunks) await new Promise<void>(resolve => terminal.write(text, resolve));
run.type('\u0003');
await Promise.race([run.exited, new Promise(resolve => setTimeout(resolve, 2000))]);
run.kill('SIGKILL');

const buffer = terminal.buffer.active;
const lines = Array.from({length: rows}, (_, row) => buffer.getLine(buffer.viewportY + row)!);
if (flags.text) {
	process.stdout.write(`${lines.map(line => line.translateToString(true)).join('\n')}\n`);
	process.exit(0);
}

type Style = {readonly fill: string; readonly background: string | undefined; readonly bold: boolean; readonly dim: boolean};

function styleOf(cell: IBufferCell): Style {
	const color = (isDefault: boolean, isRgb: boolean, value: number, otherwise: string): string =>
		isDefault ? otherwise : isRgb ? `#${value.toString(16).padStart(6, '0')}` : (PALETTE[value] ?? otherwise);
	const foreground = color(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor(), FOREGROUND);
	const background = cell.isBgDefault() ? undefined : color(false, cell.isBgRGB(), cell.getBgColor(), BACKGROUND);
	const inverse = cell.isInverse() !== 0;
	return {
		fill: inverse ? (background ?? BACKGROUND) : foreground,
		background: inverse ? foreground : background,
		bold: cell.isBold() !== 0,
		dim: cell.isDim() !== 0,
	};
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const shapes: string[] = [];
for (const [row, line] of lines.entries()) {
	let column = 0;
	while (column < columns) {
		const style = styleOf(line.getCell(column)!);
		const key = JSON.stringify(style);
		let text = '';
		const from = column;
		for (; column < columns; column++) {
			const cell = line.getCell(column)!;
			if (JSON.stringify(styleOf(cell)) !== key) break;
			text += cell.getWidth() === 0 ? '' : cell.getChars() || ' ';
		}
		const x = (from * CELL.width).toFixed(1);
		const width = ((column - from) * CELL.width).toFixed(1);
		if (style.background !== undefined)
			shapes.push(`<rect x="${x}" y="${row * CELL.height}" width="${width}" height="${CELL.height}" fill="${style.background}"/>`);
		if (text.trim() === '') continue;
		const weight = style.bold ? ' font-weight="bold"' : '';
		const opacity = style.dim ? ' opacity="0.6"' : '';
		shapes.push(
			`<text x="${x}" y="${row * CELL.height + 13}" textLength="${width}" lengthAdjust="spacingAndGlyphs" fill="${style.fill}"${weight}${opacity}>${escaped(text)}</text>`,
		);
	}
}

const width = columns * CELL.width + 24;
const height = rows * CELL.height + 24;
writeFileSync(
	flags.out,
	`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="kwb on a real cluster" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="${CELL.fontSize}" xml:space="preserve"><rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/><g transform="translate(12 12)">${shapes.join('')}</g></svg>\n`,
);
