import http from 'node:http';
import type net from 'node:net';
import {onTestFinished} from 'vitest';
import type {ModelRequest, ModelServer, Sink} from './model-server.ts';

/** What the line does to the bytes of an answer. */
export type Line = {
	/** The connection is reset after so many bytes of body. */
	readonly cutAfter?: number;
	/** Bytes arrive in pieces of this size, each in its own turn of the event loop. */
	readonly pieces?: number;
};

/** A model server on a real socket, and a line to it that misbehaves as the test says. */
export type FakeApiServer = {
	readonly url: string;
	/** Answers that are under way. */
	readonly open: () => number;
	/** Sockets accepted so far. */
	readonly accepted: () => number;
	/** For each answer from now on; undefined: the line behaves. */
	setLine(line: (request: ModelRequest) => Line | undefined): void;
	/** From now on, open connections carry nothing and do not end: half-open TCP. New ones work. */
	freeze(): void;
	/** The process ends: every connection breaks, and the port is closed until {@link restart}. */
	stop(): Promise<void>;
	restart(): Promise<void>;
};

/** Listens on loopback until the test is over. */
export async function createFakeApiServer(model: ModelServer): Promise<FakeApiServer> {
	const sockets = new Set<net.Socket>();
	const frozen = new WeakSet<net.Socket>();
	let open = 0;
	let accepted = 0;
	let lineOf: (request: ModelRequest) => Line | undefined = () => undefined;
	let port = 0;
	let server = create();

	function create(): http.Server {
		const created = http.createServer((request, response) => {
			const url = new URL(request.url ?? '/', 'http://server');
			const asked: ModelRequest = {path: url.pathname, query: Object.fromEntries(url.searchParams), accept: request.headers.accept ?? ''};
			open++;
			const sink = sinkTo(response, lineOf(asked), frozen);
			response.on('close', () => {
				open--;
				model.leave(sink);
			});
			model.handle(asked, sink);
		});
		created.on('connection', socket => {
			accepted++;
			sockets.add(socket);
			socket.on('error', () => undefined);
			socket.on('close', () => sockets.delete(socket));
		});
		return created;
	}

	async function listen(): Promise<void> {
		await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
		port = (server.address() as net.AddressInfo).port;
	}

	async function stop(): Promise<void> {
		for (const socket of sockets) socket.resetAndDestroy();
		await new Promise<void>(resolve => server.close(() => resolve()));
	}

	await listen();
	onTestFinished(stop);
	return {
		url: `http://127.0.0.1:${port}`,
		open: () => open,
		accepted: () => accepted,
		setLine(line) {
			lineOf = line;
		},
		freeze() {
			for (const socket of sockets) frozen.add(socket);
		},
		stop,
		async restart() {
			server = create();
			await listen();
		},
	};
}

/** Writes what the model says as the line lets it through. */
function sinkTo(response: http.ServerResponse, line: Line | undefined, frozen: WeakSet<net.Socket>): Sink {
	let sent = 0;
	let pending = Promise.resolve();
	const isFrozen = (): boolean => response.socket === null || frozen.has(response.socket);

	/** Keeps the order of what is written in pieces. */
	const inTurn = (act: () => void | Promise<void>): void => {
		if (line?.pieces === undefined) void act();
		else pending = pending.then(act);
	};

	async function write(bytes: Uint8Array): Promise<void> {
		if (isFrozen() || response.destroyed) return;
		const allowed = line?.cutAfter === undefined ? bytes : bytes.subarray(0, Math.max(0, line.cutAfter - sent));
		sent += bytes.length;
		if (line?.pieces === undefined) response.write(allowed);
		else
			for (let at = 0; at < allowed.length; at += line.pieces) {
				response.write(allowed.subarray(at, at + line.pieces));
				await new Promise(resolve => setImmediate(resolve));
			}
		// What was written before must have left: a reset throws away what waits.
		if (allowed.length < bytes.length) setTimeout(() => response.socket?.resetAndDestroy(), 5);
	}

	return {
		head(status, headers) {
			response.writeHead(status, headers);
			response.socket?.setNoDelay(true);
			response.flushHeaders();
		},
		write: bytes => inTurn(() => write(bytes)),
		end: () => inTurn(() => void (!isFrozen() && response.end())),
		reset: () => inTurn(() => void response.socket?.resetAndDestroy()),
	};
}
