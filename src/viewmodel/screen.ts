import type {Allowance} from '../keymap/gate.ts';
import type {Keymap} from '../keymap/keymap.ts';
import {choicesOf, type NameContext} from '../state/choices.ts';
import {selectedIndexIn} from '../state/step-list.ts';
import type {TextField} from '../state/text-field.ts';
import {type Asked, cursorOf, type DetailState, listOf, type ListState, type Overlay, showsLines, type UiState} from '../state/ui-state.ts';
import type {View} from '../state/tabs.ts';
import type {Tone} from '../theme/tone.ts';
import {emptyTable} from './empty-table.ts';
import {footer} from './footer.ts';
import {helpLines} from './help.ts';
import type {Line, Span} from './line.ts';
import {fitLine, inTone, isSameLine, lineOf, lineWidth, span, spread} from './line-tools.ts';
import {contentPane, paneOf, paneTitle} from './pane.ts';
import type {PaneContent} from './pane-content.ts';
import {isTooSmall, layoutOf, noteLines, type Rect, type ScreenLayout, type Size, SMALLEST} from './screen-layout.ts';
import {countText, statusBar, type StatusInput} from './status-bar.ts';
import {tabBar} from './tab-bar.ts';
import {keepLayout, layoutTable, NO_WIDTHS, renderHeader, renderRow, type RowLook, type TableLayout} from './table-layout.ts';
import type {Row, TableModel} from './table-model.ts';
import {displayWidth, sliceColumns, truncateEnd} from './text-width.ts';

/** All that the screen is made of. What belongs to a pane that is not open need not be computed. */
export type ScreenInput = {
	readonly ui: UiState;
	readonly size: Size;
	readonly keymap: Keymap;
	readonly allowance: Allowance;
	readonly status: StatusInput;
	/** Rows of the open tab; undefined in a tab that shows lines. */
	readonly table: TableModel | undefined;
	/** The open detail pane, or the whole of a tab that shows lines. */
	readonly detail: PaneContent | undefined;
	/** The chart of the detail pane's object; undefined: there is none to draw. */
	readonly chart: PaneContent | undefined;
	/** Names that pickers and the palette offer. */
	readonly names: Pick<NameContext, 'namespaces'>;
	/** `ScreenModel.drawn` of the screen before. */
	readonly drawn: DrawnTable | undefined;
};

/** The table as it was drawn: its widths, and its lines of rows that are still the same, can be used again as long as the view and the window stay. */
export type DrawnTable = {
	readonly of: string;
	readonly layout: TableLayout;
	readonly rows: ReadonlyMap<Row, {readonly look: RowLook; readonly line: Line}>;
};

/** The whole screen: what the early painter writes and Ink draws. */
export type ScreenModel = {
	readonly size: Size;
	/** As many as the window has rows, each as wide as the window. */
	readonly lines: readonly Line[];
	/** Where the terminal's cursor stands: in an open field; undefined: hidden. */
	readonly cursor: {readonly x: number; readonly y: number} | undefined;
	readonly layout: ScreenLayout;
	readonly drawn: DrawnTable | undefined;
};

/** The layout that `screenOf` will use: for those who fill panes and must know how wide. */
export function layoutFor({ui, size, table, chart}: Pick<ScreenInput, 'ui' | 'size' | 'table' | 'chart'>): ScreenLayout {
	return layoutOf(ui, size, {notes: table?.notes ?? [], hasChart: chart !== undefined});
}

/** Composes the screen. Pure: the same input gives the same lines. */
export function screenOf(input: ScreenInput): ScreenModel {
	const {ui, size, keymap, allowance, status} = input;
	const layout = layoutFor(input);
	if (isTooSmall(size)) return {size, lines: tooSmall(size), cursor: undefined, layout, drawn: input.drawn};

	const body = bodyOf(input, layout);
	const bottom = bottomLine(input);
	const lines = [
		tabBar(ui, status, size.columns),
		statusBar(status, ui.namespace, size.columns),
		...body.lines,
		bottom?.line ?? footer(ui, keymap, allowance, size.columns),
	];
	const cursor = bottom?.x === undefined ? body.cursor : {x: bottom.x, y: size.rows - 1};
	return {size, lines, cursor, layout, drawn: body.drawn};
}

/**
 * The screen to publish: the one before, when the next looks the same. Whoever draws compares screens by identity, and
 * drawing costs ten times what this does.
 */
export function keepScreen(before: ScreenModel | undefined, next: ScreenModel): ScreenModel {
	return before !== undefined && looksTheSame(before, next) ? before : next;
}

