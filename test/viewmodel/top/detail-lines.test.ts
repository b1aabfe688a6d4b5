import {describe, expect, test} from 'vitest';
import {foldEvents} from '../../../src/analyze/top/fold-events.ts';
import {chartLines} from '../../../src/viewmodel/chart.ts';
import {textOfLine} from '../../../src/viewmodel/line-tools.ts';
import type {RowSubject} from '../../../src/viewmodel/table-model.ts';
import {createTopRows} from '../../../src/viewmodel/top/create-top-rows.ts';
import {type DetailInput, detailLines} from '../../../src/viewmodel/top/detail-lines.ts';
import {topCharts} from '../../../src/viewmodel/top/top-charts.ts';
import {ago, pod} from '../../analyze/top/builders.ts';
import {event, troubledShop} from './shop.ts';
import {createWorld, QUERY, type World} from './world.ts';

const POD: RowSubject = {kind: 'pod', resource: 'pods', objectKey: 'shop/web-abc-1'};
const APP: RowSubject = {kind: 'container', resource: 'pods', objectKey: 'shop/web-abc-1', container: 'app'};
const NODE: RowSubject = {kind: 'node', resource: 'nodes', objectKey: 'n1'};
const SUM: RowSubject = {kind: 'sum', resource: undefined, objectKey: 'shop', by: 'namespace'};

function input(world: World, subject: RowSubject, width = 100): DetailInput {
	const top = createTopRows();
	const frame = world.frame();
	top.model(frame, QUERY);
	return {frame, top, subject, width};
}

function shown(kind: Parameters<typeof detailLines>[0], world: World, subject: RowSubject, width?: number): string {
	return detailLines(kind, input(world, subject, width))
		.map(line => textOfLine(line).trimEnd())
		.join('\n');
}

describe('describe', () => {
	test('a pod: state, usage, containers with their last exit, conditions, owner, events', () => {
		expect(shown('describe', troubledShop(), POD)).toMatchInlineSnapshot(`
			"Pod shop/web-abc-1
			  status    Running
			  ready     1/2
			  restarts  4 (2m10s ago)
			  age       60m  (since 2026-11-24T11:00:00Z)
			  node      n1
			  address   10.1.2.3
			  QoS       Burstable

			Usage
			           USED  REQUEST  OF REQUEST   LIMIT  OF LIMIT
			  cpu      123m     100m        123%   ≥200m         –
			  memory  200Mi    100Mi        200%  ≥200Mi         –
			  sample 10s old, a mean over 15s, from the metrics API v1beta1
			  not fully limited: some containers have no limit of cpu and memory

			Containers: 3
			  NAME            STATE          READY  RESTARTS  LAST EXIT             CPU    REQ/LIM    MEM      REQ/LIM
			  migrate (init)  Completed 58m  yes           0  –                       –          –      –            –
			  app             Running 2m     no            4  OOMKilled 2m10s ago  120m  100m/200m  190Mi  100Mi/200Mi
			  log             Running 56m    yes           0  –                      3m        –/–   10Mi          –/–

			Conditions
			  Ready         False    2m      ContainersNotReady
			    containers with unready status: [app]
			  PodScheduled  True     60m

			Owner
			  Deployment web  (by its name; its owner was not read)
			    └ ReplicaSet web-abc
			      └ Pod web-abc-1

			Events
			  BackOff  Warning  100s ago  ×7, first 15m ago  kubelet  (newest of 2 messages)
			    Back-off restarting app
			  Pulled  Normal  2m ago  kubelet
			    Image is there
			  Scheduled  Normal  58m ago  ×3, first 60m ago  default-scheduler
			    Assigned"
		`);
	});

	test('a container, with what its pod uses beside it', () => {
		const text = shown('describe', troubledShop(), APP);
		expect(text).toMatch(/^Container app of shop\/web-abc-1/);
		expect(text).toMatch(/last exit {2,}OOMKilled 2m10s ago/);
		expect(text).toContain('shop/web:1');
	});

	test('a node: reconciled with its pods', () => {
		expect(shown('describe', troubledShop(), NODE)).toMatchInlineSnapshot(`
			"Node n1
			  status     Ready
			  roles      –
			  age        24h  (since 2026-11-23T12:00:00Z)
			  addresses  –
			  kubelet    –
			  taints     none

			Allocatable and what becomes of it: 1 pod
			          ALLOCATABLE   REQUESTS     LIMITS  POD USAGE  NODE USAGE  UNACCOUNTED
			  cpu             3.8    100m 2%   ≥200m 5%       123m       1 26%         877m
			  memory         15Gi  100Mi <1%  ≥200Mi 1%      200Mi     2Gi 13%        1.8Gi
			  sample 10s old, a mean over 15s, from the metrics API v1beta1

			Conditions
			  Ready  True     –       KubeletReady

			Events
			  none in the last hour"
		`);
	});

	test('a sum: the states of its pods, and who uses most', () => {
		const text = shown('describe', troubledShop(), SUM);
		expect(text).toMatch(/^1 pod of shop/);
		expect(text).toContain('123m');
	});
});

