import {describe, expect, test} from 'vitest';
import type {ExecConfig} from '../../src/transport/access.ts';
import {bearer, credentialError} from '../../src/transport/credential.ts';
import {execCredentials, type PluginActivity, type PluginSurroundings} from '../../src/transport/exec-credentials.ts';
import type {PluginAnswer, PluginRun} from '../../src/transport/exec-plugin.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import {err, ok} from '../../src/util/result.ts';
import {fakeClock, START, settled} from '../observe/fake-clock.ts';
import {accessWith} from './access-builder.ts';

const MINUTE = 60_000;

const EXEC: ExecConfig = {
	command: '/usr/bin/aws',
	args: ['eks', 'get-token'],
	env: [],
	apiVersion: 'client.authentication.k8s.io/v1',
	installHint: '',
	provideClusterInfo: false,
	interactiveMode: 'Never',
	clusterConfig: undefined,
};

/** Credentials over a plugin that is played by hand: each run waits until it is answered. */
function rig({exec = {}, hasTerminal = true}: {exec?: Partial<ExecConfig>; hasTerminal?: boolean} = {}) {
	const clock = fakeClock();
	const runs: Array<PluginRun & {answer: (answer: Awaited<ReturnType<PluginSurroundings['runPlugin']>>) => void}> = [];
	const activities: PluginActivity[] = [];
	const screen: string[] = [];
	const credentials = execCredentials({...EXEC, ...exec}, accessWith({}), {
		clock,
		env: {},
		readFile: () => '',
		runPlugin: run => new Promise(answer => runs.push({...run, answer})),
		onActivity: activity => activities.push(activity),
		runInteractive: hasTerminal
			? async run => {
					screen.push('left');
					try {
						return await run();
					} finally {
						screen.push('back');
					}
				}
			: undefined,
	});
	/** Answers the newest run with a token that is good for so long; undefined: for ever. */
	const answer = async (token: string, lifetimeMs?: number) => {
		const answered: PluginAnswer = {credential: bearer(token), expiresAt: lifetimeMs === undefined ? undefined : epochMs(clock.now() + lifetimeMs)};
		runs.at(-1)!.answer(ok(answered));
		await settled();
	};
	const fail = async (message: string) => {
		runs.at(-1)!.answer(err(credentialError(message)));
		await settled();
	};
	/** Gets a credential by a run that answers so. */
	const first = async (token: string, lifetimeMs?: number) => {
		const got = credentials.get();
		await settled();
		await answer(token, lifetimeMs);
		return tokenOf(await got);
	};
	return {clock, runs, activities, screen, credentials, answer, fail, first};
}

function tokenOf(outcome: Awaited<ReturnType<ReturnType<typeof execCredentials>['get']>>): string {
	return outcome.ok ? (outcome.value.authorization ?? '') : `error: ${outcome.error.message}`;
}

describe('running', () => {
	test('happens once for all who ask meanwhile, and not again while the credential is good', async () => {
		const {credentials, runs, answer} = rig();
		const asked = [credentials.get(), credentials.get(), credentials.get()];
		await settled();
		await answer('a');
		expect((await Promise.all(asked)).map(tokenOf)).toEqual(['Bearer a', 'Bearer a', 'Bearer a']);
		expect(tokenOf(await credentials.get())).toBe('Bearer a');
		expect(runs).toHaveLength(1);
	});

	test('does not begin before somebody asks', async () => {
		const {runs} = rig();
		await settled();
		expect(runs).toHaveLength(0);
	});

	test('is said: what, since when, and the last lines of stderr; then that it is over', async () => {
		const {credentials, runs, activities, answer} = rig();
		void credentials.get();
		await settled();
		runs[0]!.onStderr(['visit https://login.test']);
		await answer('a');
		const running = {kind: 'running', command: 'aws eks get-token', since: START, isInteractive: false};
		expect(activities).toEqual([{...running, stderr: []}, {...running, stderr: ['visit https://login.test']}, {kind: 'idle'}]);
	});

	test('that failed is not tried again for 30 s, whoever asks', async () => {
		const {clock, credentials, runs, fail, answer} = rig();
		const asked = credentials.get();
		await settled();
		await fail('no session');
		expect(tokenOf(await asked)).toBe('error: no session');
		clock.advance(29_999);
		expect(tokenOf(await credentials.get())).toBe('error: no session');
		expect(runs).toHaveLength(1);
		clock.advance(1);
		const again = credentials.get();
		await settled();
		await answer('b');
		expect(tokenOf(await again)).toBe('Bearer b');
	});

	test('that failed is tried again at once when the user wants it', async () => {
		const {credentials, runs, fail} = rig();
		void credentials.get();
		await settled();
		await fail('no session');
		credentials.forget();
		void credentials.get();
		await settled();
		expect(runs).toHaveLength(2);
	});

	test('is stopped with the session, and none begins after it', async () => {
		const {clock, credentials, runs, first} = rig();
		await first('a', 10 * MINUTE);
		credentials.close();
		expect(runs[0]!.signal.aborted).toBe(true);
		expect(clock.pending).toBe(0);
		credentials.forget();
		expect(tokenOf(await credentials.get())).toBe('error: closed');
		expect(runs).toHaveLength(1);
	});
});

