import type {ObjectKey} from '../kube/schema.ts';
import {createSlotMap, type SlotMap} from '../store/slot-map.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {NodeSample, PodSample, UsageState} from './frame.ts';
import type {Fold, Usage, UsageSample} from './observation.ts';
import {medianOf} from './server-clock.ts';
import {appended, readSeries, restoreSeries, type SavedSeries, saveSeries, type StoredSeries, strideOf} from './usage-series.ts';

/** All series together may hold about so many numbers (16 MiB). */
const BUDGET_NUMBERS = 4 * 1024 * 1024;
const FEWEST_SAMPLES = 16;
const MOST_SAMPLES = 240;
/** An older sample that was answered so many times in a row is the truth: the metrics server was replaced. */
const POLLS_UNTIL_RESET = 3;
/** Objects without a sample for so long, while others have some, are forgotten. */
const FORGOTTEN_AFTER_MS = 10 * 60 * 1000;
const SWEEP_EVERY_MS = 60 * 1000;
/** Keys that `changedSince` can look back on. */
const LOG_KEYS = 50_000;
/** Polls whose distance counts for the cadence. */
const CADENCE_POLLS = 9;
const FEWEST_DISTANCES = 3;
/** Of a poll of thousands so many distances are enough. */
const DISTANCES_PER_POLL = 101;
/** A node has one usage, without a container's name. */
const NODE_NAMES: readonly string[] = [''];

/** Pods, or nodes: what is kept of each is the same. */
type Kept<Sample> = {
	readonly latest: SlotMap<Sample>;
	readonly series: SlotMap<StoredSeries>;
	/** Answers in a row that were older than what is held. */
	readonly olderPolls: Map<string, number>;
	/** Of the last polls: how far their samples lay behind the ones before, median. */
	distances: number[];
	newest: number;
	sweptAt: number;
	stride: number;
};

type SavedKept<Sample> = {
	readonly objects: ReadonlyArray<{readonly sample: Sample; readonly series: SavedSeries; readonly olderPolls: number}>;
	readonly distances: readonly number[];
	readonly newest: number | null;
	readonly sweptAt: number | null;
};

export type SavedUsage = {readonly pods: SavedKept<PodSample>; readonly nodes: SavedKept<NodeSample>};

/**
 * Usage of pods and nodes as the metrics API gave it: the latest samples, and as much of
 * the past as fits. A sample is new when its timestamp is later than the last one's; a
 * re-served one changes nothing; an older one (another replica answered) only when it
 * stays. Pods that the API deletes are forgotten at once, others after ten minutes.
 */
