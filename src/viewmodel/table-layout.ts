import type {Line, Span} from './line.ts';
import {inTone} from './line-tools.ts';
import type {Column, Row, TableModel} from './table-model.ts';
import {displayWidth, fitText, truncateEnd, truncateMiddle} from './text-width.ts';

/** A column that is drawn, and how wide. */
export type PlacedColumn = {readonly index: number; readonly column: Column; readonly width: number};

export type TableLayout = {
	readonly columns: readonly PlacedColumn[];
	/** The column that a tree is drawn in: the first that names the row. */
	readonly treeColumn: number;
	/** Columns scrolled off to the left, and left out at the right. */
	readonly hiddenLeft: number;
	readonly hiddenRight: number;
	readonly width: number;
	/** Widths that the columns' texts have asked for so far, by column; handed in again so that columns do not jump. */
	readonly wanted: WantedWidths;
};

/** Grows only: a column that was wide once stays so until the view or the window changes. */
export type WantedWidths = Readonly<Record<string, number>>;

export const NO_WIDTHS: WantedWidths = {};

const GAP = 2;
/** `▸ ` before a row. */
const MARKER = 2;
/** At the right, so that a table and what stands beside it do not touch. */
const MARGIN = 1;
/** Names keep this share of the table before a column of lower priority is left out; other texts this share of their own width. */
const NAME_SHARE = 0.34;
const TEXT_SHARE = 0.6;
/** The sign of the sorted column. */
const HEADER_MARK = 1;

/**
 * Which columns are drawn, and how wide, for the rows on the screen.
 *
 * Texts ask for width; names give up some of theirs first, then columns go, the highest priority number first, then
 * what is left gives up the rest. With `columnOffset` the columns that may go are scrolled instead: those that do not
 * fit are left out at the right.
 */
export function layoutTable(
	table: Pick<TableModel, 'columns' | 'sort'>,
	visible: readonly Row[],
	{width, isWide, columnOffset, wanted}: {readonly width: number; readonly isWide: boolean; readonly columnOffset: number; readonly wanted: WantedWidths},
): TableLayout {
	const candidates = table.columns.map((column, index) => ({column, index})).filter(({column}) => isWide || column.wideOnly !== true);
	const treeColumn = treeColumnOf(table.columns);
	const grown: Record<string, number> = {...wanted};
	let hasGrown = false;
	for (const {column, index} of candidates) {
		const most = column.maxWidth ?? Number.POSITIVE_INFINITY;
		let size = Math.max(column.minWidth, displayWidth(column.title) + (table.sort.column === column.id ? HEADER_MARK : 0), grown[column.id] ?? 0);
		for (const row of visible) {
			const cell = row.cells[index];
			if (cell !== undefined) size = Math.max(size, displayWidth(cell.text) + (index === treeColumn ? prefixWidth(row) : 0));
		}
		size = Math.min(size, Math.max(most, displayWidth(column.title)));
		if (size !== grown[column.id]) {
			grown[column.id] = size;
			hasGrown = true;
		}
	}
	const asked = candidates.map(({column, index}) => ({column, index, width: grown[column.id]!}));
	const pinned = asked.filter(({column}) => column.priority === 0);
	const movable = asked.filter(({column}) => column.priority !== 0);
	const hiddenLeft = Math.min(columnOffset, Math.max(0, movable.length - 1));
	const room = width - MARKER - MARGIN;
	const offered = hiddenLeft === 0 ? asked : [...pinned, ...movable.slice(hiddenLeft)].sort((left, right) => left.index - right.index);
	const kept = hiddenLeft === 0 ? byPriority(offered, room) : inOrder(offered, room);
	const columns = squeeze(kept, room);
	return {columns, treeColumn, hiddenLeft, hiddenRight: offered.length - columns.length, width, wanted: hasGrown ? grown : wanted};
}

/** The layout from before, where the next one places everything in the same way: lines that were drawn by it are good still. */
export function keepLayout(before: TableLayout | undefined, next: TableLayout): TableLayout {
	const isSame =
		before !== undefined &&
		before.width === next.width &&
		before.treeColumn === next.treeColumn &&
		before.hiddenLeft === next.hiddenLeft &&
		before.hiddenRight === next.hiddenRight &&
		before.wanted === next.wanted &&
		before.columns.length === next.columns.length &&
		before.columns.every(({column, width}, place) => column === next.columns[place]!.column && width === next.columns[place]!.width);
	return isSame ? before : next;
}

/** Columns that can be scrolled away. */
export function movableColumns(table: Pick<TableModel, 'columns'>, isWide: boolean): number {
	return table.columns.filter(({priority, wideOnly}) => priority !== 0 && (isWide || wideOnly !== true)).length;
}

function treeColumnOf(columns: readonly Column[]): number {
	return Math.max(
		0,
		columns.findIndex(({priority}) => priority === 0),
	);
}

function prefixWidth(row: Row): number {
	return row.depth === undefined && row.fold === undefined ? 0 : (row.depth ?? 0) * 2 + 2;
}

function total(columns: readonly PlacedColumn[], widthOf: (column: PlacedColumn) => number): number {
	return columns.reduce((sum, column) => sum + widthOf(column), 0) + GAP * Math.max(0, columns.length - 1);
}

/** Texts may be cut; numbers may not. A column at the right that has a greatest width holds more than a number (`12 (5m ago)`). */
function isElastic({column}: PlacedColumn): boolean {
	return column.align === 'left' || column.maxWidth !== undefined;
}

