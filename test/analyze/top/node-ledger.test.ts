import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {explainNodeLedger, type LedgerPod, nodeLedger} from '../../../src/analyze/top/node-ledger.ts';
import {podLoad} from '../../../src/analyze/top/pod-load.ts';
import {podResources} from '../../../src/analyze/top/pod-resources.ts';
import {podStatus} from '../../../src/analyze/top/pod-status.ts';
import {type PodSums, sumPods} from '../../../src/analyze/top/sums.ts';
import {ago, node, pod} from './builders.ts';

type Shape = {
	readonly phase?: string;
	readonly cpu?: string;
	readonly cpuLimit?: string;
	readonly used?: number;
	readonly missing?: readonly string[];
	readonly deleting?: boolean;
	readonly containers?: ReadonlyArray<{readonly cpuLimit?: string}>;
};

function loaded({phase = 'Running', cpu, cpuLimit, used, missing = [], deleting = false, containers}: Shape): LedgerPod {
	const resources = (limit: string | undefined) => ({requests: cpu === undefined ? {} : {cpu}, limits: limit === undefined ? {} : {cpu: limit}});
	const of = pod({
		metadata: deleting ? {deletionTimestamp: ago(5)} : {},
		spec: {
			containers: containers?.map((each, index) => ({name: `c${index}`, resources: resources(each.cpuLimit)})) ?? [
				{name: 'app', resources: resources(cpuLimit)},
			],
		},
		status: {phase},
	});
	return {pod: of, load: podLoad(of, podStatus(of), podResources(of), used === undefined ? undefined : {cpu: used, memory: used, missing})};
}

const CORE = 1e9;

describe('the ledger of a node', () => {
	test('adds up what holds room: not what has ended, but what is terminating', () => {
		const pods = [
			loaded({cpu: '1', cpuLimit: '2', used: CORE / 2}),
			loaded({cpu: '500m', cpuLimit: '1', used: CORE / 4, deleting: true}),
			loaded({cpu: '1', phase: 'Succeeded'}),
			loaded({cpu: '1', phase: 'Failed'}),
			loaded({cpu: '250m', cpuLimit: '1', phase: 'Pending'}),
		];
		expect(nodeLedger(node(), 'cpu', pods, CORE)).toEqual({
			allocatable: 3.8 * CORE,
			requests: 1.75 * CORE,
			limits: 4 * CORE,
			unlimitedPods: 0,
			podUsage: 0.75 * CORE,
			unmeasuredPods: 0,
			nodeUsage: CORE,
			unaccounted: CORE / 4,
		});
	});

	test.each<{name: string; pods: readonly LedgerPod[]; nodeUsage: number | undefined; expected: Partial<ReturnType<typeof nodeLedger>>}>([
		{
			name: 'no pod with a sample leaves it unknown, not 0',
			pods: [loaded({})],
			nodeUsage: CORE,
			expected: {podUsage: undefined, unaccounted: undefined, unmeasuredPods: 1},
		},
		{
			name: 'no sample of the node does too',
			pods: [loaded({used: 1})],
			nodeUsage: undefined,
			expected: {podUsage: 1, nodeUsage: undefined, unaccounted: undefined},
		},
		{
			name: 'pods measured over other intervals may use more than their node',
			pods: [loaded({used: 2 * CORE})],
			nodeUsage: CORE,
			expected: {unaccounted: -CORE},
		},
		{
			name: 'a pod half measured is counted and said',
			pods: [loaded({used: 5, missing: ['side']})],
			nodeUsage: CORE,
			expected: {podUsage: 5, unmeasuredPods: 1},
		},
		{name: 'a pod that does not run is not missed', pods: [loaded({phase: 'Pending'})], nodeUsage: CORE, expected: {unmeasuredPods: 0}},
		{
			name: 'no limit is told apart from a limit of nothing',
			pods: [loaded({}), loaded({cpuLimit: '1'})],
			nodeUsage: CORE,
			expected: {limits: CORE, unlimitedPods: 1},
		},
		{
			name: 'a limit of some containers is no full limit',
			pods: [loaded({containers: [{cpuLimit: '1'}, {}]})],
			nodeUsage: CORE,
			expected: {limits: CORE, unlimitedPods: 1},
		},
	])('$name', ({pods, nodeUsage, expected}) => expect(nodeLedger(node(), 'cpu', pods, nodeUsage)).toMatchObject(expected));

	test('a node that does not say what is allocatable is measured by its capacity', () => {
		expect(nodeLedger(node({status: {allocatable: {}}}), 'memory', [], undefined).allocatable).toBe(16 * 2 ** 30);
	});

	test.each<[name: string, pods: readonly LedgerPod[], used: number | undefined, kind: string, text: RegExp]>([
		['room left', [loaded({cpu: '1', cpuLimit: '2'})], CORE, 'good', /requested/],
		['limits beyond what there is', [loaded({cpu: '1', cpuLimit: '4'})], CORE, 'warn', /overcommitted/],
		['requests beyond what there is', [loaded({cpu: '4', cpuLimit: '4'})], CORE, 'bad', /more is requested/],
		['use beyond what there is', [loaded({cpu: '1', cpuLimit: '2'})], 4 * CORE, 'bad', /more is used/],
	])('%s', (_, pods, used, kind, text) => {
		const {verdict, steps} = explainNodeLedger(node(), 'cpu', pods, used, amount => String(amount));
		expect(verdict).toMatchObject({kind, text: expect.stringMatching(text)});
		expect(steps.map(step => step.id)).toEqual(['allocatable', 'pods', 'requests', 'limits', 'podUsage', 'nodeUsage', 'unaccounted']);
	});
});

