import type {ObjectOf} from '../schema.ts';
import {defineResource, int, message, messages, metaWith, optional, string, time, word} from '../schema.ts';
import {controllerUidOf, LABEL_SELECTOR, namespaceOf} from './meta.ts';

export const replicasets = defineResource({
	id: 'replicasets',
	kind: 'ReplicaSet',
	group: 'apps',
	versions: ['v1'],
	scope: 'namespaced',
	fields: {
		metadata: metaWith(['deployment.kubernetes.io/revision']),
		spec: message(2, {replicas: optional(int(1)), selector: optional(message(2, LABEL_SELECTOR)), minReadySeconds: int(4)}),
		status: message(3, {
			replicas: int(1),
			fullyLabeledReplicas: int(2),
			observedGeneration: int(3),
			readyReplicas: int(4),
			availableReplicas: int(5),
			terminatingReplicas: optional(int(7)),
			conditions: messages(6, {type: word(1), status: word(2), lastTransitionTime: time(3), reason: word(4), message: string(5)}),
		}),
	},
	indexes: {namespace: namespaceOf, ownerUid: controllerUidOf},
});

export type ReplicaSet = ObjectOf<typeof replicasets.fields>;
