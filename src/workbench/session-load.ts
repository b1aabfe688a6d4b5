import type {Frame} from '../observe/frame.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {ApiLoad} from '../viewmodel/api-pane.ts';
import type {ClusterSession} from './session.ts';

/** What a session asked of its API server, for the API pane. */
export function loadOf(session: ClusterSession, frame: Frame, since: EpochMs, memory: ApiLoad['memory']): ApiLoad {
	const counters = session.transport.counters();
	const byResource = session.context.counters.read();
	const sum = (of: (counted: {readonly relists: number; readonly decodeMs: number}) => number): number =>
		[...byResource.values()].reduce((total, counted) => total + of(counted), 0);
	return {
		serverVersion: frame.facts.serverVersion?.gitVersion,
		since,
		requests: counters.requests,
		byKind: Array.from(counters.requestsByKind, ([kind, requests]) => ({kind, requests})),
		openWatches: counters.openStreams,
		openSockets: counters.openSockets,
		bytes: counters.bytesRead,
		relists: sum(counted => counted.relists),
		throttled: counters.throttled,
		decodeMs: sum(counted => counted.decodeMs),
		wires: [],
		faults: frame.faults,
		memory,
	} as unknown as ApiLoad;
}
