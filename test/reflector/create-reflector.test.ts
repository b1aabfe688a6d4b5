import {describe, expect, test} from 'vitest';
import type {Encoding} from '../../src/wire/wire-event.ts';
import {createModelServer, type ModelServer} from '../contract/model-server.ts';
import {contentType, encodeEvent, encodeList, type ModelObject, watchContentType} from '../contract/wire-writer.ts';
import {START} from '../observe/fake-clock.ts';
import {answerFrom, type Asked, type FakeBody} from './fake-transport.ts';
import {createHarness, type HarnessOptions} from './harness.ts';

const ENCODINGS: readonly Encoding[] = ['json', 'protobuf'];

function serverWith(...names: readonly string[]): ModelServer {
	const server = createModelServer();
	for (const name of names) server.put(name);
	return server;
}

/** A reflector against a model server that behaves, synced. */
async function synced(server: ModelServer, options: HarnessOptions = {}) {
	const harness = createHarness(answerFrom(server), options);
	harness.reflector.start();
	await harness.clock.advanceAsync(0);
	return harness;
}

const pod = (name: string, version: number | string, uid = `uid-${name}`): ModelObject => ({
	name,
	namespace: 'shop',
	uid,
	resourceVersion: `${version}`,
	nodeName: 'n1',
});

/** Answers each request by the next of these; the last one answers the rest. */
function inTurn(...answers: ReadonlyArray<(asked: Asked) => void>): (asked: Asked) => void {
	let turn = 0;
	return asked => answers[Math.min(turn++, answers.length - 1)]!(asked);
}

const never = (): void => undefined;

/** An answer to a streamed list or a watch in JSON: these events, then whatever the test does. */
function answerEvents(asked: Asked, events: ReadonlyArray<Parameters<typeof encodeEvent>[1]>, encoding: Encoding = 'json'): FakeBody {
	const body = asked.respond(watchContentType(encoding));
	for (const event of events) body.push(encodeEvent(encoding, event));
	return body;
}

const end = (version: number | string) => ({type: 'BOOKMARK', resourceVersion: `${version}`, isEnd: true}) as const;
const added = (object: ModelObject) => ({type: 'ADDED', object}) as const;

/** A streamed list of one pod that then goes on as a watch. */
const streamsOne = (asked: Asked): FakeBody => answerEvents(asked, [added(pod('a', 5)), end(10)]);
const errorEvent = (code: number, reason: string, message = '', retryAfterSeconds = 0) =>
	({type: 'ERROR', status: {code, reason, message, retryAfterSeconds}}) as const;

