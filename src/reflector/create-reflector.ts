import {collectionPath} from '../kube/api-paths.ts';
import {keyOf, type ObjectKey, type Resource, type Stored} from '../kube/schema.ts';
import type {Freshness} from '../observe/observation.ts';
import {isOlder} from '../store/create-store.ts';
import type {StoreEvent} from '../store/store.ts';
import {BrokenBody, type RequestSpec, type StreamOutcome, type StreamResponse} from '../transport/transport.ts';
import {assertNever} from '../util/assert-never.ts';
import type {Cancel} from '../util/clock.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import type {ListMeta, Malformed, WireEvent} from '../wire/wire-event.ts';
import {createBackoff} from './backoff.ts';
import {type Outcome, outcomeOfError, outcomeOfStatus} from './outcome.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {isAtLeast} from './server-version.ts';

/** No byte for so long, though a bookmark comes every minute: the connection is dead even if no one said so. */
const SILENCE_MS = 120_000;
/** The transport's own limit, a little later, so that ours speaks first. */
const BODY_IDLE_MS = SILENCE_MS + 10_000;
/** After the last initial event the end bookmark must come, or this is an ordinary watch. */
const END_BOOKMARK_MS = 60_000;
const WATCH_HEADERS_MS = 60_000;
const LIST_HEADERS_MS = 30_000;
const LIST_IDLE_MS = 60_000;
/** A watch that lived shorter and told nothing is an error. */
const SHORT_WATCH_MS = 1000;
/** A lost connection that comes back within this is not worth a word on the screen. */
const GRACE_MS = 5000;
/** Server errors on a watch for so long: list again. */
const SERVER_ERRORS_MS = 60_000;
/** Failures of the streamed list in a row, after which LIST is tried once. */
const TROUBLES_UNTIL_LIST = 2;
/** `list` without `watch`: how often. */
const POLL_MS = 30_000;
/** What was forbidden is asked again. */
const FORBIDDEN_MS = 600_000;
/** A server that has just come back refuses everybody until it knows its roles: for so long a 403 is not believed, and asked again … */
const DOUBT_MS = 10_000;
/** … after this, and up to twice as much. */
const DOUBT_RETRY_MS = 1000;
const NOT_LOGGED_IN_MS = 60_000;
const NOT_LOGGED_IN_LONGEST_MS = 300_000;
const RELIST_SPREAD_MS = 2000;
const RETRY_AFTER_JITTER_MS = 1000;
/** client-go's page size. */
const PAGE = 500;
/** How often `syncing n` is said. */
const PROGRESS_MS = 100;
/** First release whose LIST is streamed while it is encoded, in both encodings, so that an unpaged one costs no more. */
const STREAMS_LIST_ENCODING = 33;
/** First release that may have the gate WatchList on without being asked. */
const STREAMS_LISTS = 32;

export type ReflectorOptions = {
	readonly resource: Resource;
	/** undefined: the whole cluster. */
	readonly namespace: string | undefined;
	/** Label selector; undefined: everything. */
	readonly selector?: string | undefined;
	/** What is on the screen is listed first. Larger is sooner. */
	readonly urgency?: () => number;
	/** May we, and is it there? Told when it becomes known, and again after each attempt that finds out. */
	readonly onAnswer?: (answer: 'synced' | 'forbidden' | 'absent') => void;
	/** Say nothing until the server has said yes: for asking again what was forbidden. */
	readonly isQuiet?: boolean;
};

/** Keeps one resource, in one namespace or all, as the server has it, and speaks of it in observations. */
export type Reflector = {
	/** Lists and watches, or goes on where it stopped. Starting twice is starting once. */
	start(): void;
	/** Aborts the request and clears timers. Nothing is said after that but (unless `isReplaced`) that it is no longer followed. */
	stop(isReplaced?: boolean): Promise<void>;
	/** Does at once what is being waited for (the user's wish). */
	retryNow(): void;
	/** The server answers others again: if its silence is what is being waited out, that ends. */
	reachable(): void;
	/** Takes the connection for dead (the machine slept). */
	reconnect(): void;
};

/**
 * The list+watch state machine of one resource and scope.
 * Source: k8s.io/client-go tools/cache/reflector.go (0.37.2), with what it leaves to others:
 * memory of what a server does not support, a limit on relists, a probe for a history that went back.
 */
