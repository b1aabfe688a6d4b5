import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {keyOf, type ObjectKey} from '../../src/kube/schema.ts';
import {createStore, isOlder, type Store} from '../../src/store/create-store.ts';
import {derivePerObject} from '../../src/store/derive-per-object.ts';
import type {Snapshot, StoreEvent} from '../../src/store/store.ts';
import {THING_INDEXES, thing, type Thing} from './thing.ts';

type Index = 'node' | 'colour';
type ThingStore = Store<Thing, Index>;

const newStore = (firstSequence = 0): ThingStore => createStore<Thing, Index>({indexes: THING_INDEXES, firstSequence});

function tell(store: ThingStore, ...events: ReadonlyArray<StoreEvent<Thing>>): void {
	for (const event of events) store.apply(undefined, event);
}

const begin: StoreEvent<Thing> = {kind: 'begin'};
const synced = (resourceVersion = '10'): StoreEvent<Thing> => ({kind: 'synced', resourceVersion});
const apply = (object: Thing): StoreEvent<Thing> => ({kind: 'apply', object});
const gone = (object: Thing): StoreEvent<Thing> => ({kind: 'delete', object});

/** A store that holds these, synced. */
function storeOf(...things: readonly Thing[]): ThingStore {
	const store = newStore();
	tell(store, begin, ...things.map(apply), synced());
	return store;
}

const names = (objects: Iterable<Thing>): readonly string[] => [...objects].map(each => each.metadata.name).sort();
const held = (snapshot: Snapshot<Thing, Index>): readonly string[] => names(snapshot.objects.values());

describe('a first sync', () => {
	test('is seen while it comes, and is not whole before its end', () => {
		const store = newStore();
		tell(store, begin, apply(thing('a')));
		expect(held(store.snapshot())).toEqual(['a']);
		expect(store.snapshot().hasSynced).toBe(false);
		tell(store, synced('7'));
		expect(store.snapshot().hasSynced).toBe(true);
		expect(store.snapshot().resourceVersion).toBe('7');
	});

	test('that broke keeps its rows; the next attempt drops what it does not bring', () => {
		const store = newStore();
		tell(store, begin, apply(thing('a')), apply(thing('b')));
		tell(store, begin, apply(thing('b')));
		expect(held(store.snapshot())).toEqual(['a', 'b']);
		tell(store, synced());
		expect(held(store.snapshot())).toEqual(['b']);
	});

	test('of a history that went back takes the older versions of its own list', () => {
		const store = newStore();
		tell(store, begin, apply(thing('a', {version: '900'})));
		tell(store, begin, apply(thing('a', {version: '5'})), synced());
		expect(store.snapshot().objects.get('shop/a')?.metadata.resourceVersion).toBe('5');
	});
});

describe('a relist', () => {
	test('shows the old contents until its end, then swaps in one step', () => {
		const store = storeOf(thing('a'), thing('b'), thing('c'));
		const before = store.snapshot();
		tell(store, begin, apply(thing('b', {version: '2'})), apply(thing('d')));
		expect(store.snapshot()).toBe(before);
		tell(store, synced('20'));
		const after = store.snapshot();
		expect(held(after)).toEqual(['b', 'd']);
		expect(after.sequence).toBe(before.sequence + 1);
		const delta = after.changedSince(before.sequence);
		if (delta.kind !== 'changes') throw new Error('expected changes');
		expect(names(delta.deleted)).toEqual(['a', 'c']);
		expect(names(delta.applied)).toEqual(['b', 'd']);
	});

	test('that breaks changes nothing, and the next one starts empty', () => {
		const store = storeOf(thing('a'), thing('b'));
		tell(store, begin, apply(thing('x')));
		tell(store, begin, apply(thing('b')), synced('20'));
		expect(held(store.snapshot())).toEqual(['b']);
	});

	test('tells a recreated object by its uid: the old one is deleted, the new one added', () => {
		const store = storeOf(thing('a', {uid: 'first'}));
		const before = store.snapshot().sequence;
		tell(store, begin, apply(thing('a', {uid: 'second'})), synced('20'));
		const delta = store.snapshot().changedSince(before);
		if (delta.kind !== 'changes') throw new Error('expected changes');
		expect(delta.deleted.map(each => each.metadata.uid)).toEqual(['first']);
		expect(delta.applied.map(each => each.metadata.uid)).toEqual(['second']);
	});

	test('finds the deletes of two lists in a row', () => {
		const store = storeOf(thing('a'), thing('b'), thing('c'));
		tell(store, begin, apply(thing('a')), apply(thing('b')), synced('20'), begin, apply(thing('a')), synced('30'));
		expect(held(store.snapshot())).toEqual(['a']);
	});

	test('takes events that come before its end', () => {
		const store = storeOf(thing('a'));
		tell(
			store,
			begin,
			apply(thing('a')),
			apply(thing('b')),
			gone(thing('a')),
			apply(thing('b', {version: '3'})),
			apply(thing('b', {version: '2'})),
			synced('20'),
		);
		expect(held(store.snapshot())).toEqual(['b']);
		expect(store.snapshot().objects.get('shop/b')?.metadata.resourceVersion).toBe('3');
	});
});