describe('expiry', () => {
	test('a credential is renewed at 80 % of its life, beside the work that goes on with the old one', async () => {
		const {clock, credentials, runs, first, answer} = rig();
		await first('a', 10 * MINUTE);
		await clock.advanceAsync(8 * MINUTE - 1);
		expect(runs).toHaveLength(1);
		await clock.advanceAsync(1);
		expect(runs).toHaveLength(2);
		expect(tokenOf(await credentials.get())).toBe('Bearer a');
		await answer('b', 10 * MINUTE);
		expect(tokenOf(await credentials.get())).toBe('Bearer b');
	});

	test('is strict: at its last millisecond a credential is good, after it it is waited for', async () => {
		const {clock, credentials, runs, first, fail, answer} = rig();
		await first('a', 10 * MINUTE);
		await clock.advanceAsync(8 * MINUTE);
		await fail('not now');
		await clock.advanceAsync(2 * MINUTE);
		expect(tokenOf(await credentials.get())).toBe('Bearer a');
		await fail('not now');
		await clock.advanceAsync(PATIENCE);
		const waiting = credentials.get();
		await settled();
		await answer('b');
		expect(tokenOf(await waiting)).toBe('Bearer b');
		expect(runs.length).toBeGreaterThan(2);
	});

	test('a renewal beside the work that failed is tried every 30 s as long as the old credential is good', async () => {
		const {clock, runs, first, fail} = rig();
		await first('a', 10 * MINUTE);
		await clock.advanceAsync(8 * MINUTE);
		await fail('not now');
		await clock.advanceAsync(29_999);
		expect(runs).toHaveLength(2);
		await clock.advanceAsync(1);
		expect(runs).toHaveLength(3);
	});

	test('a credential that does not say is good for ever', async () => {
		const {clock, credentials, runs, first} = rig();
		await first('a');
		await clock.advanceAsync(1000 * 60 * MINUTE);
		expect(tokenOf(await credentials.get())).toBe('Bearer a');
		expect(runs).toHaveLength(1);
	});

	test('is by the clock of the server', async () => {
		const {clock, credentials, runs, first} = rig();
		await first('a', 10 * MINUTE);
		credentials.noteServerSkew(10 * MINUTE + 1);
		clock.advance(15_000);
		void credentials.get();
		await settled();
		expect(runs).toHaveLength(2);
	});

	test('a credential that comes expired is used for 10 s, so that not every request runs the plugin', async () => {
		const {clock, credentials, runs, first} = rig();
		await first('a', -MINUTE);
		expect(tokenOf(await credentials.get())).toBe('Bearer a');
		expect(runs).toHaveLength(1);
		await clock.advanceAsync(10_000);
		expect(runs).toHaveLength(2);
	});

	test('after a sleep of the machine is noticed by the next who asks', async () => {
		const {clock, credentials, runs, first} = rig();
		await first('a', 10 * MINUTE);
		clock.advance(11_000);
		clock.setWall(START + 60 * MINUTE);
		void credentials.get();
		await settled();
		expect(runs).toHaveLength(2);
	});

	test('in fifty days is no timer that fires at once', async () => {
		const {clock, runs, first} = rig();
		await first('a', 50 * 24 * 60 * MINUTE);
		await clock.advanceAsync(39 * 24 * 60 * MINUTE);
		expect(runs).toHaveLength(1);
		await clock.advanceAsync(24 * 60 * MINUTE);
		expect(runs).toHaveLength(2);
	});
});

describe('after a 401', () => {
	test('the plugin is run once for all whose credential was refused', async () => {
		const {clock, credentials, runs, first, answer} = rig();
		await first('a');
		clock.advance(MINUTE);
		const held = await credentials.get();
		if (!held.ok) throw new Error('expected a credential');
		const renewals = [credentials.renew(held.value), credentials.renew(held.value)];
		await settled();
		expect(runs).toHaveLength(2);
		await answer('b');
		expect((await Promise.all(renewals)).map(tokenOf)).toEqual(['Bearer b', 'Bearer b']);
		expect(tokenOf(await credentials.renew(held.value))).toBe('Bearer b');
		expect(runs).toHaveLength(2);
	});

	test('a credential that is only just there is not renewed: the plugin gives what the server does not take', async () => {
		const {clock, credentials, runs, first} = rig();
		await first('a');
		clock.advance(29_999);
		const held = await credentials.get();
		expect(held.ok && tokenOf(await credentials.renew(held.value))).toMatch(
			/^error: the server does not accept the credential that \/usr\/bin\/aws has just given/,
		);
		expect(runs).toHaveLength(1);
		clock.advance(1);
		void (held.ok && credentials.renew(held.value));
		await settled();
		expect(runs).toHaveLength(2);
	});
});

