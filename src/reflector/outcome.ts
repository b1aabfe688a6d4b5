import type {TransportError} from '../transport/transport.ts';
import type {Encoding, Malformed, Status} from '../wire/wire-event.ts';

/** How one request of a reflector ended, in the terms of what is to be done next. */
export type Outcome =
	/** A watch ended in good order. `events`: those that moved its resourceVersion. */
	| {readonly kind: 'ended'; readonly livedMs: number; readonly events: number}
	/** A LIST is complete. */
	| {readonly kind: 'listed'}
	/** The pages of a LIST are of different moments. */
	| {readonly kind: 'torn'}
	/** The connection was lost within a body. */
	| {readonly kind: 'broken'; readonly why: string; readonly livedMs: number; readonly events: number}
	/** No answer, or one that says to come again later. */
	| {
			readonly kind: 'failed';
			readonly why: string;
			readonly cause: 'connection' | 'server' | 'throttled' | 'request';
			readonly retryAfterMs: number | undefined;
	  }
	/** 410: what we asked for is no longer remembered there. */
	| {readonly kind: 'expired'}
	/** The server's history ends before what we have seen of it: it was restored from a backup. */
	| {readonly kind: 'wentBack'}
	/** The streamed list is not supported; how it showed. */
	| {readonly kind: 'unsupported'; readonly how: string}
	/** Bytes that are not what they should be; `isCut`: the body ended in good order within an event. */
	| {readonly kind: 'malformed'; readonly encoding: Encoding; readonly detail: string; readonly isCut: boolean}
	| {readonly kind: 'forbidden'; readonly why: string}
	| {readonly kind: 'absent'; readonly why: string}
	| {readonly kind: 'credential'; readonly why: string}
	/** Aborted by us: stopped, or told to connect anew. */
	| {readonly kind: 'aborted'};

/** What a failed request means for a reflector. */
export function outcomeOfError(error: TransportError): Outcome {
	switch (error.kind) {
		case 'aborted':
			return {kind: 'aborted'};
		case 'credential':
			return {kind: 'credential', why: error.message};
		case 'connection':
		case 'timeout':
			return {kind: 'failed', why: error.message, cause: 'connection', retryAfterMs: undefined};
		case 'status':
			return outcomeOfStatusCode(error);
	}
}

/** The same for an ERROR event, whose Status says what the status line otherwise would. */
export function outcomeOfStatus({code, reason, message, details}: Status): Outcome {
	const {causes, retryAfterSeconds} = details;
	return outcomeOfStatusCode({status: code, reason, message, causes, retryAfterMs: retryAfterSeconds > 0 ? retryAfterSeconds * 1000 : undefined});
}

/** Bytes that cannot be read; in no encoding of the API, they are those of something in between, and come again later. */
export function outcomeOfMalformed({encoding, detail}: Malformed, isCut: boolean): Outcome {
	if (encoding === 'other') return {kind: 'failed', why: `not the API: ${detail}`, cause: 'server', retryAfterMs: undefined};
	return {kind: 'malformed', encoding, detail, isCut};
}

type Refusal = Pick<Extract<TransportError, {readonly kind: 'status'}>, 'status' | 'reason' | 'message' | 'causes' | 'retryAfterMs'>;

/** cluster-level meaning of a status, by HTTP code and the reasons of apimachinery pkg/apis/meta/v1/types.go (0.37.2). */
function outcomeOfStatusCode({status, reason, message, causes, retryAfterMs}: Refusal): Outcome {
	const why = message === '' ? `the server answered ${status}` : message;
	if (status === 410 || reason === 'Expired' || reason === 'Gone') return {kind: 'expired'};
	if (isTooLarge(causes, message)) return {kind: 'wentBack'};
	if (status === 401) return {kind: 'credential', why};
	if (status === 403) return {kind: 'forbidden', why};
	if (status === 404) return {kind: 'absent', why};
	if (status === 422 && refusesStreamedList(causes, message)) return {kind: 'unsupported', how: `${status}: ${message}`};
	if (status === 429) return {kind: 'failed', why, cause: 'throttled', retryAfterMs};
	// etcd older than 3.4.31 / 3.5.13: kubernetes staging/src/k8s.io/apiserver/pkg/storage/cacher, "RequestWatchProgress is disabled".
	if (status >= 500 && message.includes('RequestWatchProgress')) return {kind: 'unsupported', how: `${status}: ${message}`};
	return {kind: 'failed', why, cause: status >= 500 ? 'server' : 'request', retryAfterMs};
}

function isTooLarge(causes: Refusal['causes'], message: string): boolean {
	return causes.some(cause => cause.reason === 'ResourceVersionTooLarge') || message.includes('Too large resource version');
}

function refusesStreamedList(causes: Refusal['causes'], message: string): boolean {
	const names = /sendInitialEvents|resourceVersionMatch/;
	return causes.some(cause => names.test(cause.field)) || names.test(message);
}
