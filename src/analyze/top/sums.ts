import type {PodLoad, ResourceLoad} from './pod-load.ts';

/** Pods added up. */
export type PodSums = {
	readonly pods: number;
	/** Pods that hold room: neither Succeeded nor Failed. Requests, limits and usage are theirs. */
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

/** Adds pods up; their order does not matter, and sums of parts add up to the sum of the whole. */
export function sumPods(pods: Iterable<{readonly load: PodLoad}>): PodSums {
	let count = 0;
	let active = 0;
	let ready = 0;
	let restarts = 0;
	const cpu = emptySums();
	const memory = emptySums();
	for (const {load} of pods) {
		count++;
		restarts += load.restarts;
		if (load.isReady) ready++;
		if (!load.holdsRoom) continue;
		active++;
		addLoad(cpu, load.cpu);
		addLoad(memory, load.memory);
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

function addLoad(sums: Mutable<ResourceSums>, {request, limit, isFullyLimited, used, isUnmeasured}: ResourceLoad): void {
	sums.requests += request;
	sums.limits += limit;
	if (isUnmeasured) sums.unmeasured++;
	if (used === undefined) return;
	sums.usage = (sums.usage ?? 0) + used;
	if (request !== 0) {
		sums.usageWithRequest = (sums.usageWithRequest ?? 0) + used;
		sums.requestsWithUsage += request;
	}
	if (isFullyLimited) {
		sums.usageWithLimit = (sums.usageWithLimit ?? 0) + used;
		sums.limitsWithUsage += limit;
	}
}
