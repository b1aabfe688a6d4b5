import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Stored} from '../../src/kube/schema.ts';
import {derivePerObject} from '../../src/store/derive-per-object.ts';
import type {Encoding} from '../../src/wire/wire-event.ts';
import {createModelServer, type StreamedLists} from '../contract/model-server.ts';
import {encodeEvent} from '../contract/wire-writer.ts';
import {answerFrom, type FakeBody} from './fake-transport.ts';
import {createHarness} from './harness.ts';

/** What may happen, to the server or to the line. */
type Happening =
	| {readonly kind: 'put' | 'delete'; readonly name: string; readonly namespace: string}
	| {readonly kind: 'bookmark' | 'end' | 'cut' | 'compact' | 'garbage'}
	/** The next bytes of every stream stop in the middle. */
	| {readonly kind: 'cutWithin'; readonly after: number}
	| {readonly kind: 'refuse'; readonly status: 429 | 500 | 503; readonly times: number}
	| {readonly kind: 'refuseConnection'; readonly times: number}
	| {readonly kind: 'restore'; readonly steps: number}
	| {readonly kind: 'silence'}
	| {readonly kind: 'wait'; readonly milliseconds: number};

const happening = (mayGoBack: boolean): fc.Arbitrary<Happening> =>
	fc.oneof<fc.MaybeWeightedArbitrary<Happening>[]>(
		{
			weight: 10,
			arbitrary: fc.record({
				kind: fc.constantFrom('put' as const, 'put' as const, 'delete' as const),
				name: fc.constantFrom('a', 'b', 'c', 'd'),
				namespace: fc.constantFrom('shop', 'bank'),
			}),
		},
		{weight: 4, arbitrary: fc.constantFrom<Happening>({kind: 'bookmark'}, {kind: 'end'}, {kind: 'cut'}, {kind: 'compact'}, {kind: 'garbage'})},
		fc.record({kind: fc.constant('cutWithin' as const), after: fc.integer({min: 0, max: 400})}),
		fc.record({kind: fc.constant('refuse' as const), status: fc.constantFrom(429 as const, 500 as const, 503 as const), times: fc.integer({min: 1, max: 4})}),
		fc.record({kind: fc.constant('refuseConnection' as const), times: fc.integer({min: 1, max: 6})}),
		...(mayGoBack ? [fc.record({kind: fc.constant('restore' as const), steps: fc.integer({min: 1, max: 4})})] : []),
		fc.constant<Happening>({kind: 'silence'}),
		{weight: 4, arbitrary: fc.record({kind: fc.constant('wait' as const), milliseconds: fc.constantFrom(0, 1, 300, 2000, 40_000, 125_000)})},
	);

type World = {readonly happenings: readonly Happening[]; readonly encoding: Encoding; readonly streamedLists: StreamedLists; readonly seed: number};

const world = (mayGoBack: boolean): fc.Arbitrary<World> =>
	fc.record({
		happenings: fc.array(happening(mayGoBack), {maxLength: 40}),
		encoding: fc.constantFrom<Encoding>('json', 'protobuf'),
		streamedLists: fc.constantFrom<StreamedLists>('supported', 'supported', 'refused', 'brokenStorage', 'ignored'),
		seed: fc.nat(),
	});

/** A cheap deterministic stand-in for Math.random. */
function randomOf(seed: number): () => number {
	let state = seed + 1;
	return () => {
		state = (state * 48_271) % 2_147_483_647;
		return state / 2_147_483_647;
	};
}

