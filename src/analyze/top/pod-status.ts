import type {ContainerState, Pod} from '../../kube/resources/pods.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';
import {isSidecar} from './pod-resources.ts';

/** What `kubectl get pod` says of a pod. */
export type PodStatus = {
	/** Ready containers, sidecars included. */
	readonly ready: number;
	readonly containers: number;
	/** The STATUS column: a phase, a reason, `Init:1/3`, `Terminating`, … */
	readonly status: string;
	readonly restarts: number;
	/** End of the container run before the latest restart; undefined when nothing was restarted, or it does not say. */
	readonly lastRestartAt: EpochMs | undefined;
};

/**
 * READY, STATUS and RESTARTS of a pod, exactly as the API server prints them into tables.
 *
 * Source: k8s.io/kubernetes v1.37.2, pkg/printers/internalversion/printers.go, printPod.
 */
export function podStatus(pod: Pod): PodStatus {
	const {spec, status} = pod;
	let reason = status.reason === '' ? status.phase : status.reason;
	if (status.conditions.some(condition => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated')) reason = 'SchedulingGated';

	const sidecars = new Set(spec.initContainers.filter(isSidecar).map(container => container.name));
	let restarts = 0;
	let ready = 0;
	let lastRestartAt: EpochMs | undefined;
	let sidecarRestarts = 0;
	let lastSidecarRestartAt: EpochMs | undefined;
	let isInitializing = false;

	for (const [index, container] of status.initContainerStatuses.entries()) {
		const {state} = container;
		const endedAt = container.lastState.terminated?.finishedAt;
		restarts += container.restartCount;
		lastRestartAt = later(lastRestartAt, endedAt);
		if (sidecars.has(container.name)) {
			sidecarRestarts += container.restartCount;
			lastSidecarRestartAt = later(lastSidecarRestartAt, endedAt);
		}
		if (state.terminated?.exitCode === 0) continue;
		if (sidecars.has(container.name) && container.started === true) {
			if (container.ready) ready++;
			continue;
		}
		// The first one that is not done is where the pod stands.
		if (state.terminated !== undefined) reason = `Init:${reasonOf(state.terminated)}`;
		else if (state.waiting !== undefined && state.waiting.reason !== '' && state.waiting.reason !== 'PodInitializing') reason = `Init:${state.waiting.reason}`;
		else reason = `Init:${index}/${spec.initContainers.length}`;
		isInitializing = true;
		break;
	}

	if (!isInitializing || isConditionTrue(pod, 'Initialized')) {
		restarts = sidecarRestarts;
		lastRestartAt = lastSidecarRestartAt;
		let hasRunning = false;
		let errorReason = '';
		// Backwards: what the first container says is said last, and stays.
		for (const container of status.containerStatuses.toReversed()) {
			const {state} = container;
			restarts += container.restartCount;
			lastRestartAt = later(lastRestartAt, container.lastState.terminated?.finishedAt);
			if (state.waiting !== undefined && state.waiting.reason !== '') reason = state.waiting.reason;
			else if (state.terminated !== undefined) {
				reason = reasonOf(state.terminated);
				if (state.terminated.exitCode !== 0) errorReason = reason;
			} else if (container.ready && state.running !== undefined) {
				hasRunning = true;
				ready++;
			}
		}
		// One container has completed, others may be at work still.
		if (reason === 'Completed') {
			if (hasRunning && hasReadyCondition(pod)) reason = 'Running';
			else if (errorReason !== '') reason = errorReason;
			else if (hasRunning) reason = 'NotReady';
		}
	}

	if (pod.metadata.deletionTimestamp !== undefined) {
		if (status.reason === 'NodeLost') reason = 'Unknown';
		else if (status.phase !== 'Failed' && status.phase !== 'Succeeded') reason = 'Terminating';
	}

	return {
		ready,
		containers: spec.containers.length + sidecars.size,
		status: reason,
		restarts,
		lastRestartAt: restarts === 0 ? undefined : lastRestartAt,
	};
}

function reasonOf(terminated: NonNullable<ContainerState['terminated']>): string {
	if (terminated.reason !== '') return terminated.reason;
	return terminated.signal !== 0 ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

/** isPodInitializedConditionTrue: the first condition of the type decides. */
function isConditionTrue(pod: Pod, type: string): boolean {
	return pod.status.conditions.find(condition => condition.type === type)?.status === 'True';
}

/** hasPodReadyCondition: any condition of the type may. */
function hasReadyCondition(pod: Pod): boolean {
	return pod.status.conditions.some(condition => condition.type === 'Ready' && condition.status === 'True');
}

function later(one: EpochMs | undefined, other: EpochMs | undefined): EpochMs | undefined {
	if (one === undefined || (other !== undefined && other > one)) return other;
	return one;
}
