import {type ByteReader, MalformedRecording} from './byte-reader.ts';
import {type ObjectMaker, objectMaker} from '../util/object-maker.ts';
import {wash} from '../util/wash.ts';
import {DEEPEST, LONGEST_NUMBERED, MOST_TEXTS, TAG} from './value-tags.ts';

type Shape = {readonly size: number; readonly make: ObjectMaker};

/** Shapes by their keys. Those of one recording are in all its segments, and what makes them should be compiled once. */
export type ShapesKnown = Map<string, Shape>;

/** More than any recording of ours has; a file that claims more gets no more kept. */
const MOST_SHAPES_KNOWN = 5000;

function shapeOf(keys: readonly string[], known: ShapesKnown): Shape {
	const name = JSON.stringify(keys);
	const held = known.get(name);
	if (held !== undefined) return held;
	const shape = {size: keys.length, make: objectMaker(keys)};
	if (known.size < MOST_SHAPES_KNOWN) known.set(name, shape);
	return shape;
}

/**
 * Reads what a ValueEncoder wrote, block after block of one segment. Texts are washed again: nobody knows who made the
 * file, and they are shown on a terminal. Throws MalformedRecording.
 */
export class ValueDecoder {
	readonly #base: number;
	readonly #shapesKnown: ShapesKnown;
	readonly #texts: string[] = [];
	readonly #maps: Array<ReadonlyMap<unknown, unknown>> = [];
	readonly #shapes: Shape[] = [];
	#lastDecimal = 0;
	/** Fields that were read and whose object is not made yet. */
	readonly #values: unknown[] = [];
	#top = 0;

	constructor(base: number, shapesKnown: ShapesKnown = new Map()) {
		this.#base = base;
		this.#shapesKnown = shapesKnown;
	}

	value(from: ByteReader): unknown {
		return this.#tagged(from, from.byte(), 0);
	}

	/** The value that the change leads to. Parts that did not change are the same as before. */
	change(from: ByteReader, before: unknown, depth = 0): unknown {
		const tag = from.byte();
		if (depth > DEEPEST) throw new MalformedRecording('values are nested too deep');
		switch (tag) {
			case TAG.same:
				return before;
			case TAG.objectChanged: {
				if (typeof before !== 'object' || before === null) throw new MalformedRecording('a change of an object that is none');
				const after: Record<string, unknown> = {...before};
				const keys = Object.keys(before);
				for (let left = from.count(); left > 0; left--) {
					const key = keys[from.varint()];
					if (key === undefined) throw new MalformedRecording('a change of a field that is not there');
					after[key] = this.change(from, after[key], depth + 1);
				}
				return after;
			}
			case TAG.arrayChanged: {
				if (!Array.isArray(before)) throw new MalformedRecording('a change of a list that is none');
				const length = from.varint();
				const after: unknown[] = before.slice(0, length);
				for (let left = from.count(); left > 0; left--) {
					const index = from.varint();
					if (index >= after.length) throw new MalformedRecording('a change of an element that is not there');
					after[index] = this.change(from, after[index], depth + 1);
				}
				while (after.length < length) after.push(this.value(from));
				return after;
			}
			default:
				return this.#tagged(from, tag, depth);
		}
	}

	#tagged(from: ByteReader, tag: number, depth: number): unknown {
		if (tag >= TAG.firstSmallText) return this.#textAt(tag - TAG.firstSmallText);
		if (tag >= TAG.firstSmallInt) return tag - TAG.firstSmallInt;
		switch (tag) {
			case TAG.undefined:
				return undefined;
			case TAG.null:
				return null;
			case TAG.false:
				return false;
			case TAG.true:
				return true;
			case TAG.int:
				return from.signed();
			case TAG.seconds:
				return (Math.floor(this.#base / 1000) + from.signed()) * 1000;
			case TAG.milliseconds:
				return this.#base + from.signed();
			case TAG.microseconds:
				return (from.signed() + this.#base * 1000) / 1000;
			case TAG.double:
				return from.double();
			case TAG.textKnown:
				return this.#textAt(from.varint());
			case TAG.textNew: {
				const text = wash(from.text());
				if (this.#texts.length >= MOST_TEXTS || text.length > LONGEST_NUMBERED) throw new MalformedRecording('too many or too long texts');
				this.#texts.push(text);
				return text;
			}
			case TAG.textOnce:
				return wash(from.text());
			case TAG.decimal:
				this.#lastDecimal += from.signed();
				return String(this.#lastDecimal);
			case TAG.uuid: {
				return uuidText(from.raw(16));
			}
			case TAG.float32: {
				const length = from.count();
				const bytes = from.raw(length * 4);
				const values = new Float32Array(length);
				new Uint8Array(values.buffer).set(bytes);
				return values;
			}
			case TAG.mapKnown: {
				const map = this.#maps[from.varint()];
				if (map === undefined) throw new MalformedRecording('a map that was never there');
				return map;
			}
			default:
				return this.#container(from, tag, depth + 1);
		}
	}

	#container(from: ByteReader, tag: number, depth: number): unknown {
		if (depth > DEEPEST) throw new MalformedRecording('values are nested too deep');
		switch (tag) {
			case TAG.array: {
				// Of just the length it has: one that is pushed to has room for seventeen, and ten thousand pods have ten each.
				const length = from.count();
				if (length === 0) return [];
				const array: unknown[] = [this.#tagged(from, from.byte(), depth)];
				if (length === 1) return array;
				for (let index = 1; index < length; index++) array.push(this.#tagged(from, from.byte(), depth));
				return array.slice();
			}
			case TAG.mapNew: {
				const map = new Map<unknown, unknown>();
				for (let left = from.count(); left > 0; left--) {
					const key = this.#tagged(from, from.byte(), depth);
					map.set(key, this.#tagged(from, from.byte(), depth));
				}
				this.#maps.push(map);
				return map;
			}
			case TAG.objectKnown: {
				const shape = this.#shapes[from.varint()];
				if (shape === undefined) throw new MalformedRecording('an object of a shape that was never there');
				return this.#fields(from, shape, depth);
			}
			case TAG.objectNew: {
				const keys: string[] = [];
				for (let left = from.count(); left > 0; left--) keys.push(from.text());
				if (keys.includes('__proto__')) throw new MalformedRecording('a field that cannot be');
				const shape = shapeOf(keys, this.#shapesKnown);
				this.#shapes.push(shape);
				return this.#fields(from, shape, depth);
			}
			default:
				throw new MalformedRecording(`a value of an unknown kind (${tag})`);
		}
	}

	#fields(from: ByteReader, {size, make}: Shape, depth: number): unknown {
		const base = this.#top;
		this.#top += size;
		for (let index = 0; index < size; index++) this.#values[base + index] = this.#tagged(from, from.byte(), depth);
		this.#top = base;
		return make(this.#values, base);
	}

	#textAt(id: number): string {
		const text = this.#texts[id];
		if (text === undefined) throw new MalformedRecording('a text that was never there');
		return text;
	}
}

const HEX = Uint8Array.from('0123456789abcdef', digit => digit.charCodeAt(0));
const uuid = Buffer.alloc(36, '-');
/** Where the digits of each byte stand. */
const UUID_PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

function uuidText(bytes: Uint8Array): string {
	for (let index = 0; index < 16; index++) {
		const byte = bytes[index]!;
		const place = UUID_PLACES[index]!;
		uuid[place] = HEX[byte >> 4]!;
		uuid[place + 1] = HEX[byte & 15]!;
	}
	return uuid.toString('latin1');
}
