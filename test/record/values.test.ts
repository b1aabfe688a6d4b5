import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {RESOURCES} from '../../src/kube/registry.ts';
import type {Field, Fields, Resource, Stored} from '../../src/kube/schema.ts';
import type {Observation, UsageSample} from '../../src/observe/observation.ts';
import {samplesOf} from '../../src/observe/samples.ts';
import {ByteReader, MalformedRecording} from '../../src/record/byte-reader.ts';
import {ByteWriter} from '../../src/record/byte-writer.ts';
import {completeFor, fieldsId} from '../../src/record/fields-of.ts';
import {SampleDecoder} from '../../src/record/sample-columns.ts';
import {SegmentDecoder, SegmentEncoder} from '../../src/record/segment-codec.ts';
import {decodeUsage, encodeUsage} from '../../src/record/usage-codec.ts';
import {ValueDecoder} from '../../src/record/value-decoder.ts';
import {ValueEncoder} from '../../src/record/value-encoder.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import {wash} from '../../src/util/wash.ts';
import {emptyOf} from '../../src/wire/empty.ts';
import {listOf} from '../observe/sample-list.ts';

const BASE = epochMs(Date.UTC(2026, 0, 1, 12, 30, 15, 250));

const anyText = fc.oneof(
	// As every decoder leaves it.
	fc.string({unit: 'grapheme', maxLength: 120}).map(wash),
	fc.constantFrom('', 'default', 'Running', '0', '007', '1', 'Ä', '日本'),
	fc.integer({min: 0, max: 2 ** 40}).map(String),
	fc.uuid(),
);
const anyTime = fc.oneof(
	fc.integer({min: -1e9, max: 1e9}).map(ms => epochMs(BASE + ms)),
	fc.integer({min: -1e6, max: 1e6}).map(seconds => epochMs(Math.floor(BASE / 1000) * 1000 + 1000 * seconds)),
	// As the wire's microseconds come out.
	fc.integer({min: 0, max: 1e9}).map(microseconds => epochMs(BASE + microseconds / 1000)),
);

/** Objects as these fields decode to. */
function objectsOf(fields: Fields): fc.Arbitrary<Record<string, unknown>> {
	return fc.record(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valuesOf(field)])));
}

function valuesOf(field: Field<unknown>): fc.Arbitrary<unknown> {
	const one = singleOf(field);
	switch (field.cardinality) {
		case 'optional':
			return fc.option(one, {nil: undefined});
		case 'repeated':
			return fc.array(one, {maxLength: 3});
		case 'map':
			return fc.array(fc.tuple(anyText, one), {maxLength: 3}).map(entries => new Map(entries));
		case 'plain':
			return one;
	}
}

function singleOf({kind, fields}: Field<unknown>): fc.Arbitrary<unknown> {
	switch (kind) {
		case 'int':
		case 'duration':
			return fc.maxSafeInteger();
		case 'double':
			return fc.double();
		case 'bool':
			return fc.boolean();
		case 'time':
			return fc.option(anyTime, {nil: undefined});
		case 'intOrString':
			return fc.oneof(fc.integer(), anyText);
		case 'message':
			return objectsOf(fields!);
		default:
			return anyText;
	}
}

