import type {Pod} from '../../kube/resources/pods.ts';
import {holdsRoom, type LedgerPod} from './node-ledger.ts';

/** Pods added up. */
export type PodSums = {
	readonly pods: number;
	/** Pods that hold room: neither Succeeded nor Failed. Requests and limits are theirs. */
	readonly active: number;
	readonly ready: number;
	readonly restarts: number;
	readonly cpu: ResourceSums;
	readonly memory: ResourceSums;
};

export type ResourceSums = {
	/** undefined when no pod has a sample. */
	readonly usage: number | undefined;
	readonly requests: number;
	readonly limits: number;
	/** Running pods without a full sample: `usage` is at least so much. */
	readonly unmeasured: number;
	/** Usage of the pods that have a request (or a full limit), and those requests (limits): what a percentage may be taken of. */
	readonly usageWithRequest: number | undefined;
	readonly requestsWithUsage: number;
	readonly usageWithLimit: number | undefined;
	readonly limitsWithUsage: number;
};

export type SumPod = LedgerPod & {readonly isReady: boolean; readonly restarts: number};

/** Adds pods up; their order does not matter, and sums of parts add up to the sum of the whole. */
export function sumPods(pods: Iterable<SumPod>): PodSums {
	let count = 0;
	let active = 0;
	let ready = 0;
	let restarts = 0;
	const cpu = emptySums();
	const memory = emptySums();
	for (const each of pods) {
		count++;
		restarts += each.restarts;
		if (each.isReady) ready++;
		if (!holdsRoom(each.pod)) continue;
		active++;
		addPod(cpu, 'cpu', each);
		addPod(memory, 'memory', each);
	}
	return {pods: count, active, ready, restarts, cpu, memory};
}

type Mutable<T> = {-readonly [Key in keyof T]: T[Key]};

function emptySums(): Mutable<ResourceSums> {
	return {
		usage: undefined,
		requests: 0,
		limits: 0,
		unmeasured: 0,
		usageWithRequest: undefined,
		requestsWithUsage: 0,
		usageWithLimit: undefined,
		limitsWithUsage: 0,
	};
}

function addPod(sums: Mutable<ResourceSums>, name: 'cpu' | 'memory', {pod, resources, usage}: LedgerPod): void {
	const request = resources.requests.get(name) ?? 0;
	const limit = resources.limits.get(name) ?? 0;
	const used = usage?.[name];
	sums.requests += request;
	sums.limits += limit;
	if (isUnmeasured(pod, used, usage?.missing)) sums.unmeasured++;
	if (used === undefined) return;
	sums.usage = (sums.usage ?? 0) + used;
	if (request !== 0) {
		sums.usageWithRequest = (sums.usageWithRequest ?? 0) + used;
		sums.requestsWithUsage += request;
	}
	if (limit !== 0 && !resources.partlyLimited.has(name)) {
		sums.usageWithLimit = (sums.usageWithLimit ?? 0) + used;
		sums.limitsWithUsage += limit;
	}
}

function isUnmeasured(pod: Pod, used: number | undefined, missing: readonly string[] | undefined): boolean {
	return pod.status.phase === 'Running' && (used === undefined || (missing !== undefined && missing.length > 0));
}
