import {describe, expect, test} from 'vitest';
import {createMetricsPoller, type MetricsPollerOptions} from '../../src/reflector/metrics-poller.ts';
import {START} from '../observe/fake-clock.ts';
import {listOf} from '../observe/sample-list.ts';
import type {Asked} from './fake-transport.ts';
import {createHarness} from './harness.ts';

const stamp = (atMs: number): string => new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');

function answer(asked: Asked, items: ReadonlyArray<{readonly name: string; readonly at: number}>): void {
	const isPods = asked.spec.path.endsWith('pods');
	const version = asked.spec.path.split('/')[3];
	const usage = {cpu: '250m', memory: '64Mi'};
	const body = asked.respond('application/json');
	body.push(
		new TextEncoder().encode(
			JSON.stringify({
				kind: isPods ? 'PodMetricsList' : 'NodeMetricsList',
				apiVersion: `metrics.k8s.io/${version}`,
				metadata: {},
				items: items.map(({name, at}) => ({
					metadata: {name, ...(isPods ? {namespace: 'shop'} : {})},
					timestamp: stamp(at),
					window: '15.021s',
					...(isPods ? {containers: [{name: 'app', usage}]} : {usage}),
				})),
			}),
		),
	);
	body.end();
}

function setUp(handle: (asked: Asked, now: number) => void, options: Partial<MetricsPollerOptions> = {}, random = () => 0) {
	const harness = createHarness(asked => handle(asked, harness.clock.now()), {random});
	const poller = createMetricsPoller(harness.context, {of: 'pod', versions: () => undefined, ...options});
	return {
		...harness,
		poller,
		answers: () => harness.said.flatMap(each => (each.kind === 'fact' && each.fact.name === 'metricsApi' ? [each.fact] : [])),
		paths: () => harness.asked.map(each => each.spec.path.replace('/apis/metrics.k8s.io/', '')),
		times: () => harness.asked.map(each => each.at),
	};
}

/** A metrics server: a window ends every `cadence`, and is there `delay` after its end. */
const metricsServer =
	(cadence: number, delay: number) =>
	(asked: Asked, now: number): void => {
		const window = Math.floor((now - START - delay) / cadence) * cadence;
		answer(asked, [{name: 'a', at: START + window}]);
	};

