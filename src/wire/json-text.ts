import type {Result} from '../util/result.ts';
import {err, ok} from '../util/result.ts';

/** JSON.parse as a value. The reason names a place, and no more than a few characters of the text. */
export function parseJson(text: string): Result<unknown, string> {
	try {
		return ok(JSON.parse(text));
	} catch (error) {
		return err(`no JSON: ${(error instanceof Error ? error.message : String(error)).slice(0, 120)}`);
	}
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
