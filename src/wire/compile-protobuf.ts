import type {MeasuredUsage} from '../kube/measured-usage.ts';
import type {Field, Fields, ObjectOf} from '../kube/schema.ts';
import {type ObjectMaker, objectMaker} from '../util/object-maker.ts';
import {absentValueOf} from './empty.ts';
import type {MapValue, ProtoReader} from './proto-reader.ts';
import {LAST_USE, QUANTITY_MAP, WORD_MAP} from './proto-reader.ts';

/** Decodes the message that ends at `end`; the reader stands at its beginning. Whether it failed, the reader knows. */
export type MessageDecoder<T> = (reader: ProtoReader, end: number) => T;

/**
 * Turns tables of fields into decoders: a plan for each message, read by one interpreter
 * ({@link decodeMessage}). Code generated for each message was measured too (bench/wire): a quarter
 * faster once hot, and no faster over the first 10,000 pods, which end before it has paid for its
 * compilation.
 */
export class ProtobufCompiler {
	readonly #plans = new Map<Fields, Plan>();

	compile<F extends Fields>(fields: F): MessageDecoder<ObjectOf<F>> {
		const plan = this.#planOf(fields);
		return (reader, end) => decodeMessage(reader, plan, end) as ObjectOf<F>;
	}

	#planOf(fields: Fields): Plan {
		const known = this.#plans.get(fields);
		if (known !== undefined) return known;
		// Messages of one table share what they share, wherever they stand; the number after it is for arrays of them.
		const use = LAST_USE + 1 + 2 * this.#plans.size;
		const plan: Plan = {fields, use, make: objectMaker(Object.keys(fields)), defaults: [], slots: [], numbers: new Set(), repeated: [], empty: undefined};
		this.#plans.set(fields, plan);
		Object.values(fields).forEach((field, index) => {
			plan.defaults.push(this.#absentValueOf(field));
			plan.numbers.add(field.number);
			if (field.cardinality === 'repeated' && field.shared !== true) plan.repeated.push(index);
			while (plan.slots.length <= tagOf(field)) plan.slots.push(undefined);
			plan.slots[tagOf(field)] = this.#slotOf(field, index);
		});
		return plan;
	}

	#absentValueOf(field: Field<unknown>): unknown {
		return field.kind === 'message' && field.cardinality === 'plain' ? emptyOf(this.#planOf(field.fields!)) : absentValueOf(field);
	}

	#slotOf(field: Field<unknown>, index: number): Slot {
		return {
			index,
			operation: operationOf(field),
			value: VALUES[field.kind],
			plan: field.kind === 'message' ? this.#planOf(field.fields!) : NO_PLAN,
			mapValue: field.kind === 'quantity' || field.kind === 'time' ? field.kind : 'word',
			keep: field.keep === undefined ? undefined : new Set(field.keep),
		};
	}
}

/** How the fields of a message are read. */
type Plan = {
	readonly fields: Fields;
	/** Of the interner, for what is shared. */
	readonly use: number;
	readonly make: ObjectMaker;
	readonly defaults: unknown[];
	/** By tag, as it stands in the bytes. */
	readonly slots: Array<Slot | undefined>;
	readonly numbers: Set<number>;
	/** Indices of the fields whose arrays grow while they are read. */
	readonly repeated: number[];
	/** What an empty message gives, once one was needed. */
	empty: unknown;
};

/** How one field is read. */
type Slot = {
	readonly index: number;
	readonly operation: number;
	readonly value: number;
	readonly plan: Plan;
	readonly mapValue: MapValue;
	readonly keep: ReadonlySet<string> | undefined;
};

const NO_PLAN: Plan = {fields: {}, use: 0, make: () => undefined, defaults: [], slots: [], numbers: new Set(), repeated: [], empty: undefined};

const ONE = 0;
const REPEATED = 1;
const SHARED = 2;
const SHARED_REPEATED = 3;
const MAP = 4;
const SHARED_MAP = 5;
const USAGE_MAP = 6;

const STRING = 0;
const INT = 1;
const DOUBLE = 2;
const BOOL = 3;
const TIME = 4;
const DURATION = 5;
const QUANTITY = 6;
const INT_OR_STRING = 7;
const WORD = 8;
const MESSAGE = 9;
const USAGE = 10;

const VALUES = {
	string: STRING,
	word: WORD,
	int: INT,
	double: DOUBLE,
	bool: BOOL,
	time: TIME,
	duration: DURATION,
	quantity: QUANTITY,
	usage: USAGE,
	intOrString: INT_OR_STRING,
	message: MESSAGE,
} as const;

