import type tls from 'node:tls';
import {CoreV1Api} from '@kubernetes/client-node';
import {expect, test} from 'vitest';
import {clientNodeConfig} from '../../src/transport/client-node.ts';
import {bearer} from '../../src/transport/credential.ts';
import {accessTo, pem, serve, TRUSTING} from './transport-rig.ts';

const EMPTY = JSON.stringify({kind: 'NamespaceList', apiVersion: 'v1', metadata: {}, items: []});

test('the client package reaches the same cluster as the same user', async () => {
	const subjects: (string | undefined)[] = [];
	const rig = await serve(
		(request, response) => {
			subjects.push((request.socket as tls.TLSSocket).getPeerX509Certificate()?.subject);
			response.setHeader('content-type', 'application/json');
			response.end(EMPTY);
		},
		{cert: pem('elsewhere.crt'), key: pem('elsewhere.key'), ca: pem('ca.crt'), requestCert: true},
	);
	const access = accessTo(`${rig.url}/prefix`, {
		tls: {...TRUSTING, serverName: 'elsewhere.test'},
		impersonate: {user: 'joe', uid: undefined, groups: [], extra: new Map()},
	});
	const credential = {...bearer('tok'), clientCertificate: {certificate: pem('client.crt'), key: pem('client.key')}};
	const config = await clientNodeConfig(access, credential);
	expect((await config.makeApiClient(CoreV1Api).listNamespace()).items).toEqual([]);
	expect(rig.requests[0]).toMatchObject({url: '/prefix/api/v1/namespaces', headers: {authorization: 'Bearer tok', 'impersonate-user': 'joe'}});
	expect(subjects[0]).toContain('CN=alice');
});
