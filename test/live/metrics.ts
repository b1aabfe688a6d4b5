import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import type {ClusterSession} from '../../src/workbench/session.ts';
import {TOP_NEEDS} from '../../src/workbench/top-once.ts';
import type {KubeObject} from '../cluster/client.ts';
import {startProcess, stopProcess, waitForMetrics} from '../cluster/control.ts';
import type {LiveCluster} from './live-cluster.ts';
import {metricsAnswer, openLiveSession} from './live-session.ts';

/** The API server notices within half a minute. */
const OUTAGE_TOLD_MS = 60_000;
const NOTE = 'apiservice/metrics.k8s.io';

type PodMetrics = KubeObject & {
	readonly timestamp: string;
	readonly containers: readonly {readonly name: string; readonly usage: Readonly<Record<string, string>>}[];
};

/** metrics-server with windows of 10 s (profile `quick`). */
export function metrics(cluster: () => LiveCluster): void {
	describe('usage', () => {
		let session: ClusterSession;

		beforeAll(async () => {
			await waitForMetrics(cluster().name);
			session = openLiveSession({access: {kubeconfig: cluster().kubeconfig('admin')}});
			session.need(TOP_NEEDS);
		});
		afterAll(() => session.close());

		const note = (): string | undefined => session.stream.frame(session.stream.now()).facts.notes.get(NOTE);
		const samplesOnServer = async (): Promise<ReadonlyMap<string, number>> => {
			const {items} = await cluster().admin.get<KubeObject & {readonly items: readonly PodMetrics[]}>('/apis/metrics.k8s.io/v1beta1/pods');
			return new Map(items.map(({metadata, timestamp}) => [`${metadata?.namespace}/${metadata?.name}`, Date.parse(timestamp)]));
		};

		test('samples of every pod and node arrive, and new ones after them', async () => {
			const usage = () => session.stream.frame(session.stream.now()).usage;
			await vi.waitFor(
				async () => {
					const onServer = await samplesOnServer();
					expect(new Map(Array.from(usage().pods, ([key, {timestamp}]) => [key, timestamp]))).toEqual(onServer);
					expect(usage().nodes.size).toBe(6);
				},
				{timeout: 60_000, interval: 200},
			);
			const [key, first] = [...usage().pods][0]!;
			await vi.waitFor(() => expect(usage().pods.get(key)!.timestamp).toBeGreaterThan(first.timestamp), {timeout: 60_000, interval: 200});
			expect(usage().podSeries(key)!.times.length).toBeGreaterThanOrEqual(2);
			expect(metricsAnswer(session, 'pod')).toMatchObject({kind: 'ok', version: 'v1beta1'});
			expect(note()).toBeUndefined();
		});

		test('metrics-server gone: 503, and what its APIService says about it; metrics-server back: all is well again', async () => {
			const {name} = cluster();
			const held = session.stream.frame(session.stream.now()).usage.pods.size;
			await stopProcess(name, 'metrics-server');
			const stoppedAt = performance.now();
			// The first failure comes before the API server has noticed.
			session.retryNow();
			try {
				await vi.waitFor(() => expect(metricsAnswer(session, 'pod')).toMatchObject({kind: 'failed', status: 503}), {timeout: OUTAGE_TOLD_MS, interval: 100});
				// What the poller's own pace is, unit tests hold.
				await vi.waitFor(
					() => {
						session.retryNow();
						expect(note()).toMatch(/^False FailedDiscoveryCheck .+/);
					},
					{timeout: OUTAGE_TOLD_MS, interval: 5000},
				);
				expect(performance.now() - stoppedAt).toBeLessThan(OUTAGE_TOLD_MS);
				expect(session.stream.frame(session.stream.now()).usage.pods.size).toBe(held);
			} finally {
				await startProcess(name, 'metrics-server');
			}
			await vi.waitFor(
				() => {
					session.retryNow();
					expect(metricsAnswer(session, 'pod')).toMatchObject({kind: 'ok'});
				},
				{timeout: 60_000, interval: 2000},
			);
			await vi.waitFor(() => expect(note()).toMatch(/^True /), {timeout: 60_000, interval: 100});
		});
	});
}
