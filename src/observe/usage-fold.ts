import {mapValues, SlotMap} from '../store/slot-map.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {NodeSample, PodSample, UsageSeries, UsageState} from './frame.ts';
import type {Fold, UsageSample} from './observation.ts';
import {createSamplesBuilder, isSameList, sampleAt, type Samples, samplesOf} from './samples.ts';
import {medianOf} from './server-clock.ts';
import {appendFirstSeries, createUsageLog, type FirstSeries, type SavedLog, type SeriesEnd, type UsageLogView, wordsOf} from './usage-log.ts';

/** An older sample that was answered so many times in a row is the truth: the metrics server was replaced. */
const POLLS_UNTIL_RESET = 3;
/** Objects without a sample for so long, while others have some, are forgotten. */
const FORGOTTEN_AFTER_MS = 10 * 60 * 1000;
const SWEEP_EVERY_MS = 60 * 1000;
/** Keys that `changedSince` can look back on. */
const LOG_KEYS = 50_000;
/** Distances that count for the cadence. */
const CADENCE_DISTANCES = 9;
const FEWEST_DISTANCES = 3;
/** Once a batch holds so many times what is new in it, only that is kept. */
const SPARSE = 2;

/** Samples that came together, and where in the log each of them stands. Held as long as one of them is somebody's latest. */
type Batch = {
	readonly samples: Samples;
	/** The number of its first sample. They are numbered in the order in which they came: where a number is, is found by searching. */
	readonly first: number;
	readonly names: Int32Array;
	readonly lasts: Float64Array;
	/** Of how many objects it has the latest sample. */
	held: number;
};

/** Pods, or nodes: what is kept of each is the same. */
type Kept = {
	readonly of: 'pod' | 'node';
	/** Numbers of the latest samples. */
	readonly latest: SlotMap<number>;
	/** By their numbers. Another array when it changes. */
	batches: readonly Batch[];
	/** The number of the next sample. */
	next: number;
	/** Answers in a row that were older than what is held. */
	readonly olderPolls: Map<string, number>;
	/** The object by whose samples the cadence is measured, and how far the last of them lay apart. */
	reference: string | undefined;
	distances: readonly number[];
	newest: number;
	sweptAt: number;
	/** Words that one sample of everybody takes in the log. */
	stride: number;
};

/** One kind, written down: a row for each object. */
export type SavedKept = {
	readonly samples: Samples;
	/** Of the sample in the same place: the number of its names, and its position in the log. */
	readonly names: Int32Array;
	readonly lasts: Float64Array;
	/** Only where it is not 0. */
	readonly olderPolls: ReadonlyArray<readonly [key: string, polls: number]>;
	readonly reference: string | null;
	readonly distances: readonly number[];
	readonly newest: number | null;
	readonly sweptAt: number | null;
};

export type SavedUsage = {readonly pods: SavedKept; readonly nodes: SavedKept; readonly log: SavedLog};

/** As the first recordings (format 1.0) have it. */
export type FirstSavedUsage = {readonly pods: FirstSavedKept<PodSample>; readonly nodes: FirstSavedKept<NodeSample>};

type FirstSavedKept<Sample> = Omit<SavedKept, 'samples' | 'names' | 'lasts' | 'olderPolls'> & {
	readonly objects: ReadonlyArray<{readonly sample: Sample; readonly series: FirstSeries; readonly olderPolls: number}>;
};

/**
 * Usage of pods and nodes as the metrics API gave it: the latest samples, and as much of
 * the past as fits. A sample is new when its timestamp is later than the last one's; a
 * re-served one changes nothing; an older one (another replica answered) only when it
 * stays. Pods that the API deletes are forgotten at once, others after ten minutes.
 */
