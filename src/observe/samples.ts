import type {MeasuredUsage, UsageTexts} from '../kube/measured-usage.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {grown} from '../util/grown.ts';
import type {Bytes, NanoCores} from '../util/units.ts';
import {containerUsageOf, usageOf} from './container-usage.ts';
import type {UsageSample} from './observation.ts';

/** Who is measured. The same object from sample to sample, as long as it has the same containers. */
export type Measured = {
	readonly of: 'pod' | 'node';
	/** '' of a node. */
	readonly namespace: string;
	readonly name: string;
	/** `namespace/name` of a pod, the name of a node. */
	readonly key: string;
	/** The containers; of a node one, without a name. */
	readonly names: readonly string[];
};

/**
 * Samples as columns: ten thousand come every 15 s, and nearly none of them is ever looked at. Never changes.
 *
 * A sample's containers have places, one after the other: the first is `starts[index]`, the figures of a place are
 * `figures[2 * place]` (NanoCores) and `figures[2 * place + 1]` (Bytes). NaN: the sample does not say.
 */
export type Samples = {
	readonly measured: readonly Measured[];
	/** EpochMs. */
	readonly timestamps: Float64Array;
	/** Milliseconds. */
	readonly windows: Float64Array;
	readonly starts: Int32Array;
	readonly figures: Float64Array;
	/** The server's texts by place, only where a figure is not exact. */
	readonly texts: ReadonlyMap<number, UsageTexts>;
};

/** Puts samples together. */
export type SamplesBuilder = {
	/** Samples since the last `take`. */
	readonly size: number;
	/** Begins a sample, none of whose figures is known. */
	add(measured: Measured, timestamp: number, windowMs: number): void;
	/** @param at Which of the containers of the sample that was added last. */
	figure(at: number, usage: MeasuredUsage): void;
	/** Adds a sample of others. */
	copy(from: Samples, index: number): void;
	/** What was added since the last time. */
	take(): Samples;
};

const NODE_NAMES: readonly string[] = [''];
const NO_TEXTS: ReadonlyMap<number, UsageTexts> = new Map();
const FIRST_SIZE = 64;

export function measuredPod(namespace: string, name: string, names: readonly string[]): Measured {
	return {of: 'pod', namespace, name, key: `${namespace}/${name}`, names};
}

export function measuredNode(name: string): Measured {
	return {of: 'node', namespace: '', name, key: name, names: NODE_NAMES};
}

export function createSamplesBuilder(): SamplesBuilder {
	let measured: Measured[] = [];
	let timestamps = new Float64Array(FIRST_SIZE);
	let windows = new Float64Array(FIRST_SIZE);
	let starts = new Int32Array(FIRST_SIZE);
	let figures = new Float64Array(2 * FIRST_SIZE);
	let places = 0;
	let texts: Map<number, UsageTexts> | undefined;

	function addTexts(place: number, its: UsageTexts): void {
		texts ??= new Map();
		texts.set(place, its);
	}

	function add(whom: Measured, timestamp: number, windowMs: number): void {
		const index = measured.length;
		if (index === timestamps.length) {
			timestamps = grown(timestamps, index + 1);
			windows = grown(windows, index + 1);
			starts = grown(starts, index + 1);
		}
		timestamps[index] = timestamp;
		windows[index] = windowMs;
		starts[index] = places;
		measured.push(whom);
		const from = 2 * places;
		places += whom.names.length;
		if (2 * places > figures.length) figures = grown(figures, 2 * places);
		figures.fill(Number.NaN, from, 2 * places);
	}

	return {
		get size() {
			return measured.length;
		},
		add,
		figure(at, {cpu, memory, texts: itsTexts}) {
			const place = starts[measured.length - 1]! + at;
			if (cpu !== undefined) figures[2 * place] = cpu;
			if (memory !== undefined) figures[2 * place + 1] = memory;
			if (itsTexts !== undefined) addTexts(place, itsTexts);
		},
		copy(from, index) {
			const whom = from.measured[index]!;
			const [to, start] = [places, from.starts[index]!];
			add(whom, from.timestamps[index]!, from.windows[index]!);
			for (let at = 0; at < 2 * whom.names.length; at++) figures[2 * to + at] = from.figures[2 * start + at]!;
			if (from.texts.size === 0) return;
			for (let at = 0; at < whom.names.length; at++) {
				const text = from.texts.get(start + at);
				if (text !== undefined) addTexts(to + at, text);
			}
		},
		take() {
			const count = measured.length;
			const taken = {
				measured,
				timestamps: timestamps.slice(0, count),
				windows: windows.slice(0, count),
				starts: starts.slice(0, count),
				figures: figures.slice(0, 2 * places),
				texts: texts ?? NO_TEXTS,
			};
			measured = [];
			places = 0;
			texts = undefined;
			return taken;
		},
	};
}

/** One of the samples, as an object. */
export function sampleAt(samples: Samples, index: number): UsageSample {
	const {of, namespace, name, names} = samples.measured[index]!;
	const [timestamp, windowMs] = [samples.timestamps[index] as EpochMs, samples.windows[index]!];
	const start = samples.starts[index]!;
	if (of === 'node') return {of, name, timestamp, windowMs, usage: usageOf(cpuAt(samples, start), memoryAt(samples, start), samples.texts.get(start))};
	const containers = names.map((container, at) =>
		containerUsageOf(container, cpuAt(samples, start + at), memoryAt(samples, start + at), samples.texts.get(start + at)),
	);
	return {of, namespace, name, timestamp, windowMs, containers};
}

/** Of a place; undefined: the sample does not say. */
function cpuAt({figures}: Samples, place: number): NanoCores | undefined {
	return known(figures[2 * place]!) as NanoCores | undefined;
}

/** Of a place; undefined: the sample does not say. */
function memoryAt({figures}: Samples, place: number): Bytes | undefined {
	return known(figures[2 * place + 1]!) as Bytes | undefined;
}

function known(figure: number): number | undefined {
	return Number.isNaN(figure) ? undefined : figure;
}

/** The same names in the same order? */
export function isSameList(one: readonly string[], other: readonly string[]): boolean {
	if (one === other) return true;
	if (one.length !== other.length) return false;
	for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
	return true;
}

/** Objects as columns. */
export function samplesOf(list: readonly UsageSample[]): Samples {
	const builder = createSamplesBuilder();
	for (const sample of list) {
		const usages = sample.of === 'node' ? [sample.usage] : sample.containers;
		const measured =
			sample.of === 'node'
				? measuredNode(sample.name)
				: measuredPod(
						sample.namespace,
						sample.name,
						sample.containers.map(({name}) => name),
					);
		builder.add(measured, sample.timestamp, sample.windowMs);
		for (const [at, {cpu, memory, cpuText, memoryText}] of usages.entries()) {
			const isExact = cpuText === undefined && memoryText === undefined;
			builder.figure(at, {cpu, memory, texts: isExact ? undefined : {cpuText, memoryText}});
		}
	}
	return builder.take();
}
