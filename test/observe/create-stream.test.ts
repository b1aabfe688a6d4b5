import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Resource} from '../../src/kube/schema.ts';
import {createStream, type Stream} from '../../src/observe/create-stream.ts';
import type {Frame, UsageSeries} from '../../src/observe/frame.ts';
import type {Freshness, Observation, ObservationBody, UsageSample} from '../../src/observe/observation.ts';
import {samplesOf} from '../../src/observe/samples.ts';
import type {StoreEvent} from '../../src/store/store.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../../src/util/units.ts';
import {THING_INDEXES, thing} from '../store/thing.ts';
import {fakeClock, START} from './fake-clock.ts';

const PODS = {id: 'pods', indexes: THING_INDEXES} as unknown as Resource;
const newStream = (firstSequence = 0): Stream => createStream({clock: fakeClock(), resourceOf: id => (id === 'pods' ? PODS : undefined), firstSequence});

const event: fc.Arbitrary<StoreEvent> = fc.oneof(
	fc
		.record({
			name: fc.constantFrom('a', 'b', 'c'),
			version: fc.integer({min: 1, max: 30}),
			life: fc.nat(1),
			node: fc.constantFrom('n1', 'n2'),
			isDelete: fc.boolean(),
		})
		.map(
			({name, version, life, node, isDelete}): StoreEvent => ({
				kind: isDelete ? 'delete' : 'apply',
				object: thing(name, {version: `${version}`, uid: `${name}${life}`, node}),
			}),
		),
	fc.constantFrom<StoreEvent>(
		{kind: 'begin'},
		{kind: 'begin'},
		{kind: 'synced', resourceVersion: '31'},
		{kind: 'bookmark', resourceVersion: '32'},
		{kind: 'drop'},
	),
);

const sample: fc.Arbitrary<UsageSample> = fc
	.record({
		name: fc.constantFrom('a', 'b'),
		second: fc.integer({min: 0, max: 1500}),
		cpu: fc.option(fc.nat(), {nil: undefined}),
		isNode: fc.boolean(),
		second2: fc.boolean(),
	})
	.map(({name, second, cpu, isNode, second2}): UsageSample => {
		const usage = {cpu: cpu as NanoCores | undefined, memory: 5 as Bytes};
		const common = {name, timestamp: epochMs(START + second * 1000), windowMs: 15_000};
		return isNode
			? {of: 'node', ...common, usage}
			: {of: 'pod', namespace: 'shop', ...common, containers: [{name: 'app', ...usage}, ...(second2 ? [{name: 'side', ...usage}] : [])]};
	});

const freshness = fc.constantFrom<Freshness>({kind: 'connecting'}, {kind: 'live'}, {kind: 'syncing', received: 3}, {kind: 'absent'});
const scope = fc.constantFrom(undefined, 'shop');

const body: fc.Arbitrary<ObservationBody> = fc.oneof(
	{weight: 8, arbitrary: fc.record({kind: fc.constant('object' as const), resource: fc.constantFrom('pods', 'strange'), namespace: scope, event})},
	{weight: 4, arbitrary: fc.record({kind: fc.constant('sample' as const), samples: fc.array(sample, {maxLength: 4}).map(samplesOf)})},
	fc.record({kind: fc.constant('freshness' as const), resource: fc.constantFrom('pods', 'nodes'), namespace: scope, freshness}),
	fc.record({
		kind: fc.constant('fault' as const),
		fault: fc.record({source: fc.constantFrom('pods', 'metrics'), code: fc.constantFrom('a', 'b'), message: fc.string({maxLength: 3})}),
	}),
	fc.record({
		kind: fc.constant('fact' as const),
		fact: fc.oneof(
			fc.record({name: fc.constant('note' as const), topic: fc.constantFrom('x', 'y'), value: fc.string({maxLength: 3})}),
			fc.constant({name: 'clusterIdentity' as const, uid: 'u'}),
			fc.record({
				name: fc.constant('metricsApi' as const),
				of: fc.constantFrom('pod' as const, 'node' as const),
				namespace: scope,
				answer: fc.constant({kind: 'ok' as const, version: 'v1', items: 1, newSamples: 1, at: epochMs(START)}),
			}),
		),
	}),
	fc.record({kind: fc.constant('mark' as const), text: fc.string({maxLength: 3})}),
);

/** All that a tab can see of a frame, but for sequences: these say only what changed since when. */
function seen(frame: Frame): unknown {
	const series = (each: UsageSeries | undefined): unknown => each && {times: [...each.times], cpu: [...each.cpu], memory: [...each.memory]};
	const inOrder = (map: ReadonlyMap<string, unknown>): unknown => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
	return {
		order: frame.order,
		stores: ['pods', 'strange', 'nodes'].map(id => {
			const {resourceVersion, hasSynced, objects} = frame.snapshot({id} as Resource);
			return {resourceVersion, hasSynced, objects: inOrder(objects)};
		}),
		onNode: [...frame.snapshot(PODS).byIndex('node', 'n1')].map(each => each.metadata.name).sort(),
		freshness: ['pods', 'nodes'].map(id => inOrder(frame.freshness(id))),
		pods: inOrder(frame.usage.pods),
		nodes: inOrder(frame.usage.nodes),
		series: ['a', 'b'].map(name => [
			series(frame.usage.podSeries(`shop/${name}`)),
			series(frame.usage.containerSeries(`shop/${name}`, 'side')),
			series(frame.usage.nodeSeries(name)),
		]),
		cadence: frame.usage.cadenceMs,
		facts: {...frame.facts, metricsApi: inOrder(frame.facts.metricsApi), notes: inOrder(frame.facts.notes)},
		faults: frame.faults,
		marks: frame.marks,
	};
}

