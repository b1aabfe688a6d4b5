import {expect, test} from 'vitest';
import {epochMs} from '../../src/util/epoch-ms.ts';
import {type ApiLoad, apiLines} from '../../src/viewmodel/api-pane.ts';
import {textOfLine} from '../../src/viewmodel/line-tools.ts';
import {NOW} from './screen-fixture.ts';

const LOAD: ApiLoad = {
	serverVersion: 'v1.37.2',
	since: epochMs(NOW - 120_000),
	requests: 14,
	byKind: [
		{kind: 'watch pods', requests: 3},
		{kind: 'list podmetrics', requests: 10},
	],
	openWatches: 3,
	openSockets: 4,
	bytes: 43_400_000,
	relists: 0,
	throttled: 1,
	decodeMs: 812.4,
	wires: [
		{resource: 'pods', objects: 10_000, encoding: 'protobuf', lists: 'streamed', events: 10_012, relists: 0, malformed: 0, decodeMs: 212.4, state: 'live'},
		{resource: 'nodes', objects: 100, encoding: 'protobuf', lists: 'streamed', events: 100, relists: 1, malformed: 0, decodeMs: 4, state: 'live'},
	],
	faults: [
		{
			fault: {source: 'metrics', code: 'unavailable', message: 'the metrics API answered 503', hint: 'kubectl get apiservice v1beta1.metrics.k8s.io'},
			firstAt: epochMs(NOW - 60_000),
			lastAt: epochMs(NOW - 3000),
			count: 4,
		},
	],
	memory: {resident: 128_000_000, budget: 512_000_000},
};

const textOf = (load: ApiLoad): string => apiLines(load, NOW, 100).map(textOfLine).join('\n');

test('the API pane tells what kwb asks, and what went wrong', () => {
	expect(textOf(LOAD)).toMatchInlineSnapshot(`
		"server      v1.37.2
		requests    14 in 2m  (7.0 a minute)
		open        3 watches on 4 connections
		received    43 MB
		relists     0
		throttled   1 answer of 429
		decoding    812 ms
		memory      128 MB of 512 MB

		Requests by kind
		kind             requests
		list podmetrics        10
		watch pods              3

		How resources travel
		resource  objects  events  relists  broken  decoding  encoding  lists     state
		pods       10,000  10,012        0       0    212 ms  protobuf  streamed  live 
		nodes         100     100        1       0      4 ms  protobuf  streamed  live 

		Faults
		metrics  14:03:19 UTC, 4 times since 14:02:22 UTC
		  the metrics API answered 503
		  kubectl get apiservice v1beta1.metrics.k8s.io"
	`);
});

test('before anything was asked it says so', () => {
	const text = textOf({...LOAD, serverVersion: undefined, requests: 0, byKind: [], wires: [], faults: [], memory: undefined});
	expect(text).toContain('– (not answered yet)');
	expect(text.match(/none yet/g)).toHaveLength(2);
	expect(text).not.toContain('memory');
});