describe('events', () => {
	test('are folded by reason, newest first, and are of this very object', () => {
		expect(shown('events', troubledShop(), POD)).toMatchInlineSnapshot(`
			"  BackOff  Warning  100s ago  ×7, first 15m ago  kubelet  (newest of 2 messages)
			    Back-off restarting app
			  Pulled  Normal  2m ago  kubelet
			    Image is there
			  Scheduled  Normal  58m ago  ×3, first 60m ago  default-scheduler
			    Assigned"
		`);
	});

	test.each([
		[{kind: 'forbidden', verb: 'list', resource: 'events', namespace: 'shop', nextTryAt: undefined}, 'you may not list events in shop'],
		[{kind: 'syncing', received: 3}, 'events are still coming (3 so far)'],
		[{kind: 'notRecorded', until: undefined}, 'events are not in the recording'],
		[{kind: 'live'}, 'no events; the API server keeps them for an hour'],
	] as const)('none, and %o', (freshness, text) => {
		const world = createWorld();
		world.apply('pods', pod());
		world.freshness('events', freshness);
		expect(shown('events', world, {...POD, objectKey: 'shop/web-1'})).toBe(text);
	});

	test('their order does not matter', () => {
		const of = {uid: 'u', name: 'p'};
		const all = [1, 2, 3, 4, 5].map(id =>
			event(`e${id}`, of, {reason: `R${id % 2}`, message: `m${id}`, count: id, lastTimestamp: ago(id), firstTimestamp: ago(id * 10)}),
		);
		const folded = foldEvents(all);
		expect(foldEvents(all.toReversed())).toEqual(folded);
		expect(folded.map(({reason, count, message, otherMessages}) => [reason, count, message, otherMessages])).toEqual([
			['R1', 9, 'm1', 2],
			['R0', 6, 'm2', 1],
		]);
	});
});

describe('owners', () => {
	test('stand above the pod, and what was only worked out says so', () => {
		const text = shown('related', troubledShop(), POD);
		expect(text).toContain('Deployment web  (by its name; its owner was not read)');
		expect(text.indexOf('Deployment web')).toBeLessThan(text.indexOf('ReplicaSet web-abc'));
	});

	test('a pod that nobody makes again is warned of', () => {
		const world = createWorld();
		world.apply('pods', pod());
		expect(shown('related', world, {...POD, objectKey: 'shop/web-1'})).toContain('nothing makes this pod again');
	});

	test('a node has its pods', () => expect(shown('related', troubledShop(), NODE)).toContain('shop/web-abc-1'));
});

