import {copyFileSync, existsSync, mkdtempSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {type OpenTerminal, openTerminal} from './open-terminal.ts';

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

test('what is no recording is one line', async () => {
	const replay = open(['replay', path.resolve('package.json')]);
	expect(await replay.exitCode).toBe(1);
	expect(replay.screen().trim()).toBe(`kwb: ${path.resolve('package.json')} is not a recording of kwb`.slice(0, 80).trim());
	expect(existsSync(DEMO)).toBe(true);
});
