import {collectionPath} from '../kube/api-paths.ts';
import type {Resource} from '../kube/schema.ts';
import type {RequestSpec, StreamOutcome} from '../transport/transport.ts';
import type {ReflectorContext} from './reflector-context.ts';

/** No byte for so long, though a bookmark comes every minute: the connection is dead even if no one said so. */
export const SILENCE_MS = 120_000;
/** The transport's own limit, a little later, so that ours speaks first. */
const BODY_IDLE_MS = SILENCE_MS + 10_000;
const WATCH_HEADERS_MS = 60_000;
const LIST_HEADERS_MS = 30_000;
const LIST_IDLE_MS = 60_000;

/** The objects of one resource that a reflector asks for. */
export type Collection = {
	readonly resource: Resource;
	/** undefined: the whole cluster. */
	readonly namespace: string | undefined;
	/** Label selector; undefined: everything. */
	readonly selector: string | undefined;
};

type Connection = Pick<ReflectorContext, 'transport' | 'encodings' | 'noteServerDate'>;

/** Sends a `list`. The body is the caller’s to read. */
export function sendList(
	connection: Connection,
	collection: Collection,
	version: string,
	query: RequestSpec['query'],
	signal: AbortSignal,
): Promise<StreamOutcome> {
	const limits = {compressed: true, headersTimeoutMs: LIST_HEADERS_MS, idleTimeoutMs: LIST_IDLE_MS};
	return send(connection, {...specOf(connection, collection, version, 'list', query), ...limits}, signal);
}

/** Sends a `watch` that asks for bookmarks and ends at random between 5 and 10 minutes, so that not all watches end together. */
export function sendWatch(
	connection: Connection & Pick<ReflectorContext, 'random'>,
	collection: Collection,
	version: string,
	query: RequestSpec['query'],
	signal: AbortSignal,
): Promise<StreamOutcome> {
	const timeoutSeconds = `${Math.floor(300 + 300 * connection.random())}`;
	const asked = {...query, watch: '1', allowWatchBookmarks: 'true', timeoutSeconds};
	const limits = {compressed: false, headersTimeoutMs: WATCH_HEADERS_MS, idleTimeoutMs: BODY_IDLE_MS, isOpenEnded: true};
	return send(connection, {...specOf(connection, collection, version, 'watch', asked), ...limits}, signal);
}

function specOf(
	{encodings}: Connection,
	{resource, namespace, selector}: Collection,
	version: string,
	verb: 'list' | 'watch',
	query: RequestSpec['query'],
): Pick<RequestSpec, 'path' | 'query' | 'accept' | 'counted'> {
	return {
		path: collectionPath(resource, version, namespace),
		query: {...query, labelSelector: selector},
		accept: encodings.acceptFor(resource.id, verb),
		counted: {verb, resource: resource.id},
	};
}

async function send({transport, noteServerDate}: Connection, spec: RequestSpec, signal: AbortSignal): Promise<StreamOutcome> {
	const answer = await transport.stream(spec, signal);
	if (signal.aborted) return {ok: false, error: {kind: 'aborted'}};
	if (answer.ok && answer.value.serverDate !== undefined) noteServerDate(answer.value.serverDate, answer.value.roundTripMs);
	return answer;
}
