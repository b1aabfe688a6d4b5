import {Buffer} from 'node:buffer';
import {type MeasuredUsage, measuredUsage} from '../kube/measured-usage.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {epochMs} from '../util/epoch-ms.ts';
import type {Interner} from './interner.ts';
import {wash} from './wash.ts';

/** Past every buffer: where the reader stands after a failure, so that every loop ends. */
const NOWHERE = 0x3fffffff;

/** Uses of the interner; compiled messages count on from LAST_USE. */
const WORD = 0;
export const WORD_MAP = 1;
export const QUANTITY_MAP = 2;
export const LAST_USE = 2;

/** Bytes of map keys and of suffixes. */
const CPU = Buffer.from('cpu');
const MEMORY = Buffer.from('memory');
const NANO = Buffer.from('n');
const KIBI = Buffer.from('Ki');
/** A number of so many digits is exact, in kibibytes too. */
const MOST_PLAIN_DIGITS = 12;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** Node's own shortcuts, which its types leave out: `toString` without looking up the encoding. */
type SlicedBuffer = Buffer & {latin1Slice(start: number, end: number): string; utf8Slice(start: number, end: number): string};

/** What the value of a map's entry is. */
export type MapValue = 'word' | 'quantity' | 'time';

/**
 * Reads protobuf values out of a buffer, in place. It never throws: the first failure is kept,
 * the position goes past every end, and all further reads give zero values, so that only the
 * caller at the top has to look.
 *
 * Nested lengths are held against the limit of the whole when entered, and against the position
 * when left ({@link close}); between, a read may at worst see bytes of a neighbour that is
 * thrown away with it.
 */
export class ProtoReader {
	/** Where the next read begins. */
	pos = 0;
	/** Why everything read since the last {@link open} is of no use. */
	failure: string | undefined;
	readonly interner: Interner;
	/** Where decoders lay the values of messages that they are within; `top` is the first free place. */
	readonly values: unknown[] = [];
	top = 0;
	#bytes = Buffer.alloc(0) as SlicedBuffer;
	#limit = 0;

	constructor(interner: Interner) {
		this.interner = interner;
	}

	/** Begins with bytes [start, end) of a buffer, which is not kept past the next open. */
	open(bytes: Uint8Array, start: number, end: number): void {
		this.#bytes = (bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) as SlicedBuffer;
		this.pos = start;
		this.#limit = end;
		this.failure = undefined;
		this.top = 0;
	}

	fail(detail: string): void {
		this.failure ??= detail;
		this.pos = NOWHERE;
	}

	/** The end of a message: nothing of it may lie beyond. */
	close(end: number): void {
		if (this.pos !== end) this.fail('a field runs past the end of its message');
	}

	/** A field's number and wire type, as they stand in the bytes. */
	tag(): number {
		const byte = this.#bytes[this.pos]!;
		if (byte >= 8 && byte < 128) {
			this.pos++;
			return byte;
		}
		const tag = this.uint32();
		if (tag < 8) this.fail('field number 0');
		return tag;
	}

