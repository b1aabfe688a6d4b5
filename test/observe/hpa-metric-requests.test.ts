import {expect, test} from 'vitest';
import type {MetricSpec} from '../../src/analyze/hpa/hpa-input.ts';
import {metricRequestOf} from '../../src/observe/hpa-metric-requests.ts';

const target = {type: 'Value', value: '1', averageValue: undefined, averageUtilization: undefined};
const nothing: MetricSpec = {type: '', resource: undefined, containerResource: undefined, pods: undefined, object: undefined, external: undefined};
const selector = {matchLabels: new Map([['verb', 'GET']]), matchExpressions: [{key: 'tier', operator: 'In', values: ['b', 'a']}]};

test.each<readonly [string, Partial<MetricSpec>, string, string]>([
	[
		'pods',
		{type: 'Pods', pods: {metric: {name: 'rps', selector}, target}},
		'namespaces/shop/pods/*/rps',
		'labelSelector=app%3Dweb&metricLabelSelector=tier+in+%28a%2Cb%29%2Cverb%3DGET',
	],
	[
		'an object',
		{
			type: 'Object',
			object: {describedObject: {kind: 'Ingress', name: 'main', apiVersion: 'networking.k8s.io/v1'}, metric: {name: 'rps', selector: undefined}, target},
		},
		'namespaces/shop/ingresses.networking.k8s.io/main/rps',
		'',
	],
	[
		'a kind that ends in y',
		{type: 'Object', object: {describedObject: {kind: 'Proxy', name: 'p', apiVersion: 'x.io/v1'}, metric: {name: 'm', selector: undefined}, target}},
		'namespaces/shop/proxies.x.io/p/m',
		'',
	],
	[
		'a namespace',
		{type: 'Object', object: {describedObject: {kind: 'Namespace', name: 'shop', apiVersion: 'v1'}, metric: {name: 'rps', selector: undefined}, target}},
		'namespaces/shop/metrics/rps',
		'',
	],
	[
		'a queue outside',
		{type: 'External', external: {metric: {name: 'depth', selector}, target}},
		'namespaces/shop/depth',
		'labelSelector=tier+in+%28a%2Cb%29%2Cverb%3DGET',
	],
])('%s is asked for where the controller asks', (_, spec, path, query) => {
	const request = metricRequestOf('shop', {...nothing, ...spec}, 'app=web');
	expect(request?.path).toBe(path);
	expect(String(new URLSearchParams(request?.query))).toBe(query);
});

test('what the metrics API answers is not asked for here, nor what nobody knows', () => {
	expect(metricRequestOf('shop', {...nothing, type: 'Resource'}, 'app=web')).toBeUndefined();
	expect(metricRequestOf('shop', {...nothing, type: 'Surprise'}, 'app=web')).toBeUndefined();
});