describe('the metrics poller', () => {
	test('asks at once for v1beta1, and turns to v1 when discovery has named it', async () => {
		let versions: readonly string[] | undefined;
		const {poller, clock, paths, said, answers} = setUp(metricsServer(15_000, 0), {versions: () => versions});
		poller.start();
		poller.start();
		await clock.advanceAsync(0);
		expect(paths()).toEqual(['v1beta1/pods']);
		expect(said.flatMap(each => (each.kind === 'sample' ? listOf(each.samples) : []))).toEqual([
			{of: 'pod', namespace: 'shop', name: 'a', timestamp: START, windowMs: 15_021, containers: [{name: 'app', cpu: 250_000_000, memory: 64 * 1024 * 1024}]},
		]);
		expect(answers()).toMatchObject([{of: 'pod', namespace: undefined, answer: {kind: 'ok', version: 'v1beta1', items: 1, newSamples: 1, at: START}}]);
		versions = ['v1beta1', 'v1'];
		await clock.advanceAsync(20_000);
		expect(paths()).toEqual(['v1beta1/pods', 'v1/pods']);
	});

	test('at most five requests in the first minute, however the windows lie', async () => {
		for (const delay of [0, 3000, 9000, 14_000]) {
			const {poller, clock, asked} = setUp(metricsServer(15_000, delay));
			poller.start();
			await clock.advanceAsync(60_000);
			expect(asked.length).toBeLessThanOrEqual(5);
			expect(asked.length).toBeGreaterThanOrEqual(4);
		}
	});

	test.each([
		[15_000, 2000],
		[15_000, 12_000],
		[30_000, 5000],
		[60_000, 4000],
	])('learns the cadence of %d ms and asks soon after each window of it appears (%d ms late)', async (cadence, delay) => {
		const {poller, clock, times} = setUp(metricsServer(cadence, delay), {}, () => 0.5);
		poller.start();
		await clock.advanceAsync(40 * cadence);
		const from = 30 * cadence;
		const late: number[] = [];
		for (let window = from; window < 40 * cadence; window += cadence) {
			const visible = window + delay;
			const seen = times().find(at => at >= visible);
			if (seen !== undefined && visible < 39 * cadence) late.push(seen - visible);
		}
		late.sort((a, b) => a - b);
		expect(late[late.length >> 1]).toBeLessThan(1500);
		const perWindow = times().filter(at => at >= from).length / 10;
		expect(perWindow).toBeGreaterThanOrEqual(0.9);
		expect(perWindow).toBeLessThanOrEqual(1.6);
	});

	test('a few stragglers that come between are not taken for a window', async () => {
		const {poller, clock, asked} = setUp((asked, now) => {
			const window = Math.floor((now - START - 2000) / 15_000) * 15_000;
			answer(asked, [...Array.from({length: 40}, (_, index) => ({name: `p${index}`, at: START + window})), {name: 'straggler', at: now}]);
		});
		poller.start();
		await clock.advanceAsync(900_000);
		expect(asked.length).toBeGreaterThanOrEqual(57);
		expect(asked.length).toBeLessThanOrEqual(1.6 * 60);
	});

	test('a cadence below five seconds is not followed', async () => {
		const {poller, clock, asked} = setUp(metricsServer(1000, 0));
		poller.start();
		await clock.advanceAsync(600_000);
		expect(asked.length).toBeLessThanOrEqual(121);
	});

	test('what came before the connection broke has come', async () => {
		const item = (name: string): string =>
			`{"metadata":{"name":"${name}","namespace":"shop"},"timestamp":"${stamp(START)}","window":"15s","containers":[{"name":"app","usage":{"cpu":"1m","memory":"1Ki"}}]}`;
		const {poller, clock, said, answers} = setUp(asked => {
			const body = asked.respond('application/json');
			const text = new TextEncoder();
			body.push(text.encode(`{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[${item('a')},`));
			body.push(text.encode(`${item('b')},${item('c')},`));
			body.fail({kind: 'connection', code: 'ECONNRESET', message: 'reset'});
		});
		poller.start();
		await clock.advanceAsync(0);
		expect(said.flatMap(each => (each.kind === 'sample' ? each.samples.measured.map(({name}) => name) : []))).toEqual(['a', 'b', 'c']);
		expect(answers()).toMatchObject([{answer: {kind: 'failed'}}]);
	});

	test('a list that says only at its end what it is', async () => {
		const {poller, clock, said, answers} = setUp(asked => {
			const body = asked.respond('application/json');
			const item = `{"metadata":{"name":"a","namespace":"shop"},"timestamp":"${stamp(START)}","window":"15s","containers":[]}`;
			body.push(new TextEncoder().encode(`{"items":[${item}],"metadata":{},"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1"}`));
			body.end();
		});
		poller.start();
		await clock.advanceAsync(0);
		expect(said.flatMap(each => (each.kind === 'sample' ? listOf(each.samples) : []))).toMatchObject([{name: 'a'}]);
		expect(answers()).toMatchObject([{answer: {kind: 'ok', items: 1, newSamples: 1}}]);
	});

	test('containers come in any order and leave in that of their names; as long as they are the same, so is who was measured', async () => {
		const orders = [
			['web', 'app', 'log'],
			['log', 'web', 'app'],
			['app', 'web'],
			['web', 'app'],
		];
		const {poller, clock, said} = setUp((asked, now) => {
			const containers = orders[Math.min(3, Math.floor((now - START) / 15_000))]!.map(name => ({name, usage: {cpu: `${name.charCodeAt(0)}n`, memory: '1Ki'}}));
			const body = asked.respond('application/json');
			const items = [{metadata: {name: 'a', namespace: 'shop'}, timestamp: stamp(now), window: '15s', containers}];
			body.push(new TextEncoder().encode(JSON.stringify({kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items})));
			body.end();
		});
		poller.start();
		await clock.advanceAsync(58_000);
		const batches = said.flatMap(each => (each.kind === 'sample' ? [each.samples] : []));
		const [all, some] = [
			[
				{name: 'app', cpu: 97},
				{name: 'log', cpu: 108},
				{name: 'web', cpu: 119},
			],
			[
				{name: 'app', cpu: 97},
				{name: 'web', cpu: 119},
			],
		];
		expect(batches.map(listOf)).toMatchObject([[{containers: all}], [{containers: all}], [{containers: some}], [{containers: some}]]);
		const [first, second, third, fourth] = batches.map(({measured}) => measured[0]);
		expect(second).toBe(first);
		expect(third).not.toBe(first);
		expect(fourth).toBe(third);
	});

	test('who has gone for minutes is forgotten, and would be new', async () => {
		const crowd = Array.from({length: 1300}, (_, index) => `p${index}`);
		const {poller, clock, answers} = setUp((asked, now) => {
			const names = now - START < 10_000 ? crowd : now - START < 180_000 ? ['a'] : ['p5'];
			answer(
				asked,
				names.map(name => ({name, at: name === 'a' ? Math.floor(now / 1000) * 1000 : START})),
			);
		});
		poller.start();
		await clock.advanceAsync(240_000);
		const told = answers().map(({answer: each}) => ({after: each.at - START, news: each.kind === 'ok' ? each.newSamples : -1}));
		expect(told[0]).toEqual({after: 0, news: 1300});
		expect(told.filter(({after}) => after >= 180_000).map(({news}) => news > 0)).toEqual([
			true,
			...told
				.filter(({after}) => after >= 180_000)
				.slice(1)
				.map(() => false),
		]);
	});

	test('samples that are served again count as none', async () => {
		const {poller, clock, answers} = setUp(asked => answer(asked, [{name: 'a', at: START}]));
		poller.start();
		await clock.advanceAsync(20_000);
		expect(answers().map(({answer: each}) => each.kind === 'ok' && each.newSamples)).toEqual([1, 0]);
	});

	test('nodes are asked for by their own list', async () => {
		const {poller, clock, paths, said} = setUp(metricsServer(15_000, 0), {of: 'node'});
		poller.start();
		await clock.advanceAsync(0);
		expect(paths()).toEqual(['v1beta1/nodes']);
		expect(said.flatMap(each => (each.kind === 'sample' ? listOf(each.samples) : []))).toMatchObject([{of: 'node', name: 'a', usage: {cpu: 250_000_000}}]);
	});

	test('failures back off 15, 30, 60 s and are told with their text and the next try; one success forgets them', async () => {
		let isDown = true;
		const server = metricsServer(15_000, 0);
		const {poller, clock, times, answers} = setUp((asked, now) => (isDown ? asked.refuse(503, '', {message: 'service unavailable'}) : server(asked, now)));
		poller.start();
		await clock.advanceAsync(0);
		expect(answers()).toMatchObject([{answer: {kind: 'failed', status: 503, message: 'service unavailable', at: START, nextTryAt: START + 15_000}}]);
		await clock.advanceAsync(170_000);
		expect(times()).toEqual([0, 15_000, 45_000, 105_000, 165_000]);
		isDown = false;
		await clock.advanceAsync(56_000);
		isDown = true;
		await clock.advanceAsync(31_000);
		const last = times().slice(-2);
		expect(last[1]! - last[0]!).toBeLessThanOrEqual(16_000);
	});

	test('404 without discovery tries the other version; with it, the API is not there', async () => {
		const without = setUp(asked => asked.refuse(404, '', {message: '404 page not found'}));
		without.poller.start();
		await without.clock.advanceAsync(50_000);
		expect(without.paths()).toEqual(['v1beta1/pods', 'v1/pods', 'v1beta1/pods']);

		const known = setUp(asked => asked.refuse(404, '', {message: '404 page not found'}), {versions: () => []});
		known.poller.start();
		await known.clock.advanceAsync(50_000);
		expect(new Set(known.paths())).toEqual(new Set(['v1beta1/pods']));
	});

	test('429 waits exactly as told and at most a second more', async () => {
		const {poller, clock, times} = setUp(asked => asked.refuse(429, '', {retryAfterMs: 7000}));
		poller.start();
		await clock.advanceAsync(7000);
		expect(times()).toEqual([0, 7000]);
	});

	test('an empty answer is no failure: no two batches yet', async () => {
		const {poller, clock, answers} = setUp(asked => answer(asked, []));
		poller.start();
		await clock.advanceAsync(0);
		expect(answers()).toMatchObject([{answer: {kind: 'ok', items: 0, newSamples: 0}}]);
	});

	test('an answer that is none of the API is a failure with a line for a person', async () => {
		const {poller, clock, answers} = setUp(asked => {
			const body = asked.respond('text/html');
			body.push(new TextEncoder().encode('<html>'));
			body.end();
		});
		poller.start();
		await clock.advanceAsync(0);
		expect(answers()).toMatchObject([{answer: {kind: 'failed', status: undefined, message: expect.stringContaining('text/html')}}]);
	});

	test('403 for the cluster: one list for each namespace that is followed, four at once', async () => {
		let inFlight = 0;
		let most = 0;
		const waiting: Asked[] = [];
		const {poller, clock, paths, answers} = setUp(
			asked => {
				if (!asked.spec.path.includes('/namespaces/')) return asked.refuse(403, 'Forbidden');
				most = Math.max(most, ++inFlight);
				waiting.push(asked);
			},
			{standIns: () => ['n1', 'n2', 'n3', 'n4', 'n5', 'n6']},
		);
		poller.start();
		for (let round = 0; round < 6; round++) {
			await clock.advanceAsync(0);
			for (const asked of waiting.splice(0)) {
				inFlight--;
				answer(asked, [{name: 'a', at: START}]);
			}
		}
		await clock.advanceAsync(0);
		expect(paths()).toEqual(['v1beta1/pods', ...['n1', 'n2', 'n3', 'n4', 'n5', 'n6'].map(name => `v1beta1/namespaces/${name}/pods`)]);
		expect(most).toBe(4);
		expect(answers().map(({namespace}) => namespace)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
	});

	test('the refusal is remembered for ten minutes; namespaces that were asked for are asked alone', async () => {
		const refusing = setUp(asked => (asked.spec.path.includes('/namespaces/') ? answer(asked, [{name: 'a', at: START}]) : asked.refuse(403, 'Forbidden')), {
			standIns: () => ['n1'],
		});
		refusing.poller.start();
		await refusing.clock.advanceAsync(16_000);
		expect(refusing.paths()).toEqual(['v1beta1/pods', 'v1beta1/namespaces/n1/pods', 'v1beta1/namespaces/n1/pods']);

		const named = setUp(metricsServer(15_000, 0), {namespaces: () => ['shop', 'bank']});
		named.poller.start();
		await named.clock.advanceAsync(0);
		expect(named.paths()).toEqual(['v1beta1/namespaces/shop/pods', 'v1beta1/namespaces/bank/pods']);
	});

	test('namespaces that become known after the refusal are asked alone, as soon as it is told', async () => {
		let standIns: readonly string[] = [];
		const {poller, clock, paths} = setUp(
			asked => (asked.spec.path.includes('/namespaces/') ? answer(asked, [{name: 'a', at: START}]) : asked.refuse(403, 'Forbidden')),
			{
				standIns: () => standIns,
			},
		);
		poller.start();
		await clock.advanceAsync(1000);
		standIns = ['n1'];
		poller.pollNow();
		await clock.advanceAsync(0);
		expect(paths()).toEqual(['v1beta1/pods', 'v1beta1/namespaces/n1/pods']);
	});

	test('a 403 after samples came is believed when it stays: a server that has just come back refuses everybody', async () => {
		let isRefusing = false;
		const served = metricsServer(15_000, 0);
		const {poller, clock, times, answers} = setUp((asked, now) => (isRefusing ? asked.refuse(403, 'Forbidden') : served(asked, now)));
		poller.start();
		await clock.advanceAsync(1000);
		isRefusing = true;
		poller.pollNow();
		await clock.advanceAsync(5000);
		isRefusing = false;
		await clock.advanceAsync(2500);
		expect(answers().at(-1)).toMatchObject({answer: {kind: 'ok'}});
		isRefusing = true;
		poller.pollNow();
		await clock.advanceAsync(60_000);
		const asked = times().length;
		await clock.advanceAsync(500_000);
		expect(times()).toHaveLength(asked);
	});

	test('403 and nothing else permitted: a few times soon, for a server that has just started, then after ten minutes', async () => {
		const {poller, clock, times} = setUp(asked => asked.refuse(403, 'Forbidden'));
		poller.start();
		await clock.advanceAsync(607_500);
		expect(times()).toEqual([0, 2500, 5000, 7500, 607_500]);
	});

	test('the user’s wish asks at once; stopped, nothing is left', async () => {
		const {poller, clock, times, transport} = setUp(metricsServer(15_000, 0));
		poller.start();
		await clock.advanceAsync(1000);
		poller.pollNow();
		await clock.advanceAsync(0);
		expect(times()).toEqual([0, 1000]);
		poller.stop();
		await clock.advanceAsync(100_000);
		expect(times()).toHaveLength(2);
		expect(clock.pending).toBe(0);
		expect(transport.open).toBe(0);
	});
});