describe.each(RESOURCES.map(resource => [resource.id, resource as Resource] as const))('%s', (id, resource) => {
	const objects = objectsOf(resource.fields) as fc.Arbitrary<Stored & Record<string, unknown>>;

	test('what is written is what is read, object after object of a few names', () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(objects, fc.constantFrom('a', 'b'), fc.boolean()), {minLength: 1, maxLength: 6}), drafts => {
				const observations = drafts.map(
					([draft, name, isGone], index): Observation => ({
						order: 10 + index * 2,
						at: epochMs(BASE + index * 7),
						serverAt: index % 3 === 0 ? undefined : epochMs(BASE + 5000 + index),
						kind: 'object',
						resource: id,
						namespace: index % 2 === 0 ? undefined : 'shop',
						event: {kind: isGone ? 'delete' : 'apply', object: {...draft, metadata: {...draft.metadata, name, namespace: 'shop'}}},
					}),
				);
				const encoder = new SegmentEncoder(BASE, 3);
				for (const observation of observations) encoder.observation(observation);
				const decoder = new SegmentDecoder(BASE, 3, (_, object) => object);
				expect([...decoder.observations(encoder.take())]).toEqual(observations);
			}),
			{numRuns: 30},
		);
	});

	test('an object of a release that kept fewer fields gets what it lacks', () => {
		const empty = emptyOf(resource.fields) as unknown as Stored & Record<string, unknown>;
		const {metadata} = empty;
		const old = {metadata: {name: 'a', namespace: metadata.namespace}} as unknown as Stored;
		const complete = completeFor({[id]: 'another'}, () => resource)(id, old);
		expect(complete).toEqual({...empty, metadata: {...metadata, name: 'a'}});
		expect(completeFor({[id]: fieldsId(resource.fields)}, () => resource)(id, old)).toBe(old);
	});
});

test('any plain value comes back', () => {
	fc.assert(
		fc.property(fc.array(fc.anything({withMap: false, withDate: false, withNullPrototype: false, maxDepth: 3}).filter(isPlainData), {maxLength: 5}), values => {
			const out = new ByteWriter(16);
			const encoder = new ValueEncoder(out, BASE);
			for (const value of values) encoder.value(value);
			const decoder = new ValueDecoder(BASE);
			const from = new ByteReader(out.take());
			for (const value of values) expect(decoder.value(from)).toEqual(value);
			expect(from.isAtEnd).toBe(true);
		}),
	);
});

test('names of fields are names, whatever stands in them', () => {
	const names = ['"', '\\', '`', '$', '\u2028', '*/', '"]: 1}; throw 1; ({"', 'constructor', 'toString', 'a b', ''];
	const value = Object.fromEntries(names.map((name, index) => [name, index]));
	const out = new ByteWriter();
	new ValueEncoder(out, BASE).value(value);
	expect(Object.entries(new ValueDecoder(BASE).value(new ByteReader(out.take())) as object)).toEqual(Object.entries(value));
});

test('a change leads from any value to any other', () => {
	const trees = fc.letrec(tie => ({
		value: fc.oneof({maxDepth: 3}, fc.integer(), anyText, fc.constant(undefined), tie('list'), tie('object')),
		list: fc.array(tie('value'), {maxLength: 4}),
		object: fc.record({a: tie('value'), b: tie('value')}),
	})).value;
	fc.assert(
		fc.property(trees, trees, (before, after) => {
			const out = new ByteWriter();
			const encoder = new ValueEncoder(out, BASE);
			encoder.value(before);
			encoder.change(before, after);
			const from = new ByteReader(out.take());
			const decoder = new ValueDecoder(BASE);
			expect(decoder.change(from, decoder.value(from))).toEqual(after);
		}),
	);
});

test('samples come back as they were, whatever they lack', () => {
	const number = fc.option(
		fc.oneof(
			fc.maxSafeInteger(),
			fc.integer({min: 0, max: 1e6}).map(each => each * 1024),
			fc.double({noNaN: true}),
		),
		{nil: undefined},
	);
	const usage = fc
		.record({cpu: number, memory: number, cpuText: fc.option(anyText, {nil: undefined})})
		.map(({cpuText, ...each}) => ({...each, ...(cpuText === undefined ? {} : {cpuText})}));
	const when = {timestamp: anyTime, windowMs: fc.oneof(fc.nat(), fc.double({min: 0, max: 1e5, noNaN: true}))};
	const names = fc.constantFrom('a', 'b', 'node-1');
	const samples = fc.array(
		fc.oneof(
			fc.record({of: fc.constant('node'), name: names, ...when, usage}),
			fc.record({
				of: fc.constant('pod'),
				namespace: names,
				name: names,
				...when,
				containers: fc.array(
					fc.tuple(names, usage).map(([name, each]) => ({name, ...each})),
					{maxLength: 2},
				),
			}),
		),
		{maxLength: 5},
	) as fc.Arbitrary<readonly UsageSample[]>;
	fc.assert(
		fc.property(fc.array(samples, {maxLength: 3}), polls => {
			const encoder = new SegmentEncoder(BASE, 0);
			const observations = polls.map(
				(each, index): Observation => ({order: index + 1, at: BASE, serverAt: undefined, kind: 'sample', samples: samplesOf(each)}),
			);
			for (const observation of observations) encoder.observation(observation);
			const read = [...new SegmentDecoder(BASE, 0, (_, object) => object).observations(encoder.take())];
			expect(read.map(each => each.kind === 'sample' && listOf(each.samples))).toEqual(polls);
		}),
	);
});

