import type {ObjectOf} from '../schema.ts';
import {defineResource, int, intOrString, message, messages, OBJECT_META, optional, string, time, word} from '../schema.ts';
import {LABEL_SELECTOR, namespaceOf} from './meta.ts';

export const statefulsets = defineResource({
	id: 'statefulsets',
	kind: 'StatefulSet',
	group: 'apps',
	versions: ['v1'],
	scope: 'namespaced',
	fields: {
		metadata: message(1, OBJECT_META),
		spec: message(2, {
			replicas: optional(int(1)),
			selector: optional(message(2, LABEL_SELECTOR)),
			serviceName: word(5),
			podManagementPolicy: word(6),
			updateStrategy: message(7, {
				type: word(1),
				rollingUpdate: optional(message(2, {partition: optional(int(1)), maxUnavailable: optional(intOrString(2))})),
			}),
			minReadySeconds: int(9),
			ordinals: optional(message(11, {start: int(1)})),
		}),
		status: message(3, {
			observedGeneration: int(1),
			replicas: int(2),
			readyReplicas: int(3),
			currentReplicas: int(4),
			updatedReplicas: int(5),
			currentRevision: string(6),
			updateRevision: string(7),
			availableReplicas: int(11),
			conditions: messages(10, {type: word(1), status: word(2), lastTransitionTime: time(3), reason: word(4), message: string(5)}),
		}),
	},
	indexes: {namespace: namespaceOf},
});

export type StatefulSet = ObjectOf<typeof statefulsets.fields>;
