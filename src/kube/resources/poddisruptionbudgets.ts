import type {ObjectOf} from '../schema.ts';
import {defineResource, int, intOrString, message, messages, OBJECT_META, optional, timeMap, word} from '../schema.ts';
import {CONDITION, LABEL_SELECTOR, namespaceOf} from './meta.ts';

export const poddisruptionbudgets = defineResource({
	id: 'poddisruptionbudgets',
	kind: 'PodDisruptionBudget',
	group: 'policy',
	versions: ['v1'],
	scope: 'namespaced',
	fields: {
		metadata: message(1, OBJECT_META),
		spec: message(2, {
			minAvailable: optional(intOrString(1)),
			/** Absent matches no pod, empty every pod of the namespace. */
			selector: optional(message(2, LABEL_SELECTOR)),
			maxUnavailable: optional(intOrString(3)),
			unhealthyPodEvictionPolicy: optional(word(4)),
		}),
		status: message(3, {
			observedGeneration: int(1),
			/** Pod name to the time of an eviction that was granted and not yet seen done. */
			disruptedPods: timeMap(2),
			disruptionsAllowed: int(3),
			currentHealthy: int(4),
			desiredHealthy: int(5),
			expectedPods: int(6),
			conditions: messages(7, CONDITION),
		}),
	},
	indexes: {namespace: namespaceOf},
});

export type PodDisruptionBudget = ObjectOf<typeof poddisruptionbudgets.fields>;
