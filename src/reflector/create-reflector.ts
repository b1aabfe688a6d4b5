import type {Resource} from '../kube/schema.ts';
import {assertNever} from '../util/assert-never.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import {createSleeper} from '../util/sleeper.ts';
import {type Attempt, createAttempt} from './attempt.ts';
import {createBackoff} from './backoff.ts';
import {BEFORE_THE_FIRST, type Memory, type NextStep, nextStep, POLL_MS, type Wait} from './next-step.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {createReflectorRequests} from './reflector-requests.ts';
import {createReport} from './report.ts';

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
	const {clock, random} = context;
	const report = createReport(context, resource, namespace);
	const sleeper = createSleeper(clock);
	const backoff = createBackoff({clock, random});
	const relistBackoff = createBackoff({clock, random});

	let run: {readonly controller: AbortController; readonly done: Promise<void>} | undefined;
	let lastLoop: Promise<void> = Promise.resolve();
	let attempt: Attempt | undefined;
	const held: {memory: Memory} = {memory: BEFORE_THE_FIRST};
	/** Waiting, because nobody answered. */
	let waitsForServer = false;

	const requests = createReflectorRequests(context, {
		collection: {resource, namespace, selector},
		report,
		sleeper,
		held,
		urgency,
		onSynced: () => onAnswer?.('synced', undefined),
	});

	async function loop(signal: AbortSignal): Promise<void> {
		while (!signal.aborted) {
			const current = createAttempt();
			attempt = current;
			const {outcome, way} = await requests.next(current);
			attempt = undefined;
			current.close();
			if (signal.aborted) return;
			const decided = nextStep(held.memory, outcome, {way, monotonic: clock.monotonic(), versions: resource.versions.length});
			held.memory = decided.memory;
			await take(decided.next, signal);
		}
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
		if (held.memory.hasSynced) requests.sayReceived(0);
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

	return {
		start() {
			if (run !== undefined) return;
			report.begin();
			const controller = new AbortController();
			if (!held.memory.hasSynced && !isQuiet) {
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
