const CHUNK_BITS = 5;
const CHUNK = 1 << CHUNK_BITS;
/** Below so many freed slots it is not worth tidying up. */
const FEWEST_TO_COMPACT = 1024;

/** Keys and their slots. Shared by every view taken since the last compaction: it only grows, so an older view finds nothing in the slots it does not know. */
type Slots = {readonly byKey: Map<string, number>; readonly keys: string[]};
type Chunk<V> = Array<V | undefined>;

/**
 * A map that gives out views of itself which never change, at a cost of what changed in
 * between: values stand in chunks of 32 that are copied when written for the first time
 * after a view was taken. A key keeps its slot for as long as the map lives (until
 * compaction), so the order of iteration is the order in which keys were first seen.
 */
export class SlotMap<V> {
	#slots: Slots = {byKey: new Map(), keys: []};
	#chunks: Array<Chunk<V>> = [];
	/** Chunks made or copied since the last view; only these may be written in place. */
	#owned = new Set<number>();
	#ownsChunks = true;
	#size = 0;
	#view: SlotView<V> | undefined;

	get size(): number {
		return this.#size;
	}

	get(key: string): V | undefined {
		const slot = this.#slots.byKey.get(key);
		return slot === undefined ? undefined : this.at(slot);
	}

	/** Slot of a key that is in the map; undefined for others. */
	slotOf(key: string): number | undefined {
		const slot = this.#slots.byKey.get(key);
		return slot === undefined || this.at(slot) === undefined ? undefined : slot;
	}

	at(slot: number): V | undefined {
		return this.#chunks[slot >> CHUNK_BITS]?.[slot & (CHUNK - 1)];
	}

	/** The key of a slot, always the same string: who keeps it keeps none of its own. */
	keyAt(slot: number): string {
		return this.#slots.keys[slot]!;
	}

	/** Writes and gives the slot written. */
	set(key: string, value: V): number {
		const slots = this.#slots;
		let slot = slots.byKey.get(key);
		if (slot === undefined) {
			slot = slots.keys.length;
			slots.byKey.set(key, slot);
			slots.keys.push(key);
			this.#size++;
		} else if (this.at(slot) === undefined) this.#size++;
		this.#write(slot, value);
		return slot;
	}

	delete(key: string): boolean {
		const slot = this.slotOf(key);
		if (slot === undefined) return false;
		this.#write(slot, undefined);
		this.#size--;
		if (this.#slots.keys.length - this.#size > Math.max(FEWEST_TO_COMPACT, this.#size)) this.#compact();
		return true;
	}

	/** The map as it is now. The same object until something is written. */
	view(): ReadonlyMap<string, V> {
		if (this.#view === undefined) {
			this.#view = new SlotView(this.#slots, this.#chunks, this.#size);
			this.#owned = new Set();
			this.#ownsChunks = false;
		}
		return this.#view;
	}

	entries(): Iterable<[string, V]> {
		return new SlotView(this.#slots, this.#chunks, this.#size).entries();
	}

	#write(slot: number, value: V | undefined): void {
		this.#view = undefined;
		if (!this.#ownsChunks) {
			this.#chunks = this.#chunks.slice();
			this.#ownsChunks = true;
		}
		const index = slot >> CHUNK_BITS;
		if (!this.#owned.has(index)) {
			this.#chunks[index] = this.#chunks[index]?.slice() ?? [];
			this.#owned.add(index);
		}
		this.#chunks[index]![slot & (CHUNK - 1)] = value;
	}

	#compact(): void {
		const live = [...this.entries()];
		this.#slots = {byKey: new Map(), keys: []};
		this.#chunks = [];
		this.#owned = new Set();
		this.#ownsChunks = true;
		this.#size = 0;
		for (const [key, value] of live) this.set(key, value);
	}
}

/** A {@link SlotMap} at one instant. */
class SlotView<V> implements ReadonlyMap<string, V> {
	readonly size: number;
	readonly #slots: Slots;
	readonly #chunks: ReadonlyArray<Chunk<V>>;

	constructor(slots: Slots, chunks: ReadonlyArray<Chunk<V>>, size: number) {
		this.#slots = slots;
		this.#chunks = chunks;
		this.size = size;
	}

	get(key: string): V | undefined {
		const slot = this.#slots.byKey.get(key);
		return slot === undefined ? undefined : this.#chunks[slot >> CHUNK_BITS]?.[slot & (CHUNK - 1)];
	}

	has(key: string): boolean {
		return this.get(key) !== undefined;
	}

	/** Without an object for each entry, as iterating makes. */
	forEach(call: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
		for (const [index, chunk] of this.#chunks.entries())
			for (let offset = 0; offset < chunk.length; offset++) {
				const value = chunk[offset];
				if (value !== undefined) call(value, this.#slots.keys[(index << CHUNK_BITS) | offset]!, this);
			}
	}

	*entries(): Generator<[string, V], undefined> {
		for (let index = 0; index < this.#chunks.length; index++) {
			const chunk = this.#chunks[index]!;
			for (let offset = 0; offset < chunk.length; offset++) {
				const value = chunk[offset];
				if (value !== undefined) yield [this.#slots.keys[(index << CHUNK_BITS) | offset]!, value];
			}
		}
	}

	*keys(): Generator<string, undefined> {
		for (const [key] of this.entries()) yield key;
	}

	*values(): Generator<V, undefined> {
		for (const chunk of this.#chunks) {
			for (const value of chunk) if (value !== undefined) yield value;
		}
	}

	[Symbol.iterator](): Generator<[string, V], undefined> {
		return this.entries();
	}
}

/** A view whose values are made of another's when they are asked for. */
export function mapValues<V, W>(view: ReadonlyMap<string, V>, change: (value: V) => W): ReadonlyMap<string, W> {
	return new MappedView(view, change);
}

class MappedView<V, W> implements ReadonlyMap<string, W> {
	readonly #view: ReadonlyMap<string, V>;
	readonly #change: (value: V) => W;

	constructor(view: ReadonlyMap<string, V>, change: (value: V) => W) {
		this.#view = view;
		this.#change = change;
	}

	get size(): number {
		return this.#view.size;
	}

	get(key: string): W | undefined {
		const value = this.#view.get(key);
		return value === undefined ? undefined : this.#change(value);
	}

	has(key: string): boolean {
		return this.#view.has(key);
	}

	forEach(call: (value: W, key: string, map: ReadonlyMap<string, W>) => void): void {
		this.#view.forEach((value, key) => {
			call(this.#change(value), key, this);
		});
	}

	*entries(): Generator<[string, W], undefined> {
		for (const [key, value] of this.#view) yield [key, this.#change(value)];
	}

	keys(): MapIterator<string> {
		return this.#view.keys();
	}

	*values(): Generator<W, undefined> {
		for (const value of this.#view.values()) yield this.#change(value);
	}

	[Symbol.iterator](): Generator<[string, W], undefined> {
		return this.entries();
	}
}
