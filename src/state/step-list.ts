import type {CommandId} from '../keymap/commands.ts';
import {isTreeView} from './tabs.ts';
import {type Cursor, cursorOf, type ListState, withCursor} from './ui-state.ts';

/** The rows a list moves over: in their order, filtered, as many as there are. */
export type RowsContext = {
	readonly rowCount: number;
	keyAt(index: number): string | undefined;
	/** -1 when the row is not there. */
	indexOf(key: string): number;
	/** In a tree: has children, and are they shown? */
	foldAt(index: number): 'open' | 'closed' | undefined;
	/** Rows on the screen at once. */
	readonly pageSize: number;
	/** Columns that can be scrolled. */
	readonly columnCount: number;
};

/** The selected row; -1 when there is none to select. Follows the key, and falls back to the old place. */
export function selectedIndexIn(list: ListState, rows: Pick<RowsContext, 'rowCount' | 'indexOf'>): number {
	const {key, index} = cursorOf(list);
	const found = key === undefined ? -1 : rows.indexOf(key);
	return found !== -1 ? found : Math.min(Math.max(0, index), rows.rowCount - 1);
}

/** What a list does with a command. Pure, so several keys in one read compose. Commands of others leave it as it is. */
export function stepList(list: ListState, command: CommandId, rows: RowsContext): ListState {
	const at = selectedIndexIn(list, rows);
	switch (command) {
		case 'list.next':
			return select(list, at + 1, rows);
		case 'list.previous':
			return select(list, at - 1, rows);
		case 'list.first':
			return select(list, 0, rows);
		case 'list.last':
			return select(list, rows.rowCount - 1, rows);
		case 'list.pageDown':
			return select(list, at + rows.pageSize, rows);
		case 'list.pageUp':
			return select(list, at - rows.pageSize, rows);
		case 'list.halfDown':
			return select(list, at + Math.ceil(rows.pageSize / 2), rows);
		case 'list.halfUp':
			return select(list, at - Math.ceil(rows.pageSize / 2), rows);
		case 'list.left':
			return isTree(list) && list.columnOffset === 0 ? fold(list, at, rows) : scrollColumns(list, -1, rows);
		case 'list.right':
			return isTree(list) && rows.foldAt(at) === 'closed' ? unfold(list, at, rows) : scrollColumns(list, 1, rows);
		default:
			return list;
	}
}

function isTree(list: ListState): boolean {
	return isTreeView(list.view) && list.sumBy === undefined;
}

/** Selects the row at an index, or the nearest there is, and scrolls as little as shows it. */
export function select(list: ListState, index: number, rows: RowsContext): ListState {
	if (rows.rowCount === 0) return list;
	const target = Math.min(Math.max(0, index), rows.rowCount - 1);
	return withCursor(list, scrolled({key: rows.keyAt(target), index: target, top: cursorOf(list).top, isAwaited: false}, rows));
}

function scrolled(cursor: Cursor, {rowCount, pageSize}: RowsContext): Cursor {
	const page = Math.max(1, pageSize);
	const lowest = Math.max(0, cursor.index - page + 1);
	const highest = Math.min(cursor.index, Math.max(0, rowCount - page));
	return {...cursor, top: Math.max(lowest, Math.min(cursor.top, highest))};
}

/** Folds the open row, or goes to the row that a closed one hangs under. */
function fold(list: ListState, at: number, rows: RowsContext): ListState {
	const key = rows.keyAt(at);
	if (key !== undefined && list.expanded.includes(key)) return {...list, expanded: list.expanded.filter(each => each !== key)};
	for (let above = at - 1; above >= 0 && rows.foldAt(at) === undefined; above--) if (rows.foldAt(above) === 'open') return select(list, above, rows);
	return list;
}

function unfold(list: ListState, at: number, rows: RowsContext): ListState {
	const key = rows.keyAt(at);
	return key === undefined || list.expanded.includes(key) ? list : {...list, expanded: [...list.expanded, key]};
}

/** Opens a closed row and closes an open one. */
export function toggleFold(list: ListState, at: number, rows: RowsContext): ListState {
	return rows.foldAt(at) === 'open' ? fold(list, at, rows) : unfold(list, at, rows);
}

function scrollColumns(list: ListState, by: number, {columnCount}: RowsContext): ListState {
	const columnOffset = Math.min(Math.max(0, list.columnOffset + by), Math.max(0, columnCount - 1));
	return columnOffset === list.columnOffset ? list : {...list, columnOffset};
}

/**
 * The list after its rows moved by themselves: the selection stays on its object and on the screen. Where the object is
 * gone for good, the row that has come to its place is selected. The same object when nothing moved.
 */
export function settleList(list: ListState, rows: RowsContext): ListState {
	const cursor = cursorOf(list);
	// An empty list says nothing of what will come: the next one may have the object again.
	if (rows.rowCount === 0) return cursor.key === undefined || cursor.isAwaited ? list : withCursor(list, {...cursor, isAwaited: true});
	const found = cursor.key === undefined ? -1 : rows.indexOf(cursor.key);
	const index = selectedIndexIn(list, rows);
	const settled: Cursor =
		found !== -1
			? {...cursor, index, isAwaited: false}
			: cursor.isAwaited || cursor.key === undefined
				? // The place that was fallen back to is kept as it was: more rows may be coming.
					cursor
				: {...cursor, key: rows.keyAt(index), index};
	const {top} = scrolled({...settled, index}, rows);
	const isSame = settled.key === cursor.key && settled.index === cursor.index && settled.isAwaited === cursor.isAwaited && top === cursor.top;
	return isSame ? list : withCursor(list, {...settled, top});
}

/** The list when another filter or another part of the cluster is shown: the selected object may be hidden and come back, and until then the first row is selected. */
export function awaitSelection(list: ListState): ListState {
	const cursor = cursorOf(list);
	return withCursor(list, {...cursor, index: 0, top: 0, isAwaited: true});
}
