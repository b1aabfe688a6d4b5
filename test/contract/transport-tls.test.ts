import {createPrivateKey} from 'node:crypto';
import {copyFileSync, mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type tls from 'node:tls';
import {describe, expect, onTestFinished, test} from 'vitest';
import type {TlsSettings} from '../../src/transport/access.ts';
import {fakeClock} from '../observe/fake-clock.ts';
import {accessTo, errorOf, fixture, get, NO_TLS, never, open, pem, serve, TRUSTING, textOf, until, watch} from './transport-rig.ts';

const serverWith = (name: string, more: tls.TlsOptions = {}): tls.TlsOptions => ({cert: pem(`${name}.crt`), key: pem(`${name}.key`), ...more});
const MUTUAL: tls.TlsOptions = {ca: pem('ca.crt'), requestCert: true, rejectUnauthorized: true};

const certificate = (name: string): TlsSettings['clientCertificate'] => ({
	certificate: {kind: 'inline', pem: pem(`${name}.crt`)},
	key: {kind: 'file', path: fixture(`tls/${name}.key`)},
});

/** A server that answers with the common name of its client, and a transport to it. */
async function connect(server: tls.TlsOptions, settings: TlsSettings, host = '127.0.0.1') {
	const rig = await serve((request, response) => void response.end((request.socket as tls.TLSSocket).getPeerX509Certificate?.()?.subject ?? 'nobody'), server);
	return {rig, ...open(accessTo(rig.url.replace('127.0.0.1', host), {tls: settings}))};
}

describe('the certificate of the server', () => {
	test.each<[string, string, TlsSettings, string?]>([
		['signed by the authority in a file', 'server', TRUSTING],
		['signed by the authority in the kubeconfig', 'server', {...NO_TLS, ca: {kind: 'inline', pem: pem('ca.crt')}}],
		['signed by one of several authorities', 'server', {...NO_TLS, ca: {kind: 'file', path: fixture('tls/bundle.crt')}}],
		['signed by an intermediate that is trusted by itself', 'of-intermediate', {...NO_TLS, ca: {kind: 'file', path: fixture('tls/intermediate.crt')}}],
		['for a host name', 'server', TRUSTING, 'localhost'],
		['for the name that tls-server-name asks for', 'elsewhere', {...TRUSTING, serverName: 'elsewhere.test'}],
		['for the address that tls-server-name asks for', 'server', {...TRUSTING, serverName: '127.0.0.1'}, 'localhost'],
		['whatever it is, with insecure-skip-tls-verify', 'expired', {...NO_TLS, insecure: true}],
	])('%s is accepted', async (_name, server, settings, host) => {
		const {transport} = await connect(serverWith(server), settings, host);
		expect(await textOf(transport, get('/'))).toBe('nobody');
	});

	test.each<[string, string, TlsSettings, RegExp]>([
		[
			'of an unknown authority',
			'server',
			{...NO_TLS, ca: {kind: 'file', path: fixture('tls/other-ca.crt')}},
			/^x509: the certificate of 127\.0\.0\.1:\d+ \(CN=kwb test server\), issued by CN=kwb test authority, is not signed by a trusted authority$/,
		],
		['of an authority that the machine does not know', 'server', NO_TLS, /is not signed by a trusted authority$/],
		['that has expired', 'expired', TRUSTING, /\(CN=expired server\) expired on Jan {2}1 00:00:00 2021 GMT$/],
		['that is not valid yet', 'future', TRUSTING, /\(CN=future server\) is valid from Jan {2}1 00:00:00 2048 GMT only$/],
		['for another name', 'elsewhere', TRUSTING, /\(CN=elsewhere\) is valid for DNS:elsewhere\.test, not for 127\.0\.0\.1$/],
		['for another name than tls-server-name', 'server', {...TRUSTING, serverName: 'other.test'}, /is valid for DNS:localhost, .*, not for other\.test$/],
	])('%s is an error with its subject and why, and nothing is sent', async (_name, server, settings, message) => {
		const {rig, transport} = await connect(serverWith(server), settings);
		const error = errorOf(await transport.stream(get('/'), never()));
		expect(error).toMatchObject({kind: 'connection', message: expect.stringMatching(message), hint: expect.any(String)});
		await until(() => rig.open() === 0);
		expect(rig.requests).toHaveLength(0);
	});

	test('a server without TLS is said so', async () => {
		const rig = await serve((_request, response) => void response.end());
		const {transport} = open(accessTo(rig.url.replace('http:', 'https:')));
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({kind: 'connection', message: `127.0.0.1:${rig.port} does not speak TLS`});
	});
});

describe('the certificate of the client', () => {
	test.each([
		['EC', 'client', 'O=system:masters\nCN=alice'],
		['RSA in PKCS#1', 'client-rsa', 'CN=bob'],
		['Ed25519', 'client-ed25519', 'CN=carol'],
	])('with a key of %s', async (_name, client, subject) => {
		const {transport} = await connect(serverWith('server', MUTUAL), {...TRUSTING, clientCertificate: certificate(client)});
		expect(await textOf(transport, get('/'))).toBe(subject);
	});

	test.each([
		['RSA in PKCS#8', 'client-rsa', 'pkcs8', 'CN=bob'],
		['EC in SEC 1', 'client', 'sec1', 'O=system:masters\nCN=alice'],
	] as const)('with a key of %s', async (_name, client, type, subject) => {
		const key = createPrivateKey(pem(`${client}.key`))
			.export({type, format: 'pem'})
			.toString();
		const clientCertificate = {...certificate(client)!, key: {kind: 'inline', pem: key} as const};
		const {transport} = await connect(serverWith('server', MUTUAL), {...TRUSTING, clientCertificate});
		expect(await textOf(transport, get('/'))).toBe(subject);
	});

	test('is missed by a server that wants one', async () => {
		const {transport} = await connect(serverWith('server', MUTUAL), TRUSTING);
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({
			kind: 'connection',
			message: expect.stringMatching(/asks for a client certificate$/),
		});
	});

	test('that has expired is refused with its dates', async () => {
		const {transport} = await connect(serverWith('server', MUTUAL), {...TRUSTING, clientCertificate: certificate('client-expired')});
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject({
			kind: 'connection',

			hint: 'the client certificate (CN=dave) expired on Jan  1 00:00:00 2021 GMT: log in again',
		});
	});

	test.each<[string, TlsSettings, object]>([
		[
			'an authority that is missing',
			{...NO_TLS, ca: {kind: 'file', path: '/missing/ca.crt'}},
			{kind: 'connection', code: 'BAD_CA', message: 'the certificate authority /missing/ca.crt cannot be read: ENOENT'},
		],
		[
			'an authority that is none',
			{...NO_TLS, ca: {kind: 'inline', pem: 'rubbish'}},
			{kind: 'connection', code: 'BAD_CA', message: 'the certificate authority in the kubeconfig holds no PEM certificate'},
		],
		[
			'a key that is missing',
			{...TRUSTING, clientCertificate: {...certificate('client')!, key: {kind: 'file', path: '/missing/key'}}},
			{kind: 'credential', message: 'the client key /missing/key cannot be read: ENOENT'},
		],
		[
			'a key with a passphrase',
			{
				...TRUSTING,
				clientCertificate: {
					...certificate('client')!,
					key: {
						kind: 'inline',
						pem: createPrivateKey(pem('client.key')).export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x'}).toString(),
					},
				},
			},
			{kind: 'credential', message: expect.stringMatching(/^the client certificate and its key cannot be used: /)},
		],
		[
			'a key of another certificate',
			{...TRUSTING, clientCertificate: {...certificate('client')!, key: {kind: 'file', path: fixture('tls/server.key')}}},
			{kind: 'credential', message: expect.stringMatching(/^the client certificate and its key cannot be used: /)},
		],
	])('%s is an error that says so', async (_name, settings, error) => {
		const {rig, transport} = await connect(serverWith('server', MUTUAL), settings);
		expect(errorOf(await transport.stream(get('/'), never()))).toMatchObject(error);
		expect(rig.accepted()).toBe(0);
	});

	test('is read again when its files change: new connections have the new one, what runs goes on, idle sockets close', async () => {
		const directory = mkdtempSync(path.join(os.tmpdir(), 'certificates-'));
		onTestFinished(() => rmSync(directory, {recursive: true}));
		const use = (name: string) => {
			for (const end of ['crt', 'key']) copyFileSync(fixture(`tls/${name}.${end}`), path.join(directory, `client.${end}`));
		};
		use('client');
		const clock = fakeClock();
		const rig = await serve(
			(request, response) => {
				const name = (request.socket as tls.TLSSocket).getPeerX509Certificate?.()?.subject ?? '';
				if (request.url === '/watch') response.write(name);
				else response.end(name);
			},
			serverWith('server', MUTUAL),
		);
		const clientCertificate = {
			certificate: {kind: 'file', path: path.join(directory, 'client.crt')},
			key: {kind: 'file', path: path.join(directory, 'client.key')},
		} as const;
		const {transport} = open(accessTo(rig.url, {tls: {...TRUSTING, clientCertificate}}), {clock});

		const running = await transport.stream(watch('/watch', {idleTimeoutMs: 600_000}), never());
		expect(await textOf(transport, get('/'))).toContain('alice');
		use('client-rsa');
		expect(await textOf(transport, get('/'))).toContain('alice');
		clock.advance(10_000);
		expect(await textOf(transport, get('/'))).toContain('bob');
		expect(running.ok).toBe(true);
		await until(() => rig.open() === 2);
		expect(transport.counters()).toMatchObject({openStreams: 1, openSockets: 2});

		rmSync(path.join(directory, 'client.key'));
		clock.advance(10_000);
		expect(await textOf(transport, get('/'))).toContain('bob');
		expect(rig.accepted()).toBe(3);
	});
});

describe('handshakes', () => {
	test('one serves all requests that come one after the other', async () => {
		const {rig, transport} = await connect(serverWith('server'), TRUSTING);
		for (let n = 0; n < 10; n++) await textOf(transport, get('/'));
		expect(rig.accepted()).toBe(1);
	});

	test('a second connection resumes the session of the first', async () => {
		const resumed: boolean[] = [];
		const rig = await serve((request, response) => {
			resumed.push((request.socket as tls.TLSSocket).isSessionReused());
			if (request.url === '/') response.end('ok');
			else response.write('begun');
		}, serverWith('server'));
		const {transport} = open(accessTo(rig.url));
		await textOf(transport, get('/'));
		await transport.stream(watch('/watch'), never());
		await transport.stream(watch('/watch'), never());
		expect(resumed.at(-1)).toBe(true);
	});
});
