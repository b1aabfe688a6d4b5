import type {Named} from '../kube/schema.ts';
import {string} from '../kube/schema.ts';
import type {Result} from '../util/result.ts';
import {err, ok} from '../util/result.ts';
import type {MessageDecoder, ProtobufCompiler} from './compile-protobuf.ts';
import type {Expected} from './expected.ts';
import {MAX_RECORD_BYTES, malformed} from './malformed.ts';
import {Pieces} from './pieces.ts';
import type {ProtoReader} from './proto-reader.ts';
import {hasMagic, MAGIC_BYTES, ProtobufEnvelope, refuseEncoding} from './protobuf-envelope.ts';
import type {ListDecoder, ListMeta, Malformed} from './wire-event.ts';

/** metav1.ListMeta. */
const LIST_META = {resourceVersion: string(2), continue: string(3)} as const;

const DELIMITED = 2;
const MAX_VARINT32_BYTES = 5;

/**
 * A list as one body: magic, runtime.Unknown {1 typeMeta, 2 raw}, and in raw {1 ListMeta, 2 items}.
 * Decoded field by field as it comes; the lengths of `raw` and of the body must agree.
 */
export class ProtobufListDecoder<T extends Named> implements ListDecoder {
	readonly encoding = 'protobuf';
	readonly #pieces = new Pieces();
	readonly #envelope = new ProtobufEnvelope();
	readonly #reader: ProtoReader;
	readonly #compiler: ProtobufCompiler;
	readonly #decode: MessageDecoder<T>;
	readonly #expected: Expected;
	readonly #onObject: (object: T) => void;
	#at: 'magic' | 'envelope' | 'raw' | 'after' = 'magic';
	#hasKind = false;
	/** Bytes of `raw` that are still to come. */
	#rawLeft = 0;
	#meta: ListMeta = {resourceVersion: '', continueToken: ''};
	/** The field that {@link #readHeader} found next: its tag, the bytes of tag and length, the bytes of its content. */
	#tag = 0;
	#headerBytes = 0;
	#contentBytes = 0;

	constructor(reader: ProtoReader, compiler: ProtobufCompiler, decode: MessageDecoder<T>, expected: Expected, onObject: (object: T) => void) {
		this.#reader = reader;
		this.#compiler = compiler;
		this.#decode = decode;
		this.#expected = expected;
		this.#onObject = onObject;
	}

	push(chunk: Uint8Array): Malformed | undefined {
		this.#pieces.feed(chunk);
		for (;;) {
			const outcome = this.#step();
			if (outcome === 'wait') return undefined;
			if (outcome !== 'on') return malformed('protobuf', outcome);
		}
	}

	end(): Result<ListMeta, Malformed> {
		if (this.#at === 'after' && this.#pieces.unread === 0) return ok(this.#meta);
		return err(malformed('protobuf', 'the list ended before its end'));
	}

	/** One step further: `on`, or `wait` for more bytes, or what is wrong. */
	#step(): 'on' | 'wait' | (string & {}) {
		if (this.#at === 'magic') {
			if (!this.#pieces.ensure(MAGIC_BYTES)) return 'wait';
			if (!hasMagic(this.#pieces.bytes, this.#pieces.start)) return 'the body does not begin with k8s\\0';
			this.#pieces.take(MAGIC_BYTES);
			this.#at = 'envelope';
			return 'on';
		}
		if (this.#at === 'raw' && this.#rawLeft === 0) {
			this.#at = 'after';
			return 'on';
		}
		const header = this.#readHeader();
		if (header !== 'on') return header;
		return this.#at === 'raw' ? this.#rawField() : this.#envelopeField();
	}

	/** Tag and length of the next field; only length-delimited ones stand on these two levels. */
	#readHeader(): 'on' | 'wait' | (string & {}) {
		let value = 0;
		let shift = 0;
		let isTag = true;
		for (let at = 0; ; at++) {
			if (!this.#pieces.ensure(at + 1)) return 'wait';
			const byte = this.#pieces.bytes[this.#pieces.start + at]!;
			if (shift === 7 * (MAX_VARINT32_BYTES - 1) && byte > 15) return 'a tag or length that is no 32-bit number';
			value |= (byte & 127) << shift;
			shift += 7;
			if (byte > 127) continue;
			if (isTag) {
				this.#tag = value >>> 0;
				if ((value & 7) !== DELIMITED || value >>> 3 === 0) return `a list field with tag ${value >>> 0}`;
				isTag = false;
				value = shift = 0;
				continue;
			}
			this.#headerBytes = at + 1;
			this.#contentBytes = value >>> 0;
			return 'on';
		}
	}

	#envelopeField(): 'on' | 'wait' | (string & {}) {
		if (this.#tag === 0x12) {
			if (this.#at === 'after') return 'a second list in one body';
			if (!this.#hasKind) return 'a list that does not say its kind first';
			this.#pieces.take(this.#headerBytes);
			this.#rawLeft = this.#contentBytes;
			this.#at = 'raw';
			return 'on';
		}
		const failure = this.#read((reader, end) => {
			if (this.#tag === 0x0a) {
				this.#envelope.readTypeMeta(reader);
				const complaint = this.#expected.complaintAbout(this.#envelope.apiVersion, this.#envelope.kind);
				if (complaint !== undefined) reader.fail(complaint);
				this.#hasKind = true;
			} else if (this.#tag === 0x1a) refuseEncoding(reader);
			else reader.pos = end;
		});
		return failure;
	}

	#rawField(): 'on' | 'wait' | (string & {}) {
		const size = this.#headerBytes + this.#contentBytes;
		if (size > this.#rawLeft) return 'an item goes past the end of its list';
		let object: T | undefined;
		const outcome = this.#read((reader, end) => {
			const content = reader.enter();
			if (this.#tag === 0x12) {
				object = this.#decode(reader, content);
				if (object.metadata.name === '') reader.fail('an object without a name');
			} else if (this.#tag === 0x0a) {
				const meta = this.#compiler.compile(LIST_META)(reader, content);
				this.#meta = {resourceVersion: meta.resourceVersion, continueToken: meta.continue};
			} else reader.pos = end;
		});
		if (outcome !== 'on') return outcome;
		this.#rawLeft -= size;
		if (object !== undefined) this.#onObject(object);
		return 'on';
	}

	/** Hands the whole of the field to `read`, the reader standing at its length, and passes over it. */
	#read(read: (reader: ProtoReader, end: number) => void): 'on' | 'wait' | (string & {}) {
		const size = this.#headerBytes + this.#contentBytes;
		if (size > MAX_RECORD_BYTES) return `an object of ${size} bytes`;
		if (!this.#pieces.ensure(size)) return 'wait';
		const {bytes, start} = this.#pieces;
		this.#reader.open(bytes, start, start + size);
		this.#reader.tag();
		read(this.#reader, start + size);
		this.#reader.close(start + size);
		if (this.#reader.failure !== undefined) return this.#reader.failure;
		this.#pieces.take(size);
		return 'on';
	}
}
