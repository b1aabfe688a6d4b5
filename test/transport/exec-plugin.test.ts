import {describe, expect, test} from 'vitest';
import type {Access, ExecConfig} from '../../src/transport/access.ts';
import {bearer} from '../../src/transport/credential.ts';
import {parseAnswer, pluginEnvironment} from '../../src/transport/exec-plugin.ts';
import {accessWith} from './access-builder.ts';

const V1 = 'client.authentication.k8s.io/v1';
const V1BETA1 = 'client.authentication.k8s.io/v1beta1';

const EXEC: ExecConfig = {
	command: 'aws',
	args: [],
	env: [],
	apiVersion: V1,
	installHint: '',
	provideClusterInfo: false,
	interactiveMode: 'Never',
	clusterConfig: undefined,
};

describe('what a plugin is told', () => {
	const infoOf = (exec: Partial<ExecConfig>, access: Partial<Access> = {}, isInteractive = false) => {
		const env = pluginEnvironment({...EXEC, ...exec}, accessWith(access), isInteractive, {PATH: '/bin', A: 'own'}, () => 'CA of a file');
		if (!env.ok) throw new Error(env.error.message);
		return JSON.parse(env.value.KUBERNETES_EXEC_INFO!);
	};

	test.each([V1, V1BETA1] as const)('its version: %s', apiVersion =>
		expect(infoOf({apiVersion})).toEqual({apiVersion, kind: 'ExecCredential', spec: {interactive: false}}),
	);
	test('whether it may ask', () => expect(infoOf({}, {}, true).spec).toEqual({interactive: true}));
	test('the environment of kwb with that of its entry over it', () => {
		const env = pluginEnvironment(
			{
				...EXEC,
				env: [
					{name: 'A', value: 'its'},
					{name: 'B', value: ''},
				],
			},
			accessWith({}),
			false,
			{PATH: '/bin', A: 'own'},
			() => '',
		);
		expect(env.ok && env.value).toMatchObject({PATH: '/bin', A: 'its', B: ''});
	});
	test('an entry cannot put something else in the place of what kwb tells', () =>
		expect(infoOf({env: [{name: 'KUBERNETES_EXEC_INFO', value: 'mine'}]}).kind).toBe('ExecCredential'));
	test('an authority that stands in the kubeconfig itself', () => {
		const tls = {...accessWith({}).tls, ca: {kind: 'inline', pem: 'CA'} as const};
		expect(infoOf({provideClusterInfo: true}, {tls}).spec.cluster['certificate-authority-data']).toBe(Buffer.from('CA').toString('base64'));
	});
	test('nothing of the cluster unless provideClusterInfo says so', () => expect(infoOf({clusterConfig: {a: 1}}).spec.cluster).toBeUndefined());
	test('a plain cluster: its server', () => expect(infoOf({provideClusterInfo: true}).spec.cluster).toEqual({server: 'https://c.test:6443'}));
	test('all of a cluster', () =>
		expect(
			infoOf(
				{provideClusterInfo: true, clusterConfig: {audience: ['x']}},
				{
					tls: {ca: {kind: 'file', path: '/ca.crt'}, serverName: 'n', insecure: true, clientCertificate: undefined},
					proxyUrl: 'http://p',
					disableCompression: true,
				},
			).spec.cluster,
		).toEqual({
			server: 'https://c.test:6443',
			'tls-server-name': 'n',
			'insecure-skip-tls-verify': true,
			'certificate-authority-data': Buffer.from('CA of a file').toString('base64'),
			'proxy-url': 'http://p',
			'disable-compression': true,
			config: {audience: ['x']},
		}));
	test('a CA file that cannot be read is an error', () => {
		const env = pluginEnvironment(
			{...EXEC, provideClusterInfo: true},
			accessWith({tls: {...accessWith({}).tls, ca: {kind: 'file', path: '/ca'}}}),
			false,
			{},
			() => {
				throw new Error("ENOENT: no such file, open '/ca'");
			},
		);
		expect(env).toEqual({ok: false, error: {kind: 'credential', message: "certificate authority cannot be read: ENOENT: no such file, open '/ca'"}});
	});
});

describe('what a plugin answers', () => {
	const answer = (status: unknown, more: object = {}) => parseAnswer(JSON.stringify({apiVersion: V1, kind: 'ExecCredential', status, ...more}), V1, 'aws');

	test('a token', () => expect(answer({token: 't'})).toEqual({ok: true, value: {credential: bearer('t'), expiresAt: undefined}}));
	test('a certificate and its key', () =>
		expect(answer({clientCertificateData: 'c', clientKeyData: 'k'})).toMatchObject({
			value: {credential: {authorization: undefined, clientCertificate: {certificate: 'c', key: 'k'}}},
		}));
	test('both', () =>
		expect(answer({token: 't', clientCertificateData: 'c', clientKeyData: 'k'})).toMatchObject({
			value: {credential: {authorization: 'Bearer t', clientCertificate: {certificate: 'c', key: 'k'}}},
		}));
	test('until when', () =>
		expect(answer({token: 't', expirationTimestamp: '2026-01-01T01:00:00+01:00'})).toMatchObject({value: {expiresAt: Date.UTC(2026, 0, 1)}}));

	test.each<[string, ReturnType<typeof answer>, string]>([
		['nothing', parseAnswer('', V1, 'aws'), 'aws did not print a credential'],
		['no JSON', parseAnswer('s3cret', V1, 'aws'), 'aws did not print a credential'],
		['a list', parseAnswer('[]', V1, 'aws'), 'aws did not print a credential'],
		['another kind', answer({token: 't'}, {kind: 'Status'}), 'aws did not print an ExecCredential'],
		['another version', answer({token: 't'}, {apiVersion: V1BETA1}), `aws answered in version ${V1BETA1}, the kubeconfig says ${V1}`],
		['no status', answer(undefined), 'aws answered without a status'],
		['an empty status', answer({}), 'aws answered with neither a token nor a certificate'],
		['an empty token', answer({token: ''}), 'aws answered with neither a token nor a certificate'],
		['a certificate alone', answer({token: 't', clientCertificateData: 'c'}), 'aws answered with a certificate or a key, but not both'],
		['a key alone', answer({clientKeyData: 'k'}), 'aws answered with a certificate or a key, but not both'],
		['a time that is none', answer({token: 't', expirationTimestamp: 'tomorrow'}), 'aws answered with an expirationTimestamp that is no time'],
	])('%s is an error', (_name, outcome, message) => expect(outcome).toMatchObject({ok: false, error: {kind: 'credential', message}}));
});