function looksTheSame(one: ScreenModel, other: ScreenModel): boolean {
	return (
		one.size.columns === other.size.columns &&
		one.lines.length === other.lines.length &&
		one.cursor?.x === other.cursor?.x &&
		one.cursor?.y === other.cursor?.y &&
		one.lines.every((line, row) => isSameLine(line, other.lines[row]!))
	);
}

function tooSmall({columns, rows}: Size): readonly Line[] {
	const text = `kwb needs ${SMALLEST.columns}×${SMALLEST.rows}, this is ${columns}×${rows}`;
	const middle = Math.floor((rows - 1) / 2);
	return Array.from({length: rows}, (_, row) => fitLine(row === middle ? lineOf(truncateEnd(text, columns), 'warn') : [], columns));
}

type Block = {readonly lines: readonly Line[]; readonly cursor?: ScreenModel['cursor']; readonly drawn: DrawnTable | undefined};

function bodyOf(input: ScreenInput, layout: ScreenLayout): Block {
	const {ui, table, detail, chart, drawn} = input;
	const {body} = layout;
	switch (ui.overlay?.kind) {
		case 'help': {
			const lines = helpLines(input.keymap, input.allowance, body.width);
			return {lines: filled(paneOf({title: 'Keys', scroll: ui.overlay.scroll, column: 0, isFocused: true}, lines, body), body), drawn};
		}
		case 'pick':
			return {...pickerOf(input, ui.overlay, body), drawn};
		default:
	}
	const list = listOf(ui);
	if (showsLines(ui))
		return {
			lines: filled(contentPane({title: 'API', scroll: cursorOf(list).top, column: 0, isFocused: true, search: list.search}, detail, body), body),
			drawn,
		};

	const parts: Array<{readonly rect: Rect; readonly lines: readonly Line[]}> = [];
	let next = drawn;
	if (layout.list !== undefined && table !== undefined) {
		const pane = listPane(input, table, layout.list, layout.listPageSize);
		next = pane.drawn;
		parts.push({rect: layout.list, lines: pane.lines});
	}
	if (layout.detail !== undefined && list.detail !== undefined) {
		const {scroll, column, key} = list.detail;
		const isFocused = list.focus === 'detail' || (list.focus === 'chart' && chart === undefined);
		const at = list.detail.isFollowing && detail?.kind === 'lines' ? Math.max(0, detail.lines.length - layout.panePageSize) : scroll;
		parts.push({
			rect: layout.detail,
			lines: contentPane({title: `${detailTitle(list.detail)} ${key}`, scroll: at, column, isFocused, search: list.search}, detail, layout.detail),
		});
	}
	if (layout.chart !== undefined)
		parts.push({
			rect: layout.chart,
			lines: contentPane({title: `Chart ${list.detail?.key ?? ''}`, scroll: 0, column: 0, isFocused: list.focus === 'chart'}, chart, layout.chart),
		});
	return {lines: stitched(parts, body), drawn: next};
}

/** Exactly as many lines as the rectangle is high, each as wide. */
function filled(lines: readonly Line[], {width, height}: Rect): readonly Line[] {
	return Array.from({length: height}, (_, row) => fitLine(lines[row] ?? [], width));
}

/** Puts panes side by side and below each other: the lines of the body. */
function stitched(parts: ReadonlyArray<{readonly rect: Rect; readonly lines: readonly Line[]}>, body: Rect): readonly Line[] {
	return Array.from({length: body.height}, (_, row) => {
		const y = body.y + row;
		const here = parts.filter(({rect}) => y >= rect.y && y < rect.y + rect.height).sort((left, right) => left.rect.x - right.rect.x);
		// Nothing beside it: the line itself, so that one that was drawn before is known again.
		if (here.length === 1 && here[0]!.rect.x === 0) return fitLine(here[0]!.lines[y - here[0]!.rect.y] ?? [], body.width);
		const line: Span[] = [];
		let x = 0;
		for (const {rect, lines} of here) {
			if (rect.x > x) line.push(span('│'.padStart(rect.x - x), 'muted'));
			line.push(...fitLine(lines[y - rect.y] ?? [], rect.width));
			x = rect.x + rect.width;
		}
		return fitLine(line, body.width);
	});
}

const DETAIL_TITLES: Readonly<Record<DetailState['kind'], string>> = {
	describe: 'Describe',
	yaml: 'YAML',
	events: 'Events',
	logs: 'Logs',
	related: 'Owner and related',
	explain: 'Explain',
};

function detailTitle({kind, isPrevious, isFollowing}: DetailState): string {
	if (kind !== 'logs') return DETAIL_TITLES[kind];
	return `Logs${isPrevious ? ' (previous)' : isFollowing ? ' (following)' : ''}`;
}

/** What the rows of a list are. */
const NOUNS: Readonly<Record<View, string>> = {
	nodes: 'nodes',
	pods: 'pods',
	containers: 'containers',
	tree: 'objects',
	autoscalers: 'autoscalers',
	trace: 'autoscalers',
	groups: 'pods',
};

