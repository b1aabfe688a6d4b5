import type {Clock} from '../util/clock.ts';
import {epochMs} from '../util/epoch-ms.ts';

/** The machine's clock. */
export const realClock: Clock = {
	now: () => epochMs(Date.now()),
	monotonic: () => performance.now(),
	after(milliseconds, call) {
		const timer = setTimeout(call, milliseconds);
		return () => clearTimeout(timer);
	},
};
