import type {Allowance} from '../../src/keymap/gate.ts';
import {builtinKeymap} from '../../src/keymap/keymap.ts';
import type {Freshness} from '../../src/observe/observation.ts';
import {initialUi} from '../../src/state/ui-state.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import {textOfLine} from '../../src/viewmodel/line-tools.ts';
import {type ScreenInput, type ScreenModel, screenOf} from '../../src/viewmodel/screen.ts';
import type {StatusInput} from '../../src/viewmodel/status-bar.ts';
import type {Cell, Column, Row, TableModel} from '../../src/viewmodel/table-model.ts';

export const NOW = epochMs(Date.UTC(2026, 0, 31, 14, 3, 22));

export const FREE: Allowance = {isReadonly: false, isReplay: false, mayWrite: false, mayExec: false, missing: new Set()};

export const COLUMNS: readonly Column[] = [
	{id: 'name', title: 'NAME', align: 'left', minWidth: 12, priority: 0, sortable: true},
	{id: 'namespace', title: 'NAMESPACE', align: 'left', minWidth: 9, maxWidth: 20, priority: 2, sortable: true},
	{id: 'ready', title: 'READY', align: 'right', minWidth: 5, priority: 3, sortable: false},
	{id: 'status', title: 'STATUS', align: 'left', minWidth: 7, maxWidth: 20, priority: 1, sortable: true},
	{id: 'restarts', title: 'RESTARTS', align: 'right', minWidth: 8, priority: 4, sortable: true, descendingFirst: true},
	{id: 'cpu', title: 'CPU', align: 'right', minWidth: 6, priority: 1, sortable: true, descendingFirst: true},
	{id: 'cpuLimit', title: '%LIM', align: 'right', minWidth: 5, priority: 5, sortable: true, descendingFirst: true},
	{id: 'memory', title: 'MEMORY', align: 'right', minWidth: 7, priority: 1, sortable: true, descendingFirst: true},
	{id: 'node', title: 'NODE', align: 'left', minWidth: 8, priority: 6, sortable: true},
	{id: 'qos', title: 'QOS', align: 'left', minWidth: 10, priority: 7, wideOnly: true, sortable: true},
	{id: 'age', title: 'AGE', align: 'right', minWidth: 5, priority: 2, sortable: true, descendingFirst: true},
];

const plain = (text: string): Cell => ({text, tone: 'plain'});

/** Pod `index` of a cluster that is neither quite well nor very ill. */
export function podRow(index: number, name = `web-7d9f8b6c5-${String(index).padStart(5, 'x')}`, namespace = index % 3 === 0 ? 'kube-system' : 'shop'): Row {
	const isBad = index % 7 === 3;
	return {
		key: `${namespace}/${name}`,
		subject: {kind: 'pod', resource: undefined, objectKey: `${namespace}/${name}`},
		cells: [
			plain(name),
			{text: namespace, tone: 'muted'},
			{text: isBad ? '0/1' : '1/1', tone: isBad ? 'bad' : 'plain'},
			{text: isBad ? 'CrashLoopBackOff' : 'Running', tone: isBad ? 'bad' : 'good'},
			{text: String(isBad ? 17 : 0), tone: isBad ? 'warn' : 'muted'},
			index % 5 === 4 ? {text: '–', tone: 'muted'} : plain(`${950 - index * 7}m`),
			plain(`${Math.max(1, 95 - index)}%`),
			plain(`${512 - index}Mi`),
			{text: `node-${index % 4}`, tone: 'muted'},
			{text: 'Burstable', tone: 'muted'},
			plain(`${index + 1}d`),
		],
	};
}

export function podRows(count: number): readonly Row[] {
	return Array.from({length: count}, (_, index) => podRow(index));
}

export function tableOf(rows: readonly Row[], rest: Partial<TableModel> = {}): TableModel {
	return {
		columns: COLUMNS,
		rows: {length: rows.length, at: index => rows[index], indexOf: key => rows.findIndex(row => row.key === key)},
		total: rows.length,
		shown: rows.length,
		sort: {column: 'cpu', descending: true},
		state: {kind: 'ready'},
		notes: [],
		...rest,
	};
}

export function store(name: string, freshness: Freshness): StatusInput['stores'][number] {
	return {name, scopes: new Map([['', freshness]])};
}

export const STATUS: StatusInput = {
	context: 'prod-eu',
	user: 'admin',
	at: NOW,
	stores: [store('pods', {kind: 'live'}), store('nodes', {kind: 'live'}), store('usage', {kind: 'live'})],
	load: {requests: 12, openWatches: 3, bytes: 41_200_000},
	memoryWarning: undefined,
	notice: undefined,
	mode: undefined,
};

export function inputOf(rest: Partial<ScreenInput> = {}): ScreenInput {
	return {
		ui: initialUi(),
		size: {columns: 80, rows: 24},
		keymap: builtinKeymap(),
		allowance: FREE,
		status: STATUS,
		table: tableOf(podRows(46)),
		detail: undefined,
		chart: undefined,
		names: {namespaces: ['kube-system', 'shop', 'shop-eu']},
		drawn: undefined,
		...rest,
	};
}

/** The characters of a screen; what is blank at the right is left out. */
export function textOfScreen({lines}: ScreenModel): string {
	return lines.map(line => textOfLine(line).trimEnd()).join('\n');
}

export function drawn(rest: Partial<ScreenInput> = {}): string {
	return textOfScreen(screenOf(inputOf(rest)));
}
