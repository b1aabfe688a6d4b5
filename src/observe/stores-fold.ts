import type {Resource, ResourceId, Stored} from '../kube/schema.ts';
import {createStore, type SavedStore, type Store, type StoreCounters} from '../store/create-store.ts';
import type {Snapshot} from '../store/store.ts';
import type {Fold} from './observation.ts';

/** Snapshots of the resources that somebody has spoken of. */
export type StoresState = ReadonlyMap<ResourceId, Snapshot>;

export type StoresFold = Fold<StoresState, Readonly<Record<ResourceId, SavedStore>>> & {
	counters(): ReadonlyMap<ResourceId, StoreCounters>;
	/** What an unwatched resource looks like. */
	readonly empty: Snapshot;
};

/** One store a resource, made when the first event of it comes. An unknown resource (a recording of a later release) is kept without indexes. */
export function createStoresFold(resourceOf: (id: ResourceId) => Pick<Resource, 'indexes'> | undefined, firstSequence: number): StoresFold {
	const stores = new Map<ResourceId, Store>();
	let state: StoresState = new Map();
	let isDirty = false;

	function storeOf(id: ResourceId): Store {
		let store = stores.get(id);
		if (store === undefined) {
			store = createStore<Stored>({indexes: resourceOf(id)?.indexes ?? {}, firstSequence});
			stores.set(id, store);
		}
		return store;
	}

	return {
		empty: {...createStore<Stored>({indexes: {}, firstSequence}).snapshot(), byIndex: () => []},
		apply(observation) {
			if (observation.kind !== 'object') return;
			storeOf(observation.resource).apply(observation.namespace, observation.event);
			isDirty = true;
		},
		read() {
			if (!isDirty) return state;
			isDirty = false;
			const snapshots = new Map<ResourceId, Snapshot>();
			for (const [id, store] of stores) snapshots.set(id, store.snapshot());
			const isSame = snapshots.size === state.size && [...snapshots].every(([id, snapshot]) => state.get(id) === snapshot);
			if (!isSame) state = snapshots;
			return state;
		},
		counters: () => new Map(Array.from(stores, ([id, store]) => [id, store.counters()])),
		save: () => Object.fromEntries(Array.from(stores, ([id, store]) => [id, store.save()])),
		restore(saved) {
			for (const [id, store] of stores) if (!(id in saved)) store.restore({resourceVersion: '', objects: [], scopes: []});
			for (const [id, store] of Object.entries(saved)) storeOf(id).restore(store);
			isDirty = true;
		},
	};
}