describe.each(ENCODINGS)('the streamed list (%s)', encoding => {
	test('is one request that goes on as the watch, and its rows are seen before its end', async () => {
		let body: FakeBody | undefined;
		const {clock, reflector, requests, names, snapshot, freshness, asked} = createHarness(each => {
			body = answerEvents(each, [added(pod('a', 5)), added(pod('b', 3))], encoding);
		});
		reflector.start();
		await clock.advanceAsync(0);
		expect(names()).toEqual(['shop/a', 'shop/b']);
		expect(snapshot().hasSynced).toBe(false);
		expect(freshness()).toMatchObject({kind: 'syncing'});
		body!.push(encodeEvent(encoding, end(10)));
		await clock.advanceAsync(0);
		expect(snapshot()).toMatchObject({hasSynced: true, resourceVersion: '10'});
		expect(freshness()).toEqual({kind: 'live'});
		body!.push(encodeEvent(encoding, {type: 'DELETED', object: pod('a', 11)}));
		body!.push(encodeEvent(encoding, added(pod('c', 12))));
		await clock.advanceAsync(0);
		expect(names()).toEqual(['shop/b', 'shop/c']);
		expect(requests()).toEqual(['stream']);
		expect(asked[0]!.spec.query).toMatchObject({watch: '1', sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true'});
		expect(asked[0]!.spec.query).not.toHaveProperty('resourceVersion');
	});

	test('the versions of its initial events are not remembered: a watch goes on from its end bookmark', async () => {
		const {clock, reflector, requests} = createHarness(inTurn(asked => answerEvents(asked, [added(pod('a', 99)), end(10)], encoding).end(), never));
		reflector.start();
		await clock.advanceAsync(1000);
		expect(requests()).toEqual(['stream', 'watch 10']);
	});

	test('other events than ADDED before its end are taken in', async () => {
		const {clock, reflector, names} = createHarness(asked =>
			answerEvents(asked, [added(pod('a', 5)), added(pod('b', 5)), {type: 'DELETED', object: pod('a', 9)}, end(10)], encoding),
		);
		reflector.start();
		await clock.advanceAsync(0);
		expect(names()).toEqual(['shop/b']);
	});
});

describe('what the answer to a streamed list says', () => {
	const invalid = (asked: Asked): void =>
		asked.refuse(422, 'Invalid', {causes: [{reason: 'FieldValueForbidden', message: 'forbidden', field: 'sendInitialEvents'}]});

	test.each<{name: string; answer: (asked: Asked) => void; wait: number}>([
		{name: '422, sendInitialEvents forbidden', answer: invalid, wait: 0},
		{
			name: '200 and an ERROR 500 that names RequestWatchProgress',
			answer: asked => answerEvents(asked, [errorEvent(500, 'InternalError', 'RequestWatchProgress is disabled')]).end(),
			wait: 0,
		},
		{name: '200 that ends in good order without the end bookmark', answer: asked => answerEvents(asked, [added(pod('a', 5))]).end(), wait: 0},
		{name: 'no end bookmark 60 s after the last initial event', answer: asked => void answerEvents(asked, [added(pod('a', 5))]), wait: 60_000},
		{name: 'no end bookmark 60 s after the headers of an empty resource', answer: asked => void answerEvents(asked, []), wait: 60_000},
	])('$name is not supported: LIST at once, and remembered for the server', async ({answer, wait}) => {
		const remembered: unknown[] = [];
		const {clock, reflector, requests, context, names} = createHarness(
			inTurn(
				answer,
				asked => {
					const body = asked.respond(contentType('json'));
					body.push(encodeList('json', {resourceVersion: '20', continueToken: ''}, [pod('b', 7)]));
					body.end();
				},
				never,
			),
			{saveUnsupportedWatchLists: entries => remembered.push(...entries)},
		);
		reflector.start();
		await clock.advanceAsync(wait - 1);
		if (wait > 0) expect(requests()).toEqual(['stream']);
		await clock.advanceAsync(1);
		expect(requests()).toEqual(['stream', 'list limit=500', 'watch 20']);
		expect(names()).toEqual(['shop/b']);
		expect(context.watchLists.unsupported('apps')).toBeDefined();
		expect(remembered).toMatchObject([{group: '', at: expect.any(Number)}]);
	});

	test('a version below 1.32 that arrives beside it means an ordinary watch', async () => {
		const {clock, reflector, requests, context} = createHarness(inTurn(asked => void answerEvents(asked, [added(pod('a', 5))]), never));
		reflector.start();
		await clock.advanceAsync(5);
		context.version.set({gitVersion: 'v1.31.4', major: 1, minor: 31});
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['stream', 'list limit=500']);
	});

	test('a version below 1.32 that is known before is never asked for it', async () => {
		const {clock, reflector, requests, context} = createHarness(never);
		context.version.set({gitVersion: 'v1.28.0', major: 1, minor: 28});
		reflector.start();
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['list limit=500']);
	});

	test('what was remembered holds for 24 hours and until the version is another', async () => {
		const entry = {group: '', gitVersion: 'v1.33.1', how: '422', at: START - 3_600_000};
		const known = createHarness(never, {unsupportedWatchLists: [entry]});
		known.reflector.start();
		await known.clock.advanceAsync(0);
		expect(known.requests()).toEqual(['list limit=500']);
		known.context.version.set({gitVersion: 'v1.34.0', major: 1, minor: 34});
		expect(known.context.watchLists.unsupported('')).toBeUndefined();

		const old = createHarness(never, {unsupportedWatchLists: [{...entry, at: START - 25 * 3_600_000}]});
		old.reflector.start();
		await old.clock.advanceAsync(0);
		expect(old.requests()).toEqual(['stream']);
	});

	test('slow is not "not supported": bytes that keep coming, however slowly, are waited for', async () => {
		let body: FakeBody | undefined;
		const {clock, reflector, requests, names} = createHarness(asked => {
			body = asked.respond(watchContentType('json'));
		});
		reflector.start();
		await clock.advanceAsync(20_000);
		const event = encodeEvent('json', added(pod('a', 5)));
		for (const byte of event) {
			body!.push(Uint8Array.of(byte));
			await clock.advanceAsync(1000);
		}
		expect(event.length).toBeGreaterThan(120);
		expect(requests()).toEqual(['stream']);
		expect(names()).toEqual(['shop/a']);
	});

	test.each<{name: string; trouble: (asked: Asked) => void}>([
		{
			name: 'a connection lost before the end',
			trouble: asked => answerEvents(asked, [added(pod('a', 5))]).fail({kind: 'connection', code: 'ECONNRESET', message: 'reset'}),
		},
		{name: '500', trouble: asked => asked.refuse(500)},
		{name: '429', trouble: asked => asked.refuse(429)},
		{name: 'an ERROR event of 503', trouble: asked => answerEvents(asked, [errorEvent(503, 'ServiceUnavailable')]).end()},
	])('$name is no verdict: the same way again, after two LIST this once, and nothing is remembered', async ({trouble}) => {
		const {clock, reflector, requests, context} = createHarness(inTurn(trouble, trouble, trouble, streamsOne));
		reflector.start();
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['stream']);
		await clock.advanceAsync(15_000);
		expect(requests()).toEqual(['stream', 'stream', 'list limit=500', 'stream']);
		expect(context.watchLists.entries()).toEqual([]);
	});
});

