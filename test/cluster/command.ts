import {execFile, spawn} from 'node:child_process';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';

/** What a command said, and how it ended. */
export type Outcome = {readonly code: number; readonly stdout: string; readonly stderr: string; readonly seconds: number};

const CLI = path.join(import.meta.dirname, 'cli.ts');

/** Runs one of this folder's commands as a person would, in a process of its own. */
export function runCluster(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<Outcome> {
	return run(process.execPath, [CLI, ...args], environment);
}

/** Runs a program to its end. Never rejects: a code other than 0 is an outcome. */
export function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<Outcome> {
	const startedAt = performance.now();
	return new Promise(resolve => {
		const child = execFile(program, [...args], {env: environment, maxBuffer: 64 * 1024 * 1024}, (error, stdout, stderr) => {
			resolve({code: error === null ? 0 : (child.exitCode ?? 1), stdout, stderr, seconds: (performance.now() - startedAt) / 1000});
		});
	});
}

/**
 * Starts one of this folder's commands, and sends it, and nothing it started, a signal when the moment has come: by default the one that
 * nobody can prevent. Returns when it has ended.
 *
 * @returns Whether it was still running at that moment.
 */
export async function signalledWhen(
	moment: () => Promise<unknown>,
	args: readonly string[],
	{environment = process.env, signal = 'SIGKILL'}: {readonly environment?: NodeJS.ProcessEnv; readonly signal?: NodeJS.Signals} = {},
): Promise<boolean> {
	const child = spawn(process.execPath, [CLI, ...args], {env: environment, stdio: 'ignore'});
	const ended = new Promise<void>(resolve => {
		child.once('exit', () => resolve());
	});
	try {
		await Promise.race([ended, moment()]);
		return child.exitCode === null;
	} finally {
		child.kill(signal);
		await ended;
	}
}

/**
 * Asks again and again until the answer is the wanted one.
 *
 * @throws With the last answer, when the time is up.
 */
export async function eventually<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean, timeoutMs: number, everyMs = 250): Promise<T> {
	const until = performance.now() + timeoutMs;
	for (;;) {
		const answer = await ask();
		if (isWanted(answer)) return answer;
		if (performance.now() > until) throw new Error(`not after ${timeoutMs / 1000} s; the last answer was ${JSON.stringify(answer)}`);
		await delay(everyMs);
	}
}
