import {matches, type Requirement} from '../kube/label-selector.ts';
import type {PodSample} from '../analyze/hpa/hpa-input.ts';
import {type Pod, pods} from '../kube/resources/pods.ts';
import {keyOf, type ObjectKey} from '../kube/schema.ts';
import type {Snapshot} from '../store/store.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {UsageState} from './frame.ts';
import type {HpaSources} from './hpa-sources.ts';

/** A pod that became, changed in what an HPA looks at, or went; with its last sample. */
export type PodChange = {
	readonly at: EpochMs;
	readonly key: ObjectKey;
	/** null: it was not there. */
	readonly before: Pod | null;
	readonly after: Pod | null;
	readonly sample: PodSample | null;
};

/** Pods as they were at an earlier moment, and the samples of those that are not there any more. */
export type EarlierPods = {readonly pods: readonly Pod[]; readonly samples: readonly PodSample[]};

/**
 * What happened to pods a moment ago. Watches of different resources do not wait for each other: pods that a new count
 * made or ended may be seen before the count itself, and the controller's own caches may be behind ours.
 */
export type RecentPods = {
	/**
	 * Pods or samples were told of: to be called after the stores have taken it in.
	 *
	 * @param key The pod that changed; undefined: none by itself.
	 */
	note(at: EpochMs, sources: HpaSources, key: ObjectKey | undefined): void;
	/** Nobody needs to know; what happens until the next note is not remembered. */
	pause(): void;
	/**
	 * Pods of a selector as they were before each of the latest changes, the latest first.
	 *
	 * @param now Pods of the selector as they are, or as they were at any moment since.
	 */
	earlier(namespace: string, requirements: readonly Requirement[], now: readonly Pod[]): readonly EarlierPods[];
	save(): readonly PodChange[];
	/** @param sources As they are after everything was restored. */
	restore(saved: readonly PodChange[], sources: HpaSources | undefined): void;
};

const KEPT_MS = 2000;
const MOST_KEPT = 2000;
const MOST_EARLIER = 8;

export function createRecentPods(): RecentPods {
	let changes: PodChange[] = [];
	let known: {readonly pods: Snapshot<Pod, 'namespace' | string>; readonly usage: UsageState} | undefined;

	const look = (sources: HpaSources): void => {
		known = {pods: sources.snapshot(pods) as Snapshot<Pod, string>, usage: sources.usage};
	};

	return {
		note(at, sources, key) {
			const before = key === undefined ? undefined : known?.pods.objects.get(key);
			const wasKnown = known !== undefined;
			const sample = key === undefined ? undefined : known?.usage.pods.get(key);
			look(sources);
			if (key === undefined || !wasKnown) return;
			const after = known!.pods.objects.get(key);
			if (isSame(before, after)) return;
			changes.push({at, key, before: before ?? null, after: after ?? null, sample: sample ?? null});
			const gone = changes.findIndex(change => at - change.at <= KEPT_MS);
			const excess = Math.max(gone, changes.length - MOST_KEPT);
			if (excess > 0) changes = changes.slice(excess);
		},
		pause() {
			known = undefined;
		},
		earlier(namespace, requirements, now) {
			const held = new Map(now.map(pod => [keyOf(pod), pod]));
			const samples = new Map<ObjectKey, PodSample>();
			const found: EarlierPods[] = [];
			for (let index = changes.length - 1; index >= 0 && found.length < MOST_EARLIER; index--) {
				const {key, before, after, sample} = changes[index]!;
				const pod = (before ?? after)!;
				if (pod.metadata.namespace !== namespace || !matches(requirements, pod.metadata.labels)) continue;
				if (before === null) held.delete(key);
				else held.set(key, before);
				if (sample !== null) samples.set(key, sample);
				found.push({pods: [...held.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)), samples: [...samples.values()]});
			}
			return found;
		},
		save: () => changes,
		restore(saved, sources) {
			changes = [...saved];
			known = undefined;
			if (sources !== undefined) look(sources);
		},
	};
}

/** In what an HPA looks at. */
function isSame(one: Pod | undefined, other: Pod | undefined): boolean {
	if (one === undefined || other === undefined) return one === other;
	const [ready, then] = [readyOf(one), readyOf(other)];
	return (
		one.status.phase === other.status.phase &&
		one.metadata.deletionTimestamp === other.metadata.deletionTimestamp &&
		one.status.startTime === other.status.startTime &&
		ready?.status === then?.status &&
		ready?.lastTransitionTime === then?.lastTransitionTime &&
		one.metadata.labels === other.metadata.labels
	);
}

const readyOf = ({status}: Pod): Pod['status']['conditions'][number] | undefined => status.conditions.find(({type}) => type === 'Ready');