describe('events', () => {
	test.each<{name: string; event: StoreEvent<Thing>; version: string | undefined; isSame: boolean}>([
		{name: 'the same resourceVersion is no update', event: apply(thing('a', {version: '9'})), version: '9', isSame: true},
		{name: 'a newer one is', event: apply(thing('a', {version: '10'})), version: '10', isSame: false},
		{name: 'an older one of the same uid is left out', event: apply(thing('a', {version: '8'})), version: '9', isSame: true},
		{name: 'an older one of another uid is another object', event: apply(thing('a', {version: '8', uid: 'other'})), version: '8', isSame: false},
		{name: 'versions that are no numbers are taken in the order in which they come', event: apply(thing('a', {version: 'x'})), version: 'x', isSame: false},
		{name: 'a delete of the same uid counts whatever its version', event: gone(thing('a', {version: '1'})), version: undefined, isSame: false},
		{name: 'a delete of another uid of the name does not touch the one that came later', event: gone(thing('a', {uid: 'other'})), version: '9', isSame: true},
		{name: 'a delete of something unknown is nothing', event: gone(thing('z')), version: '9', isSame: true},
	])('$name', ({event, version, isSame}) => {
		const store = storeOf(thing('a', {version: '9'}));
		const before = store.snapshot();
		tell(store, event);
		expect(store.snapshot().objects.get('shop/a')?.metadata.resourceVersion).toBe(version);
		expect(store.snapshot() === before).toBe(isSame);
	});

	test('versions that were left out are counted', () => {
		const store = storeOf(thing('a', {version: '9'}));
		tell(store, apply(thing('a', {version: '8'})), apply(thing('a', {version: '9'})));
		expect(store.counters()).toMatchObject({older: 1, repeated: 1});
	});

	test('a bookmark moves the resourceVersion and no object', () => {
		const store = storeOf(thing('a'));
		const before = store.snapshot();
		tell(store, {kind: 'bookmark', resourceVersion: '99'});
		expect(store.snapshot().resourceVersion).toBe('99');
		expect(store.snapshot().changedSince(before.sequence)).toEqual({kind: 'changes', applied: [], deleted: []});
		expect(before.resourceVersion).toBe('10');
	});

	test.each([
		['9', '10', true],
		['10', '9', false],
		['10', '10', false],
		['18446744073709551615', '18446744073709551616', true],
		['', '1', false],
		['007', '8', false],
		['abc', 'abd', false],
	])('%s is older than %s: %s', (candidate, other, answer) => expect(isOlder(candidate, other)).toBe(answer));
});

describe('scopes', () => {
	const shop = thing('a', {namespace: 'shop'});
	const bank = thing('a', {namespace: 'bank'});

	test('a list speaks for its namespace alone', () => {
		const store = newStore();
		for (const each of [shop, bank]) {
			store.apply(each.metadata.namespace, begin);
			store.apply(each.metadata.namespace, apply(each));
		}
		store.apply('shop', synced());
		expect(store.snapshot().hasSynced).toBe(false);
		store.apply('bank', synced());
		expect(store.snapshot().hasSynced).toBe(true);
		store.apply('shop', begin);
		store.apply('shop', synced());
		expect([...store.snapshot().objects.keys()]).toEqual(['bank/a']);
	});

	test('a dropped scope takes its objects along and is no longer waited for', () => {
		const store = newStore();
		store.apply('shop', begin);
		store.apply('shop', apply(shop));
		store.apply('shop', synced());
		store.apply('bank', begin);
		store.apply('bank', apply(bank));
		store.apply('bank', {kind: 'drop'});
		expect([...store.snapshot().objects.keys()]).toEqual(['shop/a']);
		expect(store.snapshot().hasSynced).toBe(true);
	});

	test('when the cluster is given up for namespaces, what these follow stays', () => {
		const store = storeOf(shop, bank);
		store.apply('shop', begin);
		store.apply(undefined, {kind: 'drop'});
		expect([...store.snapshot().objects.keys()]).toEqual(['shop/a']);
		expect(store.snapshot().hasSynced).toBe(false);
	});

	test('when a namespace is given up for the cluster, its objects stay', () => {
		const store = newStore();
		store.apply('shop', begin);
		store.apply('shop', apply(shop));
		store.apply('shop', synced());
		tell(store, begin, apply(shop), apply(bank), synced());
		store.apply('shop', {kind: 'drop'});
		expect([...store.snapshot().objects.keys()]).toEqual(['shop/a', 'bank/a']);
	});
});

