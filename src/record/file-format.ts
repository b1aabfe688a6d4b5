import {crc32} from 'node:zlib';
import type {ResourceId} from '../kube/schema.ts';
import {err, ok, type Result} from '../util/result.ts';

// docs/recording.md describes what is written here.

/** A reader knows its major; of a newer minor it skips what it does not know. */
export const MAJOR = 1;
export const MINOR = 1;

const MAGIC = Buffer.from([0x89, 0x4b, 0x57, 0x42, 0x52, 0x45, 0x43, 0x0a]); // \x89 KWBREC \n
/** The magic, two versions, the length and the checksum of the JSON that follows. */
const HEADER_START = 20;
const LONGEST_HEADER = 1 << 20;

export const BLOCK_MAGIC = Buffer.from([0xf5, 0x6b, 0x77, 0x62]);
export const BLOCK_HEADER = 64;
/** Of a block, compressed or not. Ours are far smaller; more is malformed. */
export const LARGEST_BLOCK = 256 * 1024 * 1024;

/** What stands at the beginning of a file. */
export type RecordingHeader = {
	/** `kwb 1.2.3`. */
	readonly program: string;
	/** Which cluster it was, as a person knows it. */
	readonly cluster: string;
	/** Namespaces that it was restricted to; null: none. */
	readonly namespaces: readonly string[] | null;
	/** Resources of the writer, with what tells whether their fields are the reader's. */
	readonly fields: Readonly<Record<ResourceId, string>>;
	/** Version of what each fold writes down (since 1.1; before, all of them were 1). */
	readonly folds?: Readonly<Record<string, number>>;
};

export const BLOCK = {
	/** A part of a keyframe; parts are consecutive and the last one is flagged. */
	keyframe: 1,
	observations: 2,
	/** JSON for whoever leafs through the file without decoding it. */
	note: 3,
	/** The usage fold of a keyframe, without its series (since 1.1). */
	usage: 4,
	/** What the series gained since the last such block (since 1.1). */
	series: 5,
} as const;

/** A block as the index knows it. */
export type BlockInfo = {
	readonly type: number;
	/** The last part of its keyframe. */
	readonly isLast: boolean;
	/** Grows by one with every keyframe. */
	readonly segment: number;
	/** Of a keyframe: which part of it. */
	readonly part: number;
	/** Moments of the first and last observation; of a keyframe, the moment it shows. */
	readonly firstAt: number;
	readonly lastAt: number;
	/** Orders of the first and last observation; of a keyframe, of the last one in it. */
	readonly firstOrder: number;
	readonly lastOrder: number;
	readonly storedBytes: number;
	readonly rawBytes: number;
	readonly checksum: number;
};

/** What a note says. A reader skips what it does not know. */
export type RecordingNote =
	| {readonly kind: 'mark'; readonly at: number; readonly text: string}
	/** The resource is recorded from here on. */
	| {readonly kind: 'resource'; readonly at: number; readonly resource: ResourceId}
	/** Nothing was recorded between these moments. */
	| {readonly kind: 'gap'; readonly from: number; readonly to: number; readonly why: string};

export type HeaderError = {readonly kind: 'notARecording' | 'truncated' | 'newer'; readonly message: string};

export function headerBytes(header: RecordingHeader): Buffer {
	const json = Buffer.from(JSON.stringify(header));
	const start = Buffer.alloc(HEADER_START);
	MAGIC.copy(start);
	start.writeUInt16LE(MAJOR, 8);
	start.writeUInt16LE(MINOR, 10);
	start.writeUInt32LE(json.length, 12);
	start.writeUInt32LE(crc32(json), 16);
	return Buffer.concat([start, json]);
}

