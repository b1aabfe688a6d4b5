import type {ClientRequest, IncomingMessage, OutgoingHttpHeaders} from 'node:http';
import type {Cancel, Clock} from '../util/clock.ts';
import {err, ok} from '../util/result.ts';
import type {Access, Environment, ReadFile} from './access.ts';
import {CONNECT_LIMIT_MS, ConnectTimeout, createConnections} from './connections.ts';
import {type ConnectionFailure, connectionError, UNTRUSTED} from './connection-error.ts';
import type {Credential, CredentialError, Credentials} from './credential.ts';
import {loginError} from './login-error.ts';
import {oneLine} from './one-line.ts';
import {hostOf, portOf, proxyFor} from './proxy.ts';
import {type ResponseBody, responseBody} from './response-body.ts';
import {isLoopback} from './server-url.ts';
import {createSlots} from './slots.ts';
import {type DecodeStatus, type StatusError, statusError} from './status-error.ts';
import {tlsMaterialSource} from './tls-material.ts';
import type {RequestSpec, StreamOutcome, Transport, TransportCounters, TransportError} from './transport.ts';

/** What a transport is made of. */
export type TransportParts = {
	readonly access: Access;
	/** Not closed with the transport: others may use them too. */
	readonly credentials: Credentials;
	readonly clock: Clock;
	readonly readFile: ReadFile;
	/** For the proxy variables. */
	readonly env: Environment;
	/** As the API server's audit log shows it: `kwb/VERSION (platform/arch)`. */
	readonly userAgent: string;
	readonly decodeStatus: DecodeStatus;
	/** `--request-timeout`: what has an end must have come to it within so long, and no other limit of ours is for it; undefined: none given. */
	readonly requestTimeoutMs?: number | undefined;
};

/** Lists and other requests under way at a time: a hurt API server is the usual patient. Watches are not limited. */
const MOST_LISTS = 4;
const MOST_SHORT_REQUESTS = 8;
/** Of a body that belongs to an error no more than this is read. */
const LARGEST_ERROR_BODY = 64 * 1024;

/** What came of one try. */
type Sent =
	| StreamOutcome
	/** It never reached the server's handlers, and has a better chance now. */
	| {readonly ok: false; readonly error: TransportError; readonly isWorthAnother: true};

/** The `User-Agent` of kwb, in the form that kubectl uses. */
export function userAgentOf(version: string, platform: string, arch: string): string {
	return `kwb/${version} (${platform}/${arch})`;
}

/**
 * A pool of connections to one cluster as one user, over HTTP/1.1: each stream has its own socket, so none holds
 * up another, and sockets are kept, so no request after the first few pays for a handshake.
 */
