import type {TableModel} from './table-model.ts';
import {displayWidth, fitText} from './text-width.ts';

const GAP = '   ';

/**
 * A table's rows as text, aligned like kubectl's: titles, then a line a row, columns no wider than needed.
 *
 * @param isLeftOut Columns that say nothing in a text that stands still, by id.
 * @returns Lines without trailing spaces.
 */
export function tableText({columns, rows}: Pick<TableModel, 'columns' | 'rows'>, isLeftOut: (id: string) => boolean): readonly string[] {
	const kept = columns.map((column, index) => ({column, index})).filter(({column}) => !isLeftOut(column.id));
	const cells = Array.from({length: rows.length}, (_, index) => rows.at(index)!.cells);
	const widths = kept.map(({column, index}) => cells.reduce((width, row) => Math.max(width, displayWidth(row[index]!.text)), displayWidth(column.title)));
	const lineOf = (texts: readonly string[]): string =>
		texts
			.map((text, at) => fitText(text, widths[at]!, kept[at]!.column.align))
			.join(GAP)
			.trimEnd();
	return [lineOf(kept.map(({column}) => column.title)), ...cells.map(row => lineOf(kept.map(({index}) => row[index]!.text || '–')))];
}
