import {isOlder} from '../store/create-store.ts';
import type {StreamOutcome, StreamResponse} from '../transport/transport.ts';
import type {Sleeper} from '../util/sleeper.ts';
import type {Attempt} from './attempt.ts';
import {type Collection, sendList, sendWatch} from './collection.ts';
import {fetchList} from './fetch-list.ts';
import {followWatch} from './follow-watch.ts';
import {afterAnswer, afterSync, type Ended, type Memory, movedTo, polls, withoutHistory} from './next-step.ts';
import {type Outcome, outcomeOfError} from './outcome.ts';
import {readList} from './read-list.ts';
import type {ReflectorContext} from './reflector-context.ts';
import type {Report} from './report.ts';
import {isTooOldToStream, listsWhole} from './server-version.ts';

/** Relists of many resources are spread over so long. */
const RELIST_SPREAD_MS = 2000;

/** How a request ended, and how it went out. */
export type Ending = Pick<Ended, 'way'> & {readonly outcome: Outcome};

/** The requests of a reflector, each to its end. What they find out is remembered and said. */
export type ReflectorRequests = {
	/** Watches from where the reflector is, or syncs it: by the streamed list, or by LIST where that is not supported or `watch` not allowed. */
	next(current: Attempt): Promise<Ending>;
	/** Says how many objects of a sync have come. */
	sayReceived(received: number): void;
};

export type ReflectorRequestsOptions = {
	readonly collection: Collection;
	readonly report: Report;
	readonly sleeper: Sleeper;
	/** Where the reflector keeps what it knows. */
	readonly held: {memory: Memory};
	readonly urgency: () => number;
	readonly onSynced: () => void;
};

