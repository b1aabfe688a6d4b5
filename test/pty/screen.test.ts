import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {type OpenTerminal, openTerminal} from './open-terminal.ts';
import {type SmallApiServer, smallPod, startSmallApiServer} from './small-api-server.ts';

const KWB = path.resolve('bin/kwb.js');
const NAMES = ['api-0', 'db-0', 'web-0', 'web-1', 'web-2'];

let server: SmallApiServer;
let home: string;
let terminal: OpenTerminal | undefined;

beforeEach(async () => {
	server = await startSmallApiServer({
		pods: NAMES.map(name => smallPod(name)),
		nodes: [
			{
				metadata: {name: 'node-1', uid: 'n1', resourceVersion: '5'},
				status: {allocatable: {cpu: '4', memory: '8Gi'}, conditions: [{type: 'Ready', status: 'True'}]},
			},
		],
		usage: new Map(NAMES.map((name, index) => [`shop/${name}`, {cpu: `${(index + 1) * 10_000_000}n`, memory: `${(index + 1) * 10}Mi`}])),
	});
	home = mkdtempSync(path.join(os.tmpdir(), 'kwb-pty-'));
	writeFileSync(path.join(home, 'kubeconfig'), kubeconfigOf(server.url));
});

afterEach(async () => {
	if (terminal !== undefined) {
		try {
			terminal.kill('SIGKILL');
		} catch {
			// It has ended by itself.
		}
	}
	terminal = undefined;
	await server.close();
});

function kubeconfigOf(url: string, user: object = {}): string {
	return JSON.stringify({
		apiVersion: 'v1',
		kind: 'Config',
		'current-context': 'small',
		clusters: [{name: 'small', cluster: {server: url}}],
		users: [{name: 'tired', user}],
		contexts: [{name: 'small', context: {cluster: 'small', user: 'tired'}}],
	});
}

function start(args: readonly string[], size: {columns: number; rows: number}, env: Record<string, string | undefined> = {}): OpenTerminal {
	terminal = openTerminal(KWB, args, {...size, env: {HOME: home, XDG_CACHE_HOME: path.join(home, 'cache'), KUBECONFIG: path.join(home, 'kubeconfig'), ...env}});
	return terminal;
}

/** The screen without what depends on the moment: the clock, ages, and what the status bar counts. */
function steady(screen: string): string {
	return screen
		.replace(/\d\d:\d\d(?::\d\d)? UTC/g, 'HH:MM UTC')
		.replace(/newest sample \d+s old/g, 'newest sample Ns old')
		.replace(/ +\d+d(?:\d+h)?(?= |$)/gm, match => `${' '.repeat(Math.max(0, match.length - 1))}A`)
		.replace(/^( small · tired · all namespaces).*$/m, '$1 …');
}

describe.each([
	{columns: 80, rows: 24},
	{columns: 120, rows: 40},
	{columns: 200, rows: 60},
])('in a terminal of $columns×$rows', size => {
	test('the rows are there, and quitting leaves the terminal as it was', async () => {
		const here = start([], size);
		const screen = await here.until(
			text => NAMES.every(name => text.includes(name)) && text.includes('50m') && text.includes('live'),
			'showed pods with their use',
		);
		expect(here.isAlternate()).toBe(true);
		expect(screen.split('\n').every(line => line.length <= size.columns)).toBe(true);
		expect(steady(screen)).toMatchSnapshot();
		here.type('q');
		expect(await here.exitCode).toBe(0);
		expect(here.isAlternate()).toBe(false);
		expect(here.raw().lastIndexOf('\x1b[?25h')).toBeGreaterThan(here.raw().lastIndexOf('\x1b[?25l'));
	});
});

test('ages count on while nothing is learned', async () => {
	const seen = new Set<string>();
	const screen = start([], {columns: 100, rows: 24});
	await screen.until(text => /newest sample \d+s old/.test(text));
	const from = Date.now();
	// Samples are asked for once in 15 s, and frames for what is learned are over.
	await screen.until(text => {
		const age = /newest sample (\d+s) old/.exec(text)?.[1];
		if (age !== undefined && Date.now() - from > 2000) seen.add(age);
		return seen.size >= 4;
	});
	expect(Date.now() - from).toBeLessThan(9000);
});

