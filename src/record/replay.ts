import type {ObjectKey, Resource, ResourceId} from '../kube/schema.ts';
import {keyOf} from '../kube/schema.ts';
import type {LiveFrameSource} from '../observe/create-frame-source.ts';
import {createStream, type Stream} from '../observe/create-stream.ts';
import type {FaultEntry, Frame, ScopeFreshness} from '../observe/frame.ts';
import type {Observation} from '../observe/observation.ts';
import type {Cancel, Clock} from '../util/clock.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import type {Recording, WalkStep} from './open-recording.ts';

/** Times as fast as it happened. */
export const SPEEDS: readonly number[] = [0.5, 1, 2, 5, 10, 30, 60];
/** Frames a second while it plays. */
const FRAME_MS = 100;
/** Of each frame, for what happened, and for work ahead. */
const PLAY_MS = 20;
const PREPARE_MS = 10;
/** A file that is being written is looked at again so often while the cursor stands at its end. */
const GROWS_MS = 1000;

export type ReplayOptions = {
	readonly recording: Recording;
	readonly clock: Clock;
	readonly resourceOf: (id: ResourceId) => Resource | undefined;
	/** Where sequences begin: far from those of any live session that the same readers see. */
	readonly firstSequence: number;
	/** At the end it begins again. */
	readonly isLoop: boolean;
};

/** A recording behind the same stream as a live session; time is a cursor in it. */
export type Replay = {
	readonly recording: Recording;
	readonly stream: Stream;
	/** Its `pause` and `resume` are those of the cursor. */
	readonly frames: LiveFrameSource;
	/** The moment the frame shows, by the server's clock. */
	at(): EpochMs;
	readonly isAtEnd: boolean;
	/** The first and the last moment, by the server's clock as it is now. */
	range(): {readonly from: EpochMs; readonly to: EpochMs};
	speed(): number;
	/** The next or the previous of SPEEDS; plays on if it plays. */
	faster(by: 1 | -1): void;
	play(): void;
	pause(): void;
	readonly isPlaying: boolean;
	/** To a moment by the server's clock; beyond the ends means the ends. */
	seek(to: EpochMs): void;
	/** Goes so far, back if it is negative. */
	skip(milliseconds: number): void;
	/** To just after the next change, or to just before the last one. False: there is none. */
	step(by: 1 | -1): boolean;
	/** To the next change of one object. False: there is none. */
	nextChangeOf(resource: ResourceId, key: ObjectKey): boolean;
	/** Publishes to listeners even if nothing changed. */
	close(): void;
};

