import type {Pod} from '../../kube/resources/pods.ts';
import type {PodResources} from './pod-resources.ts';
import type {PodStatus} from './pod-status.ts';
import type {PodUsage} from './sample.ts';

/** What a pod puts on its node, in plain numbers: what sums and ledgers add up, of thousands of pods at a time. */
export type PodLoad = {
	/** It holds room on its node: neither Succeeded nor Failed. Terminating pods hold theirs to the end. */
	readonly holdsRoom: boolean;
	readonly isReady: boolean;
	readonly restarts: number;
	readonly cpu: ResourceLoad;
	readonly memory: ResourceLoad;
};

/** Nano-cores or bytes. */
export type ResourceLoad = {
	/** 0 when nothing is requested. */
	readonly request: number;
	/** 0 when nothing is limited. */
	readonly limit: number;
	/** Every container that stays has a limit, or the pod as a whole has one. */
	readonly isFullyLimited: boolean;
	/** undefined: there is no figure. */
	readonly used: number | undefined;
	/** It runs, and `used` is not there or not of all its containers. */
	readonly isUnmeasured: boolean;
};

/** A pod as numbers. */
export function podLoad(pod: Pod, {restarts}: Pick<PodStatus, 'restarts'>, resources: PodResources, usage: PodUsage | undefined): PodLoad {
	const {phase, conditions} = pod.status;
	const isRunning = phase === 'Running';
	return {
		holdsRoom: phase !== 'Succeeded' && phase !== 'Failed',
		isReady: conditions.some(condition => condition.type === 'Ready' && condition.status === 'True'),
		restarts,
		cpu: resourceLoad('cpu', isRunning, resources, usage),
		memory: resourceLoad('memory', isRunning, resources, usage),
	};
}

function resourceLoad(name: 'cpu' | 'memory', isRunning: boolean, resources: PodResources, usage: PodUsage | undefined): ResourceLoad {
	const limit = resources.limits.get(name) ?? 0;
	const used = usage?.[name];
	return {
		request: resources.requests.get(name) ?? 0,
		limit,
		isFullyLimited: limit !== 0 && !resources.partlyLimited.has(name),
		used,
		isUnmeasured: isRunning && (used === undefined || usage!.missing.length > 0),
	};
}
