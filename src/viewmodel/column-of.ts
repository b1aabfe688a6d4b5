import type {Column} from './table-model.ts';

/** Where a column stands: its narrowest and widest, and how soon it goes where there is no room (0 last). */
export type ColumnPlace = {readonly min: number; readonly max?: number; readonly priority: number; readonly wideOnly?: true};

/** A column that can be sorted by, never narrower than its title. */
export function columnOf(id: string, title: string, align: Column['align'], {min, max, priority, wideOnly}: ColumnPlace): Column {
	return {
		id,
		title,
		align,
		minWidth: Math.max(min, title.length),
		...(max === undefined ? {} : {maxWidth: Math.max(max, title.length)}),
		priority,
		...(wideOnly === undefined ? {} : {wideOnly}),
		sortable: true,
	};
}
