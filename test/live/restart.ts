import {describe, expect, test, vi} from 'vitest';
import {RESOURCES} from '../../src/kube/registry.ts';
import {leases} from '../../src/kube/resources/leases.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import {startProcess, stopProcess} from '../cluster/control.ts';
import {openLiveCache} from './live-cache.ts';
import {type LiveCluster, versionsOnServer} from './live-cluster.ts';

const RECOVERY_MS = 10_000;

export function restart(cluster: () => LiveCluster): void {
	describe('the API server goes and comes back', () => {
		test('rows stay and are marked stale; within 10 s of its return all is current, by at most two lists at a time', async () => {
			const {name, admin} = cluster();
			// Nothing is spread by chance: it is the gate that holds lists back.
			const cache = openLiveCache({kubeconfig: cluster().kubeconfig('admin'), random: () => 0});
			const relisting = new Set<string>();
			let mostAtOnce = 0;
			const rowsSeen = new Set<number>();
			try {
				cache.follow(RESOURCES);
				await vi.waitFor(() => expect(RESOURCES.map(resource => cache.freshness(resource)?.kind)).toEqual(RESOURCES.map(() => 'live')), 30_000);
				const rows = cache.objects(pods).size;
				cache.stream.subscribe(observation => {
					if (observation.kind !== 'object') return;
					const {resource, event} = observation;
					if (event.kind === 'begin') relisting.add(resource);
					if (event.kind === 'synced') relisting.delete(resource);
					mostAtOnce = Math.max(mostAtOnce, relisting.size);
					rowsSeen.add(cache.objects(pods).size);
				});

				await stopProcess(name, 'kube-apiserver', {graceMs: 500});
				await vi.waitFor(() => expect(RESOURCES.map(resource => cache.freshness(resource)?.kind)).toEqual(RESOURCES.map(() => 'stale')), 20_000);
				expect(cache.freshness(pods)).toMatchObject({kind: 'stale', why: expect.stringMatching(/\w/)});
				expect(cache.objects(pods).size).toBe(rows);
				await startProcess(name, 'kube-apiserver');
				const backAt = performance.now();

				await vi.waitFor(() => expect(RESOURCES.map(resource => cache.freshness(resource)?.kind)).toEqual(RESOURCES.map(() => 'live')), 60_000);
				const tookMs = performance.now() - backAt;
				for (const resource of RESOURCES) {
					if (resource.id === leases.id) continue;
					await vi.waitFor(async () => expect(cache.versions(resource)).toEqual(await versionsOnServer(admin, resource)), 30_000);
				}
				expect(tookMs).toBeLessThan(RECOVERY_MS);
				expect(mostAtOnce).toBeLessThanOrEqual(2);
				expect(Math.min(...rowsSeen)).toBeGreaterThan(0);
			} finally {
				await cache.close();
			}
		});
	});
}
