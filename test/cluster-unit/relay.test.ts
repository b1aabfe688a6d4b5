import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net';
import {loadYaml} from '@kubernetes/client-node';
import fc from 'fast-check';
import {afterEach, describe, expect, test} from 'vitest';
import {type Relay, relayKubeconfig, startRelay} from '../cluster/relay.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const each of cleanups.splice(0).reverse()) await each();
});

/** A server that does with each connection what the test says. */
async function serve(onConnection: (socket: Socket) => void): Promise<{readonly server: Server; readonly relay: Relay}> {
	const sockets = new Set<Socket>();
	const server = createServer({allowHalfOpen: true}, socket => {
		sockets.add(socket);
		socket.on('error', () => undefined);
		onConnection(socket);
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const relay = await startRelay({target: {host: '127.0.0.1', port: (server.address() as AddressInfo).port}});
	cleanups.push(
		() => server.close(),
		() => {
			for (const socket of sockets) socket.destroy();
		},
		() => relay.stop(),
	);
	return {server, relay};
}

type Received = {readonly bytes: Buffer; readonly end: 'end' | string};

/** Says something, half-closes if asked, and collects what comes until the connection is over. */
function converse(
	relay: Relay,
	said: string | Buffer,
	{endsAfterwards = true}: {endsAfterwards?: boolean} = {},
): {readonly socket: Socket; readonly over: Promise<Received>} {
	const socket = connect({port: relay.port, host: '127.0.0.1', allowHalfOpen: true});
	const chunks: Buffer[] = [];
	socket.on('data', chunk => chunks.push(chunk));
	if (endsAfterwards) socket.end(said);
	else socket.write(said);
	const over = new Promise<Received>(resolve => {
		socket.on('end', () => resolve({bytes: Buffer.concat(chunks), end: 'end'}));
		socket.on('error', (error: NodeJS.ErrnoException) => resolve({bytes: Buffer.concat(chunks), end: error.code ?? 'error'}));
	});
	cleanups.push(() => socket.destroy());
	return {socket, over};
}

const untilTrue = async (holds: () => boolean): Promise<void> => {
	while (!holds()) await new Promise(resolve => setImmediate(resolve));
};

/** Bytes that differ from place to place, so that a lost or doubled piece shows. */
function pattern(length: number): Buffer {
	return Buffer.from(Array.from({length}, (_, index) => (index * 31 + (index >> 8)) % 256));
}

describe('the relay', () => {
	test('hands everything on unchanged in both directions, tells the end of each, and counts every byte', async () => {
		const answer = pattern(700_000);
		let heard = 0;
		const {relay} = await serve(socket => {
			socket.on('data', chunk => {
				heard += chunk.length;
			});
			socket.on('end', () => socket.end(answer));
		});
		const {bytes, end} = await converse(relay, pattern(300_000)).over;
		expect(end).toBe('end');
		expect(bytes.equals(answer)).toBe(true);
		expect(heard).toBe(300_000);
		expect(relay.counts()).toMatchObject({up: 300_000, down: 700_000, connections: [{up: 300_000, down: 700_000}]});
	});

	test('counts each connection, and their sum stays when they are closed', async () => {
		const {relay} = await serve(socket => socket.on('data', chunk => socket.end(chunk)));
		await Promise.all([converse(relay, 'one').over, converse(relay, 'three').over]);
		await untilTrue(() => relay.counts().open === 0);
		expect(relay.counts()).toMatchObject({up: 8, down: 8, open: 0});
		expect(
			relay
				.counts()
				.connections.map(each => each.down)
				.toSorted(),
		).toEqual([3, 5]);
	});

	test('cuts with a reset after exactly byte n from the server, wherever n falls', async () => {
		const answer = pattern(5000);
		await fc.assert(
			fc.asyncProperty(fc.integer({min: 1, max: 4999}), async n => {
				const {relay} = await serve(socket => socket.on('data', () => socket.write(answer)));
				relay.cutAfter(n);
				const {bytes, end} = await converse(relay, 'go', {endsAfterwards: false}).over;
				expect(end).toBe('ECONNRESET');
				expect(bytes.equals(answer.subarray(0, n))).toBe(true);
				expect(relay.counts().down).toBe(n);
			}),
			{numRuns: 30},
		);
	});

	test('the server sees the cut too', async () => {
		const broken = Promise.withResolvers<string>();
		const {relay} = await serve(socket => {
			socket.on('error', (error: NodeJS.ErrnoException) => broken.resolve(error.code ?? ''));
			socket.on('data', () => socket.write(pattern(100)));
		});
		relay.cutAfter(10);
		await converse(relay, 'go', {endsAfterwards: false}).over;
		expect(await broken.promise).toBe('ECONNRESET');
	});

	test('a stalled relay hands nothing on and closes nothing, and after resume nothing is missing', async () => {
		const answer = pattern(200_000);
		const asked = Promise.withResolvers<void>();
		const {relay} = await serve(socket => {
			socket.on('data', () => {
				asked.resolve();
				socket.end(answer);
			});
		});
		const first = converse(relay, 'go');
		await asked.promise;
		relay.stall();
		const before = relay.counts().down;
		const second = converse(relay, 'hello');
		await new Promise(resolve => second.socket.once('connect', resolve));
		await untilTrue(() => relay.counts().connections.length === 2);
		for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve));
		expect(relay.counts()).toMatchObject({down: before, open: 2});
		expect(relay.counts().connections[1]).toMatchObject({up: 0});
		relay.resume();
		expect((await first.over).bytes.equals(answer)).toBe(true);
		expect((await second.over).bytes.equals(answer)).toBe(true);
	});

	test('a client that goes while the relay is stalled is unseen by the server until it resumes', async () => {
		let isOver = false;
		const opened = Promise.withResolvers<void>();
		const {relay} = await serve(socket => {
			opened.resolve();
			socket.on('close', () => {
				isOver = true;
			});
			socket.resume();
		});
		const {socket} = converse(relay, 'hi', {endsAfterwards: false});
		await opened.promise;
		relay.stall();
		socket.resetAndDestroy();
		for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve));
		expect(isOver).toBe(false);
		relay.resume();
		await untilTrue(() => isOver);
	});

	test('a slowed connection gets no more than its rate', async () => {
		const {relay} = await serve(socket => socket.on('data', () => socket.end(pattern(10_000))));
		relay.slow(50_000);
		const startedAt = performance.now();
		const {bytes} = await converse(relay, 'go').over;
		// A fifth of a second at 50 kB/s; the first bytes may go at once, never the last ones early.
		expect(performance.now() - startedAt).toBeGreaterThan(150);
		expect(bytes.length).toBe(10_000);
	});

	test('closeAll resets what is open, and new connections work', async () => {
		const {relay} = await serve(socket => socket.on('data', chunk => socket.write(chunk)));
		const first = converse(relay, 'a', {endsAfterwards: false});
		await untilTrue(() => relay.counts().down === 1);
		relay.closeAll();
		expect((await first.over).end).toBe('ECONNRESET');
		const second = converse(relay, 'bc', {endsAfterwards: false});
		await untilTrue(() => relay.counts().down === 3);
		expect(second.socket.destroyed).toBe(false);
	});

	test('a server that is not there is a reset for the client', async () => {
		const {server, relay} = await serve(() => undefined);
		await new Promise(resolve => server.close(resolve));
		expect((await converse(relay, 'go').over).end).toBe('ECONNRESET');
	});
});

