import {keyOf, type IndexFunction, type ObjectKey, type Stored} from '../kube/schema.ts';
import {assertNever} from '../util/assert-never.ts';
import {SlotMap} from './slot-map.ts';
import type {Delta, Snapshot, StoreEvent} from './store.ts';

/** Changes that {@link Snapshot.changedSince} can look back on; at 500 events a second, eight seconds. */
const LOG_LENGTH = 4096;

/** What a store counted. */
export type StoreCounters = {
	/** Objects that came with an older resourceVersion than the one held, and were left out (two API servers behind a balancer). */
	readonly older: number;
	/** Objects that came again with the resourceVersion held. */
	readonly repeated: number;
	/** Complete lists: first syncs and relists. */
	readonly lists: number;
};

/** A store written down. Plain data but for the objects themselves, which hold Maps (see kube/schema). */
export type SavedStore<T extends Stored = Stored> = {
	readonly resourceVersion: string;
	readonly objects: readonly T[];
	readonly scopes: ReadonlyArray<{
		readonly namespace: string | undefined;
		readonly hasSynced: boolean;
		/** First list under way: the keys that it brought. */
		readonly listed?: readonly ObjectKey[];
		/** Relist under way: what it brought. */
		readonly gathered?: readonly T[];
	}>;
};

/** Holds the objects of one resource. One writer; any number of readers of its snapshots. */
export type Store<T extends Stored = Stored, Index extends string = string> = {
	/** @param namespace Scope of the reflector that speaks; undefined: the whole cluster. */
	apply(namespace: string | undefined, event: StoreEvent<T>): void;
	/** The same object until something changes. */
	snapshot(): Snapshot<T, Index>;
	counters(): StoreCounters;
	save(): SavedStore<T>;
	/** Goes on from there. Readers that knew another time are told `everything`. */
	restore(saved: SavedStore<T>): void;
};

/** What a store needs of a resource: its indexes. */
export type StoreOptions<T extends Stored, Index extends string> = {
	readonly indexes: Readonly<Record<Index, IndexFunction<T>>>;
	/** Sequences begin here. Two stores that the same readers may meet (live and replay) are given different ones, far apart. */
	readonly firstSequence?: number;
};

/** A list's scope: one namespace or the whole cluster. */
type Scope<T> = {
	readonly namespace: string | undefined;
	hasSynced: boolean;
	/** First list under way: keys that it brought so far. */
	listed: Set<ObjectKey> | undefined;
	/** Relist under way: what it brought so far, not yet visible. */
	gathered: Map<ObjectKey, T> | undefined;
};

/** `gone`: the object that ended here; `existed`: whether the key held one before. */
type LogEntry<T> = {readonly sequence: number; readonly key: ObjectKey; readonly uidBefore: string | undefined; readonly gone: T | undefined};

/** Objects under one value of an index. */
type Bucket<T> = {
	readonly keys: Set<ObjectKey>;
	changedAt: number;
	/** The last answer given, and for which sequences it holds. */
	answer: {readonly objects: readonly T[]; readonly from: number; until: number} | undefined;
};

type IndexState<T> = {
	readonly valuesOf: IndexFunction<T>;
	readonly buckets: Map<string, Bucket<T>>;
	/** The last time that a bucket became empty and was dropped. */
	emptiedAt: number;
};

const NONE: readonly never[] = [];

