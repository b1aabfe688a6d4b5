import {assertNever} from '../util/assert-never.ts';
import {err, ok} from '../util/result.ts';
import type {Access} from './access.ts';
import {bearer, type Credential, type Credentials, credentialError, jwtExpiry} from './credential.ts';
import {execCredentials, type PluginSurroundings} from './exec-credentials.ts';
import {tokenFileCredentials} from './token-file.ts';

/** An id-token is given up this long before it expires, in ms, as upstream does. */
const OIDC_LEEWAY_MS = 10_000;

/**
 * The credentials of a cluster's user, whatever their kind. One object for each {@link credentialKey}, however
 * many connections use it: then a plugin runs once.
 */
export function createCredentials(access: Access, surroundings: PluginSurroundings): Credentials {
	const source = access.credential;
	switch (source.kind) {
		case 'none':
			return fixedCredentials({authorization: undefined, clientCertificate: undefined});
		case 'token':
			return fixedCredentials(bearer(source.token));
		case 'basic':
			return fixedCredentials({
				authorization: `Basic ${Buffer.from(`${source.username}:${source.password}`).toString('base64')}`,
				clientCertificate: undefined,
			});
		case 'tokenFile':
			return tokenFileCredentials(source, surroundings.clock, surroundings.readFile);
		case 'oidc':
			return oidcCredentials(source.config, access.userName, surroundings);
		case 'exec':
			return execCredentials(source.exec, access, surroundings);
		default:
			return assertNever(source);
	}
}

/** What two accesses must share to share credentials: the whole plugin entry and the cluster, not their names. */
export function credentialKey({credential, server, tls, proxyUrl}: Access): string {
	return JSON.stringify([credential, server, tls, proxyUrl], (_key, value: unknown) => (value instanceof Map ? [...value] : value));
}

/** One credential for ever. */
function fixedCredentials(credential: Credential): Credentials {
	return {
		get: async () => ok(credential),
		renew: async () => err(credentialError('there is no other credential')),
		forget() {},
		runInTerminal: undefined,
		noteServerSkew() {},
		close() {},
	};
}

/** The id-token that stands in the kubeconfig, until it expires. */
function oidcCredentials(config: ReadonlyMap<string, string>, userName: string, {clock}: PluginSurroundings): Credentials {
	const token = config.get('id-token') ?? '';
	const credential = bearer(token);
	const expiresAt = jwtExpiry(token);
	let skewMs = 0;
	return {
		...fixedCredentials(credential),
		async get() {
			if (token !== '' && (expiresAt === undefined || clock.now() + skewMs < expiresAt - OIDC_LEEWAY_MS)) return ok(credential);
			const why = token === '' ? 'has no id-token' : `has an id-token that expired at ${new Date(expiresAt ?? 0).toISOString()}`;
			return err(credentialError(`user ${userName} ${why}`, 'log in again, or use the exec plugin kubelogin, which renews it'));
		},
		noteServerSkew(milliseconds) {
			skewMs = milliseconds;
		},
	};
}
