import type {ResourceId} from '../kube/schema.ts';

/** What the reflectors of one resource have done so far. */
export type ResourceCounters = {
	/** Lists that were finished, streamed or not. */
	readonly lists: number;
	/** … of them those that replaced complete older contents. */
	readonly relists: number;
	/** Watches that were opened, streamed lists included. */
	readonly watches: number;
	readonly events: number;
	/** Bodies that were not what they should be. */
	readonly malformed: number;
	/** Decoding and taking in, ms. */
	readonly decodeMs: number;
};

/** The tally of a cluster's reflectors. */
export type ReflectorCounters = {
	add(resource: ResourceId, what: keyof ResourceCounters, amount?: number): void;
	read(): ReadonlyMap<ResourceId, ResourceCounters>;
};

export function createReflectorCounters(): ReflectorCounters {
	const counters = new Map<ResourceId, {-readonly [Name in keyof ResourceCounters]: number}>();

	return {
		add(resource, what, amount = 1) {
			let counted = counters.get(resource);
			if (counted === undefined) {
				counted = {lists: 0, relists: 0, watches: 0, events: 0, malformed: 0, decodeMs: 0};
				counters.set(resource, counted);
			}
			counted[what] += amount;
		},
		read: () => new Map(Array.from(counters, ([resource, counted]) => [resource, {...counted}])),
	};
}