describe('the stream', () => {
	test('saved, restored and fed the rest, it equals one that never stopped', () => {
		fc.assert(
			fc.property(fc.array(body, {maxLength: 80}), fc.nat(80), fc.boolean(), (bodies, cut, intoUsed) => {
				const observations = bodies.map((each, index): Observation => ({order: index + 1, at: epochMs(START + index), serverAt: undefined, ...each}));
				const straight = newStream();
				for (const each of observations) straight.replay(each);

				const first = newStream();
				for (const each of observations.slice(0, cut)) first.replay(each);
				const saved = first.save();
				const second = newStream(1_000_000);
				if (intoUsed) for (const each of [...observations].reverse()) second.replay(each);
				second.restore(saved);
				for (const each of observations.slice(cut)) second.replay(each);
				const at = epochMs(START);
				expect(seen(second.frame(at))).toEqual({
					...(seen(straight.frame(at)) as object),
					order: cut >= observations.length ? first.frame(at).order : observations.length,
				});
			}),
			{numRuns: 300},
		);
	});

	test('every fold keeps its frame as it was', () => {
		fc.assert(
			fc.property(fc.array(body, {maxLength: 60}), fc.nat(60), (bodies, cut) => {
				const stream = newStream();
				for (const each of bodies.slice(0, cut)) stream.observe(each);
				const frame = stream.frame(epochMs(START));
				const before = JSON.stringify(seen(frame));
				for (const each of bodies.slice(cut)) stream.observe(each);
				expect(JSON.stringify(seen(frame))).toBe(before);
			}),
		);
	});

	test('stamps our clock and the server’s, in one order', () => {
		const stream = newStream();
		const told: Observation[] = [];
		stream.subscribe(each => told.push(each));
		stream.observe({kind: 'mark', text: 'before'});
		stream.noteServerDate(START + 60_000, 10);
		stream.observe({kind: 'mark', text: 'after'});
		expect(told).toMatchObject([
			{order: 1, at: START, serverAt: undefined},
			{order: 2, at: START, serverAt: START + 60_505},
		]);
		expect(stream.now()).toBe(START + 60_505);
	});

	test('what is said while something is taken in has its turn after it, for every listener', () => {
		const stream = newStream();
		const told: string[] = [];
		stream.subscribe(each => {
			if (each.kind === 'mark' && each.text === 'one') stream.observe({kind: 'mark', text: 'two'});
		});
		stream.subscribe(each => each.kind === 'mark' && told.push(each.text));
		stream.observe({kind: 'mark', text: 'one'});
		expect(told).toEqual(['one', 'two']);
	});

	test('a listener that throws is reported as a fault, and the stream goes on', () => {
		const stream = newStream();
		stream.subscribe(() => {
			throw new Error('oops');
		});
		stream.observe({kind: 'mark', text: 'one'});
		stream.observe({kind: 'mark', text: 'two'});
		const frame = stream.frame(epochMs(START));
		expect(frame.marks).toHaveLength(2);
		expect(frame.faults).toMatchObject([{fault: {source: 'kwb', code: 'internal', message: expect.stringContaining('oops')}, count: 2}]);
	});

	test('folds that nothing changed give the same objects to the next frame', () => {
		const stream = newStream();
		stream.observe({kind: 'object', resource: 'pods', namespace: undefined, event: {kind: 'apply', object: thing('a')}});
		const first = stream.frame(epochMs(START));
		stream.observe({kind: 'mark', text: 'x'});
		const second = stream.frame(epochMs(START));
		expect(second.snapshot(PODS)).toBe(first.snapshot(PODS));
		expect(second.usage).toBe(first.usage);
		expect(second.facts).toBe(first.facts);
		expect(second.marks).not.toBe(first.marks);
	});

	test('a resource that nobody watches is empty and not synced', () => {
		const snapshot = newStream().frame(epochMs(START)).snapshot(PODS);
		expect(snapshot).toMatchObject({hasSynced: false, resourceVersion: ''});
		expect(snapshot.objects.size).toBe(0);
		expect(snapshot.byIndex('node', 'n1')).toEqual([]);
	});

	test('faults are folded by source and code, latest first, and bounded', () => {
		const stream = newStream();
		for (let code = 0; code < 500; code++) stream.observe({kind: 'fault', fault: {source: 'pods', code: `${code % 300}`, message: `${code}`}});
		const {faults} = stream.frame(epochMs(START));
		expect(faults).toHaveLength(100);
		expect(faults[0]).toMatchObject({fault: {code: '199', message: '499'}});
	});
});
