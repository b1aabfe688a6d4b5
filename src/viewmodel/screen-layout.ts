import {listOf, type PaneId, showsLines, type UiState} from '../state/ui-state.ts';
import type {Line} from './line.ts';
import {lineOf, lineWidth, wrapText} from './line-tools.ts';

/** Columns and rows of the window. */
export type Size = {readonly columns: number; readonly rows: number};

/** A part of the screen, in cells from the top left corner. */
export type Rect = {readonly x: number; readonly y: number; readonly width: number; readonly height: number};

/** Where everything goes. A pane that is not drawn has no rectangle. */
export type ScreenLayout = {
	/** Between the two lines at the top and the one at the bottom. */
	readonly body: Rect;
	readonly list: Rect | undefined;
	readonly detail: Rect | undefined;
	readonly chart: Rect | undefined;
	/** Rows of the table that fit below its title, notes and header. */
	readonly listPageSize: number;
	/** Lines of the detail pane (or of a tab that shows lines) that fit below its title. */
	readonly panePageSize: number;
	readonly helpPageSize: number;
	/** What is inside a pane: columns for its text, and lines. A pane that is not drawn has none. */
	readonly detailSize: Size;
	readonly chartSize: Size;
};

/** Columns left free at the left of a pane's text, as the rows of a list have their mark there. */
export const PANE_INDENT = 2;

/** Less than this is not drawn into. */
export const SMALLEST: Size = {columns: 60, rows: 15};

/** From here on list and details stand side by side. */
const SIDE_BY_SIDE_COLUMNS = 140;
/** Below this the pane with the keys has the body alone. */
const SPLIT_ROWS = 14;
/** From here on the chart has a place of its own below the details. */
const CHART_ROWS = 34;

export const TOP_LINES = 2;
export const BOTTOM_LINES = 1;
const TITLE_LINES = 1;
const HEADER_LINES = 1;

/** Is the window too small to draw into? */
export function isTooSmall({columns, rows}: Size): boolean {
	return columns < SMALLEST.columns || rows < SMALLEST.rows;
}

/** Fewer rows than this, and notes take one line, so that rows keep most of the list. */
const LOW_LIST = 12;
const MOST_NOTES = 3;
/** Lines beyond one a note, for notes that are longer than the list is wide. */
const SPARE_LINES = 3;

/** Notes of a table as they are drawn: what is too long is wrapped, the first notes first, and cut only where there is no room. */
export function noteLines(notes: readonly Line[], {width, height}: Pick<Rect, 'width' | 'height'>): readonly Line[] {
	const isLow = height < LOW_LIST;
	let spare = isLow ? 0 : SPARE_LINES;
	return notes.slice(0, isLow ? 1 : MOST_NOTES).flatMap(note => {
		const room = Math.max(1, width - PANE_INDENT);
		const [first] = note;
		if (first === undefined || note.length > 1 || lineWidth(note) <= room) return [note];
		const lines = wrapText(first.text, room);
		const whole = Math.min(lines.length - 1, spare);
		spare -= whole;
		return [...lines.slice(0, whole), lines.slice(whole).join(' ')].map(text => lineOf(text, first.tone));
	});
}

/**
 * Divides the screen.
 *
 * @param notes Of the table.
 * @param hasChart Is there a chart of the selected object?
 */
export function layoutOf(ui: UiState, {columns, rows}: Size, {notes, hasChart}: {readonly notes: readonly Line[]; readonly hasChart: boolean}): ScreenLayout {
	const body: Rect = {x: 0, y: TOP_LINES, width: columns, height: Math.max(0, rows - TOP_LINES - BOTTOM_LINES)};
	const {list, detail, chart} = panesOf(ui, body, hasChart);
	const pageOf = (rect: Rect | undefined): number => Math.max(1, (rect?.height ?? body.height) - TITLE_LINES);
	return {
		body,
		list,
		detail,
		chart,
		listPageSize: list === undefined ? 1 : Math.max(1, list.height - TITLE_LINES - HEADER_LINES - noteLines(notes, list).length),
		panePageSize: showsLines(ui) ? pageOf(body) : pageOf(detail),
		helpPageSize: pageOf(body),
		detailSize: insideOf(showsLines(ui) ? body : detail),
		chartSize: insideOf(chart),
	};
}

/** One column stays free at the right, so that texts of panes side by side do not touch. */
function insideOf(rect: Rect | undefined): Size {
	return rect === undefined ? {columns: 0, rows: 0} : {columns: Math.max(0, rect.width - PANE_INDENT - 1), rows: Math.max(0, rect.height - TITLE_LINES)};
}

type Panes = {readonly list: Rect | undefined; readonly detail: Rect | undefined; readonly chart: Rect | undefined};

const NO_PANES: Panes = {list: undefined, detail: undefined, chart: undefined};

function panesOf(ui: UiState, body: Rect, hasChart: boolean): Panes {
	const list = listOf(ui);
	if (showsLines(ui)) return NO_PANES;
	if (list.detail === undefined) return {...NO_PANES, list: body};
	const focus: PaneId = list.focus === 'chart' && !hasChart ? 'detail' : list.focus;
	const isSideBySide = body.width >= SIDE_BY_SIDE_COLUMNS;
	if (list.isZoomed || (!isSideBySide && body.height < SPLIT_ROWS)) return {...NO_PANES, [focus]: body};

	if (isSideBySide) {
		const listWidth = Math.floor((body.width - 1) * 0.52);
		const right: Rect = {x: listWidth + 1, y: body.y, width: body.width - listWidth - 1, height: body.height};
		return {list: {...body, width: listWidth}, ...withChart(right, focus, hasChart)};
	}
	const listHeight = Math.max(6, Math.floor(body.height * 0.45));
	return {list: {...body, height: listHeight}, ...withChart({...body, y: body.y + listHeight, height: body.height - listHeight}, focus, hasChart)};
}

/** The chart below the details where there is room, else in their place while it has the keys. */
function withChart(rect: Rect, focus: PaneId, hasChart: boolean): Pick<Panes, 'detail' | 'chart'> {
	if (!hasChart) return {detail: rect, chart: undefined};
	if (rect.height < CHART_ROWS) return focus === 'chart' ? {detail: undefined, chart: rect} : {detail: rect, chart: undefined};
	const height = Math.min(18, Math.floor(rect.height * 0.4));
	return {detail: {...rect, height: rect.height - height}, chart: {...rect, y: rect.y + rect.height - height, height}};
}
