import type {ObjectOf, Resource, ResourceFields, ResourceId, Stored} from '../kube/schema.ts';
import type {SavedStore, StoreCounters} from '../store/create-store.ts';
import type {Snapshot} from '../store/store.ts';
import type {Cancel, Clock} from '../util/clock.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {createFactsFold} from './facts-fold.ts';
import {createFaultsFold} from './faults-fold.ts';
import type {FaultEntry, Frame, ScopeFreshness} from './frame.ts';
import {createFreshnessFold} from './freshness-fold.ts';
import {createHpaFold, type SavedHpas} from './hpa-fold.ts';
import type {HpaSources} from './hpa-sources.ts';
import {createMetricValuesFold, type MetricValuesEntry} from './hpa-values-fold.ts';
import {createMarksFold} from './marks-fold.ts';
import type {Fact, Fold, Freshness, Observation, ObservationBody, Observe} from './observation.ts';
import {createServerClock} from './server-clock.ts';
import {createStoresFold} from './stores-fold.ts';
import {createUsageFold, type SavedUsage} from './usage-fold.ts';

/** All that a stream remembers, written down: a keyframe. */
export type SavedStream = {
	readonly order: number;
	readonly stores: Readonly<Record<ResourceId, SavedStore>>;
	readonly freshness: ReadonlyArray<{readonly resource: ResourceId; readonly scope: string; readonly freshness: Freshness}>;
	readonly usage: SavedUsage;
	readonly facts: readonly Fact[];
	readonly faults: readonly FaultEntry[];
	readonly marks: ReadonlyArray<{readonly at: EpochMs; readonly text: string}>;
	readonly metricValues: ReadonlyArray<readonly [string, MetricValuesEntry]>;
	readonly hpas: SavedHpas;
};

/** The folds of a {@link SavedStream}. */
export type SavedFolds = Omit<SavedStream, 'order' | 'stores'>;

/**
 * Grows when what a fold writes down changes so that an older kwb, or this one reading an older recording, would misread
 * it. How older versions are understood stands in src/record/saved-folds.ts.
 */
export const FOLD_VERSIONS: Readonly<Record<keyof SavedFolds, number>> = {
	freshness: 1,
	usage: 2,
	facts: 1,
	faults: 1,
	marks: 1,
	metricValues: 1,
	hpas: 1,
};

export type StreamOptions = {
	readonly clock: Clock;
	/** The registry: whose indexes a store keeps. */
	readonly resourceOf: (id: ResourceId) => Pick<Resource, 'indexes'> | undefined;
	/** Where sequences begin. Streams whose frames the same readers see (live, then a replay) are given different ones, far apart. */
	readonly firstSequence?: number;
};

/** The one order in which everything is learned, and what is remembered of it. */
export type Stream = {
	/** Stamps what a live source says and takes it in. */
	readonly observe: Observe;
	/** Takes in what was stamped before: a recording. */
	replay(observation: Observation): void;
	/** Told by whoever sees an answer's `Date` header. */
	noteServerDate(date: number, roundTripMs: number): void;
	/** The server's clock as far as it is known, else ours. */
	now(): EpochMs;
	/** Called after the folds have taken an observation in. */
	subscribe(listener: (observation: Observation) => void): Cancel;
	/** Every fold as it is now. */
	frame(at: EpochMs): Frame;
	counters(): {readonly observations: number; readonly stores: ReadonlyMap<ResourceId, StoreCounters>};
	save(): SavedStream;
	restore(saved: SavedStream): void;
};

const NO_SCOPES: ScopeFreshness = new Map();

/** What the folds write down when they remember nothing. */
export function emptyFolds(): SavedFolds {
	return {
		freshness: createFreshnessFold().save(),
		usage: createUsageFold().save(),
		facts: createFactsFold().save(),
		faults: createFaultsFold().save(),
		marks: createMarksFold().save(),
		metricValues: createMetricValuesFold().save(),
		hpas: createHpaFold(() => {
			throw new Error('it is asked nothing');
		}).save(),
	};
}

/** A stream with nothing in it. What a fold or a listener throws is told as a fault, and the stream goes on. */
export function createStream({clock, resourceOf, firstSequence = 0}: StreamOptions): Stream {
	const serverClock = createServerClock(clock);
	const stores = createStoresFold(resourceOf, firstSequence);
	const freshness = createFreshnessFold();
	const usage = createUsageFold(firstSequence);
	const facts = createFactsFold();
	const faults = createFaultsFold();
	const marks = createMarksFold();
	const metricValues = createMetricValuesFold();
	const hpas = createHpaFold(sourcesNow);
	// The HPAs' memory reads those before it.
	const folds: ReadonlyArray<Pick<Fold<unknown, unknown>, 'apply'>> = [stores, freshness, usage, facts, faults, marks, metricValues, hpas];
	const listeners = new Set<(observation: Observation) => void>();
	/** Said while another observation was being taken in: its turn comes after. */
	const waiting: Observation[] = [];
	let isTaking = false;
	let order = 0;

	function sourcesNow(): HpaSources {
		const snapshots = stores.read();
		return {
			snapshot: <F extends ResourceFields, Index extends string>(resource: Resource<F, Index>) =>
				(snapshots.get(resource.id) ?? stores.empty) as Snapshot<ObjectOf<F> & Stored, Index>,
			usage: usage.read(),
			facts: facts.read(),
			metricValues: metricValues.read(),
		};
	}

	function takeIn(observation: Observation): void {
		waiting.push(observation);
		if (isTaking) return;
		isTaking = true;
		for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) deliver(next);
		isTaking = false;
	}

	function deliver(observation: Observation): void {
		for (const fold of folds) {
			try {
				fold.apply(observation);
			} catch (error) {
				report(observation, error);
			}
		}
		for (const listener of listeners) {
			try {
				listener(observation);
			} catch (error) {
				report(observation, error);
			}
		}
	}

	function report(observation: Observation, error: unknown): void {
		// A fault that causes another one of its kind would never end.
		if (observation.kind === 'fault' && observation.fault.source === 'kwb') return;
		const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
		observe({kind: 'fault', fault: {source: 'kwb', code: 'internal', message, hint: 'a mistake in kwb: please report it'}});
	}

	function observe(body: ObservationBody): void {
		order++;
		takeIn({order, at: clock.now(), serverAt: serverClock.now(), ...body});
	}

	return {
		observe,
		replay(observation) {
			order = observation.order;
			takeIn(observation);
		},
		noteServerDate: (date, roundTripMs) => serverClock.note(date, roundTripMs),
		now: () => serverClock.now() ?? clock.now(),
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		frame(at) {
			const fresh = freshness.read();
			return {
				at,
				order,
				...sourcesNow(),
				freshness: resource => fresh.get(resource) ?? NO_SCOPES,
				hpas: hpas.read(),
				faults: faults.read(),
				marks: marks.read(),
			};
		},
		counters: () => ({observations: order, stores: stores.counters()}),
		save: () => ({
			order,
			stores: stores.save(),
			freshness: freshness.save(),
			usage: usage.save(),
			facts: facts.save(),
			faults: faults.save(),
			marks: marks.save(),
			metricValues: metricValues.save(),
			hpas: hpas.save(),
		}),
		restore(saved) {
			order = saved.order;
			stores.restore(saved.stores);
			freshness.restore(saved.freshness);
			usage.restore(saved.usage);
			facts.restore(saved.facts);
			faults.restore(saved.faults);
			marks.restore(saved.marks);
			metricValues.restore(saved.metricValues);
			hpas.restore(saved.hpas);
		},
	};
}
