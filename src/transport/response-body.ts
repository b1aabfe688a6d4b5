import type {IncomingMessage} from 'node:http';
import type {Readable} from 'node:stream';
import type {Cancel, Clock} from '../util/clock.ts';
import {BrokenBody, type TransportError} from './transport.ts';

/** A body whose chunks are asked for one by one. */
export type ResponseBody = AsyncIterable<Uint8Array> & {
	/** Ends it from outside: whoever waits for a chunk gets the error. */
	fail(error: TransportError): void;
};

/** Chunks that wait for the reader, in bytes, before the socket is told to wait. */
const MOST_WAITING = 256 * 1024;

/**
 * The body of a response, decompressed when it is gzip. Chunks are handed on as they came, without a copy; a
 * reader that is slow slows the socket.
 *
 * @param onEnd Called once, however it ends.
 */
export function responseBody(response: IncomingMessage, server: string, idleTimeoutMs: number, clock: Clock, onEnd: () => void): ResponseBody {
	const source = decompressed(response);
	const waiting: Uint8Array[] = [];
	let waitingBytes = 0;
	let lastByteAt = clock.monotonic();
	let ending: {readonly error: TransportError | undefined} | undefined;
	let wake: (() => void) | undefined;
	let cancelIdle: Cancel = () => {};

	function end(error: TransportError | undefined): void {
		if (ending !== undefined) return;
		ending = {error};
		cancelIdle();
		if (error !== undefined) response.destroy();
		wake?.();
		onEnd();
	}

	/** One timer a body, not one a chunk: when it fires, it looks how long the silence has really been. */
	function watchIdle(inMs: number): void {
		cancelIdle = clock.after(inMs, () => {
			// While we make the server wait, its silence is ours.
			if (response.isPaused()) lastByteAt = clock.monotonic();
			const silentMs = clock.monotonic() - lastByteAt;
			if (silentMs >= idleTimeoutMs)
				end({kind: 'timeout', phase: 'idle', message: `no byte from ${new URL(server).host} for ${Math.round(idleTimeoutMs / 1000)} s`});
			else watchIdle(idleTimeoutMs - silentMs);
		});
	}

	const broken = (code: string, message: string) => end({kind: 'connection', code, message});
	response.on('data', () => {
		lastByteAt = clock.monotonic();
	});
	response.on('error', () => broken('TRUNCATED', `${new URL(server).host} broke the connection in the middle of an answer`));
	if (source !== response) source.on('error', () => broken('TRUNCATED', `a compressed answer of ${new URL(server).host} is cut short or damaged`));
	source.on('data', (chunk: Uint8Array) => {
		waiting.push(chunk);
		waitingBytes += chunk.length;
		if (waitingBytes > MOST_WAITING) source.pause();
		wake?.();
	});
	source.on('end', () => end(undefined));
	watchIdle(idleTimeoutMs);

	async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
		try {
			for (;;) {
				const chunk = waiting.shift();
				if (chunk !== undefined) {
					waitingBytes -= chunk.length;
					yield chunk;
				} else if (ending !== undefined) {
					if (ending.error !== undefined) throw new BrokenBody(ending.error);
					return;
				} else {
					if (source.isPaused()) source.resume();
					await new Promise<void>(resolve => {
						wake = resolve;
					});
					wake = undefined;
				}
			}
		} finally {
			end({kind: 'aborted'});
		}
	}
	const iterator = chunks();
	return {[Symbol.asyncIterator]: () => iterator, fail: end};
}

function decompressed(response: IncomingMessage): Readable {
	if (response.headers['content-encoding'] !== 'gzip') return response;
	// Not imported above: nothing is compressed on loopback, and the first answer never is.
	const {createGunzip} = process.getBuiltinModule('node:zlib');
	return response.pipe(createGunzip());
}