/** Titles of views that are not called after their rows. */
const TITLES: Readonly<Partial<Record<View, string>>> = {tree: 'Tree', trace: 'Trace', groups: 'Pods as counted'};

export function nounOf(list: ListState): string {
	if (list.sumBy !== undefined) return list.sumBy === 'owner' ? 'owners' : `${list.sumBy}s`;
	return list.view === undefined ? 'objects' : NOUNS[list.view];
}

function listPane({ui, drawn}: ScreenInput, table: TableModel, rect: Rect, pageSize: number): {readonly lines: readonly Line[]; readonly drawn: DrawnTable} {
	const list = listOf(ui);
	const cursor = cursorOf(list);
	const of = `${ui.tab} ${list.view ?? ''} ${list.sumBy ?? ''} ${list.isWide} ${rect.width}`;
	const isFocused = list.focus === 'list';
	const top = Math.min(cursor.top, Math.max(0, table.rows.length - pageSize));
	const rows: Row[] = [];
	for (let index = top; index < Math.min(table.rows.length, top + pageSize); index++) {
		const row = table.rows.at(index);
		if (row !== undefined) rows.push(row);
	}
	const before = drawn?.of === of ? drawn : undefined;
	const layout = keepLayout(
		before?.layout,
		layoutTable(table, rows, {width: rect.width, isWide: list.isWide, columnOffset: list.columnOffset, wanted: before?.layout.wanted ?? NO_WIDTHS}),
	);
	const selected = selectedIndexIn(list, {rowCount: table.rows.length, indexOf: key => table.rows.indexOf(key)}) - top;
	// Columns that are out of sight, on either side: `→` brings them.
	const hidden = [...(layout.hiddenLeft === 0 ? [] : [`←${layout.hiddenLeft}`]), ...(layout.hiddenRight === 0 ? [] : [`${layout.hiddenRight}→`])].join(' ');
	const header = renderHeader(layout, table.sort);
	// Rows are the same objects while their texts are the same: of most of a screen nothing has to be drawn again.
	const known = before?.layout === layout ? before.rows : undefined;
	const drawnRows = new Map(
		rows.map((row, index) => {
			const look: RowLook = index === selected ? (isFocused ? 'selected' : 'shadow') : 'plain';
			const same = known?.get(row);
			return [row, same?.look === look ? same : {look, line: renderRow(row, layout, look)}] as const;
		}),
	);
	const body =
		rows.length === 0
			? [[], ...emptyTable(table, nounOf(list), {filter: list.filter, namespace: ui.namespace, within: list.within}).map(line => [span('  '), ...line])]
			: rows.map(row => drawnRows.get(row)!.line);
	return {
		lines: [
			paneTitle(listTitle(list, table), [hidden, position(table, selected + top)].filter(text => text !== '').join(' · '), rect.width, isFocused),
			...noteLines(table.notes, rect).map(line => fitLine([span('  '), ...line], rect.width)),
			header,
			...body,
		],
		drawn: {of, layout, rows: drawnRows},
	};
}

/** `Pods 46 of 10,000 · syncing 3,100 · in node node-1 · filter "web"`. */
function listTitle(list: ListState, table: TableModel): string {
	const noun = nounOf(list);
	const name = list.sumBy === undefined ? ((list.view && TITLES[list.view]) ?? `${noun[0]!.toUpperCase()}${noun.slice(1)}`) : `Sums by ${list.sumBy}`;
	const count = table.shown === table.total ? countText(table.total) : `${countText(table.shown)} of ${countText(table.total)}`;
	return [
		table.state.kind === 'ready' || table.state.kind === 'stale' || table.total > 0 ? `${name} ${count}` : name,
		...(table.state.kind === 'syncing' ? [`syncing ${countText(table.state.received)}`] : []),
		...(table.state.kind === 'stale' ? [`stale: ${table.state.why}`] : []),
		...(list.within === undefined ? [] : [`in ${list.within.by} ${list.within.key}`]),
		...(list.filter === '' ? [] : [`filter "${list.filter}"`]),
	].join(' · ');
}

function position(table: TableModel, selected: number): string {
	return table.rows.length === 0 ? '' : `${countText(selected + 1)}/${countText(table.rows.length)}`;
}

