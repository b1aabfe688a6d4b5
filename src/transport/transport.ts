/** A request as the rest of kwb asks for one: the transport adds server, credential, impersonation and user agent. */
export type RequestSpec = {
	readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
	/** Absolute path below the server's URL (whose own path prefix is kept), e.g. `/api/v1/pods`. */
	readonly path: string;
	/** Already decoded; encoded here. A value of undefined is left out. */
	readonly query?: Readonly<Record<string, string | undefined>>;
	readonly accept: string;
	/** May the answer come compressed? Never asked for on loopback or where the kubeconfig says disable-compression. */
	readonly compressed?: boolean;
	readonly body?: {readonly contentType: string; readonly text: string};
	/** Until the headers are there, in ms. */
	readonly headersTimeoutMs: number;
	/** Longest silence within the body, in ms. */
	readonly idleTimeoutMs: number;
	/** The answer has no end of its own (a watch, a log that is followed): the user's `--request-timeout` is not for it. */
	readonly isOpenEnded?: boolean;
	/** What counts it: a verb and a resource, for `:api`. */
	readonly counted: {readonly verb: string; readonly resource: string};
};

/** Why a request gave no usable answer. Every kind has one line for a person in `message`. */
export type TransportError =
	/** No connection, or it broke. `code` is Node's or ours: ECONNREFUSED, ECONNRESET, ENOTFOUND, ETIMEDOUT, CERT_…, PROXY, TRUNCATED … */
	| {readonly kind: 'connection'; readonly code: string; readonly message: string; readonly hint?: string}
	/** The server answered with another status than 2xx. */
	| {
			readonly kind: 'status';
			readonly status: number;
			/** Status.reason where the body was a Status: Forbidden, Expired, Invalid, … else ''. */
			readonly reason: string;
			readonly message: string;
			/** From Retry-After or Status.details.retryAfterSeconds. */
			readonly retryAfterMs: number | undefined;
			/** Status.details.causes. */
			readonly causes: ReadonlyArray<{readonly reason: string; readonly message: string; readonly field: string}>;
			/** ListMeta.continue of an Expired status; unused by kwb on purpose. */
			readonly hint?: string;
	  }
	/** No credential could be had: plugin failed, token file unreadable, second 401. */
	| {readonly kind: 'credential'; readonly message: string; readonly hint?: string}
	/** No header, no byte of the body, or not the whole of it, for too long. */
	| {readonly kind: 'timeout'; readonly phase: 'connect' | 'headers' | 'idle' | 'whole'; readonly message: string}
	/** The caller's signal. */
	| {readonly kind: 'aborted'};

/** Headers are there and the status is 2xx; the body is still coming. */
export type StreamResponse = {
	readonly status: number;
	/** Lower-case media type with parameters, as the server sent it. */
	readonly contentType: string;
	/** The server's Date header in ms since 1970, undefined when absent. */
	readonly serverDate: number | undefined;
	/** Local monotonic ms between sending and headers. */
	readonly roundTripMs: number;
	/**
	 * Chunks as they come, already decompressed; a chunk is only valid until the next is asked for.
	 * Ends in good order, or throws a {@link BrokenBody}; returning early aborts the request.
	 */
	readonly body: AsyncIterable<Uint8Array>;
};

/** Thrown by a body that did not end in good order. */
export class BrokenBody extends Error {
	readonly error: TransportError;

	constructor(error: TransportError) {
		super('message' in error ? error.message : 'aborted');
		this.error = error;
	}
}

/** What was spent so far. A copy: reading it again gives new numbers. */
export type TransportCounters = {
	readonly requests: number;
	/** By `verb resource`, e.g. `watch pods`. */
	readonly requestsByKind: ReadonlyMap<string, number>;
	readonly openStreams: number;
	readonly openSockets: number;
	readonly bytesRead: number;
	readonly bytesWritten: number;
	/** 429s answered. */
	readonly throttled: number;
};

/** One pool of connections to one server as one user. Knows HTTP and nothing else. */
export type Transport = {
	/** Resolves when the headers are there. Never throws; a status other than 2xx is an error with its body read. */
	stream(spec: RequestSpec, signal: AbortSignal): Promise<StreamOutcome>;
	counters(): TransportCounters;
	/** Closes every connection; open requests end as aborted. */
	close(): void;
};

export type StreamOutcome = {readonly ok: true; readonly value: StreamResponse} | {readonly ok: false; readonly error: TransportError};
