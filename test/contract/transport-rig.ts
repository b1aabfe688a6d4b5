import {readFileSync} from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import path from 'node:path';
import type tls from 'node:tls';
import {onTestFinished} from 'vitest';
import type {Access, Environment, TlsSettings} from '../../src/transport/access.ts';
import {createCredentials} from '../../src/transport/credentials.ts';
import type {PluginActivity, PluginSurroundings} from '../../src/transport/exec-credentials.ts';
import {runPlugin} from '../../src/transport/exec-plugin.ts';
import {createHttpsTransport, userAgentOf} from '../../src/transport/https-transport.ts';
import type {DecodeStatus} from '../../src/transport/status-error.ts';
import {BrokenBody, type RequestSpec, type StreamOutcome, type StreamResponse, type Transport, type TransportError} from '../../src/transport/transport.ts';
import type {Clock} from '../../src/util/clock.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';

const FIXTURES = path.join(import.meta.dirname, '../fixtures');

/** Absolute path of a file in test/fixtures. */
export const fixture = (name: string): string => path.join(FIXTURES, name);
/** Text of a file in test/fixtures/tls. */
export const pem = (name: string): string => readFileSync(fixture(`tls/${name}`), 'utf8');
const readFile = (file: string) => readFileSync(file, 'utf8');

export const realClock: Clock = {
	now: () => epochMs(Date.now()),
	monotonic: () => performance.now(),
	after(milliseconds, call) {
		const timer = setTimeout(call, milliseconds);
		return () => clearTimeout(timer);
	},
};

/** A server on loopback and what it has seen. Closed when the test is over. */
export type Rig = {
	readonly url: string;
	readonly port: number;
	/** Sockets accepted so far. */
	readonly accepted: () => number;
	/** Sockets open now. */
	readonly open: () => number;
	readonly requests: http.IncomingMessage[];
	/** Cuts every connection. */
	cut(): void;
};

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** Serves over TLS when there are options for it. */
export async function serve(handler: Handler, tlsOptions?: tls.TlsOptions, host = '127.0.0.1'): Promise<Rig> {
	const requests: http.IncomingMessage[] = [];
	const listener: Handler = (request, response) => {
		requests.push(request);
		handler(request, response);
	};
	const server = tlsOptions === undefined ? http.createServer(listener) : https.createServer(tlsOptions, listener);
	server.keepAliveTimeout = 0;
	const {port, accepted, sockets} = await listen(server, host);
	return {
		url: `${tlsOptions === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
		port,
		accepted: () => accepted.count,
		open: () => sockets.size,
		requests,
		cut: () => {
			for (const socket of sockets) socket.destroy();
		},
	};
}

/** Listens on loopback until the test is over. */
export async function listen(
	server: net.Server,
	host = '127.0.0.1',
): Promise<{readonly port: number; readonly accepted: {count: number}; readonly sockets: ReadonlySet<net.Socket>}> {
	const sockets = new Set<net.Socket>();
	const accepted = {count: 0};
	server.on('connection', socket => {
		accepted.count += 1;
		sockets.add(socket);
		socket.on('error', () => {});
		socket.on('close', () => sockets.delete(socket));
	});
	await new Promise<void>(resolve => server.listen(0, host, resolve));
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return {port: (server.address() as net.AddressInfo).port, accepted, sockets};
}

export const NO_TLS: TlsSettings = {ca: undefined, serverName: undefined, insecure: false, clientCertificate: undefined};
export const TRUSTING: TlsSettings = {...NO_TLS, ca: {kind: 'file', path: fixture('tls/ca.crt')}};

/** Access to a URL; what is not said is plain. */
export function accessTo(server: string, more: Partial<Access> = {}): Access {
	return {
		contextName: 'test',
		clusterName: 'test',
		userName: 'ann',
		namespace: 'default',
		namespaceIsExplicit: false,
		server,
		tls: server.startsWith('https') ? TRUSTING : NO_TLS,
		proxyUrl: undefined,
		disableCompression: false,
		credential: {kind: 'none'},
		impersonate: undefined,
		warnings: [],
		...more,
	};
}

export type Opened = {
	readonly transport: Transport;
	readonly activities: PluginActivity[];
	readonly credentials: ReturnType<typeof createCredentials>;
};

/** A transport to an access, closed when the test is over. */
export function open(
	access: Access,
	more: {
		clock?: Clock;
		env?: Environment;
		runInteractive?: PluginSurroundings['runInteractive'];
		decodeStatus?: DecodeStatus;
		readFile?: (file: string) => string;
		requestTimeoutMs?: number;
	} = {},
): Opened {
	const clock = more.clock ?? realClock;
	const activities: PluginActivity[] = [];
	const credentials = createCredentials(access, {
		clock,
		env: {PATH: process.env.PATH, ...more.env},
		readFile,
		runPlugin,
		onActivity: activity => activities.push(activity),
		runInteractive: more.runInteractive,
	});
	const transport = createHttpsTransport({
		access,
		credentials,
		clock,
		readFile: more.readFile ?? readFile,
		env: more.env ?? {},
		userAgent: userAgentOf('0.1.0', 'linux', 'x64'),
		decodeStatus: more.decodeStatus ?? (() => undefined),
		requestTimeoutMs: more.requestTimeoutMs,
	});
	onTestFinished(() => {
		transport.close();
		credentials.close();
	});
	return {transport, activities, credentials};
}

/** A request for a path; what is not said is a quiet GET. */
export function get(path: string, more: Partial<RequestSpec> = {}): RequestSpec {
	return {path, accept: 'application/json', headersTimeoutMs: 5_000, idleTimeoutMs: 5_000, counted: {verb: 'get', resource: 'things'}, ...more};
}

/** A request for a stream that does not end by itself. */
export function watch(path: string, more: Partial<RequestSpec> = {}): RequestSpec {
	return get(path, {counted: {verb: 'watch', resource: 'things'}, isOpenEnded: true, ...more});
}

export const never = (): AbortSignal => new AbortController().signal;

/** Sends it and reads all of the answer. */
export async function textOf(transport: Transport, spec: RequestSpec): Promise<string> {
	return await readAll(answerOf(await transport.stream(spec, never())));
}

export function answerOf(outcome: StreamOutcome): StreamResponse {
	if (!outcome.ok) throw new Error(`expected an answer, got ${JSON.stringify(outcome.error)}`);
	return outcome.value;
}

export function errorOf(outcome: StreamOutcome): TransportError {
	if (outcome.ok) throw new Error(`expected an error, got ${outcome.value.status}`);
	return outcome.error;
}

export async function readAll({body}: StreamResponse): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of body) chunks.push(chunk.slice());
	return Buffer.concat(chunks).toString();
}

/** How a body broke. */
export async function breakOf(response: StreamResponse): Promise<TransportError> {
	try {
		await readAll(response);
	} catch (error) {
		if (error instanceof BrokenBody) return error.error;
		throw error;
	}
	throw new Error('expected the body to break');
}

/** Waits for a condition. */
export async function until(condition: () => boolean): Promise<void> {
	while (!condition()) await new Promise(resolve => setTimeout(resolve, 5));
}
