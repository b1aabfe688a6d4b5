import type {ObjectKey} from '../kube/schema.ts';
import {createSlotMap, mapValues, type SlotMap} from '../store/slot-map.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {NodeSample, PodSample, UsageSeries, UsageState} from './frame.ts';
import type {ContainerUsage, Fold, Usage, UsageSample} from './observation.ts';
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
/** A node has one usage, without a container's name. */
const NODE_NAMES: readonly string[] = [''];

/** The latest sample of an object, and where its series ends. One object: there are ten thousand new ones every 15 s. */
type Held<Sample> = SeriesEnd & {readonly sample: Sample};

/** Pods, or nodes: what is kept of each is the same. */
type Kept<Sample> = {
	readonly objects: SlotMap<Held<Sample>>;
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
export type SavedKept<Sample> = {
	readonly samples: readonly Sample[];
	/** Of the sample in the same place: the number of its names, and its position in the log. */
	readonly names: readonly number[];
	readonly lasts: readonly number[];
	/** Only where it is not 0. */
	readonly olderPolls: ReadonlyArray<readonly [key: string, polls: number]>;
	readonly reference: string | null;
	readonly distances: readonly number[];
	readonly newest: number | null;
	readonly sweptAt: number | null;
};

export type SavedUsage = {readonly pods: SavedKept<PodSample>; readonly nodes: SavedKept<NodeSample>; readonly log: SavedLog};

/** As the first recordings (format 1.0) have it. */
export type FirstSavedUsage = {readonly pods: FirstSavedKept<PodSample>; readonly nodes: FirstSavedKept<NodeSample>};

type FirstSavedKept<Sample> = Omit<SavedKept<Sample>, 'samples' | 'names' | 'lasts' | 'olderPolls'> & {
	readonly objects: ReadonlyArray<{readonly sample: Sample; readonly series: FirstSeries; readonly olderPolls: number}>;
};

/**
 * Usage of pods and nodes as the metrics API gave it: the latest samples, and as much of
 * the past as fits. A sample is new when its timestamp is later than the last one's; a
 * re-served one changes nothing; an older one (another replica answered) only when it
 * stays. Pods that the API deletes are forgotten at once, others after ten minutes.
 */
export function createUsageFold(firstSequence = 0): Fold<UsageState, SavedUsage> {
	let pods = newKept<PodSample>();
	let nodes = newKept<NodeSample>();
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

	/** Takes the samples of one kind; gives the keys of those that were new. */
	function take<Sample extends UsageSample>(kept: Kept<Sample>, samples: readonly Sample[], keyOfSample: (sample: Sample) => string): readonly string[] {
		const fresh: string[] = [];
		for (const sample of samples) {
			const key = keyOfSample(sample);
			const before = kept.objects.get(key);
			if (before !== undefined && !isNews(kept, key, sample.timestamp, before.sample.timestamp)) continue;
			fresh.push(kept.objects.keyAt(add(kept, key, sample, before)));
		}
		return [...fresh, ...sweep(kept)];
	}

	function isNews(kept: Kept<UsageSample>, key: string, timestamp: EpochMs, before: EpochMs): boolean {
		if (timestamp < before) {
			const polls = (kept.olderPolls.get(key) ?? 0) + 1;
			if (polls < POLLS_UNTIL_RESET) {
				kept.olderPolls.set(key, polls);
				return false;
			}
		}
		kept.olderPolls.delete(key);
		return timestamp !== before;
	}

	function add<Sample extends UsageSample>(kept: Kept<Sample>, key: string, sample: Sample, before: Held<Sample> | undefined): number {
		const {names, usages} = namedUsages(sample, before);
		// What has gone back in time begins anew.
		const distance = before === undefined ? 0 : sample.timestamp - before.sample.timestamp;
		const last = series.append(distance < 0 ? undefined : before, names, sample.timestamp, usages);
		kept.stride += strideOf(names) - strideOf(before?.names);
		const slot = kept.objects.set(key, {names, last, sample});
		kept.newest = Math.max(kept.newest, sample.timestamp);
		kept.reference ??= key;
		if (kept.reference === key && distance > 0) kept.distances = [...kept.distances, distance].slice(-CADENCE_DISTANCES);
		return slot;
	}

	/** The containers in the order of the series, or, where that does not fit, of their names. */
	function namedUsages(sample: UsageSample, before: SeriesEnd | undefined): {readonly names: number; readonly usages: readonly Usage[]} {
		if (sample.of === 'node') return {names: series.numberOf(NODE_NAMES), usages: [sample.usage]};
		const usages = before === undefined ? undefined : inOrder(series.namesOf(before.names), sample.containers);
		if (before !== undefined && usages !== undefined) return {names: before.names, usages};
		const sorted = sample.containers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
		return {names: series.numberOf(sorted.map(({name}) => name)), usages: sorted};
	}

	function strideOf(names: number | undefined): number {
		return names === undefined ? 0 : wordsOf(series.namesOf(names).length);
	}

	function forget(kept: Kept<UsageSample>, key: string): boolean {
		kept.stride -= strideOf(kept.objects.get(key)?.names);
		kept.olderPolls.delete(key);
		if (kept.reference === key) kept.reference = undefined;
		return kept.objects.delete(key);
	}

	function sweep(kept: Kept<UsageSample>): readonly string[] {
		if (kept.newest - kept.sweptAt < SWEEP_EVERY_MS) return [];
		kept.sweptAt = kept.newest;
		const old: string[] = [];
		for (const [key, {sample}] of kept.objects.entries()) if (sample.timestamp < kept.newest - FORGOTTEN_AFTER_MS) old.push(key);
		for (const key of old) forget(kept, key);
		return old;
	}

	function cadenceNow(): number | undefined {
		for (const {distances} of [nodes, pods]) if (distances.length >= FEWEST_DISTANCES) return medianOf(distances);
		return undefined;
	}

	function stateNow(): UsageState {
		const podsNow = pods.objects.view();
		const nodesNow = nodes.objects.view();
		const entries = [...log];
		const [floor, taken] = [logFloor, sequence];
		const view = series.view();
		return {
			sequence: taken,
			pods: mapValues(podsNow, sampleOf),
			nodes: mapValues(nodesNow, sampleOf),
			podSeries: key => readIfThere(view, podsNow.get(key), undefined),
			containerSeries: (key, container) => readIfThere(view, podsNow.get(key), container),
			nodeSeries: name => readIfThere(view, nodesNow.get(name), undefined),
			changedSince(since) {
				if (since < floor || since > taken) return undefined;
				const later = entries.filter(entry => entry.sequence > since);
				const keysOf = (kind: 'pod' | 'node'): readonly string[] => later.flatMap(({of, keys}) => (of === kind ? keys : []));
				return {pods: keysOf('pod'), nodes: keysOf('node')};
			},
			cadenceMs: cadenceNow(),
		};
	}

	function restoreKept<Sample extends UsageSample>(saved: SavedKept<Sample>, keyOfSample: (sample: Sample) => string): Kept<Sample> {
		const kept = newKept<Sample>();
		for (let index = 0; index < saved.samples.length; index++) {
			const held = {names: saved.names[index]!, last: saved.lasts[index]!, sample: saved.samples[index]!};
			kept.objects.set(keyOfSample(held.sample), held);
			kept.stride += strideOf(held.names);
		}
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
				changed(
					'pod',
					take(
						pods,
						observation.samples.filter(sample => sample.of === 'pod'),
						podKey,
					),
				);
				changed(
					'node',
					take(
						nodes,
						observation.samples.filter(sample => sample.of === 'node'),
						nodeKey,
					),
				);
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
			pods = restoreKept(saved.pods, podKey);
			nodes = restoreKept(saved.nodes, nodeKey);
			sequence++;
			log = [];
			logKeys = 0;
			logFloor = sequence;
			state = undefined;
		},
	};
}

