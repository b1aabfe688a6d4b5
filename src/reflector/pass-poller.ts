import type {Clock} from '../util/clock.ts';
import {waitBeforePass} from './pass-schedule.ts';
import {createPollLoop} from './poll-loop.ts';

/** How soon, and how late at most, it is looked again what is due: costs no request. */
const LOOK_AFTER_MS = 20;
const LOOK_EVERY_MS = 300;

/** What the HPA controller asks in its passes, and in how many ms the next pass will ask it; undefined: nobody knows. */
export type PassQuestion<Q> = {readonly key: string; readonly question: Q; readonly nextPassInMs: number | undefined};

export type PassPollerOptions<Q> = {
	/** What may be asked now. A key may come more than once: the first of its passes that is due asks for all. */
	readonly questions: () => ReadonlyArray<PassQuestion<Q>>;
	/** Between two answers to one question, ms. */
	readonly periodMs: () => number;
	readonly ask: (question: Q, signal: AbortSignal) => Promise<void>;
};

/** Asks the HPA controller's questions as the controller does: each once a period, right before its pass, as long as somebody looks. */
export type PassPoller = {
	start(): void;
	stop(): void;
	/** Everything is asked at once, whatever rests. */
	pollNow(): void;
	/** This question is not asked for so many ms. */
	rest(key: string, forMs: number): void;
};

export function createPassPoller<Q>(clock: Clock, {questions, periodMs, ask}: PassPollerOptions<Q>): PassPoller {
	/** When each question was asked last, and before when it is not asked (monotonic). */
	const askedAt = new Map<string, number>();
	const restsUntil = new Map<string, number>();
	const asking = new Set<string>();

	/** @returns ms until it is worth looking again. */
	function round(signal: AbortSignal): number {
		const now = clock.monotonic();
		const period = periodMs();
		let lookAfter = LOOK_EVERY_MS;
		for (const {key, question, nextPassInMs} of questions()) {
			if (asking.has(key) || (restsUntil.get(key) ?? now) > now) continue;
			const waits = waitBeforePass(now - (askedAt.get(key) ?? Number.NEGATIVE_INFINITY), nextPassInMs, period);
			if (waits > 0) {
				lookAfter = Math.min(lookAfter, Math.max(LOOK_AFTER_MS, waits));
				continue;
			}
			askedAt.set(key, now);
			asking.add(key);
			void ask(question, signal).finally(() => asking.delete(key));
		}
		return lookAfter;
	}

	const {start, stop, wake} = createPollLoop(clock, round);
	return {
		start,
		stop,
		pollNow() {
			askedAt.clear();
			restsUntil.clear();
			wake();
		},
		rest: (key, forMs) => void restsUntil.set(key, clock.monotonic() + forMs),
	};
}
