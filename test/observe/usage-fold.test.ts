import {describe, expect, test} from 'vitest';
import type {UsageState} from '../../src/observe/frame.ts';
import type {Observation, UsageSample} from '../../src/observe/observation.ts';
import {samplesOf} from '../../src/observe/samples.ts';
import {createUsageFold} from '../../src/observe/usage-fold.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../../src/util/units.ts';
import {thing} from '../store/thing.ts';
import {START} from './fake-clock.ts';

type Containers = Readonly<Record<string, readonly [cpu: number | undefined, memory: number | undefined]>>;

const podSample = (name: string, seconds: number, containers: Containers = {app: [1, 2]}): UsageSample => ({
	of: 'pod',
	namespace: 'shop',
	name,
	timestamp: epochMs(START + seconds * 1000),
	windowMs: 15_000,
	containers: Object.entries(containers).map(([container, [cpu, memory]]) => ({name: container, cpu: cpu as NanoCores, memory: memory as Bytes})),
});
const nodeSample = (name: string, seconds: number): UsageSample => ({
	of: 'node',
	name,
	timestamp: epochMs(START + seconds * 1000),
	windowMs: 15_000,
	usage: {cpu: 5 as NanoCores, memory: 7 as Bytes},
});

function createUsage() {
	const fold = createUsageFold();
	const tell = (body: Pick<Observation, 'kind'>): void => fold.apply({order: 1, at: epochMs(START), serverAt: undefined, ...body} as Observation);
	return {
		fold,
		poll: (...samples: readonly UsageSample[]) => tell({kind: 'sample', samples: samplesOf(samples)} as never),
		deletePod: (name: string) => tell({kind: 'object', resource: 'pods', namespace: undefined, event: {kind: 'delete', object: thing(name)}} as never),
		read: (): UsageState => fold.read(),
	};
}

const seconds = (times: Float64Array | undefined): readonly number[] => Array.from(times ?? [], each => (each - START) / 1000);

