import {parseQuantity} from '../../src/kube/quantity.ts';
import type {Adapter} from './adapter.ts';

/** One entry of a quantity vector file; numbers are decimal strings, since they pass 2^53. */
export type QuantityVector = {
	readonly in: string;
	readonly note: string;
} & (
	| {
			readonly ok: true;
			readonly format: string;
			readonly canonical: string;
			/** Only where Go's String() gives something else than the canonical text. */
			readonly stringAfterParse?: string;
			readonly value: string;
			readonly milliValue: string;
			readonly nanoValue: string;
			/** Only where Go's int64 accessors give something else than the truth. */
			readonly goValue?: string;
			readonly goMilliValue?: string;
	  }
	| {readonly ok: false; readonly error: string}
);

/** The vectors of a file. */
export function quantityCases(file: unknown): readonly QuantityVector[] {
	return (file as {readonly vectors: readonly QuantityVector[]}).vectors;
}

/** What our parser says otherwise; nothing when it agrees. */
export function failuresOf(vector: QuantityVector): readonly string[] {
	const parsed = parseQuantity(vector.in);
	if (!parsed.ok || !vector.ok) {
		const found = parsed.ok ? 'ok' : parsed.error.kind;
		const expected = vector.ok ? 'ok' : vector.error;
		return found === expected ? [] : [`${found} instead of ${expected}`];
	}
	const quantity = parsed.value;
	const claims: ReadonlyArray<readonly [string, string, string]> = [
		['format', quantity.format, vector.format],
		['canonical', quantity.canonical(), vector.canonical],
		['stringAfterParse', quantity.toString(), vector.stringAfterParse ?? vector.canonical],
		['value', String(quantity.value), vector.value],
		['milliValue', String(quantity.milliValue), vector.milliValue],
		['nanoValue', String(quantity.nano), vector.nanoValue],
		['goValue', String(quantity.goValue()), vector.goValue ?? vector.value],
		['goMilliValue', String(quantity.goMilliValue()), vector.goMilliValue ?? vector.milliValue],
	];
	return claims.filter(([, found, expected]) => found !== expected).map(([name, found, expected]) => `${name}: ${found} instead of ${expected}`);
}

export const quantityAdapter: Adapter = file =>
	quantityCases(file).map(vector => ({name: `${JSON.stringify(vector.in)} (${vector.note})`, failures: () => failuresOf(vector)}));
