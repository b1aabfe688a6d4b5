import {copyFileSync, existsSync, mkdtempSync, statSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {type OpenTerminal, openTerminal} from './open-terminal.ts';
import {type SmallApiServer, smallPod, startSmallApiServer} from './small-api-server.ts';

const KWB = path.resolve('bin/kwb.js');
const DEMO = path.resolve('demo/demo.kwb');

let terminal: OpenTerminal | undefined;

afterEach(() => {
	try {
		terminal?.kill('SIGKILL');
	} catch {
		// It has ended by itself.
	}
	terminal = undefined;
});

/** A machine without any cluster. */
function open(args: readonly string[], columns = 80, rows = 24): OpenTerminal {
	const home = mkdtempSync(path.join(os.tmpdir(), 'kwb-replay-'));
	terminal = openTerminal(KWB, args, {columns, rows, env: {HOME: home, XDG_CACHE_HOME: path.join(home, 'cache'), KUBECONFIG: path.join(home, 'none')}});
	return terminal;
}

const momentOn = (screen: string): string => /REPLAY (?:\S+ )?(\d\d:\d\d:\d\d) UTC/.exec(screen)?.[1] ?? '';

test('kwb demo shows a living cluster where there is none, and keys move in its time', async () => {
	const demo = open(['demo']);
	const first = await demo.until(screen => /REPLAY .* 1x/.test(screen) && screen.includes('kafka'), 'the demo plays');
	expect(first.split('\n').length).toBeLessThanOrEqual(24);
	expect(first).toContain('Top');
	const from = momentOn(first);
	await demo.until(screen => momentOn(screen) > from, 'time goes on');

	demo.type(' ');
	const still = await demo.until(screen => screen.includes('paused'), 'it holds still');
	demo.type('}');
	const later = await demo.until(screen => momentOn(screen) > momentOn(still), 'a minute on');
	demo.type('{');
	await demo.until(screen => momentOn(screen) < momentOn(later), 'and back');
	demo.type('+++');
	await demo.until(screen => screen.includes('10x'), 'faster');
	demo.type('@start\r');
	const start = await demo.until(screen => momentOn(screen) < momentOn(later), 'to the start');
	demo.type('@end\r');
	await demo.until(screen => momentOn(screen) > momentOn(start) && screen.includes('end'), 'to the end');

	// What needs a cluster says why it does not work.
	demo.type('y');
	await demo.until(screen => screen.includes('a recording has no cluster behind it'), 'a refusal');
	demo.type('R');
	await demo.until(screen => screen.includes('needs a live cluster'), 'a refusal');
	demo.type('\x03');
	expect(await demo.exitCode).toBe(0);
	expect(demo.isAlternate()).toBe(false);
});

test('kwb replay opens a recording at an address, and at its moment', async () => {
	const home = mkdtempSync(path.join(os.tmpdir(), 'kwb-replay-file-'));
	const file = path.join(home, 'incident.kwb');
	copyFileSync(DEMO, file);
	const replay = open(['replay', file, 'top/shop'], 120, 40);
	const screen = await replay.until(seen => seen.includes('storefront') && seen.includes('REPLAY'), 'the namespace of the address');
	expect(screen).not.toContain('postgres');
	replay.type('\x03');
	expect(await replay.exitCode).toBe(0);
});

describe('with a cluster', () => {
	let server: SmallApiServer;
	let home: string;
	let env: Record<string, string>;

	beforeEach(async () => {
		const names = ['web-0', 'web-1'];
		server = await startSmallApiServer({
			pods: names.map(name => smallPod(name)),
			usage: new Map(names.map(name => [`shop/${name}`, {cpu: '20000000n', memory: '20Mi'}])),
		});
		home = mkdtempSync(path.join(os.tmpdir(), 'kwb-record-'));
		const kubeconfig = path.join(home, 'kubeconfig');
		writeFileSync(
			kubeconfig,
			JSON.stringify({
				apiVersion: 'v1',
				kind: 'Config',
				'current-context': 'small',
				clusters: [{name: 'small', cluster: {server: server.url}}],
				users: [{name: 'tired', user: {}}],
				contexts: [{name: 'small', context: {cluster: 'small', user: 'tired'}}],
			}),
		);
		env = {HOME: home, XDG_CACHE_HOME: path.join(home, 'cache'), KUBECONFIG: kubeconfig};
	});

	afterEach(() => server.close());

	test('R saves what was seen, a mark is in it, R ends it, and it replays', async () => {
		const file = path.join(home, 'incident.kwb');
		terminal = openTerminal(KWB, [], {columns: 100, rows: 24, env});
		await terminal.until(screen => screen.includes('web-1') && screen.includes('seen since'), 'the ring runs');
		terminal.type('R');
		await terminal.until(screen => screen.includes('record to kwb-'), 'a name is offered');
		terminal.type(`\x15${file}\r`);
		await terminal.until(screen => screen.includes('REC incident.kwb'), 'it records');
		terminal.type('mit broke here\r');
		await terminal.until(screen => screen.includes('marked: it broke here'), 'the mark is taken');
		terminal.type('R');
		await terminal.until(screen => screen.includes('kwb replay shows it'), 'it has ended');
		terminal.type('\x03');
		expect(await terminal.exitCode).toBe(0);
		expect(statSync(file).mode & 0o777).toBe(0o600);

		const replay = open(['replay', file]);
		await replay.until(screen => screen.includes('web-1') && screen.includes('REPLAY'), 'the pods of then');
		replay.type('@broke\r');
		await replay.until(screen => screen.includes('REPLAY') && !screen.includes('is no time'), 'the mark is found');
		replay.type('\x03');
		expect(await replay.exitCode).toBe(0);
	});

	test('kwb record writes without a screen, and other commands print from it', async () => {
		const file = path.join(home, 'night.kwb');
		terminal = openTerminal(KWB, ['record', file, '--for', '2s'], {columns: 100, rows: 24, env});
		await terminal.until(screen => screen.includes(`kwb replay ${file} shows it`) || screen.includes('recorded'), 'it has ended');
		expect(await terminal.exitCode).toBe(0);
		const printed = openTerminal(KWB, ['top', '--from', file, '-o', 'table'], {columns: 100, rows: 24, env: {...env, KUBECONFIG: path.join(home, 'none')}});
		expect(await printed.exitCode).toBe(0);
		expect(printed.screen()).toContain('web-1');
	});

	test('a file that cannot be written is one line, before any screen opens', async () => {
		terminal = openTerminal(KWB, ['--record', path.join(home, 'nowhere', 'x.kwb')], {columns: 140, rows: 24, env});
		expect(await terminal.exitCode).toBe(1);
		expect(terminal.screen().trim()).toBe(`kwb: ${path.join(home, 'nowhere', 'x.kwb')}: its directory does not exist`);
	});
});

test('what is no recording is one line', async () => {
	const replay = open(['replay', path.resolve('package.json')]);
	expect(await replay.exitCode).toBe(1);
	expect(replay.screen().trim()).toBe(`kwb: ${path.resolve('package.json')} is not a recording of kwb`.slice(0, 80).trim());
	expect(existsSync(DEMO)).toBe(true);
});