	/** An unsigned varint of up to 32 bits: tags and lengths. Anything longer fails. */
	uint32(): number {
		const bytes = this.#bytes;
		let pos = this.pos;
		let byte = bytes[pos++]!;
		if (byte < 128) {
			this.pos = pos;
			return byte;
		}
		let value = byte & 127;
		for (let shift = 7; shift < 32; shift += 7) {
			if (pos >= this.#limit) break;
			byte = bytes[pos++]!;
			value |= (byte & 127) << shift;
			if (byte < 128 && (shift < 28 || byte < 16)) {
				this.pos = pos;
				return value >>> 0;
			}
		}
		this.fail('a tag or length that is no 32-bit number');
		return 0;
	}

	/** int32 and int64, as a double; negative ones travel as ten bytes. */
	int(): number {
		const bytes = this.#bytes;
		let pos = this.pos;
		let byte = bytes[pos++]!;
		if (byte < 128) {
			this.pos = pos;
			return byte;
		}
		let low = byte & 127;
		let high = 0;
		for (let shift = 7; shift < 70; shift += 7) {
			if (pos >= this.#limit) break;
			byte = bytes[pos++]!;
			const bits = byte & 127;
			if (shift < 28) low |= bits << shift;
			else if (shift === 28) {
				low |= bits << 28;
				high = bits >>> 4;
			} else high |= bits << (shift - 32);
			if (byte < 128) {
				this.pos = pos;
				return high * 0x1_0000_0000 + (low >>> 0);
			}
		}
		this.fail('a number of more than 64 bits');
		return 0;
	}

	bool(): boolean {
		return this.int() !== 0;
	}

	double(): number {
		const start = this.pos;
		if (start + 8 > this.#limit) {
			this.fail('cut off within a number');
			return 0;
		}
		this.pos = start + 8;
		return this.#bytes.readDoubleLE(start);
	}

	/** Enters a length-delimited value: where it ends. */
	enter(): number {
		const length = this.uint32();
		const end = this.pos + length;
		if (end <= this.#limit) return end;
		this.fail('a length goes past the end');
		return 0;
	}

	/** Passes over a value that nobody asked for. */
	skip(tag: number): void {
		switch (tag & 7) {
			case VARINT:
				this.int();
				return;
			case FIXED64:
				this.pos += 8;
				break;
			case DELIMITED: {
				const end = this.enter();
				if (this.failure === undefined) this.pos = end;
				return;
			}
			case FIXED32:
				this.pos += 4;
				break;
			default:
				this.fail(`field ${tag >>> 3} has wire type ${tag & 7}`);
				return;
		}
		if (this.pos > this.#limit) this.fail('cut off within a number');
	}

	/** A tag that no field of the table has: skipped, but for one whose number is known and whose wire type is wrong. */
	unknown(tag: number, isKnownNumber: boolean): void {
		if (isKnownNumber) this.fail(`field ${tag >>> 3} has wire type ${tag & 7}`);
		else this.skip(tag);
	}

	/** Text of its own. */
	string(): string {
		const end = this.enter();
		const start = this.pos;
		if (this.failure !== undefined) return '';
		this.pos = end;
		return this.#text(start, end);
	}

	/** Text that repeats: found by its bytes. */
	word(): string {
		const end = this.enter();
		const start = this.pos;
		if (this.failure !== undefined) return '';
		this.pos = end;
		return this.#word(start, end);
	}

	/** metav1.Time, MicroTime {1 seconds, 2 nanos}; an empty message is the zero time. */
	time(): EpochMs | undefined {
		const end = this.enter();
		if (this.pos === end) return undefined;
		let seconds = 0;
		let nanos = 0;
		while (this.pos < end) {
			const tag = this.tag();
			if (tag === 0x08) seconds = this.int();
			else if (tag === 0x10) nanos = this.int();
			else this.unknown(tag, tag >>> 3 <= 2);
		}
		this.close(end);
		return epochMs(seconds * 1000 + Math.floor(nanos / 1000) / 1000);
	}

	/** metav1.Duration {1 nanoseconds}, in milliseconds. */
	duration(): number {
		const end = this.enter();
		let nanoseconds = 0;
		while (this.pos < end) {
			const tag = this.tag();
			if (tag === 0x08) nanoseconds = this.int();
			else this.unknown(tag, tag >>> 3 === 1);
		}
		this.close(end);
		return nanoseconds / 1e6;
	}

	/** resource.Quantity {1 text}. */
	quantity(): string {
		const end = this.enter();
		let text = '';
		while (this.pos < end) {
			const tag = this.tag();
			if (tag === 0x0a) text = this.string();
			else this.unknown(tag, tag >>> 3 === 1);
		}
		this.close(end);
		return text;
	}

	/** intstr.IntOrString {1 type, 2 int, 3 text}. */
	intOrString(): number | string {
		const end = this.enter();
		let isText = false;
		let int = 0;
		let text = '';
		while (this.pos < end) {
			const tag = this.tag();
			if (tag === 0x08) isText = this.int() === 1;
			else if (tag === 0x10) int = this.int();
			else if (tag === 0x1a) text = this.word();
			else this.unknown(tag, tag >>> 3 <= 3);
		}
		this.close(end);
		return isText ? text : int;
	}

	/** Where a run of fields with this same tag, within one message, ends. The first tag has been read; the position stays. */
	runEnd(tag: number, messageEnd: number): number {
		const start = this.pos;
		for (;;) {
			const end = this.enter();
			if (this.failure !== undefined) return 0;
			this.pos = end;
			if (end < messageEnd && this.tag() === tag) continue;
			// What follows the run is read again, and fails then if it must.
			this.failure = undefined;
			this.pos = start;
			return end;
		}
	}

	/** What was decoded from the same bytes before, and passes over them; undefined, and stays, when nothing was. */
	find(use: number, start: number, end: number): unknown {
		if (this.failure !== undefined) return undefined;
		const value = this.interner.find(use, this.#bytes, start, end);
		if (value !== undefined) this.pos = end;
		return value;
	}

	/** Keeps what was decoded from these bytes, for {@link find}. */
	keep(use: number, start: number, end: number, value: unknown): void {
		if (this.failure === undefined && this.pos === end) this.interner.add(use, this.#bytes, start, end, value);
	}

	/** A run of map entries {1 key, 2 value} whose first tag has been read. `keep`: only these keys. undefined: no entry was kept. */
	mapRun(tag: number, messageEnd: number, kind: MapValue, keep: ReadonlySet<string> | undefined): Map<string, unknown> | undefined {
		let map: Map<string, unknown> | undefined;
		const end = this.runEnd(tag, messageEnd);
		for (;;) {
			map = this.#entry(map, kind, keep);
			if (this.pos >= end) return map;
			this.tag();
		}
	}

	/**
	 * A run of map entries like {@link mapRun}'s, of which CPU and memory are wanted, as numbers: ten thousand every 15 s
	 * should make neither maps nor texts.
	 *
	 * @param before What an earlier run of the same message said.
	 */
	usageRun(tag: number, messageEnd: number, before: MeasuredUsage): MeasuredUsage {
		let cpu: number | string | undefined = before.texts?.cpuText ?? before.cpu;
		let memory: number | string | undefined = before.texts?.memoryText ?? before.memory;
		const end = this.runEnd(tag, messageEnd);
		for (;;) {
			const entryEnd = this.enter();
			let whose: 'cpu' | 'memory' | undefined;
			let valueAt = -1;
			while (this.pos < entryEnd) {
				const field = this.tag();
				if (field === 0x0a) whose = this.#usageKey();
				else if (field === 0x12) {
					valueAt = this.pos;
					this.skip(field);
				} else this.unknown(field, field >>> 3 <= 2);
			}
			this.close(entryEnd);
			if (this.failure !== undefined) return before;
			if (whose !== undefined) {
				const value = valueAt === -1 ? '' : this.#measuredAt(valueAt, whose);
				if (whose === 'cpu') cpu = value;
				else memory = value;
				if (this.failure === undefined) this.pos = entryEnd;
			}
			if (this.pos >= end) break;
			this.tag();
		}
		return measuredUsage(cpu, memory);
	}

	#usageKey(): 'cpu' | 'memory' | undefined {
		const end = this.enter();
		const start = this.pos;
		if (this.failure !== undefined) return undefined;
		this.pos = end;
		if (isText(this.#bytes, start, end, CPU)) return 'cpu';
		return isText(this.#bytes, start, end, MEMORY) ? 'memory' : undefined;
	}

	/** resource.Quantity {1 text}: as a number where the text is what metrics-server writes (`123n`, `456Ki`), else as that text. */
	#measuredAt(at: number, whose: 'cpu' | 'memory'): number | string {
		this.pos = at;
		const end = this.enter();
		let from = 0;
		let to = 0;
		while (this.pos < end) {
			const tag = this.tag();
			if (tag === 0x0a) {
				to = this.enter();
				from = this.pos;
				if (this.failure === undefined) this.pos = to;
			} else this.unknown(tag, tag >>> 3 === 1);
		}
		this.close(end);
		if (this.failure !== undefined) return '';
		return this.#plainNumber(from, to, whose) ?? this.#text(from, to);
	}

	#plainNumber(from: number, to: number, whose: 'cpu' | 'memory'): number | undefined {
		const bytes = this.#bytes;
		let value = 0;
		let at = from;
		for (; at < to; at++) {
			const digit = bytes[at]! - 48;
			if (digit < 0 || digit > 9) break;
			value = value * 10 + digit;
		}
		if (at === from || at - from > MOST_PLAIN_DIGITS) return undefined;
		if (whose === 'cpu') return isText(bytes, at, to, NANO) ? value : undefined;
		return isText(bytes, at, to, KIBI) ? value * 1024 : undefined;
	}

	/** The same as {@link mapRun}, but equal bytes give the same map. */
	sharedMapRun(tag: number, messageEnd: number, kind: MapValue, use: number): Map<string, unknown> | undefined {
		const start = this.pos;
		const end = this.runEnd(tag, messageEnd);
		const known = this.find(use, start, end);
		if (known !== undefined) return known as Map<string, unknown>;
		const map = this.mapRun(tag, messageEnd, kind, undefined);
		this.keep(use, start, end, map);
		return map;
	}

	#entry(map: Map<string, unknown> | undefined, kind: MapValue, keep: ReadonlySet<string> | undefined): Map<string, unknown> | undefined {
		const end = this.enter();
		let key = '';
		let valueAt = -1;
		while (this.pos < end) {
			const tag = this.tag();
			if (tag === 0x0a) key = this.word();
			else if (tag === 0x12) {
				valueAt = this.pos;
				this.skip(tag);
			} else this.unknown(tag, tag >>> 3 <= 2);
		}
		this.close(end);
		if (this.failure !== undefined || (keep !== undefined && !keep.has(key))) return map;
		const value = valueAt === -1 ? (kind === 'time' ? undefined : '') : this.#valueAt(valueAt, kind);
		if (this.failure === undefined) this.pos = end;
		if (value === undefined) return map;
		return (map ?? new Map<string, unknown>()).set(key, value);
	}

	#valueAt(at: number, kind: MapValue): unknown {
		this.pos = at;
		if (kind === 'word') return this.word();
		return kind === 'time' ? this.time() : this.quantity();
	}

	#word(start: number, end: number): string {
		if (start === end) return '';
		const known = this.interner.find(WORD, this.#bytes, start, end);
		if (known !== undefined) return known as string;
		const text = this.#text(start, end);
		this.interner.add(WORD, this.#bytes, start, end, text);
		return text;
	}

	#text(start: number, end: number): string {
		const bytes = this.#bytes;
		for (let at = start; at < end; at++) {
			const byte = bytes[at]!;
			if (byte < 0x20 || byte > 0x7e) return wash(bytes.utf8Slice(start, end));
		}
		return start === end ? '' : bytes.latin1Slice(start, end);
	}
}

function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
	if (end - start !== text.length) return false;
	for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text[at]) return false;
	return true;
}
