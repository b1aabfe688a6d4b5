import type {UsageTexts} from '../kube/measured-usage.ts';
import {isSameList, type Measured, measuredNode, measuredPod, type Samples} from '../observe/samples.ts';
import {grown} from '../util/grown.ts';
import {NamedMap} from '../util/named-map.ts';
import {wash} from '../util/wash.ts';
import {type ByteReader, MalformedRecording} from './byte-reader.ts';
import type {ByteWriter} from './byte-writer.ts';
import type {ValueDecoder} from './value-decoder.ts';
import type {ValueEncoder} from './value-encoder.ts';

/** Where nodes are kept: no namespace is called so. */
const NODES = '/nodes';
/** What a figure is told in: CPU, memory. */
const UNITS = [1, 1024] as const;

// A number of a usage: undefined, a whole number as a distance from the last, a number like no other, or either with the server's text.
const KIND = {undefined: 0, distance: 1, double: 2, withText: 4} as const;

/** The last values written of whoever has a number, CPU and memory of each container: the next ones are told as distances. */
class LastFigures {
	#figures = new Float64Array(1024);
	#end = 0;

	/** Room for so many containers. @returns Where it begins. */
	make(containers: number): number {
		const start = this.#end;
		this.#end += 2 * containers;
		if (this.#end > this.#figures.length) this.#figures = grown(this.#figures, this.#end);
		return start;
	}

	get(place: number): number {
		return this.#figures[place]!;
	}

	set(place: number, value: number): void {
		this.#figures[place] = value;
	}
}

/** Writes samples as columns: who, when, window, CPU, memory. Lives as long as a segment. */
export class SampleEncoder {
	readonly #out: ByteWriter;
	readonly #values: ValueEncoder;
	/** A number stands for whoever was measured, from the second sample on. */
	readonly #numbers = new NamedMap<number>();
	/** By number. */
	readonly #names: Array<readonly string[]> = [];
	readonly #starts: number[] = [];
	readonly #last = new LastFigures();

	constructor(out: ByteWriter, values: ValueEncoder) {
		this.#out = out;
		this.#values = values;
	}

	/** Gives the next number to a pod that the decoder knows from elsewhere. */
	know(namespace: string, name: string, containers: readonly string[]): void {
		this.#number(namespace, name, containers);
	}

	/** Writes those in [from, to). */
	write(samples: Samples, from = 0, to = samples.measured.length): void {
		const out = this.#out;
		const {measured, timestamps, windows, starts} = samples;
		out.varint(to - from);
		if (from === to) return;
		/** Where the last values of each stand. */
		const lasts = new Int32Array(to - from);
		let last = 0;
		for (let index = from; index < to; index++) {
			last = this.#who(measured[index]!, last);
			lasts[index - from] = this.#starts[last]!;
		}
		for (const column of [timestamps, windows]) this.#values.value(column[from]!);
		for (const column of [timestamps, windows]) for (let index = from; index < to; index++) this.#distance(column[index]!, column[Math.max(from, index - 1)]!);
		for (const [which, unit] of UNITS.entries())
			for (let index = from; index < to; index++) {
				const start = starts[index]!;
				const count = measured[index]!.names.length;
				for (let at = 0; at < count; at++) {
					const text = samples.texts.get(start + at);
					const place = lasts[index - from]! + 2 * at + which;
					this.#figure(samples.figures[2 * (start + at) + which]!, which === 0 ? text?.cpuText : text?.memoryText, place, unit);
				}
			}
	}

	/** @returns The number. */
	#who({of, namespace, name, names}: Measured, last: number): number {
		const out = this.#out;
		const scope = of === 'node' ? NODES : namespace;
		const known = this.#numbers.get(scope, name);
		if (known !== undefined && isSameList(this.#names[known]!, names)) {
			out.byte(1);
			out.signed(known - last);
			return known;
		}
		out.byte(0);
		this.#values.value(of === 'node' ? [name] : [namespace, name, ...names]);
		out.byte(of === 'node' ? 0 : 1);
		return this.#number(scope, name, names);
	}

	#number(scope: string, name: string, names: readonly string[]): number {
		const number = this.#names.length;
		this.#numbers.set(scope, name, number);
		this.#names.push(names);
		this.#starts.push(this.#last.make(names.length));
		return number;
	}

