import type {ResourceId} from '../kube/schema.ts';
import {ACCEPT_ANY, ACCEPT_ANY_WATCH, ACCEPT_JSON} from '../wire/wire.ts';

/** Which encoding a resource is asked in. Protobuf, until it came malformed once. */
export type EncodingMemory = {
	/** The Accept header for a list or a watch of it. */
	acceptFor(resource: ResourceId, verb: 'list' | 'watch'): string;
	preferJson(resource: ResourceId, why: string): void;
	/** Resources that are read in JSON, and why, for `:api`. */
	entries(): ReadonlyMap<ResourceId, string>;
};

/** @param forced `--wire json`. */
export function createEncodingMemory(forced: 'json' | undefined = undefined): EncodingMemory {
	const json = new Map<ResourceId, string>();

	return {
		acceptFor(resource, verb) {
			if (forced === 'json' || json.has(resource)) return ACCEPT_JSON;
			return verb === 'watch' ? ACCEPT_ANY_WATCH : ACCEPT_ANY;
		},
		preferJson(resource, why) {
			json.set(resource, why);
		},
		entries: () => new Map(json),
	};
}
