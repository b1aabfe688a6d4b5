import net from 'node:net';
import {gzipSync} from 'node:zlib';
import {describe, expect, test} from 'vitest';
import {MOST_SOCKETS} from '../../src/transport/connections.ts';
import {fakeClock} from '../observe/fake-clock.ts';
import {accessTo, answerOf, breakOf, errorOf, get, type Handler, listen, never, open, readAll, serve, textOf, until, watch} from './transport-rig.ts';

const hello: Handler = (_request, response) => void response.end('hello');

/** Answers with headers and one chunk, and then nothing. */
const streaming: Handler = (_request, response) => {
	response.writeHead(200, {'content-type': 'application/json'});
	response.write('begun');
};

describe('a request', () => {
	test('goes below the path prefix of the server, with what it says of itself', async () => {
		const rig = await serve(hello);
		const {transport} = open(
			accessTo(`${rig.url}/k8s/c-1`, {
				credential: {kind: 'token', token: 'tok'},
				impersonate: {user: 'jöe', uid: '7', groups: ['a', 'b'], extra: new Map([['Example.com/Größe', ['x', 'y']]])},
			}),
		);
		await textOf(transport, get('/api/v1/pods', {query: {limit: '5', labelSelector: 'a=b,c in (d e)', continue: undefined}}));
		const [request] = rig.requests;
		expect(request?.url).toBe('/k8s/c-1/api/v1/pods?limit=5&labelSelector=a%3Db%2Cc+in+%28d+e%29');
		expect(request?.headers).toMatchObject({
			host: `127.0.0.1:${rig.port}`,
			accept: 'application/json',
			authorization: 'Bearer tok',
			'user-agent': 'kwb/0.1.0 (linux/x64)',
		});
		const impersonation = pairsOf(request!.rawHeaders).filter(([name]) => name?.startsWith('Impersonate-'));
		expect(impersonation).toEqual([
			['Impersonate-User', Buffer.from('jöe').toString('latin1')],
			['Impersonate-Uid', '7'],
			['Impersonate-Group', 'a'],
			['Impersonate-Group', 'b'],
			['Impersonate-Extra-example.com%2Fgr%C3%B6%C3%9Fe', 'x'],
			['Impersonate-Extra-example.com%2Fgr%C3%B6%C3%9Fe', 'y'],
		]);
	});

	test('that no server could read is an error, which does not show the secret in it', async () => {
		const {transport} = open(accessTo('http://127.0.0.1:9', {credential: {kind: 'token', token: 's3cret\nline'}}));
		const error = errorOf(await transport.stream(get('/'), never()));
		expect(error).toMatchObject({kind: 'connection', message: expect.stringContaining('Authorization')});
		expect(JSON.stringify(error)).not.toContain('s3cret');
		for (let n = 0; n < 20; n++) await transport.stream(get('/', {counted: {verb: 'list', resource: 'pods'}}), never());
	});

	test('with a body carries its type and length', async () => {
		const bodies: string[] = [];
		const rig = await serve((request, response) => {
			request.setEncoding('utf8').on('data', text => bodies.push(text));
			request.on('end', () => response.end());
		});
		const {transport} = open(accessTo(rig.url));
		await textOf(transport, get('/x', {method: 'POST', body: {contentType: 'application/json', text: '{"ä":1}'}}));
		expect(bodies.join('')).toBe('{"ä":1}');
		expect(rig.requests[0]).toMatchObject({method: 'POST', headers: {'content-type': 'application/json', 'content-length': '8'}});
	});

	test('reaches an IPv6 server', async () => {
		const rig = await serve(hello, undefined, '::1');
		const {transport} = open(accessTo(rig.url));
		expect(await textOf(transport, get('/'))).toBe('hello');
		expect(rig.requests[0]?.headers.host).toBe(`[::1]:${rig.port}`);
	});

	test('gives the status, the type, the server date and the round trip with the headers', async () => {
		const rig = await serve((_request, response) => {
			response.writeHead(200, {'content-type': 'Application/JSON; charset=utf-8', date: 'Thu, 01 Jan 2026 00:00:00 GMT'});
			response.end();
		});
		const {transport} = open(accessTo(rig.url));
		const answer = answerOf(await transport.stream(get('/'), never()));
		expect(answer).toMatchObject({status: 200, contentType: 'application/json; charset=utf-8', serverDate: Date.UTC(2026, 0, 1)});
		expect(answer.roundTripMs).toBeGreaterThan(0);
		expect(answer.roundTripMs).toBeLessThan(5_000);
	});

	test('is counted by verb and resource, and its bytes', async () => {
		const rig = await serve((request, response) => {
			if (request.url === '/busy') response.writeHead(429);
			response.end('x'.repeat(10_000));
		});
		const {transport} = open(accessTo(rig.url));
		await textOf(transport, get('/', {counted: {verb: 'list', resource: 'pods'}}));
		await textOf(transport, get('/', {counted: {verb: 'list', resource: 'pods'}}));
		await transport.stream(get('/busy', {counted: {verb: 'watch', resource: 'pods'}}), never());
		const {requests, requestsByKind, throttled, bytesRead, bytesWritten, openStreams} = transport.counters();
		expect({requests, throttled, openStreams}).toEqual({requests: 3, throttled: 1, openStreams: 0});
		expect([...requestsByKind]).toEqual([
			['list pods', 2],
			['watch pods', 1],
		]);
		expect(bytesRead).toBeGreaterThan(30_000);
		expect(bytesWritten).toBeGreaterThan(100);
	});
});

