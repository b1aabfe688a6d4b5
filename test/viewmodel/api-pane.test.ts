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
		{kind: 'watchlist', requests: 3, failures: 0, bytes: 41_000_000},
		{kind: 'metrics', requests: 10, failures: 1, bytes: 2_400_000},
	],
	openWatches: 3,
	openSockets: 4,
	bytes: 43_400_000,
	relists: 0,
	throttled: 1,
	decodeMs: 812.4,
	wires: [
		{resource: 'pods', version: 'v1', encoding: 'protobuf', how: 'watchlist', objects: 10_000, freshness: 'live'},
		{resource: 'nodes', version: 'v1', encoding: 'protobuf', how: 'watchlist', objects: 100, freshness: 'live'},
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
		kind       requests  failed  received
		watchlist         3       0     41 MB
		metrics          10       1    2.4 MB

		How resources travel
		resource  objects  version  encoding  how        state
		pods       10,000  v1       protobuf  watchlist  live 
		nodes         100  v1       protobuf  watchlist  live 

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
