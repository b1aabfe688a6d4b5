import {describe, expect, test, vi} from 'vitest';
import {namespaces} from '../../src/kube/resources/namespaces.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import type {ClusterSession} from '../../src/workbench/session.ts';
import {type LiveCluster, upLiveCluster, versionsOnServer} from './live-cluster.ts';
import {freshnessIn, keysIn, openLiveSession} from './live-session.ts';

const PATIENCE = {timeout: 30_000, interval: 50};

export function twoClusters(cluster: () => LiveCluster): void {
	describe('two clusters in one process', () => {
		test('each session sees its own, and the end of one leaves the other live', async () => {
			const second = await upLiveCluster('live-second');
			const sessions: ClusterSession[] = [];
			try {
				await second.admin.apply({apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'only-here'}});
				const open = (of: LiveCluster): ClusterSession => {
					const session = openLiveSession({access: {kubeconfig: of.kubeconfig('admin')}});
					session.need([pods.id, namespaces.id]);
					sessions.push(session);
					return session;
				};
				const [one, other] = [open(cluster()), open(second)];
				const expectOwn = (session: ClusterSession, of: LiveCluster): Promise<void> =>
					vi.waitFor(async () => {
						for (const resource of [pods, namespaces]) {
							expect(freshnessIn(session, resource)).toEqual({kind: 'live'});
							expect(keysIn(session, resource)).toEqual([...(await versionsOnServer(of.admin, resource)).keys()].sort());
						}
					}, PATIENCE);
				await expectOwn(one, cluster());
				await expectOwn(other, second);
				expect(keysIn(one, namespaces)).not.toContain('only-here');
				expect(keysIn(other, namespaces)).toContain('only-here');
				const uidOf = (session: ClusterSession): string | undefined => session.stream.frame(session.stream.now()).facts.clusterIdentity?.uid;
				await vi.waitFor(() => expect(uidOf(one) !== undefined && uidOf(other) !== undefined).toBe(true), PATIENCE);
				expect(uidOf(one)).not.toBe(uidOf(other));

				await one.close();
				await second.admin.apply({apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'later'}});
				await vi.waitFor(() => expect(keysIn(other, namespaces)).toContain('later'), PATIENCE);
			} finally {
				for (const session of sessions) await session.close();
				await second.down();
			}
		});
	});
}