describe('sockets', () => {
	test('one serves all requests that come one after the other', async () => {
		const rig = await serve(hello);
		const {transport} = open(accessTo(rig.url));
		for (let n = 0; n < 20; n++) expect(await textOf(transport, get('/'))).toBe('hello');
		expect(rig.accepted()).toBe(1);
	});

	test('streams run side by side on one each, and a stalled one holds up no other', async () => {
		const rig = await serve((request, response) => (request.url === '/watch' ? streaming(request, response) : hello(request, response)));
		const {transport} = open(accessTo(rig.url));
		const stopping = new AbortController();
		const watches = await Promise.all(Array.from({length: 40}, () => transport.stream(watch('/watch'), stopping.signal)));
		expect(watches.every(watch => watch.ok)).toBe(true);
		expect(await textOf(transport, get('/'))).toBe('hello');
		expect(transport.counters()).toMatchObject({openStreams: 40, openSockets: 41});
		stopping.abort();
		await until(() => rig.open() === 1);
		expect(transport.counters()).toMatchObject({openStreams: 0, openSockets: 1});
	});

	test('their number is bounded: what is over the bound waits', async () => {
		const rig = await serve(streaming);
		const {transport} = open(accessTo(rig.url));
		const stopping = new AbortController();
		const watches = Array.from({length: MOST_SOCKETS + 5}, () => transport.stream(watch('/watch'), stopping.signal));
		await until(() => transport.counters().openStreams === MOST_SOCKETS);
		expect(transport.counters().openSockets).toBe(MOST_SOCKETS);
		expect(rig.accepted()).toBe(MOST_SOCKETS);
		stopping.abort();
		const ends = await Promise.all(watches);
		expect(ends.filter(end => !end.ok)).toHaveLength(5);
	});

	test('an idle one that the server has closed meanwhile costs a request nothing', async () => {
		let served = 0;
		const server = net.createServer(socket => {
			// Closes at the second request of a connection, as a server does whose idle timeout has just run out.
			let requests = 0;
			socket.on('data', () => {
				requests += 1;
				if (requests === 2) return socket.resetAndDestroy();
				served += 1;
				return socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
			});
		});
		const {port} = await listen(server);
		const {transport} = open(accessTo(`http://127.0.0.1:${port}`));
		expect(await textOf(transport, get('/1'))).toBe('ok');
		expect(await textOf(transport, get('/2'))).toBe('ok');
		expect(served).toBe(2);
	});

	test('but a write is not sent a second time', async () => {
		const server = net.createServer(socket => {
			let requests = 0;
			socket.on('data', () => (++requests === 2 ? socket.resetAndDestroy() : socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')));
		});
		const {port} = await listen(server);
		const {transport} = open(accessTo(`http://127.0.0.1:${port}`));
		await textOf(transport, get('/1'));
		expect(errorOf(await transport.stream(get('/2', {method: 'DELETE'}), never()))).toMatchObject({kind: 'connection', code: 'ECONNRESET'});
	});
});

describe('requests at the same time', () => {
	/** Sends so many, and waits until no more reach the server. */
	async function reached(verb: string, count: number) {
		const answers: Array<() => void> = [];
		const rig = await serve((_request, response) => void answers.push(() => response.end('done')));
		const {transport} = open(accessTo(rig.url));
		const stopping = new AbortController();
		const outcomes = Array.from({length: count}, () => transport.stream(get('/', {counted: {verb, resource: 'pods'}}), stopping.signal));
		let before = -1;
		while (before !== rig.requests.length) {
			before = rig.requests.length;
			await new Promise(resolve => setTimeout(resolve, 50));
		}
		return {rig, answers, outcomes, stopping};
	}

	test.each([
		['list', 4],
		['get', 8],
		['watch', 20],
	])('%s: %i', async (verb, most) => expect((await reached(verb, 20)).rig.requests).toHaveLength(most));

	test('the next is sent when the body of one has been read', async () => {
		const {rig, answers, outcomes} = await reached('list', 6);
		answers[0]!();
		const first = answerOf(await outcomes[0]!);
		expect(rig.requests).toHaveLength(4);
		await readAll(first);
		await until(() => answers.length === 5);
		answers[1]!();
		await readAll(answerOf(await outcomes[1]!));
		await until(() => answers.length === 6);
		for (const answer of answers.slice(2)) answer();
		expect((await Promise.all(outcomes)).every(outcome => outcome.ok)).toBe(true);
	});

	test('those that wait can be stopped', async () => {
		const {rig, outcomes, stopping} = await reached('list', 6);
		stopping.abort();
		expect((await Promise.all(outcomes)).map(outcome => errorOf(outcome).kind)).toEqual(Array(6).fill('aborted'));
		expect(rig.requests).toHaveLength(4);
	});
});

describe('a body', () => {
	test('comes in chunks as the server writes them', async () => {
		const rig = await serve((_request, response) => {
			response.write('one');
			setTimeout(() => response.end('two'), 20);
		});
		const {transport} = open(accessTo(rig.url));
		const chunks: string[] = [];
		for await (const chunk of answerOf(await transport.stream(get('/'), never())).body) chunks.push(Buffer.from(chunk).toString());
		expect(chunks).toEqual(['one', 'two']);
	});

	test('of a reader that is slow makes the server wait', async () => {
		let written = 0;
		const rig = await serve((_request, response) => {
			const block = Buffer.alloc(64 * 1024);
			const write = () => {
				while (written < 64 * 1024 * 1024) {
					written += block.length;
					if (!response.write(block)) return void response.once('drain', write);
				}
				response.end();
			};
			write();
		});
		const {transport} = open(accessTo(rig.url));
		const {body} = answerOf(await transport.stream(get('/'), never()));
		let before = -1;
		while (before !== written) {
			before = written;
			await new Promise(resolve => setTimeout(resolve, 100));
		}
		expect(written).toBeLessThan(16 * 1024 * 1024);
		let read = 0;
		for await (const chunk of body) read += chunk.length;
		expect(read).toBe(64 * 1024 * 1024);
	});

	test('left early closes its socket', async () => {
		const rig = await serve(streaming);
		const {transport} = open(accessTo(rig.url));
		for await (const chunk of answerOf(await transport.stream(get('/'), never())).body) {
			expect(Buffer.from(chunk).toString()).toBe('begun');
			break;
		}
		await until(() => rig.open() === 0);
		expect(transport.counters()).toMatchObject({openStreams: 0, openSockets: 0});
	});

	test('ends with an error when the connection is cut, after what had come', async () => {
		const rig = await serve(streaming);
		const {transport} = open(accessTo(rig.url));
		const answer = answerOf(await transport.stream(get('/'), never()));
		rig.cut();
		expect(await breakOf(answer)).toMatchObject({kind: 'connection', code: 'TRUNCATED'});
	});

	test('shorter than its content-length is an error', async () => {
		const server = net.createServer(socket => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort')));
		const {port} = await listen(server);
		const {transport} = open(accessTo(`http://127.0.0.1:${port}`));
		expect(await breakOf(answerOf(await transport.stream(get('/'), never())))).toMatchObject({code: 'TRUNCATED'});
	});
});

describe('compression', () => {
	const compressed: Handler = (request, response) => {
		response.writeHead(200, {'content-encoding': 'gzip'});
		const bytes = gzipSync('x'.repeat(300_000));
		response.end(request.url === '/truncated' ? bytes.subarray(0, bytes.length - 20) : bytes);
	};

	test('is asked for when the request allows it, and undone as it arrives', async () => {
		const rig = await serve(compressed);
		// A name that is no loopback name and leads here all the same: by a proxy that ignores what it is asked for.
		const {transport} = open(accessTo(`http://api.test:${rig.port}`, {proxyUrl: `http://127.0.0.1:${await proxyTo(rig.port)}`}));
		expect(await textOf(transport, get('/', {compressed: true}))).toBe('x'.repeat(300_000));
		await textOf(transport, get('/'));
		expect(rig.requests.map(request => request.headers['accept-encoding'])).toEqual(['gzip', undefined]);
		expect(transport.counters().bytesRead).toBeLessThan(10_000);
	});

	test('is not asked for on loopback, nor where the kubeconfig says so', async () => {
		const rig = await serve(hello);
		await textOf(open(accessTo(rig.url)).transport, get('/', {compressed: true}));
		const proxyUrl = `http://127.0.0.1:${await proxyTo(rig.port)}`;
		await textOf(open(accessTo(`http://api.test:${rig.port}`, {proxyUrl, disableCompression: true})).transport, get('/', {compressed: true}));
		expect(rig.requests.map(request => request.headers['accept-encoding'])).toEqual([undefined, undefined]);
	});

	test('cut short is an error', async () => {
		const rig = await serve(compressed);
		const {transport} = open(accessTo(rig.url));
		expect(await breakOf(answerOf(await transport.stream(get('/truncated'), never())))).toMatchObject({kind: 'connection', code: 'TRUNCATED'});
	});
});

describe('stopping', () => {
	test('by the signal, before the headers', async () => {
		const rig = await serve(() => {});
		const {transport} = open(accessTo(rig.url));
		const stopping = new AbortController();
		const outcome = transport.stream(get('/'), stopping.signal);
		await until(() => rig.requests.length === 1);
		stopping.abort();
		expect(errorOf(await outcome)).toEqual({kind: 'aborted'});
		await until(() => rig.open() === 0);
		expect(transport.counters().openSockets).toBe(0);
	});

	test('by the signal, within the body', async () => {
		const rig = await serve(streaming);
		const {transport} = open(accessTo(rig.url));
		const stopping = new AbortController();
		const answer = answerOf(await transport.stream(get('/'), stopping.signal));
		const broken = breakOf(answer);
		stopping.abort();
		expect(await broken).toEqual({kind: 'aborted'});
		await until(() => rig.open() === 0);
	});

	test('with a signal that has been given already sends nothing', async () => {
		const rig = await serve(hello);
		const {transport} = open(accessTo(rig.url));
		expect(errorOf(await transport.stream(get('/'), AbortSignal.abort()))).toEqual({kind: 'aborted'});
		expect(rig.accepted()).toBe(0);
	});

	test('as a whole ends every request and leaves no socket and no timer', async () => {
		const clock = fakeClock();
		const rig = await serve((request, response) =>
			request.url === '/watch' ? streaming(request, response) : request.url === '/' ? hello(request, response) : undefined,
		);
		const {transport} = open(accessTo(rig.url), {clock});
		await textOf(transport, get('/'));
		const running = answerOf(await transport.stream(watch('/watch'), never()));
		const waiting = transport.stream(get('/silent'), never());
		await until(() => rig.requests.length === 3);
		const broken = breakOf(running);
		transport.close();
		expect(errorOf(await waiting)).toEqual({kind: 'aborted'});
		expect(await broken).toEqual({kind: 'aborted'});
		expect(errorOf(await transport.stream(get('/'), never()))).toEqual({kind: 'aborted'});
		await until(() => rig.open() === 0 && transport.counters().openSockets === 0);
		expect(clock.pending).toBe(0);
	});
});

describe('waiting', () => {
	test('for headers ends after the time of the request', async () => {
		const clock = fakeClock();
		const rig = await serve(() => {});
		const {transport} = open(accessTo(rig.url), {clock});
		const outcome = transport.stream(get('/', {headersTimeoutMs: 30_000}), never());
		await until(() => rig.requests.length === 1);
		clock.advance(29_999);
		expect(await Promise.race([outcome, 'still waiting'])).toBe('still waiting');
		clock.advance(1);
		expect(errorOf(await outcome)).toEqual({kind: 'timeout', phase: 'headers', message: `no answer from 127.0.0.1:${rig.port} within 30 s`});
	});

	test('for a connection ends after 10 s', async () => {
		const clock = fakeClock();
		// Accepts TCP and never answers the TLS greeting.
		const {port, accepted} = await listen(net.createServer(() => {}));
		const {transport} = open(accessTo(`https://127.0.0.1:${port}`), {clock});
		const outcome = transport.stream(get('/'), never());
		await until(() => accepted.count === 1);
		clock.advance(9_999);
		expect(await Promise.race([outcome, 'still waiting'])).toBe('still waiting');
		clock.advance(1);
		expect(errorOf(await outcome)).toMatchObject({kind: 'timeout', phase: 'connect'});
	});

	test('within a body ends after so long a silence, and bytes begin it anew', async () => {
		const clock = fakeClock();
		let say = (_text: string) => {};
		const rig = await serve((_request, response) => {
			response.write('a');
			say = text => void response.write(text);
		});
		const {transport} = open(accessTo(rig.url), {clock});
		const {body} = answerOf(await transport.stream(get('/', {idleTimeoutMs: 120_000}), never()));
		const chunks = body[Symbol.asyncIterator]();
		await chunks.next();
		clock.advance(100_000);
		say('b');
		await chunks.next();
		clock.advance(119_999);
		say('c');
		expect(await chunks.next()).toMatchObject({done: false});
		const silent = chunks.next();
		clock.advance(120_000);
		await expect(silent).rejects.toMatchObject({error: {kind: 'timeout', phase: 'idle'}});
	});

	describe('with --request-timeout', () => {
		test('ends when the headers do not come within it', async () => {
			const clock = fakeClock();
			const rig = await serve(() => {});
			const {transport} = open(accessTo(rig.url), {clock, requestTimeoutMs: 2000});
			const outcome = transport.stream(get('/', {headersTimeoutMs: 30_000}), never());
			await until(() => rig.requests.length === 1);
			clock.advance(1999);
			expect(await Promise.race([outcome, 'still waiting'])).toBe('still waiting');
			clock.advance(1);
			expect(errorOf(await outcome)).toEqual({
				kind: 'timeout',
				phase: 'whole',
				message: `no whole answer from 127.0.0.1:${rig.port} within 2 s (--request-timeout)`,
			});
			expect(clock.pending).toBe(0);
		});

		test('ends a body that keeps coming and is not whole within it', async () => {
			const clock = fakeClock();
			let say = (_text: string) => {};
			const rig = await serve((_request, response) => {
				response.write('a');
				say = text => void response.write(text);
			});
			const {transport} = open(accessTo(rig.url), {clock, requestTimeoutMs: 2000});
			const chunks = answerOf(await transport.stream(get('/'), never())).body[Symbol.asyncIterator]();
			await chunks.next();
			clock.advance(1999);
			say('b');
			await chunks.next();
			const late = chunks.next();
			clock.advance(1);
			await expect(late).rejects.toMatchObject({error: {kind: 'timeout', phase: 'whole'}});
		});

		test('a server may be slower than our own limits, where the user says so', async () => {
			const clock = fakeClock();
			let answer = () => {};
			const rig = await serve((_request, response) => {
				answer = () => void response.end('late');
			});
			const {transport} = open(accessTo(rig.url), {clock, requestTimeoutMs: 120_000});
			const outcome = transport.stream(get('/', {headersTimeoutMs: 30_000}), never());
			await until(() => rig.requests.length === 1);
			clock.advance(119_999);
			answer();
			expect((await readAll(answerOf(await outcome))).toString()).toBe('late');
			expect(clock.pending).toBe(0);
		});

		test('what is open-ended goes on: a watch, a log that is followed', async () => {
			const clock = fakeClock();
			let say = (_text: string) => {};
			const rig = await serve((_request, response) => {
				response.write('a');
				say = text => void response.write(text);
			});
			const {transport} = open(accessTo(rig.url), {clock, requestTimeoutMs: 2000});
			const chunks = answerOf(await transport.stream(watch('/', {idleTimeoutMs: 120_000}), never())).body[Symbol.asyncIterator]();
			await chunks.next();
			clock.advance(100_000);
			say('b');
			expect(await chunks.next()).toMatchObject({done: false});
		});
	});

	test('for the reader is no silence of the server', async () => {
		const clock = fakeClock();
		const rig = await serve((_request, response) => void response.end(Buffer.alloc(4 * 1024 * 1024)));
		const {transport} = open(accessTo(rig.url), {clock});
		const answer = answerOf(await transport.stream(get('/', {idleTimeoutMs: 60_000}), never()));
		await new Promise(resolve => setTimeout(resolve, 100));
		clock.advance(300_000);
		expect(await readAll(answer)).toHaveLength(4 * 1024 * 1024);
	});
});

describe('an answer that is an error', () => {
	test.each<{name: string; status: number; headers?: Record<string, string>; body?: string; error: object}>([
		{
			name: 'a Status is said in its own words',
			status: 403,
			headers: {'content-type': 'application/json'},
			body: JSON.stringify({kind: 'Status', reason: 'Forbidden', message: 'pods is forbidden: User "ann" cannot list'}),
			error: {status: 403, reason: 'Forbidden', message: 'pods is forbidden: User "ann" cannot list', retryAfterMs: undefined},
		},
		{
			name: '429 in plain text is no error of its own',
			status: 429,
			headers: {'content-type': 'text/plain', 'retry-after': '7'},
			body: 'Too many requests, please try again later.\n',
			error: {status: 429, reason: '', message: 'the server answered 429: Too many requests, please try again later.', retryAfterMs: 7_000},
		},
		{
			name: 'a page of a proxy is its title',
			status: 503,
			headers: {'content-type': 'text/html'},
			body: '<html><head><title>503 \u001b[31mService Unavailable</title></head><body>long</body></html>',
			error: {status: 503, message: 'the server answered 503: 503 Service Unavailable'},
		},
		{
			name: 'a redirect is not followed',
			status: 302,
			headers: {location: 'https://login.test/'},
			error: {status: 302, message: 'the server sends us elsewhere (302, to https://login.test/)'},
		},
		{
			name: '404 in plain text',
			status: 404,
			headers: {'content-type': 'text/plain'},
			body: '404 page not found\n',
			error: {status: 404, message: 'the server answered 404: 404 page not found'},
		},
	])('$name', async ({status, headers, body, error}) => {
		const rig = await serve((_request, response) => {
			response.writeHead(status, headers);
			response.end(body);
		});
		const {transport} = open(accessTo(rig.url));
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({kind: 'status', ...error});
		expect(rig.requests).toHaveLength(1);
	});

	test('a Status in protobuf is handed to the decoder', async () => {
		const rig = await serve((_request, response) => {
			response.writeHead(410, {'content-type': 'application/vnd.kubernetes.protobuf'});
			response.end('bytes');
		});
		const {transport} = open(accessTo(rig.url), {
			decodeStatus: body => ({reason: 'Expired', message: `decoded ${Buffer.from(body)}`, retryAfterSeconds: 0, causes: []}),
		});
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({status: 410, reason: 'Expired', message: 'decoded bytes'});
	});

	test('an endless one is cut', async () => {
		const rig = await serve((_request, response) => {
			response.writeHead(500, {'content-type': 'text/plain'});
			const more = () => void response.write('x'.repeat(10_000), () => !response.destroyed && setImmediate(more));
			more();
		});
		const {transport} = open(accessTo(rig.url));
		const error = errorOf(await transport.stream(get('/'), never()));
		expect(error.kind === 'status' && error.message.length).toBeLessThan(400);
		await until(() => rig.open() === 0);
	});

	test('leaves the socket for the next request', async () => {
		const rig = await serve((_request, response) => {
			response.writeHead(404);
			response.end('no');
		});
		const {transport} = open(accessTo(rig.url));
		for (let n = 0; n < 5; n++) await transport.stream(get('/'), never());
		expect(rig.accepted()).toBe(1);
	});
});

describe('a connection that does not come about', () => {
	test('refused', async () => {
		const server = net.createServer();
		const {port} = await listen(server);
		await new Promise(resolve => server.close(resolve));
		const {transport} = open(accessTo(`http://127.0.0.1:${port}`));
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({
			kind: 'connection',
			code: 'ECONNREFUSED',
			message: `127.0.0.1:${port} refused the connection`,
		});
	});

	test('no such host', async () => {
		const {transport} = open(accessTo('http://no-such-host.invalid'));
		const error = errorOf(await transport.stream(get('/'), never()));
		expect(error).toMatchObject({kind: 'connection', code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/)});
		expect(error.kind === 'connection' && error.message).toContain('no-such-host.invalid');
	});

	test('something that is no HTTP server', async () => {
		const {port} = await listen(net.createServer(socket => void socket.end('SSH-2.0-OpenSSH_9.6\r\n')));
		const {transport} = open(accessTo(`http://127.0.0.1:${port}`));
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({kind: 'connection', message: expect.stringContaining('does not speak HTTP')});
	});
});

function pairsOf(rawHeaders: readonly string[]): string[][] {
	return Array.from({length: rawHeaders.length / 2}, (_, n) => rawHeaders.slice(2 * n, 2 * n + 2));
}

/** A proxy that leads every CONNECT to one port here. */
async function proxyTo(port: number): Promise<number> {
	const server = net.createServer(client => {
		client.once('data', () => {
			const upstream = net.connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
			client.pipe(upstream).pipe(client);
			upstream.on('error', () => client.destroy());
			client.on('close', () => upstream.destroy());
		});
	});
	return (await listen(server)).port;
}
