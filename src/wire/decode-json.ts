import {type MeasuredUsage, measuredUsage} from '../kube/measured-usage.ts';
import type {Field, Fields, ObjectOf} from '../kube/schema.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {Result} from '../util/result.ts';
import {err, ok} from '../util/result.ts';
import {absentValueOf} from './empty.ts';
import {parseDuration, parseTime} from './go-text.ts';
import {wash} from './wash.ts';

/** Words, and whole values, that repeat: kept once. Bounded: full, it starts anew. */
export class Words {
	readonly #texts = new Map<string, string>();
	readonly #times = new Map<string, EpochMs | undefined>();
	readonly #durations = new Map<string, number | undefined>();
	readonly #values = new Map<Field<unknown>, Map<string, unknown>>();

	/** The text, washed. */
	text(text: string): string {
		return kept(this.#texts, text, () => wash(text));
	}

	/** Ten thousand samples have the times of a hundred scrapes. */
	time(text: string): EpochMs | undefined {
		return kept(this.#times, text, () => parseTime(text));
	}

	duration(text: string): number | undefined {
		return kept(this.#durations, text, () => parseDuration(text));
	}

	/** What a field's JSON decodes to; `decode` may say undefined, which is not kept. */
	value<T>(field: Field<unknown>, json: unknown, decode: () => T | undefined): T | undefined {
		const values = this.#values.get(field) ?? new Map<string, unknown>();
		this.#values.set(field, values);
		return kept(values as Map<string, T>, JSON.stringify(json), decode);
	}
}

const MAX_KEPT = 16_384;

function kept<T>(values: Map<string, T>, key: string, make: () => T): T {
	const known = values.get(key);
	if (known !== undefined) return known;
	const value = make();
	if (values.size >= MAX_KEPT) values.clear();
	if (value !== undefined) values.set(key, value);
	return value;
}

/**
 * Reduces a parsed JSON value to the fields of a table: the same object that the protobuf
 * decoder makes of the same message.
 *
 * @returns the path of the first value that is of another type than the table says.
 */
export function decodeJson<F extends Fields>(fields: F, value: unknown, words: Words): Result<ObjectOf<F>, string> {
	const decoder = new JsonDecoder(words);
	const object = decoder.message(fields, value, '');
	return decoder.failure === undefined ? ok(object as ObjectOf<F>) : err(decoder.failure);
}

type JsonObject = Readonly<Record<string, unknown>>;

class JsonDecoder {
	failure: string | undefined;
	readonly #words: Words;

	constructor(words: Words) {
		this.#words = words;
	}

	message(fields: Fields, value: unknown, path: string): unknown {
		const source = this.#object(value, path);
		const object: Record<string, unknown> = {};
		for (const name in fields) {
			const part = source[name];
			object[name] =
				part === undefined || part === null ? absentValueOf(fields[name]!) : this.#field(fields[name]!, part, path === '' ? name : `${path}.${name}`);
		}
		return object;
	}

	#field(field: Field<unknown>, value: unknown, path: string): unknown {
		if (field.shared !== true) return this.#any(field, value, path);
		return this.#words.value(field, value, () => {
			const decoded = this.#any(field, value, path);
			return this.failure === undefined ? decoded : undefined;
		});
	}

	#any(field: Field<unknown>, value: unknown, path: string): unknown {
		if (field.cardinality === 'map') return this.#map(field, value, path);
		if (field.cardinality !== 'repeated') return this.#one(field, value, path);
		if (!Array.isArray(value)) return this.#fail(path, 'a list');
		return value.length === 0 ? absentValueOf(field) : value.map(item => this.#one(field, item, path));
	}

	#map(field: Field<unknown>, value: unknown, path: string): unknown {
		const map = new Map<string, unknown>();
		for (const [key, item] of Object.entries(this.#object(value, path))) {
			const name = this.#words.text(key);
			if (field.keep !== undefined && !field.keep.includes(name)) continue;
			const decoded = item === null ? (field.kind === 'time' ? undefined : '') : this.#one(field, item, path);
			if (decoded !== undefined) map.set(name, decoded);
		}
		return map.size === 0 ? absentValueOf(field) : map;
	}

	#one(field: Field<unknown>, value: unknown, path: string): unknown {
		switch (field.kind) {
			case 'string':
				return typeof value === 'string' ? wash(value) : this.#fail(path, 'text');
			case 'word':
				return typeof value === 'string' ? this.#words.text(value) : this.#fail(path, 'text');
			case 'quantity':
				return this.#quantity(value, path);
			case 'int':
				return Number.isInteger(value) ? value : this.#fail(path, 'a whole number');
			case 'double':
				return typeof value === 'number' ? value : this.#fail(path, 'a number');
			case 'bool':
				return typeof value === 'boolean' ? value : this.#fail(path, 'true or false');
			case 'intOrString':
				if (typeof value === 'string') return this.#words.text(value);
				return Number.isInteger(value) ? value : this.#fail(path, 'a whole number or text');
			case 'time':
				return (typeof value === 'string' ? this.#words.time(value) : undefined) ?? this.#fail(path, 'a time');
			case 'duration':
				return (typeof value === 'string' ? this.#words.duration(value) : undefined) ?? this.#fail(path, 'a duration');
			case 'usage':
				return this.#usage(value, path);
			case 'message':
				return this.message(field.fields!, value ?? {}, path);
		}
	}

	#usage(value: unknown, path: string): MeasuredUsage {
		const {cpu, memory} = this.#object(value, path);
		const [cpuText, memoryText] = [cpu ?? undefined, memory ?? undefined].map(each => (each === undefined ? undefined : this.#quantity(each, path)));
		return measuredUsage(cpuText, memoryText);
	}

	#quantity(value: unknown, path: string): string | undefined {
		return typeof value === 'string' || typeof value === 'number' ? wash(String(value)) : this.#fail(path, 'a quantity');
	}

	#object(value: unknown, path: string): JsonObject {
		if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
		this.#fail(path, 'an object');
		return {};
	}

	#fail(path: string, expected: string): undefined {
		this.failure ??= `${path === '' ? 'the value' : path} is not ${expected}`;
		return undefined;
	}
}
