import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import {nodes} from '../../src/kube/resources/nodes.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import type {ClusterSession} from '../../src/workbench/session.ts';
import {kubeconfigForUser} from '../cluster/control.ts';
import {relayKubeconfig, relayTargetOf, startRelay} from '../cluster/relay.ts';
import {freshnessIn, keysIn, metricsAnswer, openLiveSession} from './live-session.ts';
import {type LiveCluster, writeKubeconfig} from './live-cluster.ts';

const PATIENCE = {timeout: 30_000, interval: 50};
const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/namespaces/limited/rolebindings';

export function rights(cluster: () => LiveCluster): void {
	describe('somebody who may see little', () => {
		beforeAll(async () => {
			const template = {metadata: {labels: {app: 'mine'}}, spec: {containers: [{name: 'app', image: 'app:1', resources: {requests: {cpu: '10m'}}}]}};
			await cluster().admin.apply({
				apiVersion: 'apps/v1',
				kind: 'Deployment',
				metadata: {name: 'mine', namespace: 'limited'},
				spec: {replicas: 2, selector: {matchLabels: {app: 'mine'}}, template},
			} as object);
		});
		afterAll(async () => {
			await cluster().admin.delete('/apis/apps/v1/namespaces/limited/deployments/mine');
		});

		async function podsOnServer(): Promise<readonly string[]> {
			const {items} = await cluster().admin.list('/api/v1/namespaces/limited/pods');
			return items.map(({metadata}) => `limited/${metadata?.name}`).sort();
		}

		async function expectLimitedPods(session: ClusterSession): Promise<void> {
			await vi.waitFor(async () => {
				expect(freshnessIn(session, pods, 'limited')).toEqual({kind: 'live'});
				expect(keysIn(session, pods)).toEqual(await podsOnServer());
				expect(keysIn(session, pods)).toHaveLength(2);
			}, PATIENCE);
		}

		test('the namespace of the context stands in for the cluster, which is told to be forbidden; nodes are too, and harm nothing', async () => {
			const session = openLiveSession({access: {kubeconfig: cluster().kubeconfig('limited'), namespace: 'limited'}});
			try {
				session.need(['pods', 'nodes']);
				await expectLimitedPods(session);
				expect(freshnessIn(session, pods)).toMatchObject({kind: 'forbidden', verb: 'list', resource: 'pods', namespace: undefined});
				expect(freshnessIn(session, nodes)).toMatchObject({kind: 'forbidden', verb: 'list', resource: 'nodes'});
				// The view role includes the metrics of the namespace: they are asked for there, and not in ten minutes.
				await vi.waitFor(() => expect(metricsAnswer(session, 'pod/limited')).toMatchObject({kind: 'ok'}), PATIENCE);
				expect(metricsAnswer(session, 'node')).toMatchObject({kind: 'failed', status: 403});
			} finally {
				await session.close();
			}
		});

		test('a namespace that was asked for is all that is asked', async () => {
			const session = openLiveSession({access: {kubeconfig: cluster().kubeconfig('limited'), namespace: 'limited'}, namespaces: ['limited']});
			try {
				session.need(['pods']);
				await expectLimitedPods(session);
				expect(freshnessIn(session, pods)).toBeUndefined();
				expect([...session.transport.counters().requestsByKind.keys()].filter(kind => kind.includes('review'))).toEqual([]);
			} finally {
				await session.close();
			}
		});

		test('a right that is taken away while watching is told, and one given back is used when the user asks again', async () => {
			const {admin, name} = cluster();
			const binding = {
				apiVersion: 'rbac.authorization.k8s.io/v1',
				kind: 'RoleBinding',
				metadata: {name: 'live-jane', namespace: 'limited'},
				roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view'},
				subjects: [{apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'live-jane'}],
			};
			const grant = async (): Promise<void> => {
				expect((await admin.request('POST', BINDINGS, {body: binding})).status).toBe(201);
			};
			await admin.delete(`${BINDINGS}/live-jane`);
			await grant();
			const direct = await kubeconfigForUser(name, 'live-jane', []);
			const relay = await startRelay({target: relayTargetOf(direct)});
			const kubeconfig = writeKubeconfig(relayKubeconfig(readFileSync(direct, 'utf8'), relay.port));
			const session = openLiveSession({access: {kubeconfig, namespace: 'limited'}, namespaces: ['limited']});
			try {
				session.need(['pods', 'nodes']);
				await expectLimitedPods(session);

				await admin.delete(`${BINDINGS}/live-jane`);
				// The watch that is open goes on until it ends: end it, until the server has noticed.
				await vi.waitFor(
					() => {
						relay.closeAll();
						expect(freshnessIn(session, pods, 'limited')).toMatchObject({kind: 'forbidden', verb: 'list', resource: 'pods', namespace: 'limited'});
					},
					{...PATIENCE, interval: 500},
				);

				await grant();
				await vi.waitFor(
					() => {
						session.retryNow();
						expect(freshnessIn(session, pods, 'limited')).toEqual({kind: 'live'});
					},
					{...PATIENCE, interval: 500},
				);
				await expectLimitedPods(session);
			} finally {
				await session.close();
				await relay.stop();
				await admin.delete(`${BINDINGS}/live-jane`);
			}
		});
	});
}
