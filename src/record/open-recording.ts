import {closeSync, fstatSync, openSync, readSync} from 'node:fs';
import {crc32, zstdDecompressSync} from 'node:zlib';
import type {Resource, ResourceId, Stored} from '../kube/schema.ts';
import type {SavedFolds, SavedStream} from '../observe/create-stream.ts';
import type {Observation} from '../observe/observation.ts';
import type {SavedUsage} from '../observe/usage-fold.ts';
import type {SavedPage} from '../observe/usage-log.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import {err, ok, type Result} from '../util/result.ts';
import {wash} from '../util/wash.ts';
import {MalformedRecording} from './byte-reader.ts';
import {completeFor} from './fields-of.ts';
import {
	BLOCK,
	BLOCK_HEADER,
	BLOCK_MAGIC,
	type BlockInfo,
	type HeaderError,
	headerLengthAtMost,
	parseBlockHeader,
	parseHeader,
	type RecordingHeader,
	type RecordingNote,
} from './file-format.ts';
import {droppedText, fittingFolds} from './saved-folds.ts';
import {type Complete, SegmentDecoder} from './segment-codec.ts';
import {decodePages, decodeUsage} from './usage-codec.ts';
import type {ShapesKnown} from './value-decoder.ts';

type BlockRef = {readonly info: BlockInfo; readonly offset: number};

/** A keyframe and what follows it. */
type Segment = {readonly number: number; readonly parts: BlockRef[]; usage: BlockRef | undefined; readonly blocks: BlockRef[]; isWhole: boolean};

/** A segment that can be read on from its keyframe. */
type Begun = {readonly decoder: SegmentDecoder; readonly saved: SavedStream; readonly order: number};

export type OpenError = HeaderError | {readonly kind: 'unreadable' | 'empty'; readonly message: string};

/** Something that was recorded and cannot be read, or was not recorded. */
export type Loss = {readonly from: EpochMs; readonly to: EpochMs; readonly why: string};

/** What reading on gives. */
export type WalkStep =
	| {readonly kind: 'observation'; readonly at: EpochMs; readonly observation: Observation}
	/** The state at this moment: at the start of a walk, and behind a loss. */
	| {readonly kind: 'restore'; readonly at: EpochMs; readonly saved: SavedStream}
	/** Nothing more is there yet. A file that is being written may have more later. */
	| {readonly kind: 'end'};

/** Reads on, a step a call. */
export type Walk = {
	(): WalkStep;
	/** Decodes a piece of the keyframe that comes next, so that passing it takes no time. False: there is nothing more to prepare. */
	prepare(): boolean;
	/** Would the next step have to decode a keyframe first? */
	isBeforeKeyframe(): boolean;
};

/** An open recording. Time is the recorder's own clock. */
export type Recording = {
	readonly path: string;
	readonly header: RecordingHeader;
	/** Moments of the first keyframe and of the last observation. */
	range(): {readonly from: EpochMs; readonly to: EpochMs};
	/** Oldest first, with the server's time. */
	marks(): ReadonlyArray<{readonly at: EpochMs; readonly text: string}>;
	/** Which resources are in it, and from when on. */
	resources(): ReadonlyMap<ResourceId, EpochMs>;
	/** What is known so far not to be readable. */
	losses(): readonly Loss[];
	/** What was remembered and is not understood, as far as is known; a sentence each. */
	dropped(): readonly string[];
	/** The last moment of a keyframe that is not after this one. */
	keyframeBefore(at: EpochMs): EpochMs;
	/**
	 * Reads from the last keyframe that is not after this moment (or this order), for as long as it is asked.
	 * Walks do not disturb each other.
	 */
	walk(from: {readonly at: EpochMs} | {readonly order: number}): Walk;
	/** Looks whether the file has grown. */
	refresh(): boolean;
	close(): void;
};

/** Bytes read at once while looking for the next sound block. */
const SEARCH_BYTES = 1024 * 1024;