	#distance(value: number, from: number): void {
		const distance = value - from;
		// An odd number is no distance; the next one may be.
		if (Number.isSafeInteger(distance) && Math.abs(distance) < 2 ** 50 && from + distance === value)
			return this.#out.signed(distance >= 0 ? distance + 1 : distance);
		this.#out.signed(0);
		this.#out.double(value);
	}

	#figure(value: number, text: string | undefined, place: number, unit: number): void {
		const out = this.#out;
		const isUnknown = Number.isNaN(value);
		const isWhole = Number.isInteger(value) && Math.abs(value) < 2 ** 50 && !Object.is(value, -0) && value % unit === 0;
		const kind = isUnknown ? KIND.undefined : isWhole ? KIND.distance : KIND.double;
		out.byte(text === undefined ? kind : kind | KIND.withText);
		if (isWhole) {
			out.signed((value - this.#last.get(place)) / unit);
			this.#last.set(place, value);
		} else if (!isUnknown) out.double(value);
		if (text !== undefined) out.text(text);
	}
}

/** Reads what a SampleEncoder wrote. Throws MalformedRecording. */
export class SampleDecoder {
	readonly #values: ValueDecoder;
	/** By number. */
	readonly #measured: Measured[] = [];
	readonly #starts: number[] = [];
	readonly #last = new LastFigures();

	constructor(values: ValueDecoder) {
		this.#values = values;
	}

	/** See {@link SampleEncoder.know}. */
	know(namespace: string, name: string, containers: readonly string[]): void {
		this.#number(measuredPod(namespace, name, containers));
	}

	read(from: ByteReader): Samples {
		const count = from.count();
		const measured: Measured[] = [];
		const [timestamps, windows] = [new Float64Array(count), new Float64Array(count)];
		const [starts, lasts] = [new Int32Array(count), new Int32Array(count)];
		const texts = new Map<number, UsageTexts>();
		if (count === 0) return {measured, timestamps, windows, starts, figures: new Float64Array(0), texts};
		let places = 0;
		let number = 0;
		for (let index = 0; index < count; index++) {
			number = from.byte() === 1 ? number + from.signed() : this.#define(from);
			const whom = this.#measured[number];
			if (whom === undefined) throw new MalformedRecording('a sample of nobody');
			measured.push(whom);
			lasts[index] = this.#starts[number]!;
			starts[index] = places;
			places += whom.names.length;
			// Every figure takes a byte: an odd file is not believed before there is room for it.
			if (2 * places > from.left) throw new MalformedRecording('more figures than there are bytes');
		}
		const firsts = [timestamps, windows].map(() => this.#values.value(from) as number);
		for (const [which, column] of [timestamps, windows].entries()) {
			let value = firsts[which]!;
			for (let index = 0; index < count; index++) {
				value = distanceFrom(from, value);
				column[index] = value;
			}
		}
		const figures = new Float64Array(2 * places);
		for (const [which, unit] of UNITS.entries())
			for (let index = 0; index < count; index++) {
				const names = measured[index]!.names.length;
				for (let at = 0; at < names; at++) {
					const place = starts[index]! + at;
					const kind = from.byte();
					figures[2 * place + which] = this.#figure(from, kind & 3, lasts[index]! + 2 * at + which, unit);
					if ((kind & KIND.withText) === 0) continue;
					const text = wash(from.text());
					texts.set(place, {cpuText: which === 0 ? text : texts.get(place)?.cpuText, memoryText: which === 0 ? undefined : text});
				}
			}
		return {measured, timestamps, windows, starts, figures, texts};
	}

	/** NaN: not known. */
	#figure(from: ByteReader, kind: number, place: number, unit: number): number {
		if (kind === KIND.double) return from.double();
		if (kind !== KIND.distance) return Number.NaN;
		const value = this.#last.get(place) + from.signed() * unit;
		this.#last.set(place, value);
		return value;
	}

	#define(from: ByteReader): number {
		const key = this.#values.value(from);
		const isPod = from.byte() === 1;
		if (!Array.isArray(key) || key.length < (isPod ? 2 : 1) || !key.every(each => typeof each === 'string')) throw new MalformedRecording('a sample of nobody');
		return this.#number(isPod ? measuredPod(key[0]!, key[1]!, key.slice(2)) : measuredNode(key[0]!));
	}

	#number(whom: Measured): number {
		this.#measured.push(whom);
		this.#starts.push(this.#last.make(whom.names.length));
		return this.#measured.length - 1;
	}
}

function distanceFrom(from: ByteReader, last: number): number {
	const told = from.signed();
	if (told === 0) return from.double();
	return last + (told > 0 ? told - 1 : told);
}
