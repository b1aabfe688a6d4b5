import type {Clock} from '../../src/util/clock.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';

/** A clock that stands still until it is moved. Monotonic time begins at 0. */
export type FakeClock = Clock & {
	/** Moves both clocks, calling what falls due on the way, in order. */
	advance(milliseconds: number): void;
	/** The same, and after every call lets promises run: for code that awaits between its timers. */
	advanceAsync(milliseconds: number): Promise<void>;
	/** Somebody sets the machine's clock. */
	setWall(milliseconds: number): void;
	/** Timers that are armed. */
	readonly pending: number;
};

/** 2026-01-01T00:00:00Z. */
export const START = Date.UTC(2026, 0, 1);

export function fakeClock(start = START): FakeClock {
	let elapsed = 0;
	let wall = start;
	let order = 0;
	const timers = new Map<number, {readonly due: number; readonly order: number; readonly call: () => void}>();

	function nextUntil(end: number): number | undefined {
		let best: number | undefined;
		for (const [id, timer] of timers) {
			if (timer.due > end) continue;
			const held = best === undefined ? undefined : timers.get(best);
			if (held === undefined || timer.due < held.due || (timer.due === held.due && timer.order < held.order)) best = id;
		}
		return best;
	}

	function moveTo(moment: number): void {
		wall += moment - elapsed;
		elapsed = moment;
	}

	function fire(id: number): void {
		const timer = timers.get(id)!;
		timers.delete(id);
		moveTo(Math.max(elapsed, timer.due));
		timer.call();
	}

	return {
		now: () => epochMs(wall),
		monotonic: () => elapsed,
		after(milliseconds, call) {
			const id = order++;
			timers.set(id, {due: elapsed + Math.max(0, milliseconds), order: id, call});
			return () => timers.delete(id);
		},
		advance(milliseconds) {
			const end = elapsed + milliseconds;
			for (let id = nextUntil(end); id !== undefined; id = nextUntil(end)) fire(id);
			moveTo(end);
		},
		async advanceAsync(milliseconds) {
			const end = elapsed + milliseconds;
			await settled();
			for (let id = nextUntil(end); id !== undefined; id = nextUntil(end)) {
				fire(id);
				await settled();
			}
			moveTo(end);
			await settled();
		},
		setWall(milliseconds) {
			wall = milliseconds;
		},
		get pending() {
			return timers.size;
		},
	};
}

/** Lets every promise that can go on do so: a turn of the event loop comes after all of them. */
export function settled(): Promise<void> {
	return new Promise(resolve => setImmediate(resolve));
}
