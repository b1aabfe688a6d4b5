import type {ObjectOf} from '../schema.ts';
import {defineResource, message, messages, OBJECT_META, string, time, word} from '../schema.ts';

export const namespaces = defineResource({
	id: 'namespaces',
	kind: 'Namespace',
	group: '',
	versions: ['v1'],
	scope: 'cluster',
	fields: {
		metadata: message(1, OBJECT_META),
		status: message(3, {
			phase: word(1),
			conditions: messages(2, {type: word(1), status: word(2), lastTransitionTime: time(4), reason: word(5), message: string(6)}),
		}),
	},
	indexes: {},
});

export type Namespace = ObjectOf<typeof namespaces.fields>;
