import {promisify} from 'node:util';
import {constants, zstdCompress} from 'node:zlib';
import type {ResourceId} from '../kube/schema.ts';
import type {Stream} from '../observe/create-stream.ts';
import type {Observation} from '../observe/observation.ts';
import type {Cancel, Clock} from '../util/clock.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import {err, ok, type Result} from '../util/result.ts';
import {BLOCK, type BlockInfo, blockBytes, headerBytes, type RecordingHeader, type RecordingNote} from './file-format.ts';
import {openFileSink, type FileSink, type RecordError} from './file-sink.ts';
import {SegmentEncoder} from './segment-codec.ts';

const compress = promisify(zstdCompress);

/** An observation waits no longer in memory: what a crash may cost, together with the time a write takes, stays below a second. */
const FLUSH_MS = 500;
const FLUSH_BYTES = 256 * 1024;
/** Work on a keyframe is done in slices, so that no key waits for it. */
const SLICE_MS = 3;
/** A keyframe comes after so much time and so many observations … */
const KEYFRAMES = {atEarliestMs: 15_000, observations: 10_000} as const;
/** … or after so much time, where that is cheap beside what was recorded since; or after so much time in any case. */
const KEYFRAME_MS = 60_000;
const KEYFRAME_SHARE = 0.25;
const KEYFRAME_AT_LATEST_MS = 5 * 60_000;
/** Bytes that wait for compression; beyond that observations are left out, which the recording says. */
const MOST_WAITING = 32 * 1024 * 1024;
const COMPRESSION_LEVEL = 3;

export type RecorderOptions = {
	readonly stream: Pick<Stream, 'subscribe' | 'save'>;
	readonly clock: Clock;
	readonly header: RecordingHeader;
	/** What is kept in memory to be saved later: the last so many milliseconds and bytes, whichever is less. undefined: nothing. */
	readonly ring: {readonly milliseconds: number; readonly bytes: number} | undefined;
	/** A keyframe comes after so much time and so many observations, or else when it is cheap. */
	readonly keyframes?: {readonly atEarliestMs: number; readonly observations: number};
	/** The ring reaches back to another moment. */
	readonly onChange?: () => void;
};

export type RecorderStatus = {
	/** How far back the ring reaches; undefined: nothing yet, or no ring. */
	readonly since: EpochMs | undefined;
	readonly ringBytes: number;
	/** The file that is being written, or was until an error. */
	readonly file: {readonly path: string; readonly bytes: number; readonly error: RecordError | undefined} | undefined;
};

/** Writes down what a stream learns: always into a ring, and into a file while somebody wants one. */
export type Recorder = {
	/** Saves the ring to a new file and goes on recording there. */
	saveTo(path: string): Promise<Result<void, RecordError>>;
	/** Ends the file. @returns its error, if writing it failed meanwhile. */
	stopSaving(): Promise<Result<void, RecordError>>;
	status(): RecorderStatus;
	/** Everything seen so far is in the file when the promise resolves. */
	flush(): Promise<void>;
	/** Ends the file, forgets the ring, listens no more. */
	close(): Promise<Result<void, RecordError>>;
};

type Block = {readonly info: Pick<BlockInfo, 'type' | 'segment' | 'isLast' | 'firstAt'>; readonly bytes: Buffer};

/** Observations that were encoded and not yet sent off. */
type Pending = {firstAt: number; firstOrder: number; lastAt: number; lastOrder: number};

