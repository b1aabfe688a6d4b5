import {describe, expect, test} from 'vitest';
import {epochMs} from '../../../src/util/epoch-ms.ts';
import {textOfLine} from '../../../src/viewmodel/line-tools.ts';
import {createTopRows} from '../../../src/viewmodel/top/create-top-rows.ts';
import type {TopQuery} from '../../../src/viewmodel/top/top-query.ts';
import {ago, NOW, node, pod} from '../../analyze/top/builders.ts';
import {createWorld, keys, nodeSample, podSample, QUERY, texts} from './world.ts';

const running = (seconds = 3000) => ({running: {startedAt: ago(seconds)}});

/** Two nodes, five pods: one full, one without limits, one with a sidecar, one pending, one finished. */
function shop() {
	const world = createWorld();
	world.apply('nodes', node(), node({metadata: {name: 'n2'}, status: {conditions: [{type: 'Ready', status: 'Unknown'}]}}));
	world.apply(
		'pods',
		pod({
			metadata: {name: 'api', uid: 'u-api'},
			spec: {containers: [{name: 'app', resources: {requests: {cpu: '100m', memory: '100Mi'}, limits: {cpu: '200m', memory: '200Mi'}}}]},
			status: {qosClass: 'Burstable', conditions: [{type: 'Ready', status: 'True'}], containerStatuses: [{name: 'app', ready: true, state: running()}]},
		}),
		pod({
			metadata: {name: 'web', uid: 'u-web'},
			status: {
				conditions: [{type: 'Ready', status: 'True'}],
				containerStatuses: [
					{name: 'app', ready: true, restartCount: 3, state: running(), lastState: {terminated: {exitCode: 137, reason: 'OOMKilled', finishedAt: ago(3000)}}},
				],
			},
		}),
		pod({
			metadata: {name: 'mixed', namespace: 'bank', uid: 'u-mixed'},
			spec: {
				containers: [{name: 'app', resources: {requests: {cpu: '100m'}, limits: {cpu: '1'}}}],
				initContainers: [{name: 'mesh', restartPolicy: 'Always'}],
			},
			status: {
				initContainerStatuses: [{name: 'mesh', ready: true, started: true, state: running()}],
				containerStatuses: [{name: 'app', ready: true, state: running()}],
			},
		}),
		pod({metadata: {name: 'new', namespace: 'bank', uid: 'u-new'}, spec: {nodeName: ''}, status: {phase: 'Pending', startTime: null}}),
		pod({
			metadata: {name: 'done', namespace: 'bank', uid: 'u-done'},
			spec: {nodeName: 'n2'},
			status: {phase: 'Succeeded', containerStatuses: [{name: 'app', state: {terminated: {exitCode: 0, reason: 'Completed', finishedAt: ago(60)}}}]},
		}),
	);
	world.freshness('pods', {kind: 'live'});
	world.freshness('nodes', {kind: 'live'});
	world.samples(
		podSample('shop/api', 10, {app: [50, 190]}),
		podSample('shop/web', 10, {app: [700, 64]}),
		podSample('bank/mixed', 10, {app: [20, 10]}),
		nodeSample('n1', 10, 1000, 2048),
	);
	world.fact({name: 'metricsApi', of: 'pod', namespace: undefined, answer: {kind: 'ok', version: 'v1beta1', items: 3, newSamples: 3, at: epochMs(NOW - 5000)}});
	world.fact({
		name: 'metricsApi',
		of: 'node',
		namespace: undefined,
		answer: {kind: 'ok', version: 'v1beta1', items: 1, newSamples: 1, at: epochMs(NOW - 5000)},
	});
	return world;
}

const see = (world: ReturnType<typeof shop>, query: Partial<TopQuery> = {}) => createTopRows().model(world.frame(), {...QUERY, ...query});
const rowOf = (world: ReturnType<typeof shop>, key: string, query: Partial<TopQuery> = {}) => {
	const model = see(world, query);
	return texts(model)[model.rows.indexOf(key)]!;
};