describe('LIST', () => {
	test('pages of 500 from now, then a watch from the list’s version', async () => {
		const server = createModelServer({streamedLists: 'refused'});
		for (let index = 0; index < 1200; index++) server.put(`p${index}`);
		const {requests, snapshot, contents} = await synced(server);
		expect(requests()).toEqual(['stream', 'list limit=500', 'list limit=500 continued', 'list limit=500 continued', `watch ${server.version}`]);
		expect(snapshot().hasSynced).toBe(true);
		expect(contents()).toEqual(server.contents());
	});

	test('in one piece at version 0 where the server streams its encoding', async () => {
		const server = createModelServer({streamedLists: 'refused'});
		server.put('a');
		const harness = createHarness(answerFrom(server));
		harness.context.version.set({gitVersion: 'v1.33.2', major: 1, minor: 33});
		harness.reflector.start();
		await harness.clock.advanceAsync(0);
		expect(harness.requests()).toEqual(['stream', 'list 0', `watch ${server.version}`]);
	});

	test('a continue token that expired: once more in one piece, at once', async () => {
		const server = createModelServer({streamedLists: 'refused'});
		for (let index = 0; index < 700; index++) server.put(`p${index}`);
		server.setIntercept(request => {
			if (request.query.continue !== undefined) server.compact();
			return false;
		});
		const {requests, contents, freshness} = await synced(server);
		expect(requests()).toEqual(['stream', 'list limit=500', 'list limit=500 continued', 'list', `watch ${server.version}`]);
		expect(contents()).toEqual(server.contents());
		expect(freshness()).toEqual({kind: 'live'});
	});

	test('pages of different moments do not make a list', async () => {
		const page = (version: string, token: string, object: ModelObject) => (asked: Asked) => {
			const body = asked.respond(contentType('json'));
			body.push(encodeList('json', {resourceVersion: version, continueToken: token}, [object]));
			body.end();
		};
		const {clock, reflector, requests, snapshot, names} = createHarness(
			inTurn(page('10', 'more', pod('a', 1)), page('11', '', pod('b', 1)), page('12', '', pod('c', 1)), never),
			{unsupportedWatchLists: [{group: '', gitVersion: undefined, how: '', at: START}]},
		);
		reflector.start();
		await clock.advanceAsync(0);
		expect(snapshot().hasSynced).toBe(false);
		expect(names()).toEqual(['shop/a', 'shop/b']);
		await clock.advanceAsync(5000);
		expect(requests()).toEqual(['list limit=500', 'list limit=500 continued', 'list', 'watch 12']);
		expect(names()).toEqual(['shop/c']);
	});

	test('a relist asks for no older than the last version, and from now only when that fails', async () => {
		const server = createModelServer({streamedLists: 'refused'});
		server.put('a');
		const harness = createHarness(answerFrom(server));
		harness.context.version.set({gitVersion: 'v1.33.2', major: 1, minor: 33});
		harness.reflector.start();
		await harness.clock.advanceAsync(0);
		const seen = server.version;
		server.put('b');
		server.compact();
		server.cutAll();
		server.setIntercept((request, sink) => {
			if (request.query.resourceVersionMatch !== 'NotOlderThan' || request.query.limit !== undefined) return false;
			sink.head(410, {'content-type': 'application/json'});
			sink.end();
			return true;
		});
		await harness.clock.advanceAsync(5000);
		expect(harness.requests().slice(2)).toEqual([
			`watch ${seen}`,
			`watch ${seen + 1}`,
			`list ${seen + 1} limit=1`,
			`list ${seen + 1}`,
			'list',
			`watch ${server.version}`,
		]);
		expect(harness.contents()).toEqual(server.contents());
	});
});