export function createUsageFold(firstSequence = 0): Fold<UsageState, SavedUsage> {
	let pods = newKept('pod');
	let nodes = newKept('node');
	let series = createUsageLog();
	let sequence = firstSequence;
	let log: Array<{readonly sequence: number; readonly of: 'pod' | 'node'; readonly keys: readonly string[]}> = [];
	/** Keys in all its entries. */
	let logKeys = 0;
	let logFloor = firstSequence;
	let state: UsageState | undefined;

	function changed(of: 'pod' | 'node', keys: readonly string[]): void {
		if (keys.length === 0) return;
		sequence++;
		state = undefined;
		log.push({sequence, of, keys});
		logKeys += keys.length;
		while (logKeys > LOG_KEYS && log.length > 1) {
			const oldest = log.shift()!;
			logKeys -= oldest.keys.length;
			logFloor = oldest.sequence;
		}
	}

	/** Takes those samples that are of this kind; gives the keys of those that were new. */
	function take(kept: Kept, samples: Samples): readonly string[] {
		const {measured, timestamps} = samples;
		const fresh: string[] = [];
		const batch = newBatch(samples, kept.next);
		for (let index = 0; index < measured.length; index++) {
			const {of, key} = measured[index]!;
			if (of !== kept.of) continue;
			const before = kept.latest.get(key);
			const from = before === undefined ? undefined : batchOf(before, batch, kept.batches);
			if (from !== undefined && !isNews(kept, key, timestamps[index]!, timestampOf(from, before!))) continue;
			fresh.push(kept.latest.keyAt(add(kept, batch, index, from, before)));
		}
		if (fresh.length > 0) keep(kept, batch, fresh.length);
		return [...fresh, ...sweep(kept)];
	}

	function isNews(kept: Kept, key: string, timestamp: number, before: number): boolean {
		if (timestamp < before) {
			const polls = (kept.olderPolls.get(key) ?? 0) + 1;
			if (polls < POLLS_UNTIL_RESET) {
				kept.olderPolls.set(key, polls);
				return false;
			}
		}
		if (kept.olderPolls.size > 0) kept.olderPolls.delete(key);
		return timestamp !== before;
	}

	/** @param before The number of the object's latest sample, in `from`. @returns The slot of the object. */
	function add(kept: Kept, batch: Batch, index: number, from: Batch | undefined, before: number | undefined): number {
		const {samples, first} = batch;
		const {key, names: itsNames} = samples.measured[index]!;
		const timestamp = samples.timestamps[index]!;
		const end = from === undefined ? undefined : endOf(from, before!);
		// What has gone back in time begins anew.
		const distance = from === undefined ? 0 : timestamp - timestampOf(from, before!);
		const inPlace = end === undefined ? numberIfSorted(itsNames) : isSameList(series.namesOf(end.names), itsNames) ? end.names : undefined;
		const {names, figures, start} =
			inPlace === undefined ? arranged(samples, index, end) : {names: inPlace, figures: samples.figures, start: 2 * samples.starts[index]!};
		batch.names[index] = names;
		batch.lasts[index] = series.append(distance < 0 ? undefined : end, names, timestamp, figures, start);
		kept.stride += strideOf(names) - strideOf(end?.names);
		if (from !== undefined) from.held--;
		batch.held++;
		kept.newest = Math.max(kept.newest, timestamp);
		kept.reference ??= key;
		if (kept.reference === key && distance > 0) kept.distances = [...kept.distances, distance].slice(-CADENCE_DISTANCES);
		return kept.latest.set(key, first + index);
	}

	function numberIfSorted(names: readonly string[]): number | undefined {
		for (let at = 1; at < names.length; at++) if (names[at - 1]! > names[at]!) return undefined;
		return series.numberOf(names);
	}

	/** The figures in the order of the series, or, where that does not fit, of the containers' names. */
	function arranged({measured, figures, starts}: Samples, index: number, end: SeriesEnd | undefined) {
		const own = measured[index]!.names;
		const before = end === undefined ? undefined : series.namesOf(end.names);
		const fits = before !== undefined && isSameList(before.toSorted(), own.toSorted());
		const names = fits ? before : own.toSorted();
		// Of two with one name each has its own place.
		const places = new Map<string, number[]>();
		for (const [at, name] of own.entries()) places.set(name, [...(places.get(name) ?? []), starts[index]! + at]);
		return {
			names: fits ? end!.names : series.numberOf(names),
			figures: names.flatMap(name => {
				const place = places.get(name)!.shift()!;
				return [figures[2 * place]!, figures[2 * place + 1]!];
			}),
			start: 0,
		};
	}

	/** Keeps what came; of a batch with few news these alone, for the rest of it would be kept with them. */
	function keep(kept: Kept, batch: Batch, fresh: number): void {
		kept.next += batch.samples.measured.length;
		const batches = kept.batches.filter(({held}) => held > 0);
		kept.batches = [...batches, fresh * SPARSE < batch.samples.measured.length ? gathered(kept, batch) : batch];
	}

	function gathered(kept: Kept, {samples, first, names, lasts}: Batch): Batch {
		const indexes: number[] = [];
		for (const [index, {key}] of samples.measured.entries()) if (kept.latest.get(key) === first + index) indexes.push(index);
		const builder = createSamplesBuilder();
		for (const [to, index] of indexes.entries()) {
			builder.copy(samples, index);
			kept.latest.set(samples.measured[index]!.key, first + to);
		}
		return {
			samples: builder.take(),
			first,
			names: Int32Array.from(indexes, index => names[index]!),
			lasts: Float64Array.from(indexes, index => lasts[index]!),
			held: indexes.length,
		};
	}

	function strideOf(names: number | undefined): number {
		return names === undefined ? 0 : wordsOf(series.namesOf(names).length);
	}

	function forget(kept: Kept, key: string): boolean {
		const number = kept.latest.get(key);
		if (number !== undefined) {
			const batch = batchOf(number, undefined, kept.batches);
			kept.stride -= strideOf(batch.names[number - batch.first]);
			batch.held--;
		}
		kept.olderPolls.delete(key);
		if (kept.reference === key) kept.reference = undefined;
		return kept.latest.delete(key);
	}

	function sweep(kept: Kept): readonly string[] {
		if (kept.newest - kept.sweptAt < SWEEP_EVERY_MS) return [];
		kept.sweptAt = kept.newest;
		const old: string[] = [];
		forEachLatest(kept.latest.view(), kept.batches, ({samples: {measured, timestamps}}, index) => {
			if (timestamps[index]! < kept.newest - FORGOTTEN_AFTER_MS) old.push(measured[index]!.key);
		});
		for (const key of old) forget(kept, key);
		return old;
	}

	function cadenceNow(): number | undefined {
		for (const {distances} of [nodes, pods]) if (distances.length >= FEWEST_DISTANCES) return medianOf(distances);
		return undefined;
	}

	function stateNow(): UsageState {
		const [podsNow, nodesNow] = [latestOf(pods), latestOf(nodes)];
		const entries = [...log];
		const [floor, taken] = [logFloor, sequence];
		const view = series.view();
		return {
			sequence: taken,
			pods: podsNow.samples as UsageState['pods'],
			nodes: nodesNow.samples as UsageState['nodes'],
			newest: of => (of === 'pod' ? podsNow : nodesNow).newest(),
			podSeries: key => readIfThere(view, podsNow.end(key), undefined),
			containerSeries: (key, container) => readIfThere(view, podsNow.end(key), container),
			nodeSeries: name => readIfThere(view, nodesNow.end(name), undefined),
			changedSince(since) {
				if (since < floor || since > taken) return undefined;
				const later = entries.filter(entry => entry.sequence > since);
				const keysOf = (kind: 'pod' | 'node'): readonly string[] => later.flatMap(({of, keys}) => (of === kind ? keys : []));
				return {pods: keysOf('pod'), nodes: keysOf('node')};
			},
			cadenceMs: cadenceNow(),
		};
	}

	function restoreKept(of: Kept['of'], saved: SavedKept): Kept {
		const kept = newKept(of);
		const {samples, names, lasts} = saved;
		const batch = {samples, first: 0, names, lasts, held: samples.measured.length};
		for (let index = 0; index < samples.measured.length; index++) {
			kept.latest.set(samples.measured[index]!.key, index);
			kept.stride += strideOf(names[index]);
		}
		kept.batches = [batch];
		kept.next = samples.measured.length;
		for (const [key, polls] of saved.olderPolls) kept.olderPolls.set(key, polls);
		kept.reference = saved.reference ?? undefined;
		kept.distances = saved.distances;
		kept.newest = saved.newest ?? Number.NEGATIVE_INFINITY;
		kept.sweptAt = saved.sweptAt ?? Number.NEGATIVE_INFINITY;
		return kept;
	}

	return {
		apply(observation) {
			if (observation.kind === 'sample') {
				const {samples} = observation;
				for (const kept of [pods, nodes]) if (samples.measured.some(({of}) => of === kept.of)) changed(kept.of, take(kept, samples));
				series.trim(pods.stride + nodes.stride);
			} else if (observation.kind === 'object' && observation.event.kind === 'delete' && observation.resource === 'pods') {
				const {namespace, name} = observation.event.object.metadata;
				const key = `${namespace}/${name}`;
				if (forget(pods, key)) changed('pod', [key]);
			}
		},
		read() {
			state ??= stateNow();
			return state;
		},
		save: () => ({pods: saveKept(pods), nodes: saveKept(nodes), log: series.save()}),
		restore(saved) {
			// A log of its own: snapshots of before keep theirs.
			series = createUsageLog();
			series.restore(saved.log);
			pods = restoreKept('pod', saved.pods);
			nodes = restoreKept('node', saved.nodes);
			sequence++;
			log = [];
			logKeys = 0;
			logFloor = sequence;
			state = undefined;
		},
	};
}

