import {describe, expect, test} from 'vitest';
import type {MetricRequest} from '../../src/observe/hpa-metric-requests.ts';
import {createCustomMetricsPoller, readValues} from '../../src/reflector/custom-metrics-poller.ts';
import type {Asked} from './fake-transport.ts';
import {createHarness} from './harness.ts';

const queue: MetricRequest = {key: 'queue', group: 'external.metrics.k8s.io', path: 'namespaces/shop/queue', query: {labelSelector: 'of=mail'}};
const rps: MetricRequest = {key: 'rps', group: 'custom.metrics.k8s.io', path: 'namespaces/shop/pods/*/rps', query: {}};

function values(asked: Asked, items: readonly unknown[]): void {
	const body = asked.respond('application/json');
	body.push(new TextEncoder().encode(JSON.stringify({kind: 'ExternalMetricValueList', items})));
	body.end();
}

type Options = {
	requests?: readonly MetricRequest[];
	nextPassInMs?: (now: number) => number | undefined;
	versions?: (group: string) => readonly string[] | undefined;
};

function setUp(handle: (asked: Asked) => void, {requests = [queue], nextPassInMs = () => undefined, versions = () => ['v1beta1', 'v1beta2']}: Options = {}) {
	const harness = createHarness(handle, {random: () => 0});
	const poller = createCustomMetricsPoller(harness.context, {
		versionsOf: versions,
		requests: () => requests.map(request => ({request, nextPassInMs: nextPassInMs(harness.clock.monotonic())})),
		periodMs: () => 15_000,
	});
	return {
		...harness,
		poller,
		answers: () => harness.said.flatMap(each => (each.kind === 'metricValues' ? [each] : [])),
		paths: () => harness.asked.map(({spec}) => spec.path),
		times: () => harness.asked.map(each => each.at),
	};
}

describe('the poller of custom and external metrics', () => {
	test('asks each question once a period, in the best version that is served', async () => {
		const {poller, clock, paths, asked, answers} = setUp(each => values(each, [{metricName: 'queue', value: '12', timestamp: '2026-01-01T00:00:00Z'}]), {
			requests: [queue, rps],
		});
		poller.start();
		await clock.advanceAsync(44_000);
		expect(paths().filter(path => path.includes('external'))).toEqual(new Array(3).fill('/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/queue'));
		expect(paths().filter(path => path.includes('custom'))).toEqual(new Array(3).fill('/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/pods/*/rps'));
		expect(asked[0]?.spec.query).toEqual({labelSelector: 'of=mail'});
		expect(answers()[0]).toMatchObject({
			kind: 'metricValues',
			request: 'queue',
			answer: {kind: 'values', values: [{object: '', value: '12', timestamp: Date.UTC(2026, 0, 1)}]},
		});
		poller.stop();
	});

	test('asks nothing before discovery has answered, and says what is not served', async () => {
		let served: readonly string[] | undefined;
		const {poller, clock, paths, answers} = setUp(each => values(each, []), {versions: () => served});
		poller.start();
		await clock.advanceAsync(3000);
		expect(paths()).toEqual([]);
		served = [];
		await clock.advanceAsync(1000);
		expect(paths()).toEqual([]);
		expect(answers()).toMatchObject([{answer: {kind: 'unreadable', because: 'the server does not serve external.metrics.k8s.io'}}]);
		poller.stop();
	});

	test('asks shortly before the pass that will ask the same', async () => {
		const {poller, clock, times} = setUp(each => values(each, []), {nextPassInMs: now => 15_000 - ((now + 6000) % 15_000)});
		poller.start();
		await clock.advanceAsync(60_000);
		const before = times()
			.slice(1)
			.map(at => 15_000 - ((at - times()[0]! + 6000) % 15_000));
		expect(before.length).toBeGreaterThan(2);
		for (const each of before) {
			expect(each).toBeGreaterThan(0);
			expect(each).toBeLessThanOrEqual(900);
		}
		poller.stop();
	});

	test.each([
		[403, 'unreadable', 1],
		[404, 'failed', 5],
		[500, 'failed', 5],
	])('an answer of %d is %s, and asked for %d times a minute and more', async (status, kind, requests) => {
		const {poller, clock, paths, answers} = setUp(each => each.fail({kind: 'status', status, reason: '', message: 'no', retryAfterMs: undefined, causes: []}));
		poller.start();
		await clock.advanceAsync(70_000);
		expect(answers()[0]).toMatchObject({answer: {kind}});
		expect(paths()).toHaveLength(requests);
		poller.stop();
	});

	test('asks nothing more once it is stopped', async () => {
		const {poller, clock, paths} = setUp(each => values(each, []));
		poller.start();
		await clock.advanceAsync(0);
		poller.stop();
		await clock.advanceAsync(60_000);
		expect(paths()).toHaveLength(1);
		expect(clock.pending).toBe(0);
	});
});

test('items without a value are left out, and what is no list is unreadable', () => {
	expect(readValues('{"items": [{"value": "1", "describedObject": {"name": "web-0"}}, {"value": null}, 3, {"value": 2}]}')).toEqual({
		kind: 'values',
		values: [
			{object: 'web-0', value: '1', timestamp: undefined},
			{object: '', value: '2', timestamp: undefined},
		],
	});
	for (const text of ['', '{}', '[]', 'null', '{"items": {}}']) expect(readValues(text).kind).toBe('unreadable');
});
