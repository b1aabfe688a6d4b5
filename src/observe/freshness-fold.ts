import type {ResourceId} from '../kube/schema.ts';
import type {ScopeFreshness} from './frame.ts';
import type {Fold, Freshness} from './observation.ts';

export type FreshnessState = ReadonlyMap<ResourceId, ScopeFreshness>;
type Saved = ReadonlyArray<{readonly resource: ResourceId; readonly scope: string; readonly freshness: Freshness}>;

/** What every reflector said last of itself. A scope that is dropped is no longer spoken of. */
export function createFreshnessFold(): Fold<FreshnessState, Saved> {
	const scopes = new Map<ResourceId, Map<string, Freshness>>();
	let state: FreshnessState = new Map();
	let dirty = new Set<ResourceId>();

	function scopesOf(resource: ResourceId): Map<string, Freshness> {
		const known = scopes.get(resource) ?? new Map<string, Freshness>();
		scopes.set(resource, known);
		return known;
	}

	return {
		apply(observation) {
			if (observation.kind === 'freshness') scopesOf(observation.resource).set(observation.namespace ?? '', observation.freshness);
			else if (observation.kind !== 'object' || observation.event.kind !== 'drop' || !scopesOf(observation.resource).delete(observation.namespace ?? ''))
				return;
			dirty.add(observation.resource);
		},
		read() {
			if (dirty.size === 0) return state;
			const next = new Map(state);
			for (const resource of dirty) next.set(resource, new Map(scopesOf(resource)));
			dirty = new Set();
			state = next;
			return state;
		},
		save: () => Array.from(scopes, ([resource, each]) => Array.from(each, ([scope, freshness]) => ({resource, scope, freshness}))).flat(),
		restore(saved) {
			for (const resource of scopes.keys()) dirty.add(resource);
			scopes.clear();
			for (const {resource, scope, freshness} of saved) {
				scopesOf(resource).set(scope, freshness);
				dirty.add(resource);
			}
		},
	};
}
