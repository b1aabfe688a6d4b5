/** Up to here bits can be shifted, which is quicker than dividing. */
const MOST_INT32 = 2 ** 31 - 1;

/** A buffer that grows. What is given out is a copy. */
export class ByteWriter {
	#bytes: Buffer;
	#length = 0;

	constructor(capacity = 64 * 1024) {
		this.#bytes = Buffer.allocUnsafe(capacity);
	}

	get length(): number {
		return this.#length;
	}

	/** Takes back what was written since. */
	truncate(length: number): void {
		this.#length = length;
	}

	byte(value: number): void {
		if (this.#length === this.#bytes.length) this.#reserve(1);
		this.#bytes[this.#length++] = value;
	}

	/** A whole number from 0 to 2^53, seven bits a byte, the lowest first. */
	varint(value: number): void {
		this.#reserve(8);
		const bytes = this.#bytes;
		let rest = value;
		let at = this.#length;
		for (; rest > MOST_INT32; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80;
		for (; rest >= 0x80; rest >>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
		bytes[at++] = rest;
		this.#length = at;
	}

	/** A whole number between -2^52 and 2^52; small ones of either sign are short. */
	signed(value: number): void {
		this.varint(value < 0 ? -2 * value - 1 : 2 * value);
	}

	double(value: number): void {
		this.#reserve(8);
		this.#length = this.#bytes.writeDoubleLE(value, this.#length);
	}

	/** UTF-8 behind its length. */
	text(value: string): void {
		const most = 3 * value.length;
		if (most < 0x80) {
			// The length fits in one byte whatever the characters are: written afterwards.
			this.#reserve(most + 1);
			const written = this.#bytes.write(value, this.#length + 1);
			this.#bytes[this.#length] = written;
			this.#length += written + 1;
			return;
		}
		this.varint(Buffer.byteLength(value));
		this.#reserve(most);
		this.#length += this.#bytes.write(value, this.#length);
	}

	raw(bytes: Uint8Array): void {
		this.#reserve(bytes.length);
		this.#bytes.set(bytes, this.#length);
		this.#length += bytes.length;
	}

	/** What was written, and begins again. */
	take(): Buffer {
		const taken = Buffer.from(this.#bytes.subarray(0, this.#length));
		this.#length = 0;
		return taken;
	}

	#reserve(count: number): void {
		if (this.#length + count <= this.#bytes.length) return;
		const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + count));
		this.#bytes.copy(larger, 0, 0, this.#length);
		this.#bytes = larger;
	}
}
