import type {Pod} from '../kube/resources/pods.ts';
import type {Stored} from '../kube/schema.ts';
import {createSamplesBuilder, type Measured} from '../observe/samples.ts';
import type {SavedKept, SavedUsage} from '../observe/usage-fold.ts';
import type {SavedPage} from '../observe/usage-log.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {ByteReader, MalformedRecording} from './byte-reader.ts';
import {ByteWriter} from './byte-writer.ts';
import {SampleDecoder, SampleEncoder} from './sample-columns.ts';
import {ValueDecoder} from './value-decoder.ts';
import {ValueEncoder} from './value-encoder.ts';

/** Samples that are written between two looks at the time. */
const SAMPLES_A_STEP = 256;
/** The longest log that a reader believes. */
const MOST_WORDS = 1 << 26;

/** All of a saved usage but the pages of its log, which stand in blocks of their own. */
export type UsageWithoutPages = Omit<SavedUsage, 'log'> & {readonly log: Omit<SavedUsage['log'], 'pages'>};

/**
 * Writes the usage fold of a keyframe, a piece each time the iterator is asked; at the end it gives the bytes.
 *
 * @param pods Those of the keyframe: whoever was measured is named by their order.
 */
export function* encodeUsage(saved: UsageWithoutPages, pods: readonly Stored[], base: EpochMs): Generator<void, Buffer, void> {
	const out = new ByteWriter();
	const values = new ValueEncoder(out, Math.floor(base));
	const samples = new SampleEncoder(out, values);
	for (let from = 0; from < pods.length; from += SAMPLES_A_STEP) {
		for (let index = from; index < Math.min(pods.length, from + SAMPLES_A_STEP); index++) know(samples, pods[index]!);
		yield;
	}
	const {names, floor, end} = saved.log;
	values.value({names, floor, end});
	for (const {samples: all, names: ofNames, lasts, ...rest} of [saved.pods, saved.nodes]) {
		values.value(rest);
		const count = all.measured.length;
		out.varint(count);
		let last = 0;
		for (let from = 0; from < count; from += SAMPLES_A_STEP) {
			const to = Math.min(count, from + SAMPLES_A_STEP);
			samples.write(all, from, to);
			for (let index = from; index < to; index++) {
				out.varint(ofNames[index]!);
				out.signed(lasts[index]! - last);
				last = lasts[index]!;
			}
			yield;
		}
	}
	return out.take();
}

/** Reads what {@link encodeUsage} wrote, in pieces. Throws MalformedRecording. */
export function* decodeUsage(bytes: Buffer, pods: readonly Stored[], base: EpochMs): Generator<void, UsageWithoutPages, void> {
	const from = new ByteReader(bytes);
	const values = new ValueDecoder(Math.floor(base));
	const samples = new SampleDecoder(values);
	for (const [index, pod] of pods.entries()) {
		know(samples, pod);
		if (index % SAMPLES_A_STEP === 0) yield;
	}
	const log = values.value(from) as UsageWithoutPages['log'];

	function* kept(of: Measured['of']): Generator<void, SavedKept, void> {
		const rest = values.value(from) as Omit<SavedKept, 'samples' | 'names' | 'lasts'>;
		const count = from.count();
		const all = createSamplesBuilder();
		const [names, lasts] = [new Int32Array(count), new Float64Array(count)];
		let last = 0;
		while (all.size < count) {
			const group = samples.read(from);
			const size = group.measured.length;
			if (size === 0 || all.size + size > count) throw new MalformedRecording('samples are missing');
			for (let index = 0; index < size; index++) {
				if (group.measured[index]!.of !== of) throw new MalformedRecording('samples of another kind');
				const number = from.varint();
				if (number >= log.names.length) throw new MalformedRecording('names that were never there');
				last += from.signed();
				names[all.size] = number;
				lasts[all.size] = last;
				all.copy(group, index);
			}
			yield;
		}
		return {samples: all.take(), names, lasts, ...rest};
	}

	return {log, pods: yield* kept('pod'), nodes: yield* kept('node')};
}

/** Whoever would be measured of a pod: it and its containers. */
function know(samples: SampleEncoder | SampleDecoder, pod: Stored): void {
	const {containers} = (pod as Partial<Pod>).spec ?? {};
	samples.know(pod.metadata.namespace, pod.metadata.name, Array.isArray(containers) ? containers.map(({name}) => name) : []);
}

/** A stretch of the usage log. */
export function encodePages(pages: readonly SavedPage[]): Buffer {
	const out = new ByteWriter(pages.reduce((sum, {words}) => sum + words.byteLength + 32, 32));
	out.varint(pages.length);
	for (const {from, startMs, words} of pages) {
		out.double(from);
		out.double(startMs);
		out.varint(words.length);
		out.raw(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
	}
	return out.take();
}

/** Reads what {@link encodePages} wrote. Throws MalformedRecording. */
export function decodePages(bytes: Buffer): readonly SavedPage[] {
	const from = new ByteReader(bytes);
	return Array.from({length: from.count()}, () => {
		const [position, startMs, length] = [from.double(), from.double(), from.varint()];
		if (length > MOST_WORDS) throw new MalformedRecording('a page that is too long');
		const words = new Int32Array(length);
		new Uint8Array(words.buffer).set(from.raw(4 * length));
		return {from: position, startMs, words};
	});
}
