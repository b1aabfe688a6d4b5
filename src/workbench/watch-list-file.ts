import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {Unsupported} from '../reflector/watch-list-memory.ts';

/** Which servers do not stream lists, kept for a day beside other small things that may be lost. */
export type WatchListFile = {
	read(): readonly Unsupported[];
	write(entries: readonly Unsupported[]): void;
};

/** File names have a limit; two servers that share so much of their URL share a memory, which is checked by version anyway. */
const LONGEST_NAME = 200;

/** @param cacheDir Where kwb may leave files, e.g. `~/.cache/kwb`. */
export function watchListFile(cacheDir: string, server: string): WatchListFile {
	const file = path.join(cacheDir, 'servers', `${encodeURIComponent(server).slice(0, LONGEST_NAME)}.json`);
	return {
		read() {
			try {
				const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
				return Array.isArray(value) ? value.filter(isUnsupported) : [];
			} catch {
				return []; // not there, or not ours: it is only a memory
			}
		},
		write(entries) {
			try {
				mkdirSync(path.dirname(file), {recursive: true, mode: 0o700});
				writeFileSync(`${file}.${process.pid}`, JSON.stringify(entries), {mode: 0o600});
				renameSync(`${file}.${process.pid}`, file);
			} catch {
				// A cache directory that cannot be written costs one refused request at the next start.
			}
		},
	};
}

function isUnsupported(value: unknown): value is Unsupported {
	if (typeof value !== 'object' || value === null) return false;
	const {group, gitVersion, how, at} = value as Record<string, unknown>;
	return typeof group === 'string' && (gitVersion === undefined || typeof gitVersion === 'string') && typeof how === 'string' && typeof at === 'number';
}
