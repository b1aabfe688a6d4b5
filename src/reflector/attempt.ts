import type {Outcome} from './outcome.ts';

/** One request of a reflector, with what is read of its answer. Whoever has a reason may end it; the first reason counts. */
export type Attempt = {
	/** Aborted when the attempt is over, whatever the reason. */
	readonly signal: AbortSignal;
	/** How it was ended; undefined: nobody has. */
	readonly verdict: Outcome | undefined;
	/** Ends it for this reason. Once it is closed, nothing happens. */
	end(outcome: Outcome): void;
	/** It is over: what the request left open ends here. */
	close(): void;
};

/** An attempt that nobody has ended. */
export function createAttempt(): Attempt {
	const controller = new AbortController();
	let verdict: Outcome | undefined;
	return {
		signal: controller.signal,
		get verdict() {
			return verdict;
		},
		end(outcome) {
			if (controller.signal.aborted) return;
			verdict = outcome;
			controller.abort();
		},
		close: () => controller.abort(),
	};
}
