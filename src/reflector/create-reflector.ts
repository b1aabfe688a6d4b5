import type {Resource} from '../kube/schema.ts';
import {isOlder} from '../store/create-store.ts';
import type {StreamOutcome} from '../transport/transport.ts';
import {assertNever} from '../util/assert-never.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import {createSleeper} from '../util/sleeper.ts';
import {type Attempt, createAttempt} from './attempt.ts';
import {createBackoff} from './backoff.ts';
import {type Collection, sendList, sendWatch} from './collection.ts';
import {fetchList} from './fetch-list.ts';
import {followWatch} from './follow-watch.ts';
import {
	afterAnswer,
	afterSync,
	BEFORE_THE_FIRST,
	type Memory,
	movedTo,
	type NextStep,
	nextStep,
	POLL_MS,
	polls,
	type Wait,
	withoutHistory,
} from './next-step.ts';
import {type Outcome, outcomeOfError} from './outcome.ts';
import {readList} from './read-list.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {createReport} from './report.ts';
import {isTooOldToStream, listsWhole} from './server-version.ts';

const RELIST_SPREAD_MS = 2000;

export type ReflectorOptions = {
	readonly resource: Resource;
	/** undefined: the whole cluster. */
	readonly namespace: string | undefined;
	/** Label selector; undefined: everything. */
	readonly selector?: string | undefined;
	/** What is on the screen is listed first. Larger is sooner. */
	readonly urgency?: () => number;
	/** May we, and is it there? Told when it becomes known, and again after each attempt that finds out. `nextTryAt`: it is asked again by itself then. */
	readonly onAnswer?: (answer: Answer, nextTryAt: EpochMs | undefined) => void;
	/** Say nothing until the server has said yes: for asking again what was forbidden. */
	readonly isQuiet?: boolean;
};

/** What a server has said to a request for objects. */
export type Answer = 'synced' | 'forbidden' | 'absent';

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
 * The list+watch state machine of one resource and scope: sends what {@link nextStep} decides.
 * Source: k8s.io/client-go tools/cache/reflector.go (0.37.2), with what it leaves to others:
 * memory of what a server does not support, a limit on relists, a probe for a history that went back.
 */
