import type {Access} from './access.ts';
import {type Credential, type CredentialError, credentialError, jwtExpiry} from './credential.ts';
import {oneLine} from './one-line.ts';
import type {StatusError} from './status-error.ts';

/**
 * What a 401 means when no other credential helps: not logged in, and what to do about it.
 *
 * @param renewal Why there is no other credential, when that is known and more than that the user has just one.
 */
export function loginError(access: Access, credential: Credential, answer: StatusError, renewal: CredentialError | undefined, now: number): CredentialError {
	const {kind} = access.credential;
	const who = access.userName === '' ? 'the kubeconfig names no user' : `user ${oneLine(access.userName)}`;
	if (renewal !== undefined && (kind === 'exec' || kind === 'oidc'))
		return credentialError(`not logged in as ${who}: ${renewal.message}`, renewal.hint ?? 'log in again');
	const expiry = credential.authorization?.startsWith('Bearer ') ? jwtExpiry(credential.authorization.slice(7)) : undefined;
	const why = expiry !== undefined && expiry < now ? `the token expired at ${new Date(expiry).toISOString()}` : answer.message;
	switch (kind) {
		case 'exec':
			return credentialError(`not logged in as ${who}: ${why}`, `log in again with what ${oneLine(access.credential.exec.command)} belongs to`);
		case 'tokenFile':
			return credentialError(`not logged in as ${who}: ${why}`, `the token stands in ${access.credential.path}`);
		case 'none':
			if (access.tls.clientCertificate === undefined)
				return credentialError(`not logged in: ${who}${access.userName === '' ? '' : ' has no credential'}`, 'choose one with --user, or log in');
			return credentialError(`not logged in as ${who}: the client certificate is not accepted (${why})`, 'it may have expired: log in again');
		default:
			return credentialError(`not logged in as ${who}: ${why}`, 'log in again, so that the kubeconfig gets a new token');
	}
}
