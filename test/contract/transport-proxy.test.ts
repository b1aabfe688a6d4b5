import net from 'node:net';
import tls from 'node:tls';
import {describe, expect, test} from 'vitest';
import {fakeClock} from '../observe/fake-clock.ts';
import {accessTo, errorOf, fixture, get, type Handler, listen, NO_TLS, never, open, pem, serve, textOf, until} from './transport-rig.ts';

const hello: Handler = (_request, response) => void response.end('hello');
const TLS = {cert: pem('server.crt'), key: pem('server.key')};

/** A CONNECT proxy that knows `api.test` as this machine. */
async function connectProxy(refuse?: string) {
	const heads: string[] = [];
	const server = net.createServer(client => {
		let head = '';
		const onData = (chunk: Buffer) => {
			head += chunk.toString('latin1');
			if (!head.includes('\r\n\r\n')) return;
			client.removeListener('data', onData);
			heads.push(head);
			if (refuse !== undefined) return void client.end(`HTTP/1.1 ${refuse}\r\n\r\n`);
			const port = Number(/^CONNECT \S+:(\d+) /.exec(head)![1]);
			// The answer comes in two pieces: a client must wait for all of it.
			joined(client, port, () => {
				client.write('HTTP/1.1 200 Connection est');
				setTimeout(() => client.write('ablished\r\nX-Proxy: yes\r\n\r\n'), 5);
			});
		};
		client.on('data', onData);
	});
	return {...(await listen(server)), heads};
}

/** A SOCKS 5 proxy; with a login when one is given. */
async function socksProxy(login?: {user: string; password: string}, reply = 0) {
	const targets: string[] = [];
	const server = net.createServer(async client => {
		const [, count] = await read(client, 2);
		const methods = [...(await read(client, count!))];
		if (login === undefined) client.write(Buffer.from([5, 0]));
		else {
			client.write(Buffer.from([5, methods.includes(2) ? 2 : 255]));
			if (!methods.includes(2)) return;
			const user = (await read(client, (await read(client, 2))[1]!)).toString();
			const password = (await read(client, (await read(client, 1))[0]!)).toString();
			const isRight = user === login.user && password === login.password;
			client.write(Buffer.from([1, isRight ? 0 : 1]));
			if (!isRight) return;
		}
		const [, , , kind] = await read(client, 4);
		const host = kind === 1 ? [...(await read(client, 4))].join('.') : (await read(client, (await read(client, 1))[0]!)).toString();
		const port = (await read(client, 2)).readUInt16BE();
		targets.push(`${host}:${port}`);
		const answer = Buffer.from([5, reply, 0, 1, 127, 0, 0, 1, 0, 0]);
		if (reply !== 0) client.write(answer);
		else joined(client, port, () => client.write(answer));
	});
	return {...(await listen(server)), targets};
}

async function read(socket: net.Socket, size: number): Promise<Buffer> {
	for (;;) {
		const bytes: Buffer | null = size === 0 ? Buffer.alloc(0) : socket.read(size);
		if (bytes !== null) return bytes;
		await new Promise(resolve => socket.once('readable', resolve));
	}
}

function joined(client: net.Socket, port: number, connected: () => void): void {
	const upstream = net.connect(port, '127.0.0.1', () => {
		connected();
		client.pipe(upstream).pipe(client);
	});
	upstream.on('error', () => client.destroy());
	client.on('close', () => upstream.destroy());
	upstream.on('close', () => client.destroy());
}

describe.each([
	['http', undefined],
	['https', TLS],
] as const)('to an %s server', (scheme, tlsOptions) => {
	const urlOf = (port: number) => `${scheme}://api.test:${port}`;

	test('through a CONNECT proxy, on one connection for all requests, with the login of its URL', async () => {
		const rig = await serve(hello, tlsOptions);
		const proxy = await connectProxy();
		const {transport} = open(accessTo(urlOf(rig.port), {proxyUrl: `http://us%40er:p%3Aw@127.0.0.1:${proxy.port}`}));
		for (let n = 0; n < 3; n++) expect(await textOf(transport, get('/'))).toBe('hello');
		expect(proxy.heads).toEqual([
			`CONNECT api.test:${rig.port} HTTP/1.1\r\nHost: api.test:${rig.port}\r\nProxy-Authorization: Basic ${Buffer.from('us@er:p:w').toString('base64')}\r\n\r\n`,
		]);
	});

	test('through a SOCKS 5 proxy, which resolves the name', async () => {
		const rig = await serve(hello, tlsOptions);
		const proxy = await socksProxy();
		const {transport} = open(accessTo(urlOf(rig.port), {proxyUrl: `socks5://127.0.0.1:${proxy.port}`}));
		for (let n = 0; n < 3; n++) expect(await textOf(transport, get('/'))).toBe('hello');
		expect(proxy.targets).toEqual([`api.test:${rig.port}`]);
	});
});

test('through a SOCKS 5 proxy with a login, to an address', async () => {
	const rig = await serve(hello);
	const proxy = await socksProxy({user: 'ann', password: 's3cret'});
	const {transport} = open(accessTo(rig.url, {proxyUrl: `socks5://ann:s3cret@127.0.0.1:${proxy.port}`}));
	expect(await textOf(transport, get('/'))).toBe('hello');
	expect(proxy.targets).toEqual([`127.0.0.1:${rig.port}`]);
});

