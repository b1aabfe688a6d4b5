import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type tls from 'node:tls';
import {describe, expect, onTestFinished, test} from 'vitest';
import type {CredentialSource, ExecConfig} from '../../src/transport/access.ts';
import type {Clock} from '../../src/util/clock.ts';
import {fakeClock} from '../observe/fake-clock.ts';
import {accessTo, errorOf, fixture, get, type Handler, never, open, pem, realClock, serve, TRUSTING, textOf, until} from './transport-rig.ts';

/** Says who is there, and refuses tokens that are not good (any more). */
function guarded(isGood: (token: string) => boolean): Handler {
	return (request, response) => {
		const token = (request.headers.authorization ?? '').replace('Bearer ', '');
		if (isGood(token)) return void response.end(token);
		response.writeHead(401, {'content-type': 'application/json'});
		response.end(JSON.stringify({kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized'}));
	};
}

function temporary(): string {
	const directory = mkdtempSync(path.join(os.tmpdir(), 'plugin-'));
	onTestFinished(() => rmSync(directory, {recursive: true}));
	return directory;
}

/** A credential source that runs a script of test/fixtures/plugins. */
function plugin(name: string, env: Readonly<Record<string, string>> = {}, more: Partial<ExecConfig> = {}): CredentialSource {
	return {
		kind: 'exec',
		exec: {
			command: process.execPath,
			args: [fixture(`plugins/${name}.mjs`)],
			env: Object.entries(env).map(([key, value]) => ({name: key, value})),
			apiVersion: 'client.authentication.k8s.io/v1',
			installHint: '',
			provideClusterInfo: false,
			interactiveMode: 'Never',
			clusterConfig: undefined,
			...more,
		},
	};
}

/** A plugin that gives token-1, token-2 …, and what it was told at each run. */
function tokenPlugin(env: Readonly<Record<string, string>> = {}, more: Partial<ExecConfig> = {}) {
	const file = path.join(temporary(), 'runs');
	const runs = () =>
		existsSync(file)
			? readFileSync(file, 'utf8')
					.trim()
					.split('\n')
					.map(line => JSON.parse(line))
			: [];
	return {source: plugin('token', {RUNS: file, ...env}, more), runs};
}

/** The real clock, but minutes pass when the test says so. */
function hurriedClock(): Clock & {skip(milliseconds: number): void} {
	let skipped = 0;
	return {
		...realClock,
		monotonic: () => realClock.monotonic() + skipped,
		skip(milliseconds) {
			skipped += milliseconds;
		},
	};
}

function isAlive(pid: number): boolean {
	try {
		// A process that has ended and was not waited for is none.
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
}

describe('a plugin', () => {
	test('gives the credential, beside other work, and says what it does', async () => {
		const rig = await serve(guarded(token => token === 'token-1'));
		const {source, runs} = tokenPlugin({DELAY_MS: '200'}, {provideClusterInfo: true});
		const {transport, activities} = open(accessTo(rig.url, {credential: source}));
		let turns = 0;
		const counting = setInterval(() => turns++, 5);
		expect(await textOf(transport, get('/'))).toBe('token-1');
		clearInterval(counting);
		expect(turns).toBeGreaterThan(10);
		expect(runs()[0].info).toEqual({
			apiVersion: 'client.authentication.k8s.io/v1',
			kind: 'ExecCredential',
			spec: {cluster: {server: rig.url}, interactive: false},
		});
		expect(activities.map(activity => (activity.kind === 'running' ? activity.stderr : activity.kind))).toEqual([[], ['fetching run 1'], 'idle']);
	});

	test('of v1beta1 is asked and answers in that version', async () => {
		const rig = await serve(guarded(token => token === 'token-1'));
		const {source, runs} = tokenPlugin({}, {apiVersion: 'client.authentication.k8s.io/v1beta1'});
		expect(await textOf(open(accessTo(rig.url, {credential: source})).transport, get('/'))).toBe('token-1');
		expect(runs()[0].info.apiVersion).toBe('client.authentication.k8s.io/v1beta1');
	});

	test('is run once for many requests at the same time', async () => {
		const rig = await serve(guarded(token => token === 'token-1'));
		const {source, runs} = tokenPlugin({DELAY_MS: '50'});
		const {transport} = open(accessTo(rig.url, {credential: source}));
		expect(new Set(await Promise.all(Array.from({length: 20}, () => textOf(transport, get('/')))))).toEqual(new Set(['token-1']));
		expect(runs()).toHaveLength(1);
	});

	test('is run once more when its token is refused, for many requests at the same time, which all succeed', async () => {
		let good = 'token-1';
		const rig = await serve(guarded(token => token === good));
		const {source, runs} = tokenPlugin({DELAY_MS: '50'});
		const clock = hurriedClock();
		const {transport} = open(accessTo(rig.url, {credential: source}), {clock});
		expect(await textOf(transport, get('/'))).toBe('token-1');
		good = 'token-2';
		clock.skip(60_000);
		expect(new Set(await Promise.all(Array.from({length: 20}, () => textOf(transport, get('/')))))).toEqual(new Set(['token-2']));
		expect(runs()).toHaveLength(2);
	});

	test('whose new token is refused too is not run a third time: not logged in', async () => {
		const rig = await serve(guarded(() => false));
		const {source, runs} = tokenPlugin();
		const clock = hurriedClock();
		const {transport, credentials} = open(accessTo(rig.url, {credential: source}), {clock});
		await credentials.get();
		clock.skip(60_000);
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({kind: 'credential', message: 'not logged in as user ann: Unauthorized'});
		expect(rig.requests).toHaveLength(2);
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({
			kind: 'credential',
			message: expect.stringContaining('does not accept the credential'),
		});
		expect(runs()).toHaveLength(2);
	});

	test('that gives a certificate: it is used, and a new one on new connections', async () => {
		const directory = temporary();
		const use = (name: string) => {
			for (const end of ['crt', 'key']) writeFileSync(path.join(directory, end), pem(`${name}.${end}`));
		};
		use('client');
		const rig = await serve((request, response) => void response.end((request.socket as tls.TLSSocket).getPeerX509Certificate?.()?.subject), {
			cert: pem('server.crt'),
			key: pem('server.key'),
			ca: pem('ca.crt'),
			requestCert: true,
		});
		const source = plugin('certificate', {CERTIFICATE: path.join(directory, 'crt'), KEY: path.join(directory, 'key')});
		const {transport, credentials} = open(accessTo(rig.url, {credential: source, tls: TRUSTING}));
		expect(await textOf(transport, get('/'))).toContain('alice');
		use('client-rsa');
		credentials.forget();
		expect(await textOf(transport, get('/'))).toContain('bob');
		await until(() => rig.open() === 1);
	});

	test.each<[string, string, Partial<ExecConfig>, object]>([
		['fails', 'fail', {}, {message: 'node failed with exit code 1: Error: the SSO session has expired\ufffd'}],
		['prints garbage', 'garbage', {}, {message: 'node did not print a credential', hint: 'run it by hand to see what it says'}],
		['never stops printing', 'flood', {}, {message: 'node wrote more than a credential can be and was stopped'}],
		['asks for something on stdin', 'ask', {interactiveMode: 'IfAvailable'}, {message: 'node failed with exit code 1: no password was given'}],
		['asks though it is Never', 'ask', {interactiveMode: 'Never'}, {message: 'node failed with exit code 1: no password was given'}],
		[
			'is not installed',
			'x',
			{command: 'kwb-no-such-plugin', installHint: 'get it at https://plugin.test'},
			{message: 'kwb-no-such-plugin is not installed', hint: 'get it at https://plugin.test'},
		],
		['may not be run', 'x', {command: fixture('plugins/token.mjs')}, {message: 'token.mjs could not be started (EACCES)'}],
	])('that %s is an error in one line, and nothing is sent', async (_what, name, exec, error) => {
		const rig = await serve(guarded(() => true));
		const {transport, activities} = open(accessTo(rig.url, {credential: plugin(name, {}, exec)}));
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({kind: 'credential', ...error});
		expect(activities.at(-1)).toEqual({kind: 'idle'});
		expect(rig.accepted()).toBe(0);
	});

	test('that hangs is stopped after 15 s, with all that it started, and says its last words', async () => {
		const pids = path.join(temporary(), 'pids');
		const clock = fakeClock();
		const rig = await serve(guarded(() => true));
		const {transport, activities} = open(accessTo(rig.url, {credential: plugin('hang', {PIDS: pids})}), {clock});
		const outcome = transport.stream(get('/'), never());
		await until(() => existsSync(pids) && readFileSync(pids, 'utf8').includes(' ') && activities.length > 1);
		const started = readFileSync(pids, 'utf8').split(' ').map(Number);
		clock.advance(14_999);
		expect(started.map(isAlive)).toEqual([true, true]);
		clock.advance(1);
		await until(() => !started.some(isAlive));
		// Its output closes with the last of its group; a straggler would be given a moment of the clock.
		clock.advance(250);
		expect(errorOf(await outcome)).toEqual({
			kind: 'credential',
			message: 'node did not answer within 15 s and was stopped: open https://login.test in a browser',
		});
		expect(clock.pending).toBe(0);
	});

	test('that hangs is stopped, with all that it started, when the session ends', async () => {
		const pids = path.join(temporary(), 'pids');
		const rig = await serve(guarded(() => true));
		const {transport, credentials} = open(accessTo(rig.url, {credential: plugin('hang', {PIDS: pids})}));
		const outcome = transport.stream(get('/'), never());
		await until(() => existsSync(pids) && readFileSync(pids, 'utf8').includes(' '));
		transport.close();
		expect(errorOf(await outcome)).toEqual({kind: 'aborted'});
		credentials.close();
		const started = readFileSync(pids, 'utf8').split(' ').map(Number);
		await until(() => !started.some(isAlive));
	});

	test('that hangs does not keep a request from being aborted, and goes on for the next', async () => {
		const rig = await serve(guarded(token => token === 'token-1'));
		const {source, runs} = tokenPlugin({DELAY_MS: '200'});
		const {transport} = open(accessTo(rig.url, {credential: source}));
		const stopping = new AbortController();
		const outcome = transport.stream(get('/'), stopping.signal);
		stopping.abort();
		expect(errorOf(await outcome)).toEqual({kind: 'aborted'});
		expect(await textOf(transport, get('/'))).toBe('token-1');
		expect(runs()).toHaveLength(1);
	});

	test('that leaves a process behind which holds its output is not waited for', async () => {
		const pids = path.join(temporary(), 'pids');
		const rig = await serve(guarded(token => token === 'left'));
		const {transport} = open(accessTo(rig.url, {credential: plugin('leave', {PIDS: pids})}));
		expect(await textOf(transport, get('/'))).toBe('left');
		const left = Number(readFileSync(pids, 'utf8'));
		expect(isAlive(left)).toBe(true);
		process.kill(left);
	});

	test('of interactiveMode Always runs while the screen is away', async () => {
		const rig = await serve(guarded(token => token === 'token-1'));
		const {source, runs} = tokenPlugin({}, {interactiveMode: 'Always'});
		const order: string[] = [];
		const {transport} = open(accessTo(rig.url, {credential: source}), {
			runInteractive: async run => {
				order.push('left', `${runs().length} runs`);
				const result = await run();
				order.push(`${runs().length} runs`, 'back');
				return result;
			},
		});
		expect(await textOf(transport, get('/'))).toBe('token-1');
		expect(order).toEqual(['left', '0 runs', '1 runs', 'back']);
		expect(runs()[0].info.spec.interactive).toBe(true);
	});

	test('that asks a person has no time limit', async () => {
		const rig = await serve(guarded(token => token === 'token-1'));
		const {source, runs} = tokenPlugin({DELAY_MS: '300'}, {interactiveMode: 'Always'});
		const clock = fakeClock();
		const {transport} = open(accessTo(rig.url, {credential: source}), {clock, runInteractive: run => run()});
		const answer = textOf(transport, get('/'));
		await until(() => runs().length === 1);
		clock.advance(3_600_000);
		// Its output closes with it; a straggler would be given a moment of the clock.
		await until(() => clock.pending > 0 || rig.requests.length > 0);
		clock.advance(250);
		expect(await answer).toBe('token-1');
	});
});

describe('a 401', () => {
	test('reads a token file again', async () => {
		const file = path.join(temporary(), 'token');
		writeFileSync(file, 'old\n');
		let good = 'old';
		const rig = await serve(guarded(token => token === good));
		const {transport} = open(accessTo(rig.url, {credential: {kind: 'tokenFile', path: file, initial: undefined}}));
		expect(await textOf(transport, get('/'))).toBe('old');
		writeFileSync(file, 'new\n');
		good = 'new';
		expect(await textOf(transport, get('/'))).toBe('new');
	});

	const expired = `x.${Buffer.from(JSON.stringify({exp: 1_700_000_000})).toString('base64url')}.y`;
	test.each<[string, CredentialSource, number, object]>([
		[
			'of a token',
			{kind: 'token', token: 't'},
			1,
			{message: 'not logged in as user ann: Unauthorized', hint: 'log in again, so that the kubeconfig gets a new token'},
		],
		[
			'of a token that says when it expired',
			{kind: 'token', token: expired},
			1,
			{message: 'not logged in as user ann: the token expired at 2023-11-14T22:13:20.000Z'},
		],
		['of a password', {kind: 'basic', username: 'a', password: 'b'}, 1, {message: 'not logged in as user ann: Unauthorized'}],
		['without a credential', {kind: 'none'}, 1, {message: 'not logged in: user ann has no credential'}],
	])('%s is not logged in', async (_name, credential, requests, error) => {
		const rig = await serve(guarded(() => false));
		const {transport} = open(accessTo(rig.url, {credential}));
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({kind: 'credential', ...error});
		expect(rig.requests).toHaveLength(requests);
	});

	test('of a client certificate that has expired says so', async () => {
		const rig = await serve(
			guarded(() => false),
			{cert: pem('server.crt'), key: pem('server.key'), ca: pem('ca.crt'), requestCert: true, rejectUnauthorized: false},
		);
		const clientCertificate = {
			certificate: {kind: 'file', path: fixture('tls/client-expired.crt')},
			key: {kind: 'file', path: fixture('tls/client-expired.key')},
		} as const;
		const {transport} = open(accessTo(rig.url, {tls: {...TRUSTING, clientCertificate}}));
		expect(errorOf(await transport.stream(get('/'), never()))).toEqual({
			kind: 'credential',
			message: 'not logged in as user ann: the client certificate is not accepted (Unauthorized)',
			hint: 'the client certificate (CN=dave) expired on Jan  1 00:00:00 2021 GMT: log in again',
		});
	});
});