describe('sums', () => {
	const shapes = fc.record({
		phase: fc.constantFrom('Running', 'Running', 'Pending', 'Succeeded', 'Failed'),
		cpu: fc.constantFrom(undefined, '100m', '1', '250m') as fc.Arbitrary<string>,
		cpuLimit: fc.constantFrom(undefined, '1', '2') as fc.Arbitrary<string>,
		used: fc.option(fc.nat(3e9), {nil: undefined}) as fc.Arbitrary<number>,
	});

	function added(one: PodSums, other: PodSums): unknown {
		const known = (a: number | undefined, b: number | undefined) => (a === undefined ? b : b === undefined ? a : a + b);
		const resource = (a: PodSums['cpu'], b: PodSums['cpu']) =>
			Object.fromEntries(Object.keys(a).map(name => [name, known(a[name as keyof typeof a], b[name as keyof typeof b])]));
		return {
			pods: one.pods + other.pods,
			active: one.active + other.active,
			ready: one.ready + other.ready,
			restarts: one.restarts + other.restarts,
			cpu: resource(one.cpu, other.cpu),
			memory: resource(one.memory, other.memory),
		};
	}

	test('sums of parts add up to the sum of the whole, in any order', () => {
		fc.assert(
			fc.property(fc.array(shapes, {maxLength: 12}), fc.nat(12), (all, cut) => {
				const pods = all.map(loaded);
				const whole = sumPods(pods);
				expect(added(sumPods(pods.slice(0, cut)), sumPods(pods.slice(cut)))).toEqual(whole);
				expect(sumPods(pods.toReversed())).toEqual(whole);
			}),
		);
	});

	test('agree with the ledger of a node with the same pods', () => {
		fc.assert(
			fc.property(fc.array(shapes, {maxLength: 12}), all => {
				const pods = all.map(loaded);
				const {cpu} = sumPods(pods);
				expect(nodeLedger(node(), 'cpu', pods, undefined)).toMatchObject({
					requests: cpu.requests,
					limits: cpu.limits,
					podUsage: cpu.usage,
					unmeasuredPods: cpu.unmeasured,
				});
			}),
		);
	});

	test('a percentage is taken of the requests of those that are measured', () => {
		const {cpu} = sumPods([loaded({cpu: '1', used: CORE / 2}), loaded({cpu: '1'}), loaded({used: 5 * CORE})]);
		expect([cpu.usageWithRequest, cpu.requestsWithUsage]).toEqual([CORE / 2, CORE]);
	});
});