function newKept(of: Kept['of']): Kept {
	return {
		of,
		latest: new SlotMap(),
		batches: [],
		next: 0,
		olderPolls: new Map(),
		reference: undefined,
		distances: [],
		newest: Number.NEGATIVE_INFINITY,
		sweptAt: Number.NEGATIVE_INFINITY,
		stride: 0,
	};
}

function newBatch(samples: Samples, first: number): Batch {
	const count = samples.measured.length;
	return {samples, first, names: new Int32Array(count), lasts: new Float64Array(count), held: 0};
}

/** The one that has the sample of this number: perhaps this one, which is the latest. */
function batchOf(number: number, latest: Batch | undefined, batches: readonly Batch[]): Batch {
	if (latest !== undefined && number >= latest.first) return latest;
	let low = 0;
	let high = batches.length - 1;
	while (low < high) {
		const middle = (low + high + 1) >>> 1;
		if (batches[middle]!.first <= number) low = middle;
		else high = middle - 1;
	}
	return batches[low]!;
}

function timestampOf({samples, first}: Batch, number: number): number {
	return samples.timestamps[number - first]!;
}

function endOf({names, lasts, first}: Batch, number: number): SeriesEnd {
	return {names: names[number - first]!, last: lasts[number - first]!};
}

/** In the order in which objects were first seen. */
function forEachLatest(latest: ReadonlyMap<string, number>, batches: readonly Batch[], call: (batch: Batch, index: number) => void): void {
	let batch: Batch | undefined;
	latest.forEach(number => {
		// Whoever was measured together is often found together.
		if (batch === undefined || number < batch.first || number >= batch.first + batch.samples.measured.length) batch = batchOf(number, undefined, batches);
		call(batch, number - batch.first);
	});
}

