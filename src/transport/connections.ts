import type {Agent} from 'node:http';
import type {AgentOptions} from 'node:https';
import type net from 'node:net';
import type {Duplex} from 'node:stream';
import tls from 'node:tls';
import type {Clock} from '../util/clock.ts';
import type {CertificateFacts} from './connection-error.ts';
import {oneLine} from './one-line.ts';
import {hostOf, portOf} from './proxy.ts';
import type {TlsMaterial} from './tls-material.ts';

/** Sockets to one server. */
export type ConnectionOptions = {
	readonly server: URL;
	readonly proxy: URL | undefined;
	/** Name expected in the certificate; undefined: the host's. */
	readonly serverName: string | undefined;
	readonly insecure: boolean;
	readonly clock: Clock;
};

/** A pool of sockets to one server, made new when the certificates change. */
export type Connections = {
	/** The agent for requests with these certificates (undefined for plain http). Older ones go out of use as they fall idle. */
	agentFor(material: TlsMaterial | undefined): Agent;
	readonly counts: () => {readonly openSockets: number; readonly bytesRead: number; readonly bytesWritten: number};
	/** Destroys every socket. */
	close(): void;
};

/** Thrown at a connection that did not come about in time. */
export class ConnectTimeout extends Error {
	readonly code = 'CONNECT_TIMEOUT';
}

/** Name lookup, TCP, proxy and TLS together, in ms. */
export const CONNECT_LIMIT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
/** An idle socket is closed before the usual load balancer forgets it, in ms. */
const IDLE_SOCKET_MS = 50_000;
/** Watches hold one socket each. More than this is a fault of ours. */
export const MOST_SOCKETS = 256;
const MOST_IDLE_SOCKETS = 8;

type CreateConnection = (options: object, callback?: (error: Error | null, socket: Duplex) => void) => Duplex | null | undefined;

/** Makes the pool; nothing is connected yet. */
export function createConnections(options: ConnectionOptions): Connections {
	const {server, proxy, clock} = options;
	const isTls = server.protocol === 'https:';
	const sockets = new Set<net.Socket>();
	const closed = {bytesRead: 0, bytesWritten: 0};
	const dialing = new Set<() => void>();
	let isClosed = false;
	let current: {readonly agent: Agent; readonly material: TlsMaterial | undefined} | undefined;

	function adopt(socket: net.Socket): void {
		sockets.add(socket);
		socket.setKeepAlive(true, KEEP_ALIVE_MS);
		socket.once('close', () => {
			sockets.delete(socket);
			closed.bytesRead += socket.bytesRead;
			closed.bytesWritten += socket.bytesWritten;
		});
		rememberCertificate(socket);
		const cancel = clock.after(CONNECT_LIMIT_MS, () => socket.destroy(new ConnectTimeout(`${server.host} did not answer within ${CONNECT_LIMIT_MS / 1000} s`)));
		socket.once(isTls ? 'secureConnect' : 'connect', cancel);
		socket.once('close', cancel);
		// A tunnelled plain socket is connected already.
		if (!isTls && !socket.connecting) cancel();
	}

	/** Through the proxy, then as directly. */
	function dialThroughProxy(direct: CreateConnection, connectOptions: object, callback: (error: Error | null, socket: Duplex) => void): void {
		// Not imported above: most clusters are reached directly.
		void import('./tunnel.ts').then(({openTunnel}) => {
			if (isClosed) return callback(new Error('closed'), undefined as unknown as Duplex);
			const stop = openTunnel(proxy!, {host: hostOf(server), port: portOf(server)}, (error, tunnel) => {
				cancel();
				dialing.delete(stop);
				if (tunnel === undefined) return callback(error ?? new Error('no tunnel'), undefined as unknown as Duplex);
				const socket = isTls ? (direct({...connectOptions, socket: tunnel}) as net.Socket) : tunnel;
				// Closing the TLS socket does not close the one below it when it never got through.
				if (socket !== tunnel) socket.once('close', () => tunnel.destroy());
				adopt(socket);
				callback(null, socket);
			});
			const cancel = clock.after(CONNECT_LIMIT_MS, stop);
			dialing.add(stop);
		});
	}

	function makeAgent(material: TlsMaterial | undefined): Agent {
		const common = {keepAlive: true, scheduling: 'lifo', maxSockets: MOST_SOCKETS, maxFreeSockets: MOST_IDLE_SOCKETS, timeout: IDLE_SOCKET_MS} as const;
		const agent =
			material === undefined
				? new (process.getBuiltinModule('node:http').Agent)(common)
				: new (process.getBuiltinModule('node:https').Agent)({
						...common,
						secureContext: material.context,
						rejectUnauthorized: !options.insecure,
						...nameOptions(options),
					} as AgentOptions);
		const direct = agent.createConnection.bind(agent) as CreateConnection;
		agent.createConnection = ((connectOptions: object, callback: (error: Error | null, socket: Duplex) => void) => {
			if (proxy !== undefined) return void dialThroughProxy(direct, connectOptions, callback);
			// Each address of a name gets a fair chance; Node's own quarter of a second is too short for a far server.
			const socket = direct({...connectOptions, autoSelectFamilyAttemptTimeout: 1_500}) as net.Socket;
			adopt(socket);
			return socket;
		}) as typeof agent.createConnection;
		return agent;
	}

	return {
		agentFor(material) {
			if (current !== undefined && current.material === material) return current.agent;
			if (current !== undefined) retire(current.agent);
			current = {agent: makeAgent(material), material};
			return current.agent;
		},
		counts() {
			let {bytesRead, bytesWritten} = closed;
			for (const socket of sockets) {
				bytesRead += socket.bytesRead;
				bytesWritten += socket.bytesWritten;
			}
			return {openSockets: sockets.size, bytesRead, bytesWritten};
		},
		close() {
			isClosed = true;
			for (const stop of dialing) stop();
			current?.agent.destroy();
			for (const socket of sockets) socket.destroy();
		},
	};
}

