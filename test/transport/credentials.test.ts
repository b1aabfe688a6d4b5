import {describe, expect, test} from 'vitest';
import type {CredentialSource} from '../../src/transport/access.ts';
import {createCredentials, credentialKey} from '../../src/transport/credentials.ts';
import {fakeClock, START} from '../observe/fake-clock.ts';
import {accessWith} from './access-builder.ts';

function credentialsFor(credential: CredentialSource, readFile: (file: string) => string = () => '') {
	const clock = fakeClock();
	const unused = () => {
		throw new Error('not expected');
	};
	return {
		clock,
		credentials: createCredentials(accessWith({credential}), {clock, env: {}, readFile, runPlugin: unused, onActivity: unused, runInteractive: undefined}),
	};
}

async function headerOf({credentials}: ReturnType<typeof credentialsFor>): Promise<string | undefined> {
	const outcome = await credentials.get();
	return outcome.ok ? outcome.value.authorization : `error: ${outcome.error.message}`;
}

const jwt = (claims: object): string => `header.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;

test.each<[string, CredentialSource, string | undefined]>([
	['none', {kind: 'none'}, undefined],
	['a token', {kind: 'token', token: 't'}, 'Bearer t'],
	['name and password', {kind: 'basic', username: 'ä', password: 'b:c'}, `Basic ${Buffer.from('ä:b:c').toString('base64')}`],
])('%s is the same for ever, and there is no other', async (_name, source, header) => {
	const rig = credentialsFor(source);
	expect(await headerOf(rig)).toBe(header);
	const held = await rig.credentials.get();
	expect(held.ok && (await rig.credentials.renew(held.value)).ok).toBe(false);
	expect(await headerOf(rig)).toBe(header);
});

describe('a token file', () => {
	/** A file whose content the test sets; undefined: it cannot be read. */
	function fileRig(initial?: string) {
		const file: {content: string | undefined; reads: number} = {content: 'first\n', reads: 0};
		const rig = credentialsFor({kind: 'tokenFile', path: '/token', initial}, () => {
			file.reads += 1;
			if (file.content === undefined) throw Object.assign(new Error('gone'), {code: 'ENOENT'});
			return file.content;
		});
		return {file, ...rig};
	}

	test('is read when the token is first needed, its end trimmed', async () => {
		const rig = fileRig();
		expect(rig.file.reads).toBe(0);
		expect(await headerOf(rig)).toBe('Bearer first');
	});
	test('is read again after a minute, not before', async () => {
		const rig = fileRig();
		await headerOf(rig);
		rig.file.content = 'second';
		rig.clock.advance(59_999);
		expect(await headerOf(rig)).toBe('Bearer first');
		rig.clock.advance(1);
		expect(await headerOf(rig)).toBe('Bearer second');
		expect(rig.file.reads).toBe(2);
	});
	test('beats the token that stands beside it', async () => expect(await headerOf(fileRig('initial'))).toBe('Bearer first'));
	test.each([undefined, '', ' \n'])('that holds %j leaves the old token', async content => {
		const rig = fileRig();
		await headerOf(rig);
		rig.file.content = content;
		rig.clock.advance(60_000);
		expect(await headerOf(rig)).toBe('Bearer first');
	});
	test('that cannot be read leaves the token that stands beside it', async () => {
		const rig = fileRig('initial');
		rig.file.content = undefined;
		expect(await headerOf(rig)).toBe('Bearer initial');
	});
	test.each([
		[undefined, 'ENOENT'],
		['', 'it is empty'],
	])('that holds %j when there is no token at all is an error', async (content, why) => {
		const rig = fileRig();
		rig.file.content = content;
		expect(await headerOf(rig)).toBe(`error: token file /token: ${why}`);
	});
	test('is read at once after a 401', async () => {
		const rig = fileRig();
		const held = await rig.credentials.get();
		rig.file.content = 'second';
		const renewed = held.ok && (await rig.credentials.renew(held.value));
		expect(renewed).toMatchObject({ok: true, value: {authorization: 'Bearer second'}});
		expect(await headerOf(rig)).toBe('Bearer second');
	});
});

describe('oidc', () => {
	const oidc = (token: string): CredentialSource => ({kind: 'oidc', config: new Map([['id-token', token]])});
	const EXPIRES_AT = START + 60_000;
	const TOKEN = jwt({exp: EXPIRES_AT / 1000});

	test('the id-token is used until 10 s before it expires', async () => {
		const rig = credentialsFor(oidc(TOKEN));
		rig.clock.advance(49_999);
		expect(await headerOf(rig)).toBe(`Bearer ${TOKEN}`);
		rig.clock.advance(1);
		expect(await headerOf(rig)).toBe('error: user ann has an id-token that expired at 2026-01-01T00:01:00.000Z');
	});
	test('by the clock of the server', async () => {
		const rig = credentialsFor(oidc(TOKEN));
		rig.credentials.noteServerSkew(50_000);
		expect(await headerOf(rig)).toMatch(/^error: /);
	});
	test('one that does not say is used', async () => expect(await headerOf(credentialsFor(oidc('opaque')))).toBe('Bearer opaque'));
	test('without an id-token it is an error', async () => expect(await headerOf(credentialsFor(oidc('')))).toBe('error: user ann has no id-token'));
});

describe('credentials are shared', () => {
	const exec = (env: string): CredentialSource => ({
		kind: 'exec',
		exec: {
			command: 'aws',
			args: [],
			env: [{name: 'AWS_PROFILE', value: env}],
			apiVersion: 'client.authentication.k8s.io/v1',
			installHint: '',
			provideClusterInfo: false,
			interactiveMode: 'Never',
			clusterConfig: undefined,
		},
	});
	test('by two users with the same plugin and cluster, whatever their names', () =>
		expect(credentialKey(accessWith({credential: exec('a'), userName: 'x', contextName: 'x'}))).toBe(
			credentialKey(accessWith({credential: exec('a'), userName: 'y', contextName: 'y'})),
		));
	test.each([
		['another entry', accessWith({credential: exec('b')})],
		['another cluster', accessWith({credential: exec('a'), server: 'https://other.test'})],
		['another auth-provider setting', accessWith({credential: {kind: 'oidc', config: new Map([['id-token', 'b']])}})],
	])('not with %s', (_name, other) => expect(credentialKey(other)).not.toBe(credentialKey(accessWith({credential: exec('a')}))));
});