describe('what changes by itself', () => {
	/** The model's rows, read as a screen reads them, and in how many ms anything of them will be another. */
	const read = (top: ReturnType<typeof createTopRows>, world: ReturnType<typeof shop>) => {
		const frame = world.frame();
		const model = top.model(frame, QUERY);
		const rows = Array.from({length: model.rows.length}, (_, index) => model.rows.at(index)!);
		return {
			rows,
			changesIn: model.changesAt!()! - frame.at,
			tone: (key: string) => rows[model.rows.indexOf(key)]!.cells[model.columns.findIndex(({id}) => id === 'cpu')]!.tone,
		};
	};

	test('the age of the newest sample counts every second, and rows stay what they are until an age of theirs changes', () => {
		const world = shop();
		const top = createTopRows();
		const first = read(top, world);
		expect(first.changesIn).toBe(1000);
		world.clock.advance(1000);
		const second = read(top, world);
		expect(second.changesIn).toBe(1000);
		// The fourth tells how long ago it was completed, a minute then.
		expect(second.rows.map((row, index) => row === first.rows[index])).toEqual([true, true, true, false, true]);
	});

	test('without samples it is the next of the pods’ ages, also when the rows were written before', () => {
		const world = createWorld();
		world.apply('pods', pod({metadata: {name: 'young', creationTimestamp: new Date(NOW - 12_300).toISOString()}}), pod({metadata: {name: 'old'}}));
		const top = createTopRows();
		expect(read(top, world).changesIn).toBe(700);
		world.clock.advance(300);
		expect(read(top, world).changesIn).toBe(400);
	});

	test('a sample that grows old is dimmed though nothing was learned; how soon, the cadence says', () => {
		const world = shop();
		const top = createTopRows();
		expect(read(top, world).tone('shop/api')).toBe('plain');
		world.clock.advance(80_000);
		expect(read(top, world).tone('shop/api')).toBe('plain');
		world.clock.advance(1);
		expect(read(top, world).tone('shop/api')).toBe('muted');
		// Samples that come once a minute are not old after 80 s.
		world.samples(...[-60, -120, -180, -240].map(secondsAgo => nodeSample('n1', secondsAgo, 1000, 2048)));
		for (const secondsAgo of [-60, -120, -180, -240]) world.samples(nodeSample('n1', secondsAgo, 1000, 2048));
		expect(world.frame().usage.cadenceMs).toBe(60_000);
		expect(read(top, world).tone('shop/api')).toBe('plain');
	});
});

describe('pods', () => {
	test('are sorted by CPU from the largest down, those without a figure last and by name', () => {
		expect(keys(see(shop()))).toEqual(['shop/web', 'shop/api', 'bank/mixed', 'bank/done', 'bank/new']);
	});

	test('turned round, those without a figure are still last', () => {
		expect(keys(see(shop(), {sort: {column: 'cpu', isReversed: true}}))).toEqual(['bank/mixed', 'shop/api', 'shop/web', 'bank/done', 'bank/new']);
	});

	test('say what they use of what they asked for and of what they may use', () => {
		expect(rowOf(shop(), 'shop/api')).toMatchObject({
			namespace: 'shop',
			ready: '1/1',
			status: 'Running',
			cpu: '50m',
			cpuOfRequest: '50%',
			cpuOfLimit: '25%',
			memory: '190Mi',
			memoryOfRequest: '190%',
			memoryOfLimit: '95%',
			restarts: '0',
			lastExit: '–',
			age: '60m',
			node: 'n1',
		});
	});

	test('what is not known is a dash, and never 0', () => {
		const {cpu, memory, cpuOfRequest, cpuOfLimit} = rowOf(shop(), 'bank/new');
		expect([cpu, memory, cpuOfRequest, cpuOfLimit]).toEqual(['–', '–', '–', '–']);
	});

	test('a sum of some containers is marked as at least so much', () => expect(rowOf(shop(), 'bank/mixed').cpu).toBe('≥20m'));

	test('a limit of some containers is no limit of the pod', () => {
		expect(rowOf(shop(), 'bank/mixed', {isWide: true})).toMatchObject({cpuLimit: '≥1', cpuOfLimit: '–', cpuOfRequest: '20%'});
	});

	test('say how often and when they were restarted, and how they ended', () => {
		expect(rowOf(shop(), 'shop/web')).toMatchObject({restarts: '3 (50m ago)', lastExit: 'OOMKilled 50m'});
	});

	test('wide, how old the sample is and over what time it was taken', () => {
		expect(rowOf(shop(), 'shop/api', {isWide: true})).toMatchObject({sample: '10s', window: '15s', qos: 'Burstable', owner: '–'});
	});

	test('a sample of an earlier pod of the same name is not shown', () => {
		const world = shop();
		world.apply('pods', pod({metadata: {name: 'api', uid: 'u-api-2', resourceVersion: '7'}, status: {startTime: ago(5)}}));
		expect(rowOf(world, 'shop/api')).toMatchObject({cpu: '–', memory: '–'});
	});

	test('an old figure is dimmed, and stays', () => {
		const world = shop();
		world.clock.advance(3_600_000);
		const model = see(world);
		const row = model.rows.at(model.rows.indexOf('shop/api'))!;
		expect(row.cells[model.columns.findIndex(({id}) => id === 'cpu')]).toEqual({text: '50m', tone: 'muted'});
	});

	test('the namespace column goes when there is one namespace', () => {
		expect(see(shop()).columns.map(({id}) => id)).toContain('namespace');
		expect(see(shop(), {namespace: 'shop'}).columns.map(({id}) => id)).not.toContain('namespace');
	});

	test.each<[name: string, query: Partial<TopQuery>, rows: readonly string[]]>([
		['a namespace', {namespace: 'bank'}, ['bank/mixed', 'bank/done', 'bank/new']],
		['a text, in any case', {filter: 'API'}, ['shop/api']],
		['every word', {filter: 'bank n1'}, ['bank/mixed']],
		['a status', {filter: 'completed'}, ['bank/done']],
		['a node', {within: {by: 'node', key: 'n2'}}, ['bank/done']],
		['no node', {within: {by: 'node', key: '(no node)'}}, ['bank/new']],
		['an owner', {within: {by: 'owner', key: 'shop/Pod/api'}}, ['shop/api']],
		['nothing', {filter: 'no such thing'}, []],
	])('%s leaves over what it should', (_, query, rows) => {
		const model = see(shop(), query);
		expect(keys(model)).toEqual(rows);
		expect([model.shown, model.total]).toEqual([rows.length, 5]);
	});

	test('what hides rows is said', () => {
		expect(see(shop(), {filter: 'api', namespace: 'shop'}).notes.map(textOfLine)[0]).toBe('4 of 5 hidden by filter “api”, namespace shop');
	});

	test('an unknown column does not break the order', () => expect(keys(see(shop(), {sort: {column: 'nope', isReversed: false}}))).toEqual(keys(see(shop()))));

	test('a trend is drawn from the second sample on', () => {
		const world = shop();
		expect(rowOf(world, 'shop/api').trend).toBe('');
		world.samples(podSample('shop/api', 0, {app: [100, 190]}));
		expect(rowOf(world, 'shop/api').trend).toBe('          ▅█');
	});
});

