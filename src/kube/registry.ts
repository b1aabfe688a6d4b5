import {daemonsets} from './resources/daemonsets.ts';
import {deployments} from './resources/deployments.ts';
import {endpointslices} from './resources/endpointslices.ts';
import {events} from './resources/events.ts';
import {horizontalpodautoscalers} from './resources/horizontalpodautoscalers.ts';
import {jobs} from './resources/jobs.ts';
import {leases} from './resources/leases.ts';
import {namespaces} from './resources/namespaces.ts';
import {nodes} from './resources/nodes.ts';
import {poddisruptionbudgets} from './resources/poddisruptionbudgets.ts';
import {pods} from './resources/pods.ts';
import {replicasets} from './resources/replicasets.ts';
import {services} from './resources/services.ts';
import {statefulsets} from './resources/statefulsets.ts';
import type {Resource, ResourceId} from './schema.ts';

/** Every resource that kwb knows. A new one is a file in resources/ and a line here. */
export const RESOURCES = [
	pods,
	nodes,
	namespaces,
	events,
	replicasets,
	deployments,
	statefulsets,
	daemonsets,
	jobs,
	services,
	endpointslices,
	horizontalpodautoscalers,
	poddisruptionbudgets,
	leases,
] as const satisfies readonly Resource[];

const BY_ID: ReadonlyMap<ResourceId, Resource> = new Map(RESOURCES.map(resource => [resource.id, resource]));

/** The registered resource of that plural, undefined when kwb does not know it. */
export function resourceById(id: ResourceId): Resource | undefined {
	return BY_ID.get(id);
}
