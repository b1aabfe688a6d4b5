import {describe, expect, test} from 'vitest';
import type {ScaleTarget} from '../../src/observe/hpa-scale-notes.ts';
import {createScalePoller, readKinds, readScale} from '../../src/reflector/scale-poller.ts';
import type {Asked} from './fake-transport.ts';
import {createHarness} from './harness.ts';

const rollout: ScaleTarget = {apiVersion: 'argoproj.io/v1', kind: 'Rollout', namespace: 'shop', name: 'web'};
const daemon: ScaleTarget = {apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'shop', name: 'logs'};
const controller: ScaleTarget = {apiVersion: 'v1', kind: 'ReplicationController', namespace: 'shop', name: 'old'};

const LISTS: Readonly<Record<string, unknown>> = {
	'/apis/argoproj.io/v1': {
		resources: [
			{name: 'rollouts', kind: 'Rollout', namespaced: true},
			{name: 'rollouts/scale', kind: 'Scale', namespaced: true},
		],
	},
	'/apis/apps/v1': {resources: [{name: 'daemonsets', kind: 'DaemonSet', namespaced: true}]},
	'/api/v1': {
		resources: [
			{name: 'replicationcontrollers', kind: 'ReplicationController', namespaced: true},
			{name: 'replicationcontrollers/scale', kind: 'Scale', namespaced: true},
		],
	},
};
const SCALE = {kind: 'Scale', spec: {replicas: 3}, status: {replicas: 2, selector: 'app=web'}};

function answer(asked: Asked, body: unknown): void {
	const pipe = asked.respond('application/json');
	pipe.push(new TextEncoder().encode(JSON.stringify(body)));
	pipe.end();
}

const refused = (status: number) => ({kind: 'status', status, reason: '', message: 'no', retryAfterMs: undefined, causes: []}) as const;

function setUp(targets: readonly ScaleTarget[], scale: (asked: Asked) => void = asked => answer(asked, SCALE)) {
	const harness = createHarness(
		asked => {
			const list = LISTS[asked.spec.path];
			if (list === undefined) scale(asked);
			else answer(asked, list);
		},
		{random: () => 0},
	);
	const poller = createScalePoller(harness.context, {
		targets: () => targets.map(target => ({target, nextPassInMs: undefined})),
		periodMs: () => 15_000,
	});
	return {
		...harness,
		poller,
		paths: () => harness.asked.map(({spec}) => spec.path),
		notes: () => harness.said.flatMap(each => (each.kind === 'fact' && each.fact.name === 'note' ? [JSON.parse(each.fact.value) as unknown] : [])),
	};
}

describe('the poller of scales', () => {
	test('asks once what a kind is called, and once a period for each scale', async () => {
		const {poller, clock, paths, notes, said} = setUp([rollout, {...rollout, name: 'other'}]);
		poller.start();
		await clock.advanceAsync(31_000);
		poller.stop();
		expect(paths().filter(path => path === '/apis/argoproj.io/v1')).toHaveLength(1);
		expect(paths().filter(path => path === '/apis/argoproj.io/v1/namespaces/shop/rollouts/web/scale')).toHaveLength(3);
		expect(paths()).toHaveLength(7);
		expect(notes()[0]).toMatchObject({kind: 'read', specReplicas: 3, statusReplicas: 2, selector: 'app=web'});
		expect(said.find(each => each.kind === 'fact')).toMatchObject({fact: {topic: 'hpa/scale argoproj.io/v1 Rollout/shop/web'}});
	});

	test('asks the core group where it is', async () => {
		const {poller, clock, paths} = setUp([controller]);
		poller.start();
		await clock.advanceAsync(1000);
		poller.stop();
		expect(paths()).toEqual(['/api/v1', '/api/v1/namespaces/shop/replicationcontrollers/old/scale']);
	});

	test.each([
		[403, true, 'get rollouts.argoproj.io/scale: 403 no'],
		[404, false, 'get rollouts.argoproj.io/scale: 404 no'],
	])('an answer of %d is kwb’s alone: %s, named with verb and resource, and not asked again soon', async (status, isOurs, message) => {
		const {poller, clock, paths, notes} = setUp([rollout], asked => asked.fail(refused(status)));
		poller.start();
		await clock.advanceAsync(100_000);
		poller.stop();
		expect(notes()).toMatchObject([{kind: 'failed', message, isOurs}]);
		expect(paths()).toHaveLength(2);
	});

	test('a kind without a scale, or one that nobody serves, is not asked for it', async () => {
		const {poller, clock, paths, notes} = setUp([daemon, {...daemon, kind: 'Widget'}]);
		poller.start();
		await clock.advanceAsync(1000);
		poller.stop();
		expect(paths()).toEqual(['/apis/apps/v1']);
		expect(notes()).toMatchObject([
			{kind: 'failed', message: 'get daemonsets.apps/scale: a DaemonSet has no scale', isOurs: false},
			{kind: 'failed', message: 'no kind Widget is served in apps/v1', isOurs: false},
		]);
	});

	test('asks nothing more once it is stopped', async () => {
		const {poller, clock, paths} = setUp([rollout]);
		poller.start();
		await clock.advanceAsync(0);
		poller.stop();
		await clock.advanceAsync(60_000);
		expect(paths().length).toBeLessThanOrEqual(2);
		expect(clock.pending).toBe(0);
	});
});

test('what a scale leaves out is zero, and what is no scale is none', () => {
	expect(readScale('{"kind": "Scale"}')).toEqual({specReplicas: 0, statusReplicas: 0, selector: ''});
	for (const text of ['', '{}', '[]', '{"kind": "Status"}']) expect(readScale(text)).toBeUndefined();
	expect(readKinds('nonsense').size).toBe(0);
});