describe('explain', () => {
	test('where the numbers of a pod come from', () => {
		expect(shown('explain', troubledShop(), POD, 110)).toMatchInlineSnapshot(`
			"Pod shop/web-abc-1

			Usage
			  a sample, 10 s old, over 15 s
			    ? it is not known yet which APIs the server has
			    ✓ v1beta1 answered 5 s ago with 1 sample
			    ? the APIService was not looked at
			    ✓ the pod is Running
			      metrics-server v0.9.0 pkg/server/informer.go, runningPodMetadataInformer
			    ✓ node n1 has a sample, 10 s old
			    ✓ container app has been running for 2 min
			      metrics-server v0.9.0 pkg/storage/pod.go, podStorage.Store
			    ✓ container log has been running for 56 min
			      metrics-server v0.9.0 pkg/storage/pod.go, podStorage.Store
			    ✓ a sample, 10 s old, over 15 s
			      metrics-server v0.9.0 pkg/storage/types.go, resourceUsage

			cpu request
			  cpu request 100m
			    · containers: app 100m + log –
			      component-helpers v0.37.2 resource/helpers.go, aggregateContainerResourcesByFn
			    · init containers: none sets it
			      component-helpers v0.37.2 resource/helpers.go, aggregateContainerResourcesByFn
			    · cpu requests: 100m
			      component-helpers v0.37.2 resource/helpers.go, PodRequests

			cpu limit
			  cpu limit 200m, of some containers only: the pod is not fully limited
			    · containers: app 200m + log –
			      component-helpers v0.37.2 resource/helpers.go, aggregateContainerResourcesByFn
			    · init containers: none sets it
			      component-helpers v0.37.2 resource/helpers.go, aggregateContainerResourcesByFn
			    · cpu limits: 200m
			      component-helpers v0.37.2 resource/helpers.go, PodLimits
			  123m used of a request of 100m = 123%, cut to whole percent

			memory request
			  memory request 100Mi
			    · containers: app 100Mi + log –
			      component-helpers v0.37.2 resource/helpers.go, aggregateContainerResourcesByFn
			    · init containers: none sets it
			      component-helpers v0.37.2 resource/helpers.go, aggregateContainerResourcesByFn
			    · memory requests: 100Mi
			      component-helpers v0.37.2 resource/helpers.go, PodRequests

			memory limit
			  memory limit 200Mi, of some containers only: the pod is not fully limited
			    · containers: app 200Mi + log –
			      component-helpers v0.37.2 resource/helpers.go, aggregateContainerResourcesByFn
			    · init containers: none sets it
			      component-helpers v0.37.2 resource/helpers.go, aggregateContainerResourcesByFn
			    · memory limits: 200Mi
			      component-helpers v0.37.2 resource/helpers.go, PodLimits
			  200Mi used of a request of 100Mi = 200%, cut to whole percent"
		`);
	});

	test('of a node, the ledger', () => {
		const text = shown('explain', troubledShop(), NODE);
		expect(text).toMatch(/1 − 123m = 877m is used by no pod/);
		expect(text).toContain('kubectl v0.37.2 pkg/describe/describe.go, describeNodeResource');
	});

	test('of a sum, why pods are missing from it', () => {
		const world = troubledShop();
		world.apply('pods', pod({metadata: {name: 'idle', uid: 'u-idle'}, status: {containerStatuses: [{name: 'app', state: {running: {startedAt: ago(9)}}}]}}));
		expect(shown('explain', world, SUM)).toMatch(/1 running pod without a sample\n {2}1× container app is only 9 s old/);
	});
});

test('what is gone says so', () => {
	for (const kind of ['describe', 'events', 'related', 'explain'] as const) expect(shown(kind, createWorld(), POD)).toBe('pod shop/web-abc-1 is gone');
});

test('no line is wider than it may be, where words allow', () => {
	for (const kind of ['events', 'explain'] as const)
		for (const line of shown(kind, troubledShop(), POD, 60).split('\n')) expect(line.length, line).toBeLessThanOrEqual(90);
});

describe('charts', () => {
	const charts = (subject: RowSubject) => {
		const {frame, top} = input(troubledShop(), subject);
		return topCharts(frame, top, subject);
	};

	test('show request and limit, where there is one for the whole pod', () => {
		expect(charts(POD)!.map(({title, references}) => [title, references.map(({label}) => label)])).toEqual([
			['CPU of shop/web-abc-1', ['request']],
			['memory of shop/web-abc-1', ['request']],
		]);
		expect(charts(APP)![0]!.references.map(({label, value}) => [label, value])).toEqual([
			['request', 1e8],
			['limit', 2e8],
		]);
	});

	test('of a node, requests and allocatable', () => expect(charts(NODE)![0]!.references.map(({label}) => label)).toEqual(['requests', 'allocatable']));
	test('of a sum there are none', () => expect(charts(SUM)).toBeUndefined());

	test('are drawn by what draws charts', () => {
		const lines = chartLines({...charts(APP)![0]!, width: 40, height: 8}).map(textOfLine);
		expect(lines[0]).toBe('CPU of shop/web-abc-1 app  120m   ┄ request 100m   ┄ limit 200m');
		expect(lines).toHaveLength(8);
	});
});
