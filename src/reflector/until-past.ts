import type {Cancel, Clock} from '../util/clock.ts';

/**
 * Calls once when a moment has passed that may move further away meanwhile: costs nothing while it moves.
 *
 * @param moment Monotonic ms, asked again whenever it seems to have come; undefined: no longer of interest.
 */
export function untilPast(clock: Clock, moment: () => number | undefined, call: () => void): Cancel {
	let cancel: Cancel = () => undefined;
	const look = (): void => {
		const due = moment();
		if (due === undefined) return;
		const left = due - clock.monotonic();
		if (left <= 0) call();
		else cancel = clock.after(left, look);
	};
	look();
	return () => cancel();
}