export function createRecorder({stream, clock, header, ring, keyframes = KEYFRAMES, onChange}: RecorderOptions): Recorder {
	/** Oldest first; begins with a keyframe once there is a whole one. */
	let blocks: Block[] = [];
	let ringBytes = 0;
	const resources = new Map<ResourceId, number>();
	let sink: FileSink | undefined;

	let encoder: SegmentEncoder | undefined;
	let segment = 0;
	let lastSegment = 0;
	let pending: Pending | undefined;
	let flushTimer: Cancel | undefined;
	/** The last observation that was seen. */
	let order = 0;
	let at: number = clock.now();

	/** The keyframe under way, and what was learned since it began. */
	let keyframe:
		| {
				readonly segment: number;
				readonly encoder: SegmentEncoder;
				readonly at: number;
				readonly order: number;
				part: number;
				bytes: number;
				readonly behind: Observation[];
		  }
		| undefined;
	let sliceTimer: Cancel | undefined;
	let since = {at: Number.NEGATIVE_INFINITY, observations: 0, bytes: 0, keyframeBytes: 0};

	let waitingBytes = 0;
	let queue: Promise<void> = Promise.resolve();
	/** Since when observations are left out. */
	let gapFrom: number | undefined;
	let isClosed = false;

	function emit(info: Omit<BlockInfo, 'storedBytes' | 'checksum' | 'rawBytes'>, raw: Buffer, then?: (stored: number) => void): void {
		waitingBytes += raw.length;
		queue = queue.then(async () => {
			const stored = info.type === BLOCK.note ? raw : await compress(raw, {params: {[constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL}});
			waitingBytes -= raw.length;
			keep({info, bytes: blockBytes({...info, rawBytes: raw.length}, stored)});
			then?.(stored.length);
		});
	}

	function keep(block: Block): void {
		sink?.write(block.bytes);
		if (ring === undefined || isClosed) return;
		blocks.push(block);
		ringBytes += block.bytes.length;
		trim(ring);
		if (blocks.length === 1) onChange?.();
	}

	/** Drops the oldest segment while the next one is whole and the ring is over its bounds. */
	function trim({milliseconds, bytes}: {readonly milliseconds: number; readonly bytes: number}): void {
		for (;;) {
			const oldest = blocks[0]?.info.segment;
			const next = blocks.find(({info}) => info.type === BLOCK.keyframe && info.isLast && info.segment !== oldest);
			if (next === undefined || (ringBytes <= bytes && at - next.info.firstAt < milliseconds)) return;
			blocks = blocks.filter(({info}) => info.segment !== oldest);
			onChange?.();
			ringBytes = blocks.reduce((sum, block) => sum + block.bytes.length, 0);
		}
	}

	function note(content: RecordingNote): Buffer {
		return Buffer.from(JSON.stringify(content));
	}

	function noteInfo(moment: number) {
		return {type: BLOCK.note, isLast: true, segment, part: 0, firstAt: moment, lastAt: moment, firstOrder: order, lastOrder: order} as const;
	}

	function flushBlock(): void {
		flushTimer?.();
		flushTimer = undefined;
		if (encoder === undefined || pending === undefined) return;
		const {firstAt, firstOrder, lastAt, lastOrder} = pending;
		pending = undefined;
		emit({type: BLOCK.observations, isLast: true, segment, part: 0, firstAt, lastAt, firstOrder, lastOrder}, encoder.take(), stored => {
			since.bytes += stored;
		});
	}

	function write(observation: Observation, moment: number): void {
		if (encoder === undefined) return;
		encoder.observation(observation);
		pending ??= {firstAt: moment, firstOrder: observation.order, lastAt: moment, lastOrder: observation.order};
		pending.lastAt = moment;
		pending.lastOrder = observation.order;
		if (encoder.length >= FLUSH_BYTES) flushBlock();
		else flushTimer ??= clock.after(FLUSH_MS, flushBlock);
	}

	function beginKeyframe(): void {
		const moment = at;
		const fresh = new SegmentEncoder(epochMs(moment), order);
		sliceTimer?.();
		keyframe = {segment: ++lastSegment, encoder: fresh, at: moment, order, part: 0, bytes: 0, behind: []};
		since = {at: moment, observations: 0, bytes: 0, keyframeBytes: 0};
		const steps = fresh.keyframe({...stream.save(), order});
		continueKeyframe(steps);
	}

	function continueKeyframe(steps: Generator<void, void, void>): void {
		sliceTimer = undefined;
		if (keyframe === undefined || isClosed) return;
		const start = clock.monotonic();
		let isDone = false;
		while (!isDone && clock.monotonic() - start < SLICE_MS) {
			isDone = steps.next().done === true;
			if (!isDone && keyframe.encoder.length >= FLUSH_BYTES) emitPart(keyframe, false);
		}
		if (isDone) finishKeyframe(keyframe);
		else sliceTimer = clock.after(waitingBytes > MOST_WAITING / 2 ? 20 : 0, () => continueKeyframe(steps));
	}

	function emitPart(frame: NonNullable<typeof keyframe>, isLast: boolean): void {
		const when = {firstAt: frame.at, lastAt: frame.at, firstOrder: frame.order, lastOrder: frame.order};
		emit({type: BLOCK.keyframe, isLast, segment: frame.segment, part: frame.part++, ...when}, frame.encoder.take(), stored => {
			since.keyframeBytes += stored;
		});
	}

	function finishKeyframe(frame: NonNullable<typeof keyframe>): void {
		flushBlock();
		emitPart(frame, true);
		keyframe = undefined;
		segment = frame.segment;
		encoder = frame.encoder;
		for (const observation of frame.behind) write(observation, Math.max(frame.at, observation.at));
	}

	function isKeyframeDue(): boolean {
		const age = at - since.at;
		if (age < keyframes.atEarliestMs) return false;
		if (since.observations >= keyframes.observations || age >= KEYFRAME_AT_LATEST_MS) return true;
		if (ring !== undefined && since.bytes > ring.bytes / 8) return true;
		return age >= KEYFRAME_MS && since.bytes >= since.keyframeBytes * KEYFRAME_SHARE;
	}

	function take(observation: Observation): void {
		order = observation.order;
		at = Math.max(at, observation.at);
		if (waitingBytes > MOST_WAITING) {
			leaveOut();
			return;
		}
		if (gapFrom !== undefined) {
			if (waitingBytes > MOST_WAITING / 4) return;
			emit(noteInfo(at), note({kind: 'gap', from: gapFrom, to: at, why: 'it was too much to write'}));
			gapFrom = undefined;
			return beginKeyframe();
		}
		since.observations++;
		noteResource(observation);
		if (observation.kind === 'mark') emit(noteInfo(at), note({kind: 'mark', at: observation.serverAt ?? observation.at, text: observation.text}));
		write(observation, at);
		keyframe?.behind.push(observation);
		if (keyframe === undefined && isKeyframeDue()) beginKeyframe();
	}

	/** Too much comes at once: nothing is written until there is room, then a keyframe says how things stand. */
	function leaveOut(): void {
		if (gapFrom !== undefined) return;
		gapFrom = at;
		flushBlock();
		encoder = undefined;
		keyframe = undefined;
		sliceTimer?.();
	}

	function noteResource(observation: Observation): void {
		if (observation.kind !== 'object' && observation.kind !== 'freshness') return;
		if (resources.has(observation.resource)) return;
		const moment = observation.serverAt ?? observation.at;
		resources.set(observation.resource, moment);
		emit(noteInfo(at), note({kind: 'resource', at: moment, resource: observation.resource}));
	}

	async function flush(): Promise<void> {
		flushBlock();
		await queue;
		await sink?.flushed();
	}

	const saved = stream.save();
	order = saved.order;
	for (const resource of Object.keys(saved.stores)) resources.set(resource, at);
	const unsubscribe = stream.subscribe(take);
	beginKeyframe();

	async function stopSaving(): Promise<Result<void, RecordError>> {
		await flush();
		const ended = sink;
		sink = undefined;
		return ended === undefined ? ok(undefined) : ended.close();
	}

	return {
		async saveTo(path) {
			if (sink !== undefined && sink.error() === undefined) return err({kind: 'alreadyRecording', message: `is recording to ${sink.path} already`});
			await flush();
			const opened = await openFileSink(path);
			if (!opened.ok) return opened;
			// From here to the end nothing else runs: what is in the ring now is written, what comes later follows.
			opened.value.write(headerBytes(header));
			for (const [resource, moment] of resources) {
				const content = note({kind: 'resource', at: moment, resource});
				opened.value.write(blockBytes({...noteInfo(blocks[0]?.info.firstAt ?? at), rawBytes: content.length}, content));
			}
			for (const {bytes} of blocks) opened.value.write(bytes);
			sink = opened.value;
			if (ring === undefined) beginKeyframe();
			await sink.flushed();
			const error = sink.error();
			return error === undefined ? ok(undefined) : err(error);
		},
		stopSaving,
		status: () => ({
			since: blocks[0] === undefined ? undefined : epochMs(blocks[0].info.firstAt),
			ringBytes,
			file: sink === undefined ? undefined : {path: sink.path, bytes: sink.bytes(), error: sink.error()},
		}),
		flush,
		async close() {
			unsubscribe();
			const ended = await stopSaving();
			isClosed = true;
			sliceTimer?.();
			flushTimer?.();
			blocks = [];
			ringBytes = 0;
			return ended;
		},
	};
}
