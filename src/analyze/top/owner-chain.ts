import type {Pod} from '../../kube/resources/pods.ts';
import {controllerOf, type ObjectRef} from '../../kube/owner.ts';
import type {Stored} from '../../kube/schema.ts';

/** Finds an owner among what kwb holds; undefined when it is not there (not watched, not synced, gone). Checks the uid. */
export type FindOwner = (ref: ObjectRef) => Stored | undefined;

export type OwnerLink = ObjectRef & {
	/** The object itself is not held here: the link is known by name, from a reference. */
	readonly isHeld: boolean;
	/** Nobody says so: worked out from how controllers name what they make. */
	readonly isInferred: boolean;
};

/** Longer chains are loops. */
const MAX_LINKS = 10;

/**
 * The controllers above an object, nearest first: of a pod its ReplicaSet and its Deployment, its Job and its CronJob.
 * Where a ReplicaSet or Job is not held, its own owner is worked out from its name, and marked so.
 */
export function ownerChain(object: Stored, find: FindOwner): readonly OwnerLink[] {
	const links: OwnerLink[] = [];
	let at: Stored | undefined = object;
	while (at !== undefined && links.length < MAX_LINKS) {
		const ref = controllerOf(at);
		if (ref === undefined) break;
		at = find(ref);
		links.push({...ref, isHeld: at !== undefined, isInferred: false});
		if (at === undefined) {
			const inferred = inferOwner(object, ref);
			if (inferred !== undefined) links.push({...inferred, isHeld: false, isInferred: true});
		}
	}
	return links;
}

/** What a pod is counted under: the top of its chain, or the pod itself when nothing controls it. */
export function workloadOf(pod: Pod, find: FindOwner): Pick<OwnerLink, 'kind' | 'namespace' | 'name' | 'isInferred'> {
	return ownerChain(pod, find).at(-1) ?? {kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name, isInferred: false};
}

/**
 * A Deployment calls its ReplicaSets `<name>-<pod-template-hash>`, a CronJob its Jobs `<name>-<minutes since 1970>`.
 * Source: k8s.io/kubernetes v1.37.2, pkg/controller/deployment/sync.go, getNewReplicaSet; pkg/controller/cronjob/utils.go, getJobName.
 */
function inferOwner(object: Stored, {apiVersion, kind, namespace, name}: ObjectRef): ObjectRef | undefined {
	if (kind === 'ReplicaSet') {
		const hash = object.metadata.labels.get('pod-template-hash');
		if (hash === undefined || hash === '' || !name.endsWith(`-${hash}`)) return undefined;
		return {apiVersion, kind: 'Deployment', namespace, name: name.slice(0, -hash.length - 1), uid: ''};
	}
	if (kind === 'Job') {
		const minutes = /^(.+)-[0-9]{8}$/.exec(name);
		return minutes === null ? undefined : {apiVersion, kind: 'CronJob', namespace, name: minutes[1]!, uid: ''};
	}
	return undefined;
}
