import {containerUsageOf, usageOf, type UsageTexts} from '../observe/container-usage.ts';
import type {Usage, UsageSample} from '../observe/observation.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {createNamedMap} from '../util/named-map.ts';
import type {Bytes, NanoCores} from '../util/units.ts';
import {wash} from '../util/wash.ts';
import {type ByteReader, MalformedRecording} from './byte-reader.ts';
import type {ByteWriter} from './byte-writer.ts';
import type {ValueDecoder} from './value-decoder.ts';
import type {ValueEncoder} from './value-encoder.ts';

/** What is known of who was measured: its number stands for it from the second sample on. */
type Measured = {
	readonly id: number;
	readonly names: readonly string[];
	/** The last values written, a container each: the next ones are told as distances. */
	readonly cpu: number[];
	readonly memory: number[];
};

type Known = Measured & {readonly key: readonly string[]; readonly isPod: boolean};

const NODE_NAMES: readonly string[] = [''];
/** Where nodes are kept: no namespace is called so. */
const NODES = '/nodes';

// A number of a usage: undefined, a whole number as a distance from the last, a number like no other, or either with the server's text.
const KIND = {undefined: 0, distance: 1, double: 2, withText: 4} as const;

/** Writes samples as columns: who, when, window, CPU, memory. Lives as long as a segment. */
export class SampleEncoder {
	readonly #out: ByteWriter;
	readonly #values: ValueEncoder;
	readonly #known = createNamedMap<Measured>();
	#count = 0;

	constructor(out: ByteWriter, values: ValueEncoder) {
		this.#out = out;
		this.#values = values;
	}

	/** Gives the next number to a pod (namespace, name, containers) that the decoder knows from elsewhere. */
	know([namespace, name, ...names]: readonly string[]): void {
		this.#number(namespace!, name!, names);
	}

	write(samples: readonly UsageSample[]): void {
		const out = this.#out;
		out.varint(samples.length);
		if (samples.length === 0) return;
		let lastId = 0;
		const measured = samples.map(sample => {
			const known = this.#measuredOf(sample, lastId);
			lastId = known.id;
			return known;
		});
		let timestamp: number = samples[0]!.timestamp;
		let windowMs = samples[0]!.windowMs;
		this.#values.value(timestamp);
		this.#values.value(windowMs);
		for (const sample of samples) {
			this.#distance(sample.timestamp, timestamp);
			timestamp = sample.timestamp;
		}
		for (const sample of samples) {
			this.#distance(sample.windowMs, windowMs);
			windowMs = sample.windowMs;
		}
		for (const [index, sample] of samples.entries()) {
			for (const [at, {cpu, cpuText}] of usagesOf(sample).entries()) this.#figure(cpu, cpuText, measured[index]!.cpu, at, 1);
		}
		for (const [index, sample] of samples.entries()) {
			for (const [at, {memory, memoryText}] of usagesOf(sample).entries()) this.#figure(memory, memoryText, measured[index]!.memory, at, 1024);
		}
	}

	#measuredOf(sample: UsageSample, lastId: number): Measured {
		const out = this.#out;
		const scope = sample.of === 'node' ? NODES : sample.namespace;
		const known = this.#known.get(scope, sample.name);
		if (known !== undefined && isMeasuredAs(sample, known.names)) {
			out.byte(1);
			out.signed(known.id - lastId);
			return known;
		}
		const names = sample.of === 'node' ? NODE_NAMES : sample.containers.map(({name}) => name);
		out.byte(0);
		this.#values.value(sample.of === 'node' ? [sample.name] : [sample.namespace, sample.name, ...names]);
		out.byte(sample.of === 'node' ? 0 : 1);
		return this.#number(scope, sample.name, names);
	}

	#number(scope: string, name: string, names: readonly string[]): Measured {
		const fresh = {id: this.#count++, names, cpu: names.map(() => 0), memory: names.map(() => 0)};
		this.#known.set(scope, name, fresh);
		return fresh;
	}

	#distance(value: number, from: number): void {
		const distance = value - from;
		// An odd number is no distance; the next one may be.
		if (Number.isSafeInteger(distance) && Math.abs(distance) < 2 ** 50 && from + distance === value)
			return this.#out.signed(distance >= 0 ? distance + 1 : distance);
		this.#out.signed(0);
		this.#out.double(value);
	}

	#figure(value: number | undefined, text: string | undefined, last: number[], at: number, unit: number): void {
		const out = this.#out;
		const isWhole = value !== undefined && Number.isInteger(value) && Math.abs(value) < 2 ** 50 && !Object.is(value, -0) && value % unit === 0;
		const kind = value === undefined ? KIND.undefined : isWhole ? KIND.distance : KIND.double;
		out.byte(text === undefined ? kind : kind | KIND.withText);
		if (value !== undefined && isWhole) {
			out.signed((value - last[at]!) / unit);
			last[at] = value;
		} else if (value !== undefined) out.double(value);
		if (text !== undefined) out.text(text);
	}
}

