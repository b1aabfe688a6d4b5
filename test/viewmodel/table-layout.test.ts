import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {lineWidth, textOfLine} from '../../src/viewmodel/line-tools.ts';
import {layoutTable, movableColumns, NO_WIDTHS, renderHeader, renderRow} from '../../src/viewmodel/table-layout.ts';
import type {Column, Row} from '../../src/viewmodel/table-model.ts';
import {COLUMNS, podRows, tableOf} from './screen-fixture.ts';

const ROWS = podRows(8);
const TABLE = tableOf(ROWS);
const layoutAt = (width: number, rest: {isWide?: boolean; columnOffset?: number} = {}) =>
	layoutTable(TABLE, ROWS, {width, isWide: false, columnOffset: 0, wanted: NO_WIDTHS, ...rest});
const idsAt = (...args: Parameters<typeof layoutAt>): readonly string[] => layoutAt(...args).columns.map(({column}) => column.id);

describe('which columns fit', () => {
	test.each<[number, readonly string[]]>([
		[200, ['name', 'namespace', 'ready', 'status', 'restarts', 'cpu', 'cpuLimit', 'memory', 'node', 'age']],
		[80, ['name', 'namespace', 'ready', 'status', 'cpu', 'memory', 'age']],
		[60, ['name', 'status', 'cpu', 'memory']],
		[30, ['name', 'status']],
		[20, ['name']],
	])('at %i columns', (width, ids) => expect(idsAt(width)).toEqual(ids));

	test('the least important goes first, the name never', () => {
		let before = idsAt(200);
		for (let width = 199; width > 4; width--) {
			const now = idsAt(width);
			expect(now).toContain('name');
			for (const id of now) expect(before).toContain(id);
			const gone = before.filter(id => !now.includes(id));
			const priorityOf = (id: string): number => COLUMNS.find(column => column.id === id)!.priority;
			for (const id of gone) for (const kept of now) expect(priorityOf(id)).toBeGreaterThanOrEqual(priorityOf(kept));
			before = now;
		}
	});

	test('wide mode brings the rest', () => {
		expect(idsAt(300)).not.toContain('qos');
		expect(idsAt(300, {isWide: true})).toContain('qos');
	});

	test('scrolling keeps the name, and shows columns that did not fit', () => {
		expect(idsAt(60, {columnOffset: 4})).toEqual(['name', 'cpu', 'cpuLimit', 'memory', 'node']);
		expect(layoutAt(60, {columnOffset: 4}).hiddenLeft).toBe(4);
		expect(idsAt(60, {columnOffset: movableColumns(TABLE, false)})).toEqual(['name', 'age']);
	});
});

describe('rows', () => {
	test('a row and its header are as wide as the table, at any width', () => {
		fc.assert(
			fc.property(fc.integer({min: 1, max: 240}), fc.nat(12), fc.boolean(), (width, columnOffset, isWide) => {
				const layout = layoutAt(width, {columnOffset, isWide});
				const used = layout.columns.reduce((sum, column) => sum + column.width + 2, 0);
				if (width >= 12) expect(used).toBeLessThanOrEqual(Math.max(width, layout.columns.length * 3));
				for (const row of ROWS)
					for (const look of ['plain', 'selected', 'shadow'] as const) if (width >= 20) expect(lineWidth(renderRow(row, layout, look))).toBe(width);
			}),
		);
	});

	test('numbers stand to the right, the sorted column is marked', () => {
		const layout = layoutAt(80);
		const header = textOfLine(renderHeader(layout, TABLE.sort));
		const row = textOfLine(renderRow(ROWS[0]!, layout, 'plain'));
		expect(header).toContain('CPU▼');
		expect(header.indexOf('CPU▼') + 4).toBe(row.indexOf('950m') + 4);
		expect(textOfLine(renderHeader(layout, {column: 'name', descending: false}))).toContain('NAME▲');
	});

	test('the selected row shows without colour', () => {
		expect(textOfLine(renderRow(ROWS[0]!, layoutAt(80), 'selected'))).toMatch(/^▸ /);
		expect(textOfLine(renderRow(ROWS[0]!, layoutAt(80), 'shadow'))).toMatch(/^▸ /);
		expect(textOfLine(renderRow(ROWS[0]!, layoutAt(80), 'plain'))).toMatch(/^ {2}w/);
	});

	test('a long name keeps its end, where names differ', () => {
		const layout = layoutAt(15);
		expect(textOfLine(renderRow(ROWS[1]!, layout, 'plain'))).toMatch(/^ {2}web-7d9…xxx1/);
	});

	test('what stands behind a number goes before anything else is cut', () => {
		const columns: readonly Column[] = [
			{id: 'name', title: 'NAME', align: 'left', minWidth: 8, priority: 0, sortable: true},
			{id: 'restarts', title: 'RESTARTS', align: 'right', minWidth: 8, maxWidth: 16, priority: 3, sortable: true},
		];
		const row: Row = {
			...ROWS[0]!,
			cells: [
				{text: 'web-12345', tone: 'plain'},
				{text: '12 (5m ago)', tone: 'warn'},
			],
		};
		const textAt = (width: number) =>
			textOfLine(
				renderRow(
					row,
					layoutTable({columns, sort: {column: '', descending: true}}, [row], {width, isWide: false, columnOffset: 0, wanted: NO_WIDTHS}),
					'plain',
				),
			).trimEnd();
		expect(textAt(40)).toBe('  web-12345  12 (5m ago)');
		expect(textAt(24)).toBe('  web-12345          12');
	});

	test('a tree is indented, and says what is open', () => {
		const layout = layoutAt(80);
		expect(textOfLine(renderRow({...ROWS[0]!, fold: 'open'}, layout, 'plain'))).toMatch(/^ {2}▾ web/);
		expect(textOfLine(renderRow({...ROWS[0]!, fold: 'closed'}, layout, 'plain'))).toMatch(/^ {2}▹ web/);
		expect(textOfLine(renderRow({...ROWS[0]!, depth: 1}, layout, 'plain'))).toMatch(/^ {6}web/);
	});
});
