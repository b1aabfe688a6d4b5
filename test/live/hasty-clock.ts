import type {Clock} from '../../src/util/clock.ts';
import {realClock} from '../../src/workbench/real-clock.ts';

/** So many times faster than the wall: a silence of 120 s is over after 8. */
export const HASTE = 15;

/** A client whose time runs ahead of its server's: the server's minutes are hours to it, so only a stream on which something happens is alive. */
export const hastyClock: Clock = {
	now: realClock.now,
	monotonic: () => performance.now() * HASTE,
	after: (milliseconds, call) => realClock.after(milliseconds / HASTE, call),
};
