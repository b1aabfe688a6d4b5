import {grown} from '../util/grown.ts';

/**
 * Values that repeat endlessly, found by the bytes they come from: a namespace, a node's name,
 * a set of labels. A hit costs no allocation, and equal values are one object, which is most of
 * what a store of trimmed objects saves.
 *
 * Bounded: full, it starts anew; what was given out stays valid. One belongs to a session.
 */
export class Interner {
	readonly #maxEntries: number;
	readonly #maxBytes: number;
	/** Entry number + 1, at the place its hash says or up to {@link MAX_PROBES} further; 0 is empty. */
	#slots = new Int32Array(INITIAL_SLOTS);
	#hashes = new Int32Array(INITIAL_SLOTS / 2);
	#starts = new Int32Array(INITIAL_SLOTS / 2);
	#lengths = new Int32Array(INITIAL_SLOTS / 2);
	#values: unknown[] = [];
	#bytes = new Uint8Array(INITIAL_BYTES);
	#bytesUsed = 0;

	constructor({maxEntries = 65_536, maxBytes = 4 * 1024 * 1024}: {readonly maxEntries?: number; readonly maxBytes?: number} = {}) {
		this.#maxEntries = maxEntries;
		this.#maxBytes = maxBytes;
	}

	/** The value of these bytes, undefined when there is none. `use` keeps apart what is decoded in different ways. */
	find(use: number, bytes: Uint8Array, start: number, end: number): unknown {
		const hash = hashOf(use, bytes, start, end);
		const slots = this.#slots;
		const mask = slots.length - 1;
		const length = end - start;
		for (let probe = 0; probe < MAX_PROBES; probe++) {
			const entry = slots[(hash + probe) & mask]! - 1;
			if (entry < 0) return undefined;
			if (this.#hashes[entry] === hash && this.#lengths[entry] === length && this.#hasBytes(this.#starts[entry]!, bytes, start, length)) {
				return this.#values[entry];
			}
		}
		return undefined;
	}

	/** Remembers a value that was not found. Where many hashes collide it is not remembered. */
	add(use: number, bytes: Uint8Array, start: number, end: number, value: unknown): void {
		const length = end - start;
		if (length > MAX_VALUE_BYTES) return;
		if (this.#values.length >= this.#maxEntries || this.#bytesUsed + length > this.#maxBytes) this.#clear();
		const hash = hashOf(use, bytes, start, end);
		if (!this.#place(hash, this.#values.length)) return;
		const entry = this.#values.length;
		this.#hashes[entry] = hash;
		this.#lengths[entry] = length;
		this.#starts[entry] = this.#bytesUsed;
		this.#values.push(value);
		if (this.#bytesUsed + length > this.#bytes.length) this.#bytes = grown(this.#bytes, this.#bytesUsed + length);
		this.#bytes.set(bytes.subarray(start, end), this.#bytesUsed);
		this.#bytesUsed += length;
		if (this.#values.length >= this.#hashes.length) this.#grow();
	}

	get size(): number {
		return this.#values.length;
	}

	#hasBytes(at: number, bytes: Uint8Array, start: number, length: number): boolean {
		const own = this.#bytes;
		for (let i = 0; i < length; i++) if (own[at + i] !== bytes[start + i]) return false;
		return true;
	}

	#place(hash: number, entry: number): boolean {
		const mask = this.#slots.length - 1;
		for (let probe = 0; probe < MAX_PROBES; probe++) {
			const slot = (hash + probe) & mask;
			if (this.#slots[slot] !== 0) continue;
			this.#slots[slot] = entry + 1;
			return true;
		}
		return false;
	}

	#grow(): void {
		const entries = this.#hashes.length * 2;
		this.#hashes = grown(this.#hashes, entries);
		this.#starts = grown(this.#starts, entries);
		this.#lengths = grown(this.#lengths, entries);
		this.#slots = new Int32Array(entries * 2);
		for (let entry = 0; entry < this.#values.length; entry++) this.#place(this.#hashes[entry]!, entry);
	}

	#clear(): void {
		this.#values = [];
		this.#bytesUsed = 0;
		this.#slots.fill(0);
	}
}

const INITIAL_SLOTS = 4096;
const INITIAL_BYTES = 64 * 1024;
const MAX_PROBES = 16;
const MAX_VALUE_BYTES = 4096;

function hashOf(use: number, bytes: Uint8Array, start: number, end: number): number {
	let hash = Math.imul(use + 1, 0x9e3779b1) ^ (end - start);
	let at = start;
	for (; at + 4 <= end; at += 4) {
		hash = Math.imul(hash ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)), 0x85ebca6b);
		hash ^= hash >>> 15;
	}
	for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x85ebca6b);
	hash ^= hash >>> 13;
	hash = Math.imul(hash, 0xc2b2ae35);
	return hash ^ (hash >>> 16);
}
