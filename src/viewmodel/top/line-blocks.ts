import type {Tone} from '../../theme/tone.ts';
import type {Line, Span} from '../line.ts';
import {span, wrapText} from '../line-tools.ts';
import type {Cell} from '../table-model.ts';
import {displayWidth, fitText} from '../text-width.ts';

/** A heading over what follows. */
export function heading(text: string): readonly Line[] {
	return [[], [span(text, 'title')]];
}

/** `  name  value`, names in one column. */
export function fields(pairs: ReadonlyArray<readonly [name: string, value: Cell]>): readonly Line[] {
	const width = Math.max(0, ...pairs.map(([name]) => displayWidth(name)));
	return pairs.map(([name, {text, tone}]) => [span(`  ${fitText(name, width)}  `, 'muted'), span(text, tone)]);
}

/** A small table: titles, and rows of cells below them; numbers to the right. */
export function grid(
	titles: ReadonlyArray<{readonly title: string; readonly align?: 'left' | 'right'}>,
	rows: ReadonlyArray<readonly Cell[]>,
): readonly Line[] {
	const widths = titles.map(({title}, column) => Math.max(displayWidth(title), ...rows.map(row => displayWidth(row[column]?.text ?? ''))));
	const inColumn = (text: string, column: number): string => fitText(text, widths[column]!, titles[column]!.align ?? 'left');
	const spaced = (spans: readonly Span[]): Line => spans.flatMap(each => [span('  '), each]);
	return [
		spaced(titles.map(({title}, column) => span(inColumn(title, column), 'muted'))),
		...rows.map(row => spaced(titles.map((_, column) => span(inColumn(row[column]?.text ?? '', column), row[column]?.tone ?? 'plain')))),
	];
}

/** A long text below a heading, indented. */
export function paragraph(text: string, width: number, tone: Tone, indent = 2): readonly Line[] {
	return wrapText(text, Math.max(10, width - indent)).map(line => [span(`${' '.repeat(indent)}${line}`, tone)]);
}
