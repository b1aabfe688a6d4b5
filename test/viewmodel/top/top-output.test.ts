import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {epochMs} from '../../../src/util/epoch-ms.ts';
import {createTopRows} from '../../../src/viewmodel/top/create-top-rows.ts';
import {topJson} from '../../../src/viewmodel/top/top-json.ts';
import {plainQuery, topTable, type TopWhat} from '../../../src/viewmodel/top/top-text.ts';
import {ago, NOW, pod} from '../../analyze/top/builders.ts';
import {troubledShop} from './shop.ts';
import {createWorld, podSample} from './world.ts';

const table = (world: ReturnType<typeof createWorld>, what: TopWhat, wide = false, namespace?: string) =>
	topTable(world.frame(), createTopRows(), plainQuery(what, {wide, namespace}));
const json = (world: ReturnType<typeof createWorld>, what: TopWhat) =>
	JSON.parse(JSON.stringify(topJson(world.frame(), createTopRows(), what, {namespace: undefined})));

function twoPods() {
	const world = troubledShop();
	world.apply(
		'pods',
		pod({
			metadata: {name: 'idle', namespace: 'bank', uid: 'u-idle'},
			status: {containerStatuses: [{name: 'app', ready: true, state: {running: {startedAt: ago(9)}}}]},
		}),
	);
	return world;
}

describe('as a table', () => {
	test('pods, by name, in aligned columns', () =>
		expect(table(twoPods(), 'pods').lines.join('\n')).toMatchInlineSnapshot(`
		"NAMESPACE   NAME        READY   STATUS     CPU   CPU%R   CPU%L     MEM   MEM%R   MEM%L        RESTARTS   LAST EXIT         AGE   NODE
		bank        idle          1/1   Running      –       –       –       –       –       –               0   –                 60m   n1
		shop        web-abc-1     1/2   Running   123m    123%       –   200Mi    200%       –   4 (2m10s ago)   OOMKilled 2m10s   60m   n1"
	`));
	test('nodes', () =>
		expect(table(twoPods(), 'nodes').lines.join('\n')).toMatchInlineSnapshot(`
		"NODE   STATUS   PODS   CPU   CPU%A   CPU REQ%   CPU LIM%   CPU UNACC   MEM   MEM%A   MEM REQ%   MEM LIM%   MEM UNACC   AGE
		n1     Ready       2     1     26%         2%         5%       ≤877m   2Gi     13%        <1%         1%      ≤1.8Gi   24h"
	`));
	test('containers, wide', () =>
		expect(table(twoPods(), 'containers', true).lines.join('\n')).toMatchInlineSnapshot(`
		"NAMESPACE   POD         CONTAINER   STATE      CPU   CPU%R   CPU%L     MEM   MEM%R   MEM%L   CPU REQ   CPU LIM   MEM REQ   MEM LIM        RESTARTS   LAST EXIT         AGE   NODE   IMAGE        SAMPLE   WINDOW
		bank        idle        app         Running      –       –       –       –       –       –         –         –         –         –               0   –                  9s   n1     –                 –        –
		shop        web-abc-1   app         Running   120m    120%     60%   190Mi    190%     95%      100m      200m     100Mi     200Mi   4 (2m10s ago)   OOMKilled 2m10s    2m   n1     shop/web:1      10s      15s
		shop        web-abc-1   log         Running     3m       –       –    10Mi       –       –         –         –         –         –               0   –                 56m   n1     shop/log:1      10s      15s"
	`));

	test('columns begin where their titles do, or end there', () => {
		const [title = '', ...rows] = table(twoPods(), 'pods').lines;
		const end = title.indexOf('CPU') + 3;
		for (const row of rows) expect(row.slice(end - 1, end + 3)).toMatch(/^\S {3}$/);
	});

	test('nothing to print is said, with the reason', () => {
		expect(table(createWorld(), 'pods')).toEqual({lines: [], notes: ['no answer yet']});
		const world = createWorld();
		world.freshness('pods', {kind: 'forbidden', verb: 'list', resource: 'pods', namespace: undefined, nextTryAt: undefined});
		expect(table(world, 'pods').notes[0]).toBe('forbidden: you may not list pods');
		world.freshness('pods', {kind: 'live'});
		expect(table(world, 'pods', false, 'shop').notes[0]).toBe('no pods');
	});
});

