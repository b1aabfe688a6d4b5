import {mkdtempSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, expect, test, vi} from 'vitest';
import {chordsFromBytes} from '../../src/keymap/chord.ts';
import {builtinKeymap} from '../../src/keymap/keymap.ts';
import {initialUi} from '../../src/state/ui-state.ts';
import {themeNamed} from '../../src/theme/theme.ts';
import {textOfLine} from '../../src/viewmodel/line-tools.ts';
import {openSession} from '../../src/workbench/open-session.ts';
import {realClock} from '../../src/workbench/real-clock.ts';
import {createWorkbench, type Workbench, type WorkbenchOptions} from '../../src/workbench/workbench.ts';
import {type SmallApiServer, type SmallCluster, smallPod, startSmallApiServer} from '../pty/small-api-server.ts';

const closing: Array<() => Promise<void>> = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

async function start(cluster: Partial<SmallCluster>, options: Partial<WorkbenchOptions> = {}): Promise<{workbench: Workbench; server: SmallApiServer}> {
	const server = await startSmallApiServer(cluster);
	closing.push(() => server.close());
	const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'kwb-workbench-')), 'kubeconfig');
	writeFileSync(
		file,
		JSON.stringify({
			'current-context': 'x',
			clusters: [{name: 'x', cluster: {server: server.url}}],
			users: [{name: 'x', user: {}}],
			contexts: [{name: 'x', context: {cluster: 'x', user: 'x', namespace: 'home'}}],
		}),
	);
	const opened = openSession(
		{access: {kubeconfig: file}, namespaces: undefined, selector: undefined, encoding: undefined},
		{version: '0.0.0', onActivity: () => undefined, runInteractive: undefined},
	);
	if (!opened.ok) throw new Error(opened.error.message);
	const workbench = createWorkbench({
		clock: realClock,
		theme: themeNamed('mono'),
		keymap: builtinKeymap(),
		size: {columns: 120, rows: 30},
		ui: initialUi(),
		place: undefined,
		session: opened.value,
		openSession: context => ({error: `no context ${context}`}),
		mode: {isReadonly: false, mayWrite: false},
		residentBytes: () => 100e6,
		memoryBudget: 1e9,
		stopProcess: () => Promise.resolve(),
		quit: () => undefined,
		...options,
	});
	closing.push(() => workbench.close());
	workbench.start();
	return {workbench, server};
}

const textOf = (workbench: Workbench): string => workbench.getScreen().lines.map(textOfLine).join('\n');
const shows = (workbench: Workbench, text: string | RegExp): Promise<void> => vi.waitFor(() => expect(textOf(workbench)).toMatch(text), {timeout: 5000});
const type = (workbench: Workbench, text: string): void => {
	for (const chord of chordsFromBytes(new TextEncoder().encode(text))) workbench.press(chord);
};

test('a screen on which nothing has changed is the same object, and nobody is told', async () => {
	const {workbench, server} = await start({pods: [smallPod('web-0')], nodes: []});
	await shows(workbench, /pods live/);
	const before = workbench.getScreen();
	const told = vi.fn();
	workbench.subscribe(told);
	// The same pod again: a new version of which nothing can be seen.
	server.send('MODIFIED', smallPod('web-0', {version: 11}));
	server.send('ADDED', smallPod('web-1', {version: 12}));
	await shows(workbench, 'web-1');
	expect(workbench.getScreen()).not.toBe(before);
	expect(workbench.getScreen()).toBe(workbench.getScreen());
	expect(told.mock.calls.length).toBeLessThanOrEqual(2);
});

test('paused, the screen stands still while the cache goes on; resumed, it has caught up', async () => {
	const {workbench, server} = await start({pods: [smallPod('web-0')]});
	await shows(workbench, 'web-0');
	type(workbench, ' ');
	await shows(workbench, /PAUSED/);
	server.send('ADDED', smallPod('late-0', {version: 11}));
	await vi.waitFor(() => expect(workbench.session().stream.frame(realClock.now()).order).toBeGreaterThan(3));
	await new Promise(resolve => setTimeout(resolve, 200));
	expect(textOf(workbench)).not.toContain('late-0');
	type(workbench, ' ');
	await shows(workbench, 'late-0');
});

test('who may not see the cluster picks a namespace, and that is asked for', async () => {
	const {workbench, server} = await start({pods: [], forbidden: ['/api/v1/pods']});
	await shows(workbench, /may not (?:list|watch) pods/);
	type(workbench, 'nshop\r');
	await vi.waitFor(() => expect(server.requests.some(request => request.includes('/api/v1/namespaces/shop/pods?'))).toBe(true));
});

test('a context that cannot be opened is told, and the session stays', async () => {
	const {workbench} = await start({pods: [smallPod('web-0')]});
	await shows(workbench, 'web-0');
	type(workbench, ':top?context=mars\r');
	await shows(workbench, 'no context mars');
	expect(textOf(workbench)).toContain('web-0');
});

test('/ in the whole object as YAML goes from match to match, and Esc leaves the search, not the pane', async () => {
	const {workbench} = await start({pods: [smallPod('web-0')]});
	await shows(workbench, 'web-0');
	type(workbench, 'y/name');
	await shows(workbench, /match 1 of (?:[2-9]|\d\d)/);
	type(workbench, '\r\x0e');
	await shows(workbench, /match 2 of/);
	expect(textOf(workbench)).toMatch(/▸.*name/);
	workbench.press('esc');
	await shows(workbench, /YAML/);
	expect(textOf(workbench)).not.toContain('match');
});

test('what is waited for is on the screen, with its seconds', async () => {
	const {workbench} = await start({pods: [smallPod('web-0')]});
	await shows(workbench, 'web-0');
	const since = realClock.now();
	workbench.notice(now => `running login … ${Math.floor((now - since) / 1000)} s`);
	await shows(workbench, 'running login … 0 s');
	await shows(workbench, 'running login … 1 s');
	workbench.notice(undefined);
	await vi.waitFor(() => expect(textOf(workbench)).not.toContain('running login'));
});

test('near the memory budget it says so and names the way out', async () => {
	const {workbench} = await start({pods: [smallPod('web-0')]}, {residentBytes: () => 950e6});
	await shows(workbench, 'memory 950 of 1000 MB: n picks a namespace');
});

test('read-only marks itself', async () => {
	const {workbench} = await start({pods: [smallPod('web-0')]}, {mode: {isReadonly: true, mayWrite: true}});
	await shows(workbench, /READ-?ONLY/i);
});