/** An empty store. */
export function createStore<T extends Stored, Index extends string = string>({indexes, firstSequence = 0}: StoreOptions<T, Index>): Store<T, Index> {
	const objects = new SlotMap<T>();
	let scopes = new Map<string, Scope<T>>();
	const indexStates = new Map<string, IndexState<T>>();
	for (const [name, valuesOf] of Object.entries<IndexFunction<T>>(indexes)) {
		indexStates.set(name, {valuesOf, buckets: new Map(), emptiedAt: firstSequence});
	}
	const allIndexes = [...indexStates.values()];

	let log: Array<LogEntry<T>> = [];
	/** Changes up to and including this one are no longer in the log. */
	let logFloor = firstSequence;
	let sequence = firstSequence;
	let resourceVersion = '';
	let hasSynced = false;
	let current: Snapshot<T, Index> | undefined;
	/** Buckets whose last answer no longer holds for now, but for the snapshot that is being shown. */
	let outdated: Array<Bucket<T>> = [];
	let outdatedBefore: Array<Bucket<T>> = [];
	let older = 0;
	let repeated = 0;
	let lists = 0;

	// ---- writing -------------------------------------------------------------------

	/** What stands under this value changes: the last answer no longer holds. */
	function touch(bucket: Bucket<T>, at: number): void {
		bucket.changedAt = at;
		if (bucket.answer === undefined || at >= bucket.answer.until) return;
		bucket.answer.until = at;
		outdated.push(bucket);
	}

	function enter(index: IndexState<T>, value: string, key: ObjectKey, at: number): void {
		let bucket = index.buckets.get(value);
		if (bucket === undefined) {
			bucket = {keys: new Set(), changedAt: at, answer: undefined};
			index.buckets.set(value, bucket);
		}
		bucket.keys.add(key);
		touch(bucket, at);
	}

	function leave(index: IndexState<T>, value: string, key: ObjectKey, at: number): void {
		const bucket = index.buckets.get(value)!;
		bucket.keys.delete(key);
		touch(bucket, at);
		if (bucket.keys.size > 0) return;
		index.buckets.delete(value);
		index.emptiedAt = at;
	}

	function reindex(key: ObjectKey, before: T | undefined, after: T | undefined, at: number): void {
		// Once for each object of a first list: what is common is one value, and nothing before.
		for (const index of allIndexes) {
			const old = before === undefined ? undefined : index.valuesOf(before);
			const now = after === undefined ? undefined : index.valuesOf(after);
			if (old === undefined && typeof now === 'string') enter(index, now, key, at);
			else if (typeof old === 'string' && old === now) touch(index.buckets.get(old)!, at);
			else {
				const stays = listOf(now);
				for (const value of new Set(listOf(old))) if (!stays.includes(value)) leave(index, value, key, at);
				for (const value of stays) enter(index, value, key, at);
			}
		}
	}

	/** Writes one object (undefined: takes it out) as part of the change `at`. */
	function put(key: ObjectKey, before: T | undefined, after: T | undefined, last: T | undefined, at: number): void {
		if (after === undefined) objects.delete(key);
		else objects.set(key, after);
		reindex(key, before, after, at);
		const replaced = before !== undefined && (after === undefined || after.metadata.uid !== before.metadata.uid);
		log.push({sequence: at, key, uidBefore: before?.metadata.uid, gone: replaced ? (last ?? before) : undefined});
		if (log.length >= 2 * LOG_LENGTH) {
			log = log.slice(LOG_LENGTH);
			// A change may have several entries: where only some of them are left, it counts as forgotten.
			logFloor = log[0]!.sequence;
		}
	}

	/** Ends a change: from here on snapshots are new ones. */
	function changed(): void {
		sequence++;
		current = undefined;
	}

	function upsert(object: T, scope: Scope<T> | undefined): void {
		const key = keyOf(object);
		const before = objects.get(key);
		const isFirstOfList = scope?.listed !== undefined && !scope.listed.has(key);
		scope?.listed?.add(key);
		if (before !== undefined && holds(before, object)) {
			if (before.metadata.resourceVersion === object.metadata.resourceVersion) {
				repeated++;
				return;
			}
			// A list that begins is the truth whatever the versions say: history may have gone back.
			if (!isFirstOfList && isOlder(object.metadata.resourceVersion, before.metadata.resourceVersion)) {
				older++;
				return;
			}
		}
		put(key, before, object, undefined, sequence + 1);
		if (scope?.hasSynced) resourceVersion = object.metadata.resourceVersion;
		changed();
	}

	function remove(object: T, scope: Scope<T> | undefined): void {
		const key = keyOf(object);
		const before = objects.get(key);
		// A delete of another life of the name: the one that is here came later.
		if (before === undefined || !holds(before, object)) return;
		put(key, before, undefined, object, sequence + 1);
		if (scope?.hasSynced) resourceVersion = object.metadata.resourceVersion;
		changed();
	}

	/** Takes out what one change takes out; the keys are collected first, since the map is written meanwhile. */
	function removeAll(doomed: (key: ObjectKey, object: T) => boolean, at: number): void {
		const entries: Array<[ObjectKey, T]> = [];
		for (const entry of objects.entries()) if (doomed(entry[0], entry[1])) entries.push(entry);
		for (const [key, object] of entries) put(key, object, undefined, undefined, at);
	}

	/** Makes a finished list visible, all of it as one change. */
	function finishList(scope: Scope<T>): void {
		const at = sequence + 1;
		const {namespace, gathered} = scope;
		const named = gathered ?? scope.listed;
		if (named !== undefined) {
			removeAll((key, object) => (namespace === undefined || object.metadata.namespace === namespace) && !named.has(key), at);
			// A complete list is the truth whatever the versions say: history may have gone back.
			for (const [key, object] of gathered ?? NONE) {
				const before = objects.get(key);
				if (before?.metadata.uid === object.metadata.uid && before.metadata.resourceVersion === object.metadata.resourceVersion) continue;
				put(key, before, object, undefined, at);
			}
			lists++;
		}
		scope.listed = undefined;
		scope.gathered = undefined;
		scope.hasSynced = true;
	}

	function refreshHasSynced(): void {
		hasSynced = scopes.size > 0;
		for (const scope of scopes.values()) if (!scope.hasSynced) hasSynced = false;
	}

	function apply(namespace: string | undefined, event: StoreEvent<T>): void {
		const scope = scopes.get(namespace ?? '');
		switch (event.kind) {
			case 'begin': {
				const begun = scope ?? {namespace, hasSynced: false, listed: undefined, gathered: undefined};
				if (begun.hasSynced) begun.gathered = new Map();
				else begun.listed = new Set();
				if (scope !== undefined) return;
				scopes.set(namespace ?? '', begun);
				break;
			}
			case 'apply':
				if (scope?.gathered === undefined) upsert(event.object, scope);
				else gather(scope.gathered, event.object);
				return;
			case 'delete':
				if (scope?.gathered === undefined) remove(event.object, scope);
				else if (holds(scope.gathered.get(keyOf(event.object)), event.object)) scope.gathered.delete(keyOf(event.object));
				return;
			case 'bookmark':
				if (resourceVersion === event.resourceVersion) return;
				resourceVersion = event.resourceVersion;
				break;
			case 'synced': {
				const synced = scope ?? {namespace, hasSynced: false, listed: undefined, gathered: undefined};
				scopes.set(namespace ?? '', synced);
				finishList(synced);
				resourceVersion = event.resourceVersion;
				break;
			}
			case 'drop':
				if (scope === undefined) return;
				scopes.delete(namespace ?? '');
				// What another open scope answers for stays.
				if (namespace === undefined) removeAll((_, object) => !scopes.has(object.metadata.namespace), sequence + 1);
				else if (!scopes.has('')) removeAll((_, object) => object.metadata.namespace === namespace, sequence + 1);
				break;
			default:
				assertNever(event);
		}
		refreshHasSynced();
		changed();
	}

	// ---- reading -------------------------------------------------------------------

	function deltaBetween(from: number, to: number, view: ReadonlyMap<ObjectKey, T>): Delta<T> {
		if (from === to) return {kind: 'changes', applied: NONE, deleted: NONE};
		if (from > to || from < logFloor) return {kind: 'everything'};
		const applied: T[] = [];
		const deleted: T[] = [];
		/** By key: the uid that the reader knows, and the last object of that uid if it ended. */
		const touched = new Map<ObjectKey, {readonly uid: string | undefined; gone: T | undefined}>();
		for (let index = firstAfter(log, from); index < log.length && log[index]!.sequence <= to; index++) {
			const entry = log[index]!;
			const known = touched.get(entry.key);
			if (known === undefined) touched.set(entry.key, {uid: entry.uidBefore, gone: entry.gone});
			else if (known.gone === undefined && entry.uidBefore === known.uid) known.gone = entry.gone;
		}
		for (const [key, {uid, gone}] of touched) {
			if (uid !== undefined && gone !== undefined && view.get(key)?.metadata.uid !== uid) deleted.push(gone);
			const object = view.get(key);
			if (object !== undefined) applied.push(object);
		}
		return {kind: 'changes', applied, deleted};
	}

	/** The current members of a bucket, in the order in which their keys were first seen. */
	function membersOf(bucket: Bucket<T>): readonly T[] {
		const slots = new Uint32Array(bucket.keys.size);
		let count = 0;
		for (const key of bucket.keys) slots[count++] = objects.slotOf(key)!;
		return Array.from(slots.sort(), slot => objects.at(slot)!);
	}

	function takeSnapshot(): Snapshot<T, Index> {
		const taken = sequence;
		const view = objects.view();
		// Answers outlive their snapshot by one, then they would only keep old objects alive.
		for (const bucket of outdatedBefore) if (bucket.answer !== undefined && bucket.answer.until <= taken) bucket.answer = undefined;
		outdatedBefore = outdated;
		outdated = [];
		/** Indexes of this snapshot alone, made when somebody asks for what has changed since. */
		const ownIndexes = new Map<string, ReadonlyMap<string, readonly T[]>>();

		function ownIndex(name: string, valuesOf: IndexFunction<T>): ReadonlyMap<string, readonly T[]> {
			const made = ownIndexes.get(name);
			if (made !== undefined) return made;
			const byValue = new Map<string, T[]>();
			for (const object of view.values()) {
				for (const value of listOf(valuesOf(object))) {
					const bucket = byValue.get(value);
					if (bucket === undefined) byValue.set(value, [object]);
					else if (bucket.at(-1) !== object) bucket.push(object);
				}
			}
			ownIndexes.set(name, byValue);
			return byValue;
		}

		return {
			sequence: taken,
			resourceVersion,
			hasSynced,
			objects: view,
			byIndex(name, value) {
				const index = indexStates.get(name);
				if (index === undefined) throw new Error(`no index ${name}`);
				const bucket = index.buckets.get(value);
				if (bucket === undefined) return index.emptiedAt <= taken ? NONE : (ownIndex(name, index.valuesOf).get(value) ?? NONE);
				if (bucket.answer !== undefined && bucket.answer.from <= taken && taken < bucket.answer.until) return bucket.answer.objects;
				if (bucket.changedAt > taken) return ownIndex(name, index.valuesOf).get(value) ?? NONE;
				bucket.answer = {objects: membersOf(bucket), from: bucket.changedAt, until: Number.POSITIVE_INFINITY};
				return bucket.answer.objects;
			},
			changedSince: since => deltaBetween(since, taken, view),
		};
	}

	return {
		apply,
		snapshot() {
			current ??= takeSnapshot();
			return current;
		},
		counters: () => ({older, repeated, lists}),
		save: () => ({
			resourceVersion,
			objects: Array.from(objects.entries(), ([, object]) => object),
			scopes: Array.from(scopes.values(), ({namespace, hasSynced: synced, listed, gathered}) => ({
				namespace,
				hasSynced: synced,
				...(listed === undefined ? {} : {listed: [...listed]}),
				...(gathered === undefined ? {} : {gathered: [...gathered.values()]}),
			})),
		}),
		restore(saved) {
			const at = sequence + 1;
			const kept = new Set(saved.objects.map(keyOf));
			removeAll(key => !kept.has(key), at);
			// Most are where they were in every index: nothing is built anew for them.
			for (const object of saved.objects) {
				const key = keyOf(object);
				const before = objects.get(key);
				objects.set(key, object);
				reindex(key, before, object, at);
			}
			scopes = new Map(
				saved.scopes.map(({namespace, hasSynced: synced, listed, gathered}) => [
					namespace ?? '',
					{
						namespace,
						hasSynced: synced,
						listed: listed === undefined ? undefined : new Set(listed),
						gathered: gathered === undefined ? undefined : new Map(gathered.map(object => [keyOf(object), object])),
					},
				]),
			);
			resourceVersion = saved.resourceVersion;
			refreshHasSynced();
			changed();
			log = [];
			logFloor = sequence;
		},
	};
}