describe('watching', () => {
	test('asks for bookmarks and ends between 5 and 10 minutes', async () => {
		for (const random of [0, 0.5, 0.999]) {
			const {asked} = await synced(serverWith('a'), {random: () => random});
			const seconds = Number(asked[0]!.spec.query?.timeoutSeconds);
			expect(seconds).toBeGreaterThanOrEqual(300);
			expect(seconds).toBeLessThanOrEqual(600);
		}
	});

	test('has no end of its own, so that the user’s --request-timeout is not for it; a list has one', async () => {
		const {asked} = await synced(createModelServer({streamedLists: 'refused'}));
		expect(asked.map(({spec}) => [spec.counted.verb, spec.isOpenEnded ?? false])).toEqual([
			['watch', true],
			['list', false],
			['watch', true],
		]);
	});

	test('an ordinary end goes on from the last version, without delay and without a word', async () => {
		const server = serverWith('a');
		const {clock, requests, freshnesses} = await synced(server);
		await clock.advanceAsync(300_000 - 1);
		server.put('b');
		await clock.advanceAsync(0);
		const before = freshnesses().length;
		server.endAll();
		await clock.advanceAsync(0);
		expect(requests().slice(-1)).toEqual([`watch ${server.version}`]);
		expect(freshnesses()).toHaveLength(before);
	});

	test('a bookmark moves the version from which a quiet resource resumes', async () => {
		const server = serverWith('a');
		const {clock, requests} = await synced(server);
		server.put('elsewhere');
		await clock.advanceAsync(0);
		server.compact();
		server.bookmark();
		await clock.advanceAsync(2000);
		server.endAll();
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['stream', `watch ${server.version}`]);
	});

	test('a watch that closes at once and told nothing is an error, and backs off', async () => {
		const {clock, reflector, asked} = createHarness(
			inTurn(
				asked => streamsOne(asked).end(),
				asked => asked.respond(watchContentType('json')).end(),
			),
			{random: () => 0},
		);
		reflector.start();
		await clock.advanceAsync(100_000);
		const watches = asked.slice(1).map(each => each.at);
		expect(watches.slice(0, 6)).toEqual([0, 800, 2400, 5600, 12_000, 24_800]);
		expect(watches[6]).toBe(50_400);
		for (let index = 7; index < watches.length; index++) expect(watches[index]! - watches[index - 1]!).toBe(30_000);
	});

	test.each([0, 0.5, 0.999])('backoff grows to 30–60 s with jitter (%d)', async random => {
		const {clock, reflector, asked, requests} = createHarness(
			inTurn(
				asked => streamsOne(asked).end(),
				asked => asked.fail({kind: 'connection', code: 'ECONNREFUSED', message: 'refused'}),
			),
			{
				random: () => random,
			},
		);
		reflector.start();
		await clock.advanceAsync(600_000);
		const gaps = asked.slice(2).map((each, index) => each.at - asked[index + 1]!.at);
		expect(gaps[0]).toBeCloseTo(800 * (1 + random));
		expect(Math.max(...gaps)).toBeCloseTo(30_000 * (1 + random));
		expect(Math.max(...gaps)).toBeLessThanOrEqual(60_000);
		expect(new Set(requests().slice(1))).toEqual(new Set(['watch 10']));
	});

	test('a server that answers others again is not waited for any longer; one that said when to come back is', async () => {
		const server = serverWith('a');
		const answer = answerFrom(server);
		let state: 'up' | 'down' | 'full' = 'up';
		const {clock, reflector, asked, freshness} = createHarness(each => {
			if (state === 'down') each.fail({kind: 'connection', code: 'ECONNREFUSED', message: 'refused'});
			else if (state === 'full') each.refuse(429, '', {retryAfterMs: 7000});
			else answer(each);
		});
		reflector.start();
		await clock.advanceAsync(0);
		state = 'down';
		server.cutAll();
		await clock.advanceAsync(60_000);
		state = 'full';
		const before = asked.length;
		reflector.reachable();
		await clock.advanceAsync(0);
		expect(asked).toHaveLength(before + 1);
		state = 'up';
		reflector.reachable();
		await clock.advanceAsync(6999);
		expect(asked).toHaveLength(before + 1);
		await clock.advanceAsync(1001);
		expect(freshness()).toEqual({kind: 'live'});
	});

	test('two healthy minutes forget the backoff', async () => {
		const server = serverWith('a');
		let isDown = false;
		const answer = answerFrom(server);
		const {clock, reflector, asked} = createHarness(
			each => (isDown ? each.fail({kind: 'connection', code: 'ECONNREFUSED', message: 'refused'}) : answer(each)),
			{random: () => 0},
		);
		reflector.start();
		await clock.advanceAsync(0);
		isDown = true;
		server.cutAll();
		await clock.advanceAsync(50_000);
		isDown = false;
		await clock.advanceAsync(40_000);
		await clock.advanceAsync(121_000);
		isDown = true;
		server.put('b');
		server.cutAll();
		await clock.advanceAsync(0);
		const first = asked.length;
		await clock.advanceAsync(800);
		expect(asked.length).toBe(first + 1);
	});

	test('no byte for 120 s: the connection is dead, the watch goes on at the last version on a new one, without a word', async () => {
		const server = serverWith('a');
		const {clock, requests, freshnesses, transport} = await synced(server);
		await clock.advanceAsync(60_000);
		server.bookmark();
		await clock.advanceAsync(119_999);
		expect(requests()).toEqual(['stream']);
		const before = freshnesses().length;
		await clock.advanceAsync(1);
		expect(requests().slice(1)).toEqual([`watch ${server.version}`, `list ${server.version} limit=1`]);
		expect(freshnesses()).toHaveLength(before);
		expect(transport.open).toBe(1);
	});

	test('a lost connection that is back within 5 s is not mentioned; after that what is shown is stale, since when and until when', async () => {
		const server = serverWith('a');
		let isDown = false;
		const answer = answerFrom(server);
		const {clock, reflector, freshness, freshnesses} = createHarness(
			each => (isDown ? each.fail({kind: 'connection', code: 'ECONNREFUSED', message: 'connection refused'}) : answer(each)),
			{random: () => 0},
		);
		reflector.start();
		await clock.advanceAsync(2000);
		const before = freshnesses().length;
		isDown = true;
		server.cutAll();
		await clock.advanceAsync(4_999);
		expect(freshnesses()).toHaveLength(before);
		await clock.advanceAsync(1);
		expect(freshness()).toMatchObject({kind: 'stale', since: START + 2000, why: 'connection refused', nextTryAt: expect.any(Number)});
		isDown = false;
		await clock.advanceAsync(60_000);
		expect(freshness()).toEqual({kind: 'live'});
	});

	test.each([
		{name: '429 with Retry-After waits exactly that long and at most a second more', status: 429, retryAfterMs: 7000, from: 7000, to: 8000},
		{name: '503 with Retry-After the same (a server that is shutting down)', status: 503, retryAfterMs: 3000, from: 3000, to: 4000},
		{name: '429 without Retry-After backs off', status: 429, retryAfterMs: undefined, from: 800, to: 1600},
	])('$name, and keeps its version', async ({status, retryAfterMs, from, to}) => {
		for (const random of [0, 0.999]) {
			const {clock, reflector, asked, requests} = createHarness(
				inTurn(
					asked => streamsOne(asked).end(),
					asked => asked.refuse(status, '', {retryAfterMs, message: 'Too many requests, please try again later.'}),
					never,
				),
				{random: () => random},
			);
			reflector.start();
			await clock.advanceAsync(from - 1);
			expect(requests()).toEqual(['stream', 'watch 10']);
			await clock.advanceAsync(to - from + 1);
			expect(requests()).toEqual(['stream', 'watch 10', 'watch 10']);
			expect(asked[2]!.at).toBeGreaterThanOrEqual(from);
		}
	});

	test.each(ENCODINGS)('429 as an ERROR event keeps its version and waits as told (%s)', async encoding => {
		const {clock, reflector, requests} = createHarness(
			inTurn(
				asked => streamsOne(asked).end(),
				asked => answerEvents(asked, [errorEvent(429, 'TooManyRequests', 'slow down', 5)], encoding).end(),
				never,
			),
		);
		reflector.start();
		await clock.advanceAsync(4_999);
		expect(requests()).toEqual(['stream', 'watch 10']);
		await clock.advanceAsync(1_001);
		expect(requests()).toEqual(['stream', 'watch 10', 'watch 10']);
	});

	test('server errors keep the version for 60 s, then it lists again', async () => {
		const {clock, reflector, requests} = createHarness(
			inTurn(
				asked => streamsOne(asked).end(),
				asked => (asked.spec.query?.sendInitialEvents === 'true' ? streamsOne(asked) : asked.refuse(500, 'InternalError')),
			),
			{random: () => 0},
		);
		reflector.start();
		await clock.advanceAsync(59_000);
		expect(new Set(requests().slice(1))).toEqual(new Set(['watch 10']));
		await clock.advanceAsync(62_000);
		expect(requests().slice(-1)).toEqual(['stream']);
	});

	test('the server’s Date is noted with every answer', async () => {
		const {clock, reflector, stream} = createHarness(asked => void asked.respond(watchContentType('json'), {serverDate: START + 3_600_000}));
		reflector.start();
		await clock.advanceAsync(0);
		expect(Math.abs(stream.now() - (START + 3_600_000))).toBeLessThan(1000);
	});
});

