import type {ObjectOf} from '../schema.ts';
import {defineResource, int, message, OBJECT_META, optional, string, time, word} from '../schema.ts';
import {namespaceOf, OBJECT_REFERENCE} from './meta.ts';

/** Events as core/v1 shows them, whichever API wrote them. */
export const events = defineResource({
	id: 'events',
	kind: 'Event',
	group: '',
	versions: ['v1'],
	scope: 'namespaced',
	fields: {
		metadata: message(1, OBJECT_META),
		involvedObject: message(2, OBJECT_REFERENCE),
		reason: word(3),
		message: string(4),
		source: message(5, {component: word(1), host: word(2)}),
		firstTimestamp: time(6),
		lastTimestamp: time(7),
		/** 0 for events of events.k8s.io, which count in `series`. */
		count: int(8),
		type: word(9),
		eventTime: time(10),
		series: optional(message(11, {count: int(1), lastObservedTime: time(2)})),
		action: word(12),
		reportingComponent: word(14),
		reportingInstance: word(15),
	},
	indexes: {
		namespace: namespaceOf,
		involvedUid: event => (event.involvedObject.uid === '' ? undefined : event.involvedObject.uid),
		/** `Kind/namespace/name`: events of nodes carry the node's name as uid, or none. */
		involvedName: event => involvedNameOf(event.involvedObject.kind, event.involvedObject.namespace, event.involvedObject.name),
	},
});

/** Value of the index `involvedName`; the namespace is '' for cluster-scoped objects. */
export function involvedNameOf(kind: string, namespace: string, name: string): string {
	return `${kind}/${namespace}/${name}`;
}

export type Event = ObjectOf<typeof events.fields>;
