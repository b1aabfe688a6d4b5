/**
 * An API server of recorded, renamed pods in protobuf, as a process of its own: prints its URL, sends the list, then changes
 * at a given rate.
 *
 *   node bench/pods-server.ts PODS CHANGES_PER_SECOND
 */
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import {encodeEvent} from '../test/contract/wire-writer.ts';
import {podEvents, podStream} from './wire/pod-stream.ts';

const pods = Number(process.argv[2] ?? 10_000);
const rate = Number(process.argv[3] ?? 0);
const TICK_MS = 10;
const {event} = podEvents('protobuf');
const initial = podStream('protobuf', pods);
const end = encodeEvent('protobuf', {type: 'BOOKMARK', resourceVersion: '999999', isEnd: true});
const WATCH = {'content-type': 'application/vnd.kubernetes.protobuf;stream=watch'};
const JSON_TYPE = {'content-type': 'application/json'};

function usage(of: 'pods' | 'nodes'): string {
	const timestamp = `${new Date().toISOString().slice(0, 19)}Z`;
	const kind = of === 'pods' ? 'PodMetricsList' : 'NodeMetricsList';
	const items =
		of === 'nodes'
			? []
			: Array.from({length: pods}, (_, index) => {
					const owner = Math.floor(index / 5);
					const id = (number: number, width: number): string => String(number).padStart(width, '0');
					const cpu = `${((index * 7919) % 900) + 50}m`;
					return {
						metadata: {namespace: `bench-${id(owner % 200, 3)}`, name: `frontend-${id(owner, 5)}-6f9c4d8b76-${id(index, 5)}`},
						timestamp,
						window: '15s',
						containers: [{name: 'server', usage: {cpu, memory: '64Mi'}}],
					};
				});
	return JSON.stringify({kind, apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items});
}

const server = http.createServer((request, response): unknown => {
	const url = new URL(request.url ?? '/', 'http://localhost');
	if (url.pathname === '/version') return response.writeHead(200, JSON_TYPE).end('{"major":"1","minor":"37","gitVersion":"v1.37.2"}');
	if (url.pathname === '/apis') return response.writeHead(200, JSON_TYPE).end('{"kind":"APIGroupList","apiVersion":"v1","groups":[]}');
	if (url.pathname.endsWith('/metrics.k8s.io/v1beta1/pods')) return response.writeHead(200, JSON_TYPE).end(usage('pods'));
	if (url.pathname.endsWith('/metrics.k8s.io/v1beta1/nodes')) return response.writeHead(200, JSON_TYPE).end(usage('nodes'));
	if (url.searchParams.get('watch') !== '1')
		return response.writeHead(404, JSON_TYPE).end('{"kind":"Status","apiVersion":"v1","code":404,"reason":"NotFound"}');
	response.writeHead(200, WATCH);
	if (url.pathname !== '/api/v1/pods') return response.write(end);
	response.write(initial);
	response.write(end);
	if (rate === 0) return undefined;
	let sent = 0;
	const startedAt = performance.now();
	const timer = setInterval(() => {
		const due = Math.floor(((performance.now() - startedAt) / 1000) * rate);
		for (; sent < due; sent++) response.write(event('MODIFIED', (sent * 7919) % pods, 1 + Math.floor(sent / 97)));
	}, TICK_MS);
	return response.on('close', () => clearInterval(timer));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