describe.each(ENCODINGS)('too old (%s)', encoding => {
	const gone: Array<{name: string; answer: (asked: Asked) => void}> = [
		{name: '410 as an ERROR event', answer: asked => answerEvents(asked, [errorEvent(410, 'Expired')], encoding).end()},
		{name: '410 as the status', answer: asked => asked.refuse(410, 'Expired')},
		{name: 'reason Gone', answer: asked => answerEvents(asked, [errorEvent(410, 'Gone')], encoding).end()},
	];

	test.each(gone)('$name: a relist that shows the old contents, marked, until it is whole', async ({answer}) => {
		let relist: FakeBody | undefined;
		const {clock, reflector, names, freshness, requests, snapshot} = createHarness(
			inTurn(
				asked => answerEvents(asked, [added(pod('a', 5)), added(pod('b', 5, 'old')), end(10)], encoding).end(),
				answer,
				asked => {
					relist = answerEvents(asked, [added(pod('b', 15, 'new')), added(pod('c', 16))], encoding);
				},
			),
		);
		reflector.start();
		await clock.advanceAsync(2000);
		expect(requests()).toEqual(['stream', 'watch 10', 'stream']);
		expect(names()).toEqual(['shop/a', 'shop/b']);
		expect(freshness()).toMatchObject({kind: 'resyncing', since: START});
		const before = snapshot();
		relist!.push(encodeEvent(encoding, end(20)));
		await clock.advanceAsync(0);
		expect(names()).toEqual(['shop/b', 'shop/c']);
		expect(snapshot().sequence).toBe(before.sequence + 1);
		expect(snapshot().changedSince(before.sequence)).toMatchObject({kind: 'changes', deleted: [{metadata: {name: 'a'}}, {metadata: {uid: 'old'}}]});
		expect(freshness()).toEqual({kind: 'live'});
	});

	test('a relist that breaks half-way leaves the old contents, marked', async () => {
		const {clock, reflector, names, freshness} = createHarness(
			inTurn(
				asked => answerEvents(asked, [added(pod('a', 5)), end(10)], encoding).end(),
				asked => asked.refuse(410, 'Expired'),
				asked => answerEvents(asked, [added(pod('x', 15))], encoding).fail({kind: 'connection', code: 'ECONNRESET', message: 'reset'}),
				never,
			),
		);
		reflector.start();
		await clock.advanceAsync(10_000);
		expect(names()).toEqual(['shop/a']);
		expect(['resyncing', 'stale']).toContain(freshness()?.kind);
	});
});

