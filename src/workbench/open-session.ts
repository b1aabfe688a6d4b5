import os from 'node:os';
import path from 'node:path';
import type {AccessError, AccessFlags} from '../transport/access.ts';
import type {PluginActivity} from '../transport/exec-credentials.ts';
import {userAgentOf} from '../transport/https-transport.ts';
import {ok, type Result} from '../util/result.ts';
import {openAccess, readTextFile} from './open-access.ts';
import {realClock} from './real-clock.ts';
import {type ClusterSession, createSession} from './session.ts';
import {watchListFile} from './watch-list-file.ts';

export type {AccessError, PluginActivity};

/** What the command line says of a session. */
export type SessionSettings = {
	readonly access: AccessFlags;
	readonly namespaces: readonly string[] | undefined;
	readonly selector: string | undefined;
	readonly encoding: 'json' | undefined;
	/** For every request that has an end; undefined: the limits that each has by itself. */
	readonly requestTimeoutMs?: number | undefined;
	readonly controllerFlags?: readonly string[] | undefined;
};

/** What whoever opens a session does for it. */
export type SessionHooks = {
	readonly version: string;
	readonly onActivity: (activity: PluginActivity) => void;
	/** Leaves the screen, calls `run`, comes back; undefined: there is no terminal. */
	readonly runInteractive: (<T>(run: () => Promise<T>) => Promise<T>) | undefined;
};

/** A session on this machine's own files, clock and network. Nothing is sent yet. */
export function openSession(
	{access: flags, namespaces, selector, encoding, requestTimeoutMs, controllerFlags}: SessionSettings,
	{version, onActivity, runInteractive}: SessionHooks,
): Result<ClusterSession, AccessError> {
	const access = openAccess(flags);
	if (!access.ok) return access;
	const memory = watchListFile(path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'kwb'), access.value.server);
	return ok(
		createSession({
			access: access.value,
			clock: realClock,
			random: Math.random,
			env: process.env,
			readFile: readTextFile,
			userAgent: userAgentOf(version, process.platform, process.arch),
			namespaces,
			selector,
			encoding,
			requestTimeoutMs,
			controllerFlags,
			onActivity,
			runInteractive,
			unsupportedWatchLists: memory.read(),
			saveUnsupportedWatchLists: memory.write,
		}),
	);
}