/** Begins at the first moment of the recording, paused. */
export function createReplay({recording, clock, resourceOf, firstSequence, isLoop}: ReplayOptions): Replay {
	const stream = createStream({clock, resourceOf, firstSequence});
	const listeners = new Set<() => void>();
	/** The cursor, by the recorder's clock; and the distance of the server's from it. */
	let cursor = recording.range().from;
	let skew = 0;
	let step = recording.walk({at: cursor});
	/** The step that comes next, once it was looked at. */
	let ahead: WalkStep | undefined;
	let order = 0;
	let frame: Frame;
	let isPlaying = false;
	let speed = 1;
	let tick: Cancel | undefined;
	let tickedAt = 0;
	let grownAt = 0;
	let isClosed = false;

	function peek(): WalkStep {
		if (ahead === undefined || ahead.kind === 'end') ahead = step();
		return ahead;
	}

	function take(next: WalkStep): void {
		ahead = undefined;
		if (next.kind === 'observation') {
			const {observation} = next;
			stream.replay(observation);
			order = observation.order;
			if (observation.serverAt !== undefined) skew = observation.serverAt - observation.at;
		} else if (next.kind === 'restore') {
			stream.restore(next.saved);
			order = next.saved.order;
		}
	}

	/** Takes in everything up to the cursor. */
	function catchUp(): void {
		for (let next = peek(); next.kind !== 'end' && next.at <= cursor; next = peek()) take(next);
	}

	function publish(): void {
		frame = frameNow();
		for (const listener of [...listeners]) listener();
	}

	function frameNow(): Frame {
		const plain = stream.frame(epochMs(cursor + skew));
		const resources = recording.resources();
		return {
			...plain,
			freshness: resource => {
				const since = resources.get(resource);
				const told = plain.freshness(resource);
				if (told.size > 0) return told;
				return since === undefined || since > plain.at ? notRecorded(since) : told;
			},
			faults: [...lossFaults(recording), ...plain.faults],
		};
	}

	/** Goes to a moment of the recorder's clock. */
	function moveTo(to: number): void {
		const {from, to: end} = recording.range();
		const target = epochMs(Math.min(Math.max(to, from), end));
		// On through what lies between, unless a keyframe is nearer.
		if (target < cursor || recording.keyframeBefore(target) > cursor) restart({at: target});
		cursor = target;
		catchUp();
	}

	function restart(where: {readonly at: EpochMs} | {readonly order: number}): void {
		step = recording.walk(where);
		ahead = undefined;
	}

	function isAtEnd(): boolean {
		return peek().kind === 'end' && cursor >= recording.range().to;
	}

	function arm(): void {
		tick?.();
		tick = isPlaying && !isClosed ? clock.after(FRAME_MS, onTick) : undefined;
	}

	function onTick(): void {
		tick = undefined;
		const now = clock.monotonic();
		const target = cursor + (now - tickedAt) * speed;
		tickedAt = now;
		const {to} = recording.range();
		if (isAtEnd() && now - grownAt >= GROWS_MS) {
			grownAt = now;
			recording.refresh();
		}
		if (target > to && recording.range().to === to && isLoop) moveTo(recording.range().from);
		else playTo(epochMs(Math.min(target, recording.range().to)), now + PLAY_MS);
		publish();
		arm();
		prepare();
	}

	/** As far as there is time for: where more happened than can be shown, it plays slower rather than that keys wait. */
	function playTo(target: EpochMs, until: number): void {
		while (clock.monotonic() <= until) {
			if (ahead === undefined && step.isBeforeKeyframe()) {
				step.prepare();
				continue;
			}
			const next = peek();
			if (next.kind === 'end' || next.at > target) {
				cursor = target;
				return;
			}
			take(next);
			cursor = epochMs(Math.max(cursor, next.at));
		}
	}

	/** The keyframe that comes next is decoded bit by bit, where it comes soon. */
	function prepare(): void {
		const begun = clock.monotonic();
		while (step.prepare()) if (clock.monotonic() - begun > PREPARE_MS) return;
	}

	function play(): void {
		if (isPlaying) return;
		isPlaying = true;
		tickedAt = clock.monotonic();
		arm();
	}

	function pause(): void {
		isPlaying = false;
		tick?.();
		tick = undefined;
	}

	/** To the state just after this observation. */
	function moveToOrder(wanted: number, at: number): void {
		if (wanted < order) restart({order: wanted});
		for (let next = peek(); next.kind !== 'end' && (next.kind === 'restore' || next.observation.order <= wanted); next = peek()) take(next);
		cursor = epochMs(at);
	}

	function stepOn(isWanted: (observation: Observation) => boolean): boolean {
		const look = recording.walk({order});
		for (let next = look(); next.kind !== 'end'; next = look()) {
			if (next.kind !== 'observation' || next.observation.order <= order || !isWanted(next.observation)) continue;
			moveToOrder(next.observation.order, next.at);
			publish();
			return true;
		}
		return false;
	}

	function stepBack(): boolean {
		const {from} = recording.range();
		// The state before the last change: what the change before it, or anything after that, left behind.
		for (let start = recording.keyframeBefore(cursor); ; start = recording.keyframeBefore(epochMs(start - 1))) {
			const look = recording.walk({at: start});
			let before: {readonly order: number; readonly at: number} | undefined;
			let found: {readonly order: number; readonly at: number} | undefined;
			for (let next = look(); next.kind !== 'end'; next = look()) {
				if (next.kind === 'restore') {
					if (next.saved.order >= order) break;
					before = {order: next.saved.order, at: next.at};
					continue;
				}
				if (next.observation.order > order) break;
				if (isChange(next.observation)) found = before;
				before = {order: next.observation.order, at: next.at};
			}
			if (found !== undefined) {
				moveToOrder(found.order, found.at);
				publish();
				return true;
			}
			if (start <= from) return false;
		}
	}

	catchUp();
	frame = frameNow();

	const frames: LiveFrameSource = {
		getFrame: () => frame,
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		seek: async to => seek(to),
		pause,
		resume: play,
		get isPaused() {
			return !isPlaying;
		},
		// While it plays, frames come anyway; while it stands still, nothing changes by itself.
		nudge: () => {},
		stop() {
			pause();
			listeners.clear();
		},
	};

	function seek(to: EpochMs): void {
		moveTo(to - skew);
		publish();
	}

	return {
		recording,
		stream,
		frames,
		at: () => frame.at,
		get isAtEnd() {
			return isAtEnd();
		},
		range() {
			const {from, to} = recording.range();
			return {from: epochMs(from + skew), to: epochMs(to + skew)};
		},
		get isPlaying() {
			return isPlaying;
		},
		speed: () => speed,
		faster(by) {
			speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, SPEEDS.indexOf(speed) + by))]!;
		},
		play,
		pause,
		seek,
		skip(milliseconds) {
			moveTo(cursor + milliseconds);
			publish();
		},
		step: by => (by === 1 ? stepOn(isChange) : stepBack()),
		nextChangeOf: (resource, key) =>
			stepOn(
				observation =>
					observation.kind === 'object' &&
					observation.resource === resource &&
					(observation.event.kind === 'apply' || observation.event.kind === 'delete') &&
					keyOf(observation.event.object) === key,
			),
		close() {
			isClosed = true;
			pause();
			listeners.clear();
			recording.close();
		},
	};
}

/** Does a person see that something happened? A bookmark, a word about freshness or a fact are none. */
function isChange(observation: Observation): boolean {
	switch (observation.kind) {
		case 'object':
			return observation.event.kind !== 'bookmark' && observation.event.kind !== 'begin';
		case 'sample':
			return observation.samples.measured.length > 0;
		case 'mark':
		case 'fault':
			return true;
		default:
			return false;
	}
}

function notRecorded(until: EpochMs | undefined): ScopeFreshness {
	return new Map([['', {kind: 'notRecorded', until}]]);
}

/** What cannot be read, told like everything else that went wrong. */
function lossFaults(recording: Recording): readonly FaultEntry[] {
	const lost = recording.losses().map(({from, to, why}) => faultOf('lost', `${clockText(from)} to ${clockText(to)} is missing: ${why}`, from, to));
	const {from, to} = recording.range();
	return [...lost, ...recording.dropped().map(message => faultOf('notUnderstood', message, from, to))];
}

function faultOf(code: string, message: string, firstAt: EpochMs, lastAt: EpochMs): FaultEntry {
	return {fault: {source: 'recording', code, message}, firstAt, lastAt, count: 1};
}

function clockText(at: EpochMs): string {
	return new Date(at).toISOString().slice(11, 19);
}
