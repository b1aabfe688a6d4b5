import type {ObjectOf} from '../schema.ts';
import {bool, defineResource, int, message, messages, metaWith, optional, quantityMap, shared, string, strings, time, word} from '../schema.ts';
import {controllerUidOf, namespaceOf} from './meta.ts';

/** core/v1 ResourceRequirements, of a container or of a whole pod. */
export const RESOURCE_REQUIREMENTS = {limits: quantityMap(1), requests: quantityMap(2)} as const;

/** No environment, no arguments, no command: they hold secrets, and nothing here reads them. */
const CONTAINER = {
	name: word(1),
	image: word(2),
	ports: shared(messages(6, {name: word(1), containerPort: int(3), protocol: word(4)})),
	resources: shared(message(8, RESOURCE_REQUIREMENTS)),
	/** `Always` makes an init container a sidecar. */
	restartPolicy: optional(word(24)),
} as const;

const CONTAINER_STATE = {
	waiting: optional(message(1, {reason: word(1), message: string(2)})),
	running: optional(message(2, {startedAt: time(1)})),
	terminated: optional(message(3, {exitCode: int(1), signal: int(2), reason: word(3), message: string(4), startedAt: time(5), finishedAt: time(6)})),
} as const;

const CONTAINER_STATUS = {
	name: word(1),
	state: message(2, CONTAINER_STATE),
	lastState: message(3, CONTAINER_STATE),
	ready: bool(4),
	restartCount: int(5),
	started: optional(bool(9)),
	allocatedResources: quantityMap(10),
	resources: shared(optional(message(11, RESOURCE_REQUIREMENTS))),
} as const;

export const pods = defineResource({
	id: 'pods',
	kind: 'Pod',
	group: '',
	versions: ['v1'],
	scope: 'namespaced',
	fields: {
		metadata: metaWith(['kubectl.kubernetes.io/default-container', 'kubernetes.io/config.mirror']),
		spec: message(2, {
			containers: messages(2, CONTAINER),
			initContainers: messages(20, CONTAINER),
			restartPolicy: word(3),
			terminationGracePeriodSeconds: optional(int(4)),
			dnsPolicy: word(6),
			dnsConfig: optional(message(26, {nameservers: strings(1), searches: strings(2), options: messages(3, {name: word(1), value: optional(word(2))})})),
			nodeName: word(10),
			hostNetwork: bool(11),
			hostname: string(16),
			subdomain: word(17),
			setHostnameAsFQDN: optional(bool(35)),
			hostnameOverride: optional(string(41)),
			priorityClassName: word(24),
			priority: optional(int(25)),
			overhead: quantityMap(32),
			/** Of the whole pod (PodLevelResources). */
			resources: shared(optional(message(40, RESOURCE_REQUIREMENTS))),
		}),
		status: message(3, {
			phase: word(1),
			conditions: messages(2, {type: word(1), status: word(2), lastTransitionTime: time(4), reason: word(5), message: string(6)}),
			message: string(3),
			reason: word(4),
			nominatedNodeName: word(11),
			hostIP: word(5),
			podIP: string(6),
			podIPs: messages(12, {ip: string(1)}),
			startTime: time(7),
			initContainerStatuses: messages(10, CONTAINER_STATUS),
			containerStatuses: messages(8, CONTAINER_STATUS),
			qosClass: word(9),
			/** Until 1.32; later releases say it by conditions. */
			resize: word(14),
			allocatedResources: quantityMap(19),
			resources: shared(optional(message(20, RESOURCE_REQUIREMENTS))),
		}),
	},
	indexes: {
		namespace: namespaceOf,
		node: pod => (pod.spec.nodeName === '' ? undefined : pod.spec.nodeName),
		ownerUid: controllerUidOf,
	},
});

export type Pod = ObjectOf<typeof pods.fields>;
export type Container = Pod['spec']['containers'][number];
export type ContainerStatus = Pod['status']['containerStatuses'][number];
export type ContainerState = ContainerStatus['state'];
export type ResourceRequirements = ObjectOf<typeof RESOURCE_REQUIREMENTS>;
export type PodCondition = Pod['status']['conditions'][number];
