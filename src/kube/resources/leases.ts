import type {ObjectOf} from '../schema.ts';
import {defineResource, int, message, OBJECT_META, optional, string, time} from '../schema.ts';
import {namespaceOf} from './meta.ts';

export const leases = defineResource({
	id: 'leases',
	kind: 'Lease',
	group: 'coordination.k8s.io',
	versions: ['v1'],
	scope: 'namespaced',
	fields: {
		metadata: message(1, OBJECT_META),
		spec: message(2, {
			holderIdentity: optional(string(1)),
			leaseDurationSeconds: optional(int(2)),
			acquireTime: time(3),
			renewTime: time(4),
			leaseTransitions: optional(int(5)),
		}),
	},
	indexes: {namespace: namespaceOf},
});

export type Lease = ObjectOf<typeof leases.fields>;
