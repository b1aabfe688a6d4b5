import {rememberAmounts} from '../../analyze/top/amounts.ts';
import {workloadOf} from '../../analyze/top/owner-chain.ts';
import {controllerOf, type ObjectRef} from '../../kube/owner.ts';
import {jobs} from '../../kube/resources/jobs.ts';
import {type Pod, pods} from '../../kube/resources/pods.ts';
import {replicasets} from '../../kube/resources/replicasets.ts';
import {keyOf, type ObjectKey, type Stored} from '../../kube/schema.ts';
import type {Frame, PodSample, UsageState} from '../../observe/frame.ts';
import type {Snapshot} from '../../store/store.ts';
import {PodEntry, type Workload} from './pod-entry.ts';

/** What became different since the last look. */
export type BookChanges = {
	/** Read them all: `changed` and `removed` say nothing. */
	readonly isEverything: boolean;
	readonly changed: ReadonlySet<PodEntry>;
	readonly removed: readonly PodEntry[];
};

/** Every pod of a session with what is worked out of it, kept up to date by what changes. */
export type PodBook = {
	/** Follows the frame. Costs what changed since the last one. */
	update(frame: Frame): BookChanges;
	readonly entries: ReadonlyMap<ObjectKey, PodEntry>;
	/** Pods bound to a node; '' are bound to none. */
	onNode(name: string): Iterable<PodEntry>;
	/** Names of nodes that pods are bound to, whether there is such a node or not. */
	nodeNames(): Iterable<string>;
	/** Nodes whose pods changed with the last update. */
	readonly dirtyNodes: ReadonlySet<string>;
};

/** An empty book. Belongs to a session. */
export function createPodBook(): PodBook {
	const entries = new Map<ObjectKey, PodEntry>();
	const byNode = new Map<string, Set<PodEntry>>();
	const read = rememberAmounts();
	let dirtyNodes = new Set<string>();
	let podSnapshot: Snapshot<Pod> | undefined;
	let usage: UsageState | undefined;
	const owners = createOwners();
	const latest = (key: ObjectKey): PodSample | undefined => usage?.pods.get(key);

	function unfile(entry: PodEntry, node: string): void {
		const held = byNode.get(node);
		held?.delete(entry);
		if (held?.size === 0) byNode.delete(node);
		dirtyNodes.add(node);
	}

	function file(entry: PodEntry): void {
		const node = entry.pod.spec.nodeName;
		let held = byNode.get(node);
		if (held === undefined) {
			held = new Set();
			byNode.set(node, held);
		}
		held.add(entry);
		dirtyNodes.add(node);
	}

	function take(pod: Pod): PodEntry {
		const key = keyOf(pod);
		const entry = entries.get(key);
		if (entry === undefined) {
			const added = new PodEntry(key, pod, latest, read, owners.workloadOf);
			entries.set(key, added);
			file(added);
			return added;
		}
		const before = entry.pod.spec.nodeName;
		entry.setPod(pod);
		if (before !== pod.spec.nodeName) unfile(entry, before);
		file(entry);
		return entry;
	}

	function readAll(snapshot: Snapshot<Pod>): void {
		for (const [key, entry] of entries) {
			if (snapshot.objects.has(key)) continue;
			entries.delete(key);
			unfile(entry, entry.pod.spec.nodeName);
		}
		for (const [key, pod] of snapshot.objects) {
			const entry = entries.get(key);
			if (entry?.pod === pod) {
				entry.forgetSample();
				dirtyNodes.add(pod.spec.nodeName);
			} else take(pod).forgetSample();
		}
	}

	return {
		entries,
		onNode: name => byNode.get(name) ?? [],
		nodeNames: () => byNode.keys(),
		get dirtyNodes() {
			return dirtyNodes;
		},
		update(frame) {
			const snapshot: Snapshot<Pod> = frame.snapshot(pods);
			const state = frame.usage;
			const changed = new Set<PodEntry>();
			const removed: PodEntry[] = [];
			dirtyNodes = new Set();
			let isEverything = podSnapshot === undefined;

			if (owners.update(frame)) {
				for (const entry of entries.values()) entry.forgetWorkload();
				isEverything = true;
			}

			if (snapshot !== podSnapshot) {
				const delta = podSnapshot === undefined ? ({kind: 'everything'} as const) : snapshot.changedSince(podSnapshot.sequence);
				if (delta.kind === 'everything') {
					readAll(snapshot);
					isEverything = true;
					// Every sample was looked at as well.
					usage = state;
				} else {
					for (const pod of delta.deleted) {
						const entry = entries.get(keyOf(pod));
						// Deleted and made again: what was applied is the later truth.
						if (entry === undefined || snapshot.objects.has(entry.key)) continue;
						entries.delete(entry.key);
						unfile(entry, entry.pod.spec.nodeName);
						removed.push(entry);
					}
					for (const pod of delta.applied) changed.add(take(pod));
				}
				podSnapshot = snapshot;
			}

			if (state !== usage) {
				const sampled = usage === undefined ? undefined : state.changedSince(usage.sequence);
				const refresh = (entry: PodEntry): void => {
					entry.forgetSample();
					dirtyNodes.add(entry.pod.spec.nodeName);
					changed.add(entry);
				};
				if (sampled === undefined) for (const entry of entries.values()) refresh(entry);
				else {
					for (const key of sampled.pods) {
						const entry = entries.get(key);
						if (entry !== undefined) refresh(entry);
					}
				}
				usage = state;
			}
			return {isEverything, changed, removed};
		},
	};
}

/** Finds workloads among what the frame holds, and tells when an answer may be another than before. */
function createOwners(): {update(frame: Frame): boolean; readonly workloadOf: (pod: Pod) => Workload} {
	/** The controllers that stand between pods and what people call the workload, by kind. */
	let snapshots: ReadonlyMap<string, Snapshot<Stored>> = new Map();

	function find({kind, namespace, name, uid}: ObjectRef): Stored | undefined {
		const object = snapshots.get(kind)?.objects.get(`${namespace}/${name}`);
		return object?.metadata.uid === uid ? object : undefined;
	}

	return {
		workloadOf: pod => workloadOf(pod, find),
		update(frame) {
			const before = snapshots;
			snapshots = new Map<string, Snapshot<Stored>>([
				['ReplicaSet', frame.snapshot(replicasets)],
				['Job', frame.snapshot(jobs)],
			]);
			return [...snapshots].some(([kind, to]) => {
				const from = before.get(kind);
				if (from === to || from === undefined) return false;
				const delta = to.changedSince(from.sequence);
				if (delta.kind === 'everything') return true;
				// Their status changes all the time, their owner nearly never.
				return delta.deleted.length > 0 || delta.applied.some(object => controllerOf(object)?.uid !== ownerBefore(from, object));
			});
		},
	};
}

function ownerBefore(snapshot: Snapshot<Stored>, object: Stored): string | undefined {
	const before = snapshot.objects.get(keyOf(object));
	return before === undefined ? UNKNOWN_OWNER : controllerOf(before)?.uid;
}

/** No uid: an object that was not there before is always news. */
const UNKNOWN_OWNER = ' ';