export function createHttpsTransport({access, credentials, clock, readFile, env, userAgent, decodeStatus, requestTimeoutMs}: TransportParts): Transport {
	// Not imported: as an ES module node:http evaluates undici for its WebSocket, 50 ms before the first request.
	const {request: open} = process.getBuiltinModule(access.server.startsWith('https:') ? 'node:https' : 'node:http');
	const server = new URL(access.server);
	const prefix = server.pathname.replace(/\/+$/, '');
	const isTls = server.protocol === 'https:';
	const mayCompress = !access.disableCompression && !isLoopback(server.hostname);
	const {materialFor, trustMachine} = tlsMaterialSource(access.tls, clock, readFile);
	const connections = createConnections({
		server,
		proxy: proxyFor(access.server, access.proxyUrl, env),
		serverName: access.tls.serverName,
		insecure: access.tls.insecure,
		clock,
	});
	const impersonation = impersonationHeaders(access);
	/** Ends what is under way when the transport is closed. */
	const underWay = new Set<() => void>();
	let isClosed = false;
	const lists = createSlots(MOST_LISTS);
	const others = createSlots(MOST_SHORT_REQUESTS);
	const requestsByKind = new Map<string, number>();
	let requests = 0;
	let openStreams = 0;
	let throttled = 0;

	function headersFor(spec: RequestSpec, credential: Credential): OutgoingHttpHeaders {
		return {
			Host: server.host,
			Accept: spec.accept,
			'User-Agent': userAgent,
			...(spec.compressed === true && mayCompress ? {'Accept-Encoding': 'gzip'} : {}),
			...(credential.authorization === undefined ? {} : {Authorization: credential.authorization}),
			...(spec.body === undefined ? {} : {'Content-Type': spec.body.contentType, 'Content-Length': Buffer.byteLength(spec.body.text)}),
			...impersonation,
		};
	}

	/** Sends it once, when it is its turn. A 401 comes back as any other status. */
	async function send(spec: RequestSpec, credential: Credential, signal: AbortSignal): Promise<Sent> {
		const slots = spec.counted.verb === 'watch' ? undefined : spec.counted.verb === 'list' ? lists : others;
		const giveBack = slots === undefined ? () => {} : await slots.take(signal);
		if (giveBack === undefined) return err({kind: 'aborted'});
		return exchange(spec, credential, signal, giveBack);
	}

	/** @param onEnd Called once, when the request is over: its body too. */
	function exchange(spec: RequestSpec, credential: Credential, signal: AbortSignal, onEnd: () => void): Promise<Sent> {
		const material = isTls ? materialFor(credential) : ok(undefined);
		if (!material.ok) {
			onEnd();
			return Promise.resolve(material);
		}
		requests += 1;
		const kind = `${spec.counted.verb} ${spec.counted.resource}`;
		requestsByKind.set(kind, (requestsByKind.get(kind) ?? 0) + 1);

		return new Promise(resolve => {
			const method = spec.method ?? 'GET';
			let request: ClientRequest;
			try {
				request = open({
					agent: connections.agentFor(material.value),
					method,
					host: hostOf(server),
					port: portOf(server),
					path: prefix + spec.path + queryOf(spec),
					headers: headersFor(spec, credential),
				});
			} catch (error) {
				// A token or a name that holds a line break; Node names the header and not its value.
				onEnd();
				return resolve(err({kind: 'connection', code: (error as NodeJS.ErrnoException).code ?? 'REQUEST', message: oneLine((error as Error).message)}));
			}
			const limitMs = spec.isOpenEnded === true ? undefined : requestTimeoutMs;
			const {headersTimeoutMs, idleTimeoutMs} = limitMs === undefined ? spec : {headersTimeoutMs: limitMs, idleTimeoutMs: limitMs};
			let cancelTimer: Cancel = () => {};
			let cancelLimit: Cancel = () => {};
			let sentAt = clock.monotonic();
			let ourReason: TransportError | undefined;
			let body: ResponseBody | undefined;

			const stop = (reason: TransportError) => {
				ourReason ??= reason;
				body?.fail(reason);
				request.destroy();
			};
			const onAbort = () => stop({kind: 'aborted'});
			const waitForHeaders = (inMs: number, message: string) => {
				cancelTimer();
				cancelTimer = clock.after(inMs, () => stop({kind: 'timeout', phase: 'headers', message}));
			};
			const isWorthAnother = ({code = ''}: ConnectionFailure): boolean => {
				// The server closed an idle connection just as we took it up: nothing was read of what we sent.
				if (request.reusedSocket && method === 'GET' && (code === 'ECONNRESET' || code === 'EPIPE')) return true;
				if (!UNTRUSTED.has(code)) return false;
				trustMachine();
				const now = materialFor(credential);
				return now.ok && now.value !== material.value;
			};
			const finish = () => {
				cancelTimer();
				cancelLimit();
				signal.removeEventListener('abort', onAbort);
				underWay.delete(onAbort);
				onEnd();
			};

			signal.addEventListener('abort', onAbort);
			underWay.add(onAbort);
			if (limitMs !== undefined) {
				const message = `no whole answer from ${server.host} within ${limitMs / 1000} s (--request-timeout)`;
				cancelLimit = clock.after(limitMs, () => stop({kind: 'timeout', phase: 'whole', message}));
			}
			waitForHeaders(headersTimeoutMs + CONNECT_LIMIT_MS, `no free connection to ${server.host}`);
			request.once('socket', socket => {
				const onReady = () => {
					sentAt = clock.monotonic();
					waitForHeaders(headersTimeoutMs, `no answer from ${server.host} within ${Math.round(headersTimeoutMs / 1000)} s`);
				};
				if (request.reusedSocket) onReady();
				else socket.once(isTls ? 'secureConnect' : 'connect', onReady);
			});
			request.on('error', (error: ConnectionFailure) => {
				finish();
				if (ourReason !== undefined) return resolve(err(ourReason));
				if (error instanceof ConnectTimeout) return resolve(err({kind: 'timeout', phase: 'connect', message: error.message}));
				const failure = err(
					connectionError(error, {
						server: access.server,
						expectedName: access.tls.serverName ?? hostOf(server),
						clientCertificateProblem: () => material.value?.clientCertificateProblem(clock.now()),
					}),
				);
				resolve(isWorthAnother(error) ? {...failure, isWorthAnother: true} : failure);
			});
			request.once('response', response => {
				cancelTimer();
				const roundTripMs = clock.monotonic() - sentAt;
				const serverDate = dateOf(response);
				if (serverDate !== undefined) credentials.noteServerSkew(skewOf(serverDate, clock.now()));
				const status = response.statusCode ?? 0;
				const isFine = status >= 200 && status < 300;
				if (isFine) openStreams += 1;
				body = responseBody(response, access.server, idleTimeoutMs, clock, () => {
					finish();
					if (isFine) openStreams -= 1;
				});
				if (isFine) return resolve(ok({status, contentType: contentTypeOf(response), serverDate, roundTripMs, body}));
				if (status === 429) throttled += 1;
				void beginningOf(body).then(beginning => resolve(err(errorOf(response, status, beginning))));
			});
			request.end(spec.body?.text);
			if (signal.aborted || isClosed) onAbort();
		});
	}

	function errorOf(response: IncomingMessage, status: number, body: Uint8Array): TransportError {
		const {'retry-after': retryAfter, location} = response.headers;
		return statusError({status, contentType: contentTypeOf(response), retryAfter, location, body, now: clock.now()}, decodeStatus);
	}

	async function stream(spec: RequestSpec, signal: AbortSignal): Promise<StreamOutcome> {
		const credential = await unlessAborted(credentials.get(), signal);
		if (!credential.ok) return credential;
		const outcome = await sendFresh(spec, credential.value, signal);
		if (!isUnauthorized(outcome)) return outcome;

		const renewed = await unlessAborted(credentials.renew(credential.value), signal);
		if (!renewed.ok) return err(renewed.error.kind === 'aborted' ? renewed.error : notLoggedIn(credential.value, outcome.error, renewed.error));
		const second = await sendFresh(spec, renewed.value, signal);
		return isUnauthorized(second) ? err(notLoggedIn(renewed.value, second.error, undefined)) : second;
	}

	function notLoggedIn(credential: Credential, answer: StatusError, renewal: CredentialError | undefined): CredentialError {
		const now = clock.now();
		const material = isTls ? materialFor(credential) : undefined;
		const certificateProblem = material?.ok ? material.value.clientCertificateProblem(now) : undefined;
		return loginError(access, {credential, answer, renewal, certificateProblem, now});
	}

	/** Sends it, and again where that is worth it. */
	async function sendFresh(spec: RequestSpec, credential: Credential, signal: AbortSignal): Promise<StreamOutcome> {
		for (;;) {
			const outcome = await send(spec, credential, signal);
			if (!('isWorthAnother' in outcome)) return outcome;
		}
	}

	/** What comes of a promise, or 'aborted' if that comes first. */
	async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | {readonly ok: false; readonly error: {readonly kind: 'aborted'}}> {
		if (signal.aborted || isClosed) return err({kind: 'aborted'});
		let onAbort = () => {};
		const aborted = new Promise<{readonly ok: false; readonly error: {readonly kind: 'aborted'}}>(resolve => {
			onAbort = () => resolve(err({kind: 'aborted'}));
		});
		signal.addEventListener('abort', onAbort);
		underWay.add(onAbort);
		const first = await Promise.race([promise, aborted]);
		signal.removeEventListener('abort', onAbort);
		underWay.delete(onAbort);
		return first;
	}

	return {
		stream,
		counters: (): TransportCounters => ({requests, requestsByKind: new Map(requestsByKind), openStreams, throttled, ...connections.counts()}),
		close() {
			isClosed = true;
			for (const stop of underWay) stop();
			lists.close();
			others.close();
			connections.close();
		},
	};
}