describe('storms and limits', () => {
	test('every watch answered 410: lists come ever more slowly, up to one in 30–60 s, and the status shows it', async () => {
		const {clock, reflector, asked, requests, freshness} = createHarness(asked =>
			asked.spec.query?.sendInitialEvents === 'true' ? streamsOne(asked).end() : answerEvents(asked, [errorEvent(410, 'Expired')]).end(),
		);
		reflector.start();
		await clock.advanceAsync(600_000);
		const lists = asked.filter((_, index) => requests()[index] === 'stream').map(each => each.at);
		expect(lists.length).toBeLessThanOrEqual(22);
		const gaps = lists.slice(1).map((at, index) => at - lists[index]!);
		for (const gap of gaps.slice(7)) expect(gap).toBeGreaterThanOrEqual(30_000);
		expect(freshness()?.kind).toBe('stale');
	});

	test('at most two relists at once, the most urgent first', async () => {
		const server = serverWith('a');
		const {context, clock} = createHarness(never);
		const held: string[] = [];
		const enter = (name: string, urgency: number) =>
			context.relists.enter(() => urgency, new AbortController().signal).then(leave => ({name: held.push(name), leave}));
		const inside = [await enter('first', 0), await enter('second', 0)];
		void enter('low', 1);
		void enter('high', 9);
		await clock.advanceAsync(0);
		expect(held).toEqual(['first', 'second']);
		inside[0]!.leave?.();
		await clock.advanceAsync(0);
		expect(held).toEqual(['first', 'second', 'high']);
		expect(context.relists.inside).toBe(2);
		expect(server.version).toBeGreaterThan(0);
	});

	test('whoever gives up waiting at the gate takes no place', async () => {
		const {context, clock} = createHarness(never);
		const leave = [await context.relists.enter(() => 0, new AbortController().signal), await context.relists.enter(() => 0, new AbortController().signal)];
		const impatient = new AbortController();
		const waiting = context.relists.enter(() => 0, impatient.signal);
		impatient.abort();
		expect(await waiting).toBeUndefined();
		leave[0]?.();
		leave[0]?.();
		await clock.advanceAsync(0);
		expect(context.relists.inside).toBe(1);
	});
});

describe('bytes that are not what they should be', () => {
	test('in JSON: counted, a fault, one relist', async () => {
		const server = serverWith('a', 'b');
		const {clock, requests, context, contents, faults} = await synced(server, {encoding: 'json'});
		server.delete('b');
		server.send(() => new TextEncoder().encode('{ this is not json\n'));
		await clock.advanceAsync(3000);
		expect(requests()).toEqual(['stream', 'stream']);
		expect(context.counters.read().get('pods')).toMatchObject({malformed: 1, lists: 2, relists: 1});
		expect(faults()).toMatchObject([{source: 'pods', code: 'malformed'}]);
		expect(contents()).toEqual(server.contents());
	});

	test('in protobuf: one relist in JSON, which is then kept for that resource', async () => {
		const server = serverWith('a', 'b');
		const {clock, asked, context, contents} = await synced(server);
		expect(asked[0]!.spec.accept).toContain('protobuf');
		server.send(() => Uint8Array.of(0, 0, 0, 3, 0xff, 0xff, 0xff));
		await clock.advanceAsync(3000);
		server.put('c');
		await clock.advanceAsync(2000);
		server.endAll();
		await clock.advanceAsync(0);
		expect(asked.slice(1).map(each => each.spec.accept)).toEqual(['application/json', 'application/json']);
		expect([...context.encodings.entries().keys()]).toEqual(['pods']);
		expect(contents()).toEqual(server.contents());
	});

	test.each(ENCODINGS)('a partial event at an end in good order: one relist in the same encoding (%s)', async encoding => {
		const server = createModelServer({encoding});
		server.put('a');
		const {clock, contents, context, asked} = await synced(server);
		server.send(format => encodeEvent(format, added(pod('b', 999))).subarray(0, 20));
		await clock.advanceAsync(0);
		server.endAll();
		await clock.advanceAsync(3000);
		expect(contents()).toEqual(server.contents());
		expect(context.counters.read().get('pods')).toMatchObject({malformed: 1, lists: 2});
		expect(asked.at(-1)!.spec.accept).toBe(asked[0]!.spec.accept);
	});

	test.each(ENCODINGS)('the connection killed after any byte of a stream: nothing lost, nothing doubled, no list again (%s)', async encoding => {
		const server = createModelServer({encoding});
		server.put('a');
		const event = encodeEvent(encoding, added(pod('b', 102)));
		for (let cut = 0; cut < event.length; cut += 7) {
			const {clock, reflector, requests, names, freshnesses} = createHarness(
				inTurn(
					asked => {
						const body = answerEvents(asked, [added(pod('a', 5)), end(10)], encoding);
						body.push(event.subarray(0, cut));
						setImmediate(() => body.fail({kind: 'connection', code: 'ECONNRESET', message: 'reset'}));
					},
					asked => answerEvents(asked, [added(pod('b', 102))], encoding),
					asked => {
						const body = asked.respond(contentType(encoding));
						body.push(encodeList(encoding, {resourceVersion: '102', continueToken: ''}, []));
						body.end();
					},
				),
				{random: () => 0},
			);
			reflector.start();
			await clock.advanceAsync(1000);
			expect(requests()).toEqual(['stream', 'watch 10', 'list 10 limit=1']);
			expect(names()).toEqual(['shop/a', 'shop/b']);
			expect([...new Set(freshnesses().map(each => each.kind))]).toEqual(['connecting', 'syncing', 'live']);
		}
	});

	test('an answer in HTML, or in plain text, is a server in trouble and is shown as text', async () => {
		const {clock, reflector, freshness, context} = createHarness(asked => {
			const body = asked.respond('text/html');
			body.push(new TextEncoder().encode('<html>Bad gateway'));
			body.end();
		});
		reflector.start();
		await clock.advanceAsync(0);
		expect(freshness()).toMatchObject({kind: 'stale', why: expect.stringContaining('text/html')});
		expect(context.encodings.entries().size).toBe(0);
	});

	test('a kind of object that was not asked for is refused', async () => {
		const {clock, reflector, names, context} = createHarness(
			inTurn(asked => {
				const body = asked.respond('application/json');
				body.push(new TextEncoder().encode('{"type":"ADDED","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"name":"a"}}}\n'));
			}, never),
		);
		reflector.start();
		await clock.advanceAsync(0);
		expect(names()).toEqual([]);
		expect(context.counters.read().get('pods')?.malformed).toBe(1);
	});
});

