import http, {type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';

type Json = Record<string, unknown>;

/** What the server is to answer; may be changed while it runs. */
export type SmallCluster = {
	pods: Json[];
	nodes: Json[];
	/** Paths (by prefix) that are refused with 403. */
	forbidden: string[];
	/** Headers of lists and watches do not come. */
	isSilent: boolean;
	/** Samples by `namespace/name`: nano-cores and bytes of the one container. */
	usage: Map<string, {readonly cpu: string; readonly memory: string}>;
};

/** An API server of a few objects, in JSON, that behaves. */
export type SmallApiServer = {
	readonly url: string;
	readonly cluster: SmallCluster;
	/** Sends an event to every watch of pods. */
	send(type: 'ADDED' | 'MODIFIED' | 'DELETED', pod: Json): void;
	readonly requests: readonly string[];
	close(): Promise<void>;
};

export async function startSmallApiServer(cluster: Partial<SmallCluster> = {}): Promise<SmallApiServer> {
	const state: SmallCluster = {pods: [], nodes: [], forbidden: [], isSilent: false, usage: new Map(), ...cluster};
	const watches = new Set<ServerResponse>();
	const requests: string[] = [];
	const server = http.createServer((request, response) => {
		requests.push(`${request.method} ${request.url}`);
		answer(request, response);
	});

	function json(response: ServerResponse, status: number, body: unknown): void {
		response.writeHead(status, {'content-type': 'application/json'});
		response.end(JSON.stringify(body));
	}

	function answer(request: IncomingMessage, response: ServerResponse): void {
		const url = new URL(request.url ?? '/', 'http://localhost');
		const {pathname} = url;
		if (state.forbidden.some(prefix => pathname.startsWith(prefix))) {
			return json(response, 403, {
				kind: 'Status',
				apiVersion: 'v1',
				status: 'Failure',
				reason: 'Forbidden',
				code: 403,
				message: `${pathname.split('/').at(-1)} is forbidden: User "tired" cannot list it`,
			});
		}
		if (pathname === '/version') return json(response, 200, {major: '1', minor: '37', gitVersion: 'v1.37.2'});
		if (pathname === '/apis') {
			return json(response, 200, {
				kind: 'APIGroupList',
				apiVersion: 'v1',
				groups: [
					{
						name: 'metrics.k8s.io',
						versions: [{groupVersion: 'metrics.k8s.io/v1beta1', version: 'v1beta1'}],
						preferredVersion: {groupVersion: 'metrics.k8s.io/v1beta1', version: 'v1beta1'},
					},
				],
			});
		}
		if (state.isSilent) return;
		if (pathname === '/api/v1/pods' || pathname === '/api/v1/nodes')
			return collection(url, pathname.endsWith('pods') ? state.pods : state.nodes, pathname.endsWith('pods') ? 'Pod' : 'Node', response);
		if (pathname === '/apis/metrics.k8s.io/v1beta1/pods') return json(response, 200, podMetrics());
		if (pathname === '/apis/metrics.k8s.io/v1beta1/nodes')
			return json(response, 200, {kind: 'NodeMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items: []});
		const log = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/log$/.exec(pathname);
		if (log !== null) {
			response.writeHead(200, {'content-type': 'text/plain'});
			response.write(`hello from ${log[2]}\n\u001b[31mred\u001b[2J\n`);
			return;
		}
		const one = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)$/.exec(pathname);
		const pod = one === null ? undefined : state.pods.find(each => (each.metadata as Json).namespace === one[1] && (each.metadata as Json).name === one[2]);
		if (pod !== undefined) return json(response, 200, {kind: 'Pod', apiVersion: 'v1', ...pod});
		if (url.searchParams.get('watch') === '1') return collection(url, [], 'Nothing', response);
		return json(response, 404, {kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404, message: 'not found'});
	}

	function collection(url: URL, items: readonly Json[], kind: string, response: ServerResponse): void {
		const typed = items.map(item => ({kind, apiVersion: 'v1', ...item}));
		if (url.searchParams.get('watch') !== '1') return json(response, 200, {kind: `${kind}List`, apiVersion: 'v1', metadata: {resourceVersion: '100'}, items});
		response.writeHead(200, {'content-type': 'application/json'});
		for (const object of typed) response.write(`${JSON.stringify({type: 'ADDED', object})}\n`);
		response.write(
			`${JSON.stringify({type: 'BOOKMARK', object: {kind, apiVersion: 'v1', metadata: {resourceVersion: '100', annotations: {'k8s.io/initial-events-end': 'true'}}}})}\n`,
		);
		if (kind !== 'Pod') return;
		watches.add(response);
		response.on('close', () => watches.delete(response));
	}

	function podMetrics(): Json {
		const timestamp = `${new Date(Math.floor(Date.now() / 1000) * 1000 - 5000).toISOString().slice(0, 19)}Z`;
		return {
			kind: 'PodMetricsList',
			apiVersion: 'metrics.k8s.io/v1beta1',
			metadata: {},
			items: Array.from(state.usage, ([key, usage]) => {
				const [namespace, name] = key.split('/');
				return {metadata: {namespace, name}, timestamp, window: '15s', containers: [{name: 'main', usage}]};
			}),
		};
	}

	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		cluster: state,
		requests,
		send(type, pod) {
			for (const watch of watches) watch.write(`${JSON.stringify({type, object: {kind: 'Pod', apiVersion: 'v1', ...pod}})}\n`);
		},
		close: () =>
			new Promise(resolve => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

/** A running pod of one container that asks for 100m and 128Mi. */
export function smallPod(name: string, {namespace = 'shop', node = 'node-1', version = 10}: {namespace?: string; node?: string; version?: number} = {}): Json {
	return {
		metadata: {name, namespace, uid: `uid-${namespace}-${name}`, resourceVersion: String(version), creationTimestamp: '2026-11-01T00:00:00Z'},
		spec: {
			nodeName: node,
			containers: [{name: 'main', image: 'example/main:1', resources: {requests: {cpu: '100m', memory: '128Mi'}, limits: {cpu: '200m', memory: '256Mi'}}}],
		},
		status: {
			phase: 'Running',
			startTime: '2026-11-01T00:00:01Z',
			qosClass: 'Burstable',
			conditions: [{type: 'Ready', status: 'True', lastTransitionTime: '2026-11-01T00:00:05Z'}],
			containerStatuses: [{name: 'main', ready: true, restartCount: 0, state: {running: {startedAt: '2026-11-01T00:00:03Z'}}}],
		},
	};
}
