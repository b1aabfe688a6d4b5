import type {Stored} from '../kube/schema.ts';
import {message, string, wordMap} from '../kube/schema.ts';
import type {MessageDecoder, ProtobufCompiler} from './compile-protobuf.ts';
import type {Expected} from './expected.ts';
import {MAX_RECORD_BYTES, malformed} from './malformed.ts';
import {Pieces} from './pieces.ts';
import type {ProtoReader} from './proto-reader.ts';
import {ProtobufEnvelope} from './protobuf-envelope.ts';
import type {Malformed, Status, WatchDecoder, WireEvent} from './wire-event.ts';
import {STATUS} from './wire-event.ts';

/** Marks the bookmark that ends the initial events of a streamed list. */
export const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** What is read of a bookmark. */
export const BOOKMARK = {metadata: message(1, {resourceVersion: string(6), annotations: wordMap(12, [INITIAL_EVENTS_END])})} as const;

const LENGTH_BYTES = 4;

/** Frames of four bytes of length, big-endian, and a WatchEvent {1 type, 2 object {1 raw}}, whose raw is an enveloped object. */
export class ProtobufWatchDecoder<T extends Stored> implements WatchDecoder {
	readonly encoding = 'protobuf';
	readonly #pieces = new Pieces();
	readonly #envelope = new ProtobufEnvelope();
	readonly #reader: ProtoReader;
	readonly #compiler: ProtobufCompiler;
	readonly #decode: MessageDecoder<T>;
	readonly #expected: Expected;
	readonly #onEvent: (event: WireEvent<T>) => void;

	constructor(reader: ProtoReader, compiler: ProtobufCompiler, decode: MessageDecoder<T>, expected: Expected, onEvent: (event: WireEvent<T>) => void) {
		this.#reader = reader;
		this.#compiler = compiler;
		this.#decode = decode;
		this.#expected = expected;
		this.#onEvent = onEvent;
	}

	push(chunk: Uint8Array): Malformed | undefined {
		const pieces = this.#pieces;
		pieces.feed(chunk);
		while (pieces.ensure(LENGTH_BYTES)) {
			const {bytes, start} = pieces;
			const length = ((bytes[start]! << 24) | (bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!) >>> 0;
			if (length > MAX_RECORD_BYTES) return malformed('protobuf', `a watch event of ${length} bytes`);
			if (!pieces.ensure(LENGTH_BYTES + length)) return undefined;
			const begin = pieces.start + LENGTH_BYTES;
			const event = this.#event(pieces.bytes, begin, begin + length);
			if (event === undefined) return malformed('protobuf', this.#reader.failure ?? 'unreadable');
			pieces.take(LENGTH_BYTES + length);
			this.#onEvent(event);
		}
		return undefined;
	}

	end(): Malformed | undefined {
		return this.#pieces.unread === 0 ? undefined : malformed('protobuf', 'the stream ended within a watch event');
	}

	#event(bytes: Uint8Array, start: number, end: number): WireEvent<T> | undefined {
		const reader = this.#reader;
		reader.open(bytes, start, end);
		let type = '';
		this.#envelope.start = this.#envelope.end = start;
		let hasObject = false;
		while (reader.pos < end) {
			const tag = reader.tag();
			if (tag === 0x0a) type = reader.word();
			else if (tag === 0x12) {
				this.#enterObject(bytes);
				hasObject = true;
			} else reader.unknown(tag, tag >>> 3 <= 2);
		}
		reader.close(end);
		if (!hasObject) reader.fail('a watch event without an object');
		const event = reader.failure === undefined ? this.#eventOf(type) : undefined;
		return reader.failure === undefined ? event : undefined;
	}

	/** RawExtension {1 raw}. */
	#enterObject(bytes: Uint8Array): void {
		const reader = this.#reader;
		const end = reader.enter();
		while (reader.pos < end) {
			const tag = reader.tag();
			if (tag === 0x0a) this.#envelope.read(reader, bytes, reader.enter());
			else reader.unknown(tag, tag >>> 3 === 1);
		}
		reader.close(end);
	}

	#eventOf(type: string): WireEvent<T> | undefined {
		const {apiVersion, kind} = this.#envelope;
		if (type === 'ERROR') {
			if (kind === 'Status') return {kind: 'error', status: this.#read(this.#compiler.compile(STATUS)) as Status};
			this.#reader.fail(`an ERROR event that holds a ${kind || 'thing without a kind'}`);
			return undefined;
		}
		const complaint = this.#expected.complaintAbout(apiVersion, kind);
		if (complaint !== undefined) {
			this.#reader.fail(complaint);
			return undefined;
		}
		switch (type) {
			case 'ADDED':
			case 'MODIFIED':
				return {kind: 'apply', object: this.#object()};
			case 'DELETED':
				return {kind: 'delete', object: this.#object()};
			case 'BOOKMARK': {
				const {metadata} = this.#read(this.#compiler.compile(BOOKMARK));
				return {kind: 'bookmark', resourceVersion: metadata.resourceVersion, initialEventsEnd: metadata.annotations.get(INITIAL_EVENTS_END) === 'true'};
			}
			default:
				this.#reader.fail(`a watch event of type ${type || 'nothing'}`);
				return undefined;
		}
	}

	#object(): T {
		const object = this.#read(this.#decode);
		if (object.metadata.name === '') this.#reader.fail('an object without a name');
		return object;
	}

	#read<V>(decode: MessageDecoder<V>): V {
		this.#reader.pos = this.#envelope.start;
		return decode(this.#reader, this.#envelope.end);
	}
}
