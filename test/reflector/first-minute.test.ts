import {expect, test} from 'vitest';
import {nodes} from '../../src/kube/resources/nodes.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import {createFollowers} from '../../src/reflector/followers.ts';
import {createMetricsPoller} from '../../src/reflector/metrics-poller.ts';
import {createRights} from '../../src/reflector/rights.ts';
import {createServerFacts} from '../../src/reflector/server-facts.ts';
import {encodeEvent, watchContentType} from '../contract/wire-writer.ts';
import type {Asked} from './fake-transport.ts';
import {createHarness} from './harness.ts';

function json(asked: Asked, value: unknown): void {
	const body = asked.respond('application/json');
	body.push(new TextEncoder().encode(JSON.stringify(value)));
	body.end();
}

test('all that Top asks for in its first minute are 13 requests, the pods first and nothing before them', async () => {
	const harness = createHarness(asked => {
		const {path} = asked.spec;
		if (path === '/version') json(asked, {major: '1', minor: '37', gitVersion: 'v1.37.2'});
		else if (path === '/apis') json(asked, {kind: 'APIGroupList', groups: [{name: 'metrics.k8s.io', versions: [{version: 'v1beta1'}]}]});
		else if (path.endsWith('kube-system')) json(asked, {metadata: {uid: 'u'}});
		else if (path.includes('metrics.k8s.io')) {
			// A window every 15 s: the worst case for a poller that follows them.
			const timestamp = new Date(Math.floor(harness.clock.now() / 15_000) * 15_000).toISOString().replace('.000', '');
			const kind = path.endsWith('pods') ? 'PodMetricsList' : 'NodeMetricsList';
			json(asked, {
				kind,
				apiVersion: 'metrics.k8s.io/v1beta1',
				metadata: {},
				items: [{metadata: {name: 'a', namespace: kind === 'PodMetricsList' ? 'shop' : ''}, timestamp, window: '15s', usage: {}, containers: []}],
			});
		} else if (path === '/api/v1/pods')
			asked.respond(watchContentType('json')).push(encodeEvent('json', {type: 'BOOKMARK', resourceVersion: '10', isEnd: true}));
		else
			asked
				.respond('application/json')
				.push(
					new TextEncoder().encode(
						'{"type":"BOOKMARK","object":{"kind":"Node","apiVersion":"v1","metadata":{"resourceVersion":"10","annotations":{"k8s.io/initial-events-end":"true"}}}}\n',
					),
				);
	});
	const {context, clock, asked} = harness;
	const facts = createServerFacts(context);
	const followers = createFollowers(context, {rights: createRights(context, () => [])});
	followers.need([pods, nodes]);
	facts.start();
	for (const of of ['pod', 'node'] as const) createMetricsPoller(context, {of, versions: () => facts.versionsOf('metrics.k8s.io')}).start();
	await clock.advanceAsync(60_000);
	expect(asked[0]!.spec.path).toBe('/api/v1/pods');
	expect(asked.length).toBeLessThanOrEqual(13);
	expect(harness.freshness()).toEqual({kind: 'live'});
});