/** The latest samples as they are now. */
function latestOf({latest, batches}: Kept): {
	readonly samples: ReadonlyMap<string, UsageSample>;
	newest(): EpochMs | undefined;
	end(key: string): SeriesEnd | undefined;
} {
	const numbers = latest.view();
	let newest: number | undefined;
	return {
		samples: mapValues(numbers, number => {
			const {samples, first} = batchOf(number, undefined, batches);
			return sampleAt(samples, number - first);
		}),
		newest() {
			if (newest === undefined && numbers.size > 0) {
				newest = Number.NEGATIVE_INFINITY;
				forEachLatest(numbers, batches, ({samples}, index) => {
					newest = Math.max(newest!, samples.timestamps[index]!);
				});
			}
			return newest as EpochMs | undefined;
		},
		end(key) {
			const number = numbers.get(key);
			return number === undefined ? undefined : endOf(batchOf(number, undefined, batches), number);
		},
	};
}

function saveKept(kept: Kept): SavedKept {
	const {latest, batches, olderPolls, reference, distances, newest, sweptAt} = kept;
	const names = new Int32Array(latest.size);
	const lasts = new Float64Array(latest.size);
	const builder = createSamplesBuilder();
	forEachLatest(latest.view(), batches, (batch, index) => {
		names[builder.size] = batch.names[index]!;
		lasts[builder.size] = batch.lasts[index]!;
		builder.copy(batch.samples, index);
	});
	return {
		samples: builder.take(),
		names,
		lasts,
		olderPolls: [...olderPolls],
		reference: reference ?? null,
		distances,
		newest: Number.isFinite(newest) ? newest : null,
		sweptAt: Number.isFinite(sweptAt) ? sweptAt : null,
	};
}

/** What a first recording says, as it is written now. */
export function fromFirstSavedUsage(saved: FirstSavedUsage): SavedUsage {
	const log = createUsageLog();

	function keptOf({objects, reference, distances, newest, sweptAt}: FirstSavedKept<UsageSample>): SavedKept {
		const ends = objects.map(({series}) => appendFirstSeries(log, series) ?? {names: log.numberOf([]), last: -1});
		const samples = samplesOf(objects.map(({sample}) => sample));
		return {
			samples,
			names: Int32Array.from(ends, ({names}) => names),
			lasts: Float64Array.from(ends, ({last}) => last),
			olderPolls: objects.flatMap(({olderPolls}, index) => (olderPolls > 0 ? [[samples.measured[index]!.key, olderPolls] as const] : [])),
			reference,
			distances,
			newest,
			sweptAt,
		};
	}

	return {pods: keptOf(saved.pods), nodes: keptOf(saved.nodes), log: log.save()};
}

function readIfThere(view: UsageLogView, end: SeriesEnd | undefined, name: string | undefined): UsageSeries | undefined {
	return end === undefined ? undefined : view.read(end, name);
}
