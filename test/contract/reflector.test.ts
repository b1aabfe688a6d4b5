import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {describe, expect, onTestFinished, test} from 'vitest';
import {pods} from '../../src/kube/resources/pods.ts';
import {createStream} from '../../src/observe/create-stream.ts';
import type {Freshness} from '../../src/observe/observation.ts';
import {createReflector} from '../../src/reflector/create-reflector.ts';
import {createReflectorContext} from '../../src/reflector/reflector-context.ts';
import type {Clock} from '../../src/util/clock.ts';
import type {Encoding} from '../../src/wire/wire-event.ts';
import {decodeStatus, Wire} from '../../src/wire/wire.ts';
import {createFakeApiServer} from './fake-api-server.ts';
import {createModelServer, type ModelServer} from './model-server.ts';
import {accessTo, open, realClock, until} from './transport-rig.ts';
import {encodeEvent, heavyEvent} from './wire-writer.ts';

const ENCODINGS: readonly Encoding[] = ['json', 'protobuf'];

/** The real clock, whose timers can be told that time has passed. */
function hurriedClock(): Clock & {skip(milliseconds: number): void} {
	let skipped = 0;
	const timers = new Set<{due: number; call: () => void; cancel: () => void}>();
	const monotonic = (): number => realClock.monotonic() + skipped;
	return {
		now: realClock.now,
		monotonic,
		after(milliseconds, call) {
			const timer = {
				due: monotonic() + milliseconds,
				call: () => {
					timers.delete(timer);
					timer.cancel();
					call();
				},
				cancel: () => {},
			};
			timer.cancel = realClock.after(milliseconds, timer.call);
			timers.add(timer);
			return () => {
				timer.cancel();
				timers.delete(timer);
			};
		},
		skip(milliseconds) {
			skipped += milliseconds;
			for (const timer of [...timers].sort((a, b) => a.due - b.due)) if (timer.due <= monotonic()) timer.call();
		},
	};
}

/** A reflector on real sockets. */
async function reflectorAt(model: ModelServer, {encoding, clock = realClock}: {encoding?: Encoding; clock?: Clock} = {}) {
	const server = await createFakeApiServer(model);
	const {transport} = open(accessTo(server.url), {
		clock,
		decodeStatus: body => {
			const status = decodeStatus('application/vnd.kubernetes.protobuf', body);
			return status && {reason: status.reason, message: status.message, retryAfterSeconds: status.details.retryAfterSeconds, causes: status.details.causes};
		},
	});
	const stream = createStream({clock, resourceOf: id => (id === 'pods' ? pods : undefined)});
	const context = createReflectorContext({
		transport,
		decoders: new Wire(),
		observe: stream.observe,
		clock,
		random: () => 0,
		noteServerDate: stream.noteServerDate,
		encoding: encoding === 'json' ? 'json' : undefined,
	});
	const freshnesses: Freshness[] = [];
	stream.subscribe(each => each.kind === 'freshness' && freshnesses.push(each.freshness));
	const reflector = createReflector(context, {resource: pods, namespace: undefined});
	onTestFinished(async () => {
		await reflector.stop();
	});
	const snapshot = () => stream.frame(stream.now()).snapshot(pods);
	const contents = (): ReadonlyMap<string, string> =>
		new Map([...snapshot().objects].map(([key, {metadata}]) => [key, `${metadata.uid}@${metadata.resourceVersion}`]));
	const isEqual = (): boolean => {
		const [held, wanted] = [contents(), model.contents()];
		return held.size === wanted.size && [...wanted].every(([key, value]) => held.get(key) === value);
	};
	return {
		server,
		transport,
		stream,
		context,
		reflector,
		snapshot,
		contents,
		isEqual,
		freshnesses,
		lists: () => context.counters.read().get('pods')?.lists ?? 0,
	};
}

