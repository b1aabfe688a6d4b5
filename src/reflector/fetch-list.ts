import type {Stored} from '../kube/schema.ts';
import type {RequestSpec, StreamOutcome} from '../transport/transport.ts';
import type {Clock} from '../util/clock.ts';
import type {ListMeta} from '../wire/wire-event.ts';
import {type Outcome, outcomeOfError} from './outcome.ts';
import type {ListReader} from './read-list.ts';

/** client-go's page size. */
const PAGE = 500;
/** How often the number of objects so far is said. */
export const PROGRESS_MS = 100;

/** How a list is asked for, and who takes it. */
export type ListFetch = {
	readonly clock: Clock;
	/** In one piece, as a server that streams its encoding serves it at no more cost; else in pages. */
	readonly isWhole: boolean;
	/** From now, quorum and all: what is older did not fit together. */
	readonly isFromNow: boolean;
	/** Not older than this; undefined: any. */
	readonly noOlderThan: string | undefined;
	readonly send: (query: RequestSpec['query']) => Promise<StreamOutcome>;
	readonly read: (response: Extract<StreamOutcome, {readonly ok: true}>['value'], reader: ListReader) => Promise<ListMeta | Outcome>;
	readonly onBegin: () => void;
	readonly take: (object: Stored) => void;
	/** Objects so far, now and then. */
	readonly onProgress: (received: number) => void;
};

/** What a whole list says of itself, or how it failed. */
export type Fetched = {readonly kind: 'fetched'; readonly resourceVersion: string} | Outcome;

/** Fetches a list, page by page or whole, giving out its objects as they come. */
export async function fetchList({clock, send, read, onBegin, take, onProgress, ...options}: ListFetch): Promise<Fetched> {
	let firstPage: ListMeta | undefined;
	let continueToken = '';
	let received = 0;
	let toldAt = Number.NEGATIVE_INFINITY;

	const reader: ListReader = {
		take(object) {
			received++;
			take(object);
		},
		onChunk() {
			if (clock.monotonic() - toldAt < PROGRESS_MS) return;
			toldAt = clock.monotonic();
			onProgress(received);
		},
	};

	do {
		const answer = await send(queryOf(options, continueToken));
		if (!answer.ok) return ofPage(outcomeOfError(answer.error), continueToken);
		if (firstPage === undefined) onBegin();
		const page = await read(answer.value, reader);
		if ('kind' in page) return page;
		if (firstPage !== undefined && page.resourceVersion !== firstPage.resourceVersion) return {kind: 'torn'};
		firstPage ??= page;
		continueToken = page.continueToken;
	} while (continueToken !== '');
	return {kind: 'fetched', resourceVersion: firstPage.resourceVersion};
}

/** Pages come consistent and from now; a whole list may be any for a start, and no older than what we have seen after that. */
function queryOf({isWhole, isFromNow, noOlderThan}: Pick<ListFetch, 'isWhole' | 'isFromNow' | 'noOlderThan'>, continueToken: string): RequestSpec['query'] {
	if (!isWhole) return continueToken === '' ? {limit: `${PAGE}`} : {limit: `${PAGE}`, continue: continueToken};
	if (isFromNow) return {};
	return noOlderThan === undefined ? {resourceVersion: '0'} : {resourceVersion: noOlderThan, resourceVersionMatch: 'NotOlderThan'};
}

/** A token that is not understood (any more) is as good as expired. */
function ofPage(outcome: Outcome, continueToken: string): Outcome {
	return continueToken !== '' && outcome.kind === 'failed' && outcome.cause === 'request' ? {kind: 'expired'} : outcome;
}
