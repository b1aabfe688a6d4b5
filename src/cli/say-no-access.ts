import type {AccessError} from '../workbench/open-session.ts';
import {EXIT, type ExitCode} from './exit-code.ts';

/** No cluster to talk to: one line that says what to do. A cluster is never faked. */
export function sayNoAccess({message, hint}: AccessError): ExitCode {
	process.stderr.write(`kwb: ${message}${hint === undefined ? '' : `: ${hint}`}\n`);
	return EXIT.noAccess;
}