/** Reads what a SampleEncoder wrote. Throws MalformedRecording. */
export class SampleDecoder {
	readonly #values: ValueDecoder;
	readonly #known: Known[] = [];

	constructor(values: ValueDecoder) {
		this.#values = values;
	}

	/** See {@link SampleEncoder.know}. */
	know(key: readonly string[]): void {
		this.#number(key, true);
	}

	read(from: ByteReader): readonly UsageSample[] {
		const count = from.count();
		if (count === 0) return [];
		let lastId = 0;
		const measured = Array.from({length: count}, () => {
			const known = from.byte() === 1 ? this.#at(lastId + from.signed()) : this.#define(from);
			lastId = known.id;
			return known;
		});
		let timestamp = this.#values.value(from) as number;
		let windowMs = this.#values.value(from) as number;
		const timestamps = measured.map(() => {
			timestamp = distanceFrom(from, timestamp);
			return timestamp as EpochMs;
		});
		const windows = measured.map(() => {
			windowMs = distanceFrom(from, windowMs);
			return windowMs;
		});
		const cpus = figuresFrom(from, measured, 'cpu', 1);
		const memories = figuresFrom(from, measured, 'memory', 1024);
		let at = 0;
		return measured.map(({key, isPod, names}, index): UsageSample => {
			const [timestampNow, windowNow] = [timestamps[index]!, windows[index]!];
			if (!isPod) {
				const {cpu, memory, texts} = figureAt(cpus, memories, at++);
				return {of: 'node', name: key[0]!, timestamp: timestampNow, windowMs: windowNow, usage: usageOf(cpu, memory, texts)};
			}
			const containers = names.map(name => {
				const {cpu, memory, texts} = figureAt(cpus, memories, at++);
				return containerUsageOf(name, cpu, memory, texts);
			});
			return {of: 'pod', namespace: key[0]!, name: key[1]!, timestamp: timestampNow, windowMs: windowNow, containers};
		});
	}

	#at(id: number): Known {
		const known = this.#known[id];
		if (known === undefined) throw new MalformedRecording('a sample of nobody');
		return known;
	}

	#define(from: ByteReader): Known {
		const key = this.#values.value(from);
		const isPod = from.byte() === 1;
		if (!Array.isArray(key) || key.length < (isPod ? 2 : 1) || !key.every(each => typeof each === 'string')) throw new MalformedRecording('a sample of nobody');
		return this.#number(key, isPod);
	}

	#number(key: readonly string[], isPod: boolean): Known {
		const names = isPod ? key.slice(2) : NODE_NAMES;
		const fresh = {id: this.#known.length, key, isPod, names, cpu: names.map(() => 0), memory: names.map(() => 0)};
		this.#known.push(fresh);
		return fresh;
	}
}

function isMeasuredAs(sample: UsageSample, names: readonly string[]): boolean {
	if (sample.of === 'node') return true;
	if (sample.containers.length !== names.length) return false;
	for (let at = 0; at < names.length; at++) if (sample.containers[at]!.name !== names[at]) return false;
	return true;
}

/** A column of figures, one after the other for all containers, and the server's texts of the few that have one. */
type Figures = {readonly values: ReadonlyArray<number | undefined>; readonly texts: ReadonlyMap<number, string>};

function usagesOf(sample: UsageSample): readonly Usage[] {
	return sample.of === 'node' ? [sample.usage] : sample.containers;
}

function figureAt(
	{values: cpus, texts: cpuTexts}: Figures,
	{values: memories, texts: memoryTexts}: Figures,
	at: number,
): {readonly cpu: NanoCores | undefined; readonly memory: Bytes | undefined; readonly texts: UsageTexts | undefined} {
	const isOrdinary = !cpuTexts.has(at) && !memoryTexts.has(at);
	const texts = isOrdinary ? undefined : {cpuText: cpuTexts.get(at), memoryText: memoryTexts.get(at)};
	return {cpu: cpus[at] as NanoCores | undefined, memory: memories[at] as Bytes | undefined, texts};
}

function distanceFrom(from: ByteReader, last: number): number {
	const told = from.signed();
	if (told === 0) return from.double();
	return last + (told > 0 ? told - 1 : told);
}

function figuresFrom(from: ByteReader, measured: readonly Known[], of: 'cpu' | 'memory', unit: number): Figures {
	const values: Array<number | undefined> = [];
	const texts = new Map<number, string>();
	for (const {names, [of]: last} of measured)
		for (let at = 0; at < names.length; at++) {
			const kind = from.byte();
			let value: number | undefined;
			if ((kind & 3) === KIND.distance) {
				value = last[at]! + from.signed() * unit;
				last[at] = value;
			} else if ((kind & 3) === KIND.double) value = from.double();
			if (kind & KIND.withText) texts.set(values.length, wash(from.text()));
			values.push(value);
		}
	return {values, texts};
}