/**
 * Opens a recording, even one that is damaged or is being written.
 *
 * @returns The error as a part of a sentence that begins with the file's name.
 */
export function openRecording(path: string, resourceOf: (id: ResourceId) => Pick<Resource, 'fields'> | undefined): Result<Recording, OpenError> {
	let file: number;
	try {
		file = openSync(path, 'r');
		if (!fstatSync(file).isFile()) {
			closeSync(file);
			return err({kind: 'unreadable', message: 'is no file'});
		}
	} catch (reason) {
		return err({kind: 'unreadable', message: unreadable(reason)});
	}
	const parsed = parseHeader(readAt(file, 0, headerLengthAtMost));
	if (!parsed.ok) {
		closeSync(file);
		return parsed;
	}
	const {header: said} = parsed.value;
	const header = {...said, program: wash(String(said.program)), cluster: wash(String(said.cluster))};
	const recording = indexed(path, file, header, parsed.value.length, completeFor(parsed.value.header.fields, resourceOf));
	recording.refresh();
	if (Number.isNaN(recording.range().from)) {
		recording.close();
		return err({kind: 'empty', message: 'holds nothing yet: its first second was not written'});
	}
	return ok(recording);
}

function indexed(path: string, file: number, header: RecordingHeader, start: number, complete: Complete): Recording {
	const shapesKnown: ShapesKnown = new Map();
	const segments: Segment[] = [];
	const byNumber = new Map<number, Segment>();
	const marks: Array<{readonly at: EpochMs; readonly text: string}> = [];
	const resources = new Map<ResourceId, EpochMs>();
	const losses: Loss[] = [];
	/** Stretches of the usage log, in the order of the file; and those that were read for the last keyframe. */
	const series: BlockRef[] = [];
	let pages = new Map<BlockRef, readonly SavedPage[]>();
	/** Of the losses, those that the recorder knew of. */
	const gaps: Array<{readonly from: number; readonly to: number}> = [];
	const dropped = new Set<keyof SavedFolds>();
	let scanned = start;
	let lastAt = Number.NaN;

	function lose(from: number, to: number, why: string): void {
		if (losses.some(loss => loss.from === from && loss.to === to)) return;
		losses.push({from: epochMs(from), to: epochMs(to), why});
	}

	function range(): {readonly from: EpochMs; readonly to: EpochMs} {
		return {from: segments[0] === undefined ? epochMs(Number.NaN) : momentOf(segments[0]), to: epochMs(lastAt)};
	}

	/** Reads headers up to the end, or to what is not whole yet. */
	function scan(): void {
		const size = fstatSync(file).size;
		while (scanned + BLOCK_HEADER <= size) {
			const info = parseBlockHeader(readAt(file, scanned, BLOCK_HEADER));
			if (info === undefined) {
				const next = findBlock(file, scanned + 1, size);
				// Nothing sound behind it: a torn tail, or a block that is just being written.
				if (next === undefined) return;
				const after = parseBlockHeader(readAt(file, next, BLOCK_HEADER))!;
				lose(Number.isNaN(lastAt) ? after.firstAt : lastAt, after.firstAt, 'the file is damaged');
				scanned = next;
				continue;
			}
			if (scanned + BLOCK_HEADER + info.storedBytes > size) return;
			enter({info, offset: scanned + BLOCK_HEADER});
			scanned += BLOCK_HEADER + info.storedBytes;
		}
	}

	function enter(block: BlockRef): void {
		const {info} = block;
		if (info.type === BLOCK.note) return takeNote(block);
		if (info.type === BLOCK.series) return void series.push(block);
		if (info.type !== BLOCK.keyframe && info.type !== BLOCK.observations && info.type !== BLOCK.usage) return;
		let segment = byNumber.get(info.segment);
		if (segment === undefined) {
			segment = {number: info.segment, parts: [], usage: undefined, blocks: [], isWhole: false};
			byNumber.set(info.segment, segment);
		}
		if (info.type === BLOCK.observations) segment.blocks.push(block);
		else if (info.type === BLOCK.usage) segment.usage = block;
		else {
			segment.parts.push(block);
			if (info.isLast && segment.parts.length === info.part + 1) {
				segment.isWhole = true;
				segments.push(segment);
			}
		}
		if (segment.isWhole) lastAt = Number.isNaN(lastAt) ? info.lastAt : Math.max(lastAt, info.lastAt);
	}

	function takeNote(block: BlockRef): void {
		const bytes = payloadOf(block);
		if (bytes === undefined) return;
		let content: RecordingNote;
		try {
			content = JSON.parse(bytes.toString('utf8')) as RecordingNote;
		} catch {
			return;
		}
		if (content.kind === 'mark') marks.push({at: epochMs(content.at), text: wash(content.text)});
		else if (content.kind === 'resource' && !resources.has(content.resource)) resources.set(content.resource, epochMs(content.at));
		else if (content.kind === 'gap') {
			gaps.push(content);
			lose(content.from, content.to, wash(content.why));
		}
	}

	/** undefined where it is damaged. */
	function payloadOf({info, offset}: BlockRef): Buffer | undefined {
		const stored = readAt(file, offset, info.storedBytes);
		if (stored.length !== info.storedBytes || crc32(stored) !== info.checksum) return undefined;
		if (info.type === BLOCK.note) return stored;
		try {
			const raw = zstdDecompressSync(stored, {maxOutputLength: Math.max(1, info.rawBytes)});
			return raw.length === info.rawBytes ? raw : undefined;
		} catch {
			return undefined;
		}
	}

	function momentOf({parts}: Segment): EpochMs {
		return epochMs(parts[0]!.info.firstAt);
	}

	/** The state that a segment begins with, and what reads on from there; undefined where it is damaged. In pieces. */
	function* beginSegment(segment: Segment): Generator<void, Begun | undefined, void> {
		const raws: Buffer[] = [];
		for (const part of segment.parts) {
			const raw = payloadOf(part);
			if (raw === undefined) return undefined;
			raws.push(raw);
			yield;
		}
		const {firstAt, firstOrder} = segment.parts[0]!.info;
		const decoder = new SegmentDecoder(epochMs(firstAt), firstOrder, complete, shapesKnown);
		try {
			const {order, stores, folds} = yield* decoder.keyframeSteps(Buffer.concat(raws));
			const usage = yield* usageOf(segment, folds.usage, stores.pods?.objects ?? []);
			const fitting = fittingFolds({...folds, usage}, header.folds, complete);
			for (const name of fitting.dropped) dropped.add(name);
			return {decoder, saved: {order, stores, ...fitting.folds}, order: firstOrder};
		} catch (error) {
			if (error instanceof MalformedRecording) return undefined;
			throw error;
		}
	}

	/** The usage that a segment begins with. In format 1.0 the keyframe says it. Throws MalformedRecording. */
	function* usageOf(segment: Segment, said: unknown, pods: readonly Stored[]): Generator<void, unknown, void> {
		if (header.folds === undefined) return said;
		const raw = segment.usage === undefined ? undefined : payloadOf(segment.usage);
		if (raw === undefined) throw new MalformedRecording('a keyframe without its usage');
		const {log, ...usage} = yield* decodeUsage(raw, pods, momentOf(segment));
		return {...usage, log: {...log, pages: yield* pagesUpTo(segment, log)}};
	}

	/** The usage log as far back as it counts and can be read. */
	function* pagesUpTo(segment: Segment, {floor, end}: Pick<SavedUsage['log'], 'floor' | 'end'>): Generator<void, readonly SavedPage[], void> {
		const read = new Map<BlockRef, readonly SavedPage[]>();
		const found: SavedPage[] = [];
		let from = end;
		let readAtMoment: number = momentOf(segment);
		for (let index = series.length - 1; index >= 0 && from > floor; index--) {
			const ref = series[index]!;
			if (ref.info.segment > segment.number) continue;
			const ofBlock = pages.get(ref) ?? pagesOf(ref);
			read.set(ref, ofBlock);
			for (const page of ofBlock.toReversed()) {
				if (page.from >= from) continue;
				// A hole: what lies before it leads nowhere.
				if (page.from + page.words.length !== from) {
					lose(range().from, readAtMoment, 'the file is damaged (usage in sparklines)');
					return found;
				}
				found.unshift(page);
				from = page.from;
				readAtMoment = ref.info.firstAt;
			}
			yield;
		}
		pages = read;
		return found;
	}

	function pagesOf(ref: BlockRef): readonly SavedPage[] {
		const raw = payloadOf(ref);
		return raw === undefined ? [] : decodePages(raw);
	}

	function lastSegmentBy(isNotAfter: (info: BlockInfo) => boolean): number {
		let found = 0;
		segments.forEach(({parts}, index) => {
			if (isNotAfter(parts[0]!.info)) found = index;
		});
		return found;
	}

	function walk(from: {readonly at: EpochMs} | {readonly order: number}): Walk {
		let index = lastSegmentBy(info => ('at' in from ? info.firstAt <= from.at : info.firstOrder <= from.order));
		/** Order of the last observation given, or of the state restored. */
		let order = -1;
		let at = Number.NEGATIVE_INFINITY;
		let segment: Segment | undefined;
		let decoder: SegmentDecoder | undefined;
		let decoded: Iterator<Observation, void, void> | undefined;
		/** The next block of the segment, and the order it must begin with to follow on. */
		let block = 0;
		let blockOrder = 0;
		/** The next segment, as far as it was decoded before its time. */
		let prepared:
			| {readonly of: Segment; readonly steps: Generator<void, Begun | undefined, void>; done: {readonly begun: Begun | undefined} | undefined}
			| undefined;
		/** Nothing of this segment can be read any more. */
		let isBroken = false;

		/** Into the segment at `index`. Behind a loss, or at the start, its state is restored; else it is what we have. */
		function enterSegment(next: Segment): WalkStep | undefined {
			const steps = prepared?.of === next ? prepared.steps : beginSegment(next);
			const begun = prepared?.of === next && prepared.done !== undefined ? prepared.done.begun : finished(steps);
			prepared = undefined;
			if (begun === undefined && segment === undefined && !isBroken && index > 0) {
				// At the start of the walk: from an earlier one, through everything between.
				index--;
				return undefined;
			}
			index++;
			if (begun === undefined) {
				// Of a keyframe that cannot be read nothing can be used; the segment before it may reach beyond its beginning.
				lose(momentOf(next), nextMoment(index), 'a keyframe is damaged');
				isBroken = true;
				return undefined;
			}
			const isFirst = segment === undefined;
			const follows = !isFirst && order >= begun.order;
			segment = next;
			decoder = begun.decoder;
			decoded = undefined;
			block = 0;
			blockOrder = begun.order + 1;
			if (follows) {
				isBroken = false;
				return undefined;
			}
			const isKnown = gaps.some(gap => gap.from <= momentOf(next) && gap.to >= at);
			if (!isFirst && !isKnown) lose(at, momentOf(next), 'the file is damaged');
			isBroken = false;
			order = begun.order;
			at = Math.max(at, momentOf(next));
			return {kind: 'restore', at: epochMs(at), saved: begun.saved};
		}

		function nextMoment(from: number): number {
			return segments[from] === undefined ? lastAt : momentOf(segments[from]);
		}

		function prepare(): boolean {
			const next = segments[index];
			if (next === undefined || segment === undefined) return false;
			if (prepared?.of !== next) prepared = {of: next, steps: beginSegment(next), done: undefined};
			if (prepared.done !== undefined) return false;
			const piece = prepared.steps.next();
			if (piece.done === true) prepared.done = {begun: piece.value};
			return piece.done !== true;
		}

		function isBeforeKeyframe(): boolean {
			const next = segments[index];
			const isThrough = decoded === undefined && (isBroken || segment?.blocks[block] === undefined);
			return segment !== undefined && isThrough && next !== undefined && (prepared?.of !== next || prepared.done === undefined);
		}

		return Object.assign(step, {prepare, isBeforeKeyframe});

		function step(): WalkStep {
			for (;;) {
				if (decoded !== undefined) {
					const next = nextOf(decoded);
					if (next === 'broken') {
						decoded = undefined;
						isBroken = true;
						continue;
					}
					if (next === undefined) {
						decoded = undefined;
						continue;
					}
					if (next.order <= order) continue;
					order = next.order;
					at = Math.max(at, next.at);
					return {kind: 'observation', at: epochMs(at), observation: next};
				}
				const ref = isBroken ? undefined : segment?.blocks[block];
				if (ref !== undefined) {
					const raw = ref.info.firstOrder === blockOrder ? payloadOf(ref) : undefined;
					block++;
					blockOrder = ref.info.lastOrder + 1;
					if (raw === undefined) {
						isBroken = true;
						lose(at, nextMoment(index), 'the file is damaged');
					} else decoded = decoder!.observations(raw);
					continue;
				}
				const next = segments[index];
				if (next === undefined) return {kind: 'end'};
				const restored = enterSegment(next);
				if (restored !== undefined) return restored;
			}
		}
	}

	return {
		path,
		header,
		range,
		marks: () => marks,
		resources: () => resources,
		losses: () => losses,
		dropped: () => Array.from(dropped, name => droppedText(name, header.program)),
		keyframeBefore: at => {
			const segment = segments[lastSegmentBy(info => info.firstAt <= at)];
			return segment === undefined ? at : momentOf(segment);
		},
		walk,
		refresh() {
			const before = scanned;
			scan();
			return scanned > before;
		},
		close: () => closeSync(file),
	};
}