describe('history that went back', () => {
	test('a silent watch from a version that does not exist yet is found out by a probe: everything is replaced', async () => {
		const server = serverWith('a', 'b', 'c');
		const {clock, requests, contents, faults} = await synced(server);
		const seen = server.version;
		server.restore(2);
		await clock.advanceAsync(5000);
		expect(requests()).toEqual(['stream', `watch ${seen}`, `list ${seen} limit=1`, 'stream']);
		expect(contents()).toEqual(server.contents());
		expect(faults()).toMatchObject([{code: 'history-reset'}]);
		server.put('d');
		await clock.advanceAsync(0);
		expect(contents()).toEqual(server.contents());
	});

	test('a probe that finds nothing wrong leaves the watch alone', async () => {
		const server = serverWith('a');
		const {clock, requests, freshness} = await synced(server);
		server.cutAll();
		await clock.advanceAsync(60_000);
		expect(requests()).toHaveLength(3);
		expect(freshness()).toEqual({kind: 'live'});
	});
});

describe('rights', () => {
	test('403 to the streamed list means that watch is missing: LIST once, and every 30 s; the watch is tried again after 10 min', async () => {
		const server = serverWith('a');
		server.setIntercept((request, sink) => {
			if (request.query.watch !== '1') return false;
			sink.head(403, {'content-type': 'application/json'});
			sink.end();
			return true;
		});
		const {clock, requests, contents, freshness, faults} = await synced(server);
		expect(requests()).toEqual(['stream', 'list limit=500']);
		expect(faults()).toMatchObject([{code: 'watch-forbidden'}]);
		server.put('b');
		await clock.advanceAsync(30_000);
		expect(requests()).toEqual(['stream', 'list limit=500', 'list limit=500']);
		expect(contents()).toEqual(server.contents());
		expect(freshness()).toEqual({kind: 'live'});
		server.setIntercept(undefined);
		await clock.advanceAsync(600_000);
		expect(requests().at(-1)).toMatch(/^watch/);
		expect(faults()).toHaveLength(1);
	});

	test('both denied: forbidden at once, says which verb, is asked twice more within seconds and then after 10 min', async () => {
		const answers: string[] = [];
		const {clock, reflector, requests, freshness, freshnesses} = createHarness(asked => asked.refuse(403, 'Forbidden'), {
			onAnswer: answer => answers.push(answer),
		});
		const forbidden = {kind: 'forbidden', verb: 'list', resource: 'pods', namespace: undefined};
		reflector.start();
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['stream', 'list limit=500']);
		expect(freshness()).toEqual({...forbidden, nextTryAt: START + 1500});
		expect(answers).toEqual(['forbidden']);
		await clock.advanceAsync(3000);
		expect(requests()).toHaveLength(6);
		expect(freshness()).toEqual({...forbidden, nextTryAt: START + 603_000});
		await clock.advanceAsync(599_999);
		expect(requests()).toHaveLength(6);
		await clock.advanceAsync(1);
		expect(requests()).toHaveLength(8);
		expect(freshness()).toEqual({...forbidden, nextTryAt: START + 1_203_000});
		expect(new Set(freshnesses().map(({kind}) => kind))).toEqual(new Set(['connecting', 'forbidden']));
	});

	test.each([
		{name: 'that knows its roles a second later', wasDown: false, refusesForMs: 1200, withinMs: 2000},
		{name: 'that was down before, and knows them nine seconds later', wasDown: true, refusesForMs: 9000, withinMs: 12_000},
	])('a first 403 from a server $name: synced soon after', async ({wasDown, refusesForMs, withinMs}) => {
		const server = serverWith('a');
		const answer = answerFrom(server);
		const answers: string[] = [];
		const {clock, reflector, freshness, names} = createHarness(
			asked => {
				if (clock.monotonic() === 0 && wasDown) asked.fail({kind: 'connection', code: 'ECONNREFUSED', message: 'refused'});
				else if (clock.monotonic() < refusesForMs) asked.refuse(403, 'Forbidden');
				else answer(asked);
			},
			{onAnswer: each => answers.push(each)},
		);
		reflector.start();
		await clock.advanceAsync(refusesForMs - 1);
		expect(freshness()?.kind).toBe('forbidden');
		await clock.advanceAsync(withinMs - refusesForMs + 1);
		expect(freshness()).toEqual({kind: 'live'});
		expect(names()).toEqual(['shop/a']);
		expect(answers.at(-1)).toBe('synced');
	});

	test('revoked while watching: it shows on the next watch, and the old contents stay, marked', async () => {
		const server = serverWith('a');
		const {clock, freshness, names, requests} = await synced(server);
		server.setIntercept((_, sink) => {
			sink.head(403, {'content-type': 'application/json'});
			sink.end();
			return true;
		});
		await clock.advanceAsync(10_000);
		expect(freshness()).toEqual({kind: 'live'});
		server.endAll();
		await clock.advanceAsync(3000);
		expect(freshness()?.kind).toBe('forbidden');
		expect(names()).toEqual(['shop/a']);
		server.setIntercept(undefined);
		await clock.advanceAsync(602_000);
		expect(freshness()).toEqual({kind: 'live'});
		expect(requests().length).toBeLessThanOrEqual(6);
	});

	test.each([
		{name: 'a 403 from a server that has just come back is not believed: nothing is lost, nothing listed', refusesForMs: 4000, kind: 'live'},
		{name: 'a 403 that stays for 10 s is', refusesForMs: 60_000, kind: 'forbidden'},
	])('$name', async ({refusesForMs, kind}) => {
		const server = serverWith('a');
		const answer = answerFrom(server);
		let state: 'up' | 'down' | 'starting' = 'up';
		const {clock, reflector, freshness, freshnesses, names, requests} = createHarness(
			asked => {
				if (state === 'down') asked.fail({kind: 'connection', code: 'ECONNREFUSED', message: 'refused'});
				else if (state === 'starting') asked.refuse(403, 'Forbidden');
				else answer(asked);
			},
			{random: () => 0},
		);
		reflector.start();
		await clock.advanceAsync(2000);
		state = 'down';
		server.cutAll();
		await clock.advanceAsync(2500);
		state = 'starting';
		await clock.advanceAsync(refusesForMs);
		expect(freshness()?.kind === 'forbidden').toBe(kind === 'forbidden');
		expect(requests().filter(each => each.startsWith('list'))).toHaveLength(kind === 'forbidden' ? 1 : 0);
		state = 'up';
		await clock.advanceAsync(2000);
		expect(freshness()?.kind).toBe(kind);
		expect(names()).toEqual(['shop/a']);
		expect(freshnesses().some(each => each.kind === 'resyncing')).toBe(false);
	});

	test('no credential: waits a minute and longer, or for the user', async () => {
		const {clock, reflector, requests, freshness} = createHarness(asked => asked.fail({kind: 'credential', message: 'the token expired'}));
		reflector.start();
		await clock.advanceAsync(59_999);
		expect(requests()).toHaveLength(1);
		expect(freshness()).toMatchObject({kind: 'stale', why: 'not logged in: the token expired', nextTryAt: START + 60_000});
		await clock.advanceAsync(1);
		expect(requests()).toHaveLength(2);
		await clock.advanceAsync(119_999);
		expect(requests()).toHaveLength(2);
		reflector.retryNow();
		await clock.advanceAsync(0);
		expect(requests()).toHaveLength(3);
	});
});

