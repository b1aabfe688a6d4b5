import {findManualChange, type ReplicaManager} from '../analyze/hpa/find-problems.ts';
import {horizontalpodautoscalers} from '../kube/resources/horizontalpodautoscalers.ts';
import type {ObjectKey} from '../kube/schema.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {FactsState, Frame} from './frame.ts';
import {targetKeyOf} from './hpa-target.ts';

export type {ReplicaManager};

/** Topic of the note that says who owns `spec.replicas` of a target (`Kind/namespace/name`). */
export const managersTopic = (target: string): string => `hpa/replicaManagers ${target}`;

/** Who owns `spec.replicas` of a target, as far as somebody asked. */
export function notedManagers({notes}: Pick<FactsState, 'notes'>, target: string): readonly ReplicaManager[] {
	const note = notes.get(managersTopic(target));
	if (note === undefined) return [];
	try {
		return JSON.parse(note) as readonly ReplicaManager[];
	} catch {
		return [];
	}
}

/** The controller's own status follows its change of the count; a change is somebody else's when it did not. */
export const SETTLED_MS = 5000;

/** The latest change of each target's count that was not the controller's. */
export function manualChangesIn(
	frame: Pick<Frame, 'hpas' | 'at' | 'snapshot'>,
): ReadonlyArray<{readonly key: ObjectKey; readonly target: string; readonly seenAt: EpochMs}> {
	const found: Array<{readonly key: ObjectKey; readonly target: string; readonly seenAt: EpochMs}> = [];
	for (const [key, {changes, memory}] of frame.hpas.records) {
		const last = changes.at(-1);
		if (last === undefined || frame.at - last.seenAt <= SETTLED_MS || findManualChange(key, last, memory.rescales, []) === undefined) continue;
		const hpa = frame.snapshot(horizontalpodautoscalers).objects.get(key);
		if (hpa !== undefined) found.push({key, target: targetKeyOf(hpa), seenAt: last.seenAt});
	}
	return found;
}
