import type {ProtoReader} from './proto-reader.ts';

const MAGIC = [0x6b, 0x38, 0x73, 0x00] as const;
export const MAGIC_BYTES = MAGIC.length;

/** Do the bytes begin as every protobuf body and object of Kubernetes does? */
export function hasMagic(bytes: Uint8Array, start: number): boolean {
	return MAGIC.every((byte, index) => bytes[start + index] === byte);
}

/** What wraps an object: magic, then runtime.Unknown {1 typeMeta {1 apiVersion, 2 kind}, 2 raw, 3 contentEncoding}. One is used again and again. */
export class ProtobufEnvelope {
	apiVersion = '';
	kind = '';
	/** Where the object's own message begins and ends. */
	start = 0;
	end = 0;

	/** Reads the envelope in bytes [reader.pos, end); failures stay in the reader. */
	read(reader: ProtoReader, bytes: Uint8Array, end: number): void {
		this.start = this.end = reader.pos;
		this.apiVersion = this.kind = '';
		if (end - reader.pos < MAGIC_BYTES || !hasMagic(bytes, reader.pos)) {
			reader.fail('an object does not begin with k8s\\0');
			return;
		}
		reader.pos += MAGIC_BYTES;
		while (reader.pos < end) {
			const tag = reader.tag();
			if (tag === 0x0a) this.readTypeMeta(reader);
			else if (tag === 0x12) {
				this.end = reader.enter();
				this.start = reader.pos;
				if (reader.failure === undefined) reader.pos = this.end;
			} else if (tag === 0x1a) refuseEncoding(reader);
			else reader.unknown(tag, tag >>> 3 <= 4 && tag !== 0x22);
		}
		reader.close(end);
	}

	/** Reads Unknown.typeMeta, whose tag has been read. */
	readTypeMeta(reader: ProtoReader): void {
		const end = reader.enter();
		while (reader.pos < end) {
			const tag = reader.tag();
			if (tag === 0x0a) this.apiVersion = reader.word();
			else if (tag === 0x12) this.kind = reader.word();
			else reader.unknown(tag, tag >>> 3 <= 2);
		}
		reader.close(end);
	}
}

/** Unknown.contentEncoding, whose tag has been read: nothing writes one. */
export function refuseEncoding(reader: ProtoReader): void {
	const encoding = reader.word();
	if (encoding !== '') reader.fail(`an object is encoded as ${encoding}`);
}
