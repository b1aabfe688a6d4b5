import type {IndexFunction, Stored} from '../../src/kube/schema.ts';

/** The least that a store holds: metadata, and something to index by. */
export type Thing = Stored & {readonly node: string; readonly colours: readonly string[]};

/** A frozen thing, so that a stray write throws. */
export function thing(
	name: string,
	{namespace = 'shop', uid = `uid-${namespace}-${name}`, version = '1', node = 'n1', colours = []}: ThingOptions = {},
): Thing {
	return Object.freeze({
		metadata: Object.freeze({
			name,
			namespace,
			uid,
			resourceVersion: version,
			generation: 0,
			creationTimestamp: undefined,
			deletionTimestamp: undefined,
			deletionGracePeriodSeconds: undefined,
			labels: new Map<string, string>(),
			ownerReferences: [],
			finalizers: [],
		}),
		node,
		colours: Object.freeze(colours),
	});
}

type ThingOptions = {
	readonly namespace?: string;
	readonly uid?: string;
	readonly version?: string;
	readonly node?: string;
	readonly colours?: readonly string[];
};

export const THING_INDEXES: Readonly<Record<'node' | 'colour', IndexFunction<Thing>>> = {
	node: each => (each.node === '' ? undefined : each.node),
	colour: each => each.colours,
};