/** Is it the same object, not another of its name? A uid that nobody gave fits any. */
function holds(held: Stored | undefined, object: Stored): boolean {
	return held !== undefined && (held.metadata.uid === object.metadata.uid || object.metadata.uid === '');
}

/** Takes an object into a relist, unless an event has brought a newer state of it already. */
function gather<T extends Stored>(gathered: Map<ObjectKey, T>, object: T): void {
	const key = keyOf(object);
	const before = gathered.get(key);
	if (before !== undefined && holds(before, object) && isOlder(object.metadata.resourceVersion, before.metadata.resourceVersion)) return;
	gathered.set(key, object);
}

function listOf(values: string | readonly string[] | undefined): readonly string[] {
	if (values === undefined) return NONE;
	return typeof values === 'string' ? [values] : values;
}

/**
 * Is one resourceVersion before another? Only where both are numbers; since 1.35 those of one
 * resource may be compared as decimal integers (kubernetes, KEP-5504), and before it was so in fact.
 */
export function isOlder(candidate: string, held: string): boolean {
	if (candidate === held || !isDecimal(candidate) || !isDecimal(held)) return false;
	return candidate.length === held.length ? candidate < held : candidate.length < held.length;
}

function isDecimal(text: string): boolean {
	return /^[1-9][0-9]*$/.test(text);
}

/** Index of the first entry after a sequence; entries are in order. */
function firstAfter(log: ReadonlyArray<{readonly sequence: number}>, sequence: number): number {
	let low = 0;
	let high = log.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (log[middle]!.sequence <= sequence) low = middle + 1;
		else high = middle;
	}
	return low;
}
