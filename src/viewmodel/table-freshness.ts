import type {Resource} from '../kube/schema.ts';
import type {Frame} from '../observe/frame.ts';
import type {Freshness} from '../observe/observation.ts';
import {assertNever} from '../util/assert-never.ts';
import {humanDuration} from './format/age.ts';
import type {TableState} from './table-model.ts';

/**
 * Why a table of this resource shows what it shows, by how fresh what it lists is.
 *
 * @param namespace The one that is looked at; undefined: all.
 */
export function tableStateFrom(frame: Frame, resource: Resource, namespace: string | undefined): TableState {
	const scopes = frame.freshness(resource.id);
	const freshness = (namespace === undefined ? undefined : scopes.get(namespace)) ?? scopes.get('') ?? worstOf([...scopes.values()]);
	if (freshness === undefined) return {kind: 'connecting'};
	switch (freshness.kind) {
		case 'connecting':
			return frame.snapshot(resource).objects.size > 0 ? {kind: 'stale', why: 'connecting again'} : {kind: 'connecting'};
		case 'syncing':
			return {kind: 'syncing', received: freshness.received};
		case 'live':
		case 'resyncing':
			return {kind: 'ready'};
		case 'stale':
			return {kind: 'stale', why: `${freshness.why}; as of ${humanDuration(frame.at - freshness.since)} ago`};
		case 'forbidden':
			return {kind: 'forbidden', verb: freshness.verb, resource: freshness.resource, namespace: freshness.namespace};
		case 'absent':
			return {kind: 'absent', resource: resource.id};
		case 'notRecorded':
			return {kind: 'notRecorded'};
		default:
			return assertNever(freshness);
	}
}

/** Of several namespaces the one that says most about what is missing; forbidden ones only where all are. */
function worstOf(all: readonly Freshness[]): Freshness | undefined {
	const order: ReadonlyArray<Freshness['kind']> = ['syncing', 'connecting', 'stale', 'resyncing', 'live', 'notRecorded', 'absent', 'forbidden'];
	return all.toSorted((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind))[0];
}
