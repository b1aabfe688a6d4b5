import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {KubeObject} from '../cluster/client.ts';
import {changeOf, dueBy} from '../cluster/scenarios/churn.ts';
import {columnOf, constant, ramp, series, sine, spikes, steps, sum, times} from '../cluster/scenarios/curves.ts';
import {filledDeployment, replicasOf} from '../cluster/scenarios/fill.ts';
import {spread, usagePatches} from '../cluster/scenarios/load.ts';
import {progressOfOne} from '../cluster/scenarios/workload-progress.ts';

describe('curves', () => {
	test.each([
		{name: 'constant', curve: constant(7), at: {0: 7, 1000: 7}},
		{name: 'a sine starts at its mean, going up', curve: sine({mean: 10, amplitude: 4, periodSeconds: 100}), at: {0: 10, 25: 14, 75: 6, 100: 10}},
		{name: 'a phase is what is over already', curve: sine({mean: 10, amplitude: 4, periodSeconds: 100, phase: 0.25}), at: {0: 14}},
		{name: 'a ramp stays before and after', curve: ramp({from: 10, to: 20, startSeconds: 5, overSeconds: 10}), at: {0: 10, 5: 10, 10: 15, 15: 20, 99: 20}},
		{name: 'a step holds until the next, from its very moment', curve: steps([10, 1], [20, 5]), at: {0: 1, 19.99: 1, 20: 5, 99: 5}},
		{name: 'a spike ends its period', curve: spikes({base: 1, peak: 9, everySeconds: 60, lastingSeconds: 10}), at: {0: 1, 49.9: 1, 50: 9, 59.9: 9, 60: 1}},
		{name: 'a series goes straight from value to value', curve: series([0, 10, 20], 5), at: {0: 0, 2.5: 5, 5: 10, 7.5: 15, 10: 20, 15: 0}},
		{name: 'sums and multiples', curve: sum(constant(1), times(3, constant(2))), at: {0: 7}},
	])('$name', ({curve, at}) => {
		for (const [second, value] of Object.entries(at)) expect(curve(Number(second)), `at ${second} s`).toBeCloseTo(value as number);
	});

	test('a series never leaves the range of its values', () => {
		fc.assert(
			fc.property(fc.array(fc.integer({min: -1000, max: 1000}), {minLength: 1}), fc.float({min: 0, max: 10_000, noNaN: true}), (values, second) => {
				const value = series(values, 5)(second);
				expect(value).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
				expect(value).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
			}),
		);
	});
});

describe('a CSV', () => {
	const csv = '# where it comes from\r\ntime, requests\r\n00:00, 12\r\n\r\n00:05, 0.5\r\n';
	test('gives the numbers of the column, without comments and empty lines', () => expect(columnOf(csv, 'requests')).toEqual([12, 0.5]));
	test('with no such column says which there are', () => expect(() => columnOf(csv, 'cpu')).toThrow('time, requests'));
	test('with a cell that is no number says in which line', () => expect(() => columnOf(csv, 'time')).toThrow('line 3'));
	test('with an empty cell does not take it for 0', () => expect(() => columnOf('a,b\n1,\n', 'b')).toThrow('line 2'));
});

