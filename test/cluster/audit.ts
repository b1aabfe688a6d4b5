import {createReadStream} from 'node:fs';
import {createInterface} from 'node:readline';

/**
 * One request that the API server has written down. `verb` is the server's (get, list, watch, create, …), but for a watch that asks for the
 * initial objects too, which is `streamed list`: it stands for a list and for the watch that would follow it.
 */
export type AuditedRequest = {
	readonly id: string;
	/** When it came, in milliseconds since 1970. */
	readonly receivedAt: number;
	/** When its answer ended; undefined while it runs, as watches do. */
	readonly endedAt: number | undefined;
	readonly user: string;
	readonly verb: string;
	/** `pods`, `pods/log`, `deployments.apps`, or the path where there is no resource, `/version`. */
	readonly resource: string;
	readonly namespace: string | undefined;
	readonly name: string | undefined;
	/** Path and query. */
	readonly uri: string;
	readonly userAgent: string;
	/** HTTP status; undefined while there is none. */
	readonly status: number | undefined;
};

export type AuditInterval = {
	/** Milliseconds since 1970 of when a request came: from the first on, up to and without the second. */
	readonly from?: number;
	readonly to?: number;
	readonly user?: string;
};

export type RequestCount = {readonly verb: string; readonly resource: string; readonly count: number};

/** As much of audit.k8s.io/v1's Event as is read here. */
type AuditEvent = {
	readonly auditID?: string;
	readonly stage?: 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';
	readonly requestURI?: string;
	readonly verb?: string;
	readonly user?: {readonly username?: string};
	readonly userAgent?: string;
	readonly objectRef?: {
		readonly resource?: string;
		readonly subresource?: string;
		readonly apiGroup?: string;
		readonly namespace?: string;
		readonly name?: string;
	};
	readonly responseStatus?: {readonly code?: number};
	readonly requestReceivedTimestamp?: string;
	readonly stageTimestamp?: string;
};

/**
 * The requests in an audit log, in the order in which they came; a request's two or three stages are one. A last line that is still being
 * written is left out. Source of the fields: k8s.io/apiserver pkg/apis/audit/v1/types.go, Event, v0.37.
 */
export async function readAudit(file: string): Promise<readonly AuditedRequest[]> {
	const requests = new Map<string, AuditedRequest>();
	for await (const line of createInterface({input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY})) addLine(requests, line);
	return inOrder(requests);
}

/** The same, from text. */
export function requestsIn(log: string): readonly AuditedRequest[] {
	const requests = new Map<string, AuditedRequest>();
	for (const line of log.split('\n')) addLine(requests, line);
	return inOrder(requests);
}

/** The requests of an interval and a user. */
export function requestsWithin(
	requests: readonly AuditedRequest[],
	{from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, user}: AuditInterval,
): readonly AuditedRequest[] {
	return requests.filter(each => each.receivedAt >= from && each.receivedAt < to && (user === undefined || each.user === user));
}

/** How many requests of each verb and resource, most first, then by name. */
export function countByVerb(requests: readonly AuditedRequest[]): readonly RequestCount[] {
	const counts = new Map<string, RequestCount>();
	for (const {verb, resource} of requests) {
		const key = `${verb} ${resource}`;
		counts.set(key, {verb, resource, count: (counts.get(key)?.count ?? 0) + 1});
	}
	return [...counts.values()].toSorted((a, b) => b.count - a.count || (`${a.verb} ${a.resource}` < `${b.verb} ${b.resource}` ? -1 : 1));
}

function addLine(requests: Map<string, AuditedRequest>, line: string): void {
	if (line.trim() === '') return;
	let event: AuditEvent;
	try {
		event = JSON.parse(line) as AuditEvent;
	} catch {
		return;
	}
	if (event.auditID === undefined) return;
	// One id can stand for two requests: the aggregator hands it on to the server behind it. Their user and time are the same, so they are one.
	const known = requests.get(event.auditID);
	const isEnd = event.stage === 'ResponseComplete' || event.stage === 'Panic';
	requests.set(event.auditID, {
		...(known ?? requestOf(event.auditID, event)),
		endedAt: isEnd ? Date.parse(event.stageTimestamp ?? '') : known?.endedAt,
		status: event.responseStatus?.code ?? known?.status,
	});
}

function requestOf(id: string, event: AuditEvent): AuditedRequest {
	const uri = event.requestURI ?? '';
	return {
		id,
		receivedAt: Date.parse(event.requestReceivedTimestamp ?? ''),
		endedAt: undefined,
		user: event.user?.username ?? '',
		verb: event.verb === 'watch' && new URLSearchParams(uri.split('?')[1]).get('sendInitialEvents') === 'true' ? 'streamed list' : (event.verb ?? ''),
		resource: resourceOf(event),
		namespace: event.objectRef?.namespace,
		name: event.objectRef?.name,
		uri,
		userAgent: event.userAgent ?? '',
		status: undefined,
	};
}

function resourceOf({objectRef, requestURI = ''}: AuditEvent): string {
	if (objectRef?.resource === undefined) return requestURI.split('?')[0]!;
	const resource = objectRef.apiGroup ? `${objectRef.resource}.${objectRef.apiGroup}` : objectRef.resource;
	return objectRef.subresource ? `${resource}/${objectRef.subresource}` : resource;
}

function inOrder(requests: ReadonlyMap<string, AuditedRequest>): readonly AuditedRequest[] {
	return [...requests.values()].toSorted((a, b) => a.receivedAt - b.receivedAt);
}
