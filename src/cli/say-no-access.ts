import type {AccessError} from '../workbench/open-session.ts';
import {EXIT, type ExitCode} from './exit-code.ts';

/** No cluster to talk to: one line that says what to do. A cluster is never faked. */
export function sayNoAccess(error: AccessError): ExitCode {
	const hint = error.kind === 'noKubeconfig' ? ': set KUBECONFIG, name one with --kubeconfig, or see `kwb demo`' : '';
	process.stderr.write(`kwb: ${error.message}${hint}${error.hint === undefined ? '' : ` (${error.hint})`}\n`);
	return EXIT.noAccess;
}
