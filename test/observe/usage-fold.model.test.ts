import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {PodSample, UsageState} from '../../src/observe/frame.ts';
import type {Observation} from '../../src/observe/observation.ts';
import {samplesOf} from '../../src/observe/samples.ts';
import {createUsageFold} from '../../src/observe/usage-fold.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../../src/util/units.ts';
import {thing} from '../store/thing.ts';
import {START} from './fake-clock.ts';

const POD_NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Of one poll: who is in it (somebody perhaps twice), how much later than the last, with which containers in which order. */
const poll = fc.array(
	fc.record({
		name: fc.constantFrom(...POD_NAMES),
		later: fc.constantFrom(0, 1000),
		containers: fc.shuffledSubarray(['app', 'log', 'proxy'], {minLength: 1}),
		cpu: fc.option(fc.nat(1000), {nil: undefined}),
	}),
	{maxLength: 10},
);
type Step =
	| {readonly kind: 'poll'; readonly samples: typeof poll extends fc.Arbitrary<infer T> ? T : never}
	| {readonly kind: 'delete'; readonly name: string}
	| {readonly kind: 'restart'};
const step: fc.Arbitrary<Step> = fc.oneof(
	{weight: 6, arbitrary: poll.map(samples => ({kind: 'poll' as const, samples}))},
	fc.record({kind: fc.constant('delete' as const), name: fc.constantFrom(...POD_NAMES)}),
	fc.constant({kind: 'restart' as const}),
);

type Model = ReadonlyMap<string, readonly PodSample[]>;

function look(state: UsageState, model: Model): void {
	expect(new Map(state.pods)).toEqual(new Map([...model].map(([key, samples]) => [key, samples.at(-1)])));
	expect(state.newest('pod')).toBe(model.size === 0 ? undefined : Math.max(...[...model.values()].map(samples => samples.at(-1)!.timestamp)));
	for (const [key, samples] of model)
		for (const container of new Set(samples.flatMap(({containers}) => containers.map(({name}) => name)))) {
			const figures = samples.map(({containers}) => containers.find(({name}) => name === container)?.cpu ?? Number.NaN);
			expect([...state.containerSeries(key, container)!.cpu]).toEqual(figures);
		}
}

test('whatever comes in whatever order, each pod has its latest sample and all its figures; what was read before stays as it was', () => {
	fc.assert(
		fc.property(fc.array(step, {maxLength: 25}), steps => {
			let fold = createUsageFold();
			const model = new Map<string, readonly PodSample[]>();
			const before: Array<readonly [UsageState, Model]> = [];
			for (const each of steps) {
				if (each.kind === 'restart') {
					const next = createUsageFold();
					next.restore(fold.save());
					fold = next;
				} else if (each.kind === 'delete') {
					const event = {kind: 'delete' as const, object: thing(each.name)};
					fold.apply({order: 1, at: epochMs(START), serverAt: undefined, kind: 'object', resource: 'pods', namespace: undefined, event});
					model.delete(`shop/${each.name}`);
				} else {
					const samples: PodSample[] = [];
					for (const {name, later, containers, cpu} of each.samples) {
						const key = `shop/${name}`;
						const known = model.get(key) ?? [];
						const usage = containers.map((container, index) => ({
							name: container,
							cpu: (cpu === undefined ? undefined : cpu + index) as NanoCores | undefined,
							memory: 7 as Bytes,
						}));
						const timestamp = epochMs((known.at(-1)?.timestamp ?? START) + later);
						const sample: PodSample = {of: 'pod', namespace: 'shop', name, timestamp, windowMs: 15_000, containers: usage};
						samples.push(sample);
						if (known.length === 0 || later > 0) model.set(key, [...known, sample]);
					}
					fold.apply({order: 1, at: epochMs(START), serverAt: undefined, kind: 'sample', samples: samplesOf(samples)} satisfies Observation);
				}
				look(fold.read(), model);
				before.push([fold.read(), new Map(model)]);
			}
			for (const [state, then] of before) look(state, then);
		}),
		{numRuns: 150},
	);
});