describe('usage', () => {
	test('a re-served sample is no new one, and the state stays the same object', () => {
		const {poll, read} = createUsage();
		poll(podSample('a', 0));
		const before = read();
		poll(podSample('a', 0));
		expect(read()).toBe(before);
		poll(podSample('a', 15));
		expect(seconds(read().podSeries('shop/a')?.times)).toEqual([0, 15]);
	});

	test('an older sample is left out twice and believed the third time in a row', () => {
		const {poll, read} = createUsage();
		poll(podSample('a', 60));
		poll(podSample('a', 30));
		poll(podSample('a', 30));
		expect(seconds(read().podSeries('shop/a')?.times)).toEqual([60]);
		poll(podSample('a', 45));
		expect(seconds(read().podSeries('shop/a')?.times)).toEqual([45]);
	});

	test('two replicas that answer in turn never reset a series', () => {
		const {poll, read} = createUsage();
		for (const [newer, older] of [
			[15, 7],
			[30, 22],
			[45, 37],
			[60, 52],
		] as const) {
			poll(podSample('a', newer));
			poll(podSample('a', older));
			poll(podSample('a', older));
		}
		expect(seconds(read().podSeries('shop/a')?.times)).toEqual([15, 30, 45, 60]);
	});

	test('a pod is the sum of its containers, and unknown where one of them is', () => {
		const {poll, read} = createUsage();
		poll(podSample('a', 0, {app: [1, 10], side: [2, undefined]}));
		expect([...read().podSeries('shop/a')!.cpu]).toEqual([3]);
		expect([...read().podSeries('shop/a')!.memory]).toEqual([Number.NaN]);
		expect([...read().containerSeries('shop/a', 'side')!.cpu]).toEqual([2]);
		expect(read().containerSeries('shop/a', 'nobody')).toBeUndefined();
		expect(read().podSeries('shop/b')).toBeUndefined();
	});

	test('a container that comes later has a gap before, not a zero', () => {
		const {poll, read} = createUsage();
		poll(podSample('a', 0, {app: [1, 1]}));
		poll(podSample('a', 15, {debug: [9, 9], app: [1, 1]}));
		expect([...read().containerSeries('shop/a', 'debug')!.cpu]).toEqual([Number.NaN, 9]);
		expect([...read().containerSeries('shop/a', 'app')!.cpu]).toEqual([1, 1]);
	});

	test('a state that was read never changes, however long it is kept', () => {
		const {poll, read} = createUsage();
		for (let round = 0; round < 5; round++) poll(podSample('a', round * 15, {app: [round, round]}));
		const kept = read();
		for (let round = 5; round < 2000; round++) poll(podSample('a', round * 15, {app: [round, round]}));
		expect(seconds(kept.podSeries('shop/a')?.times)).toEqual([0, 15, 30, 45, 60]);
		expect([...kept.podSeries('shop/a')!.cpu]).toEqual([0, 1, 2, 3, 4]);
		expect(kept.pods.get('shop/a')?.timestamp).toBe(START + 60_000);
	});

	test('an hour is kept of a few pods, and the past of many thousands stays within its budget', () => {
		const few = createUsage();
		for (let round = 0; round < 1000; round++) few.poll(podSample('a', round * 15));
		expect(few.read().podSeries('shop/a')!.times.length).toBeGreaterThanOrEqual(240);
		expect(few.read().podSeries('shop/a')!.times.length).toBeLessThanOrEqual(240);

		const wide = Object.fromEntries(Array.from({length: 100}, (_, index) => [`c${index}`, [1, 1] as const]));
		const many = createUsage();
		for (let round = 0; round < 200; round++) many.poll(...Array.from({length: 200}, (_, index) => podSample(`p${index}`, round * 15, wide)));
		// 200 pods of 202 words a sample: 136 samples are the whole budget.
		expect(many.read().podSeries('shop/p0')!.times.length).toBeGreaterThanOrEqual(135);
		expect(many.read().podSeries('shop/p0')!.times.length).toBeLessThanOrEqual(137);
	});

	test('pods are forgotten when they are deleted, or have had no sample for ten minutes while others had', () => {
		const {poll, deletePod, read} = createUsage();
		poll(podSample('a', 0), podSample('b', 0), podSample('c', 0));
		const before = read().sequence;
		deletePod('b');
		expect([...read().pods.keys()]).toEqual(['shop/a', 'shop/c']);
		expect(read().changedSince(before)).toEqual({pods: ['shop/b'], nodes: []});
		for (let round = 1; round <= 48; round++) poll(podSample('a', round * 15));
		expect([...read().pods.keys()]).toEqual(['shop/a']);
	});

	test('an outage of the metrics forgets nothing', () => {
		const {poll, read} = createUsage();
		poll(podSample('a', 0), podSample('b', 0));
		poll();
		poll(podSample('a', 3600), podSample('b', 3600));
		expect(read().pods.size).toBe(2);
	});

	test('the cadence is the median distance, known after four samples, nodes before pods', () => {
		const {poll, read} = createUsage();
		for (const at of [0, 60, 120]) poll(podSample('a', at), nodeSample('n', at / 4));
		expect(read().cadenceMs).toBeUndefined();
		poll(podSample('a', 300));
		expect(read().cadenceMs).toBe(60_000);
		poll(nodeSample('n', 45));
		expect(read().cadenceMs).toBe(15_000);
	});

	test('tells which objects have a new sample, and says so when it no longer knows', () => {
		const {poll, read} = createUsage();
		const start = read().sequence;
		poll(podSample('a', 0), podSample('b', 0), nodeSample('n', 0));
		const middle = read().sequence;
		poll(podSample('a', 0), podSample('b', 15));
		expect(read().changedSince(start)).toEqual({pods: ['shop/a', 'shop/b', 'shop/b'], nodes: ['n']});
		expect(read().changedSince(middle)).toEqual({pods: ['shop/b'], nodes: []});
		expect(read().changedSince(read().sequence)).toEqual({pods: [], nodes: []});
		expect(read().changedSince(read().sequence + 1)).toBeUndefined();
		for (let round = 1; round < 10; round++) poll(...Array.from({length: 10_000}, (_, index) => podSample(`p${index}`, round * 15)));
		expect(read().changedSince(start)).toBeUndefined();
		const known = read().sequence;
		for (let round = 10; round < 13; round++) poll(...Array.from({length: 10_000}, (_, index) => podSample(`p${index}`, round * 15)));
		expect(read().changedSince(known)?.pods).toHaveLength(30_000);
	});
});
