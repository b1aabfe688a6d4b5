import {readFileSync} from 'node:fs';
import {Agent, request} from 'node:https';
import type {Layout} from './directories.ts';
import {AUTHORITY} from './keys.ts';
import type {ClusterState} from './state.ts';

/** An answer, whatever its status. */
export type Answer = {readonly status: number; readonly text: string};

/** The API server as commands talk to it. They do without `client.ts`: loading the client package would take longer than most of them. */
export type Api = {
	/** @throws The socket's error when nobody answers. */
	send(method: string, path: string, body?: unknown, contentType?: string): Promise<Answer>;
	close(): void;
};

/** Opens no connection yet. @param tls PEM texts. */
function openApi(port: number, tls: {readonly ca: string; readonly cert: string; readonly key: string}, timeoutMs = 10_000): Api {
	const agent = new Agent({keepAlive: true, maxSockets: 4});
	return {
		send: (method, path, body, contentType = 'application/json') =>
			new Promise((resolve, reject) => {
				const outgoing = request(
					{...tls, agent, host: '127.0.0.1', port, method, path, timeout: timeoutMs, headers: {accept: 'application/json', 'content-type': contentType}},
					incoming => {
						let text = '';
						incoming.setEncoding('utf8');
						incoming.on('data', chunk => {
							text += chunk;
						});
						incoming.on('end', () => resolve({status: incoming.statusCode ?? 0, text}));
						incoming.on('error', reject);
					},
				);
				outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${timeoutMs} ms`)));
				outgoing.on('error', reject);
				outgoing.end(body === undefined ? undefined : JSON.stringify(body));
			}),
		close: () => agent.destroy(),
	};
}

/** The API server of a cluster, as one of its users. Close it when done. */
export function apiOf(state: ClusterState, layout: Layout, user = 'admin'): Api {
	return openApi(state.ports.apiserver, {
		ca: readFileSync(layout.certificate(AUTHORITY), 'utf8'),
		cert: readFileSync(layout.certificate(user), 'utf8'),
		key: readFileSync(layout.key(user), 'utf8'),
	});
}
