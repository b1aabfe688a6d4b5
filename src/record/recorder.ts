import {constants, zstdCompressSync} from 'node:zlib';
import type {ResourceId} from '../kube/schema.ts';
import type {SavedStream, Stream} from '../observe/create-stream.ts';
import type {Observation} from '../observe/observation.ts';
import {pagesBetween} from '../observe/usage-log.ts';
import type {Cancel, Clock} from '../util/clock.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import {err, ok, type Result} from '../util/result.ts';
import {BLOCK, type BlockInfo, blockBytes, headerBytes, type RecordingHeader, type RecordingNote} from './file-format.ts';
import {type FileSink, type OpenFile, openFileSink, type RecordError} from './file-sink.ts';
import {SegmentEncoder} from './segment-codec.ts';
import {encodePages, encodeUsage, type UsageWithoutPages} from './usage-codec.ts';

/** An observation waits no longer in memory: what a crash may cost, together with the time a write takes, stays below a second. */
const FLUSH_MS = 500;
const FLUSH_BYTES = 256 * 1024;
/** Work on a keyframe is done in slices, so that no key waits for it. */
const SLICE_MS = 3;
/** A keyframe comes after so much time and so many observations … */
const KEYFRAMES = {atEarliestMs: 15_000, observations: 7_500} as const;
/** … or after so much time, once what came since takes so many times the room of the last one; or after so much time in any case. */
const KEYFRAME_MS = 60_000;
const KEYFRAME_SHARE = 2;
const KEYFRAME_AT_LATEST_MS = 5 * 60_000;
/** A keyframe's parts are compressed as they fill up: none of them takes longer than a slice. */
const PART_BYTES = 128 * 1024;
/** Bytes that wait for the disk; beyond that the file goes without, which it says. */
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
	/** Bytes that may wait for the disk. */
	readonly mostWaiting?: number;
	/** How files are made; by default they must not exist yet. */
	readonly openFile?: OpenFile;
	/** The ring reaches back to another moment, or the file has fallen behind or caught up. */
	readonly onChange?: () => void;
};

