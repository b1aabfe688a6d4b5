import type {Cancel, Clock} from '../util/clock.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {Stream} from './create-stream.ts';
import type {Frame, FrameSource} from './frame.ts';
import type {Observation} from './observation.ts';

export type FrameSourceOptions = {
	readonly stream: Pick<Stream, 'subscribe' | 'frame' | 'now'>;
	readonly clock: Clock;
	readonly framesPerSecond?: number;
};

/** Frames of what is learned now, until paused; then one frame, while the stream goes on. */
export type LiveFrameSource = FrameSource<Frame> & {
	pause(): void;
	/** Publishes what has been learned meanwhile, at once. */
	resume(): void;
	readonly isPaused: boolean;
	/**
	 * Asks for a frame at this moment of the frames' own clock even if nothing is learned until
	 * then: a visible text (an age, a countdown) will have changed. The earliest asked for counts;
	 * every published frame forgets what was asked before it.
	 */
	nudge(at: EpochMs): void;
	/** No more frames; timers are cleared. */
	stop(): void;
};

/** Between the first frames, in ms: the first chunk of a list holds fewer objects than a screen has rows. */
const FIRST_INTERVAL_MS = 16;

/**
 * Publishes at most so many frames a second, however many observations come. What nobody has
 * seen yet (the first objects of a resource, the end of its first list, the first samples)
 * does not wait for its turn: it is shown as soon as the chunk that brought it has been taken in;
 * and the frames after the first follow closer than the later ones, each twice as far from the one before.
 */
export function createFrameSource({stream, clock, framesPerSecond = 10}: FrameSourceOptions): LiveFrameSource {
	const intervalMs = 1000 / framesPerSecond;
	const listeners = new Set<() => void>();
	const seen = new Set<string>();
	let frame = stream.frame(stream.now());
	let publishedAt = Number.NEGATIVE_INFINITY;
	/** From the last frame to the next, at least, and from that one to the one after it; in ms. */
	let gapMs = intervalMs;
	let nextGapMs = intervalMs;
	let isPaused = false;
	/** The one tick that is armed for observations, and when it is due (monotonic). */
	let tick: {readonly due: number; readonly cancel: Cancel} | undefined;
	let nudged: {readonly due: number; readonly cancel: Cancel} | undefined;

	function publish(): void {
		tick?.cancel();
		tick = undefined;
		nudged?.cancel();
		nudged = undefined;
		publishedAt = clock.monotonic();
		gapMs = nextGapMs;
		nextGapMs = Math.min(gapMs * 2, intervalMs);
		frame = stream.frame(stream.now());
		for (const listener of listeners) listener();
	}

	function arm(due: number): void {
		if (tick !== undefined && tick.due <= due) return;
		tick?.cancel();
		tick = {due, cancel: clock.after(Math.max(0, due - clock.monotonic()), publish)};
	}

	const unsubscribe = stream.subscribe(observation => {
		const first = firstOf(observation);
		const isFirst = first !== undefined && !seen.has(first);
		if (isFirst) {
			seen.add(first);
			nextGapMs = Math.min(FIRST_INTERVAL_MS, intervalMs);
		}
		if (isPaused) return;
		const now = clock.monotonic();
		// The samples of one answer come in many observations: where all was quiet, one frame for all of them.
		const waitMs = observation.kind === 'sample' && now - publishedAt >= intervalMs ? intervalMs : 0;
		arm(isFirst ? now : Math.max(now + waitMs, publishedAt + gapMs));
	});

	return {
		getFrame: () => frame,
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		get isPaused() {
			return isPaused;
		},
		pause() {
			isPaused = true;
			tick?.cancel();
			tick = undefined;
			nudged?.cancel();
			nudged = undefined;
		},
		resume() {
			if (!isPaused) return;
			isPaused = false;
			publish();
		},
		nudge(at) {
			if (isPaused) return;
			const wait = Math.max(0, at - stream.now());
			const due = clock.monotonic() + wait;
			if (nudged !== undefined && nudged.due <= due) return;
			nudged?.cancel();
			nudged = {due, cancel: clock.after(wait, publish)};
		},
		stop() {
			unsubscribe();
			tick?.cancel();
			nudged?.cancel();
			listeners.clear();
		},
	};
}

/** What this observation may be the first of; undefined: it can wait. */
function firstOf(observation: Observation): string | undefined {
	if (observation.kind === 'sample') {
		const first = observation.samples.measured[0];
		return first === undefined ? undefined : `sample ${first.of}`;
	}
	if (observation.kind !== 'object' || (observation.event.kind !== 'apply' && observation.event.kind !== 'synced')) return undefined;
	return `${observation.event.kind} ${observation.resource} ${observation.namespace ?? ''}`;
}
