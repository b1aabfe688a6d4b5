/**
 * A body that comes in pieces, read in records that may cross their borders. What lies whole
 * within a piece is given out where it is; only what crosses a border is copied, once.
 *
 * Ask with {@link ensure}, read `bytes` from `start`, then {@link take}. A piece may be overwritten
 * as soon as an `ensure` or `keep` has failed to find enough in it.
 */
export class Pieces {
	/** Where the bytes are that were last ensured: the piece itself, or the copy of what crossed its border. */
	bytes: Uint8Array = NOTHING;
	start = 0;
	#piece: Uint8Array = NOTHING;
	#at = 0;
	#carry: Uint8Array = NOTHING;
	#carried = 0;

	/** The next piece; the one before has been used up. */
	feed(piece: Uint8Array): void {
		this.#piece = piece;
		this.#at = 0;
	}

	/** Makes that many bytes readable at once. False when they have not come yet: then all there was is kept for the next piece. */
	ensure(length: number): boolean {
		const available = this.#piece.length - this.#at;
		if (this.#carried === 0) {
			if (available >= length) {
				this.bytes = this.#piece;
				this.start = this.#at;
				return true;
			}
			if (available === 0) return length === 0;
		}
		const missing = Math.min(length - this.#carried, available);
		if (missing > 0) {
			this.#reserve(Math.max(length, this.#carried + missing));
			this.#carry.set(this.#piece.subarray(this.#at, this.#at + missing), this.#carried);
			this.#carried += missing;
			this.#at += missing;
		}
		this.bytes = this.#carry;
		this.start = 0;
		return this.#carried >= length;
	}

	/** Passes over bytes that were ensured. */
	take(length: number): void {
		if (this.#carried === 0) {
			this.#at += length;
			return;
		}
		this.#carry.copyWithin(0, length, this.#carried);
		this.#carried -= length;
		if (this.#carried === 0 && this.#carry.length > KEPT_CARRY) this.#carry = NOTHING;
	}

	/** How far off a byte is, in what came since the last {@link keep}; -1 when it has not come. */
	distanceTo(byte: number): number {
		const found = this.#piece.indexOf(byte, this.#at);
		return found === -1 ? -1 : this.#carried + found - this.#at;
	}

	/** Keeps all that is unread for the next piece. */
	keep(): void {
		this.ensure(this.unread + 1);
	}

	/** How many bytes have come and were not taken. */
	get unread(): number {
		return this.#carried + this.#piece.length - this.#at;
	}

	#reserve(length: number): void {
		if (this.#carry.length >= length) return;
		const carry = new Uint8Array(Math.max(length, Math.min(this.#carry.length, length) * 2, 1024));
		carry.set(this.#carry.subarray(0, this.#carried));
		this.#carry = carry;
	}
}

const NOTHING = new Uint8Array(0);
/** A larger copy is let go of when it has been read. */
const KEPT_CARRY = 1024 * 1024;
