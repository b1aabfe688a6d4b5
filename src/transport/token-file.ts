import type {Clock} from '../util/clock.ts';
import {err, ok} from '../util/result.ts';
import type {ReadFile} from './access.ts';
import {bearer, type Credential, type CredentialOutcome, type Credentials, credentialError} from './credential.ts';

/** How long a token file's content is believed, in ms. Service account tokens rotate at 80 % of an hour. */
const BELIEVED_MS = 60_000;

/**
 * Bearer token from a file, read again at most once a minute and after a 401. When reading fails the old token
 * stays.
 *
 * Source: k8s.io/client-go transport/token_source.go, NewCachedFileTokenSource, 0.37.
 */
export function tokenFileCredentials(
	{path, initial}: {readonly path: string; readonly initial: string | undefined},
	clock: Clock,
	readFile: ReadFile,
): Credentials {
	let current: Credential | undefined = initial === undefined ? undefined : bearer(initial);
	let readAt = Number.NEGATIVE_INFINITY;

	function read(): CredentialOutcome {
		let why = 'it is empty';
		try {
			const token = readFile(path).trim();
			if (token !== '') {
				readAt = clock.monotonic();
				if (current?.authorization !== `Bearer ${token}`) current = bearer(token);
				return ok(current);
			}
		} catch (error) {
			why = (error as NodeJS.ErrnoException).code ?? 'unreadable';
		}
		return current === undefined ? err(credentialError(`token file ${path}: ${why}`)) : ok(current);
	}

	return {
		get: async () => (current !== undefined && clock.monotonic() - readAt < BELIEVED_MS ? ok(current) : read()),
		renew: async () => read(),
		forget() {
			readAt = Number.NEGATIVE_INFINITY;
		},
		runInTerminal: undefined,
		noteServerSkew() {},
		close() {},
	};
}
