import {keyOf, type ObjectKey, type ResourceId, type Stored} from '../kube/schema.ts';
import type {SavedStream} from '../observe/create-stream.ts';
import type {Observation, ObservationBody} from '../observe/observation.ts';
import type {FirstSavedUsage} from '../observe/usage-fold.ts';
import type {SavedStore} from '../store/create-store.ts';
import type {StoreEvent} from '../store/store.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import {ByteReader, MalformedRecording} from './byte-reader.ts';
import {ByteWriter} from './byte-writer.ts';
import {SampleDecoder, SampleEncoder} from './sample-columns.ts';
import {type ShapesKnown, ValueDecoder} from './value-decoder.ts';
import {ValueEncoder} from './value-encoder.ts';

// The low five bits of an observation's first byte.
const CODE = {apply: 1, delete: 2, begin: 3, synced: 4, bookmark: 5, drop: 6, sample: 7, other: 8} as const;
const CODE_MASK = 0x1f;
/** The server's clock is not known. */
const NO_SERVER = 0x20;
/** The order does not follow the last one. */
const ORDER_JUMPS = 0x40;
/** The server's clock lies elsewhere than last time. */
const SKEW_MOVES = 0x80;

/** Objects of a keyframe that are encoded between two looks at the time. */
const OBJECTS_A_STEP = 64;

/** For readers of format 1.0, which know no other place for it. */
const NO_KIND = {objects: [], reference: null, distances: [], newest: null, sweptAt: null};
const NO_USAGE: FirstSavedUsage = {pods: NO_KIND, nodes: NO_KIND};

/** A keyframe as its blocks say it: each fold as whoever wrote the file wrote it. */
export type KeyframeContent = {readonly order: number; readonly stores: SavedStream['stores']; readonly folds: Readonly<Record<string, unknown>>};

type Held = {readonly id: number; object: Stored; wholeBytes: number};

/**
 * Writes one segment: a keyframe, then observations, each object as what differs from its last version.
 * What it refers to by number lies in the same segment, so a reader may begin at any of them.
 */
export class SegmentEncoder {
	readonly #out = new ByteWriter();
	readonly #values: ValueEncoder;
	readonly #samples: SampleEncoder;
	readonly #scopes = new Map<string, number>();
	readonly #objects = new Map<ResourceId, Map<ObjectKey, Held>>();
	#objectCount = 0;
	#order: number;
	#at: number;
	#skew = 0;

	/** @param base The moment of the keyframe. */
	constructor(base: EpochMs, order: number) {
		const whole = Math.floor(base);
		this.#values = new ValueEncoder(this.#out, whole);
		this.#samples = new SampleEncoder(this.#out, this.#values);
		this.#at = whole;
		this.#order = order;
	}

	/** Bytes that wait to be taken. */
	get length(): number {
		return this.#out.length;
	}

	take(): Buffer {
		return this.#out.take();
	}

	/**
	 * Writes a keyframe but for its usage, which is a block of its own (see usage-codec), a piece each time the iterator is
	 * asked. What is saved must not change meanwhile, and nothing else be written.
	 */
	*keyframe(saved: Omit<SavedStream, 'usage'>): Generator<void, void, void> {
		const out = this.#out;
		const {stores, ...folds} = saved;
		const rest = {...folds, usage: NO_USAGE};
		const entries = Object.entries(stores);
		out.varint(entries.length);
		for (const [resource, {objects, ...meta}] of entries) {
			this.#values.value(resource);
			this.#values.value(meta);
			out.varint(objects.length);
			let count = 0;
			for (const object of objects) {
				const before = out.length;
				this.#values.value(object);
				this.#hold(resource, object, out.length - before);
				if (++count % OBJECTS_A_STEP === 0) yield;
			}
		}
		const parts = Object.entries(rest);
		out.varint(parts.length);
		for (const [name, value] of parts) {
			this.#values.value(name);
			yield* this.#inPieces(value);
		}
	}

