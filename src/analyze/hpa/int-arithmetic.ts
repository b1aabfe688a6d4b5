/** The largest int64 and int32 of Go. */
export const MAX_INT64 = 2n ** 63n - 1n;
export const MAX_INT32 = 2 ** 31 - 1;
const MIN_INT32 = -(2 ** 31);

/** An int64 sum or product as Go leaves it: wrapped round, never widened. */
export function int64(value: bigint): bigint {
	return BigInt.asIntN(64, value);
}

/**
 * `int32(math.Ceil(x))` of Go on amd64: past the edge, and for NaN, it falls to the smallest int32.
 * With `capped`, a value above the largest stays there.
 */
export function ceilToInt32(value: number, capped: boolean): number {
	const ceiling = Math.ceil(value);
	if (capped && ceiling > MAX_INT32) return MAX_INT32;
	// -0 is 0 to Go's integers.
	return ceiling >= MIN_INT32 && ceiling <= MAX_INT32 ? ceiling + 0 : MIN_INT32;
}

/** `int64(math.Ceil(x))` of Go on amd64. */
export function ceilToInt64(value: number): bigint {
	const ceiling = Math.ceil(value);
	return ceiling >= -(2 ** 63) && ceiling < 2 ** 63 ? BigInt(ceiling) : -(2n ** 63n);
}
