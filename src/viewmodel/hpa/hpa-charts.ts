import type {HpaRecord} from '../../observe/hpa-fold.ts';
import type {Tone} from '../../theme/tone.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';
import {chartLines} from '../chart.ts';
import type {Line, Span} from '../line.ts';
import {lineOf, span} from '../line-tools.ts';
import {clockText} from '../status-bar.ts';
import {fitText} from '../text-width.ts';
import {ratioShort} from './hpa-words.ts';

/** Ratio with its band above, current, desired and raw count below, one column a pass that changed the status. */
export function hpaChartLines(key: string, {points}: HpaRecord, width: number, height: number): readonly Line[] {
	const above = Math.ceil(height / 2);
	const last = points.at(-1);
	return [
		...chartLines({
			title: `ratio of ${key}`,
			times: points.map(({at}) => at),
			values: points.map(({ratio}) => ratio ?? Number.NaN),
			references:
				last === undefined
					? []
					: [
							{label: 'up above', value: last.high, tone: 'warn'},
							{label: 'down below', value: last.low, tone: 'muted'},
						],
			format: ratioShort,
			width,
			height: above,
		}),
		...replicaChart(points, width, height - above),
	];
}

type Series = {readonly label: string; readonly mark: string; readonly tone: Tone; of(point: HpaRecord['points'][number]): number | null};

/** Later ones are drawn over earlier ones. */
const SERIES: readonly Series[] = [
	{label: 'asked for', mark: '·', tone: 'warn', of: ({raw}) => raw},
	{label: 'desired', mark: '─', tone: 'accent', of: ({desired}) => desired},
	{label: 'current', mark: '━', tone: 'good', of: ({current}) => current},
];

function replicaChart(points: HpaRecord['points'], width: number, height: number): readonly Line[] {
	const rows = height - 2;
	const heading: Line = [span('replicas', 'title'), ...SERIES.toReversed().map(({label, mark, tone}): Span => span(`   ${mark}${mark} ${label}`, tone))];
	if (rows < 2 || width < 16 || points.length === 0) return [heading];
	const most = Math.max(1, ...points.slice(-width).flatMap(point => SERIES.map(({of}) => of(point) ?? 0)));
	// A count that several rows share stands at the first of them.
	const counts = Array.from({length: rows}, (_, row) => Math.round(((rows - 1 - row) * most) / (rows - 1)));
	const labels = counts.map((count, row) => (count === counts[row - 1] ? '' : String(count)));
	const labelWidth = Math.max(...labels.map(({length}) => length));
	const columns = Math.max(1, width - labelWidth - 2);
	const shown = points.slice(-columns);
	const grid = Array.from({length: rows}, () => new Array<Series | undefined>(shown.length).fill(undefined));
	for (const series of SERIES) {
		for (const [column, point] of shown.entries()) {
			const value = series.of(point);
			if (value !== null) grid[rows - 1 - Math.round((value * (rows - 1)) / most)]![column] = series;
		}
	}
	const first = clockText(shown[0]!.at as EpochMs).slice(0, 8);
	const end = clockText(shown.at(-1)!.at as EpochMs);
	return [
		heading,
		...grid.map((cells, row): Line => [span(`${fitText(labels[row]!, labelWidth, 'right')} ┤`, 'muted'), ...runs(cells)]),
		lineOf(`${' '.repeat(labelWidth + 2)}${first}${' '.repeat(Math.max(2, shown.length - first.length - end.length))}${end}`, 'muted'),
	];
}

function runs(cells: ReadonlyArray<Series | undefined>): readonly Span[] {
	const spans: Span[] = [];
	for (const cell of cells) {
		const text = cell?.mark ?? ' ';
		const tone = cell?.tone ?? 'plain';
		const last = spans.at(-1);
		if (last?.tone === tone) spans[spans.length - 1] = span(last.text + text, tone);
		else spans.push(span(text, tone));
	}
	return spans;
}
