import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {ObservationBody} from '../../src/observe/observation.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import {applied, deleted, deploymentObject, hpaObject, leaseObject, newStream, opening, podObject, sampleOf, stamped, START} from './hpa-world.ts';

const KEY = 'shop/web';
const at = epochMs(START + 600_000);

const step: fc.Arbitrary<ObservationBody> = fc.oneof(
	fc
		.record({
			current: fc.integer({min: 1, max: 6}),
			desired: fc.integer({min: 1, max: 6}),
			utilization: fc.integer({min: 0, max: 120}),
			seconds: fc.option(fc.integer({min: 0, max: 300}), {nil: undefined}),
			reason: fc.constantFrom('ReadyForNewScale', 'ScaleDownStabilized', 'SucceededRescale'),
		})
		.map(({seconds, ...options}) =>
			applied('horizontalpodautoscalers', hpaObject({...options, lastScaleTime: seconds === undefined ? undefined : START + seconds * 1000})),
		),
	fc.integer({min: 1, max: 6}).map(replicas => applied('deployments', deploymentObject(replicas))),
	fc.nat(4).map(index => applied('pods', podObject(index))),
	fc.nat(4).map(index => deleted('pods', podObject(index))),
	fc.tuple(fc.nat(4), fc.integer({min: 0, max: 200}), fc.nat(300)).map(([index, milli, seconds]) => sampleOf(index, milli, START + seconds * 1000)),
	fc.tuple(fc.constantFrom('one', 'two'), fc.integer({min: 1, max: 3})).map(([holder, transitions]) => applied('leases', leaseObject(holder, transitions))),
	fc.constant(undefined).map(() => deleted('horizontalpodautoscalers', hpaObject())),
	fc
		.constantFrom('horizontalpodautoscalers', 'deployments', 'pods')
		.map((resource): ObservationBody => ({kind: 'object', resource, namespace: undefined, event: {kind: 'synced', resourceVersion: '9'}})),
);

describe('the memory of HPAs', () => {
	test('saved, restored and fed the rest, it equals one that never stopped', () => {
		fc.assert(
			fc.property(fc.array(step, {maxLength: 40}), fc.nat(60), fc.boolean(), fc.constantFrom(300, 7000), (steps, cut, isWritten, everyMs) => {
				const observations = stamped([...opening(), ...steps], everyMs);
				const straight = newStream();
				for (const each of observations) straight.replay(each);
				const first = newStream();
				for (const each of observations.slice(0, cut)) first.replay(each);
				const saved = first.save();
				const second = newStream(1_000_000);
				// The memory itself is plain data: what JSON makes of it is the same.
				const record = saved.hpas.kept.map(({record: each, ...rest}) => ({...rest, record: isWritten ? JSON.parse(JSON.stringify(each)) : each}));
				second.restore({...saved, hpas: {...saved.hpas, kept: record}});
				for (const each of observations.slice(cut)) second.replay(each);
				expect(JSON.parse(JSON.stringify([...second.frame(at).hpas.records]))).toEqual(JSON.parse(JSON.stringify([...straight.frame(at).hpas.records])));
				expect(second.frame(at).hpas.evidence).toEqual(straight.frame(at).hpas.evidence);
				expect(second.frame(at).faults).toEqual([]);
			}),
			{numRuns: 150},
		);
	});

	test('begins when autoscalers, pods and targets are whole, and not before', () => {
		const observations = stamped(opening(), 100);
		const stream = newStream();
		for (const each of observations.slice(0, -4)) stream.replay(each);
		expect(stream.frame(at).hpas.records.size).toBe(0);
		for (const each of observations.slice(-4)) stream.replay(each);
		expect(stream.frame(at).hpas.records.get(KEY)).toMatchObject({
			memory: {origin: 'watchBegan', lastPass: {raw: {low: 2, high: 2}}, leader: {holder: 'one', transitions: 1}},
			points: [{current: 2, raw: 2, ratio: 1}],
		});
	});

	test('a change of the status is a pass, held against what was expected', () => {
		const grown = START + 60_000;
		const observations = stamped(
			[
				...opening(),
				sampleOf(0, 100, grown),
				sampleOf(1, 100, grown),
				// The order in which it shows: the target, the new pods, the status.
				applied('deployments', deploymentObject(4)),
				applied('pods', podObject(2)),
				applied('horizontalpodautoscalers', hpaObject({current: 2, desired: 4, utilization: 100, lastScaleTime: grown, reason: 'SucceededRescale'})),
			],
			500,
			grown - 5000,
		);
		const stream = newStream();
		for (const each of observations) stream.replay(each);
		const record = stream.frame(at).hpas.records.get(KEY)!;
		expect(record.counts).toEqual({agrees: 1, disagrees: 0, cannotTell: 0});
		expect(record.memory.rescales).toMatchObject([{from: 2, to: 4}]);
		expect(record.judged.at(-1)!.traced).toEqual({
			raw: 4,
			metric: 'cpu resource utilization (percentage of request)',
			current: 2,
			desired: 4,
			reason: 'cpu resource utilization (percentage of request) above target',
		});
		expect(record.changes).toMatchObject([{from: 2, to: 4}]);
	});

	test('pods that a new count made, seen before the count itself, are not taken for what the pass saw', () => {
		const stream = newStream();
		for (const each of stamped(opening(), 100)) stream.replay(each);
		const late = START + 400_000;
		const pass = [
			sampleOf(0, 65, late - 5000),
			sampleOf(1, 65, late - 5000),
			applied('pods', podObject(2)),
			applied('deployments', deploymentObject(3)),
			applied('horizontalpodautoscalers', hpaObject({current: 2, desired: 3, utilization: 65, lastScaleTime: late, reason: 'SucceededRescale'})),
		];
		for (const each of stamped(pass, 20, late)) stream.replay(each);
		expect(
			stream
				.frame(epochMs(late + 10_000))
				.hpas.records.get(KEY)
				?.judged.at(-1),
		).toMatchObject({
			verdict: 'agrees',
			rescaledTo: 3,
			traced: {raw: 3, current: 2, desired: 3},
		});
	});

	test('the same status again is no pass', () => {
		const observations = stamped([...opening(), applied('horizontalpodautoscalers', hpaObject())], 500);
		const stream = newStream();
		for (const each of observations) stream.replay(each);
		expect(stream.frame(at).hpas.records.get(KEY)!.judged).toEqual([]);
	});

	test('another leader begins without a memory', () => {
		const observations = stamped([...opening(), applied('leases', leaseObject('two', 2))], 500);
		const stream = newStream();
		for (const each of observations) stream.replay(each);
		expect(stream.frame(at).hpas.records.get(KEY)!.memory).toMatchObject({
			origin: 'controllerRestarted',
			before: undefined,
			leader: {holder: 'two', transitions: 2},
		});
	});

	test('what was read before does not change when more is learned', () => {
		const observations = stamped([...opening(), applied('horizontalpodautoscalers', hpaObject({utilization: 53}))], 500);
		const stream = newStream();
		for (const each of observations.slice(0, -1)) stream.replay(each);
		const before = stream.frame(at).hpas;
		const text = JSON.stringify([...before.records]);
		expect(stream.frame(at).hpas).toBe(before);
		stream.replay(observations.at(-1)!);
		expect(stream.frame(at).hpas).not.toBe(before);
		expect(JSON.stringify([...before.records])).toBe(text);
	});
});