describe('as JSON', () => {
	test('a pod, exactly', () => {
		const {items, ...head} = json(twoPods(), 'pods');
		expect(head).toEqual({apiVersion: 'kwb/v1', kind: 'TopPods', time: '2026-11-24T12:00:00.000Z', namespace: null, state: {kind: 'ready'}});
		expect(items[1]).toEqual({
			namespace: 'shop',
			name: 'web-abc-1',
			uid: 'u-web',
			node: 'n1',
			owner: {kind: 'Deployment', name: 'web', inferred: true},
			status: 'Running',
			ready: 1,
			containers: 2,
			restarts: 4,
			lastRestart: '2026-11-24T11:57:50.000Z',
			lastExit: {container: 'app', reason: 'OOMKilled', exitCode: 137, signal: 0, time: '2026-11-24T11:57:50.000Z', text: 'OOMKilled'},
			qosClass: 'Burstable',
			created: '2026-11-24T11:00:00.000Z',
			cpu: {usage: 123_000_000, request: 100_000_000, limit: 200_000_000, fullyLimited: false, usageOfRequest: 1.23, usageOfLimit: null},
			memory: {usage: 209_715_200, request: 104_857_600, limit: 209_715_200, fullyLimited: false, usageOfRequest: 2, usageOfLimit: null},
			sample: {time: '2026-11-24T11:59:50.000Z', windowSeconds: 15, ageSeconds: 10, source: 'v1beta1', stale: false},
		});
	});

	test('what is missing is null, with the reason beside it', () => {
		expect(json(twoPods(), 'pods').items[0]).toMatchObject({
			cpu: {usage: null, request: null, limit: null, usageOfRequest: null},
			sample: {time: null, reason: 'containerYoung', message: expect.stringContaining('only 9 s old')},
		});
	});

	test('containers and nodes', () => {
		expect(json(twoPods(), 'containers').items.map((item: {name: string; cpu: {usage: number | null}}) => [item.name, item.cpu.usage])).toEqual([
			['app', null],
			['app', 120_000_000],
			['log', 3_000_000],
		]);
		expect(json(twoPods(), 'nodes').items[0]).toMatchObject({
			name: 'n1',
			pods: 2,
			cpu: {usage: 1e9, allocatable: 3.8e9, podUsage: 123_000_000, podsWithoutFullSample: 1, unaccounted: 877_000_000},
		});
	});

	test('a stale sample says so', () => {
		const world = troubledShop();
		world.clock.advance(600_000);
		expect(json(world, 'pods').items[0].sample).toMatchObject({stale: true, ageSeconds: 610});
	});

	test('every field is documented, and every documented field is there', () => {
		const documented = new Set(
			[
				...readFileSync('docs/json.md', 'utf8')
					.split(/^# What `kwb hpa/m)[0]!
					.matchAll(/^\| `([^`]+)`/gm),
			].map(([, name]) => name!),
		);
		const found = new Set<string>();
		const walk = (prefix: string, value: unknown): void => {
			if (Array.isArray(value)) for (const each of value) walk(prefix, each);
			else if (typeof value === 'object' && value !== null)
				for (const [name, part] of Object.entries(value)) {
					found.add(name);
					walk(name, part);
				}
		};
		const world = twoPods();
		// A pod that is measured in part, so that rare fields are there too.
		world.apply(
			'pods',
			pod({
				metadata: {name: 'half', uid: 'u-half'},
				status: {
					containerStatuses: [
						{name: 'app', state: {running: {startedAt: ago(900)}}},
						{name: 'side', state: {running: {startedAt: ago(900)}}},
					],
				},
			}),
		);
		world.samples(podSample('shop/half', 5, {app: [1, 1]}));
		for (const what of ['pods', 'containers', 'nodes'] as const) walk('', json(world, what));
		world.freshness('pods', {kind: 'stale', since: epochMs(NOW - 1000), why: 'gone', nextTryAt: undefined});
		walk('', json(world, 'pods'));
		expect([...found].filter(name => !documented.has(name)).sort()).toEqual([]);
		expect([...documented].filter(name => !found.has(name)).sort()).toEqual([]);
	});
});