	/** Long lists within a saved fold are written with pauses, short ones at once. */
	*#inPieces(value: unknown): Generator<void, void, void> {
		const out = this.#out;
		if (Array.isArray(value) && value.length > OBJECTS_A_STEP) {
			out.byte(2);
			out.varint(value.length);
			for (const [index, each] of value.entries()) {
				this.#values.value(each);
				if ((index + 1) % OBJECTS_A_STEP === 0) yield;
			}
		} else if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map)) {
			const entries = Object.entries(value);
			out.byte(1);
			out.varint(entries.length);
			for (const [name, each] of entries) {
				this.#values.value(name);
				yield* this.#inPieces(each);
			}
		} else {
			out.byte(0);
			this.#values.value(value);
		}
	}

	observation(observation: Observation): void {
		switch (observation.kind) {
			case 'object':
				return this.#objectEvent(observation, observation.resource, observation.namespace, observation.event);
			case 'sample':
				this.#begin(observation, CODE.sample);
				return this.#samples.write(observation.samples);
			default: {
				this.#begin(observation, CODE.other);
				const {order: _order, at: _at, serverAt: _serverAt, ...body} = observation;
				return this.#values.value(body);
			}
		}
	}

	#begin({order, at, serverAt}: Observation, code: number): void {
		const out = this.#out;
		const wholeAt = Math.round(at);
		const skew = serverAt === undefined ? this.#skew : Math.round(serverAt) - wholeAt;
		const jumps = order !== this.#order + 1;
		const moves = skew !== this.#skew;
		out.byte(code | (serverAt === undefined ? NO_SERVER : 0) | (jumps ? ORDER_JUMPS : 0) | (moves ? SKEW_MOVES : 0));
		if (jumps) out.signed(order - this.#order);
		out.signed(wholeAt - this.#at);
		if (moves) out.signed(skew - this.#skew);
		this.#order = order;
		this.#at = wholeAt;
		this.#skew = skew;
	}

	#objectEvent(observation: Observation, resource: ResourceId, namespace: string | undefined, event: StoreEvent): void {
		this.#begin(observation, CODE[event.kind]);
		this.#scope(resource, namespace);
		switch (event.kind) {
			case 'apply':
			case 'delete':
				return this.#object(resource, event.object, event.kind === 'delete');
			case 'bookmark':
			case 'synced':
				return this.#values.value(event.resourceVersion);
			default:
		}
	}

	#scope(resource: ResourceId, namespace: string | undefined): void {
		const key = `${resource} ${namespace ?? ''}`;
		const known = this.#scopes.get(key);
		if (known !== undefined) return this.#out.varint(known + 1);
		this.#scopes.set(key, this.#scopes.size);
		this.#out.varint(0);
		this.#values.value(resource);
		this.#values.value(namespace);
	}

	#object(resource: ResourceId, object: Stored, isGone: boolean): void {
		const out = this.#out;
		const held = this.#objects.get(resource)?.get(keyOf(object));
		if (held === undefined) {
			out.varint(0);
			const before = out.length;
			this.#values.value(object);
			if (!isGone) this.#hold(resource, object, out.length - before);
			return;
		}
		out.varint(held.id + 1);
		const mark = this.#values.mark();
		this.#values.change(held.object, object);
		const bytes = out.length - mark.length;
		// Another life of the name, or much that changed at once: whole, if that is shorter.
		if (bytes > held.wholeBytes / 2) {
			this.#values.rollback(mark);
			this.#values.value(object);
			held.wholeBytes = out.length - mark.length;
			if (held.wholeBytes > bytes) {
				this.#values.rollback(mark);
				this.#values.change(held.object, object);
			}
		}
		held.object = object;
		if (isGone) this.#objects.get(resource)!.delete(keyOf(object));
	}

	#hold(resource: ResourceId, object: Stored, wholeBytes: number): void {
		const ofResource = this.#objects.get(resource) ?? new Map<ObjectKey, Held>();
		this.#objects.set(resource, ofResource);
		ofResource.set(keyOf(object), {id: this.#objectCount++, object, wholeBytes});
	}
}

/** Makes an object whole that was written by a release with other fields; the same object where there is nothing to do. */
export type Complete = (resource: ResourceId, object: Stored) => Stored;

/** Reads what a SegmentEncoder wrote. Throws MalformedRecording. */
export class SegmentDecoder {
	readonly #values: ValueDecoder;
	readonly #samples: SampleDecoder;
	readonly #complete: Complete;
	readonly #scopes: Array<{readonly resource: ResourceId; readonly namespace: string | undefined}> = [];
	/** As they were written, which is what changes refer to. */
	readonly #objects: Array<Stored | undefined> = [];
	#order: number;
	#at: number;
	#skew = 0;

	constructor(base: EpochMs, order: number, complete: Complete, shapesKnown?: ShapesKnown) {
		const whole = Math.floor(base);
		this.#values = new ValueDecoder(whole, shapesKnown);
		this.#samples = new SampleDecoder(this.#values);
		this.#complete = complete;
		this.#at = whole;
		this.#order = order;
	}

	keyframe(bytes: Buffer): KeyframeContent {
		const steps = this.keyframeSteps(bytes);
		for (;;) {
			const next = steps.next();
			if (next.done === true) return next.value;
		}
	}

