import type {Clock} from '../util/clock.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';

/** Answers that the running median looks at. */
const REMEMBERED = 15;
/** A Date header has whole seconds: on average half of one is cut off. */
const CUT_OFF_MS = 500;
/** Less than this the header cannot tell from no difference at all. */
const TELLABLE_MS = 1000;
/** Answers slower than this say too little about the moment at which they were written. */
const SLOWEST_MS = 5000;
/** Two answers in a row that far from the median, the same way: a clock was set, or the machine slept. */
const JUMP_MS = 2000;

/** The server's clock, as its `Date` headers tell it. */
export type ServerClock = {
	/**
	 * An answer has come just now.
	 *
	 * @param date Its `Date` header.
	 * @param roundTripMs Between sending and the headers.
	 */
	note(date: number, roundTripMs: number): void;
	/** undefined before the first answer. Runs on monotonic time, so that setting the local clock does not move it. */
	now(): EpochMs | undefined;
};

/** Learns from every answer; the skew is a running median of (Date − local receive time + half the round trip). */
export function createServerClock(clock: Clock): ServerClock {
	/** Server time minus monotonic time, latest last. */
	let offsets: number[] = [];
	let suspicious: number | undefined;
	let offset: number | undefined;

	return {
		note(date, roundTripMs) {
			if (roundTripMs > SLOWEST_MS || !Number.isFinite(date)) return;
			const sample = date + CUT_OFF_MS + roundTripMs / 2 - clock.monotonic();
			const jumped = offset !== undefined && Math.abs(sample - offset) > JUMP_MS + roundTripMs / 2;
			if (jumped) {
				const again = suspicious !== undefined && Math.abs(sample - suspicious) <= JUMP_MS;
				suspicious = sample;
				if (!again) return;
				offsets = [];
			}
			suspicious = undefined;
			offsets.push(sample);
			if (offsets.length > REMEMBERED) offsets.shift();
			offset = medianOf(offsets);
		},
		now() {
			if (offset === undefined) return undefined;
			const server = clock.monotonic() + offset;
			const local = clock.now();
			return Math.abs(server - local) < TELLABLE_MS ? local : epochMs(server);
		},
	};
}

/** The middle of some numbers, the lower of two middles; NaN of none. */
export function medianOf(numbers: readonly number[]): number {
	return [...numbers].sort((a, b) => a - b)[(numbers.length - 1) >> 1] ?? Number.NaN;
}
