import {type FileHandle, open} from 'node:fs/promises';
import {err, ok, type Result} from '../util/result.ts';

/** Why a recording cannot be written, in one line. */
export type RecordError = {readonly kind: 'exists' | 'noSpace' | 'unwritable' | 'tooSlow' | 'alreadyRecording'; readonly message: string};

/** Bytes that wait for the disk; beyond that it is too slow. */
const MOST_WAITING = 64 * 1024 * 1024;

/** A file that is written from its beginning to its end. After an error nothing more is written: what is there stays readable. */
export type FileSink = {
	readonly path: string;
	write(bytes: Buffer): void;
	/** Resolves when all that was given so far is written, or writing failed. */
	flushed(): Promise<void>;
	bytes(): number;
	error(): RecordError | undefined;
	close(): Promise<Result<void, RecordError>>;
};

/** Makes a new file that nobody else may read. */
const openNew = (path: string): Promise<FileHandle> => open(path, 'wx', 0o600);

/** @param openFile How the file is opened; by default it must not exist yet. */
export async function openFileSink(path: string, openFile = openNew): Promise<Result<FileSink, RecordError>> {
	let error: RecordError | undefined;
	const opened = await openFile(path).catch((reason: unknown) => {
		error = errorOf(reason, path);
		return undefined;
	});
	if (opened === undefined) return err(error!);

	let waiting: Buffer[] = [];
	let waitingBytes = 0;
	let written = 0;
	let writing: Promise<void> | undefined;

	async function writeAll(): Promise<void> {
		while (waiting.length > 0 && error === undefined) {
			const bytes = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
			waiting = [];
			try {
				for (let from = 0; from < bytes.length; ) from += (await opened!.write(bytes, from, bytes.length - from)).bytesWritten;
				written += bytes.length;
			} catch (reason) {
				error = errorOf(reason, path);
			}
			waitingBytes -= bytes.length;
		}
		writing = undefined;
	}

	return ok({
		path,
		write(bytes) {
			if (error !== undefined) return;
			if (waitingBytes > MOST_WAITING) {
				error = {kind: 'tooSlow', message: `${path}: the disk is too slow, recording has stopped`};
				waiting = [];
				return;
			}
			waiting.push(bytes);
			waitingBytes += bytes.length;
			writing ??= writeAll();
		},
		flushed: async () => writing,
		bytes: () => written,
		error: () => error,
		async close() {
			await writing;
			await opened.sync().catch(() => {});
			await opened.close().catch(() => {});
			return error === undefined ? ok(undefined) : err(error);
		},
	});
}

function errorOf(reason: unknown, path: string): RecordError {
	const code = (reason as {readonly code?: unknown} | undefined)?.code;
	switch (code) {
		case 'EEXIST':
			return {kind: 'exists', message: `${path} exists already`};
		case 'ENOSPC':
		case 'EDQUOT':
			return {kind: 'noSpace', message: `${path}: no space left, recording has stopped`};
		case 'ENOENT':
			return {kind: 'unwritable', message: `${path}: its directory does not exist`};
		case 'EACCES':
		case 'EPERM':
		case 'EROFS':
			return {kind: 'unwritable', message: `${path} may not be written`};
		case 'EISDIR':
			return {kind: 'unwritable', message: `${path} is a directory`};
		default:
			return {kind: 'unwritable', message: `${path} cannot be written: ${reason instanceof Error ? reason.message : String(reason)}`};
	}
}