export function createReflector(
	context: ReflectorContext,
	{resource, namespace, selector, urgency = () => 0, onAnswer, isQuiet = false}: ReflectorOptions,
): Reflector {
	const {clock, random, counters} = context;
	const backoff = createBackoff({clock, random});
	const relistBackoff = createBackoff({clock, random});

	let run: {readonly controller: AbortController; readonly done: Promise<void>} | undefined;
	let lastLoop: Promise<void> = Promise.resolve();
	let attempt: AbortController | undefined;
	/** Ends the body that is being read, for a reason of ours. */
	let interrupt: ((outcome: Outcome) => void) | undefined;
	let wake: (() => void) | undefined;

	/** Where the watch goes on; undefined: a list is needed. */
	let resourceVersion: string | undefined;
	/** The last one seen, for a list that must not go back behind it; undefined: none, or the history has gone back. */
	let lastVersion: string | undefined;
	let hasSynced = false;
	/** Index into the resource's versions: a 404 tries the next. */
	let version = 0;
	let versionsRefused = 0;
	/** How the list that is under way travels. */
	let way: 'list' | 'watch' = 'watch';
	/** Failures of the streamed list in a row. */
	let troubles = 0;
	let listsOnce = false;
	/** Pages did not fit together, or their token expired: the next list comes in one piece, and from now. */
	let unpagedOnce = false;
	/** `watch` is missing: until then (monotonic) we list every 30 s. */
	let pollsUntil = Number.NEGATIVE_INFINITY;
	/** The server's words for it, until they were told. */
	let watchRefusal: string | undefined;
	let serverErrorsSince: number | undefined;
	let loginFailures = 0;
	/** The connection was lost since the last answer: ask whether the history went back. */
	let connectionWasLost = false;
	/** The first 403 (monotonic) after what was allowed before. */
	let refusedSince: number | undefined;
	/** Waiting, because nobody answered. */
	let waitsForServer = false;

	// ---- what is said ----------------------------------------------------------------

	let said: Freshness | undefined;
	/** Stopped: whatever still ends has nothing to say. */
	let isMuted = false;
	/** Since when what we show is old; undefined: it is not. */
	let lostSince: {readonly at: EpochMs; readonly monotonic: number} | undefined;
	let cancelGrace: Cancel | undefined;

	function say(freshness: Freshness): void {
		cancelGrace?.();
		cancelGrace = undefined;
		if (isMuted) return;
		said = freshness;
		context.observe({kind: 'freshness', resource: resource.id, namespace, freshness});
	}

	function tell(event: StoreEvent<Stored>): void {
		if (isMuted) return;
		context.observe({kind: 'object', resource: resource.id, namespace, event});
	}

	function fault(code: string, message: string, hint?: string): void {
		context.observe({kind: 'fault', fault: {source: resource.id, code, message, ...(hint === undefined ? {} : {hint})}});
	}

	function sayLive(): void {
		lostSince = undefined;
		cancelGrace?.();
		if (said?.kind !== 'live') say({kind: 'live'});
	}

	/** What is shown is no longer kept current. A short interruption of something live is not mentioned. */
	function sayLost(why: string, nextTryAt: EpochMs | undefined): void {
		lostSince ??= {at: clock.now(), monotonic: clock.monotonic()};
		const stale: Freshness = {kind: 'stale', since: lostSince.at, why, nextTryAt};
		const grace = said?.kind === 'live' ? GRACE_MS - (clock.monotonic() - lostSince.monotonic) : 0;
		cancelGrace?.();
		if (grace <= 0) say(stale);
		else cancelGrace = clock.after(grace, () => say(stale));
	}

	/** The old contents are shown while new ones are fetched. */
	function sayResyncing(received: number): void {
		lostSince ??= {at: clock.now(), monotonic: clock.monotonic()};
		if (!pollsInstead()) say({kind: 'resyncing', since: lostSince.at, received});
	}

	function begin(): void {
		tell({kind: 'begin'});
		sayReceived(0);
	}

	function sayReceived(received: number): void {
		if (hasSynced) sayResyncing(received);
		else say({kind: 'syncing', received});
	}

	function finishSync(listVersion: string): void {
		counters.add(resource.id, 'lists');
		if (hasSynced) counters.add(resource.id, 'relists');
		hasSynced = true;
		resourceVersion = listVersion;
		lastVersion = listVersion;
		troubles = 0;
		listsOnce = false;
		unpagedOnce = false;
		serverErrorsSince = undefined;
		connectionWasLost = false;
		tell({kind: 'synced', resourceVersion: listVersion});
		sayLive();
		onAnswer?.('synced');
	}

	// ---- requests --------------------------------------------------------------------

	const path = (): string => collectionPath(resource, resource.versions[version]!, namespace);

	function spec(verb: 'list' | 'watch', query: RequestSpec['query']): RequestSpec {
		return {
			path: path(),
			query: {...query, labelSelector: selector},
			accept: context.encodings.acceptFor(resource.id, verb),
			compressed: verb === 'list',
			headersTimeoutMs: verb === 'list' ? LIST_HEADERS_MS : WATCH_HEADERS_MS,
			idleTimeoutMs: verb === 'list' ? LIST_IDLE_MS : BODY_IDLE_MS,
			counted: {verb, resource: resource.id},
		};
	}

	async function request(asked: RequestSpec, signal: AbortSignal): Promise<StreamOutcome> {
		const answer = await context.transport.stream(asked, signal);
		if (signal.aborted) return {ok: false, error: {kind: 'aborted'}};
		if (!answer.ok) return answer;
		loginFailures = 0;
		versionsRefused = 0;
		refusedSince = undefined;
		if (answer.value.serverDate !== undefined) context.noteServerDate(answer.value.serverDate, answer.value.roundTripMs);
		return answer;
	}

	/** Between 5 and 10 minutes, at random, so that not all watches end together. */
	const timeoutSeconds = (): string => `${Math.floor(300 + 300 * random())}`;

	async function watch(from: string, controller: AbortController): Promise<Outcome> {
		const query = {watch: '1', allowWatchBookmarks: 'true', resourceVersion: from, timeoutSeconds: timeoutSeconds()};
		const answer = await request(spec('watch', query), controller.signal);
		if (!answer.ok) return outcomeOfError(answer.error);
		counters.add(resource.id, 'watches');
		if (connectionWasLost) {
			context.onReconnect();
			void probe(from, controller);
		}
		connectionWasLost = false;
		sayLive();
		return follow(answer.value, controller, false);
	}

	async function streamList(controller: AbortController, leaveGate: () => void): Promise<Outcome> {
		const query = {
			watch: '1',
			sendInitialEvents: 'true',
			resourceVersionMatch: 'NotOlderThan',
			allowWatchBookmarks: 'true',
			timeoutSeconds: timeoutSeconds(),
		};
		const answer = await request(spec('watch', query), controller.signal);
		if (!answer.ok) return outcomeOfError(answer.error);
		counters.add(resource.id, 'watches');
		connectionWasLost = false;
		begin();
		return follow(answer.value, controller, true, leaveGate);
	}

	/** Reads a watch until it ends or there is a reason to end it. `isStreamedList`: it begins with the objects that there are. */
	async function follow(response: StreamResponse, controller: AbortController, isStreamedList: boolean, onSynced?: () => void): Promise<Outcome> {
		const openedAt = clock.monotonic();
		let verdict: Outcome | undefined;
		let received = 0;
		/** Of what was received: what moved our place in the history. */
		let events = 0;
		let lastByteAt = openedAt;
		/** Keys of the initial events so far; undefined once their end has come. */
		let initial: Set<ObjectKey> | undefined = isStreamedList ? new Set() : undefined;
		/** When the last initial event came, or a part of one. */
		let progressAt = openedAt;
		let toldAt = openedAt;

		function endWith(outcome: Outcome): void {
			verdict ??= outcome;
			controller.abort();
		}

		function take(event: WireEvent): void {
			if (verdict !== undefined || controller.signal.aborted) return;
			received++;
			switch (event.kind) {
				case 'apply':
				case 'delete':
					tell(event);
					if (initial === undefined) moved(event.object.metadata.resourceVersion);
					else if (event.kind === 'apply' && !initial.has(keyOf(event.object))) {
						initial.add(keyOf(event.object));
						progressAt = lastByteAt;
					}
					return;
				case 'bookmark':
					if (initial === undefined) {
						moved(event.resourceVersion);
						tell({kind: 'bookmark', resourceVersion: event.resourceVersion});
					} else if (event.initialEventsEnd) {
						initial = undefined;
						events++;
						finishSync(event.resourceVersion);
						onSynced?.();
					}
					return;
				case 'error':
					verdict = outcomeOfStatus(event.status);
					return;
				default:
					assertNever(event);
			}
		}

		function moved(to: string): void {
			if (to !== resourceVersion) events++;
			resourceVersion = to;
			lastVersion = to;
			serverErrorsSince = undefined;
		}

		const stopTimers = [
			untilPast(
				() => lastByteAt + SILENCE_MS,
				() => endWith(broken(`no sign of life for ${SILENCE_MS / 1000} s`)),
			),
			untilPast(
				() => (initial === undefined ? undefined : progressAt + END_BOOKMARK_MS),
				() => endWith({kind: 'unsupported', how: `no end of the initial events within ${END_BOOKMARK_MS / 1000} s`}),
			),
			isStreamedList ? context.version.onKnown(refuseOldServer) : () => undefined,
		];

		function refuseOldServer(): void {
			const known = context.version.known();
			if (initial !== undefined && isAtLeast(known, STREAMS_LISTS) === false) endWith({kind: 'unsupported', how: `the server is ${known?.gitVersion}`});
		}

		function broken(why: string): Outcome {
			return {kind: 'broken', why, livedMs: clock.monotonic() - openedAt, events};
		}

		refuseOldServer();
		interrupt = endWith;
		try {
			const decoder = context.decoders.watchDecoder(response.contentType, resource, take);
			if (!decoder.ok) return malformed(decoder.error, false);
			for await (const chunk of response.body) {
				if (verdict !== undefined || controller.signal.aborted) break;
				lastByteAt = clock.monotonic();
				const taken = received;
				const failure = decoder.value.push(chunk);
				counters.add(resource.id, 'events', received - taken);
				counters.add(resource.id, 'decodeMs', clock.monotonic() - lastByteAt);
				if (verdict !== undefined) break;
				if (failure !== undefined) return malformed(failure, false);
				if (initial === undefined) continue;
				// A part of a large object on a slow line is progress too.
				if (received === taken) progressAt = lastByteAt;
				if (lastByteAt - toldAt < PROGRESS_MS) continue;
				toldAt = lastByteAt;
				sayReceived(initial.size);
			}
			if (verdict !== undefined) return verdict;
			if (controller.signal.aborted) return {kind: 'aborted'};
			const cut = decoder.value.end();
			if (cut !== undefined) return malformed(cut, true);
			if (initial !== undefined) return {kind: 'unsupported', how: 'the streamed list ended without its end bookmark'};
			return {kind: 'ended', livedMs: clock.monotonic() - openedAt, events};
		} catch (error) {
			if (verdict !== undefined) return verdict;
			if (!(error instanceof BrokenBody)) throw error;
			const outcome = outcomeOfError(error.error);
			return outcome.kind === 'failed' ? broken(outcome.why) : outcome;
		} finally {
			for (const stop of stopTimers) stop();
			interrupt = undefined;
		}
	}

	async function list(controller: AbortController): Promise<Outcome> {
		const leave = await context.lists.enter(urgency, controller.signal);
		if (leave === undefined) return {kind: 'aborted'};
		try {
			const outcome = await listPages(controller);
			if (unpagedOnce || (outcome.kind !== 'expired' && outcome.kind !== 'wentBack')) return outcome;
			// No older than what we have seen is no longer to be had: once at once from now, in one piece.
			if (outcome.kind === 'wentBack') forgetHistory();
			unpagedOnce = true;
			return await listPages(controller);
		} finally {
			leave();
		}
	}

	async function listPages(controller: AbortController): Promise<Outcome> {
		const isWhole = unpagedOnce || isAtLeast(context.version.known(), STREAMS_LIST_ENCODING) === true;
		let firstPage: ListMeta | undefined;
		let continueToken = '';
		let received = 0;
		let toldAt = clock.monotonic();

		function take(object: Stored): void {
			if (controller.signal.aborted) return;
			received++;
			tell({kind: 'apply', object});
		}

		do {
			const answer = await request(spec('list', listQuery(isWhole, continueToken)), controller.signal);
			if (!answer.ok) return ofPage(outcomeOfError(answer.error), continueToken);
			if (firstPage === undefined) begin();
			const page = await readList(answer.value, controller, take, () => {
				if (clock.monotonic() - toldAt < PROGRESS_MS) return;
				toldAt = clock.monotonic();
				sayReceived(received);
			});
			if ('kind' in page) return page;
			if (firstPage !== undefined && page.resourceVersion !== firstPage.resourceVersion) {
				unpagedOnce = true;
				return {kind: 'failed', why: 'the pages of the list are of different moments', cause: 'server', retryAfterMs: undefined};
			}
			firstPage ??= page;
			continueToken = page.continueToken;
		} while (continueToken !== '');
		finishSync(firstPage.resourceVersion);
		return {kind: 'listed'};
	}

	/** Pages come consistent and from now; a whole list may be any for a start, and no older than what we have seen after that. */
	function listQuery(isWhole: boolean, continueToken: string): RequestSpec['query'] {
		if (!isWhole) return continueToken === '' ? {limit: `${PAGE}`} : {limit: `${PAGE}`, continue: continueToken};
		if (unpagedOnce) return {};
		return lastVersion === undefined ? {resourceVersion: '0'} : {resourceVersion: lastVersion, resourceVersionMatch: 'NotOlderThan'};
	}

	async function readList(
		response: StreamResponse,
		controller: AbortController,
		take: (object: Stored) => void,
		onChunk: () => void,
	): Promise<ListMeta | Outcome> {
		const decoder = context.decoders.listDecoder(response.contentType, resource, take);
		if (!decoder.ok) return malformed(decoder.error, false);
		try {
			for await (const chunk of response.body) {
				if (controller.signal.aborted) break;
				const started = clock.monotonic();
				const failure = decoder.value.push(chunk);
				counters.add(resource.id, 'decodeMs', clock.monotonic() - started);
				if (failure !== undefined) return malformed(failure, false);
				onChunk();
			}
			if (controller.signal.aborted) return {kind: 'aborted'};
			const end = decoder.value.end();
			return end.ok ? end.value : malformed(end.error, true);
		} catch (error) {
			if (!(error instanceof BrokenBody)) throw error;
			return outcomeOfError(error.error);
		}
	}

	/** A watch from a version that does not exist yet is accepted and stays silent; only a list tells. */
	async function probe(from: string, controller: AbortController): Promise<void> {
		const leave = await context.shortRequests.enter(urgency, controller.signal);
		if (leave === undefined) return;
		try {
			const query = {limit: '1', resourceVersion: from, resourceVersionMatch: 'NotOlderThan'};
			const answer = await request(spec('list', query), controller.signal);
			const found = answer.ok
				? await readList(
						answer.value,
						controller,
						() => undefined,
						() => undefined,
					)
				: outcomeOfError(answer.error);
			const wentBack = 'kind' in found ? found.kind === 'wentBack' : isOlder(found.resourceVersion, from);
			if (wentBack && attempt === controller) interrupt?.({kind: 'wentBack'});
		} finally {
			leave();
		}
	}

	// ---- the loop --------------------------------------------------------------------

	const pollsInstead = (): boolean => clock.monotonic() < pollsUntil;

	/** May the streamed list be asked for? */
	function streams(): boolean {
		if (listsOnce || pollsInstead()) return false;
		if (context.watchLists.unsupported(resource.group) !== undefined) return false;
		const known = context.version.known();
		if (isAtLeast(known, STREAMS_LISTS) !== false) return true;
		context.watchLists.remember(resource.group, `the server is ${known?.gitVersion}`);
		return false;
	}

	async function sync(controller: AbortController): Promise<Outcome> {
		let leave: (() => void) | undefined = () => undefined;
		if (hasSynced) {
			if (!pollsInstead()) await sleep(random() * RELIST_SPREAD_MS, controller.signal);
			leave = await context.relists.enter(urgency, controller.signal);
		}
		if (leave === undefined || controller.signal.aborted) return {kind: 'aborted'};
		try {
			way = streams() ? 'watch' : 'list';
			return await (way === 'list' ? list(controller) : streamList(controller, leave));
		} finally {
			leave();
		}
	}

	async function loop(signal: AbortSignal): Promise<void> {
		while (!signal.aborted) {
			const controller = new AbortController();
			attempt = controller;
			way = 'watch';
			let outcome: Outcome;
			try {
				outcome = resourceVersion === undefined ? await sync(controller) : await watch(resourceVersion, controller);
			} catch (error) {
				fault('internal', error instanceof Error ? (error.stack ?? error.message) : String(error), 'a mistake in kwb: please report it');
				outcome = {kind: 'failed', why: 'a mistake in kwb', cause: 'request', retryAfterMs: undefined};
			} finally {
				attempt = undefined;
				// Whatever the request left open ends here.
				controller.abort();
			}
			if (signal.aborted) return;
			listsOnce = false;
			if (way === 'watch' && resourceVersion === undefined && isTrouble(outcome) && ++troubles === TROUBLES_UNTIL_LIST) {
				troubles = 0;
				listsOnce = true;
			}
			await settle(outcome, signal);
		}
	}

	/** Decides what comes next, and waits for it. */
	async function settle(outcome: Outcome, signal: AbortSignal): Promise<void> {
		if ((outcome.kind === 'ended' || outcome.kind === 'broken') && !isShort(outcome)) serverErrorsSince = undefined;
		switch (outcome.kind) {
			case 'aborted':
				connectionWasLost = true;
				return;
			case 'listed':
				if (!pollsInstead()) return;
				if (watchRefusal !== undefined) fault('watch-forbidden', watchRefusal, `kwb lists ${resource.id} every ${POLL_MS / 1000} s instead`);
				watchRefusal = undefined;
				resourceVersion = undefined;
				await sleep(POLL_MS, signal);
				// Time for another try of the watch: from what the last list said.
				if (!pollsInstead()) resourceVersion = lastVersion;
				return;
			case 'ended':
				if (isShort(outcome)) await pause('the server closes the watch at once', backoff.next(), signal);
				return;
			case 'broken':
				connectionWasLost = true;
				if (resourceVersion === undefined || isShort(outcome)) await pauseForServer(outcome.why, backoff.next(), signal);
				else sayLost(outcome.why, undefined);
				return;
			case 'failed': {
				if (outcome.cause === 'connection') connectionWasLost = true;
				if (outcome.cause === 'server' && resourceVersion !== undefined) {
					serverErrorsSince ??= clock.monotonic();
					if (clock.monotonic() - serverErrorsSince >= SERVER_ERRORS_MS) dropVersion();
				}
				const exact = outcome.retryAfterMs;
				const wait = exact === undefined ? backoff.next() : exact + random() * RETRY_AFTER_JITTER_MS;
				await (outcome.cause === 'connection' ? pauseForServer(outcome.why, wait, signal) : pause(outcome.why, wait, signal));
				return;
			}
			case 'expired':
				await relist(signal);
				return;
			case 'wentBack':
				forgetHistory();
				unpagedOnce = true;
				await relist(signal);
				return;
			case 'unsupported':
				if (way === 'watch' && resourceVersion === undefined) context.watchLists.remember(resource.group, outcome.how);
				else await pause(outcome.how, backoff.next(), signal);
				return;
			case 'malformed':
				counters.add(resource.id, 'malformed');
				fault('malformed', outcome.detail, 'the list is fetched again');
				if (outcome.encoding === 'protobuf' && !outcome.isCut) context.encodings.preferJson(resource.id, outcome.detail);
				await relist(signal);
				return;
			case 'forbidden':
				if (hasSynced && connectionWasLost && isDoubtful()) {
					await pause(outcome.why, DOUBT_RETRY_MS * (1 + random()), signal);
					return;
				}
				if (way === 'watch') {
					// The verb `watch` is missing; perhaps `list` is not.
					pollsUntil = clock.monotonic() + FORBIDDEN_MS;
					watchRefusal = outcome.why;
					dropVersion();
					return;
				}
				pollsUntil = Number.NEGATIVE_INFINITY;
				say({kind: 'forbidden', verb: 'list', resource: resource.id, namespace, nextTryAt: epochMs(clock.now() + FORBIDDEN_MS)});
				onAnswer?.('forbidden');
				await sleep(FORBIDDEN_MS, signal);
				return;
			case 'absent':
				await absent(signal);
				return;
			case 'credential': {
				const wait = Math.min(NOT_LOGGED_IN_LONGEST_MS, NOT_LOGGED_IN_MS * 2 ** loginFailures++);
				await pause(`not logged in: ${outcome.why}`, wait, signal);
				return;
			}
			default:
				assertNever(outcome);
		}
	}

	function forgetHistory(): void {
		fault('history-reset', 'the history of the server went back: it was restored from a backup', 'everything is listed anew');
		lastVersion = undefined;
		resourceVersion = undefined;
	}

	function dropVersion(): void {
		lastVersion = resourceVersion ?? lastVersion;
		resourceVersion = undefined;
	}

	/** The first one at once, then ever more slowly: a storm of expirations must not become a storm of lists. */
	async function relist(signal: AbortSignal): Promise<void> {
		dropVersion();
		if (hasSynced) sayResyncing(0);
		const isFirst = relistBackoff.failures === 0;
		const wait = relistBackoff.next();
		if (!isFirst) await pause('the list expires as soon as it has come', wait, signal);
	}

	async function absent(signal: AbortSignal): Promise<void> {
		version = (version + 1) % resource.versions.length;
		resourceVersion = undefined;
		if (++versionsRefused < resource.versions.length) return;
		versionsRefused = 0;
		hasSynced = false;
		lastVersion = undefined;
		tell({kind: 'drop'});
		say({kind: 'absent'});
		onAnswer?.('absent');
		await sleep(undefined, signal);
	}

	/** Was it allowed until a moment ago? */
	function isDoubtful(): boolean {
		refusedSince ??= clock.monotonic();
		return clock.monotonic() - refusedSince < DOUBT_MS;
	}

	async function pauseForServer(why: string, milliseconds: number, signal: AbortSignal): Promise<void> {
		waitsForServer = true;
		await pause(why, milliseconds, signal);
		waitsForServer = false;
	}

	async function pause(why: string, milliseconds: number, signal: AbortSignal): Promise<void> {
		sayLost(why, epochMs(clock.now() + milliseconds));
		await sleep(milliseconds, signal);
	}

	/** Until the time is up (undefined: never), the signal comes, or somebody is impatient. */
	function sleep(milliseconds: number | undefined, signal: AbortSignal): Promise<void> {
		return new Promise(resolve => {
			const end = (): void => {
				cancel();
				signal.removeEventListener('abort', end);
				wake = undefined;
				resolve();
			};
			const cancel = milliseconds === undefined ? () => undefined : clock.after(milliseconds, end);
			wake = end;
			if (signal.aborted) end();
			else signal.addEventListener('abort', end);
		});
	}

	/** Calls once when the moment (monotonic, asked again whenever it seems to have come) has passed; undefined: no longer. */
	function untilPast(moment: () => number | undefined, call: () => void): Cancel {
		let cancel: Cancel = () => undefined;
		const look = (): void => {
			const due = moment();
			if (due === undefined) return;
			const left = due - clock.monotonic();
			if (left <= 0) call();
			else cancel = clock.after(left, look);
		};
		look();
		return () => cancel();
	}

	return {
		start() {
			if (run !== undefined) return;
			isMuted = false;
			const controller = new AbortController();
			if (!hasSynced && !isQuiet) {
				tell({kind: 'begin'});
				say({kind: 'connecting'});
			}
			// An earlier loop may still be closing its request: never two at once.
			lastLoop = lastLoop.then(() => loop(controller.signal));
			run = {controller, done: lastLoop};
		},
		async stop(isReplaced = false) {
			if (run === undefined) return;
			const {controller, done} = run;
			run = undefined;
			controller.abort();
			attempt?.abort();
			wake?.();
			cancelGrace?.();
			const isWorthAWord = !isReplaced && said !== undefined && said.kind !== 'forbidden' && said.kind !== 'absent';
			if (isWorthAWord) say({kind: 'stale', since: lostSince?.at ?? clock.now(), why: 'no longer followed', nextTryAt: undefined});
			isMuted = true;
			await done;
		},
		retryNow: () => wake?.(),
		reachable() {
			if (waitsForServer) wake?.();
		},
		reconnect() {
			wake?.();
			attempt?.abort();
		},
	};
}

function isShort({livedMs, events}: {readonly livedMs: number; readonly events: number}): boolean {
	return livedMs < SHORT_WATCH_MS && events === 0;
}

/** A token that is not understood (any more) is as good as expired. */
function ofPage(outcome: Outcome, continueToken: string): Outcome {
	return continueToken !== '' && outcome.kind === 'failed' && outcome.cause === 'request' ? {kind: 'expired'} : outcome;
}

/** Does this say nothing of whether the streamed list is supported? */
function isTrouble({kind}: Outcome): boolean {
	return kind === 'broken' || kind === 'failed';
}

/** Bytes that cannot be read; in no encoding of the API, they are those of something in between, and come again later. */
function malformed({encoding, detail}: Malformed, isCut: boolean): Outcome {
	if (encoding === 'other') return {kind: 'failed', why: `not the API: ${detail}`, cause: 'server', retryAfterMs: undefined};
	return {kind: 'malformed', encoding, detail, isCut};
}
