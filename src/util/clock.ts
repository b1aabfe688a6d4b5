import type {EpochMs} from './epoch-ms.ts';

/** Cancels what it was given for; calling it twice does no harm. */
export type Cancel = () => void;

/**
 * Time as an argument. The real one is made where the parts are put together;
 * tests have one that stands still until it is moved.
 */
export type Clock = {
	/** Wall time: for what is shown and recorded. Jumps when somebody sets the machine's clock. */
	now(): EpochMs;
	/** Milliseconds that only grow: for waiting and for measuring. */
	monotonic(): number;
	/** Calls once after so many milliseconds, unless cancelled. */
	after(milliseconds: number, call: () => void): Cancel;
};

/** A number in [0, 1), as `Math.random` gives it. */
export type Random = () => number;
