import {execFileSync, spawn} from 'node:child_process';
import {closeSync, mkdirSync, openSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';

/** A process that was seen: the start time tells it from a later one with the same number. */
export type ProcessIdentity = {
	readonly pid: number;
	/** Opaque: ticks since boot on Linux, `ps`'s text elsewhere. Compare for equality only. */
	readonly startTime: string;
};

/** Every process of a cluster carries this in its environment, with the cluster's absolute directory: the one thing by which it is found again. */
export const MARKER = 'KWB_CLUSTER';
/** Which process of the cluster it is. */
export const ROLE_MARKER = 'KWB_CLUSTER_PROCESS';

const POLL_MS = 20;

/** When the process with this number started, or undefined when there is none (a zombie is none). */
export function startTimeOf(pid: number): string | undefined {
	if (process.platform === 'linux') return procStat(readText(`/proc/${pid}/stat`));
	try {
		const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}).trim();
		return text === '' || text.startsWith('Z') ? undefined : text.replace(/^\S+\s+/, '');
	} catch {
		return undefined;
	}
}

/**
 * The start time out of `/proc/PID/stat`: its 22nd field. The second, the command, may hold spaces and
 * parentheses, so fields are counted from the last parenthesis.
 * Source: proc_pid_stat(5).
 */
export function procStat(text: string | undefined): string | undefined {
	if (text === undefined) return undefined;
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** Whether it still runs, and is not another one under the same number. */
export function isAlive({pid, startTime}: ProcessIdentity): boolean {
	return startTimeOf(pid) === startTime;
}

/**
 * All processes that carry `marker=value` in their environment, but not this one. Only one's own can be read, which is all one may stop.
 */
export function findMarked(marker: string, value: string): readonly (ProcessIdentity & {readonly role: string | undefined})[] {
	return environments(marker, value)
		.filter(({pid}) => pid !== process.pid)
		.flatMap(({pid, role}) => {
			const startTime = startTimeOf(pid);
			return startTime === undefined ? [] : [{pid, startTime, role}];
		});
}

function environments(marker: string, value: string): readonly {pid: number; role: string | undefined}[] {
	if (process.platform === 'linux') {
		const wanted = `${marker}=${value}`;
		return readdirSync('/proc')
			.filter(entry => /^\d+$/.test(entry))
			.flatMap(entry => {
				const variables = readText(`/proc/${entry}/environ`)?.split('\0') ?? [];
				if (!variables.includes(wanted)) return [];
				return [{pid: Number(entry), role: variables.find(each => each.startsWith(`${ROLE_MARKER}=`))?.slice(ROLE_MARKER.length + 1)}];
			});
	}
	// ps appends the environment to the command; the trailing blank keeps one directory from matching as the beginning of another.
	const lines = execFileSync('ps', ['-axEww', '-o', 'pid=,command='], {encoding: 'utf8', maxBuffer: 64 * 1024 * 1024}).split('\n');
	return lines
		.filter(line => `${line} `.includes(` ${marker}=${value} `))
		.map(line => ({pid: Number.parseInt(line, 10), role: new RegExp(`${ROLE_MARKER}=(\\S+)`).exec(line)?.[1]}));
}

/**
 * Starts a program that outlives this one: its own session, nothing on its input, its output appended to `log`.
 *
 * @param environment Everything it gets besides the markers: nothing of ours is inherited.
 */
export function startDetached(options: {
	readonly executable: string;
	readonly args: readonly string[];
	readonly log: string;
	readonly environment: Readonly<Record<string, string>>;
	readonly directory: string;
}): ProcessIdentity {
	mkdirSync(path.dirname(options.log), {recursive: true});
	const log = openSync(options.log, 'a');
	try {
		const child = spawn(options.executable, [...options.args], {
			cwd: options.directory,
			detached: true,
			env: {...options.environment},
			stdio: ['ignore', log, log],
		});
		child.on('error', () => {}); // seen by its absence: no pid
		child.unref();
		if (child.pid === undefined) throw new Error(`${options.executable} cannot be started`);
		return {pid: child.pid, startTime: startTimeOf(child.pid) ?? 'gone at once'};
	} finally {
		closeSync(log);
	}
}

/** Asks each to end, and after `graceMs` ends it; returns when none is left. Looks at start times before every signal. */
export async function stopAll(identities: readonly ProcessIdentity[], graceMs: number): Promise<void> {
	const alive = identities.filter(isAlive);
	for (const identity of alive) signal(identity, 'SIGTERM');
	if (await gone(alive, graceMs)) return;
	for (const identity of alive) signal(identity, 'SIGKILL');
	if (!(await gone(alive, 10_000))) throw new Error(`processes ${alive.filter(isAlive).map(each => each.pid)} survive SIGKILL`);
}

/** Sends a signal to exactly this process, if it is still there. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
	if (!isAlive(identity)) return;
	try {
		process.kill(identity.pid, name);
	} catch (error) {
		if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
	}
}

async function gone(identities: readonly ProcessIdentity[], timeoutMs: number): Promise<boolean> {
	for (let waitedMs = 0; identities.some(isAlive); waitedMs += POLL_MS) {
		if (waitedMs >= timeoutMs) return false;
		await delay(POLL_MS);
	}
	return true;
}

function readText(file: string): string | undefined {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return undefined;
	}
}
