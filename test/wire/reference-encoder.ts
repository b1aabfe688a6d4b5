import fc from 'fast-check';
import protobuf from 'protobufjs';
import type {Field, Fields, Listed, Resource} from '../../src/kube/schema.ts';
import type {Encoding} from '../../src/wire/wire-event.ts';

/**
 * A second opinion on the wire format: protobufjs encodes by types built from the same table,
 * with fields that the table does not know scattered among them; JSON is written as Go writes it.
 */

/** One object, for protobufjs and for JSON. */
export type Twin = {readonly proto: Record<string, unknown>; readonly json: Record<string, unknown>};

type Part = {readonly proto: unknown; readonly json: unknown};

const TIME = new protobuf.Type('Time').add(new protobuf.Field('seconds', 1, 'int64')).add(new protobuf.Field('nanos', 2, 'int32'));
const DURATION = new protobuf.Type('Duration').add(new protobuf.Field('duration', 1, 'int64'));
const QUANTITY = new protobuf.Type('Quantity').add(new protobuf.Field('string', 1, 'string'));
const INT_OR_STRING = new protobuf.Type('IntOrString')
	.add(new protobuf.Field('type', 1, 'int64'))
	.add(new protobuf.Field('intVal', 2, 'int32'))
	.add(new protobuf.Field('strVal', 3, 'string'));

/** Fields of later releases, of every wire type that there is; 1 and 2 bytes of tag. */
const UNKNOWN = [
	['unknownVarint', 15 + 800, 'int64'],
	['unknownFixed32', 16 + 800, 'fixed32'],
	['unknownFixed64', 17 + 800, 'double'],
	['unknownText', 18 + 800, 'string'],
] as const;

const built = new Map<Fields, protobuf.Type>();
const root = new protobuf.Root().add(TIME).add(DURATION).add(QUANTITY).add(INT_OR_STRING);

function typeOf(fields: Fields): protobuf.Type {
	const known = built.get(fields);
	if (known !== undefined) return known;
	const type = new protobuf.Type(`Message${built.size}`);
	built.set(fields, type);
	root.add(type);
	for (const [name, field] of Object.entries(fields)) {
		const value = valueTypeOf(field);
		if (field.cardinality === 'map' || field.kind === 'usage') type.add(new protobuf.MapField(name, field.number, 'string', value));
		else type.add(new protobuf.Field(name, field.number, value, field.cardinality === 'repeated' ? 'repeated' : 'optional'));
	}
	for (const [name, number, kind] of UNKNOWN) type.add(new protobuf.Field(name, number, kind, 'optional'));
	return type;
}

function valueTypeOf(field: Field<unknown>): string {
	switch (field.kind) {
		case 'string':
		case 'word':
			return 'string';
		case 'int':
			return 'int64';
		case 'double':
		case 'bool':
			return field.kind;
		case 'time':
			return 'Time';
		case 'duration':
			return 'Duration';
		case 'quantity':
		case 'usage':
			return 'Quantity';
		case 'intOrString':
			return 'IntOrString';
		case 'message':
			return typeOf(field.fields!).name;
	}
}

const text = fc.oneof(
	fc.string({unit: 'grapheme-ascii', maxLength: 12}),
	fc.string({unit: 'grapheme', maxLength: 6}),
	fc.string({unit: fc.constantFrom('a', '\n', '\t', '\u001b', '\u0085', '\u202e', '\u2028', ' ', 'é', '🚀', '\ufeff'), maxLength: 8}),
	fc.constantFrom('default', 'web', ''),
);

const int = fc.oneof(fc.maxSafeInteger(), fc.integer({min: -300, max: 300}), fc.constantFrom(0, 127, 128, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 35));

const same = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Part> => arbitrary.map(value => ({proto: value, json: value}));

const time: fc.Arbitrary<Part> = fc
	.record({seconds: fc.integer({min: -62_135_596_799, max: 4_102_444_800}), micros: fc.oneof(fc.constant(0), fc.integer({min: 0, max: 999_999}))})
	.map(({seconds, micros}) => {
		const [date] = new Date(seconds * 1000).toISOString().split('.');
		return {proto: {seconds, nanos: micros * 1000}, json: micros === 0 ? `${date}Z` : `${date}.${String(micros).padStart(6, '0')}Z`};
	});

const durationPart: fc.Arbitrary<Part> = fc
	.record({minutes: fc.nat(59), seconds: fc.nat(59), nanos: fc.oneof(fc.constant(0), fc.nat(999_999_999))})
	.map(({minutes, seconds, nanos}) => ({
		proto: {duration: (minutes * 60 + seconds) * 1e9 + nanos},
		json: `${minutes}m${seconds}${nanos === 0 ? '' : `.${String(nanos).padStart(9, '0')}`}s`,
	}));

/** What metrics-server writes, and whatever else is a quantity, or is none. */
const usageText = fc.oneof(
	fc
		.tuple(fc.oneof(fc.nat(), fc.bigInt({min: 0n, max: 10n ** 16n})), fc.constantFrom('n', 'Ki', 'u', 'm', '', 'Mi'))
		.map(([number, suffix]) => `${number}${suffix}`),
	fc.constantFrom('0', '007n', '-5n', '1.5Ki', '1e3', 'Ki', 'n', '', 'garbage'),
);

