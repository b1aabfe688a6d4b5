import {statSync} from 'node:fs';
import {beforeAll, describe, expect, test} from 'vitest';
import {resourceById} from '../../src/kube/registry.ts';
import {deployments} from '../../src/kube/resources/deployments.ts';
import {endpointslices} from '../../src/kube/resources/endpointslices.ts';
import {type HorizontalPodAutoscaler, horizontalpodautoscalers} from '../../src/kube/resources/horizontalpodautoscalers.ts';
import {leases} from '../../src/kube/resources/leases.ts';
import {nodes} from '../../src/kube/resources/nodes.ts';
import {poddisruptionbudgets} from '../../src/kube/resources/poddisruptionbudgets.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import {services} from '../../src/kube/resources/services.ts';
import type {Frame} from '../../src/observe/frame.ts';
import {openRecording} from '../../src/record/open-recording.ts';
import {DEMO, frameOf} from './demo.ts';

/** A frame a quarter of a minute. */
let frames: readonly Frame[];

beforeAll(() => {
	frames = Array.from({length: 59}, (_, index) => frameOf(DEMO, `+${15 * (index + 1)}s`));
}, 60_000);

const hpasNamed = (name: string): readonly HorizontalPodAutoscaler[] =>
	frames.map(frame => [...frame.snapshot(horizontalpodautoscalers).objects.values()].find(({metadata}) => metadata.name === name)!);
const conditionsOf = (hpa: HorizontalPodAutoscaler): readonly string[] => hpa.status.conditions.map(({reason}) => reason);

describe('the bundled recording holds what the demo promises', () => {
	test('it is small, whole, and a quarter of an hour long', () => {
		expect(statSync(DEMO).size).toBeLessThanOrEqual(2 * 1024 * 1024);
		const opened = openRecording(DEMO, resourceById);
		if (!opened.ok) throw new Error(opened.error.message);
		const {from, to} = opened.value.range();
		expect(to - from).toBeGreaterThan(14.5 * 60_000);
		const step = opened.value.walk({at: from});
		while (step().kind !== 'end');
		expect(opened.value.losses()).toEqual([]);
		expect(opened.value.resources().size).toBeGreaterThanOrEqual(14);
	});

	test('at least a hundred pods on twelve nodes, all the time', () => {
		for (const frame of frames) {
			expect(frame.snapshot(pods).objects.size).toBeGreaterThanOrEqual(100);
			expect(frame.snapshot(nodes).objects.size).toBe(12);
		}
	});

	test('an autoscaler goes up and down, one is pinned at its maximum, one is held by stabilization', () => {
		const counts = hpasNamed('storefront').map(({status}) => status.currentReplicas);
		const peak = counts.indexOf(Math.max(...counts));
		expect(counts[peak]!).toBeGreaterThan(counts[0]!);
		expect(counts.at(-1)!).toBeLessThan(counts[peak]!);
		expect(hpasNamed('search').some(hpa => hpa.status.currentReplicas === hpa.spec.maxReplicas && conditionsOf(hpa).includes('TooManyReplicas'))).toBe(true);
		expect(hpasNamed('catalog').some(hpa => conditionsOf(hpa).includes('ScaleDownStabilized'))).toBe(true);
	});

	test('a rolling update, and one that never gets ready', () => {
		const named = (name: string) => frames.map(frame => frame.snapshot(deployments).objects.get(`shop/${name}`)!);
		expect(new Set(named('cart').map(({metadata}) => metadata.generation)).size).toBeGreaterThan(1);
		expect(named('recommendations').some(({status}) => status.unavailableReplicas > 0)).toBe(true);
	});

	test('a budget blocks, a node is cordoned and drained', () => {
		expect(frames.some(frame => frame.snapshot(poddisruptionbudgets).objects.get('payments/ledger')!.status.disruptionsAllowed === 0)).toBe(true);
		const cordoned = frames.filter(frame => [...frame.snapshot(nodes).objects.values()].some(({spec}) => spec.unschedulable));
		expect(cordoned.length).toBeGreaterThan(4);
		const drained = (frame: Frame): number => [...frame.snapshot(pods).objects.values()].filter(({spec}) => spec.nodeName === 'demo-eu-1b-1').length;
		expect(Math.min(...cordoned.map(drained))).toBeLessThan(drained(frames[0]!));
	});

	test('a crash loop, an OOM-killed container, pods without metrics', () => {
		const statuses = frames.flatMap(frame => [...frame.snapshot(pods).objects.values()].flatMap(({status}) => status.containerStatuses));
		expect(statuses.some(({state}) => state.waiting?.reason === 'CrashLoopBackOff')).toBe(true);
		expect(statuses.some(({state, lastState}) => [state, lastState].some(({terminated}) => terminated?.reason === 'OOMKilled'))).toBe(true);
		const late = frames[30]!;
		const legacy = [...late.snapshot(pods).objects.keys()].filter(key => key.startsWith('batch/legacy'));
		expect(legacy.length).toBeGreaterThan(0);
		for (const key of legacy) expect(late.usage.pods.has(key)).toBe(false);
		expect(late.usage.pods.size).toBeGreaterThan(80);
	});

	test('metrics are out for a minute', () => {
		const out = frames.filter(frame => [...frame.facts.metricsApi.values()].some(({answer}) => answer.kind === 'failed'));
		expect(out.length).toBeGreaterThanOrEqual(3);
		expect([...frames.at(-1)!.facts.metricsApi.values()].every(({answer}) => answer.kind === 'ok')).toBe(true);
	});

	test('what later tabs show: services, their endpoints, the controller-manager’s lease, CoreDNS', () => {
		const frame = frames[20]!;
		expect(frame.snapshot(services).objects.has('kube-system/kube-dns')).toBe(true);
		expect(frame.snapshot(endpointslices).objects.size).toBeGreaterThan(10);
		expect(frame.snapshot(leases).objects.get('kube-system/kube-controller-manager')).toBeDefined();
		expect([...frame.snapshot(pods).objects.keys()].filter(key => key.startsWith('kube-system/coredns')).length).toBe(2);
	});
});