describe('the terminal', () => {
	test('is given to a plugin of interactiveMode Always, and taken back', async () => {
		const {runs, screen, first} = rig({exec: {interactiveMode: 'Always'}});
		await first('a');
		expect(runs[0]!.isInteractive).toBe(true);
		expect(JSON.parse(runs[0]!.env.KUBERNETES_EXEC_INFO!).spec.interactive).toBe(true);
		expect(screen).toEqual(['left', 'back']);
	});

	test('is taken back when such a plugin fails', async () => {
		const {credentials, screen, fail} = rig({exec: {interactiveMode: 'Always'}});
		void credentials.get();
		await settled();
		await fail('wrong password');
		expect(screen).toEqual(['left', 'back']);
	});

	test('is not taken from the user at 80 % of a life, only when there is no other way', async () => {
		const {clock, credentials, runs, screen, first} = rig({exec: {interactiveMode: 'Always'}});
		await first('a', 10 * MINUTE);
		await clock.advanceAsync(10 * MINUTE);
		expect(runs).toHaveLength(1);
		await clock.advanceAsync(1);
		void credentials.get();
		await settled();
		expect(runs).toHaveLength(2);
		expect(screen).toEqual(['left', 'back', 'left']);
	});

	test('is missed by a plugin of interactiveMode Always when there is none', async () => {
		const {credentials, runs} = rig({exec: {interactiveMode: 'Always'}, hasTerminal: false});
		expect(tokenOf(await credentials.get())).toBe('error: aws eks get-token wants to ask something, and there is no terminal');
		expect(runs).toHaveLength(0);
	});

	test.each(['Never', 'IfAvailable'] as const)('is not given to one of interactiveMode %s', async interactiveMode => {
		const {runs, screen, first} = rig({exec: {interactiveMode}});
		await first('a');
		expect(runs[0]!.isInteractive).toBe(false);
		expect(JSON.parse(runs[0]!.env.KUBERNETES_EXEC_INFO!).spec.interactive).toBe(false);
		expect(screen).toEqual([]);
	});

	test('is given to one of IfAvailable that failed without, when the user wants it', async () => {
		const {credentials, runs, screen, fail, answer} = rig({exec: {interactiveMode: 'IfAvailable'}});
		void credentials.get();
		await settled();
		await fail('cannot ask');
		const again = credentials.runInTerminal!();
		await settled();
		expect(runs[1]!.isInteractive).toBe(true);
		await answer('b');
		expect(tokenOf(await again)).toBe('Bearer b');
		expect(screen).toEqual(['left', 'back']);
		expect(tokenOf(await credentials.get())).toBe('Bearer b');
	});

	test('waits for a run without the terminal that is under way, which fails, and then takes it', async () => {
		const {credentials, runs, answer, fail} = rig({exec: {interactiveMode: 'IfAvailable'}});
		void credentials.get();
		await settled();
		const again = credentials.runInTerminal!();
		await settled();
		expect(runs).toHaveLength(1);
		await fail('cannot ask');
		await settled();
		expect(runs.map(({isInteractive}) => isInteractive)).toEqual([false, true]);
		await answer('b');
		expect(tokenOf(await again)).toBe('Bearer b');
	});

	test('is not needed when the run that is under way gives one', async () => {
		const {credentials, runs, answer} = rig({exec: {interactiveMode: 'IfAvailable'}});
		void credentials.get();
		await settled();
		const again = credentials.runInTerminal!();
		await answer('a');
		expect(tokenOf(await again)).toBe('Bearer a');
		expect(runs).toHaveLength(1);
	});

	test('is not offered while a credential holds', async () => {
		const {credentials, first} = rig({exec: {interactiveMode: 'IfAvailable'}});
		expect(credentials.runInTerminal).toBeDefined();
		await first('a');
		expect(credentials.runInTerminal).toBeUndefined();
		credentials.forget();
		expect(credentials.runInTerminal).toBeDefined();
	});

	test.each([
		['to one of Never', {exec: {interactiveMode: 'Never'}} as const],
		['where there is none', {exec: {interactiveMode: 'IfAvailable'}, hasTerminal: false} as const],
	])('cannot be given %s', (_name, options) => expect(rig(options).credentials.runInTerminal).toBeUndefined());
});

const PATIENCE = 30_000;