describe('relayKubeconfig', () => {
	const kubeconfig = `
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: near, user: me}}, {name: there, context: {cluster: far, user: me}}]
clusters:
- {name: near, cluster: {server: 'https://127.0.0.1:6443', certificate-authority: pki/ca.crt}}
- {name: far, cluster: {server: 'https://api.example:443/path', tls-server-name: other.example}}
users: [{name: me, user: {client-certificate: me.crt, client-key: /abs/me.key}}]
`;
	type Raw = {'current-context': string; clusters: {cluster: Record<string, string>}[]; users: {user: Record<string, string>}[]};

	test('leads to the relay and still checks the certificate by the old name', () => {
		const {clusters} = loadYaml<Raw>(relayKubeconfig(kubeconfig.replace('127.0.0.1:6443', 'api.local:6443'), 4000));
		expect(clusters[0]!.cluster).toMatchObject({server: 'https://127.0.0.1:4000', 'tls-server-name': 'api.local'});
		expect(clusters[1]!.cluster.server).toBe('https://api.example:443/path');
	});

	test('an address that stays the same needs no other name', () => {
		expect(loadYaml<Raw>(relayKubeconfig(kubeconfig, 4000)).clusters[0]!.cluster).not.toHaveProperty('tls-server-name');
	});

	test('a name that was already given for the certificate stays, and so does the path', () => {
		const raw = loadYaml<Raw>(relayKubeconfig(kubeconfig, 4000, {context: 'there'}));
		expect(raw['current-context']).toBe('there');
		expect(raw.clusters[1]!.cluster).toEqual({server: 'https://127.0.0.1:4000/path', 'tls-server-name': 'other.example'});
	});

	test('relative files are found from anywhere', () => {
		const raw = loadYaml<Raw>(relayKubeconfig(kubeconfig, 4000, {directory: '/home/me/.kube'}));
		expect(raw.clusters[0]!.cluster['certificate-authority']).toBe('/home/me/.kube/pki/ca.crt');
		expect(raw.users[0]!.user).toEqual({'client-certificate': '/home/me/.kube/me.crt', 'client-key': '/abs/me.key'});
	});

	test('an unknown context is an error that names it', () => {
		expect(() => relayKubeconfig(kubeconfig, 4000, {context: 'nowhere'})).toThrow('nowhere');
	});
});