export type RecorderStatus = {
	/** How far back the ring reaches; undefined: nothing yet, or no ring. */
	readonly since: EpochMs | undefined;
	readonly ringBytes: number;
	/** The file that is being written, or was until an error. */
	readonly file:
		| {
				readonly path: string;
				/** Written; and given, but not yet written. */
				readonly bytes: number;
				readonly waitingBytes: number;
				readonly error: RecordError | undefined;
				/** The disk is too slow: since then nothing went to the file. undefined: it has everything. */
				readonly behindSince: EpochMs | undefined;
		  }
		| undefined;
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

type Block = {
	readonly info: Pick<BlockInfo, 'type' | 'segment' | 'isLast' | 'firstAt'>;
	readonly bytes: Buffer;
	/** Of a block of the usage log: from where to where. */
	readonly log: {readonly from: number; readonly to: number} | undefined;
};

type UnsizedInfo = Omit<BlockInfo, 'storedBytes' | 'checksum' | 'rawBytes'>;

type Keyframe = {
	readonly segment: number;
	readonly encoder: SegmentEncoder;
	readonly at: number;
	readonly order: number;
	part: number;
	readonly behind: Observation[];
};

/** Observations that were encoded and not yet sent off. */
type Pending = {firstAt: number; firstOrder: number; lastAt: number; lastOrder: number};

export function createRecorder({
	stream,
	clock,
	header,
	ring,
	keyframes = KEYFRAMES,
	mostWaiting = MOST_WAITING,
	openFile,
	onChange,
}: RecorderOptions): Recorder {
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
	let keyframe: Keyframe | undefined;
	let sliceTimer: Cancel | undefined;
	/** Up to where the usage log is in a block. */
	let loggedTo = 0;
	let since = {at: Number.NEGATIVE_INFINITY, observations: 0, bytes: 0, keyframeBytes: 0};

	/** Up to where the usage log is in the file; how much may wait for the disk; and since when that was too much. */
	let fileLoggedTo = 0;
	let mayWait = mostWaiting;
	let behindSince: number | undefined;
	/** The file takes no observations of earlier segments: it lacks some. */
	let fileSegment = 0;
	let isClosed = false;

	/** @returns bytes of the block. */
	function emit(info: UnsizedInfo, raw: Buffer, log?: Block['log']): number {
		const bytes = blockOf(info, raw);
		keep({info, bytes, log});
		return bytes.length;
	}

	function keep(block: Block): void {
		if (sink !== undefined) toFile(sink, block);
		if (ring === undefined || isClosed) return;
		blocks.push(block);
		ringBytes += block.bytes.length;
		trim(ring);
		if (blocks.length === 1) onChange?.();
	}

	function toFile(file: FileSink, {info, bytes, log}: Block): void {
		if (behindSince === undefined && file.waitingBytes() + bytes.length > mayWait) {
			behindSince = info.firstAt;
			onChange?.();
		}
		if (behindSince !== undefined || (info.type === BLOCK.observations && info.segment < fileSegment)) return;
		file.write(bytes);
		if (log !== undefined) fileLoggedTo = log.to;
	}

	/** The disk has caught up: the file says what it lacks, and goes on with how things stand now. */
	function catchUp(file: FileSink, from: number): void {
		behindSince = undefined;
		file.write(blockOf(noteInfo(at), note({kind: 'gap', from, to: at, why: 'the disk was too slow'})));
		for (const page of pagesBetween(stream.save().usage.log.pages, fileLoggedTo, loggedTo))
			file.write(blockOf({...noteInfo(at), type: BLOCK.series}, encodePages([page])));
		fileLoggedTo = loggedTo;
		beginKeyframe();
		fileSegment = lastSegment;
		onChange?.();
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
		since.bytes += emit({type: BLOCK.observations, isLast: true, segment, part: 0, firstAt, lastAt, firstOrder, lastOrder}, encoder.take());
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
		const frame = {segment: ++lastSegment, encoder: fresh, at: moment, order, part: 0, behind: []};
		keyframe = frame;
		since = {at: moment, observations: 0, bytes: 0, keyframeBytes: 0};
		const {usage, ...saved} = stream.save();
		const {pages, ...log} = usage.log;
		for (const page of pagesBetween(pages, loggedTo, log.end))
			since.keyframeBytes += emit(infoOf(frame, BLOCK.series, true), encodePages([page]), {from: page.from, to: page.from + page.words.length});
		loggedTo = log.end;
		continueKeyframe(keyframeSteps(frame, saved, {...usage, log}));
	}

	function* keyframeSteps(frame: Keyframe, saved: Omit<SavedStream, 'usage'>, usage: UsageWithoutPages): Generator<void, void, void> {
		yield* frame.encoder.keyframe({...saved, order: frame.order});
		const bytes = yield* encodeUsage(usage, saved.stores.pods?.objects ?? [], epochMs(frame.at));
		since.keyframeBytes += emit(infoOf(frame, BLOCK.usage, true), bytes);
	}

	function continueKeyframe(steps: Generator<void, void, void>): void {
		sliceTimer = undefined;
		if (keyframe === undefined || isClosed) return;
		const start = clock.monotonic();
		let isDone = false;
		while (!isDone && clock.monotonic() - start < SLICE_MS) {
			isDone = steps.next().done === true;
			if (!isDone && keyframe.encoder.length >= PART_BYTES) emitPart(keyframe, false);
		}
		if (isDone) finishKeyframe(keyframe);
		else sliceTimer = clock.after(0, () => continueKeyframe(steps));
	}

	function emitPart(frame: Keyframe, isLast: boolean): void {
		since.keyframeBytes += emit({...infoOf(frame, BLOCK.keyframe, isLast), part: frame.part++}, frame.encoder.take());
	}

	function infoOf({segment: ofSegment, at: moment, order: last}: Keyframe, type: number, isLast: boolean): UnsizedInfo {
		return {type, isLast, segment: ofSegment, part: 0, firstAt: moment, lastAt: moment, firstOrder: last, lastOrder: last};
	}

	function finishKeyframe(frame: Keyframe): void {
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
		since.observations++;
		noteResource(observation);
		if (observation.kind === 'mark') emit(noteInfo(at), note({kind: 'mark', at: observation.serverAt ?? observation.at, text: observation.text}));
		write(observation, at);
		keyframe?.behind.push(observation);
		if (keyframe !== undefined) return;
		if (sink !== undefined && behindSince !== undefined && sink.error() === undefined && sink.waitingBytes() <= mayWait / 4) catchUp(sink, behindSince);
		else if (isKeyframeDue()) beginKeyframe();
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
		await sink?.flushed();
	}

	const saved = stream.save();
	order = saved.order;
	for (const resource of Object.keys(saved.stores)) resources.set(resource, at);
	const unsubscribe = stream.subscribe(take);
	beginKeyframe();

	/** What the series hold that lies before the ring's first block of them. */
	function seriesBeforeRing(): readonly Buffer[] {
		const first = blocks[0];
		if (first === undefined) return [];
		const info = {...noteInfo(first.info.firstAt), type: BLOCK.series, segment: first.info.segment};
		const to = blocks.find(({log}) => log !== undefined)?.log?.from ?? loggedTo;
		return pagesBetween(stream.save().usage.log.pages, 0, to).map(page => blockOf(info, encodePages([page])));
	}

	async function stopSaving(): Promise<Result<void, RecordError>> {
		await flush();
		const ended = sink;
		// It was behind to its end: that is said at least.
		if (behindSince !== undefined) ended?.write(blockOf(noteInfo(at), note({kind: 'gap', from: behindSince, to: at, why: 'the disk was too slow'})));
		behindSince = undefined;
		sink = undefined;
		return ended === undefined ? ok(undefined) : ended.close();
	}

	return {
		async saveTo(path) {
			if (sink !== undefined && sink.error() === undefined) return err({kind: 'alreadyRecording', message: `is recording to ${sink.path} already`});
			await flush();
			const opened = await openFileSink(path, openFile);
			if (!opened.ok) return opened;
			const before = seriesBeforeRing();
			// From here to the end nothing else runs: what is in the ring now is written, what comes later follows.
			opened.value.write(headerBytes(header));
			for (const [resource, moment] of resources) {
				const content = note({kind: 'resource', at: moment, resource});
				opened.value.write(blockBytes({...noteInfo(blocks[0]?.info.firstAt ?? at), rawBytes: content.length}, content));
			}
			for (const bytes of before) opened.value.write(bytes);
			for (const {bytes} of blocks) opened.value.write(bytes);
			sink = opened.value;
			mayWait = mostWaiting + sink.waitingBytes();
			behindSince = undefined;
			fileSegment = 0;
			fileLoggedTo = loggedTo;
			if (ring === undefined) {
				loggedTo = 0;
				beginKeyframe();
			}
			await sink.flushed();
			const error = sink.error();
			return error === undefined ? ok(undefined) : err(error);
		},
		stopSaving,
		status: () => ({
			since: blocks[0] === undefined ? undefined : epochMs(blocks[0].info.firstAt),
			ringBytes,
			file:
				sink === undefined
					? undefined
					: {
							path: sink.path,
							bytes: sink.bytes(),
							waitingBytes: sink.waitingBytes(),
							error: sink.error(),
							behindSince: behindSince === undefined ? undefined : epochMs(behindSince),
						},
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

/** A block ready for the file. Told how much there is, the compressor makes do with little memory. */
function blockOf(info: UnsizedInfo, raw: Buffer): Buffer {
	const params = {[constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL};
	const stored = info.type === BLOCK.note ? raw : zstdCompressSync(raw, {params, pledgedSrcSize: raw.length});
	return blockBytes({...info, rawBytes: raw.length}, stored);
}