describe('snapshots', () => {
	test('an unchanged store gives the same object', () => {
		const store = storeOf(thing('a'));
		expect(store.snapshot()).toBe(store.snapshot());
	});

	test('an index that nothing changed gives the same array', () => {
		const store = storeOf(thing('a', {node: 'n1'}), thing('b', {node: 'n2'}));
		const before = store.snapshot().byIndex('node', 'n1');
		tell(store, apply(thing('b', {node: 'n2', version: '2'})));
		expect(store.snapshot().byIndex('node', 'n1')).toBe(before);
	});

	test('an index that does not exist throws', () => {
		expect(() =>
			storeOf()
				.snapshot()
				.byIndex('nonsense' as Index, 'x'),
		).toThrow('nonsense');
	});

	test('a reader from another time or another store is told everything', () => {
		const live = newStore();
		const replay = newStore(1_000_000);
		for (const store of [live, replay]) tell(store, begin, apply(thing('a')), synced());
		expect(live.snapshot().changedSince(replay.snapshot().sequence).kind).toBe('everything');
		expect(replay.snapshot().changedSince(live.snapshot().sequence).kind).toBe('everything');
		expect(live.snapshot().changedSince(-1).kind).toBe('everything');
	});

	test('history is bounded: a reader too far behind is told everything', () => {
		const store = storeOf();
		const long = store.snapshot().sequence;
		for (let version = 1; version <= 10_000; version++) tell(store, apply(thing('a', {version: `${version}`})));
		expect(store.snapshot().changedSince(long).kind).toBe('everything');
		expect(store.snapshot().changedSince(store.snapshot().sequence - 4000)).toMatchObject({kind: 'changes', applied: [{metadata: {name: 'a'}}]});
	});

	test('what came and went between two looks is not reported', () => {
		const store = storeOf();
		const before = store.snapshot().sequence;
		tell(store, apply(thing('a')), gone(thing('a')));
		expect(store.snapshot().changedSince(before)).toEqual({kind: 'changes', applied: [], deleted: []});
	});

	test('a deleted object is reported in its last known state', () => {
		const store = storeOf(thing('a', {version: '1'}));
		const before = store.snapshot().sequence;
		tell(store, apply(thing('a', {version: '2'})), gone(thing('a', {version: '3'})));
		expect(store.snapshot().changedSince(before)).toMatchObject({deleted: [{metadata: {resourceVersion: '3'}}]});
	});

	test('a write costs what it changes: 60 snapshots under churn of 20,000 objects take less than a copy of each would', () => {
		const store = storeOf(...Array.from({length: 20_000}, (_, index) => thing(`p${index}`, {node: `n${index % 100}`})));
		const firstChunk = store.snapshot();
		const started = performance.now();
		for (let round = 0; round < 60; round++) {
			for (let step = 0; step < 5; step++) tell(store, apply(thing(`p${(round * 131 + step * 977) % 20_000}`, {version: `${round + 2}`, node: `n${step}`})));
			store.snapshot();
		}
		const elapsed = performance.now() - started;
		const copies = performance.now();
		for (let round = 0; round < 60; round++) new Map(firstChunk.objects);
		expect(elapsed).toBeLessThan((performance.now() - copies) / 4);
	});
});

// ---- against a model ---------------------------------------------------------------

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const NODES = ['', 'n1', 'n2'];

/** One step of a random history. Versions only grow, as a server's do. */
type Step =
	| {readonly kind: 'apply' | 'delete'; readonly name: string; readonly namespace: string; readonly node: string; readonly life: number}
	| {readonly kind: 'begin' | 'synced'}
	| {readonly kind: 'look'}
	| {readonly kind: 'saveAndRestore'};

const steps: fc.Arbitrary<Step[]> = fc.array(
	fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
		{
			weight: 10,
			arbitrary: fc.record({
				kind: fc.constantFrom('apply' as const, 'apply' as const, 'delete' as const),
				name: fc.constantFrom(...NAMES),
				namespace: fc.constantFrom('shop', 'bank'),
				node: fc.constantFrom(...NODES),
				life: fc.nat(1),
			}),
		},
		{weight: 4, arbitrary: fc.constantFrom<Step>({kind: 'begin'}, {kind: 'synced'}, {kind: 'look'}, {kind: 'saveAndRestore'})},
	),
	{maxLength: 120},
);