describe('keys', () => {
	test('several keys in one read all count', async () => {
		const here = start([], {columns: 100, rows: 30});
		await here.until(text => text.includes('web-2'));
		here.type('jjj');
		await here.until(text => /^▸ .*/m.test(text) && text.includes(' 4/5'), 'moved three rows down');
	});

	test('a key pressed before anything is on the screen is not lost', async () => {
		const here = start([], {columns: 100, rows: 30});
		here.type('?');
		await here.until(text => text.includes('go to the next row'), 'opened the help');
	});

	test('a filter typed with Enter in one burst hides the rest, and says so', async () => {
		const here = start([], {columns: 100, rows: 30});
		await here.until(text => text.includes('web-2'));
		here.type('/web\r');
		const screen = await here.until(text => !text.includes('db-0') && text.includes('web-1'));
		expect(screen).toContain('2 of 5 hidden by filter “web”');
		here.type('/zzz\r');
		await here.until(text => /no (?:pods|rows).*match/i.test(text) || text.includes('zzz'), 'named the filter that hides all');
		here.type('\x1b');
		await here.until(text => text.includes('db-0'), 'cleared the filter');
	});

	test('YAML and logs are fetched when asked for, and escape sequences in them do nothing', async () => {
		const here = start([], {columns: 100, rows: 40});
		await here.until(text => text.includes('web-2'));
		here.type('y');
		await here.until(text => text.includes('kind: Pod') && text.includes('resourceVersion:'));
		here.type('l');
		const screen = await here.until(text => /hello from \S+-\d/.test(text));
		expect(screen).toContain('red');
		expect(here.raw()).not.toContain('\x1b[31mred');
	});

	test('the selection follows its object when rows come and go', async () => {
		const here = start(['top/shop?sort=name'], {columns: 100, rows: 30});
		await here.until(text => text.includes('web-2'));
		here.type('jj');
		await here.until(text => /^▸ .*web-0/m.test(text));
		server.send('ADDED', smallPod('aaa-0', {version: 101}));
		const screen = await here.until(text => text.includes('aaa-0'));
		expect(screen).toMatch(/^▸ .*web-0/m);
	});
});

