import type {ByteWriter} from './byte-writer.ts';
import {LONGEST_NUMBERED, MOST_TEXTS, SMALL_INTS, SMALL_TEXTS, TAG, TIME_RANGE_MS} from './value-tags.ts';

/** A place that an encoder can go back to. */
export type EncoderMark = {readonly length: number; readonly texts: number; readonly maps: number; readonly shapes: number; readonly lastDecimal: number};

type Shape = {readonly id: number; readonly keys: readonly string[]; readonly guesses: Array<Shape | undefined>};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const DECIMAL = /^[1-9][0-9]{0,14}$/;

/**
 * Writes plain values: what objects of the schema, samples and saved folds are made of. Texts, maps and
 * the keys of objects are numbered when they come first, so an encoder and its decoder live as long as a segment.
 */
export class ValueEncoder {
	readonly #out: ByteWriter;
	readonly #base: number;
	readonly #texts = new Map<string, number>();
	readonly #maps = new Map<ReadonlyMap<unknown, unknown>, number>();
	readonly #shapes = new Map<string, Shape>();
	/** In the order of their numbers, so that the last ones can be taken back. */
	readonly #textList: string[] = [];
	readonly #mapList: Array<ReadonlyMap<unknown, unknown>> = [];
	readonly #shapeList: Shape[] = [];
	#lastDecimal = 0;

	/** @param base A moment near those that will be written. */
	constructor(out: ByteWriter, base: number) {
		this.#out = out;
		this.#base = base;
	}

	/** Where the encoder is now; see {@link ValueEncoder.rollback}. */
	mark(): EncoderMark {
		return {
			length: this.#out.length,
			texts: this.#textList.length,
			maps: this.#mapList.length,
			shapes: this.#shapeList.length,
			lastDecimal: this.#lastDecimal,
		};
	}

	/** Takes back what was written since. */
	rollback({length, texts, maps, shapes, lastDecimal}: EncoderMark): void {
		this.#out.truncate(length);
		for (const text of this.#textList.splice(texts)) this.#texts.delete(text);
		for (const map of this.#mapList.splice(maps)) this.#maps.delete(map);
		for (const shape of this.#shapeList.splice(shapes)) this.#shapes.delete(JSON.stringify(shape.keys));
		this.#lastDecimal = lastDecimal;
	}

	/** Writes the value by itself. */
	value(value: unknown): void {
		this.#value(value, undefined, 0);
	}

	/** Writes what differs from a value that the decoder has. */
	change(before: unknown, after: unknown): void {
		const out = this.#out;
		if (before === after) return out.byte(TAG.same);
		if (Array.isArray(before) && Array.isArray(after)) return this.#arrayChange(before, after);
		if (isPlain(before) && isPlain(after)) return this.#objectChange(before, after);
		if (isSame(before, after)) return out.byte(TAG.same);
		this.value(after);
	}

	#objectChange(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): void {
		const keys = Object.keys(before);
		let at = 0;
		for (const key in after) if (keys[at++] !== key) return this.value(after);
		if (at !== keys.length) return this.value(after);
		const changed = keys.reduce((count, key) => (isSame(before[key], after[key]) ? count : count + 1), 0);
		const out = this.#out;
		if (changed === 0) return out.byte(TAG.same);
		out.byte(TAG.objectChanged);
		out.varint(changed);
		keys.forEach((key, index) => {
			if (isSame(before[key], after[key])) return;
			out.varint(index);
			this.change(before[key], after[key]);
		});
	}

	#arrayChange(before: readonly unknown[], after: readonly unknown[]): void {
		const out = this.#out;
		const common = Math.min(before.length, after.length);
		const changed: number[] = [];
		for (let index = 0; index < common; index++) if (!isSame(before[index], after[index])) changed.push(index);
		if (changed.length === 0 && before.length === after.length) return out.byte(TAG.same);
		out.byte(TAG.arrayChanged);
		out.varint(after.length);
		out.varint(changed.length);
		for (const index of changed) {
			out.varint(index);
			this.change(before[index], after[index]);
		}
		for (let index = common; index < after.length; index++) this.value(after[index]);
	}

	/** @returns the shape, where it is an object: a good guess for the next one at this place. */
	#value(value: unknown, guess: Shape | undefined, depth: number): Shape | undefined {
		const out = this.#out;
		switch (typeof value) {
			case 'string':
				this.#text(value);
				return undefined;
			case 'number':
				this.#number(value);
				return undefined;
			case 'boolean':
				out.byte(value ? TAG.true : TAG.false);
				return undefined;
			case 'undefined':
				out.byte(TAG.undefined);
				return undefined;
			case 'object':
				break;
			default:
				throw new TypeError(`a ${typeof value} cannot be recorded`);
		}
		if (value === null) {
			out.byte(TAG.null);
			return undefined;
		}
		if (Array.isArray(value)) {
			out.byte(TAG.array);
			out.varint(value.length);
			let shape = guess;
			for (const each of value) shape = this.#value(each, shape, depth + 1);
			return shape;
		}
		if (value instanceof Map) {
			this.#map(value, depth);
			return undefined;
		}
		if (value instanceof Float32Array) {
			out.byte(TAG.float32);
			out.varint(value.length);
			out.raw(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
			return undefined;
		}
		return this.#object(value as Readonly<Record<string, unknown>>, guess, depth);
	}

	#object(value: Readonly<Record<string, unknown>>, guess: Shape | undefined, depth: number): Shape {
		const out = this.#out;
		let shape = guess !== undefined && this.#shapeList[guess.id] === guess && hasShape(value, guess) ? guess : undefined;
		if (shape === undefined) {
			const keys = Object.keys(value);
			const name = JSON.stringify(keys);
			shape = this.#shapes.get(name);
			if (shape === undefined) {
				shape = {id: this.#shapes.size, keys, guesses: keys.map(() => undefined)};
				this.#shapes.set(name, shape);
				this.#shapeList.push(shape);
				out.byte(TAG.objectNew);
				out.varint(keys.length);
				for (const key of keys) out.text(key);
				this.#fields(value, shape, depth);
				return shape;
			}
		}
		out.byte(TAG.objectKnown);
		out.varint(shape.id);
		this.#fields(value, shape, depth);
		return shape;
	}

	#fields(value: Readonly<Record<string, unknown>>, {keys, guesses}: Shape, depth: number): void {
		for (let index = 0; index < keys.length; index++) {
			const shape = this.#value(value[keys[index]!], guesses[index], depth + 1);
			if (shape !== undefined) guesses[index] = shape;
		}
	}

