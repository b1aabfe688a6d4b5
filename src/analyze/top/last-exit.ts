import type {ContainerStatus, Pod} from '../../kube/resources/pods.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';

/** How a container ended, the last time that one did. */
export type Exit = {
	readonly container: string;
	/** `OOMKilled`, `Error`, `Completed`, …; may be empty. */
	readonly reason: string;
	readonly exitCode: number;
	/** 0: none. */
	readonly signal: number;
	readonly at: EpochMs | undefined;
};

/** The last end of one container: of the run before this one, or of this one when it has ended. */
export function lastExitOf(status: ContainerStatus): Exit | undefined {
	const terminated = status.state.terminated ?? status.lastState.terminated;
	if (terminated === undefined) return undefined;
	return {container: status.name, reason: terminated.reason, exitCode: terminated.exitCode, signal: terminated.signal, at: terminated.finishedAt};
}

/**
 * The last end of any container of the pod. An init container that completed is in the order of things and does not
 * count, unless it was run again; nor does an ordinary end of a pod that is finished say more than its phase.
 */
export function lastExit(pod: Pod): Exit | undefined {
	let last: Exit | undefined;
	const consider = (exit: Exit | undefined): void => {
		if (exit !== undefined && (last === undefined || (exit.at ?? 0) > (last.at ?? 0))) last = exit;
	};
	for (const status of pod.status.containerStatuses) consider(lastExitOf(status));
	for (const status of pod.status.initContainerStatuses) {
		const exit = lastExitOf(status);
		if (exit === undefined || (exit.exitCode === 0 && status.restartCount === 0)) continue;
		consider(exit);
	}
	return last;
}

/** `OOMKilled`, `Error (1)`, `signal 9`, `exit 3`. A code is said where the reason does not imply it. */
export function exitText({reason, exitCode, signal}: Exit): string {
	if (reason === '') return signal === 0 ? `exit ${exitCode}` : `signal ${signal}`;
	return reason === 'Completed' || reason === 'OOMKilled' ? reason : `${reason} (${exitCode})`;
}
