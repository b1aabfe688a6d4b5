import type {ObjectOf} from '../schema.ts';
import {bool, defineResource, int, message, messages, OBJECT_META, optional, string, time, word} from '../schema.ts';
import {controllerUidOf, LABEL_SELECTOR, namespaceOf} from './meta.ts';

export const jobs = defineResource({
	id: 'jobs',
	kind: 'Job',
	group: 'batch',
	versions: ['v1'],
	scope: 'namespaced',
	fields: {
		metadata: message(1, OBJECT_META),
		spec: message(2, {
			parallelism: optional(int(1)),
			completions: optional(int(2)),
			activeDeadlineSeconds: optional(int(3)),
			selector: optional(message(4, LABEL_SELECTOR)),
			backoffLimit: optional(int(7)),
			ttlSecondsAfterFinished: optional(int(8)),
			completionMode: optional(word(9)),
			suspend: optional(bool(10)),
		}),
		status: message(3, {
			conditions: messages(1, {type: word(1), status: word(2), lastTransitionTime: time(4), reason: word(5), message: string(6)}),
			startTime: time(2),
			completionTime: time(3),
			active: int(4),
			succeeded: int(5),
			failed: int(6),
			ready: optional(int(9)),
			terminating: optional(int(11)),
		}),
	},
	indexes: {namespace: namespaceOf, ownerUid: controllerUidOf},
});

export type Job = ObjectOf<typeof jobs.fields>;