export function createReflector(
	context: ReflectorContext,
	{resource, namespace, selector, urgency = () => 0, onAnswer, isQuiet = false}: ReflectorOptions,
): Reflector {
	const {clock, random, counters} = context;
	const collection: Collection = {resource, namespace, selector};
	const report = createReport(context, resource, namespace);
	const sleeper = createSleeper(clock);
	const backoff = createBackoff({clock, random});
	const relistBackoff = createBackoff({clock, random});

	let run: {readonly controller: AbortController; readonly done: Promise<void>} | undefined;
	let lastLoop: Promise<void> = Promise.resolve();
	let attempt: Attempt | undefined;
	let memory: Memory = BEFORE_THE_FIRST;
	/** How the request that is under way travels. */
	let way: 'list' | 'watch' = 'watch';
	/** Waiting, because nobody answered. */
	let waitsForServer = false;

	const version = (): string => resource.versions[memory.versionIndex]!;
	const pollsNow = (): boolean => polls(memory, clock.monotonic());

	function heard(answer: StreamOutcome): StreamOutcome {
		if (answer.ok) memory = afterAnswer(memory);
		return answer;
	}

	function begin(): void {
		report.tell({kind: 'begin'});
		sayReceived(0);
	}

	function sayReceived(received: number): void {
		if (!memory.hasSynced) report.say({kind: 'syncing', received});
		else if (!pollsNow()) report.resyncing(received);
	}

	function finishSync(resourceVersion: string): void {
		counters.add(resource.id, 'lists');
		if (memory.hasSynced) counters.add(resource.id, 'relists');
		memory = afterSync(memory, resourceVersion);
		report.tell({kind: 'synced', resourceVersion});
		report.live();
		onAnswer?.('synced', undefined);
	}

	// ---- requests --------------------------------------------------------------------

	async function watch(from: string, current: Attempt): Promise<Outcome> {
		const answer = heard(await sendWatch(context, collection, version(), {resourceVersion: from}, current.signal));
		if (!answer.ok) return outcomeOfError(answer.error);
		counters.add(resource.id, 'watches');
		if (memory.connectionWasLost) {
			context.onReconnect();
			void probe(from, current);
		}
		memory = {...memory, connectionWasLost: false};
		report.live();
		return follow(answer.value, current, from, () => undefined);
	}

	async function streamList(current: Attempt, leaveGate: () => void): Promise<Outcome> {
		const query = {sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan'};
		const answer = heard(await sendWatch(context, collection, version(), query, current.signal));
		if (!answer.ok) return outcomeOfError(answer.error);
		counters.add(resource.id, 'watches');
		memory = {...memory, connectionWasLost: false};
		begin();
		return follow(answer.value, current, undefined, leaveGate);
	}

	function follow(response: Extract<StreamOutcome, {ok: true}>['value'], current: Attempt, from: string | undefined, whenSynced: () => void): Promise<Outcome> {
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
				memory = movedTo(memory, resourceVersion);
			},
		});
	}

	async function list(current: Attempt): Promise<Outcome> {
		const leave = await context.lists.enter(urgency, current.signal);
		if (leave === undefined) return {kind: 'aborted'};
		try {
			const outcome = await listOnce(current);
			if (memory.unpagedOnce || (outcome.kind !== 'expired' && outcome.kind !== 'wentBack')) return outcome;
			// No older than what we have seen is no longer to be had: once at once from now, in one piece.
			if (outcome.kind === 'wentBack') forgetHistory();
			memory = {...memory, unpagedOnce: true};
			return await listOnce(current);
		} finally {
			leave();
		}
	}

	async function listOnce({signal}: Attempt): Promise<Outcome> {
		const outcome = await fetchList({
			clock,
			isWhole: memory.unpagedOnce || listsWhole(context.version.known()),
			isFromNow: memory.unpagedOnce,
			noOlderThan: memory.lastVersion,
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
		if (memory.listsOnce || pollsNow()) return false;
		if (context.watchLists.unsupported(resource.group) !== undefined) return false;
		const known = context.version.known();
		if (!isTooOldToStream(known)) return true;
		context.watchLists.remember(resource.group, `the server is ${known?.gitVersion}`);
		return false;
	}

	async function sync(current: Attempt): Promise<Outcome> {
		let leave: (() => void) | undefined = () => undefined;
		if (memory.hasSynced) {
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

	// ---- the loop --------------------------------------------------------------------

	async function loop(signal: AbortSignal): Promise<void> {
		while (!signal.aborted) {
			const outcome = await attemptOnce();
			if (signal.aborted) return;
			note(outcome);
			const decided = nextStep(memory, outcome, {way, monotonic: clock.monotonic(), versions: resource.versions.length});
			memory = decided.memory;
			await take(decided.next, signal);
		}
	}

	/** One request, to its end. */
	async function attemptOnce(): Promise<Outcome> {
		const current = createAttempt();
		attempt = current;
		way = 'watch';
		try {
			const {resourceVersion} = memory;
			const outcome = await (resourceVersion === undefined || pollsNow() ? sync(current) : watch(resourceVersion, current));
			return current.verdict ?? outcome;
		} catch (error) {
			report.fault('internal', error instanceof Error ? (error.stack ?? error.message) : String(error), 'a mistake in kwb: please report it');
			return {kind: 'failed', why: 'a mistake in kwb', cause: 'request', retryAfterMs: undefined};
		} finally {
			attempt = undefined;
			current.close();
		}
	}

	/** What an outcome says beyond what comes next. */
	function note(outcome: Outcome): void {
		if (outcome.kind === 'wentBack') forgetHistory();
		if (outcome.kind !== 'malformed') return;
		counters.add(resource.id, 'malformed');
		report.fault('malformed', outcome.detail, 'the list is fetched again');
		if (outcome.encoding === 'protobuf' && !outcome.isCut) context.encodings.preferJson(resource.id, outcome.detail);
	}

	/** Does what was decided, and waits as long as was decided. */
	async function take(next: NextStep, signal: AbortSignal): Promise<void> {
		switch (next.kind) {
			case 'goOn':
				return;
			case 'reconnect':
				report.lost(next.why, undefined);
				return;
			case 'pause':
				waitsForServer = next.forServer;
				await pause(next.why, lengthOf(next.wait), signal);
				waitsForServer = false;
				return;
			case 'relist':
				await relist(signal);
				return;
			case 'listInstead':
				context.watchLists.remember(resource.group, next.how);
				return;
			case 'poll':
				if (next.refusal !== undefined) report.fault('watch-forbidden', next.refusal, `kwb lists ${resource.id} every ${POLL_MS / 1000} s instead`);
				await sleeper.sleep(POLL_MS, signal);
				return;
			case 'forbidden': {
				const wait = lengthOf(next.wait);
				const nextTryAt = epochMs(clock.now() + wait);
				report.say({kind: 'forbidden', verb: 'list', resource: resource.id, namespace, nextTryAt});
				onAnswer?.('forbidden', nextTryAt);
				await sleeper.sleep(wait, signal);
				return;
			}
			case 'absent':
				report.tell({kind: 'drop'});
				report.say({kind: 'absent'});
				onAnswer?.('absent', undefined);
				await sleeper.sleep(undefined, signal);
				return;
			default:
				assertNever(next);
		}
	}

	/** The first one at once, then ever more slowly: a storm of expirations must not become a storm of lists. */
	async function relist(signal: AbortSignal): Promise<void> {
		if (memory.hasSynced) sayReceived(0);
		const isFirst = relistBackoff.failures === 0;
		const wait = lengthOf('relist');
		if (!isFirst) await pause('the list expires as soon as it has come', wait, signal);
	}

	async function pause(why: string, milliseconds: number, signal: AbortSignal): Promise<void> {
		report.lost(why, epochMs(clock.now() + milliseconds));
		await sleeper.sleep(milliseconds, signal);
	}

	/** In ms. */
	function lengthOf(wait: Wait): number {
		if (wait === 'backoff') return backoff.next();
		if (wait === 'relist') return relistBackoff.next();
		return wait.leastMs + wait.spreadMs * random();
	}

	function forgetHistory(): void {
		report.fault('history-reset', 'the history of the server went back: it was restored from a backup', 'everything is listed anew');
		memory = withoutHistory(memory);
	}

	return {
		start() {
			if (run !== undefined) return;
			report.begin();
			const controller = new AbortController();
			if (!memory.hasSynced && !isQuiet) {
				report.tell({kind: 'begin'});
				report.say({kind: 'connecting'});
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
			attempt?.end({kind: 'aborted'});
			sleeper.wake();
			report.leave(isReplaced);
			await done;
		},
		retryNow: sleeper.wake,
		reachable() {
			if (waitsForServer) sleeper.wake();
		},
		reconnect() {
			sleeper.wake();
			attempt?.end({kind: 'aborted'});
		},
	};
}
