import type {FaultEntry} from './frame.ts';
import type {Fold} from './observation.ts';

/** Kinds of faults that are remembered. */
const REMEMBERED = 100;

/** Faults folded by source and code, latest first. The latest message of a kind stands for all of them. */
export function createFaultsFold(): Fold<readonly FaultEntry[], readonly FaultEntry[]> {
	/** Latest last. */
	const entries = new Map<string, FaultEntry>();
	let state: readonly FaultEntry[] | undefined;

	return {
		apply(observation) {
			if (observation.kind !== 'fault') return;
			const {fault, at} = observation;
			const name = `${fault.source} ${fault.code}`;
			const before = entries.get(name);
			entries.delete(name);
			entries.set(name, {fault, firstAt: before?.firstAt ?? at, lastAt: at, count: (before?.count ?? 0) + 1});
			for (const oldest of entries.keys()) {
				if (entries.size <= REMEMBERED) break;
				entries.delete(oldest);
			}
			state = undefined;
		},
		read() {
			state ??= [...entries.values()].reverse();
			return state;
		},
		save: () => [...entries.values()],
		restore(saved) {
			entries.clear();
			state = undefined;
			for (const entry of saved) entries.set(`${entry.fault.source} ${entry.fault.code}`, entry);
		},
	};
}