describe('a load', () => {
	const pod = (name: string, annotations: Record<string, string> = {}): KubeObject => ({metadata: {namespace: 'shop', name, annotations}});
	const load = {namespace: 'shop', app: 'web', cpuMilli: constant(100)};

	test('of each pod is the same however many there are, and of all together is shared', () => {
		const pods = ['a', 'b', 'c', 'd'].map(name => pod(name));
		expect(usagePatches(load, pods, 0).map(({annotations}) => annotations['kwok.x-k8s.io/usage-cpu'])).toEqual(['100m', '100m', '100m', '100m']);
		expect(usagePatches({...load, per: 'all'}, pods, 0).map(({annotations}) => annotations['kwok.x-k8s.io/usage-cpu'])).toEqual(['25m', '25m', '25m', '25m']);
	});

	test('patches no pod that already uses as much', () => {
		const patches = usagePatches(load, [pod('a', {'kwok.x-k8s.io/usage-cpu': '100m'}), pod('b', {'kwok.x-k8s.io/usage-cpu': '90m'})], 0);
		expect(patches.map(({path}) => path)).toEqual(['/api/v1/namespaces/shop/pods/b']);
	});

	test('of one container is said of that container alone', () => {
		expect(usagePatches({...load, container: 'app', memoryMi: constant(64)}, [pod('a')], 0)[0]?.annotations).toEqual({
			'kwb.test/usage-cpu.app': '100m',
			'kwb.test/usage-memory.app': '64Mi',
		});
	});

	test('is never 0, which would take the pod out of the metrics', () => {
		expect(usagePatches({...load, cpuMilli: constant(-5)}, [pod('a')], 0)[0]?.annotations).toEqual({'kwok.x-k8s.io/usage-cpu': '1m'});
	});

	test('that is uneven stays within its bounds and leans the same way each time', () => {
		fc.assert(
			fc.property(fc.array(fc.string({minLength: 1}), {minLength: 1}), names => {
				const patches = () =>
					usagePatches(
						{...load, cpuMilli: constant(1000), unevenness: 0.2},
						names.map(name => pod(name)),
						0,
					);
				for (const {annotations} of patches()) {
					const milli = Number.parseInt(annotations['kwok.x-k8s.io/usage-cpu']!, 10);
					expect(milli).toBeGreaterThanOrEqual(800);
					expect(milli).toBeLessThanOrEqual(1200);
				}
				expect(patches()).toEqual(patches());
			}),
		);
	});

	test('works on every item once, and on none after it was ended', async () => {
		const done: number[] = [];
		await spread([1, 2, 3], 0, new AbortController().signal, async item => void done.push(item));
		expect(done).toEqual([1, 2, 3]);
		const ended = new AbortController();
		ended.abort();
		await spread([4, 5], 100, ended.signal, async item => void done.push(item));
		expect(done).toEqual([1, 2, 3]);
	});
});

describe('fill', () => {
	test('makes exactly as many pods as asked for, evenly', () => {
		fc.assert(
			fc.property(fc.integer({min: 1, max: 100}), fc.integer({min: 0, max: 20_000}), (count, pods) => {
				const replicas = Array.from({length: count}, (_, index) => replicasOf(index, count, pods));
				expect(replicas.reduce((sum, each) => sum + each, 0)).toBe(pods);
				expect(Math.max(...replicas) - Math.min(...replicas)).toBeLessThanOrEqual(1);
			}),
		);
	});

	test('gives each deployment a name of its own', () => {
		const names = Array.from({length: 130}, (_, index) => filledDeployment(index, 1)).map(({metadata}) => `${metadata?.namespace}/${metadata?.name}`);
		expect(new Set(names).size).toBe(130);
	});

	test('makes pods of two containers that are as large as real ones', () => {
		const template = filledDeployment(0, 1).spec!.template;
		expect(template.spec?.containers).toHaveLength(2);
		// The server adds defaults, the service account's volume and a status of about 2 kB.
		expect(JSON.stringify(template).length).toBeGreaterThan(3000);
		expect(JSON.stringify(template).length).toBeLessThan(5000);
	});
});

describe('churn', () => {
	test('is due at its rate, makes up for a late timer, and ends', () => {
		expect([0, 10, 1000, 2000, 9000].map(elapsedMs => dueBy(elapsedMs, 500, 1000))).toEqual([0, 5, 500, 1000, 1000]);
	});

	test('changes something each time, and never what a controller acts on', () => {
		for (const kind of ['annotation', 'label', 'status'] as const) {
			expect(changeOf(kind, 1)).not.toEqual(changeOf(kind, 2));
			expect(JSON.stringify(changeOf(kind, 1))).toContain('kwb.test/churn');
		}
		expect(changeOf('status', 1).subresource).toBe('/status');
	});
});

describe('progress', () => {
	test.each([
		{name: 'a Deployment wants what its spec says', given: {spec: {replicas: 3}, status: {readyReplicas: 1}}, progress: {ready: 1, wanted: 3}},
		{name: 'pods that are too many do not count', given: {spec: {replicas: 2}, status: {readyReplicas: 4}}, progress: {ready: 2, wanted: 2}},
		{name: 'no status yet is none ready', given: {spec: {replicas: 3}}, progress: {ready: 0, wanted: 3}},
		{name: 'scaled to 0 wants none', given: {spec: {replicas: 0}, status: {}}, progress: {ready: 0, wanted: 0}},
		{name: 'a DaemonSet wants what it has counted', given: {spec: {}, status: {desiredNumberScheduled: 6, numberReady: 5}}, progress: {ready: 5, wanted: 6}},
	])('$name', ({given, progress}) => expect(progressOfOne(given)).toEqual(progress));
});