	#map(value: ReadonlyMap<unknown, unknown>, depth: number): void {
		const out = this.#out;
		const known = this.#maps.get(value);
		if (known !== undefined) {
			out.byte(TAG.mapKnown);
			out.varint(known);
			return;
		}
		out.byte(TAG.mapNew);
		out.varint(value.size);
		for (const [key, each] of value) {
			this.#value(key, undefined, depth + 1);
			this.#value(each, undefined, depth + 1);
		}
		this.#maps.set(value, this.#maps.size);
		this.#mapList.push(value);
	}

	#text(value: string): void {
		const out = this.#out;
		const id = this.#texts.get(value);
		if (id !== undefined) {
			if (id < SMALL_TEXTS) return out.byte(TAG.firstSmallText + id);
			out.byte(TAG.textKnown);
			return out.varint(id);
		}
		const first = value.charCodeAt(0);
		if (first >= 0x31 && first <= 0x39 && value.length >= 3 && DECIMAL.test(value)) {
			const number = Number(value);
			out.byte(TAG.decimal);
			out.signed(number - this.#lastDecimal);
			this.#lastDecimal = number;
			return;
		}
		if (value.length === 36 && UUID.test(value)) {
			out.byte(TAG.uuid);
			return out.raw(Buffer.from(value.replaceAll('-', ''), 'hex'));
		}
		if (!value.isWellFormed()) return this.#text(value.toWellFormed());
		if (value.length > LONGEST_NUMBERED || this.#texts.size >= MOST_TEXTS) out.byte(TAG.textOnce);
		else {
			this.#texts.set(value, this.#texts.size);
			this.#textList.push(value);
			out.byte(TAG.textNew);
		}
		out.text(value);
	}

	#number(value: number): void {
		const out = this.#out;
		const distance = value - this.#base;
		if (Number.isInteger(value) && !Object.is(value, -0)) {
			if (value >= 0 && value < SMALL_INTS) return out.byte(TAG.firstSmallInt + value);
			if (Math.abs(distance) < TIME_RANGE_MS && value % 1000 === 0) {
				out.byte(TAG.seconds);
				return out.signed((value - Math.floor(this.#base / 1000) * 1000) / 1000);
			}
			if (Math.abs(distance) < TIME_RANGE_MS) {
				out.byte(TAG.milliseconds);
				return out.signed(distance);
			}
			if (Math.abs(value) < 2 ** 52) {
				out.byte(TAG.int);
				return out.signed(value);
			}
		} else if (Math.abs(distance) < TIME_RANGE_MS) {
			const microseconds = Math.round(distance * 1000);
			if ((microseconds + this.#base * 1000) / 1000 === value) {
				out.byte(TAG.microseconds);
				return out.signed(microseconds);
			}
		}
		out.byte(TAG.double);
		out.double(value);
	}
}

function hasShape(value: Readonly<Record<string, unknown>>, {keys}: Shape): boolean {
	let at = 0;
	for (const key in value) if (keys[at++] !== key) return false;
	return at === keys.length;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map) && !(value instanceof Float32Array);
}

/** Equal, all the way down; what the decoder is shared or kept once is told at a glance. */
export function isSame(one: unknown, other: unknown): boolean {
	if (Object.is(one, other)) return true;
	if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
	if (Array.isArray(one)) return Array.isArray(other) && one.length === other.length && one.every((each, index) => isSame(each, other[index]));
	if (one instanceof Map) {
		if (!(other instanceof Map) || one.size !== other.size) return false;
		const entries = other.entries();
		for (const [key, value] of one) {
			const [otherKey, otherValue] = entries.next().value!;
			if (!isSame(key, otherKey) || !isSame(value, otherValue)) return false;
		}
		return true;
	}
	if (one instanceof Float32Array)
		return other instanceof Float32Array && one.length === other.length && one.every((each, index) => Object.is(each, other[index]));
	if (!isPlain(one) || !isPlain(other)) return false;
	const keys = Object.keys(one);
	let at = 0;
	for (const key in other) if (keys[at++] !== key) return false;
	return at === keys.length && keys.every(key => isSame(one[key], other[key]));
}
