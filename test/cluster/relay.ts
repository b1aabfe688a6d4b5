import {type AddressInfo, connect, createServer, type Socket} from 'node:net';
import path from 'node:path';
import {dumpYaml, KubeConfig, loadYaml} from '@kubernetes/client-node';

/** Bytes through the relay: `up` from the client, `down` from the server, as handed on and not merely received. */
export type Bytes = {readonly up: number; readonly down: number};
export type ConnectionCount = Bytes & {readonly id: number; readonly isOpen: boolean};
export type RelayCounts = Bytes & {readonly open: number; readonly connections: readonly ConnectionCount[]};

export type Relay = {
	readonly port: number;
	/** Since the start; closed connections stay counted. */
	counts(): RelayCounts;
	/** From now on a connection is reset (RST on both sides) when exactly so many bytes from the server have been handed on, counted since it was opened. `undefined` ends that. */
	cutAfter(bytesFromServer: number | undefined): void;
	/** Each connection gets at most so many bytes a second from the server. `undefined` ends that. */
	slow(bytesPerSecond: number | undefined): void;
	/** Nothing is handed on and nothing is closed, in either direction: a dead line that nobody has noticed. New connections are taken and hang. */
	stall(): void;
	resume(): void;
	/** Resets every connection that is open. */
	closeAll(): void;
	/** Takes no more connections and resets the open ones. */
	stop(): Promise<void>;
};

type Fate = {cutAfter: number | undefined; bytesPerSecond: number | undefined; isStalled: boolean};

type Connection = {
	readonly id: number;
	up: number;
	down: number;
	isOpen: boolean;
	pump(): void;
	reset(): void;
};

/** How often a slowed connection gets its next bytes. */
const SLOW_TICK_MS = 20;

/**
 * A TCP relay on 127.0.0.1 that counts, cuts, slows and stalls. It knows nothing of TLS or HTTP, so it can stand between any client and the API server.
 *
 * It keeps at most what one socket has read ahead: back-pressure from either side reaches the other.
 */
export async function startRelay({
	target,
	listenPort = 0,
}: {
	readonly target: {readonly host: string; readonly port: number};
	readonly listenPort?: number;
}): Promise<Relay> {
	const connections: Connection[] = [];
	const fate: Fate = {cutAfter: undefined, bytesPerSecond: undefined, isStalled: false};
	// Half-open is part of TCP: a client that has said all it wants still wants its answer.
	const listener = createServer({allowHalfOpen: true, noDelay: true}, client => {
		connections.push(openConnection(connections.length, client, connect({...target, noDelay: true, allowHalfOpen: true}), fate));
	});
	await new Promise<void>((resolve, reject) => {
		listener.once('error', reject);
		listener.listen(listenPort, '127.0.0.1', resolve);
	});
	// Slowing needs a clock; everything else goes by the sockets' own events.
	const clock = setInterval(() => {
		if (fate.bytesPerSecond !== undefined) for (const each of connections) each.pump();
	}, SLOW_TICK_MS);
	clock.unref();

	const pumpAll = () => {
		for (const each of connections) each.pump();
	};
	const closeAll = () => {
		for (const each of connections) if (each.isOpen) each.reset();
	};
	return {
		port: (listener.address() as AddressInfo).port,
		counts: () => ({
			up: connections.reduce((sum, each) => sum + each.up, 0),
			down: connections.reduce((sum, each) => sum + each.down, 0),
			open: connections.filter(each => each.isOpen).length,
			connections: connections.map(({id, up, down, isOpen}) => ({id, up, down, isOpen})),
		}),
		cutAfter(bytesFromServer) {
			fate.cutAfter = bytesFromServer;
			pumpAll();
		},
		slow(bytesPerSecond) {
			fate.bytesPerSecond = bytesPerSecond;
			pumpAll();
		},
		stall() {
			fate.isStalled = true;
		},
		resume() {
			fate.isStalled = false;
			pumpAll();
		},
		closeAll,
		async stop() {
			clearInterval(clock);
			closeAll();
			await new Promise<void>(resolve => listener.close(() => resolve()));
		},
	};
}

/**
 * A kubeconfig like another one whose server is reached through a relay. The server's certificate is still checked, by the name that it was
 * checked by before; `insecure-skip-tls-verify` stays as it was.
 *
 * @param kubeconfig YAML text.
 * @param directory Where the text comes from: relative paths in it become absolute from there.
 * @param context Whose cluster, and current in the result; the current one by default.
 * @returns YAML text.
 */
