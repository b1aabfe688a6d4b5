/** Thrown by what decodes; whoever reads a recording turns it into a loss that is told. */
export class MalformedRecording extends Error {}

/** Reads what ByteWriter wrote. Beyond the end is malformed. */
export class ByteReader {
	readonly #bytes: Buffer;
	#at = 0;

	constructor(bytes: Buffer) {
		this.#bytes = bytes;
	}

	get isAtEnd(): boolean {
		return this.#at >= this.#bytes.length;
	}

	byte(): number {
		const value = this.#bytes[this.#at++];
		if (value === undefined) throw new MalformedRecording('a block ends too early');
		return value;
	}

	varint(): number {
		const first = this.#bytes[this.#at];
		if (first !== undefined && first < 0x80) {
			this.#at++;
			return first;
		}
		let value = 0;
		let scale = 1;
		for (;;) {
			const byte = this.byte();
			value += (byte & 0x7f) * scale;
			if (byte < 0x80) break;
			scale *= 0x80;
			if (scale > 2 ** 56) throw new MalformedRecording('a number is too long');
		}
		return value;
	}

	signed(): number {
		const value = this.varint();
		return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
	}

	double(): number {
		return this.raw(8).readDoubleLE(0);
	}

	text(): string {
		const length = this.varint();
		const from = this.#skip(length);
		return this.#bytes.toString('utf8', from, from + length);
	}

	/** A view, not a copy. */
	raw(length: number): Buffer {
		const from = this.#skip(length);
		return this.#bytes.subarray(from, from + length);
	}

	/** Bytes that are still to be read. */
	get left(): number {
		return this.#bytes.length - this.#at;
	}

	/** A count of things that take at least a byte each. */
	count(): number {
		const count = this.varint();
		if (count > this.left) throw new MalformedRecording('a list is longer than its block');
		return count;
	}

	#skip(length: number): number {
		const from = this.#at;
		this.#at += length;
		if (this.#at > this.#bytes.length) throw new MalformedRecording('a block ends too early');
		return from;
	}
}