describe('containers', () => {
	test('stand one a row, sidecars too, what has ended among them', () => {
		const model = see(shop(), {view: 'containers'});
		expect(keys(model)).toEqual(['shop/web/app', 'shop/api/app', 'bank/mixed/app', 'bank/done/app', 'bank/mixed/mesh', 'bank/new/app']);
		expect(texts(model)[4]).toMatchObject({name: 'mesh (sidecar)', cpu: '–', status: 'Running'});
	});

	test('one that was started again after the sample has no figure yet', () => {
		const world = shop();
		world.apply(
			'pods',
			pod({metadata: {name: 'api', uid: 'u-api', resourceVersion: '7'}, status: {containerStatuses: [{name: 'app', state: running(5), restartCount: 1}]}}),
		);
		expect(rowOf(world, 'shop/api/app', {view: 'containers'}).cpu).toBe('–');
	});
});

describe('nodes', () => {
	test('are reconciled with their pods', () => {
		expect(rowOf(shop(), 'n1', {view: 'nodes', isWide: true})).toMatchObject({
			status: 'Ready',
			pods: '3',
			cpu: '1',
			cpuOfAllocatable: '26%',
			cpuRequestsOfAllocatable: '5%',
			cpuLimitsOfAllocatable: '31%',
			cpuUnaccounted: '≤230m',
			cpuAllocatable: '3.8',
			cpuRequests: '200m',
			cpuLimits: '≥1.2',
			cpuOfPods: '≥770m',
			memory: '2Gi',
		});
	});

	test('without a sample are not idle', () =>
		expect(rowOf(shop(), 'n2', {view: 'nodes'})).toMatchObject({status: 'NotReady', cpu: '–', cpuOfAllocatable: '–', cpuUnaccounted: '–'}));
});

