import {plot} from 'asciichart';
import type {Tone} from '../theme/tone.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {Line, Span} from './line.ts';
import {lineOf, span} from './line-tools.ts';
import {clockText} from './status-bar.ts';
import {displayWidth, fitText} from './text-width.ts';

/** A value that the chart is held against: a request, a limit. */
export type Reference = {readonly label: string; readonly value: number; readonly tone: Tone};

export type ChartInput = {
	readonly title: string;
	/** Sample times, oldest first, and a value each; NaN or an infinity where there was none. */
	readonly times: ArrayLike<number>;
	readonly values: ArrayLike<number>;
	readonly references: readonly Reference[];
	/** How a value is written. */
	format(value: number): string;
	readonly width: number;
	/** Lines in all: title, chart, time axis. */
	readonly height: number;
};

/** Cells that asciichart puts before the line: the label (in one), and the axis. */
const OFFSET = 2;
/** A reference this many times above the highest sample is told, not drawn: it would press the line flat. */
const REFERENCE_REACH = 4;

/** A chart of the last samples, one column each, from 0 up; dotted lines at the references. */
export function chartLines({title, times, values, references, format, width, height}: ChartInput): readonly Line[] {
	const rows = height - 2;
	const samples = Array.from(values, value => (Number.isFinite(value) ? value : undefined));
	const known = samples.filter(value => value !== undefined);
	const heading = headingOf(title, known.at(-1), references, format);
	if (known.length === 0) return [heading, lineOf('no sample yet', 'muted')];
	if (rows < 2 || width < 16) return [heading];

	const highest = Math.max(...known.slice(-width));
	const drawn = references.filter(({value}) => Number.isFinite(value) && value > 0 && value <= Math.max(highest, 0) * REFERENCE_REACH);
	const largest = Math.max(highest, ...drawn.map(({value}) => value));
	// Nothing but zeros (or next to nothing) still needs a scale that can be divided by.
	const most = largest > 1e-300 ? largest : 1;
	const labels = Array.from({length: rows}, (_, row) => format(((rows - 1 - row) * most) / (rows - 1)));
	const labelWidth = Math.max(...labels.map(displayWidth), 2);
	const columns = Math.max(1, width - labelWidth - 1);
	const shown = samples.slice(-columns);
	const series = filled(shown);
	const scale = (rows - 1) / most;
	// Scaled to whole rows here, so that asciichart has nothing to divide; it asks for the labels from the top down.
	const text = plot(
		series.map(value => Math.min(rows - 1, Math.max(0, value * scale))),
		{height: rows - 1, min: 0, max: rows - 1, offset: OFFSET, format: (_value: number, row: number) => fitText(labels[row] ?? '', labelWidth, 'right')},
	);
	const grid = text.split('\n').map(line => Array.from(line));
	const ruled = new Map(drawn.map(reference => [rows - 1 - Math.round(reference.value * scale), reference] as const));
	const lines = grid.map((cells, row): Line => plotLine(cells, labelWidth, columns, shown, ruled.get(row)));
	const first = times[times.length - shown.length];
	const last = times[times.length - 1];
	return [heading, ...lines, axisLine(first, last, labelWidth + 1, Math.min(columns, shown.length))];
}

function headingOf(title: string, latest: number | undefined, references: readonly Reference[], format: (value: number) => string): Line {
	return [
		span(title, 'title'),
		span(`  ${latest === undefined ? '–' : format(latest)}`),
		...references.map(({label, value, tone}): Span => span(`   ┄ ${label} ${Number.isFinite(value) ? format(value) : '–'}`, tone)),
	];
}

/** Gaps take the value before them, since asciichart cannot draw nothing; they are wiped out afterwards. */
function filled(samples: ReadonlyArray<number | undefined>): readonly number[] {
	let before = samples.find(value => value !== undefined) ?? 0;
	return samples.map(value => {
		before = value ?? before;
		return before;
	});
}

function plotLine(
	cells: readonly string[],
	labelWidth: number,
	columns: number,
	samples: ReadonlyArray<number | undefined>,
	reference: Reference | undefined,
): Line {
	const axis = cells.slice(0, labelWidth + 1).join('');
	const spans: Span[] = [span(axis, 'muted')];
	let run = '';
	let tone: Tone = 'accent';
	const flush = (): void => {
		if (run !== '') spans.push(span(run, tone));
		run = '';
	};
	for (let column = 0; column < columns; column++) {
		// asciichart draws what lies between two samples, so the cell after a sample belongs to the next one.
		const isGap = column < samples.length && (samples[column] === undefined || (column + 1 < samples.length && samples[column + 1] === undefined));
		const drawn = isGap ? ' ' : (cells[labelWidth + 1 + column] ?? ' ');
		const next: Tone = drawn === ' ' && reference !== undefined ? reference.tone : 'accent';
		if (next !== tone) flush();
		tone = next;
		run += drawn === ' ' && reference !== undefined ? '┄' : drawn;
	}
	flush();
	return spans;
}

function axisLine(first: number | undefined, last: number | undefined, indent: number, width: number): Line {
	const from = first === undefined ? '' : clockText(first as EpochMs).slice(0, 8);
	const to = last === undefined ? '' : clockText(last as EpochMs);
	const space = ' '.repeat(Math.max(2, width - from.length - to.length));
	return lineOf(`${' '.repeat(indent)}${from === '' || from === to.slice(0, 8) ? '' : `${from}${space}`}${to}`, 'muted');
}