export function createUsageFold(firstSequence = 0): Fold<UsageState, SavedUsage> {
	let pods = newKept<PodSample>();
	let nodes = newKept<NodeSample>();
	const nameLists = new Map<string, readonly string[]>();
	let sequence = firstSequence;
	let log: Array<{readonly sequence: number; readonly of: 'pod' | 'node'; readonly keys: readonly string[]}> = [];
	let logFloor = firstSequence;
	let state: UsageState | undefined;

	function sharedNames(names: readonly string[]): readonly string[] {
		if (names.length === 1 && names[0] === '') return NODE_NAMES;
		const joined = names.join('\n');
		const shared = nameLists.get(joined) ?? names;
		nameLists.set(joined, shared);
		return shared;
	}

	function changed(of: 'pod' | 'node', keys: readonly string[]): void {
		if (keys.length === 0) return;
		sequence++;
		state = undefined;
		log.push({sequence, of, keys});
		let total = log.reduce((sum, entry) => sum + entry.keys.length, 0);
		while (total > LOG_KEYS && log.length > 1) {
			const oldest = log.shift()!;
			total -= oldest.keys.length;
			logFloor = oldest.sequence;
		}
	}

	function limitNow(): number {
		return Math.min(MOST_SAMPLES, Math.max(FEWEST_SAMPLES, Math.floor(BUDGET_NUMBERS / Math.max(1, pods.stride + nodes.stride))));
	}

	/** Takes the samples of one kind; gives the keys of those that were new. */
	function take<Sample extends UsageSample>(kept: Kept<Sample>, samples: readonly Sample[], keyOfSample: (sample: Sample) => string): readonly string[] {
		const fresh: string[] = [];
		const distances: number[] = [];
		for (const sample of samples) {
			const key = keyOfSample(sample);
			const before = kept.latest.get(key);
			if (before !== undefined && !isNews(kept, key, sample.timestamp, before.timestamp)) continue;
			const series = before !== undefined && sample.timestamp < before.timestamp ? undefined : kept.series.get(key);
			if (series !== undefined && before !== undefined && distances.length < DISTANCES_PER_POLL) distances.push(sample.timestamp - before.timestamp);
			add(kept, key, sample, series);
			fresh.push(key);
		}
		if (distances.length > 0) kept.distances = [...kept.distances, medianOf(distances)].slice(-CADENCE_POLLS);
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

	function add<Sample extends UsageSample>(kept: Kept<Sample>, key: string, sample: Sample, series: StoredSeries | undefined): void {
		const ordered: readonly Usage[] = sample.of === 'node' ? [sample.usage] : [...sample.containers].sort((a, b) => (a.name < b.name ? -1 : 1));
		const names = sample.of === 'node' ? NODE_NAMES : sharedNames(ordered.map(each => (each as Usage & {readonly name: string}).name));
		kept.stride += strideOf(names) - strideHeld(kept.series.get(key));
		kept.latest.set(key, sample);
		kept.series.set(key, appended(series, names, sample.timestamp, ordered, limitNow()));
		kept.newest = Math.max(kept.newest, sample.timestamp);
	}

	function forget(kept: Kept<UsageSample>, key: string): boolean {
		kept.stride -= strideHeld(kept.series.get(key));
		kept.series.delete(key);
		kept.olderPolls.delete(key);
		return kept.latest.delete(key);
	}

	function sweep(kept: Kept<UsageSample>): readonly string[] {
		if (kept.newest - kept.sweptAt < SWEEP_EVERY_MS) return [];
		kept.sweptAt = kept.newest;
		const old: string[] = [];
		for (const [key, {timestamp}] of kept.latest.entries()) if (timestamp < kept.newest - FORGOTTEN_AFTER_MS) old.push(key);
		for (const key of old) forget(kept, key);
		return old;
	}

	function cadenceNow(): number | undefined {
		for (const {distances} of [nodes, pods]) if (distances.length >= FEWEST_DISTANCES) return medianOf(distances);
		return undefined;
	}

	function stateNow(): UsageState {
		const podSeries = pods.series.view();
		const nodeSeries = nodes.series.view();
		const entries = [...log];
		const [floor, taken] = [logFloor, sequence];
		return {
			sequence: taken,
			pods: pods.latest.view(),
			nodes: nodes.latest.view(),
			podSeries: key => readIfThere(podSeries.get(key), undefined),
			containerSeries: (key, container) => readIfThere(podSeries.get(key), container),
			nodeSeries: name => readIfThere(nodeSeries.get(name), undefined),
			changedSince(since) {
				if (since < floor || since > taken) return undefined;
				const keys = new Set<string>();
				for (const entry of entries) if (entry.sequence > since) for (const key of entry.keys) keys.add(`${entry.of}:${key}`);
				return keys;
			},
			cadenceMs: cadenceNow(),
		};
	}

	function restoreKept<Sample extends UsageSample>(saved: SavedKept<Sample>, keyOfSample: (sample: Sample) => string): Kept<Sample> {
		const kept = newKept<Sample>();
		for (const {sample, series, olderPolls} of saved.objects) {
			const key = keyOfSample(sample);
			kept.latest.set(key, sample);
			const restored = restoreSeries(series, sharedNames);
			if (restored !== undefined) kept.series.set(key, restored);
			kept.stride += strideHeld(restored);
			if (olderPolls > 0) kept.olderPolls.set(key, olderPolls);
		}
		kept.distances = [...saved.distances];
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
		save: () => ({pods: saveKept(pods), nodes: saveKept(nodes)}),
		restore(saved) {
			pods = restoreKept(saved.pods, podKey);
			nodes = restoreKept(saved.nodes, nodeKey);
			sequence++;
			log = [];
			logFloor = sequence;
			state = undefined;
		},
	};
}

const podKey = ({namespace, name}: PodSample): ObjectKey => `${namespace}/${name}`;
const nodeKey = ({name}: NodeSample): string => name;

function newKept<Sample>(): Kept<Sample> {
	return {
		latest: createSlotMap(),
		series: createSlotMap(),
		olderPolls: new Map(),
		distances: [],
		newest: Number.NEGATIVE_INFINITY,
		sweptAt: Number.NEGATIVE_INFINITY,
		stride: 0,
	};
}

function saveKept<Sample>(kept: Kept<Sample>): SavedKept<Sample> {
	return {
		objects: Array.from(kept.latest.entries(), ([key, sample]) => {
			const series = kept.series.get(key);
			return {sample, series: series === undefined ? [] : saveSeries(series), olderPolls: kept.olderPolls.get(key) ?? 0};
		}),
		distances: kept.distances,
		newest: Number.isFinite(kept.newest) ? kept.newest : null,
		sweptAt: Number.isFinite(kept.sweptAt) ? kept.sweptAt : null,
	};
}

function strideHeld(series: StoredSeries | undefined): number {
	const last = series?.blocks.at(-1);
	return last === undefined ? 0 : strideOf(last.names);
}

function readIfThere(series: StoredSeries | undefined, name: string | undefined): ReturnType<typeof readSeries> {
	return series === undefined ? undefined : readSeries(series, name);
}