	/** The same a piece at a time, for whoever has other things to do meanwhile. */
	*keyframeSteps(bytes: Buffer): Generator<void, KeyframeContent, void> {
		const from = new ByteReader(bytes);
		const stores: Record<ResourceId, SavedStore> = {};
		for (let left = from.count(); left > 0; left--) {
			const resource = this.#text(from);
			const meta = this.#values.value(from) as Omit<SavedStore, 'objects'>;
			const objects: Stored[] = [];
			for (let each = from.count(); each > 0; each--) {
				const object = this.#stored(this.#values.value(from));
				this.#objects.push(object);
				objects.push(this.#complete(resource, object));
				if (objects.length % OBJECTS_A_STEP === 0) yield;
			}
			const scopes = meta.scopes.map(scope => ({
				...scope,
				...(scope.gathered === undefined ? {} : {gathered: scope.gathered.map(object => this.#complete(resource, object))}),
			}));
			stores[resource] = {...meta, scopes, objects};
		}
		const parts: Array<readonly [string, unknown]> = [];
		for (let left = from.count(); left > 0; left--) parts.push([this.#text(from), yield* this.#inPieces(from)]);
		const {order, ...folds} = Object.fromEntries(parts);
		if (typeof order !== 'number') throw new MalformedRecording('a keyframe without its order');
		return {order, stores, folds};
	}

	*#inPieces(from: ByteReader): Generator<void, unknown, void> {
		switch (from.byte()) {
			case 0:
				return this.#values.value(from);
			case 1: {
				const entries: Array<readonly [string, unknown]> = [];
				for (let left = from.count(); left > 0; left--) entries.push([this.#text(from), yield* this.#inPieces(from)]);
				return Object.fromEntries(entries);
			}
			default: {
				const list: unknown[] = [];
				for (let left = from.count(); left > 0; left--) {
					list.push(this.#values.value(from));
					if (list.length % OBJECTS_A_STEP === 0) yield;
				}
				return list;
			}
		}
	}

	/** The observations of a block, in order. */
	*observations(bytes: Buffer): Generator<Observation, void, void> {
		const from = new ByteReader(bytes);
		while (!from.isAtEnd) {
			const first = from.byte();
			this.#order += first & ORDER_JUMPS ? from.signed() : 1;
			this.#at += from.signed();
			if (first & SKEW_MOVES) this.#skew += from.signed();
			const serverAt = first & NO_SERVER ? undefined : epochMs(this.#at + this.#skew);
			yield this.#observation(from, first & CODE_MASK, this.#order, epochMs(this.#at), serverAt);
		}
	}

	#observation(from: ByteReader, code: number, order: number, at: EpochMs, serverAt: EpochMs | undefined): Observation {
		if (code === CODE.sample) return {order, at, serverAt, kind: 'sample', samples: this.#samples.read(from)};
		if (code === CODE.other) return {order, at, serverAt, ...(this.#values.value(from) as ObservationBody)};
		const {resource, namespace} = this.#scope(from);
		return {order, at, serverAt, kind: 'object', resource, namespace, event: this.#event(from, code, resource)};
	}

	#event(from: ByteReader, code: number, resource: ResourceId): StoreEvent {
		switch (code) {
			case CODE.apply:
				return {kind: 'apply', object: this.#object(from, resource, false)};
			case CODE.delete:
				return {kind: 'delete', object: this.#object(from, resource, true)};
			case CODE.begin:
				return {kind: 'begin'};
			case CODE.synced:
				return {kind: 'synced', resourceVersion: this.#text(from)};
			case CODE.bookmark:
				return {kind: 'bookmark', resourceVersion: this.#text(from)};
			case CODE.drop:
				return {kind: 'drop'};
			default:
				throw new MalformedRecording(`an observation of an unknown kind (${code})`);
		}
	}

	#scope(from: ByteReader): {readonly resource: ResourceId; readonly namespace: string | undefined} {
		const id = from.varint();
		if (id === 0) {
			const resource = this.#text(from);
			const scope = {resource, namespace: this.#values.value(from) as string | undefined};
			this.#scopes.push(scope);
			return scope;
		}
		const scope = this.#scopes[id - 1];
		if (scope === undefined) throw new MalformedRecording('a scope that was never there');
		return scope;
	}

	#object(from: ByteReader, resource: ResourceId, isGone: boolean): Stored {
		const id = from.varint();
		if (id === 0) {
			const object = this.#stored(this.#values.value(from));
			if (!isGone) this.#objects.push(object);
			return this.#complete(resource, object);
		}
		const before = this.#objects[id - 1];
		if (before === undefined) throw new MalformedRecording('a change of an object that is not there');
		const object = this.#stored(this.#values.change(from, before));
		this.#objects[id - 1] = isGone ? undefined : object;
		return this.#complete(resource, object);
	}

	#text(from: ByteReader): string {
		const text = this.#values.value(from);
		if (typeof text !== 'string') throw new MalformedRecording('a text was expected');
		return text;
	}

	#stored(value: unknown): Stored {
		const metadata = (value as {readonly metadata?: Stored['metadata']} | undefined | null)?.metadata;
		if (typeof metadata !== 'object' || metadata === null) throw new MalformedRecording('an object was expected');
		return value as Stored;
	}
}