/** Bytes in use once what nobody holds is gone. */
function heapAfterCollection(): number {
	setFlagsFromString('--expose-gc');
	(runInNewContext('gc') as () => void)();
	return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

function serverWith(count: number, options: Parameters<typeof createModelServer>[0] = {}): ModelServer {
	const model = createModelServer(options);
	for (let index = 0; index < count; index++) model.put(`p${index}`, 'shop', 'knoten-☃-ü');
	return model;
}

describe.each(ENCODINGS)('over a real socket, in %s', encoding => {
	test('objects are there while they come, whole at the end, and follow changes', async () => {
		const model = serverWith(2000);
		const {reflector, isEqual, snapshot, server} = await reflectorAt(model, {encoding});
		reflector.start();
		await until(() => snapshot().hasSynced);
		expect(isEqual()).toBe(true);
		model.put('p7');
		model.delete('p8');
		model.put('new');
		await until(isEqual);
		expect(model.requests).toHaveLength(1);
		await reflector.stop();
		await until(() => server.open() === 0);
	});

	test('bytes that come one by one, within characters too, give the same objects', async () => {
		const model = serverWith(3);
		const {reflector, server, isEqual, snapshot} = await reflectorAt(model, {encoding});
		server.setLine(() => ({pieces: 1}));
		reflector.start();
		await until(() => snapshot().hasSynced);
		model.put('p1', 'shop', 'ключ-鍵');
		await until(isEqual);
		expect(snapshot().objects.get('shop/p0')?.spec.nodeName).toBe('knoten-☃-ü');
		expect(snapshot().objects.get('shop/p1')?.spec.nodeName).toBe('ключ-鍵');
	});

	test('a connection that is reset after any number of bytes loses nothing and doubles nothing', async () => {
		const model = serverWith(3);
		const {reflector, server, isEqual, snapshot, lists, freshnesses} = await reflectorAt(model, {encoding});
		reflector.start();
		await until(() => snapshot().hasSynced);
		const length = encodeEvent(encoding, {
			type: 'ADDED',
			object: {name: 'x1', namespace: 'shop', uid: 'uid-99', resourceVersion: '199', nodeName: 'n1'},
		}).length;
		// From here on every watch is cut somewhere within its second event.
		let cuts = 0;
		server.setLine(({query}) => (query.watch === '1' ? {cutAfter: length + ((cuts++ * 37) % length)} : undefined));
		model.cutAll();
		for (let round = 0; round < 12; round++) {
			await until(() => model.watching > 0);
			model.put(`x${round}`);
			model.put(`y${round}`);
			await until(isEqual);
		}
		expect(cuts).toBeGreaterThanOrEqual(10);
		expect(lists()).toBe(1);
		expect(freshnesses.filter(({kind}) => kind === 'stale')).toEqual([]);
	});

	test('a frame that does not end within 16 MiB is a broken stream: one relist', async () => {
		const model = serverWith(3);
		const {reflector, isEqual, snapshot, context, lists} = await reflectorAt(model, {encoding});
		reflector.start();
		await until(() => snapshot().hasSynced);
		const start = encoding === 'json' ? new TextEncoder().encode('{"type":"ADDED","object":{"kind":"') : Uint8Array.of(0x04, 0, 0, 0);
		model.send(() => start);
		if (encoding === 'json') for (let mebibyte = 0; mebibyte < 18; mebibyte++) model.send(() => new Uint8Array(1024 * 1024).fill(0x61));
		await until(() => lists() === 2);
		expect(context.counters.read().get('pods')?.malformed).toBe(1);
		expect(isEqual()).toBe(true);
	});

	test('objects of 1.5 MiB are taken in and kept without what nobody reads', async () => {
		const model = serverWith(3);
		const {reflector, snapshot} = await reflectorAt(model, {encoding});
		reflector.start();
		await until(() => snapshot().hasSynced);
		const ballast = 'x'.repeat(1_500_000);
		const before = heapAfterCollection();
		for (let index = 0; index < 60; index++) {
			// Field 17 of ObjectMeta is managedFields: skipped by its length, or left out of the trim.
			model.send(format =>
				heavyEvent(format, {name: `heavy-${index}`, namespace: 'shop', uid: `heavy-${index}`, resourceVersion: `${1000 + index}`, nodeName: 'n1'}, ballast),
			);
			if (index % 10 === 9) await until(() => snapshot().objects.has(`shop/heavy-${index}`));
		}
		expect(snapshot().objects.size).toBe(63);
		expect(heapAfterCollection() - before).toBeLessThan(15_000_000);
	});

	test('410 as an event: the old contents until the new ones are whole', async () => {
		const model = serverWith(50);
		const {reflector, isEqual, snapshot, lists} = await reflectorAt(model, {encoding});
		reflector.start();
		await until(() => snapshot().hasSynced);
		const sizes = new Set<number>();
		model.delete('p1');
		await until(isEqual);
		model.put('late');
		model.compact();
		model.cutAll();
		await until(() => {
			sizes.add(snapshot().objects.size);
			return lists() === 2;
		});
		await until(isEqual);
		expect([...sizes].filter(size => size < 49)).toEqual([]);
	});

	test('a server that does not stream lists is listed, in pages, and that is remembered', async () => {
		const model = serverWith(1100, {streamedLists: 'refused'});
		const {reflector, isEqual, snapshot, context} = await reflectorAt(model, {encoding});
		reflector.start();
		// The watch that goes on from the list is a request of its own, a moment later.
		await until(() => snapshot().hasSynced && model.requests.length >= 5);
		expect(isEqual()).toBe(true);
		expect(model.requests.map(({query}) => query.limit ?? (query.sendInitialEvents === 'true' ? 'stream' : 'watch'))).toEqual([
			'stream',
			'500',
			'500',
			'500',
			'watch',
		]);
		expect(context.watchLists.unsupported('')).toContain('422');
	});

	test('an answer of a proxy in HTML is shown as text, and the API is back by itself', async () => {
		const model = serverWith(3);
		let left = 1;
		model.setIntercept((_, sink) => {
			if (left-- <= 0) return false;
			sink.head(502, {'content-type': 'text/html'});
			sink.write(new TextEncoder().encode('<html><body><h1>502 Bad Gateway</h1></body></html>'));
			sink.end();
			return true;
		});
		const {reflector, isEqual, freshnesses} = await reflectorAt(model, {encoding});
		reflector.start();
		await until(isEqual);
		expect(freshnesses.find(({kind}) => kind === 'stale')).toMatchObject({why: expect.stringContaining('502')});
	});
});

describe('connections', () => {
	test('the API server restarts: back within seconds, from the last version, without a list', async () => {
		const model = serverWith(20);
		const {reflector, server, isEqual, snapshot, lists} = await reflectorAt(model);
		reflector.start();
		await until(() => snapshot().hasSynced);
		await server.stop();
		model.put('meanwhile');
		const started = performance.now();
		await server.restart();
		await until(isEqual);
		expect(performance.now() - started).toBeLessThan(10_000);
		expect(lists()).toBe(1);
	});

	test('an API server that has just started and refuses everybody: shown as forbidden, and synced within seconds', async () => {
		const model = serverWith(20);
		const readyAt = performance.now() + 700;
		model.setIntercept((_, sink) => {
			if (performance.now() >= readyAt) return false;
			sink.head(403, {'content-type': 'application/json'});
			sink.write(new TextEncoder().encode(JSON.stringify({kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403, message: 'pods is forbidden'})));
			sink.end();
			return true;
		});
		const {reflector, isEqual, freshnesses, lists} = await reflectorAt(model);
		const started = performance.now();
		reflector.start();
		await until(isEqual);
		expect(performance.now() - started).toBeLessThan(5000);
		expect(freshnesses.map(({kind}) => kind)).toContain('forbidden');
		expect(freshnesses.at(-1)).toEqual({kind: 'live'});
		expect(lists()).toBe(1);
	});

	test('half-open: after 120 s without a byte it watches anew, and nothing is lost', async () => {
		const model = serverWith(5);
		const clock = hurriedClock();
		const {reflector, server, isEqual, snapshot, lists} = await reflectorAt(model, {clock});
		reflector.start();
		await until(() => snapshot().hasSynced);
		server.freeze();
		model.put('unheard');
		expect(isEqual()).toBe(false);
		clock.skip(121_000);
		await until(isEqual);
		expect(lists()).toBe(1);
		expect(model.requests.filter(({query}) => query.watch === '1')).toHaveLength(2);
	});

	test('history that went back behind a silent watch is found out, and everything is replaced', async () => {
		const model = serverWith(20);
		const {reflector, isEqual, snapshot, lists} = await reflectorAt(model);
		reflector.start();
		await until(() => snapshot().hasSynced);
		model.restore(5);
		await until(isEqual);
		expect(lists()).toBe(2);
	});

	test('stopped in the middle of a first sync, no connection is left busy and nothing more is written', async () => {
		const model = serverWith(3000);
		const {reflector, server, snapshot, stream} = await reflectorAt(model);
		server.setLine(() => ({pieces: 2000}));
		reflector.start();
		await until(() => snapshot().objects.size > 0);
		await reflector.stop();
		const {observations} = stream.counters();
		await until(() => server.open() === 0 && model.watching === 0);
		expect(stream.counters().observations).toBe(observations);
		expect(snapshot().hasSynced).toBe(false);
	});
});