test('streams run side by side through a proxy, and stopping closes both ends', async () => {
	const rig = await serve((_request, response) => void response.write('begun'), TLS);
	const proxy = await connectProxy();
	const {transport} = open(accessTo(`https://api.test:${rig.port}`, {proxyUrl: `http://127.0.0.1:${proxy.port}`}));
	const outcomes = await Promise.all([1, 2, 3].map(() => transport.stream(get('/'), never())));
	expect(outcomes.every(outcome => outcome.ok)).toBe(true);
	transport.close();
	await until(() => rig.open() === 0 && proxy.sockets.size === 0);
});

describe('the environment', () => {
	test('names the proxy when the kubeconfig names none', async () => {
		const rig = await serve(hello);
		const proxy = await connectProxy();
		const {transport} = open(accessTo(`http://api.test:${rig.port}`), {env: {HTTP_PROXY: `127.0.0.1:${proxy.port}`}});
		expect(await textOf(transport, get('/'))).toBe('hello');
		expect(proxy.heads).toHaveLength(1);
	});

	test('is not asked on loopback', async () => {
		const rig = await serve(hello);
		const proxy = await connectProxy();
		const {transport} = open(accessTo(rig.url), {env: {HTTP_PROXY: `127.0.0.1:${proxy.port}`}});
		expect(await textOf(transport, get('/'))).toBe('hello');
		expect(proxy.heads).toHaveLength(0);
	});
});

describe('a proxy that does not help', () => {
	const through = (proxyUrl: string, clock = fakeClock()) => open(accessTo('https://api.test', {proxyUrl}), {clock}).transport;
	const failure = async (proxyUrl: string) => errorOf(await through(proxyUrl).stream(get('/'), never()));

	test('asks for a login', async () => {
		const {port} = await connectProxy('407 Proxy Authentication Required');
		expect(await failure(`http://127.0.0.1:${port}`)).toMatchObject({
			kind: 'connection',
			code: 'PROXY',
			message: `proxy http://127.0.0.1:${port} asks for a login (407): put user and password into its URL`,
		});
	});
	test('refuses', async () => {
		const {port} = await connectProxy('403 Forbidden');
		expect(await failure(`http://127.0.0.1:${port}`)).toMatchObject({
			code: 'PROXY',
			message: `proxy http://127.0.0.1:${port} refused to connect to api.test:443 (403)`,
		});
	});
	test('is not there, and its password is not shown', async () => {
		const server = net.createServer();
		const {port} = await listen(server);
		await new Promise(resolve => server.close(resolve));
		expect(await failure(`http://ann:s3cret@127.0.0.1:${port}`)).toMatchObject({code: 'PROXY', message: `proxy http://127.0.0.1:${port}: ECONNREFUSED`});
	});
	test('closes at once', async () => {
		const {port} = await listen(net.createServer(socket => void socket.end()));
		expect(await failure(`http://127.0.0.1:${port}`)).toMatchObject({code: 'PROXY', message: `proxy http://127.0.0.1:${port} closed the connection`});
	});
	test('speaks something else', async () => {
		const {port} = await listen(net.createServer(socket => void socket.write('220 mail ready\r\n\r\n')));
		expect(await failure(`http://127.0.0.1:${port}`)).toMatchObject({code: 'PROXY', message: `proxy http://127.0.0.1:${port} does not speak HTTP`});
		expect(await failure(`socks5://127.0.0.1:${port}`)).toMatchObject({code: 'PROXY', message: `proxy socks5://127.0.0.1:${port} does not speak SOCKS 5`});
	});
	test('of SOCKS cannot reach the host', async () => {
		const {port} = await socksProxy(undefined, 4);
		expect(await failure(`socks5://127.0.0.1:${port}`)).toMatchObject({
			code: 'PROXY',
			message: `proxy socks5://127.0.0.1:${port} cannot reach the host (api.test:443)`,
		});
	});
	test('of SOCKS does not know the login', async () => {
		const {port} = await socksProxy({user: 'a', password: 'b'});
		expect(await failure(`socks5://a:wrong@127.0.0.1:${port}`)).toMatchObject({
			code: 'PROXY',
			message: `proxy socks5://127.0.0.1:${port} does not accept the login in its URL`,
		});
	});
	test('is silent: after 10 s it is given up, and nothing is left', async () => {
		const clock = fakeClock();
		const {port, accepted, sockets} = await listen(net.createServer(socket => void socket.resume()));
		const outcome = through(`http://127.0.0.1:${port}`, clock).stream(get('/'), never());
		await until(() => accepted.count === 1);
		clock.advance(10_000);
		expect(errorOf(await outcome)).toMatchObject({code: 'PROXY', message: `proxy http://127.0.0.1:${port} did not answer`});
		await until(() => sockets.size === 0);
		expect(clock.pending).toBe(0);
	});
	test('is silent, and the user stops', async () => {
		const {port, accepted, sockets} = await listen(net.createServer(socket => void socket.resume()));
		const transport = through(`http://127.0.0.1:${port}`);
		const outcome = transport.stream(get('/'), never());
		await until(() => accepted.count === 1);
		transport.close();
		expect(errorOf(await outcome)).toEqual({kind: 'aborted'});
		await until(() => sockets.size === 0);
	});
});

test('a proxy reached over TLS must show a certificate that the machine trusts', async () => {
	const server = tls.createServer(TLS, socket => void socket.end());
	const {port} = await listen(server);
	const {transport} = open(
		accessTo('https://api.test', {tls: {...NO_TLS, ca: {kind: 'file', path: fixture('tls/ca.crt')}}, proxyUrl: `https://127.0.0.1:${port}`}),
	);
	expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({code: 'PROXY', message: expect.stringMatching(/UNABLE_TO_VERIFY_LEAF_SIGNATURE/)});
});
