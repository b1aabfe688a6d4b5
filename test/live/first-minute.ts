import {setTimeout as delay} from 'node:timers/promises';
import {describe, expect, test} from 'vitest';
import {pods} from '../../src/kube/resources/pods.ts';
import type {ClusterSession} from '../../src/workbench/session.ts';
import {TOP_NEEDS} from '../../src/workbench/top-once.ts';
import {countByVerb, readAudit, requestsWithin} from '../cluster/audit.ts';
import type {LiveCluster} from './live-cluster.ts';
import {freshnessIn, openLiveSession} from './live-session.ts';

const MINUTE_MS = 60_000;
const MOST_REQUESTS = 15;
const USER = 'bench';

/** A session that is left alone while other tests go on, as the one user whose requests the audit log has. */
export type FirstMinute = {readonly session: ClusterSession; readonly openedAt: number};

export function openForAMinute(cluster: LiveCluster): FirstMinute {
	const openedAt = Date.now();
	const session = openLiveSession({access: {kubeconfig: cluster.kubeconfig('bench')}});
	session.need(TOP_NEEDS);
	return {session, openedAt};
}

export function firstMinute(cluster: () => LiveCluster, minute: () => FirstMinute): void {
	describe('the first minute of Top', () => {
		test('is at most 15 requests by the audit log, with a metrics window of 10 s, and each resource is listed once', async () => {
			const {session, openedAt} = minute();
			await delay(Math.max(0, openedAt + MINUTE_MS + 1000 - Date.now()));
			const requests = requestsWithin(await readAudit(cluster().audit), {from: openedAt, to: openedAt + MINUTE_MS, user: USER});
			const counts = countByVerb(requests);
			expect(requests.length, JSON.stringify(counts)).toBeLessThanOrEqual(MOST_REQUESTS);
			expect(requests.length).toBe([...requests].filter(({userAgent}) => userAgent === 'kwb-live-test').length);
			for (const resource of TOP_NEEDS) {
				const counted = counts.filter(count => count.resource.split('.')[0] === resource && !count.resource.includes('metrics'));
				expect(counted.map(({verb, count}) => `${verb} ${count}`)).toEqual(['streamed list 1']);
			}
			expect(counts.find(({resource}) => resource === 'pods.metrics.k8s.io')!.count).toBeGreaterThanOrEqual(3);
			expect(freshnessIn(session, pods)).toEqual({kind: 'live'});
		});
	});
}
