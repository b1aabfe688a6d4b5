/** The same numbers in a larger array: twice as long as before, or longer where that is not enough. */
export function grown<A extends Float64Array | Int32Array | Uint8Array>(array: A, least: number): A {
	const larger = new (array.constructor as new (length: number) => A)(Math.max(least, 2 * array.length));
	larger.set(array);
	return larger;
}
