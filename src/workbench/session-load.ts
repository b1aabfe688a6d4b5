import {RESOURCES} from '../kube/registry.ts';
import type {Resource} from '../kube/schema.ts';
import type {Frame} from '../observe/frame.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {ApiLoad} from '../viewmodel/api-pane.ts';
import {worstOf} from '../viewmodel/status-bar.ts';
import type {WorkbenchSession} from './workbench-session.ts';

/** What a session asked of its API server, for the API pane. */
export function loadOf(session: Pick<WorkbenchSession, 'context' | 'transport'>, frame: Frame, since: EpochMs, memory: ApiLoad['memory']): ApiLoad {
	const {context, transport} = session;
	const counters = transport.counters();
	const byResource = context.counters.read();
	const json = context.encodings.entries();
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
		wires: (RESOURCES as readonly Resource[]).flatMap(resource => {
			const counted = byResource.get(resource.id);
			if (counted === undefined) return [];
			const {events, relists, malformed, decodeMs} = counted;
			return [
				{
					resource: resource.id,
					objects: frame.snapshot(resource).objects.size,
					encoding: json.has(resource.id)
						? `json: ${json.get(resource.id)}`
						: context.encodings.acceptFor(resource.id, 'watch').includes('protobuf')
							? 'protobuf'
							: 'json',
					lists: context.watchLists.unsupported(resource.group) ?? 'streamed',
					events,
					relists,
					malformed,
					decodeMs,
					state: worstOf(frame.freshness(resource.id))?.freshness.kind ?? 'connecting',
				},
			];
		}),
		faults: frame.faults,
		memory,
	};
}
