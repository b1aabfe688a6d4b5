/** Ends a `switch` over a union: a new case is then a compile error here. */
export function assertNever(value: never): never {
	throw new Error(`unexpected case: ${JSON.stringify(value)}`);
}
