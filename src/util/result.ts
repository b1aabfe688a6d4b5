/** Outcome of something that may fail for a reason the caller is expected to handle. */
export type Result<T, E> = {readonly ok: true; readonly value: T} | {readonly ok: false; readonly error: E};

/** A success. */
export function ok<T>(value: T): {readonly ok: true; readonly value: T} {
	return {ok: true, value};
}

/** A failure the caller is expected to handle. */
export function err<E>(error: E): {readonly ok: false; readonly error: E} {
	return {ok: false, error};
}
