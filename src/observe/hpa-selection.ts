import {matches, type Requirement} from '../kube/label-selector.ts';
import type {Pod} from '../kube/resources/pods.ts';
import {keyOf, type ObjectKey} from '../kube/schema.ts';

/** Which pods the selectors of HPAs match. A pod's change costs its labels, not the number of HPAs. */
export type HpaSelection = {
	/** @param requirements undefined: matches nothing. The pods must then be offered again, by `applyPod`. */
	setSelector(hpa: ObjectKey, namespace: string, requirements: readonly Requirement[] | undefined): void;
	/** @returns HPAs that this pod concerns, before or now. */
	applyPod(pod: Pod): ReadonlySet<ObjectKey>;
	deletePod(key: ObjectKey): ReadonlySet<ObjectKey>;
	clearPods(): void;
	/** By name. The same array until one of them changed. */
	podsOf(hpa: ObjectKey): readonly Pod[];
	/** Their keys, in the same order: made once, for a text that is put together anew costs more than what is looked up with it. */
	podKeysOf(hpa: ObjectKey): readonly ObjectKey[];
	/** Other HPAs that match a pod of this one. */
	overlapsOf(hpa: ObjectKey): readonly ObjectKey[];
	hpasOf(pod: ObjectKey): ReadonlySet<ObjectKey>;
};

const NOBODY: ReadonlySet<ObjectKey> = new Set();
/** Pods by name, and their keys. */
type PodList = {readonly pods: readonly Pod[]; readonly keys: readonly ObjectKey[]};

const NO_PODS: PodList = {pods: [], keys: []};
const NONE: readonly ObjectKey[] = [];

export function createHpaSelection(): HpaSelection {
	const selectors = new Map<ObjectKey, {readonly bucket: string; readonly requirements: readonly Requirement[]}>();
	/** HPAs by a label that their pods must have, or by the namespace alone. */
	const buckets = new Map<string, Set<ObjectKey>>();
	const pods = new Map<ObjectKey, Map<ObjectKey, Pod>>();
	const owners = new Map<ObjectKey, Set<ObjectKey>>();
	/** Pods that more than one HPA matches: hardly ever any. */
	const shared = new Set<ObjectKey>();
	const lists = new Map<ObjectKey, PodList>();

	function setOwners(pod: ObjectKey, now: Set<ObjectKey> | undefined): void {
		if (now === undefined || now.size === 0) owners.delete(pod);
		else owners.set(pod, now);
		if (now !== undefined && now.size > 1) shared.add(pod);
		else shared.delete(pod);
	}

	function forget(hpa: ObjectKey): void {
		const old = selectors.get(hpa);
		if (old !== undefined) buckets.get(old.bucket)?.delete(hpa);
		selectors.delete(hpa);
		for (const pod of pods.get(hpa)?.keys() ?? []) {
			const held = owners.get(pod);
			held?.delete(hpa);
			setOwners(pod, held);
		}
		pods.delete(hpa);
		lists.delete(hpa);
	}

	function listOf(hpa: ObjectKey): PodList {
		const known = lists.get(hpa);
		if (known !== undefined) return known;
		const held = pods.get(hpa);
		if (held === undefined) return NO_PODS;
		const sorted = [...held].sort(([, {metadata: a}], [, {metadata: b}]) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
		const list = {pods: sorted.map(([, pod]) => pod), keys: sorted.map(([key]) => key)};
		lists.set(hpa, list);
		return list;
	}

	/** HPAs that may match the pod: few. */
	function* candidates({metadata: {namespace, labels}}: Pod): Iterable<ObjectKey> {
		yield* buckets.get(namespace) ?? [];
		for (const [key, value] of labels) yield* buckets.get(bucketOf(namespace, key, value)) ?? [];
	}

	return {
		setSelector(hpa, namespace, requirements) {
			forget(hpa);
			if (requirements === undefined) return;
			const exact = requirements.find(({operator, values}) => operator === 'in' && values.length === 1);
			const bucket = exact === undefined ? namespace : bucketOf(namespace, exact.key, exact.values[0]!);
			selectors.set(hpa, {bucket, requirements});
			const held = buckets.get(bucket);
			if (held === undefined) buckets.set(bucket, new Set([hpa]));
			else held.add(hpa);
		},
		applyPod(pod) {
			const key = keyOf(pod);
			const before = owners.get(key);
			let now: Set<ObjectKey> | undefined;
			for (const hpa of candidates(pod)) {
				if (!matches(selectors.get(hpa)!.requirements, pod.metadata.labels)) continue;
				now = (now ?? new Set()).add(hpa);
				lists.delete(hpa);
				const held = pods.get(hpa);
				if (held === undefined) pods.set(hpa, new Map([[key, pod]]));
				else held.set(key, pod);
			}
			for (const hpa of before ?? NOBODY) {
				if (now?.has(hpa) === true) continue;
				pods.get(hpa)?.delete(key);
				lists.delete(hpa);
			}
			setOwners(key, now);
			return before === undefined || before.size === 0 ? (now ?? NOBODY) : now === undefined ? before : new Set([...before, ...now]);
		},
		deletePod(key) {
			const before = owners.get(key);
			if (before === undefined) return NOBODY;
			setOwners(key, undefined);
			for (const hpa of before) {
				pods.get(hpa)?.delete(key);
				lists.delete(hpa);
			}
			return before;
		},
		clearPods() {
			pods.clear();
			owners.clear();
			shared.clear();
			lists.clear();
		},
		podsOf: hpa => listOf(hpa).pods,
		podKeysOf: hpa => listOf(hpa).keys,
		overlapsOf(hpa) {
			const others = new Set<ObjectKey>();
			for (const pod of shared) {
				const held = owners.get(pod)!;
				if (held.has(hpa)) for (const other of held) if (other !== hpa) others.add(other);
			}
			return others.size === 0 ? NONE : [...others].sort();
		},
		hpasOf: pod => owners.get(pod) ?? NOBODY,
	};
}

function bucketOf(namespace: string, key: string, value: string): string {
	return `${namespace} ${key}=${value}`;
}