/** What a plain map makes of the same events. */
function createModel() {
	let visible = new Map<ObjectKey, Thing>();
	let listed: Set<ObjectKey> | undefined;
	let gathered: Map<ObjectKey, Thing> | undefined;
	let hasSynced = false;

	return {
		apply(event: StoreEvent<Thing>): void {
			if (event.kind === 'begin') {
				if (hasSynced) gathered = new Map();
				else listed = new Set();
			}
			if (event.kind === 'apply') {
				(gathered ?? visible).set(keyOf(event.object), event.object);
				if (gathered === undefined) listed?.add(keyOf(event.object));
			}
			if (event.kind === 'delete') {
				const target = gathered ?? visible;
				if (target.get(keyOf(event.object))?.metadata.uid === event.object.metadata.uid) {
					target.delete(keyOf(event.object));
					if (gathered === undefined) listed?.delete(keyOf(event.object));
				}
			}
			if (event.kind === 'synced') {
				visible = gathered ?? (listed === undefined ? visible : new Map([...visible].filter(([key]) => listed!.has(key))));
				gathered = undefined;
				listed = undefined;
				hasSynced = true;
			}
		},
		get visible(): ReadonlyMap<ObjectKey, Thing> {
			return visible;
		},
	};
}

const sorted = (map: ReadonlyMap<ObjectKey, Thing>): ReadonlyArray<[ObjectKey, Thing]> => [...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1));

function expectIndexesToFit(snapshot: Snapshot<Thing, Index>): void {
	for (const node of NODES) {
		const expected = [...snapshot.objects.values()].filter(each => node !== '' && each.node === node);
		expect(names(snapshot.byIndex('node', node))).toEqual(names(expected));
	}
	for (const colour of ['red', 'blue']) {
		const expected = [...snapshot.objects.values()].filter(each => each.colours.includes(colour));
		expect(names(snapshot.byIndex('colour', colour))).toEqual(names(expected));
	}
}

describe('against a plain map', () => {
	test('contents, indexes and deltas agree after any history, and no snapshot ever changes', () => {
		fc.assert(
			fc.property(steps, history => {
				let store = newStore();
				const model = createModel();
				const derive = derivePerObject<Thing, string>(each => `${each.metadata.uid}@${each.metadata.resourceVersion}`);
				const taken: Array<{snapshot: Snapshot<Thing, Index>; contents: ReadonlyArray<[ObjectKey, Thing]>}> = [];
				let version = 0;
				for (const step of history) {
					version++;
					if (step.kind === 'saveAndRestore') {
						const saved = store.save();
						store = newStore(version * 1_000_000);
						store.restore(saved);
					} else if (step.kind === 'look') {
						const snapshot = store.snapshot();
						taken.push({snapshot, contents: sorted(snapshot.objects)});
						if (version % 2 === 0) expectIndexesToFit(snapshot);
						const fromScratch = new Map([...snapshot.objects].map(([key, each]) => [key, `${each.metadata.uid}@${each.metadata.resourceVersion}`]));
						expect(new Map([...derive(snapshot)].sort())).toEqual(new Map([...fromScratch].sort()));
					} else {
						const event: StoreEvent<Thing> = !('name' in step)
							? {kind: step.kind, resourceVersion: `${version}`}
							: {
									kind: step.kind,
									object: thing(step.name, {
										namespace: step.namespace,
										uid: `${step.name}-${step.life}`,
										version: `${version}`,
										node: step.node,
										colours: step.life === 0 ? ['red'] : ['red', 'blue'],
									}),
								};
						store.apply(undefined, event);
						model.apply(event);
					}
					expect(sorted(store.snapshot().objects)).toEqual(sorted(model.visible));
				}
				for (const {snapshot, contents} of taken) {
					expect(sorted(snapshot.objects)).toEqual(contents);
					expect(snapshot.objects.size).toBe(contents.length);
					expectIndexesToFit(snapshot);
				}
			}),
			{numRuns: 300},
		);
	});

	test('freed slots are tidied up without touching older snapshots', () => {
		const store = storeOf();
		const shots: Array<{snapshot: Snapshot<Thing, Index>; names: readonly string[]}> = [];
		for (let round = 0; round < 6; round++) {
			const things = Array.from({length: 700}, (_, index) => thing(`r${round}-${index}`, {node: `n${index % 3}`}));
			tell(store, ...things.map(apply));
			shots.push({snapshot: store.snapshot(), names: names(things)});
			tell(store, ...things.map(gone), apply(thing('kept', {version: `${round + 1}`})));
		}
		for (const {snapshot, names: expected} of shots) {
			expect(held(snapshot).filter(name => name !== 'kept')).toEqual(expected);
			expectIndexesToFit(snapshot);
		}
		expect(held(store.snapshot())).toEqual(['kept']);
		expectIndexesToFit(store.snapshot());
	});
});
