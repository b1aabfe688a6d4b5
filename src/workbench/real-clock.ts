import type {Clock} from '../util/clock.ts';
import {epochMs} from '../util/epoch-ms.ts';

/** Node calls at once what is due later than this. */
const LONGEST_MS = 0x7fffffff;

/** The machine's clock. */
export const realClock: Clock = {
	now: () => epochMs(Date.now()),
	monotonic: () => performance.now(),
	after(milliseconds, call) {
		const timer = setTimeout(call, Math.min(milliseconds, LONGEST_MS));
		return () => clearTimeout(timer);
	},
};