test('samples that would have more figures than there is memory are refused before there is room for them', () => {
	const [names, samples] = [100_000, 200_000];
	const out = new ByteWriter();
	const values = new ValueEncoder(out, BASE);
	out.varint(samples);
	out.byte(0);
	values.value(['shop', 'a', ...Array.from({length: names}, () => 'x')]);
	out.byte(1);
	for (let each = 1; each < samples; each++) {
		out.byte(1);
		out.signed(0);
	}
	for (const first of [BASE, 0]) values.value(first);
	for (let each = 0; each < 2 * samples; each++) out.signed(1);
	const bytes = out.take();
	expect(() => new SampleDecoder(new ValueDecoder(BASE)).read(new ByteReader(bytes))).toThrow(MalformedRecording);
});

test('a keyframe that has a node among the samples of pods is refused', () => {
	const sample: UsageSample = {of: 'node', name: 'shop/a', timestamp: BASE, windowMs: 1, usage: {cpu: undefined, memory: undefined}};
	const kept = (list: readonly UsageSample[]) => ({
		samples: samplesOf(list),
		names: new Int32Array(list.length),
		lasts: new Float64Array(list.length),
		...{olderPolls: [], reference: null, distances: [], newest: null, sweptAt: null},
	});
	const written = (pods: readonly UsageSample[], nodes: readonly UsageSample[]): Buffer =>
		resultOf(encodeUsage({pods: kept(pods), nodes: kept(nodes), log: {names: [['']], floor: 0, end: 0}}, [], BASE));
	expect(listOf(resultOf(decodeUsage(written([], [sample]), [], BASE)).nodes.samples)).toEqual([sample]);
	expect(() => resultOf(decodeUsage(written([sample], []), [], BASE))).toThrow(MalformedRecording);
});

function resultOf<T>(steps: Generator<void, T, void>): T {
	for (;;) {
		const next = steps.next();
		if (next.done === true) return next.value;
	}
}

test('a change of a field is written in a few bytes', () => {
	const encoder = new SegmentEncoder(BASE, 0);
	const pod = emptyOf(RESOURCES[0].fields) as unknown as Stored;
	const at = (order: number, resourceVersion: string): Observation => ({
		order,
		at: epochMs(BASE + order),
		serverAt: undefined,
		kind: 'object',
		resource: 'pods',
		namespace: undefined,
		event: {kind: 'apply', object: {...pod, metadata: {...pod.metadata, name: 'web-0', namespace: 'shop', resourceVersion}}},
	});
	encoder.observation(at(1, '1000'));
	encoder.take();
	encoder.observation(at(2, '1007'));
	expect(encoder.take().length).toBeLessThan(16);
});

function isPlainData(value: unknown): boolean {
	if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') return false;
	if (typeof value === 'string') return wash(value) === value;
	if (typeof value !== 'object' || value === null) return true;
	if (Object.hasOwn(value, '__proto__')) return false;
	if (Array.isArray(value)) return Array.from(value).every(isPlainData) && Object.keys(value).length === value.length;
	return Object.entries(value).every(([key, each]) => key.isWellFormed() && isPlainData(each));
}
