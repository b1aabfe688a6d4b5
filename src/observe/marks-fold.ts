import type {EpochMs} from '../util/epoch-ms.ts';
import type {Fold} from './observation.ts';

/** Marks that are remembered. */
const REMEMBERED = 1000;

type Mark = {readonly at: EpochMs; readonly text: string};

/** What was marked by hand or by an action, oldest first. */
export function createMarksFold(): Fold<readonly Mark[], readonly Mark[]> {
	let state: readonly Mark[] = [];

	return {
		apply(observation) {
			if (observation.kind === 'mark') state = [...state.slice(1 - REMEMBERED), {at: observation.serverAt ?? observation.at, text: observation.text}];
		},
		read: () => state,
		save: () => state,
		restore(saved) {
			state = saved;
		},
	};
}