/** What a column insists on while others may still go. */
function softWidth(placed: PlacedColumn, room: number): number {
	if (!isElastic(placed)) return placed.width;
	if (placed.column.align === 'right') return Math.min(placed.width, placed.column.minWidth);
	const share = isName(placed.column) ? Math.floor(room * NAME_SHARE) : Math.ceil(placed.width * TEXT_SHARE);
	return Math.min(placed.width, Math.max(placed.column.minWidth, share));
}

function byPriority(columns: readonly PlacedColumn[], room: number): readonly PlacedColumn[] {
	let kept = columns;
	while (total(kept, placed => softWidth(placed, room)) > room) {
		// Of columns that matter equally the rightmost goes.
		const least = kept.reduce<PlacedColumn | undefined>(
			(worst, each) => (each.column.priority > 0 && each.column.priority >= (worst?.column.priority ?? 0) ? each : worst),
			undefined,
		);
		if (least === undefined) break;
		kept = kept.filter(each => each !== least);
	}
	return kept;
}

function inOrder(columns: readonly PlacedColumn[], room: number): readonly PlacedColumn[] {
	let kept = columns;
	while (total(kept, placed => softWidth(placed, room)) > room) {
		const last = kept.findLast(({column}) => column.priority !== 0);
		if (last === undefined || kept.filter(({column}) => column.priority !== 0).length === 1) break;
		kept = kept.filter(each => each !== last);
	}
	return kept;
}

/** Takes what is too much from texts, the least important first, a cell at a time: down to what they insist on, then to their minimum, then from everything. */
function squeeze(columns: readonly PlacedColumn[], room: number): readonly PlacedColumn[] {
	const widths = columns.map(({width}) => width);
	let excess = total(columns, ({width}) => width) - room;
	const floors: ReadonlyArray<(placed: PlacedColumn) => number> = [
		placed => softWidth(placed, room),
		placed => (isElastic(placed) ? placed.column.minWidth : placed.width),
		() => 1,
	];
	for (const floorOf of floors) {
		while (excess > 0) {
			let from = -1;
			for (const [index, placed] of columns.entries()) {
				if (widths[index]! <= floorOf(placed)) continue;
				const before = columns[from];
				const importance = placed.column.priority - (before?.column.priority ?? -1);
				if (before === undefined || importance > 0 || (importance === 0 && widths[index]! > widths[from]!)) from = index;
			}
			if (from === -1) break;
			widths[from]!--;
			excess--;
		}
	}
	return columns.map((placed, index) => (widths[index] === placed.width ? placed : {...placed, width: widths[index]!}));
}

/** The titles; the column that sorts has `▼` (largest first) or `▲`. */
export function renderHeader(layout: TableLayout, sort: TableModel['sort']): Line {
	const line: Span[] = [{text: ' '.repeat(MARKER), tone: 'muted'}];
	for (const [place, {column, width}] of layout.columns.entries()) {
		const isSorted = sort.column === column.id;
		const title = isSorted ? `${truncateEnd(column.title, width - HEADER_MARK)}${sort.descending ? '▼' : '▲'}` : column.title;
		if (place > 0) line.push({text: ' '.repeat(GAP), tone: 'muted'});
		line.push({text: fitText(title, width, column.align), tone: isSorted ? 'title' : 'muted'});
	}
	return line;
}

/** How a row stands out: the bar under the cursor, or its shadow while another pane has the keys. */
export type RowLook = 'plain' | 'selected' | 'shadow';

/** One row, as wide as the layout. The selected one is marked with `▸`, so that it shows without colour too. */
export function renderRow(row: Row, layout: TableLayout, look: RowLook): Line {
	const line: Span[] = [{text: look === 'plain' ? '  ' : '▸ ', tone: 'plain'}];
	let used = MARKER;
	for (const [place, {column, index, width}] of layout.columns.entries()) {
		if (place > 0) line.push({text: ' '.repeat(GAP), tone: 'plain'});
		const cell = row.cells[index];
		const prefix = index === layout.treeColumn ? prefixOf(row) : '';
		const text = cell?.text ?? '';
		const room = Math.max(0, width - displayWidth(prefix));
		const cut = cutTo(text, column, room);
		line.push({text: fitText(prefix + cut, width, column.align), tone: cell?.tone ?? 'plain'});
		used += width + (place > 0 ? GAP : 0);
	}
	if (used < layout.width) line.push({text: ' '.repeat(layout.width - used), tone: 'plain'});
	if (look === 'plain') return line;
	return inTone(line, look === 'selected' ? 'selected' : 'title');
}

/** Names keep their end, where they differ; what stands behind a number goes as a whole; other texts lose their end. */
function cutTo(text: string, column: Column, width: number): string {
	if (isName(column)) return truncateMiddle(text, width);
	const space = text.indexOf(' ');
	if (column.align === 'right' && space !== -1 && space <= width && displayWidth(text) > width) return text.slice(0, space);
	return truncateEnd(text, width);
}

function isName(column: Column): boolean {
	return column.align === 'left' && column.priority === 0 && column.isSentence !== true;
}

function prefixOf(row: Row): string {
	if (row.depth === undefined && row.fold === undefined) return '';
	return `${'  '.repeat(row.depth ?? 0)}${row.fold === 'open' ? '▾ ' : row.fold === 'closed' ? '▹ ' : '  '}`;
}