/** The field and the choices below it, in the place of the body. */
function pickerOf(
	input: ScreenInput,
	overlay: Extract<Overlay, {readonly kind: 'pick'}>,
	body: Rect,
): {readonly lines: readonly Line[]; readonly cursor: ScreenModel['cursor']} {
	const isNamespace = overlay.of === 'namespace';
	const choices = choicesOf(overlay, {...input.names, sortable: sortableOf(input.table)});
	const label = isNamespace ? '  namespace: ' : '  sort by: ';
	const field = fieldLine(label, overlay.field, body.width);
	const page = Math.max(1, body.height - 3);
	const top = Math.max(0, Math.min(overlay.index - Math.floor(page / 2), choices.length - page));
	const current = isNamespace ? (input.ui.namespace ?? '') : input.table?.sort.column;
	const rows = choices.slice(top, top + page).map(({value, label: name}, index) => {
		const isSelected = top + index === overlay.index;
		const line: Line = [span(isSelected ? '▸ ' : '  '), span(name), span(value === current ? '  (now)' : '', 'muted')];
		return isSelected ? inTone(fitLine(line, body.width), 'selected') : line;
	});
	const none = choices.length === 0 ? [lineOf('  nothing has this in its name', 'muted')] : [];
	const lines = [
		paneTitle(isNamespace ? 'Pick a namespace' : 'Pick the column to sort by', `${countText(choices.length)}`, body.width, true),
		field.line,
		[],
		...rows,
		...none,
	];
	return {lines: filled(lines, body), cursor: {x: field.x, y: body.y + 1}};
}

/** The columns that can be sorted by, as pickers offer them. */
export function sortableOf(table: TableModel | undefined): NameContext['sortable'] {
	return (table?.columns ?? []).filter(({sortable}) => sortable).map(({id, title}) => ({id, title}));
}

function fieldLine(label: string, {text, cursor}: TextField, width: number): {readonly line: Line; readonly x: number} {
	const room = Math.max(1, width - displayWidth(label) - 1);
	const before = displayWidth(Array.from(text).slice(0, cursor).join(''));
	const from = Math.max(0, before - room + 1);
	return {line: [span(label, 'key'), span(sliceColumns(text, from, room))], x: displayWidth(label) + before - from};
}

/** What a field of its own is called, and what may be written there. */
const ASKED: Readonly<Record<Asked, {readonly label: string; readonly hint: string}>> = {
	time: {label: 'go to', hint: '14:03:20, +5m, -30s, a mark; Enter alone: next change of the row'},
	mark: {label: 'mark, note', hint: 'Enter marks, Esc does not'},
	file: {label: 'record to', hint: 'a new file'},
};

/** The last line while a field, a question or a message has it; otherwise it is the footer's. */
function bottomLine(input: ScreenInput): {readonly line: Line; readonly x?: number} | undefined {
	const {ui, size, names} = input;
	const {overlay, message} = ui;
	const width = size.columns;
	const tone: Tone = message?.severity === 'error' ? 'bad' : message?.severity === 'warn' ? 'warn' : 'accent';
	if (overlay?.kind === 'palette' || overlay?.kind === 'filter' || overlay?.kind === 'search') {
		const field = fieldLine(overlay.kind === 'palette' ? ' :' : ' /', overlay.field, width);
		const hint: Line =
			message !== undefined
				? lineOf(` ${message.text} `, tone)
				: overlay.kind === 'palette'
					? paletteHint(overlay.field, names, width - lineWidth(field.line) - 2)
					: [
							...(overlay.kind === 'search' ? [span('↓ ↑', 'key'), span(' matches  ', 'muted')] : []),
							span('Enter', 'key'),
							span(' keep  ', 'muted'),
							span('Esc', 'key'),
							span(' as before ', 'muted'),
						];
		const room = width - lineWidth(field.line) - 1;
		const shown = lineWidth(hint) > room && message !== undefined ? fitLine(hint, Math.max(0, room)) : hint;
		return {line: fitLine(spread(field.line, shown, width), width), x: field.x};
	}
	if (message !== undefined) return {line: fitLine(lineOf(` ${message.text}`, tone), width)};
	if (overlay?.kind === 'ask') {
		const {label, hint} = ASKED[overlay.for];
		const field = fieldLine(` ${label} `, overlay.field, width);
		return {line: fitLine(spread(field.line, lineOf(` ${hint} `, 'muted'), width), width), x: field.x};
	}
	if (overlay?.kind === 'confirm')
		return {line: fitLine([span(` ${overlay.question} `, 'warn'), span('y', 'key'), span(' yes  ', 'muted'), span('n', 'key'), span(' no', 'muted')], width)};
	return undefined;
}

/** The names that begin like what is written, as many as fit. */
function paletteHint(field: TextField, names: Pick<NameContext, 'namespaces'>, room: number): Line {
	const choices = choicesOf({of: 'palette', field}, {...names, sortable: []});
	let text = '';
	for (const {value} of choices) {
		if (displayWidth(text) + displayWidth(value) + 2 > room) break;
		text += text === '' ? value : `  ${value}`;
	}
	return lineOf(`${text} `, 'muted');
}
