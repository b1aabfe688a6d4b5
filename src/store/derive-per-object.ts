import {keyOf, type ObjectKey, type Stored} from '../kube/schema.ts';
import type {Snapshot} from './store.ts';

/**
 * One value per object, computed again only for what changed. Belongs to a session; read
 * the map before the next call. Sequences that come from another store (see
 * `firstSequence`) are told apart and everything is computed anew.
 */
export function derivePerObject<T extends Stored, Value>(compute: (object: T) => Value): (snapshot: Snapshot<T>) => ReadonlyMap<ObjectKey, Value> {
	const values = new Map<ObjectKey, Value>();
	let sequence = -1;

	return snapshot => {
		const delta = snapshot.changedSince(sequence);
		if (delta.kind === 'everything') values.clear();
		else for (const object of delta.deleted) values.delete(keyOf(object));
		if (delta.kind === 'everything') for (const [key, object] of snapshot.objects) values.set(key, compute(object));
		else for (const object of delta.applied) values.set(keyOf(object), compute(object));
		sequence = snapshot.sequence;
		return values;
	};
}