/** Idle sockets go at once, busy ones when their request is over. */
function retire(agent: Agent): void {
	agent.maxFreeSockets = 0;
	for (const idle of Object.values(agent.freeSockets)) for (const socket of idle ?? []) socket.destroy();
}

/** The name to ask for and to find in the certificate. */
function nameOptions({server, serverName}: ConnectionOptions): tls.ConnectionOptions {
	const name = serverName ?? hostOf(server);
	return {
		servername: isAddress(name) ? '' : name,
		checkServerIdentity: (_asked, certificate) => tls.checkServerIdentity(name, certificate),
	};
}

function isAddress(name: string): boolean {
	return /^\d+(\.\d+){3}$/.test(name) || name.includes(':');
}

/** Puts what is known of the server's certificate on an error that comes of it: afterwards nobody can ask the socket. */
function rememberCertificate(socket: net.Socket): void {
	if (!(socket instanceof tls.TLSSocket)) return;
	let certificate: tls.PeerCertificate | undefined;
	// 'secure' comes before Node judges the certificate and closes.
	socket.prependOnceListener('secure', () => {
		certificate = socket.getPeerCertificate();
	});
	socket.once('secureConnect', () => {
		certificate = undefined;
	});
	socket.prependOnceListener('error', (error: Error & {certificate?: CertificateFacts}) => {
		if (certificate?.subject === undefined) return;
		error.certificate = {
			subject: nameOf(certificate.subject),
			issuer: nameOf(certificate.issuer),
			names: certificate.subjectaltname ?? '',
			validFrom: certificate.valid_from,
			validTo: certificate.valid_to,
		};
	});
}

/** A distinguished name in one line, as in `CN=api, O=system:masters`. */
function nameOf(name: tls.Certificate): string {
	return oneLine(
		Object.entries(name)
			.map(([key, value]) => `${key}=${value}`)
			.join(', '),
	);
}
