import type {AccessError} from '../transport/access.ts';
import {EXIT, type ExitCode} from './exit-code.ts';

/** No cluster to talk to: one line that says what to do. A cluster is never faked. */
export function sayNoAccess(error: AccessError): ExitCode {
	process.stderr.write(`kwb: ${error.message}\n`);
	return EXIT.noAccess;
}
