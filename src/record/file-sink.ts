import {type FileHandle, open} from 'node:fs/promises';
import {err, ok, type Result} from '../util/result.ts';

/** Why a recording cannot be written, in one line. */
export type RecordError = {readonly kind: 'exists' | 'noSpace' | 'unwritable' | 'alreadyRecording'; readonly message: string};

/** A file that is written from its beginning to its end. After an error nothing more is written: what is there stays readable. */
export type FileSink = {
	readonly path: string;
	write(bytes: Buffer): void;
	/** Resolves when all that was given so far is written, or writing failed. */
	flushed(): Promise<void>;
	bytes(): number;
	/** Given and not yet written. */
	waitingBytes(): number;
	error(): RecordError | undefined;
	close(): Promise<Result<void, RecordError>>;
};

/** What a sink needs of a file. */
export type OpenFile = (path: string) => Promise<Pick<FileHandle, 'write' | 'sync' | 'close'>>;

/** Makes a new file that nobody else may read. */
const openNew: OpenFile = path => open(path, 'wx', 0o600);

/** @param openFile How the file is opened; by default it must not exist yet. */
export async function openFileSink(path: string, openFile: OpenFile = openNew): Promise<Result<FileSink, RecordError>> {
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

	function forget(): void {
		waiting = [];
		waitingBytes = 0;
	}

	async function writeAll(): Promise<void> {
		for (let bytes = waiting.shift(); bytes !== undefined && error === undefined; bytes = waiting.shift()) {
			try {
				for (let from = 0; from < bytes.length; ) from += (await opened!.write(bytes, from, bytes.length - from)).bytesWritten;
				written += bytes.length;
			} catch (reason) {
				error = errorOf(reason, path);
			}
			waitingBytes -= bytes.length;
		}
		if (error !== undefined) forget();
		writing = undefined;
	}

	return ok({
		path,
		write(bytes) {
			if (error !== undefined) return;
			waiting.push(bytes);
			waitingBytes += bytes.length;
			writing ??= writeAll();
		},
		flushed: async () => writing,
		bytes: () => written,
		waitingBytes: () => waitingBytes,
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