/** One for each reflector. */
export function createReflectorRequests(
	context: ReflectorContext,
	{collection, report, sleeper, held, urgency, onSynced}: ReflectorRequestsOptions,
): ReflectorRequests {
	const {clock, random, counters} = context;
	const {resource} = collection;
	/** How the request that is under way travels. */
	let way: Ended['way'] = 'watch';

	const version = (): string => resource.versions[held.memory.versionIndex]!;
	const pollsNow = (): boolean => polls(held.memory, clock.monotonic());

	function heard(answer: StreamOutcome): StreamOutcome {
		if (answer.ok) held.memory = afterAnswer(held.memory);
		return answer;
	}

	function begin(): void {
		report.tell({kind: 'begin'});
		sayReceived(0);
	}

	function sayReceived(received: number): void {
		if (!held.memory.hasSynced) report.say({kind: 'syncing', received});
		else if (!pollsNow()) report.resyncing(received);
	}

	function finishSync(resourceVersion: string): void {
		counters.add(resource.id, 'lists');
		if (held.memory.hasSynced) counters.add(resource.id, 'relists');
		held.memory = afterSync(held.memory, resourceVersion);
		report.tell({kind: 'synced', resourceVersion});
		report.live();
		onSynced();
	}

	async function watch(from: string, current: Attempt): Promise<Outcome> {
		const answer = heard(await sendWatch(context, collection, version(), {resourceVersion: from}, current.signal));
		if (!answer.ok) return outcomeOfError(answer.error);
		counters.add(resource.id, 'watches');
		if (held.memory.connectionWasLost) {
			context.onReconnect();
			void probe(from, current);
		}
		held.memory = {...held.memory, connectionWasLost: false};
		report.live();
		return follow(answer.value, current, from, () => undefined);
	}

	async function streamList(current: Attempt, leaveGate: () => void): Promise<Outcome> {
		const query = {sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan'};
		const answer = heard(await sendWatch(context, collection, version(), query, current.signal));
		if (!answer.ok) return outcomeOfError(answer.error);
		counters.add(resource.id, 'watches');
		held.memory = {...held.memory, connectionWasLost: false};
		begin();
		return follow(answer.value, current, undefined, leaveGate);
	}

	function follow(response: StreamResponse, current: Attempt, from: string | undefined, whenSynced: () => void): Promise<Outcome> {
		return followWatch(context, {
			resource,
			response,
			attempt: current,
			from,
			tell: report.tell,
			onProgress: sayReceived,
			onSynced(resourceVersion) {
				finishSync(resourceVersion);
				whenSynced();
			},
			onMoved(resourceVersion) {
				held.memory = movedTo(held.memory, resourceVersion);
			},
		});
	}

	async function list(current: Attempt): Promise<Outcome> {
		const leave = await context.lists.enter(urgency, current.signal);
		if (leave === undefined) return {kind: 'aborted'};
		try {
			const outcome = await listOnce(current);
			if (held.memory.unpagedOnce || (outcome.kind !== 'expired' && outcome.kind !== 'wentBack')) return outcome;
			// No older than what we have seen is no longer to be had: once at once from now, in one piece.
			if (outcome.kind === 'wentBack') forgetHistory();
			held.memory = {...held.memory, unpagedOnce: true};
			return await listOnce(current);
		} finally {
			leave();
		}
	}

	async function listOnce({signal}: Attempt): Promise<Outcome> {
		const outcome = await fetchList({
			clock,
			isWhole: held.memory.unpagedOnce || listsWhole(context.version.known()),
			isFromNow: held.memory.unpagedOnce,
			noOlderThan: held.memory.lastVersion,
			send: async query => heard(await sendList(context, collection, version(), query, signal)),
			read: (response, reader) => readList(context, resource, response, signal, reader),
			onBegin: begin,
			take: object => {
				if (!signal.aborted) report.tell({kind: 'apply', object});
			},
			onProgress: sayReceived,
		});
		if (outcome.kind !== 'fetched') return outcome;
		finishSync(outcome.resourceVersion);
		return {kind: 'listed'};
	}

	/** A watch from a version that does not exist yet is accepted and stays silent; only a list tells. */
	async function probe(from: string, current: Attempt): Promise<void> {
		const leave = await context.shortRequests.enter(urgency, current.signal);
		if (leave === undefined) return;
		try {
			const query = {limit: '1', resourceVersion: from, resourceVersionMatch: 'NotOlderThan'};
			const answer = heard(await sendList(context, collection, version(), query, current.signal));
			const ignored = {take: () => undefined, onChunk: () => undefined};
			const found = answer.ok ? await readList(context, resource, answer.value, current.signal, ignored) : outcomeOfError(answer.error);
			const wentBack = 'kind' in found ? found.kind === 'wentBack' : isOlder(found.resourceVersion, from);
			if (wentBack) current.end({kind: 'wentBack'});
		} finally {
			leave();
		}
	}

	/** May the streamed list be asked for? */
	function streams(): boolean {
		if (held.memory.listsOnce || pollsNow()) return false;
		if (context.watchLists.unsupported(resource.group) !== undefined) return false;
		const known = context.version.known();
		if (!isTooOldToStream(known)) return true;
		context.watchLists.remember(resource.group, `the server is ${known?.gitVersion}`);
		return false;
	}

	async function sync(current: Attempt): Promise<Outcome> {
		let leave: (() => void) | undefined = () => undefined;
		if (held.memory.hasSynced) {
			if (!pollsNow()) await sleeper.sleep(random() * RELIST_SPREAD_MS, current.signal);
			leave = await context.relists.enter(urgency, current.signal);
		}
		if (leave === undefined || current.signal.aborted) return {kind: 'aborted'};
		try {
			way = streams() ? 'watch' : 'list';
			return await (way === 'list' ? list(current) : streamList(current, leave));
		} finally {
			leave();
		}
	}

	function forgetHistory(): void {
		report.fault('history-reset', 'the history of the server went back: it was restored from a backup', 'everything is listed anew');
		held.memory = withoutHistory(held.memory);
	}

	/** What an outcome says beyond what comes next. */
	function note(outcome: Outcome): void {
		if (outcome.kind === 'wentBack') forgetHistory();
		if (outcome.kind !== 'malformed') return;
		counters.add(resource.id, 'malformed');
		report.fault('malformed', outcome.detail, 'the list is fetched again');
		if (outcome.encoding === 'protobuf' && !outcome.isCut) context.encodings.preferJson(resource.id, outcome.detail);
	}

	return {
		sayReceived,
		async next(current) {
			way = 'watch';
			try {
				const {resourceVersion} = held.memory;
				const outcome = await (resourceVersion === undefined || pollsNow() ? sync(current) : watch(resourceVersion, current));
				const verdict = current.verdict ?? outcome;
				note(verdict);
				return {outcome: verdict, way};
			} catch (error) {
				report.fault('internal', error instanceof Error ? (error.stack ?? error.message) : String(error), 'a mistake in kwb: please report it');
				return {outcome: {kind: 'failed', why: 'a mistake in kwb', cause: 'request', retryAfterMs: undefined}, way};
			}
		},
	};
}
