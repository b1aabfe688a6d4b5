import {type Event, events} from '../../../src/kube/resources/events.ts';
import type {Stored} from '../../../src/kube/schema.ts';
import {epochMs} from '../../../src/util/epoch-ms.ts';
import {decodeJson, Words} from '../../../src/wire/decode-json.ts';
import {ago, NOW, node, pod} from '../../analyze/top/builders.ts';
import {createWorld, nodeSample, podSample, type World} from './world.ts';

/** An event of a pod, so many seconds ago. */
export function event(name: string, of: {readonly uid: string; readonly name: string}, fields: Readonly<Record<string, unknown>>): Event & Stored {
	const decoded = decodeJson(
		events.fields,
		{
			metadata: {name, namespace: 'shop', uid: name},
			involvedObject: {kind: 'Pod', namespace: 'shop', ...of},
			type: 'Normal',
			source: {component: 'kubelet'},
			...fields,
		},
		new Words(),
	);
	if (!decoded.ok) throw new Error(decoded.error);
	return decoded.value;
}

/** One node with a pod that is in trouble, its events, and the two polls of their usage. */
export function troubledShop(): World {
	const world = createWorld();
	world.apply('nodes', node());
	world.apply(
		'pods',
		pod({
			metadata: {
				name: 'web-abc-1',
				uid: 'u-web',
				labels: {'pod-template-hash': 'abc'},
				ownerReferences: [{apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-abc', uid: 'rs', controller: true}],
			},
			spec: {
				containers: [
					{name: 'app', image: 'shop/web:1', resources: {requests: {cpu: '100m', memory: '100Mi'}, limits: {cpu: '200m', memory: '200Mi'}}},
					{name: 'log', image: 'shop/log:1'},
				],
				initContainers: [{name: 'migrate', image: 'shop/migrate:1'}],
			},
			status: {
				qosClass: 'Burstable',
				podIP: '10.1.2.3',
				conditions: [
					{type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [app]', lastTransitionTime: ago(120)},
					{type: 'PodScheduled', status: 'True', lastTransitionTime: ago(3600)},
				],
				initContainerStatuses: [{name: 'migrate', ready: true, state: {terminated: {exitCode: 0, reason: 'Completed', finishedAt: ago(3500)}}}],
				containerStatuses: [
					{
						name: 'app',
						restartCount: 4,
						state: {running: {startedAt: ago(120)}},
						lastState: {terminated: {exitCode: 137, reason: 'OOMKilled', finishedAt: ago(130)}},
					},
					{name: 'log', ready: true, state: {running: {startedAt: ago(3400)}}},
				],
			},
		}),
	);
	const of = {uid: 'u-web', name: 'web-abc-1'};
	world.apply(
		'events',
		event('e1', of, {type: 'Warning', reason: 'BackOff', message: 'Back-off restarting', count: 5, firstTimestamp: ago(900), lastTimestamp: ago(140)}),
		event('e2', of, {type: 'Warning', reason: 'BackOff', message: 'Back-off restarting app', count: 2, firstTimestamp: ago(600), lastTimestamp: ago(100)}),
		event('e3', of, {reason: 'Pulled', message: 'Image is there', count: 1, firstTimestamp: ago(120), lastTimestamp: ago(120)}),
		event('e4', {uid: 'u-before', name: 'web-abc-1'}, {reason: 'Killing', message: 'of an earlier pod', lastTimestamp: ago(10)}),
		event('e5', of, {
			reason: 'Scheduled',
			message: 'Assigned',
			source: {},
			reportingComponent: 'default-scheduler',
			eventTime: ago(3600),
			series: {count: 3, lastObservedTime: ago(3500)},
		}),
	);
	for (const resource of ['pods', 'nodes', 'events']) world.freshness(resource, {kind: 'live'});
	for (const of of ['pod', 'node'] as const) {
		world.fact({name: 'metricsApi', of, namespace: undefined, answer: {kind: 'ok', version: 'v1beta1', items: 1, newSamples: 1, at: epochMs(NOW - 5000)}});
	}
	world.samples(podSample('shop/web-abc-1', 25, {app: [60, 120], log: [2, 10]}), nodeSample('n1', 25, 900, 2048));
	world.samples(podSample('shop/web-abc-1', 10, {app: [120, 190], log: [3, 10]}), nodeSample('n1', 10, 1000, 2048));
	return world;
}
