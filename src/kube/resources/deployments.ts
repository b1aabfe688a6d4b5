import type {ObjectOf} from '../schema.ts';
import {bool, defineResource, int, intOrString, message, messages, metaWith, optional, string, time, word} from '../schema.ts';
import {LABEL_SELECTOR, namespaceOf} from './meta.ts';

export const deployments = defineResource({
	id: 'deployments',
	kind: 'Deployment',
	group: 'apps',
	versions: ['v1'],
	scope: 'namespaced',
	fields: {
		metadata: metaWith(['deployment.kubernetes.io/revision']),
		spec: message(2, {
			replicas: optional(int(1)),
			selector: optional(message(2, LABEL_SELECTOR)),
			strategy: message(4, {
				type: word(1),
				rollingUpdate: optional(message(2, {maxUnavailable: optional(intOrString(1)), maxSurge: optional(intOrString(2))})),
			}),
			minReadySeconds: int(5),
			paused: bool(7),
			progressDeadlineSeconds: optional(int(9)),
		}),
		status: message(3, {
			observedGeneration: int(1),
			replicas: int(2),
			updatedReplicas: int(3),
			availableReplicas: int(4),
			unavailableReplicas: int(5),
			readyReplicas: int(7),
			terminatingReplicas: optional(int(9)),
			conditions: messages(6, {
				type: word(1),
				status: word(2),
				lastUpdateTime: time(6),
				lastTransitionTime: time(7),
				reason: word(4),
				message: string(5),
			}),
		}),
	},
	indexes: {namespace: namespaceOf},
});

export type Deployment = ObjectOf<typeof deployments.fields>;