/** Runs it to its end. */
function finished<T>(steps: Generator<void, T, void>): T {
	for (;;) {
		const next = steps.next();
		if (next.done === true) return next.value;
	}
}

function nextOf(decoded: Iterator<Observation, void, void>): Observation | undefined | 'broken' {
	try {
		const next = decoded.next();
		return next.done === true ? undefined : next.value;
	} catch (error) {
		if (error instanceof MalformedRecording) return 'broken';
		throw error;
	}
}

/** Up to so many bytes; fewer at the end of the file. */
function readAt(file: number, offset: number, length: number): Buffer {
	const size = Math.max(0, Math.min(length, fstatSync(file).size - offset));
	const bytes = Buffer.allocUnsafe(size);
	let read = 0;
	while (read < size) {
		const count = readSync(file, bytes, read, size - read, offset + read);
		if (count === 0) break;
		read += count;
	}
	return bytes.subarray(0, read);
}

/** Where the next block with a sound header begins. */
function findBlock(file: number, from: number, size: number): number | undefined {
	for (let offset = from; offset < size; offset += SEARCH_BYTES) {
		const bytes = readAt(file, offset, SEARCH_BYTES + BLOCK_HEADER);
		for (let at = bytes.indexOf(BLOCK_MAGIC); at !== -1 && at < SEARCH_BYTES; at = bytes.indexOf(BLOCK_MAGIC, at + 1)) {
			if (parseBlockHeader(bytes.subarray(at, at + BLOCK_HEADER)) !== undefined) return offset + at;
		}
	}
	return undefined;
}

function unreadable(reason: unknown): string {
	const code = (reason as {readonly code?: unknown} | undefined)?.code;
	if (code === 'ENOENT') return 'does not exist';
	if (code === 'EACCES' || code === 'EPERM') return 'may not be read';
	return `cannot be read: ${reason instanceof Error ? reason.message : String(reason)}`;
}
