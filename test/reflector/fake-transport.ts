import {BrokenBody, type RequestSpec, type StreamOutcome, type Transport, type TransportError} from '../../src/transport/transport.ts';
import {decodeStatus} from '../../src/wire/wire.ts';
import type {ModelServer, Sink} from '../contract/model-server.ts';

/** A body in memory that behaves as the transport promises: it ends, it breaks, and it breaks as aborted when the caller aborts. */
export type FakeBody = {
	push(bytes: Uint8Array): void;
	end(): void;
	fail(error: TransportError): void;
	readonly isOver: boolean;
	readonly chunks: AsyncIterable<Uint8Array>;
};

export function fakeBody(signal: AbortSignal, onGone: () => void = () => undefined): FakeBody {
	const queue: Uint8Array[] = [];
	let over: 'end' | TransportError | undefined;
	let notify: () => void = () => undefined;

	const finish = (how: 'end' | TransportError): void => {
		over ??= how;
		notify();
	};
	const abort = (): void => {
		queue.length = 0;
		finish({kind: 'aborted'});
		onGone();
	};
	if (signal.aborted) abort();
	else signal.addEventListener('abort', abort, {once: true});

	async function* chunks(): AsyncGenerator<Uint8Array> {
		try {
			for (;;) {
				const next = queue.shift();
				if (next !== undefined) yield next;
				else if (over === 'end') return;
				else if (over !== undefined) throw new BrokenBody(over);
				else
					await new Promise<void>(resolve => {
						notify = resolve;
					});
			}
		} finally {
			onGone();
		}
	}

	return {
		push(bytes) {
			if (over !== undefined) return;
			queue.push(bytes);
			notify();
		},
		end: () => finish('end'),
		fail: error => finish(error),
		get isOver() {
			return over !== undefined;
		},
		chunks: chunks(),
	};
}

/** One request that waits for an answer. */
export type Asked = {
	readonly spec: RequestSpec;
	readonly signal: AbortSignal;
	/** Headers of a 2xx; the body follows. */
	respond(contentType: string, options?: {readonly serverDate?: number}): FakeBody;
	fail(error: TransportError): void;
	/** A status other than 2xx. */
	refuse(status: number, reason?: string, options?: Partial<Extract<TransportError, {readonly kind: 'status'}>>): void;
};

/** A transport that hands every request to the test. */
export function fakeTransport(handle: (asked: Asked) => void): Pick<Transport, 'stream'> & {readonly open: number} {
	let open = 0;
	return {
		get open() {
			return open;
		},
		stream(spec, signal) {
			return new Promise<StreamOutcome>(resolve => {
				let isAnswered = false;
				const answer = (outcome: StreamOutcome): void => {
					if (isAnswered) return;
					isAnswered = true;
					resolve(outcome);
				};
				if (signal.aborted) return answer({ok: false, error: {kind: 'aborted'}});
				signal.addEventListener('abort', () => answer({ok: false, error: {kind: 'aborted'}}), {once: true});
				handle({
					spec,
					signal,
					respond(contentType, {serverDate} = {}) {
						let isCounted = !signal.aborted;
						if (isCounted) open++;
						const body = fakeBody(signal, () => {
							if (isCounted) open--;
							isCounted = false;
						});
						answer({ok: true, value: {status: 200, contentType, serverDate, roundTripMs: 1, body: body.chunks}});
						return body;
					},
					fail: error => answer({ok: false, error}),
					refuse: (status, reason = '', options = {}) =>
						answer({ok: false, error: {kind: 'status', status, reason, message: `${status} ${reason}`, retryAfterMs: undefined, causes: [], ...options}}),
				});
			});
		},
	};
}

/** Lets a model server answer; `cut` may change what goes over the line. */
export function answerFrom(server: ModelServer, cut: (bytes: Uint8Array, body: FakeBody) => void = (bytes, body) => body.push(bytes)): (asked: Asked) => void {
	return asked => {
		let body: FakeBody | undefined;
		let refusal: {readonly status: number; readonly contentType: string; readonly chunks: Uint8Array[]} | undefined;
		const sink: Sink = {
			head(status, headers) {
				if (status < 300) body = asked.respond(headers['content-type'] ?? '');
				else refusal = {status, contentType: headers['content-type'] ?? '', chunks: []};
			},
			write(bytes) {
				refusal?.chunks.push(bytes);
				if (body !== undefined) cut(bytes, body);
			},
			end() {
				body?.end();
				if (refusal === undefined) return;
				const status = decodeStatus(refusal.contentType, Buffer.concat(refusal.chunks));
				asked.refuse(refusal.status, status?.reason ?? '', {
					message: status?.message ?? Buffer.concat(refusal.chunks).toString(),
					causes: status?.details.causes ?? [],
				});
			},
			reset() {
				const error: TransportError = {kind: 'connection', code: 'ECONNRESET', message: 'connection reset'};
				body?.fail(error);
				asked.fail(error);
			},
		};
		asked.signal.addEventListener('abort', () => server.leave(sink), {once: true});
		server.handle({path: asked.spec.path, query: asked.spec.query ?? {}, accept: asked.spec.accept}, sink);
	};
}