function isUnauthorized(outcome: StreamOutcome): outcome is {readonly ok: false; readonly error: StatusError} {
	return !outcome.ok && outcome.error.kind === 'status' && outcome.error.status === 401;
}

function queryOf({query}: RequestSpec): string {
	const pairs = Object.entries(query ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined);
	return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

/** Source: k8s.io/client-go transport/round_trippers.go, impersonatingRoundTripper, 0.37. */
function impersonationHeaders({impersonate}: Access): OutgoingHttpHeaders {
	if (impersonate === undefined) return {};
	const {user, uid, groups, extra} = impersonate;
	return {
		'Impersonate-User': headerText(user),
		...(uid === undefined ? {} : {'Impersonate-Uid': headerText(uid)}),
		...(groups.length === 0 ? {} : {'Impersonate-Group': groups.map(headerText)}),
		...Object.fromEntries([...extra].map(([key, values]) => [`Impersonate-Extra-${headerKeyOf(key)}`, values.map(headerText)])),
	};
}

/** Text as its UTF-8 bytes, which is how Go sends and reads it; Node writes a byte a character. */
function headerText(text: string): string {
	return Buffer.from(text).toString('latin1');
}

/** A key that may hold anything, as part of a header's name: lower case, and percent-encoded where a name may not hold it. */
export function headerKeyOf(key: string): string {
	return [...Buffer.from(key.toLowerCase())]
		.map(byte => String.fromCharCode(byte))
		.map(character => (/[a-z0-9!#$&'*+.^_`|~-]/.test(character) ? character : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`))
		.join('');
}

function contentTypeOf(response: IncomingMessage): string {
	return (response.headers['content-type'] ?? '').toLowerCase();
}

function dateOf(response: IncomingMessage): number | undefined {
	const date = Date.parse(response.headers.date ?? '');
	return Number.isNaN(date) ? undefined : date;
}

/** A Date header has whole seconds and has travelled: what is less than that is no skew. */
function skewOf(serverDate: number, now: number): number {
	const skewMs = serverDate - now;
	return Math.abs(skewMs) < 3_000 ? 0 : skewMs;
}

/** The beginning of a body that is an error's; however it breaks off, what came is what there is. */
async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	try {
		for await (const chunk of body) {
			chunks.push(chunk);
			size += chunk.length;
			if (size >= LARGEST_ERROR_BODY) break;
		}
	} catch {
		// The status says enough.
	}
	return Buffer.concat(chunks).subarray(0, LARGEST_ERROR_BODY);
}
