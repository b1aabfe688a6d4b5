import type {ObjectOf} from '../schema.ts';
import {bool, defineResource, int, message, messages, metaWith, quantityMap, shared, string, time, word} from '../schema.ts';

/** Where metrics-server reads a node's usage, when the kubelet's own path will not do (simulated nodes). */
export const RESOURCE_METRICS_PATH_ANNOTATION = 'metrics.k8s.io/resource-metrics-path';

export const nodes = defineResource({
	id: 'nodes',
	kind: 'Node',
	group: '',
	versions: ['v1'],
	scope: 'cluster',
	fields: {
		metadata: metaWith([RESOURCE_METRICS_PATH_ANNOTATION]),
		spec: message(2, {
			unschedulable: bool(4),
			taints: messages(5, {key: word(1), value: word(2), effect: word(3), timeAdded: time(4)}),
		}),
		status: message(3, {
			capacity: quantityMap(1),
			allocatable: quantityMap(2),
			conditions: messages(4, {
				type: word(1),
				status: word(2),
				lastHeartbeatTime: time(3),
				lastTransitionTime: time(4),
				reason: word(5),
				message: word(6),
			}),
			addresses: messages(5, {type: word(1), address: string(2)}),
			daemonEndpoints: shared(message(6, {kubeletEndpoint: message(1, {Port: int(1)})})),
			nodeInfo: message(7, {
				kernelVersion: word(4),
				osImage: word(5),
				containerRuntimeVersion: word(6),
				kubeletVersion: word(7),
				operatingSystem: word(9),
				architecture: word(10),
			}),
		}),
	},
	indexes: {},
});

export type Node = ObjectOf<typeof nodes.fields>;
export type NodeCondition = Node['status']['conditions'][number];
