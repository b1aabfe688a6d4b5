import type {Cancel, Clock} from '../util/clock.ts';

const LOOK_EVERY_MS = 5000;
/** A timer that is so late, or a wall clock so far ahead of the timers, means that the machine slept or the program was stopped. */
const SLEPT_MS = 30_000;

/**
 * Notices that the machine slept: connections are then dead without having said so.
 * Monotonic time stands still in sleep on some systems and runs on in others; one of the two signs shows.
 */
export function watchForWake(clock: Clock, onWake: () => void): Cancel {
	let cancel: Cancel = () => undefined;
	let isOver = false;

	function look(wall: number, monotonic: number): void {
		cancel = clock.after(LOOK_EVERY_MS, () => {
			const late = clock.monotonic() - monotonic - LOOK_EVERY_MS;
			const jumped = clock.now() - wall - (clock.monotonic() - monotonic);
			if (late > SLEPT_MS || jumped > SLEPT_MS) onWake();
			if (!isOver) look(clock.now(), clock.monotonic());
		});
	}

	look(clock.now(), clock.monotonic());
	return () => {
		isOver = true;
		cancel();
	};
}
