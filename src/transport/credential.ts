import type {Result} from '../util/result.ts';
import type {TransportError} from './transport.ts';

/** What a request carries to say who we are. Lives in memory only; compare by identity. */
export type Credential = {
	/** Value of the Authorization header. */
	readonly authorization: string | undefined;
	/** PEM, from a plugin; one named in the kubeconfig stands in the TLS settings. */
	readonly clientCertificate: {readonly certificate: string; readonly key: string} | undefined;
};

export type CredentialError = Extract<TransportError, {readonly kind: 'credential'}>;

export type CredentialOutcome = Result<Credential, CredentialError>;

/** Where credentials come from: one for each cluster and user. */
export type Credentials = {
	/** The current one; waits for a plugin only when there is none that is valid. */
	get(): Promise<CredentialOutcome>;
	/**
	 * After a 401: another one than this. If somebody has renewed it meanwhile, that one; if there is no way to
	 * get another, an error.
	 */
	renew(rejected: Credential): Promise<CredentialOutcome>;
	/** Drops what is cached, a remembered failure included: the next `get` starts anew. For the user's retry. */
	forget(): void;
	/** Runs the plugin with the terminal, also one that was run without. undefined: no plugin, no terminal for it, or a credential that holds. */
	readonly runInTerminal: (() => Promise<CredentialOutcome>) | undefined;
	/** The server's clock minus ours, in ms, when a response has told it: by it expiry is judged. */
	noteServerSkew(milliseconds: number): void;
	/** Stops what runs. */
	close(): void;
};

/** An error of a credential. */
export function credentialError(message: string, hint?: string): CredentialError {
	return hint === undefined || hint === '' ? {kind: 'credential', message} : {kind: 'credential', message, hint};
}

/** A credential that is a bearer token. */
export function bearer(token: string): Credential {
	return {authorization: `Bearer ${token}`, clientCertificate: undefined};
}

/**
 * When a JSON web token expires, in ms since 1970.
 *
 * @returns undefined when the token is none or does not say.
 */
export function jwtExpiry(token: string): number | undefined {
	const payload = token.split('.')[1];
	if (payload === undefined) return undefined;
	try {
		const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
		const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
		return typeof exp === 'number' ? exp * 1000 : undefined;
	} catch {
		return undefined;
	}
}