async function run({happenings, encoding, streamedLists, seed}: World) {
	const server = createModelServer({streamedLists});
	server.put('a');
	server.put('b', 'bank');
	let refusals: {readonly status: number; left: number} = {status: 0, left: 0};
	let noConnections = 0;
	let cutAfter: number | undefined;
	/** Bodies on connections that are half-open: nothing comes through them any more, and no end. */
	const dead = new WeakSet<FakeBody>();
	const bodies: FakeBody[] = [];
	/** Expirations, histories that went back, garbage: each is worth a list. */
	let excuses = 0;
	const answer = answerFrom(server, (bytes, body) => {
		if (dead.has(body)) return;
		bodies.push(body);
		if (cutAfter === undefined) return body.push(bytes);
		const rest = cutAfter;
		cutAfter = rest - bytes.length < 0 ? undefined : rest - bytes.length;
		if (cutAfter !== undefined) return body.push(bytes);
		body.push(bytes.subarray(0, rest));
		body.fail({kind: 'connection', code: 'ECONNRESET', message: 'reset'});
	});
	const random = randomOf(seed);
	const harness = createHarness(
		asked => {
			if (noConnections > 0) {
				noConnections--;
				asked.fail({kind: 'connection', code: 'ECONNREFUSED', message: 'refused'});
			} else if (refusals.left > 0) {
				refusals.left--;
				asked.refuse(refusals.status, '', refusals.status === 429 ? {retryAfterMs: 1000} : {});
			} else answer(asked);
		},
		{random, ...(encoding === 'json' ? {encoding} : {})},
	);
	const {clock, reflector, said} = harness;
	const derive = derivePerObject<Stored, string>(({metadata}) => `${metadata.uid}@${metadata.resourceVersion}`);

	function quiet(): void {
		cutAfter = undefined;
		refusals = {status: 0, left: 0};
		noConnections = 0;
	}

	reflector.start();

	for (const each of happenings) {
		switch (each.kind) {
			case 'put':
				server.put(each.name, each.namespace);
				break;
			case 'delete':
				server.delete(each.name, each.namespace);
				break;
			case 'bookmark':
				server.bookmark();
				break;
			case 'end':
				server.endAll();
				break;
			case 'cut':
				server.cutAll();
				break;
			case 'compact':
				server.compact();
				excuses++;
				break;
			case 'garbage':
				server.send(format => (format === 'json' ? new TextEncoder().encode('}{\n') : Uint8Array.of(0, 0, 0, 2, 0xff, 0xff)));
				excuses++;
				break;
			case 'cutWithin':
				cutAfter = each.after;
				break;
			case 'refuse':
				refusals = {status: each.status, left: each.times};
				// A minute of server errors is a reason to list again.
				if (each.status !== 429) excuses++;
				break;
			case 'refuseConnection':
				noConnections = each.times;
				break;
			case 'restore':
				// A history that has caught up with the lost one before anybody asked cannot be told from it.
				quiet();
				server.restore(each.steps);
				excuses++;
				await clock.advanceAsync(130_000);
				break;
			case 'silence':
				for (const body of bodies) dead.add(body);
				server.put('a');
				await clock.advanceAsync(121_000);
				break;
			case 'wait':
				await clock.advanceAsync(each.milliseconds);
				break;
		}
		await clock.advanceAsync(0);
		// What is derived by deltas is what is derived from scratch, at every moment.
		expect(new Map(derive(harness.snapshot()))).toEqual(harness.contents());
	}

	// Quiet at last: whatever waits comes to its end, and one more end of every stream shows what was missed.
	quiet();
	await clock.advanceAsync(400_000);
	server.cutAll();
	await clock.advanceAsync(200_000);
	await reflector.stop();
	return {...harness, server, excuses, said};
}

describe('after any sequence of faults', () => {
	test('the store equals the server, every life of an object is add, updates, delete, and no socket is left', async () => {
		await fc.assert(
			fc.asyncProperty(world(true), async each => {
				const {contents, server, transport, clock, snapshot} = await run(each);
				expect(snapshot().hasSynced).toBe(true);
				expect(contents()).toEqual(server.contents());
				expect(transport.open).toBe(0);
				expect(server.watching).toBe(0);
				expect(clock.pending).toBe(0);
			}),
			{numRuns: 150},
		);
	});

	test('while no history goes back, the versions of a key never decrease, and nothing is listed without a reason', async () => {
		await fc.assert(
			fc.asyncProperty(world(false), async each => {
				const {contents, server, said, context, excuses} = await run(each);
				expect(contents()).toEqual(server.contents());
				const versions = new Map<string, number>();
				let relisting = false;
				for (const observation of said) {
					if (observation.kind !== 'object') continue;
					const {event} = observation;
					if (event.kind === 'begin') relisting = true;
					if (event.kind === 'synced') relisting = false;
					if (relisting || (event.kind !== 'apply' && event.kind !== 'delete')) continue;
					const key = event.object.metadata.uid;
					const version = Number(event.object.metadata.resourceVersion);
					expect(version).toBeGreaterThan(versions.get(key) ?? 0);
					versions.set(key, version);
				}
				expect(context.counters.read().get('pods')!.lists).toBeLessThanOrEqual(1 + excuses);
			}),
			{numRuns: 150},
		);
	});
});

test('the model server speaks what the decoder reads', () => {
	expect(encodeEvent('json', {type: 'BOOKMARK', resourceVersion: '1', isEnd: true}).at(-1)).toBe(10);
	expect(new DataView(encodeEvent('protobuf', {type: 'BOOKMARK', resourceVersion: '1'}).buffer).getUint32(0)).toBeGreaterThan(10);
});
