import {beforeAll, expect, test} from 'vitest';
import {accessTo, answerOf, fixture, get, NO_TLS, never, open, pem, readAll, serve} from './transport-rig.ts';

// OpenSSL takes this file for the machine's store. It is read once in a process, hence a file of its own.
beforeAll(() => {
	process.env.SSL_CERT_FILE = fixture('tls/ca.crt');
});

test('where the kubeconfig names no authority, those of the machine count, for all requests at once', async () => {
	const rig = await serve((_request, response) => void response.end('hello'), {cert: pem('server.crt'), key: pem('server.key')});
	const {transport} = open(accessTo(rig.url, {tls: NO_TLS}));
	const outcomes = await Promise.all([1, 2, 3].map(() => transport.stream(get('/', {method: 'POST'}), never())));
	expect(await Promise.all(outcomes.map(outcome => readAll(answerOf(outcome))))).toEqual(['hello', 'hello', 'hello']);
	expect(rig.requests).toHaveLength(3);
});
