import {keyOf, type ObjectKey, type Resource} from '../kube/schema.ts';
import type {StoreEvent} from '../store/store.ts';
import {BrokenBody, type StreamResponse} from '../transport/transport.ts';
import {assertNever} from '../util/assert-never.ts';
import type {WireEvent} from '../wire/wire-event.ts';
import type {Attempt} from './attempt.ts';
import {SILENCE_MS} from './collection.ts';
import {PROGRESS_MS} from './fetch-list.ts';
import {type Outcome, outcomeOfError, outcomeOfMalformed, outcomeOfStatus} from './outcome.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {isTooOldToStream} from './server-version.ts';
import {untilPast} from './until-past.ts';

/** After the last initial event the end bookmark must come, or this is an ordinary watch. */
const END_BOOKMARK_MS = 60_000;

/** A watch, and who takes what it says. */
export type WatchFollowing = {
	readonly resource: Resource;
	readonly response: StreamResponse;
	readonly attempt: Attempt;
	/** Where it began; undefined: with the objects that there are, up to a bookmark that ends them (a streamed list). */
	readonly from: string | undefined;
	readonly tell: (event: StoreEvent) => void;
	/** Objects so far of a streamed list, now and then. */
	readonly onProgress: (received: number) => void;
	/** The streamed list is whole. */
	readonly onSynced: (resourceVersion: string) => void;
	/** The watch stands at this version; once for a part of the body, however much is in it. */
	readonly onMoved: (resourceVersion: string) => void;
};

/** Reads a watch until it ends or there is a reason to end it. */
export async function followWatch(
	{clock, counters, decoders, version}: Pick<ReflectorContext, 'clock' | 'counters' | 'decoders' | 'version'>,
	{resource, response, attempt, from, tell, onProgress, onSynced, onMoved}: WatchFollowing,
): Promise<Outcome> {
	const openedAt = clock.monotonic();
	let received = 0;
	/** Of what was received: what moved our place in the history. */
	let events = 0;
	let lastByteAt = openedAt;
	/** Keys of the initial events so far; undefined once their end has come. */
	let initial: Set<ObjectKey> | undefined = from === undefined ? new Set() : undefined;
	/** When the last initial event came, or a part of one. */
	let progressAt = openedAt;
	let toldAt = Number.NEGATIVE_INFINITY;
	let place = from;
	let placeTold = from;

	function take(event: WireEvent): void {
		if (attempt.signal.aborted) return;
		received++;
		switch (event.kind) {
			case 'apply':
			case 'delete':
				tell(event);
				if (initial === undefined) move(event.object.metadata.resourceVersion);
				else if (event.kind === 'apply' && !initial.has(keyOf(event.object))) {
					initial.add(keyOf(event.object));
					progressAt = lastByteAt;
				}
				return;
			case 'bookmark':
				if (initial === undefined) {
					move(event.resourceVersion);
					tell({kind: 'bookmark', resourceVersion: event.resourceVersion});
				} else if (event.initialEventsEnd) {
					initial = undefined;
					events++;
					place = placeTold = event.resourceVersion;
					onSynced(event.resourceVersion);
				}
				return;
			case 'error':
				attempt.end(outcomeOfStatus(event.status));
				return;
			default:
				assertNever(event);
		}
	}

	function move(to: string): void {
		if (to !== place) events++;
		place = to;
	}

	function tellPlace(): void {
		if (place === undefined || place === placeTold) return;
		placeTold = place;
		onMoved(place);
	}

	function refuseOldServer(): void {
		const known = version.known();
		if (initial !== undefined && isTooOldToStream(known)) attempt.end({kind: 'unsupported', how: `the server is ${known?.gitVersion}`});
	}

	function broken(why: string): Outcome {
		return {kind: 'broken', why, livedMs: clock.monotonic() - openedAt, events};
	}

	const stopTimers = [
		untilPast(
			clock,
			() => lastByteAt + SILENCE_MS,
			() => attempt.end(broken(`no sign of life for ${SILENCE_MS / 1000} s`)),
		),
		untilPast(
			clock,
			() => (initial === undefined ? undefined : progressAt + END_BOOKMARK_MS),
			() => attempt.end({kind: 'unsupported', how: `no end of the initial events within ${END_BOOKMARK_MS / 1000} s`}),
		),
		from === undefined ? version.onKnown(refuseOldServer) : () => undefined,
	];

	refuseOldServer();
	try {
		const decoder = decoders.watchDecoder(response.contentType, resource, take);
		if (!decoder.ok) return outcomeOfMalformed(decoder.error, false);
		for await (const chunk of response.body) {
			if (attempt.signal.aborted) break;
			lastByteAt = clock.monotonic();
			const taken = received;
			const failure = decoder.value.push(chunk);
			counters.add(resource.id, 'events', received - taken);
			counters.add(resource.id, 'decodeMs', clock.monotonic() - lastByteAt);
			tellPlace();
			if (attempt.signal.aborted) break;
			if (failure !== undefined) return outcomeOfMalformed(failure, false);
			if (initial === undefined) continue;
			// A part of a large object on a slow line is progress too.
			if (received === taken) progressAt = lastByteAt;
			if (lastByteAt - toldAt < PROGRESS_MS) continue;
			toldAt = lastByteAt;
			onProgress(initial.size);
		}
		if (attempt.signal.aborted) return attempt.verdict ?? {kind: 'aborted'};
		const cut = decoder.value.end();
		tellPlace();
		if (cut !== undefined) return outcomeOfMalformed(cut, true);
		if (initial !== undefined) return {kind: 'unsupported', how: 'the streamed list ended without its end bookmark'};
		return {kind: 'ended', livedMs: clock.monotonic() - openedAt, events};
	} catch (error) {
		if (attempt.verdict !== undefined) return attempt.verdict;
		if (!(error instanceof BrokenBody)) throw error;
		const outcome = outcomeOfError(error.error);
		return outcome.kind === 'failed' ? broken(outcome.why) : outcome;
	} finally {
		for (const stop of stopTimers) stop();
	}
}
