import {type Labels, matches, type Requirement} from '../../kube/label-selector.ts';

export type Labelled = {readonly metadata: {readonly name: string; readonly namespace: string; readonly labels: Labels}};

/** Finds pods by selector without looking at all of them: one bucket a namespace and label, made when first asked for. */
export type PodFinder<Pod> = (namespace: string, requirements: readonly Requirement[]) => readonly Pod[];

/**
 * Makes a finder over pods that do not change while it is in use.
 *
 * @returns Pods of the namespace that meet the requirements, in the order they came in.
 */
export function podFinder<Pod extends Labelled>(pods: Iterable<Pod>): PodFinder<Pod> {
	const byNamespace = new Map<string, Pod[]>();
	for (const pod of pods) {
		const list = byNamespace.get(pod.metadata.namespace);
		if (list === undefined) byNamespace.set(pod.metadata.namespace, [pod]);
		else list.push(pod);
	}
	/** namespace → label → value → pods. */
	const byLabel = new Map<string, Map<string, Map<string, Pod[]>>>();

	const bucketsOf = (namespace: string, key: string): ReadonlyMap<string, readonly Pod[]> => {
		const ofNamespace = byLabel.get(namespace) ?? new Map<string, Map<string, Pod[]>>();
		byLabel.set(namespace, ofNamespace);
		const known = ofNamespace.get(key);
		if (known !== undefined) return known;
		const buckets = new Map<string, Pod[]>();
		ofNamespace.set(key, buckets);
		for (const pod of byNamespace.get(namespace) ?? []) {
			const value = pod.metadata.labels.get(key);
			if (value === undefined) continue;
			const bucket = buckets.get(value);
			if (bucket === undefined) buckets.set(value, [pod]);
			else bucket.push(pod);
		}
		return buckets;
	};

	return (namespace, requirements) => {
		let smallest: readonly Pod[] = byNamespace.get(namespace) ?? [];
		for (const {key, operator, values} of requirements) {
			if (operator !== 'in' || values.length !== 1) continue;
			const bucket = bucketsOf(namespace, key).get(values[0]!) ?? [];
			if (bucket.length < smallest.length) smallest = bucket;
		}
		return smallest.filter(pod => matches(requirements, pod.metadata.labels));
	};
}
