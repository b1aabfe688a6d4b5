import type {ObjectOf} from '../schema.ts';
import {defineResource, int, intOrString, message, messages, OBJECT_META, optional, string, time, word} from '../schema.ts';
import {LABEL_SELECTOR, namespaceOf} from './meta.ts';

export const daemonsets = defineResource({
	id: 'daemonsets',
	kind: 'DaemonSet',
	group: 'apps',
	versions: ['v1'],
	scope: 'namespaced',
	fields: {
		metadata: message(1, OBJECT_META),
		spec: message(2, {
			selector: optional(message(1, LABEL_SELECTOR)),
			updateStrategy: message(3, {
				type: word(1),
				rollingUpdate: optional(message(2, {maxUnavailable: optional(intOrString(1)), maxSurge: optional(intOrString(2))})),
			}),
			minReadySeconds: int(4),
		}),
		status: message(3, {
			currentNumberScheduled: int(1),
			numberMisscheduled: int(2),
			desiredNumberScheduled: int(3),
			numberReady: int(4),
			observedGeneration: int(5),
			updatedNumberScheduled: int(6),
			numberAvailable: int(7),
			numberUnavailable: int(8),
			conditions: messages(10, {type: word(1), status: word(2), lastTransitionTime: time(3), reason: word(4), message: string(5)}),
		}),
	},
	indexes: {namespace: namespaceOf},
});

export type DaemonSet = ObjectOf<typeof daemonsets.fields>;