/** @param bytes The beginning of a file, as much as {@link headerLengthAtMost} says, or all of it. */
export function parseHeader(bytes: Buffer): Result<{readonly header: RecordingHeader; readonly length: number}, HeaderError> {
	if (bytes.length < MAGIC.length || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
		return err({kind: 'notARecording', message: bytes.length === 0 ? 'is empty' : 'is not a recording of kwb'});
	}
	if (bytes.length < HEADER_START) return err({kind: 'truncated', message: 'ends within its header'});
	const major = bytes.readUInt16LE(8);
	if (major !== MAJOR) {
		const message = `has format ${major}.${bytes.readUInt16LE(10)}, this kwb reads ${MAJOR}.x: a ${major > MAJOR ? 'newer' : 'older'} kwb opens it`;
		return err({kind: 'newer', message});
	}
	const length = HEADER_START + bytes.readUInt32LE(12);
	if (length > LONGEST_HEADER) return err({kind: 'notARecording', message: 'has a damaged header'});
	if (bytes.length < length) return err({kind: 'truncated', message: 'ends within its header'});
	const json = bytes.subarray(HEADER_START, length);
	if (crc32(json) !== bytes.readUInt32LE(16)) return err({kind: 'notARecording', message: 'has a damaged header'});
	try {
		return ok({header: JSON.parse(json.toString('utf8')) as RecordingHeader, length});
	} catch {
		return err({kind: 'notARecording', message: 'has a damaged header'});
	}
}

export const headerLengthAtMost = HEADER_START + LONGEST_HEADER;

/** Header and payload of a block, ready for the file. `checksum` is made here. */
export function blockBytes(info: Omit<BlockInfo, 'storedBytes' | 'checksum'>, payload: Uint8Array): Buffer {
	// By itself: a slice of a shared pool would keep all of that alive for as long as the ring keeps the block.
	const bytes = Buffer.allocUnsafeSlow(BLOCK_HEADER + payload.length).fill(0, 0, BLOCK_HEADER);
	BLOCK_MAGIC.copy(bytes);
	bytes.writeUInt8(info.type, 4);
	bytes.writeUInt8(info.isLast ? 1 : 0, 5);
	bytes.writeUInt16LE(info.part, 6);
	bytes.writeUInt32LE(info.segment, 8);
	bytes.writeUInt32LE(payload.length, 12);
	bytes.writeUInt32LE(info.rawBytes, 16);
	bytes.writeUInt32LE(crc32(payload), 20);
	bytes.writeDoubleLE(info.firstAt, 24);
	bytes.writeDoubleLE(info.lastAt, 32);
	bytes.writeDoubleLE(info.firstOrder, 40);
	bytes.writeDoubleLE(info.lastOrder, 48);
	bytes.writeUInt32LE(crc32(bytes.subarray(0, BLOCK_HEADER - 4)), BLOCK_HEADER - 4);
	bytes.set(payload, BLOCK_HEADER);
	return bytes;
}

/** @returns undefined where there is no sound header of a block. */
export function parseBlockHeader(bytes: Buffer): BlockInfo | undefined {
	if (bytes.length < BLOCK_HEADER || !bytes.subarray(0, BLOCK_MAGIC.length).equals(BLOCK_MAGIC)) return undefined;
	if (crc32(bytes.subarray(0, BLOCK_HEADER - 4)) !== bytes.readUInt32LE(BLOCK_HEADER - 4)) return undefined;
	const storedBytes = bytes.readUInt32LE(12);
	const rawBytes = bytes.readUInt32LE(16);
	if (storedBytes > LARGEST_BLOCK || rawBytes > LARGEST_BLOCK) return undefined;
	return {
		type: bytes.readUInt8(4),
		isLast: (bytes.readUInt8(5) & 1) === 1,
		part: bytes.readUInt16LE(6),
		segment: bytes.readUInt32LE(8),
		storedBytes,
		rawBytes,
		checksum: bytes.readUInt32LE(20),
		firstAt: bytes.readDoubleLE(24),
		lastAt: bytes.readDoubleLE(32),
		firstOrder: bytes.readDoubleLE(40),
		lastOrder: bytes.readDoubleLE(48),
	};
}
