import {matches, type Requirement} from '../analyze/hpa/label-selector.ts';
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
	podsOf(hpa: ObjectKey): ReadonlyMap<ObjectKey, Pod>;
	hpasOf(pod: ObjectKey): ReadonlySet<ObjectKey>;
};

const NOBODY: ReadonlySet<ObjectKey> = new Set();
const NO_PODS: ReadonlyMap<ObjectKey, Pod> = new Map();

export function createHpaSelection(): HpaSelection {
	const selectors = new Map<ObjectKey, {readonly bucket: string; readonly requirements: readonly Requirement[]}>();
	/** HPAs by a label that their pods must have, or by the namespace alone. */
	const buckets = new Map<string, Set<ObjectKey>>();
	const pods = new Map<ObjectKey, Map<ObjectKey, Pod>>();
	const owners = new Map<ObjectKey, Set<ObjectKey>>();

	function forget(hpa: ObjectKey): void {
		const old = selectors.get(hpa);
		if (old !== undefined) buckets.get(old.bucket)?.delete(hpa);
		selectors.delete(hpa);
		for (const pod of pods.get(hpa)?.keys() ?? []) owners.get(pod)?.delete(hpa);
		pods.delete(hpa);
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
				const held = pods.get(hpa);
				if (held === undefined) pods.set(hpa, new Map([[key, pod]]));
				else held.set(key, pod);
			}
			if (before !== undefined) for (const hpa of before) if (now?.has(hpa) !== true) pods.get(hpa)?.delete(key);
			if (now === undefined) owners.delete(key);
			else owners.set(key, now);
			return before === undefined || before.size === 0 ? (now ?? NOBODY) : now === undefined ? before : new Set([...before, ...now]);
		},
		deletePod(key) {
			const before = owners.get(key);
			if (before === undefined) return NOBODY;
			owners.delete(key);
			for (const hpa of before) pods.get(hpa)?.delete(key);
			return before;
		},
		clearPods() {
			pods.clear();
			owners.clear();
		},
		podsOf: hpa => pods.get(hpa) ?? NO_PODS,
		hpasOf: pod => owners.get(pod) ?? NOBODY,
	};
}

function bucketOf(namespace: string, key: string, value: string): string {
	return `${namespace} ${key}=${value}`;
}
