import type {Clock, Random} from '../util/clock.ts';

/** How long to wait between attempts, by client-go's rules. */
export type Backoff = {
	/** The next wait, in ms: longer every time, with jitter. */
	next(): number;
	/** Waits since the last reset; 0 when all is well. */
	readonly failures: number;
	reset(): void;
};

export type BackoffOptions = {
	readonly clock: Clock;
	readonly random: Random;
	readonly firstMs?: number;
	readonly longestMs?: number;
	/** As a share of the wait. */
	readonly jitter?: number;
	/** After so long without need of it, it begins anew. */
	readonly forgetAfterMs?: number;
};

/**
 * 0.8 s doubling to 30 s, jitter up to +100 %, forgotten after two healthy minutes.
 * Source: k8s.io/client-go tools/cache/reflector.go, NewReflectorWithOptions (0.37.2).
 */
export function createBackoff({clock, random, firstMs = 800, longestMs = 30_000, jitter = 1, forgetAfterMs = 120_000}: BackoffOptions): Backoff {
	let failures = 0;
	let neededUntil = Number.NEGATIVE_INFINITY;

	return {
		next() {
			if (clock.monotonic() - neededUntil > forgetAfterMs) failures = 0;
			const wait = Math.min(longestMs, firstMs * 2 ** failures) * (1 + jitter * random());
			failures++;
			neededUntil = clock.monotonic() + wait;
			return wait;
		},
		get failures() {
			return clock.monotonic() - neededUntil > forgetAfterMs ? 0 : failures;
		},
		reset() {
			failures = 0;
		},
	};
}
