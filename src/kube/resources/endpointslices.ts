import type {ObjectOf} from '../schema.ts';
import {bool, defineResource, int, message, messages, OBJECT_META, optional, string, strings, word} from '../schema.ts';
import {namespaceOf, OBJECT_REFERENCE} from './meta.ts';

/** Label by which a slice names its Service, in its own namespace. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

export const endpointslices = defineResource({
	id: 'endpointslices',
	kind: 'EndpointSlice',
	group: 'discovery.k8s.io',
	versions: ['v1'],
	scope: 'namespaced',
	fields: {
		metadata: message(1, OBJECT_META),
		endpoints: messages(2, {
			addresses: strings(1),
			/** Three-valued: absent counts as ready and serving, not terminating. */
			conditions: message(2, {ready: optional(bool(1)), serving: optional(bool(2)), terminating: optional(bool(3))}),
			hostname: optional(string(3)),
			targetRef: optional(message(4, OBJECT_REFERENCE)),
			nodeName: optional(word(6)),
			zone: optional(word(7)),
		}),
		ports: messages(3, {name: optional(word(1)), protocol: optional(word(2)), port: optional(int(3)), appProtocol: optional(word(4))}),
		addressType: word(4),
	},
	indexes: {
		namespace: namespaceOf,
		/** `namespace/name` of the Service. */
		service: slice => {
			const name = slice.metadata.labels.get(SERVICE_NAME_LABEL);
			return name === undefined ? undefined : `${slice.metadata.namespace}/${name}`;
		},
	},
});

export type EndpointSlice = ObjectOf<typeof endpointslices.fields>;
