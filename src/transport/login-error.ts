import type {EpochMs} from '../util/epoch-ms.ts';
import type {Access} from './access.ts';
import {type Credential, type CredentialError, credentialError, jwtExpiry} from './credential.ts';
import {oneLine} from './one-line.ts';
import type {StatusError} from './status-error.ts';

/** A 401 and what is known about it. */
export type Refusal = {
	readonly credential: Credential;
	readonly answer: StatusError;
	/** Why there is no other credential, where one was asked for. */
	readonly renewal: CredentialError | undefined;
	/** What is wrong with the client certificate, as far as one can see from here. */
	readonly certificateProblem: string | undefined;
	readonly now: EpochMs;
};

/** What a 401 means when no other credential helps: not logged in, and what to do about it. */
export function loginError(access: Access, {credential, answer, renewal, certificateProblem, now}: Refusal): CredentialError {
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
			return credentialError(
				`not logged in as ${who}: the client certificate is not accepted (${why})`,
				certificateProblem ?? 'log in again, or check that the cluster trusts its authority',
			);
		default:
			return credentialError(`not logged in as ${who}: ${why}`, 'log in again, so that the kubeconfig gets a new token');
	}
}
