import type {ObjectOf} from '../schema.ts';
import {defineResource, duration, message, messages, OBJECT_META, quantityMap, time, unshared, word} from '../schema.ts';

// Not in the registry: the metrics API is listed, never watched. k8s.io/metrics v0.37.2, pkg/apis/metrics/v1beta1/generated.proto.

/** Use of pods' containers, one entry a container, in no order. */
export const podmetrics = defineResource({
	id: 'pods',
	kind: 'PodMetrics',
	group: 'metrics.k8s.io',
	versions: ['v1', 'v1beta1'],
	scope: 'namespaced',
	fields: {
		metadata: message(1, OBJECT_META),
		/** End of the interval; `window` is its length in milliseconds. */
		timestamp: time(2),
		window: duration(3),
		containers: messages(4, {name: word(1), usage: unshared(quantityMap(2))}),
	},
	indexes: {},
});

/** Use of nodes. */
export const nodemetrics = defineResource({
	id: 'nodes',
	kind: 'NodeMetrics',
	group: 'metrics.k8s.io',
	versions: ['v1', 'v1beta1'],
	scope: 'cluster',
	fields: {
		metadata: message(1, OBJECT_META),
		timestamp: time(2),
		window: duration(3),
		usage: unshared(quantityMap(4)),
	},
	indexes: {},
});

export type PodMetrics = ObjectOf<typeof podmetrics.fields>;
export type NodeMetrics = ObjectOf<typeof nodemetrics.fields>;
