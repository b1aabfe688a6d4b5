import type {Clock} from './clock.ts';

/** Waits that somebody impatient can end. One at a time. */
export type Sleeper = {
	/** Until the time is up (undefined: never), the signal comes, or somebody wakes us. */
	sleep(milliseconds: number | undefined, signal: AbortSignal): Promise<void>;
	/** Ends the wait that is under way; nothing happens when there is none. */
	wake(): void;
};

/** Nobody sleeps yet. */
export function createSleeper(clock: Clock): Sleeper {
	let wake: (() => void) | undefined;

	return {
		sleep(milliseconds, signal) {
			return new Promise(resolve => {
				const end = (): void => {
					cancel();
					signal.removeEventListener('abort', end);
					wake = undefined;
					resolve();
				};
				const cancel = milliseconds === undefined ? () => undefined : clock.after(milliseconds, end);
				wake = end;
				if (signal.aborted) end();
				else signal.addEventListener('abort', end);
			});
		},
		wake: () => wake?.(),
	};
}