describe('windows and endings', () => {
	test('follows a resize, says what it needs when too small, and comes back', async () => {
		const here = start([], {columns: 120, rows: 40});
		await here.until(text => text.includes('web-2'));
		here.resize(50, 10);
		await here.until(text => text.includes('60×15'));
		here.resize(60, 15);
		await here.until(text => text.includes('web-2') && !text.includes('60×15'));
	});

	test.each(['SIGTERM', 'SIGHUP', 'SIGINT'])('%s gives the terminal back', async signal => {
		const here = start([], {columns: 100, rows: 30});
		await here.until(text => text.includes('web-2'));
		here.kill(signal);
		await here.exitCode;
		expect(here.isAlternate()).toBe(false);
	});

	test('ctrl-c leaves from anywhere', async () => {
		const here = start([], {columns: 100, rows: 30});
		await here.until(text => text.includes('web-2'));
		here.type('?');
		await here.until(text => text.includes('Keys'));
		here.type('\x03');
		expect(await here.exitCode).toBe(0);
	});

	test.each([
		{when: 'while Ink holds the screen', isSilent: false, shows: 'web-2'},
		{when: 'before anything has come, and Ink is not there', isSilent: true, shows: 'connecting'},
	])('ctrl-z gives the terminal to the shell, and fg draws all of it again: $when', async ({isSilent, shows}) => {
		server.cluster.isSilent = isSilent;
		const env = {HOME: home, XDG_CACHE_HOME: path.join(home, 'cache'), KUBECONFIG: path.join(home, 'kubeconfig'), PS1: 'shell$ '};
		const shell = openTerminal('bash', ['--norc', '--noprofile', '-i'], {columns: 100, rows: 30, env});
		terminal = shell;
		await shell.until(text => text.includes('shell$'));
		shell.type(`${KWB}\r`);
		await shell.until(text => text.includes(shows));
		shell.type('\x1a');
		await shell.until(text => text.includes('Stopped'), 'back in the shell');
		expect(shell.isAlternate()).toBe(false);
		shell.type('fg\r');
		const screen = await shell.until(text => text.includes(shows) && text.includes('? help'), 'drawn again');
		expect(shell.isAlternate()).toBe(true);
		expect(screen).not.toContain('shell$');
		shell.type('?');
		await shell.until(text => text.includes('Keys'));
		shell.type('\x03');
		await shell.until(text => !shell.isAlternate() && text.trimEnd().endsWith('shell$'), 'quit into the shell');
		shell.type('exit\r');
		await shell.exitCode;
	});

	test('a login that takes the terminal before Ink is there, and longer than Ink is waited for, has all its keys', async () => {
		const plugin = path.join(home, 'login');
		const credential = JSON.stringify({apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: {token: 'secret'}});
		writeFileSync(
			plugin,
			`#!/bin/sh\n[ -t 0 ] || { echo 'this needs a terminal' >&2; exit 1; }\nsleep 3\nprintf 'code? ' >&2\nread code\nprintf %s "$code" > "$HOME/code"\necho '${credential}'\n`,
			{mode: 0o755},
		);
		writeFileSync(
			path.join(home, 'kubeconfig'),
			kubeconfigOf(server.url, {exec: {apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'IfAvailable'}}),
		);
		const here = start([], {columns: 100, rows: 30});
		await here.until(text => text.includes('this needs a terminal'), 'said why the login failed');
		here.type('r');
		await here.until(text => text.includes('code?'), 'asked in the terminal');
		expect(here.isAlternate()).toBe(false);
		here.type('?jq\r');
		await here.until(text => text.includes('web-2') && here.isAlternate(), 'shown the rows');
		expect(readFileSync(path.join(home, 'code'), 'utf8')).toBe('?jq');
		here.type('?');
		await here.until(text => text.includes('Keys'));
	});

	test('NO_COLOR draws the same text without a colour', async () => {
		const here = start([], {columns: 100, rows: 30}, {NO_COLOR: '1'});
		const screen = await here.until(text => text.includes('web-2') && text.includes('live'));
		expect(screen).toMatch(/^▸ /m);
		expect(here.raw()).not.toMatch(/\x1b\[(?:3[0-7]|9[0-7])m/);
	});
});

describe('what is missing', () => {
	test('a server that says nothing is not an empty table', async () => {
		server.cluster.isSilent = true;
		const here = start([], {columns: 100, rows: 30});
		const screen = await here.until(text => text.includes('connecting'));
		expect(screen).not.toMatch(/no pods/i);
	});

	test('forbidden names the verb and the resource', async () => {
		server.cluster.forbidden.push('/api/v1/pods');
		const here = start([], {columns: 100, rows: 30});
		await here.until(text => /may not (?:list|watch) pods|forbidden/i.test(text), 'named what is forbidden');
	});

	test('a server that is not there is one clear line on the screen, and keys still work', async () => {
		await server.close();
		const here = start([], {columns: 100, rows: 30});
		await here.until(text => /refused/i.test(text), 'told that the connection was refused');
		here.type('q');
		expect(await here.exitCode).toBe(0);
	});
});

describe('bad input is one clear line and an exit code', () => {
	test.each([
		{name: 'an unknown flag', args: ['--nope'], code: 2, says: /nope/i},
		{name: 'a bad address', args: ['nowhere/at/all/x'], code: 2, says: /nowhere/},
		{name: 'an unknown context', args: ['--context', 'mars'], code: 3, says: /mars/},
		{name: 'a missing kubeconfig', args: ['--kubeconfig', '/nonexistent/file'], code: 3, says: /nonexistent/},
		{name: 'no kubeconfig at all', args: [], env: {KUBECONFIG: undefined}, code: 3, says: /kwb demo/},
	])('$name', async ({args, env, code, says}) => {
		const here = start(args, {columns: 160, rows: 30}, env as Record<string, undefined>);
		expect(await here.exitCode).toBe(code);
		expect(here.screen()).toMatch(says);
		expect(
			here
				.screen()
				.split('\n')
				.filter(line => line !== ''),
		).toHaveLength(1);
		expect(here.raw()).not.toContain('\x1b[?1049h');
	});
});
