import type {Listed, ObjectOf} from '../schema.ts';
import {duration, message, messages, string, time, usage, word} from '../schema.ts';

// Not in the registry: the metrics API is listed, never watched. k8s.io/metrics v0.37.2, pkg/apis/metrics/v1beta1/generated.proto.

/** It copies the labels of what it measures; nobody reads them here. */
const METRICS_META = {name: string(1), namespace: word(3)} as const;

/** Use of pods' containers, one entry a container, in no order. */
export const podmetrics = {
	id: 'pods',
	kind: 'PodMetrics',
	group: 'metrics.k8s.io',
	versions: ['v1', 'v1beta1'],
	scope: 'namespaced',
	fields: {
		metadata: message(1, METRICS_META),
		/** End of the interval; `window` is its length in milliseconds. */
		timestamp: time(2),
		window: duration(3),
		containers: messages(4, {name: word(1), usage: usage(2)}),
	},
} as const satisfies Listed;

/** Use of nodes. */
export const nodemetrics = {
	id: 'nodes',
	kind: 'NodeMetrics',
	group: 'metrics.k8s.io',
	versions: ['v1', 'v1beta1'],
	scope: 'cluster',
	fields: {
		metadata: message(1, METRICS_META),
		timestamp: time(2),
		window: duration(3),
		usage: usage(4),
	},
} as const satisfies Listed;

export type PodMetrics = ObjectOf<typeof podmetrics.fields>;
export type NodeMetrics = ObjectOf<typeof nodemetrics.fields>;
