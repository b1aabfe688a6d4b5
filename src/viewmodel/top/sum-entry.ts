import {type PodSums, sumPods} from '../../analyze/top/sums.ts';
import type {SumBy} from '../../state/tabs.ts';
import type {PodEntry} from './pod-entry.ts';

/** Key and label of the sum of pods that are bound to no node. */
export const NO_NODE = '(no node)';

/** The sum that a pod belongs to: a namespace, `namespace/Kind/name` of its workload, or a node. */
export function sumKeyOf(entry: PodEntry, by: SumBy): string {
	switch (by) {
		case 'namespace':
			return entry.pod.metadata.namespace;
		case 'node':
			return entry.pod.spec.nodeName === '' ? NO_NODE : entry.pod.spec.nodeName;
		case 'owner': {
			const {namespace, kind, name} = entry.workload;
			return `${namespace}/${kind}/${name}`;
		}
	}
}

/** Pods that are added up. */
export class SumEntry {
	readonly key: string;
	readonly by: SumBy;
	readonly members = new Set<PodEntry>();
	#sums: PodSums | undefined;

	constructor(key: string, by: SumBy) {
		this.key = key;
		this.by = by;
	}

	/** A member came, left or changed. */
	forgetSums(): void {
		this.#sums = undefined;
	}

	get sums(): PodSums {
		this.#sums ??= sumPods(this.members);
		return this.#sums;
	}

	/** What stands first in the row: the namespace, `Deployment web`, the node. */
	get label(): string {
		if (this.by !== 'owner') return this.key;
		const [, kind, ...name] = this.key.split('/');
		return `${kind} ${name.join('/')}`;
	}

	get namespace(): string {
		return this.by === 'owner' ? this.key.slice(0, this.key.indexOf('/')) : '';
	}

	get haystack(): string {
		return this.key.toLowerCase();
	}
}
