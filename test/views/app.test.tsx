import {afterEach, describe, expect, test} from 'vitest';
import type {Size} from '../../src/viewmodel/screen-layout.ts';
import type {Row} from '../../src/viewmodel/table-model.ts';
import {App} from '../../views/App.tsx';
import {podRow, podRows, STATUS, store} from '../viewmodel/screen-fixture.ts';
import {createFakeWorkbench, type FakeWorkbench} from './fake-workbench.ts';
import {drawWithInk, type InkScreen} from './ink.tsx';

const SIZE: Size = {columns: 80, rows: 24};
const opened: InkScreen[] = [];

afterEach(() => {
	for (const screen of opened.splice(0)) screen.unmount();
});

async function open(
	rows: readonly Row[],
	rest: Parameters<typeof createFakeWorkbench>[0] | object = {},
	size = SIZE,
): Promise<{screen: InkScreen; workbench: FakeWorkbench}> {
	const workbench = createFakeWorkbench({...rest, size, allRows: rows});
	const screen = await drawWithInk(canvas => <App workbench={workbench} canvas={canvas} />, size);
	opened.push(screen);
	return {screen, workbench};
}

/** Rows with short names, so that a test can say which. */
const named = (...names: readonly string[]): readonly Row[] => names.map((name, index) => podRow(index, name, 'shop'));

const selectedLine = (frame: string): string | undefined =>
	frame
		.split('\n')
		.find(line => line.startsWith('▸'))
		?.trim();

describe('names of any script', () => {
	test('a wide character in every line moves nothing', async () => {
		const {screen} = await open(named('中文-名前', 'e\u0301te', 'web'));
		for (const line of screen.frame().split('\n')) expect(line).not.toContain('undefined');
		expect(screen.frame()).toContain('中文-名前');
	});
});

describe('keys', () => {
	test('jjj in one read is three rows', async () => {
		const {screen} = await open(named('a', 'b', 'c', 'd'));
		await screen.type('jjj');
		expect(selectedLine(screen.frame())).toMatch(/^▸ d /);
	});

	test('/web⏎ in one read filters', async () => {
		const {screen} = await open(named('api', 'web-1', 'web-2'));
		await screen.type('/web\r');
		expect(screen.frame()).toContain('Pods 2 of 3 · filter "web"');
		expect(screen.frame()).not.toContain('api  ');
		expect(selectedLine(screen.frame())).toMatch(/^▸ web-1 /);
	});

	test('a filter that hides all says so, and how to undo it', async () => {
		const {screen} = await open(named('api'));
		await screen.type('/zzz\r');
		expect(screen.frame()).toContain('no pods match; 1 are hidden');
		expect(screen.frame()).toContain('filter "zzz"  (Esc clears it)');
	});

	test('Esc comes alone, a moment later', async () => {
		const {screen} = await open(named('api', 'web'));
		await screen.type('/web\r');
		await screen.type('\x1b');
		await expect.poll(() => screen.frame()).toContain('Pods 2 ');
	});

	test('pasted text goes into the field and is no command', async () => {
		const {screen, workbench} = await open(named('api', 'web'));
		await screen.type('\x1b[200~q\x1b[201~');
		expect(workbench.actions).toEqual([]);
		await screen.type('/');
		await screen.type('\x1b[200~web\x1b[201~');
		expect(screen.frame()).toContain('Pods 1 of 2');
	});

	test('a key that is refused says why', async () => {
		const {screen} = await open([]);
		await screen.type('d');
		expect(screen.frame().split('\n').at(-1)).toBe(' needs a selected row');
	});

	test('ctrl-c and q reach the workbench', async () => {
		const {screen, workbench} = await open(named('a'));
		await screen.type('\x03q');
		expect(workbench.actions).toEqual([{kind: 'quit'}, {kind: 'quit'}]);
	});
});

describe('the selection outlives', () => {
	const start = async (): Promise<{screen: InkScreen; workbench: FakeWorkbench}> => {
		const both = await open(named('a', 'b', 'c', 'd'));
		await both.screen.type('jj');
		return both;
	};

	test('another order', async () => {
		const {screen, workbench} = await start();
		workbench.setRows(named('c', 'd', 'a', 'b'));
		await screen.settled();
		expect(selectedLine(screen.frame())).toMatch(/^▸ c /);
	});

	test('a filter', async () => {
		const {screen} = await start();
		await screen.type('/d\r');
		expect(selectedLine(screen.frame())).toMatch(/^▸ d /);
		await screen.type('q');
		expect(selectedLine(screen.frame())).toMatch(/^▸ c /);
	});

	test('its object', async () => {
		const {screen, workbench} = await start();
		workbench.setRows(named('a', 'b', 'd'));
		await screen.settled();
		expect(selectedLine(screen.frame())).toMatch(/^▸ d /);
	});

	test('an empty list', async () => {
		const {screen, workbench} = await start();
		workbench.setRows([]);
		await screen.settled();
		workbench.setRows(named('a', 'b', 'c'));
		await screen.settled();
		expect(selectedLine(screen.frame())).toMatch(/^▸ c /);
	});

	test('a look at another tab', async () => {
		const {screen} = await start();
		await screen.type(':api\r');
		expect(screen.frame()).toContain('━ API ━');
		await screen.type('1');
		expect(selectedLine(screen.frame())).toMatch(/^▸ c /);
	});
});

test('the screen follows the window', async () => {
	const {screen} = await open(podRows(100));
	await screen.resize({columns: 120, rows: 40});
	const lines = screen.frame().split('\n');
	expect(lines).toHaveLength(40);
	expect(lines[2]).toHaveLength(120);
	await screen.resize({columns: 50, rows: 12});
	expect(screen.frame()).toContain('kwb needs 60×15, this is 50×12');
});

test('ten thousand rows mount only what is seen', async () => {
	const {screen} = await open(podRows(10_000));
	await screen.type('G');
	expect(screen.frame().split('\n')).toHaveLength(24);
	expect(screen.frame()).toContain('10,000/10,000');
});

test('what is stale, forbidden or syncing is told in the status bar', async () => {
	const {screen, workbench} = await open(named('a'));
	workbench.change({
		status: {
			...STATUS,
			stores: [
				store('pods', {kind: 'syncing', received: 3100}),
				store('nodes', {kind: 'forbidden', verb: 'list', resource: 'nodes', namespace: undefined, nextTryAt: undefined}),
			],
		},
	});
	await screen.settled();
	expect(screen.frame().split('\n')[1]).toContain('syncing 3,100 pods · may not list nodes');
});

test('what a component throws ends the screen with that error', async () => {
	const workbench = createFakeWorkbench({allRows: []});
	let isBroken = false;
	const broken = {
		...workbench,
		getScreen() {
			if (isBroken) throw new Error('no such column');
			return workbench.getScreen();
		},
	};
	const screen = await drawWithInk(canvas => <App workbench={broken} canvas={canvas} />, SIZE);
	isBroken = true;
	workbench.change({});
	await expect(screen.exited).rejects.toThrow('no such column');
	expect(workbench.failures.map(({message}) => message)).toEqual(['no such column']);
});

test('the workbench is handed the terminal while the screen is drawn', async () => {
	const {screen, workbench} = await open(named('a'));
	expect(workbench.hooks()).toBeDefined();
	workbench.hooks()!.exit();
	await screen.exited;
	expect(workbench.hooks()).toBeUndefined();
});