describe('sums', () => {
	test.each<[TopQuery['sumBy'], ReadonlyArray<readonly [string, string, string]>]>([
		[
			'namespace',
			[
				['shop', '2', '750m'],
				['bank', '3', '≥20m'],
			],
		],
		[
			'node',
			[
				['n1', '3', '≥770m'],
				['(no node)', '1', '–'],
				['n2', '1', '–'],
			],
		],
	])('by %s', (sumBy, rows) => {
		const model = see(shop(), {sumBy});
		expect(texts(model).map(row => [row.name, row.pods, row.cpu])).toEqual(rows);
	});

	test('by owner name the workload', () => {
		const world = shop();
		const ownerReferences = [{apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'cart-abc', uid: 'rs', controller: true}];
		for (const name of ['cart-1', 'cart-2']) world.apply('pods', pod({metadata: {name, uid: name, labels: {'pod-template-hash': 'abc'}, ownerReferences}}));
		const model = see(world, {sumBy: 'owner'});
		expect(texts(model)[model.rows.indexOf('shop/Deployment/cart')]).toMatchObject({name: 'Deployment cart', namespace: 'shop', pods: '2'});
	});

	test('of nodes lead to the node', () => {
		const model = see(shop(), {sumBy: 'node'});
		expect(model.rows.at(0)!.subject).toEqual({kind: 'node', resource: 'nodes', objectKey: 'n1'});
		expect(model.rows.at(1)!.subject).toEqual({kind: 'sum', resource: undefined, objectKey: '(no node)', by: 'node'});
	});
});

describe('the tree', () => {
	const tree = (query: Partial<TopQuery> = {}) => {
		const model = see(shop(), {view: 'tree', ...query});
		return Array.from({length: model.rows.length}, (_, index) => model.rows.at(index)!).map(
			({key, depth, fold}) => `${'  '.repeat(depth ?? 0)}${key}${fold === undefined ? '' : ` ${fold}`}`,
		);
	};

	test('shows nodes, and what is on none', () => expect(tree()).toEqual(['(no node) closed', 'n1 closed', 'n2 closed']));

	test('opens to pods and containers', () => {
		expect(tree({expanded: ['n1', 'bank/mixed']})).toEqual([
			'(no node) closed',
			'n1 open',
			'  bank/mixed open',
			'    bank/mixed/app',
			'    bank/mixed/mesh',
			'  shop/api closed',
			'  shop/web closed',
			'n2 closed',
		]);
	});

	test('a filter shows what it found, and where', () => expect(tree({filter: 'api'})).toEqual(['n1 open', '  shop/api closed']));
	test('a namespace leaves the nodes with pods of it', () =>
		expect(tree({namespace: 'shop', expanded: ['n1']})).toEqual(['n1 open', '  shop/api closed', '  shop/web closed']));
});

describe('what stands for nothing to see', () => {
	test.each([
		[{kind: 'connecting'}, {kind: 'connecting'}],
		[
			{kind: 'syncing', received: 7},
			{kind: 'syncing', received: 7},
		],
		[{kind: 'live'}, {kind: 'ready'}],
		[{kind: 'absent'}, {kind: 'absent', resource: 'pods'}],
		[
			{kind: 'forbidden', verb: 'list', resource: 'pods', namespace: undefined, nextTryAt: undefined},
			{kind: 'forbidden', verb: 'list', resource: 'pods', namespace: undefined},
		],
		[
			{kind: 'stale', since: epochMs(NOW - 60_000), why: 'connection refused', nextTryAt: undefined},
			{kind: 'stale', why: 'connection refused; as of 60s ago'},
		],
		[{kind: 'notRecorded', until: undefined}, {kind: 'notRecorded'}],
	] as const)('%o', (freshness, state) => {
		const world = createWorld();
		world.freshness('pods', freshness);
		expect(createTopRows().model(world.frame(), QUERY).state).toEqual(state);
	});

	test('of several namespaces one that may be seen is enough', () => {
		const world = createWorld();
		world.freshness('pods', {kind: 'forbidden', verb: 'list', resource: 'pods', namespace: 'a', nextTryAt: undefined}, 'a');
		world.freshness('pods', {kind: 'live'}, 'b');
		expect(createTopRows().model(world.frame(), QUERY).state).toEqual({kind: 'ready'});
		expect(createTopRows().model(world.frame(), {...QUERY, namespace: 'a'}).state).toMatchObject({kind: 'forbidden', namespace: 'a'});
	});
});

describe('usage, in a line', () => {
	test('how old the newest sample is', () => expect(see(shop()).notes.map(textOfLine)).toContainEqual('usage: newest sample 10s old'));

	test('why there is none', () => {
		const world = createWorld();
		world.fact({
			name: 'metricsApi',
			of: 'pod',
			namespace: undefined,
			answer: {kind: 'failed', status: 503, message: 'service unavailable', at: NOW, nextTryAt: NOW},
		});
		expect(createTopRows().model(world.frame(), QUERY).notes.map(textOfLine)).toEqual([
			'usage: the metrics API is registered but not available: service unavailable',
		]);
	});

	test('nothing before anybody has asked', () => expect(createTopRows().model(createWorld().frame(), QUERY).notes).toEqual([]));
});