export function relayKubeconfig(
	kubeconfig: string,
	port: number,
	{directory = '', context}: {readonly directory?: string; readonly context?: string} = {},
): string {
	const config = loadYaml<RawConfig>(kubeconfig);
	const contextName = context ?? config['current-context'];
	const clusterName = config.contexts?.find(each => each.name === contextName)?.context.cluster;
	const cluster = config.clusters?.find(each => each.name === clusterName)?.cluster;
	if (cluster === undefined) throw new Error(`no cluster for context ${contextName}`);
	const server = new URL(cluster.server);
	// Where the address stays the same so does the name, and for some clients an address is no name to send.
	if (server.protocol === 'https:' && server.hostname !== '127.0.0.1') cluster['tls-server-name'] ??= server.hostname.replace(/^\[|\]$/g, '');
	server.hostname = '127.0.0.1';
	server.port = String(port);
	cluster.server = server.href.replace(/\/$/, '');
	for (const holder of [...(config.clusters ?? []).map(each => each.cluster), ...(config.users ?? []).map(each => each.user)]) {
		for (const key of ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile']) {
			const file = holder[key];
			if (typeof file === 'string') holder[key] = path.resolve(directory, file);
		}
	}
	return dumpYaml({...config, 'current-context': contextName});
}

/** Where the server of a kubeconfig's current (or given) context listens: what a relay in front of it has to lead to. */
export function relayTargetOf(kubeconfig: string, context?: string): {readonly host: string; readonly port: number} {
	const config = new KubeConfig();
	config.loadFromFile(kubeconfig);
	if (context !== undefined) config.setCurrentContext(context);
	const cluster = config.getCurrentCluster();
	if (cluster === null) throw new Error(`${kubeconfig}: no cluster for context ${config.getCurrentContext()}`);
	const server = new URL(cluster.server);
	return {host: server.hostname.replace(/^\[|\]$/g, ''), port: Number(server.port || (server.protocol === 'https:' ? 443 : 80))};
}

type RawConfig = {
	'current-context'?: string;
	contexts?: {name: string; context: {cluster: string}}[];
	clusters?: {name: string; cluster: {server: string; [key: string]: unknown}}[];
	users?: {name: string; user: {[key: string]: unknown}}[];
};

function openConnection(id: number, client: Socket, server: Socket, fate: Fate): Connection {
	const connection: Connection = {id, up: 0, down: 0, isOpen: true, pump, reset};
	let slowedFrom: {readonly at: number; readonly down: number; readonly rate: number} | undefined;
	let isBroken = false;
	let isCut = false;

	/** How many bytes from the server may still go by now. */
	function allowance(): number {
		const untilCut = fate.cutAfter === undefined ? Number.POSITIVE_INFINITY : fate.cutAfter - connection.down;
		const rate = fate.bytesPerSecond;
		if (rate === undefined) {
			slowedFrom = undefined;
			return untilCut;
		}
		const now = performance.now();
		if (slowedFrom?.rate !== rate) slowedFrom = {at: now, down: connection.down, rate};
		const byNow = Math.floor(slowedFrom.down + ((now - slowedFrom.at) / 1000) * rate);
		return Math.min(untilCut, byNow - connection.down);
	}

	/** Hands on what it may by now, in both directions. */
	function pump(): void {
		if (!connection.isOpen || fate.isStalled) return;
		if (isBroken) {
			reset();
			return;
		}
		for (let chunk = take(client, server, Number.POSITIVE_INFINITY); chunk !== undefined; chunk = take(client, server, Number.POSITIVE_INFINITY)) {
			connection.up += chunk.length;
			server.write(chunk);
		}
		for (let chunk = take(server, client, allowance()); chunk !== undefined; chunk = take(server, client, allowance())) {
			connection.down += chunk.length;
			client.write(chunk);
		}
		if (!isCut && fate.cutAfter !== undefined && connection.down >= fate.cutAfter) {
			isCut = true;
			// An empty write comes back when all before it has gone to the system: a reset would drop what has not.
			client.write('', () => setImmediate(reset));
		}
	}

	function reset(): void {
		connection.isOpen = false;
		client.resetAndDestroy();
		server.resetAndDestroy();
	}

	for (const [from, to] of [
		[client, server],
		[server, client],
	] as const) {
		from.on('readable', pump);
		from.on('drain', pump);
		from.on('end', () => to.end());
		// What one side does to its connection, the other side sees done to its own; but not through a stalled relay.
		from.on('error', () => {
			isBroken = true;
			pump();
		});
		from.on('close', () => {
			if (client.destroyed && server.destroyed) connection.isOpen = false;
		});
	}
	return connection;
}

/** The next bytes that may go from one side to the other, or undefined when there are none or the other side does not keep up. */
function take(from: Socket, to: Socket, limit: number): Buffer | undefined {
	if (from.destroyed || to.destroyed || to.writableNeedDrain) return undefined;
	// Asking for nothing is what makes a stream at its end say so.
	const size = Math.min(limit, from.readableLength);
	const chunk: unknown = from.read(Math.max(0, size));
	return Buffer.isBuffer(chunk) ? chunk : undefined;
}
