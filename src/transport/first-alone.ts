import type {Clock} from '../util/clock.ts';
import {err} from '../util/result.ts';
import type {Transport} from './transport.ts';

/** So long the first request has the line for itself, at most. */
const ALONE_MS = 150;
/** After its answer: what comes with the headers is drawn before six more requests are made. */
const HEAD_START_MS = 15;

/**
 * Lets the first request go ahead: the others follow when it has been answered, or after 150 ms. Their handshakes, six of them, would
 * only hold it up; by then they can resume its TLS session; and what refuses it would have refused them all.
 */
export function firstAlone(transport: Transport, clock: Clock): Transport {
	/** Opens when the others may go; undefined: none has been first. */
	let gate: Promise<void> | undefined;

	return {
		...transport,
		stream(spec, signal) {
			if (gate !== undefined) return gate.then(() => (signal.aborted ? err({kind: 'aborted'}) : transport.stream(spec, signal)));
			const answer = transport.stream(spec, signal);
			gate = new Promise(resolve => {
				const cancel = clock.after(ALONE_MS, resolve);
				void answer.then(() => {
					cancel();
					clock.after(HEAD_START_MS, resolve);
				});
			});
			return answer;
		},
	};
}