function partOf(field: Field<unknown>): fc.Arbitrary<Part> {
	switch (field.kind) {
		case 'string':
		case 'word':
			return same(text);
		case 'int':
			return same(int);
		case 'double':
			return same(fc.double({noNaN: true, noDefaultInfinity: true}).map(value => (Object.is(value, -0) ? 0 : value)));
		case 'bool':
			return same(fc.boolean());
		case 'time':
			return time;
		case 'duration':
			return durationPart;
		case 'quantity':
			return fc.constantFrom('0', '100m', '128Mi', '1e3', '1500m').map(value => ({proto: {string: value}, json: value}));
		case 'usage':
			return usageText.map(value => ({proto: {string: value}, json: value}));
		case 'intOrString':
			return fc.oneof(
				fc.integer({min: -(2 ** 31), max: 2 ** 31 - 1}).map(value => ({proto: {type: 0, intVal: value, strVal: ''}, json: value})),
				fc.constantFrom('50%', 'http', '').map(value => ({proto: {type: 1, intVal: 0, strVal: value}, json: value})),
			);
		case 'message':
			return twinOf(field.fields!);
	}
}

function fieldOf(field: Field<unknown>): fc.Arbitrary<Part> {
	const value = partOf(field);
	if (field.cardinality === 'repeated') {
		return fc.array(value, {maxLength: 3}).map(parts => ({proto: parts.map(part => part.proto), json: parts.map(part => part.json)}));
	}
	if (field.cardinality === 'map' || field.kind === 'usage') {
		const key = fc.oneof(
			{weight: field.kind === 'usage' ? 4 : 1, arbitrary: fc.constantFrom('cpu', 'memory', 'app', ...(field.keep ?? []))},
			fc.string({unit: 'grapheme-ascii', minLength: 1, maxLength: 8}),
		);
		return fc
			.uniqueArray(fc.tuple(key, value), {selector: ([name]) => name, maxLength: 4})
			.filter(entries => entries.every(([name]) => name !== '__proto__'))
			.map(entries => ({
				proto: Object.fromEntries(entries.map(([name, part]) => [name, part.proto])),
				json: Object.fromEntries(entries.map(([name, part]) => [name, part.json])),
			}));
	}
	return value;
}

/** Objects of a table, with fields missing and with fields that it does not know. */
export function twinOf(fields: Fields): fc.Arbitrary<Twin> {
	const parts = Object.entries(fields).map(([name, field]) =>
		fc.option(
			fieldOf(field).map(part => [name, part] as const),
			{nil: undefined, freq: 3},
		),
	);
	const unknown = fc.option(
		fc.record({unknownVarint: fc.nat(1000), unknownFixed32: fc.nat(1000), unknownFixed64: fc.constant(0.5), unknownText: fc.string()}, {requiredKeys: []}),
		{nil: {}},
	);
	return fc.tuple(fc.tuple(...parts), unknown).map(([entries, extra]) => {
		const present = entries.filter(entry => entry !== undefined);
		return {
			proto: {...Object.fromEntries(present.map(([name, part]) => [name, part.proto])), ...extra},
			json: {...Object.fromEntries(present.map(([name, part]) => [name, part.json])), ...extra},
		};
	});
}

/** Objects of a resource, named. */
export function namedTwinOf(resource: Listed): fc.Arbitrary<Twin> {
	return fc.tuple(twinOf(resource.fields), fc.string({unit: 'grapheme-ascii', minLength: 1, maxLength: 10})).map(([{proto, json}, name]) => ({
		proto: {...proto, metadata: {...(proto.metadata as object | undefined), name}},
		json: {...json, metadata: {...(json.metadata as object | undefined), name}},
	}));
}

/** A field of any wire format: a length, then bytes. */
export function delimited(number: number, content: Uint8Array): Buffer {
	return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

export function varint(value: number): Buffer {
	const bytes: number[] = [];
	let rest = value;
	for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
	return Buffer.from([...bytes, rest]);
}

/** Magic and runtime.Unknown around a message. */
export function enveloped(apiVersion: string, kind: string, message: Uint8Array): Buffer {
	const typeMeta = Buffer.concat([delimited(1, Buffer.from(apiVersion)), delimited(2, Buffer.from(kind))]);
	return Buffer.concat([
		Buffer.from('k8s\0', 'latin1'),
		delimited(1, typeMeta),
		delimited(2, message),
		delimited(3, Buffer.alloc(0)),
		delimited(4, Buffer.alloc(0)),
	]);
}

/** A frame of a protobuf watch. */
export function frame(content: Uint8Array): Buffer {
	const length = Buffer.alloc(4);
	length.writeUInt32BE(content.length);
	return Buffer.concat([length, content]);
}

export function apiVersionOf(resource: Listed): string {
	return resource.group === '' ? resource.versions[0]! : `${resource.group}/${resource.versions[0]}`;
}

/** An object's own message. */
export function encodeMessage(fields: Fields, twin: Twin): Buffer {
	return Buffer.from(typeOf(fields).encode(twin.proto).finish());
}

/** One event of a watch. */
export function encodeEvent(encoding: Encoding, resource: Resource, type: string, twin: Twin): Buffer {
	if (encoding === 'json') {
		return Buffer.from(`${JSON.stringify({type, object: {kind: resource.kind, apiVersion: apiVersionOf(resource), ...twin.json}})}\n`);
	}
	const object = enveloped(apiVersionOf(resource), resource.kind, encodeMessage(resource.fields, twin));
	return frame(Buffer.concat([delimited(1, Buffer.from(type)), delimited(2, delimited(1, object))]));
}

/** A whole list. */
export function encodeList(encoding: Encoding, resource: Listed, twins: readonly Twin[], resourceVersion: string): Buffer {
	const kind = `${resource.kind}List`;
	if (encoding === 'json') {
		return Buffer.from(JSON.stringify({kind, apiVersion: apiVersionOf(resource), metadata: {resourceVersion}, items: twins.map(twin => twin.json)}));
	}
	const items = twins.map(twin => delimited(2, encodeMessage(resource.fields, twin)));
	return enveloped(apiVersionOf(resource), kind, Buffer.concat([delimited(1, delimited(2, Buffer.from(resourceVersion))), ...items]));
}
