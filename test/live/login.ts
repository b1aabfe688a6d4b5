import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {loadYaml} from '@kubernetes/client-node';
import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import {pods} from '../../src/kube/resources/pods.ts';
import {layoutFor} from '../cluster/control.ts';
import {relayKubeconfig, relayTargetOf, startRelay} from '../cluster/relay.ts';
import {hastyClock} from './hasty-clock.ts';
import {type LiveCache, openLiveCache} from './live-cache.ts';
import {type LiveCluster, versionsOnServer, writeKubeconfig} from './live-cluster.ts';

const PATIENCE = {timeout: 30_000, interval: 50};
const NAMESPACE = 'live-login';
const BINDING = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';

/** The same cluster with another way to log in. */
function withUser(kubeconfig: string, user: object): string {
	const config = loadYaml<{users: {name: string; user: object}[]}>(readFileSync(kubeconfig, 'utf8'));
	return writeKubeconfig(JSON.stringify({...config, users: config.users.map(({name}) => ({name, user}))}));
}

function plugin(file: string, env: Readonly<Record<string, string>>): object {
	return {
		exec: {
			apiVersion: 'client.authentication.k8s.io/v1',
			command: process.execPath,
			args: [path.join(import.meta.dirname, file)],
			env: Object.entries(env).map(([name, value]) => ({name, value})),
			interactiveMode: 'Never',
		},
	};
}

export function login(cluster: () => LiveCluster): void {
	describe('logging in', () => {
		beforeAll(async () => {
			const {admin} = cluster();
			await admin.apply({apiVersion: 'v1', kind: 'Namespace', metadata: {name: NAMESPACE}});
			const binding = {
				apiVersion: 'rbac.authorization.k8s.io/v1',
				kind: 'ClusterRoleBinding',
				metadata: {name: NAMESPACE},
				roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'kwb:reader'},
				subjects: [{apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: `system:serviceaccounts:${NAMESPACE}`}],
			};
			expect((await admin.request('POST', BINDING, {body: binding})).status).toBe(201);
		});
		afterAll(async () => {
			await cluster().admin.delete(`${BINDING}/${NAMESPACE}`);
			await cluster().admin.delete(`/api/v1/namespaces/${NAMESPACE}`);
		});

		const expectCurrent = (cache: LiveCache): Promise<void> =>
			vi.waitFor(async () => {
				expect(cache.freshness(pods)).toEqual({kind: 'live'});
				expect(cache.versions(pods)).toEqual(await versionsOnServer(cluster().admin, pods));
			}, PATIENCE);

		/** A token of a service account, good until that is deleted. */
		async function tokenOf(account: string): Promise<string> {
			const {admin} = cluster();
			await admin.apply({apiVersion: 'v1', kind: 'ServiceAccount', metadata: {name: account, namespace: NAMESPACE}});
			const body = {apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {expirationSeconds: 600}};
			const answer = await admin.request('POST', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${account}/token`, {body});
			return (JSON.parse(answer.body) as {readonly status: {readonly token: string}}).status.token;
		}

		test.each<[string, () => string]>([
			['a token', () => cluster().kubeconfig('token')],
			[
				'a plugin that gives a client certificate',
				() => {
					const layout = layoutFor(cluster().name);
					return withUser(
						cluster().kubeconfig('admin'),
						plugin('../fixtures/plugins/certificate.mjs', {CERTIFICATE: layout.certificate('adapter'), KEY: layout.key('adapter')}),
					);
				},
			],
		])('%s is enough', async (_, kubeconfig) => {
			const cache = openLiveCache({kubeconfig: kubeconfig()});
			try {
				cache.follow([pods]);
				await expectCurrent(cache);
			} finally {
				await cache.close();
			}
		});

		test('a token that the server does not know is said to be one, and not tried again and again', async () => {
			const cache = openLiveCache({kubeconfig: withUser(cluster().kubeconfig('token'), {token: 'not-this-one'})});
			try {
				cache.follow([pods]);
				await vi.waitFor(
					() => expect(cache.freshness(pods)).toMatchObject({kind: 'stale', why: expect.stringMatching(/^not logged in.*user token/)}),
					PATIENCE,
				);
				expect(cache.transport.counters().requests).toBeLessThanOrEqual(2);
				expect(cache.objects(pods).size).toBe(0);
			} finally {
				await cache.close();
			}
		});

		test('a token revoked while watching is replaced by a new one, once, and the watch goes on where it was', async () => {
			const directory = mkdtempSync(path.join(os.tmpdir(), 'kwb-live-login-'));
			const [token, runs] = [path.join(directory, 'token'), path.join(directory, 'runs')];
			const direct = withUser(cluster().kubeconfig('token'), plugin('current-token.mjs', {TOKEN: token, RUNS: runs}));
			const relay = await startRelay({target: relayTargetOf(direct)});
			writeFileSync(token, await tokenOf('first'));
			// A credential must be half a minute old before a 401 is a reason to ask for another.
			const cache = openLiveCache({kubeconfig: writeKubeconfig(relayKubeconfig(readFileSync(direct, 'utf8'), relay.port)), clock: hastyClock});
			const timesRun = (): number => readFileSync(runs, 'utf8').trim().split('\n').length;
			try {
				cache.follow([pods]);
				await expectCurrent(cache);
				expect(timesRun()).toBe(1);

				writeFileSync(token, await tokenOf('second'));
				await cluster().admin.delete(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts/first`);
				// The API server believes a token for ten seconds after it has checked it.
				await vi.waitFor(
					() => {
						relay.closeAll();
						expect(timesRun()).toBe(2);
					},
					{timeout: 40_000, interval: 500},
				);
				await expectCurrent(cache);
				expect(timesRun()).toBe(2);
				expect(cache.context.counters.read().get(pods.id)).toMatchObject({lists: 1, relists: 0});
			} finally {
				await cache.close();
				await relay.stop();
			}
		});
	});
}
