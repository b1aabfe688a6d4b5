import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import type {UsageSeries} from './frame.ts';
import type {Usage} from './observation.ts';

/** Most pods are looked at for a short while or not at all: the first block is small. */
const FIRST_BLOCK = 8;
const BLOCK = 32;
/** Offsets in milliseconds up to here are exact in single precision; after 4.6 hours a new block begins. */
const LONGEST_OFFSET_MS = 2 ** 24;

/**
 * Samples in a row: for each the offset of its time, then CPU and memory of every name.
 * Only ever written behind what was handed out before, so that series that share it do not change.
 * Single precision: seven digits are more than a chart has, and half the memory.
 */
type Block = {readonly names: readonly string[]; readonly startMs: number; readonly data: Float32Array};

/** A series at one instant. Adding to it makes another one and leaves this as it is. */
export type StoredSeries = {
	readonly blocks: readonly Block[];
	/** Samples in the last block; the others are full. */
	readonly count: number;
};

/** A series written down: views of what it holds, which never changes. (The first recordings have plain lists, with null for NaN.) */
export type SavedSeries = ReadonlyArray<{
	readonly names: readonly string[];
	readonly startMs: number;
	readonly capacity: number;
	readonly values: Float32Array | ReadonlyArray<number | null>;
}>;

/** Numbers that a sample of these names takes. */
export function strideOf(names: readonly string[]): number {
	return 1 + 2 * names.length;
}

/**
 * The series with one more sample. Whole blocks that are older than the last `limit` samples go.
 *
 * @param usages One for each name, in the order of `names`.
 */
export function appended(
	series: StoredSeries | undefined,
	names: readonly string[],
	timestamp: EpochMs,
	usages: readonly Usage[],
	limit: number,
): StoredSeries {
	const stride = strideOf(names);
	let blocks = series?.blocks ?? [];
	let count = series?.count ?? 0;
	const last = blocks.at(-1);
	if (last === undefined || last.names !== names || (count + 1) * stride > last.data.length || timestamp - last.startMs > LONGEST_OFFSET_MS) {
		const closed =
			last === undefined || count * strideOf(last.names) === last.data.length ? last : {...last, data: last.data.subarray(0, count * strideOf(last.names))};
		const fresh = {names, startMs: timestamp, data: new Float32Array(stride * (last === undefined ? FIRST_BLOCK : BLOCK))};
		blocks = closed === undefined ? [fresh] : [...withoutOld([...blocks.slice(0, -1), closed], limit), fresh];
		count = 0;
	}
	const {data, startMs} = blocks.at(-1)!;
	let at = count * stride;
	data[at++] = timestamp - startMs;
	for (const usage of usages) {
		data[at++] = usage.cpu ?? Number.NaN;
		data[at++] = usage.memory ?? Number.NaN;
	}
	return {blocks, count: count + 1};
}

/** Full blocks, without those that lie wholly before the last `limit` samples. */
function withoutOld(blocks: readonly Block[], limit: number): readonly Block[] {
	let samples = 0;
	let first = blocks.length;
	while (first > 0 && samples < limit) samples += samplesIn(blocks[--first]!);
	return blocks.slice(first);
}

function samplesIn({names, data}: Block): number {
	return data.length / strideOf(names);
}

/**
 * The series as numbers, oldest first.
 *
 * @param name One container; undefined: the sum over all names, NaN where one of them is unknown.
 * @returns undefined when the name does not occur.
 */
export function readSeries({blocks, count}: StoredSeries, name: string | undefined): UsageSeries | undefined {
	if (name !== undefined && !blocks.some(block => block.names.includes(name))) return undefined;
	const counts = blocks.map((block, index) => (index === blocks.length - 1 ? count : samplesIn(block)));
	const length = counts.reduce((sum, each) => sum + each, 0);
	const series = {times: new Float64Array(length), cpu: new Float64Array(length), memory: new Float64Array(length)};
	let out = 0;
	for (const [index, {names, startMs, data}] of blocks.entries()) {
		const stride = strideOf(names);
		const wanted = names.flatMap((each, position) => (name === undefined || each === name ? [1 + 2 * position] : []));
		for (let sample = 0; sample < counts[index]!; sample++, out++) {
			const start = sample * stride;
			series.times[out] = startMs + data[start]!;
			series.cpu[out] = wanted.length === 0 ? Number.NaN : wanted.reduce((sum, position) => sum + data[start + position]!, 0);
			series.memory[out] = wanted.length === 0 ? Number.NaN : wanted.reduce((sum, position) => sum + data[start + position + 1]!, 0);
		}
	}
	return series;
}

export function saveSeries({blocks, count}: StoredSeries): SavedSeries {
	return blocks.map(({names, startMs, data}, index) => ({
		names,
		startMs,
		capacity: data.length,
		values: index === blocks.length - 1 ? data.subarray(0, count * strideOf(names)) : data,
	}));
}

/** @param shared Gives the one array that stands for equal lists of names. */
export function restoreSeries(saved: SavedSeries, shared: (names: readonly string[]) => readonly string[]): StoredSeries {
	const last = saved.at(-1);
	const blocks = saved.map(({names, startMs, capacity, values}) => {
		const data = new Float32Array(capacity);
		data.set(values instanceof Float32Array ? values : values.map(each => each ?? Number.NaN));
		return {names: shared(names), startMs: epochMs(startMs), data};
	});
	return {blocks, count: last === undefined ? 0 : last.values.length / strideOf(last.names)};
}