const podKey = ({namespace, name}: PodSample): ObjectKey => `${namespace}/${name}`;
const nodeKey = ({name}: NodeSample): string => name;

function newKept<Sample>(): Kept<Sample> {
	return {
		objects: createSlotMap(),
		olderPolls: new Map(),
		reference: undefined,
		distances: [],
		newest: Number.NEGATIVE_INFINITY,
		sweptAt: Number.NEGATIVE_INFINITY,
		stride: 0,
	};
}

function saveKept<Sample>(kept: Kept<Sample>): SavedKept<Sample> {
	const held = Array.from(kept.objects.entries(), ([, each]) => each);
	return {
		samples: held.map(({sample}) => sample),
		names: held.map(({names}) => names),
		lasts: held.map(({last}) => last),
		olderPolls: [...kept.olderPolls],
		reference: kept.reference ?? null,
		distances: kept.distances,
		newest: Number.isFinite(kept.newest) ? kept.newest : null,
		sweptAt: Number.isFinite(kept.sweptAt) ? kept.sweptAt : null,
	};
}

/** What a first recording says, as it is written now. */
export function fromFirstSavedUsage(saved: FirstSavedUsage): SavedUsage {
	const log = createUsageLog();

	function keptOf<Sample extends UsageSample>(kept: FirstSavedKept<Sample>, keyOfSample: (sample: Sample) => string): SavedKept<Sample> {
		const {objects, reference, distances, newest, sweptAt} = kept;
		const ends = objects.map(({series}) => appendFirstSeries(log, series) ?? {names: log.numberOf([]), last: -1});
		return {
			samples: objects.map(({sample}) => sample),
			names: ends.map(({names}) => names),
			lasts: ends.map(({last}) => last),
			olderPolls: objects.flatMap(({sample, olderPolls}) => (olderPolls > 0 ? [[keyOfSample(sample), olderPolls] as const] : [])),
			reference,
			distances,
			newest,
			sweptAt,
		};
	}

	return {pods: keptOf(saved.pods, podKey), nodes: keptOf(saved.nodes, nodeKey), log: log.save()};
}

function readIfThere(view: UsageLogView, held: Held<unknown> | undefined, name: string | undefined): UsageSeries | undefined {
	return held === undefined ? undefined : view.read(held, name);
}

function sampleOf<Sample>({sample}: {readonly sample: Sample}): Sample {
	return sample;
}

/** The containers in this order of names; undefined when they are others. */
function inOrder(names: readonly string[], containers: readonly ContainerUsage[]): readonly Usage[] | undefined {
	if (names.length !== containers.length) return undefined;
	const usages: Usage[] = [];
	for (const [index, name] of names.entries()) {
		const usage = containers[index]!.name === name ? containers[index] : containers.find(container => container.name === name);
		if (usage === undefined) return undefined;
		usages.push(usage);
	}
	return usages;
}
