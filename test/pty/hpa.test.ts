import {mkdtempSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {type OpenTerminal, openTerminal} from './open-terminal.ts';

const KWB = path.resolve('bin/kwb.js');

let terminal: OpenTerminal | undefined;

afterEach(() => {
	try {
		terminal?.kill('SIGKILL');
	} catch {
		// It has ended by itself.
	}
	terminal = undefined;
});

function openDemo(columns: number, rows: number): OpenTerminal {
	const home = mkdtempSync(path.join(os.tmpdir(), 'kwb-hpa-'));
	terminal = openTerminal(KWB, ['demo'], {columns, rows, env: {HOME: home, XDG_CACHE_HOME: path.join(home, 'cache'), KUBECONFIG: path.join(home, 'none')}});
	return terminal;
}

test.each([
	[80, 24],
	[120, 40],
	[200, 60],
])('at %d×%d the list of autoscalers leads into a decision whose steps unfold, and back', async (columns, rows) => {
	const demo = openDemo(columns, rows);
	await demo.until(screen => /REPLAY .* 1x/.test(screen), 'the demo plays');
	demo.type(' 2');
	const list = await demo.until(screen => screen.includes('Autoscalers') && screen.includes('RE') && /▸ \S+/.test(screen), 'autoscalers');
	expect(list).toContain('controller: a pass every 15s');
	expect(list).toMatch(/STATE/);
	for (const line of list.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);

	demo.type('\r');
	const trace = await demo.until(screen => screen.includes('Trace') && screen.includes('replicas wanted'), 'the trace');
	expect(trace).toMatch(/It is at \d+/);
	demo.type('j\r');
	await demo.until(screen => screen.includes('rule: zero is looked at first') && screen.includes('max = '), 'a step unfolds to its rule and inputs');
	demo.type('\r');
	await demo.until(screen => !screen.includes('rule: zero is looked at first'), 'and folds');
	demo.type('v');
	await demo.until(screen => screen.includes('Pods as counted'), 'the pods');
	demo.type('[');
	await demo.until(screen => screen.includes('Autoscalers'), 'back to the list');
	demo.type('d');
	await demo.until(screen => screen.includes('Describe') && screen.includes('It is at'), 'the description');
	demo.type('\x03');
	expect(await demo.exitCode).toBe(0);
});