function operationOf({kind, cardinality, shared}: Field<unknown>): number {
	if (kind === 'usage') return USAGE_MAP;
	if (cardinality === 'map') return shared === true ? SHARED_MAP : MAP;
	if (cardinality === 'repeated') return shared === true ? SHARED_REPEATED : REPEATED;
	return shared === true ? SHARED : ONE;
}

/** Number and wire type, as they stand before the field: 0 varint, 1 fixed64, 2 length-delimited. */
function tagOf(field: Field<unknown>): number {
	const isScalar = field.cardinality !== 'map';
	const wireType = isScalar && (field.kind === 'int' || field.kind === 'bool') ? 0 : isScalar && field.kind === 'double' ? 1 : 2;
	return field.number * 8 + wireType;
}

function decodeMessage(reader: ProtoReader, plan: Plan, end: number): unknown {
	if (reader.pos === end) return emptyOf(plan);
	const {values} = reader;
	const base = reader.top;
	const {defaults, slots} = plan;
	for (let index = 0; index < defaults.length; index++) values[base + index] = defaults[index];
	reader.top = base + defaults.length;
	while (reader.pos < end) {
		const tag = reader.tag();
		const slot = tag < slots.length ? slots[tag] : undefined;
		if (slot === undefined) {
			reader.unknown(tag, plan.numbers.has(tag >>> 3));
			continue;
		}
		const at = base + slot.index;
		switch (slot.operation) {
			case ONE:
				values[at] = slot.value === WORD ? reader.word() : slot.value === MESSAGE ? decodeMessage(reader, slot.plan, reader.enter()) : readValue(reader, slot);
				break;
			case REPEATED: {
				const value = slot.value === MESSAGE ? decodeMessage(reader, slot.plan, reader.enter()) : readValue(reader, slot);
				if (values[at] === defaults[slot.index]) values[at] = [value];
				else (values[at] as unknown[]).push(value);
				break;
			}
			case SHARED:
				values[at] = readShared(reader, slot.plan);
				break;
			case SHARED_REPEATED: {
				const run = readSharedRun(reader, slot, tag, end);
				values[at] = values[at] === defaults[slot.index] ? run : (values[at] as unknown[]).concat(run);
				break;
			}
			case USAGE_MAP:
				values[at] = reader.usageRun(tag, end, values[at] as MeasuredUsage);
				break;
			default: {
				const run =
					slot.operation === SHARED_MAP
						? reader.sharedMapRun(tag, end, slot.mapValue, slot.mapValue === 'quantity' ? QUANTITY_MAP : WORD_MAP)
						: reader.mapRun(tag, end, slot.mapValue, slot.keep);
				if (run !== undefined) values[at] = values[at] === defaults[slot.index] ? run : new Map([...(values[at] as Map<string, unknown>), ...run]);
			}
		}
	}
	reader.close(end);
	// Arrays that grew are cut to size: they stay.
	for (const index of plan.repeated) if (values[base + index] !== defaults[index]) values[base + index] = (values[base + index] as unknown[]).slice();
	reader.top = base;
	return plan.make(values, base);
}

function emptyOf(plan: Plan): unknown {
	plan.empty ??= plan.make(plan.defaults, 0);
	return plan.empty;
}

function readValue(reader: ProtoReader, slot: Slot): unknown {
	switch (slot.value) {
		case STRING:
			return reader.string();
		case WORD:
			return reader.word();
		case INT:
			return reader.int();
		case BOOL:
			return reader.bool();
		case TIME:
			return reader.time();
		case QUANTITY:
			return reader.quantity();
		case INT_OR_STRING:
			return reader.intOrString();
		case DURATION:
			return reader.duration();
		case DOUBLE:
			return reader.double();
		default:
			return decodeMessage(reader, slot.plan, reader.enter());
	}
}

function readShared(reader: ProtoReader, plan: Plan): unknown {
	const end = reader.enter();
	const start = reader.pos;
	const known = reader.find(plan.use, start, end);
	if (known !== undefined) return known;
	const value = decodeMessage(reader, plan, end);
	reader.keep(plan.use, start, end, value);
	return value;
}

function readSharedRun(reader: ProtoReader, slot: Slot, tag: number, messageEnd: number): unknown[] {
	const start = reader.pos;
	const end = reader.runEnd(tag, messageEnd);
	const known = reader.find(slot.plan.use + 1, start, end);
	if (known !== undefined) return known as unknown[];
	const run: unknown[] = [];
	for (;;) {
		run.push(readValue(reader, slot));
		if (reader.pos >= end) break;
		reader.tag();
	}
	const value = run.slice();
	reader.keep(slot.plan.use + 1, start, end, value);
	return value;
}
