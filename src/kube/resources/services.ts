import type {ObjectOf} from '../schema.ts';
import {bool, defineResource, int, intOrString, message, messages, OBJECT_META, optional, string, strings, word, wordMap, words} from '../schema.ts';
import {namespaceOf} from './meta.ts';

export const services = defineResource({
	id: 'services',
	kind: 'Service',
	group: '',
	versions: ['v1'],
	scope: 'namespaced',
	fields: {
		metadata: message(1, OBJECT_META),
		spec: message(2, {
			ports: messages(1, {
				name: word(1),
				protocol: word(2),
				port: int(3),
				targetPort: intOrString(4),
				nodePort: int(5),
				appProtocol: optional(word(6)),
			}),
			selector: wordMap(2),
			clusterIP: string(3),
			clusterIPs: strings(18),
			type: word(4),
			externalIPs: strings(5),
			externalName: string(10),
			publishNotReadyAddresses: bool(13),
			ipFamilies: words(19),
			ipFamilyPolicy: optional(word(17)),
			internalTrafficPolicy: optional(word(22)),
			trafficDistribution: optional(word(23)),
		}),
	},
	indexes: {namespace: namespaceOf},
});

export type Service = ObjectOf<typeof services.fields>;
