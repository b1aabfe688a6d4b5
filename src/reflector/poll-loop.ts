import type {Clock} from '../util/clock.ts';
import {createSleeper} from '../util/sleeper.ts';

/** Something that is done over and over while somebody wants it. */
export type PollLoop = {
	/** Once more does no harm. */
	start(): void;
	/** Ends what is under way, by its signal. */
	stop(): void;
	/** Does not wait any longer. */
	wake(): void;
};

/** @param step What is done. @returns ms until it is done again. */
export function createPollLoop(clock: Clock, step: (signal: AbortSignal) => number | Promise<number>): PollLoop {
	const sleeper = createSleeper(clock);
	let controller: AbortController | undefined;

	async function loop(signal: AbortSignal): Promise<void> {
		while (!signal.aborted) {
			const next = step(signal);
			// A step that ends at once is followed by its wait at once: a wake that comes then must find one.
			await sleeper.sleep(typeof next === 'number' ? next : await next, signal);
		}
	}

	return {
		start() {
			if (controller !== undefined) return;
			controller = new AbortController();
			void loop(controller.signal);
		},
		stop() {
			controller?.abort();
			controller = undefined;
		},
		wake: sleeper.wake,
	};
}