describe('a resource that is not served', () => {
	test('404 drops the objects and ends in no retry loop; the user may ask again', async () => {
		const server = serverWith('a');
		const answers: string[] = [];
		const {clock, reflector, freshness, names, requests} = await synced(server, {onAnswer: answer => answers.push(answer)});
		server.setIntercept((_, sink) => {
			sink.head(404, {'content-type': 'text/plain'});
			sink.end();
			return true;
		});
		server.endAll();
		await clock.advanceAsync(3_600_000);
		expect(freshness()).toEqual({kind: 'absent'});
		expect(names()).toEqual([]);
		expect(requests()).toHaveLength(2);
		expect(answers).toEqual(['synced', 'absent']);
		server.setIntercept(undefined);
		reflector.retryNow();
		await clock.advanceAsync(0);
		expect(names()).toEqual(['shop/a']);
	});
});

describe('starting and stopping', () => {
	test('starting twice is one loop; stopping aborts the request, clears timers and says so', async () => {
		const server = serverWith('a');
		const {clock, reflector, requests, transport, freshness, said} = await synced(server);
		reflector.start();
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['stream']);
		await reflector.stop();
		const before = said.length;
		server.put('b');
		await clock.advanceAsync(600_000);
		expect(said).toHaveLength(before);
		expect(transport.open).toBe(0);
		expect(server.watching).toBe(0);
		expect(clock.pending).toBe(0);
		expect(freshness()).toMatchObject({kind: 'stale', why: 'no longer followed'});
	});

	test('started again it goes on where it stopped', async () => {
		const server = serverWith('a');
		const {clock, reflector, requests, contents} = await synced(server);
		const seen = server.version;
		await reflector.stop();
		server.put('b');
		reflector.start();
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['stream', `watch ${seen}`]);
		expect(contents()).toEqual(server.contents());
	});

	test('stopped in the middle of a list, nothing is written any more', async () => {
		let body: FakeBody | undefined;
		const {clock, reflector, names, said} = createHarness(asked => {
			body = answerEvents(asked, [added(pod('a', 1))]);
		});
		reflector.start();
		await clock.advanceAsync(0);
		const stopping = reflector.stop();
		body!.push(encodeEvent('json', added(pod('b', 2))));
		await stopping;
		const before = said.length;
		await clock.advanceAsync(1000);
		expect(names()).toEqual(['shop/a']);
		expect(said).toHaveLength(before);
	});

	test('told to reconnect (the machine slept), it watches anew from the last version and asks whether history went back', async () => {
		const server = serverWith('a');
		const {clock, reflector, requests} = await synced(server);
		reflector.reconnect();
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['stream', `watch ${server.version}`, `list ${server.version} limit=1`]);
	});

	test('asked again quietly, it says nothing until the server has said yes', async () => {
		const {clock, reflector, said} = createHarness(asked => asked.fail({kind: 'credential', message: 'x'}), {isQuiet: true});
		reflector.start();
		await clock.advanceAsync(0);
		expect(said.filter(each => each.kind === 'object')).toEqual([]);
	});
});
