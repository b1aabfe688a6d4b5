import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import {RESOURCES} from '../../src/kube/registry.ts';
import {leases} from '../../src/kube/resources/leases.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import type {Resource} from '../../src/kube/schema.ts';
import {firstDifference, type LiveCache, openLiveCache} from './live-cache.ts';
import {type LiveCluster, versionsOnServer} from './live-cluster.ts';

/** Every road by which a list can come. */
const WAYS = (['streamed', 'whole', 'pages'] as const).flatMap(how =>
	(['protobuf', 'json'] as const).map(encoding => ({name: `${how === 'streamed' ? 'streamed list' : `LIST, ${how}`}, ${encoding}`, how, encoding})),
);
const PAGED = 1100;
const PAGING = 'live-paging';

/** Always a little different: controllers renew them every two seconds. */
const isRestless = (resource: Resource): boolean => resource.id === leases.id;

/** Six caches side by side, each by another road, held against each other and against the server. */
export function encodings(cluster: () => LiveCluster): void {
	describe('all roads lead to the same store', () => {
		let caches: ReadonlyMap<string, LiveCache>;

		beforeAll(async () => {
			const {admin} = cluster();
			await admin.apply({apiVersion: 'v1', kind: 'Namespace', metadata: {name: PAGING}});
			const spec = {holderIdentity: 'somebody', leaseDurationSeconds: 3600};
			const made = Array.from({length: PAGED}, (_, index) => ({
				apiVersion: 'coordination.k8s.io/v1',
				kind: 'Lease',
				metadata: {name: `lease-${index}`, namespace: PAGING},
				spec,
			}));
			await Promise.all(made.map(lease => admin.apply(lease)));
			caches = new Map(
				WAYS.map(({name, how, encoding}) => [
					name,
					openLiveCache({
						kubeconfig: cluster().kubeconfig('admin'),
						lists: how === 'streamed' ? undefined : how,
						encoding: encoding === 'json' ? 'json' : undefined,
					}),
				]),
			);
			for (const cache of caches.values()) cache.follow(RESOURCES);
		});
		afterAll(async () => {
			await Promise.all(Array.from(caches.values(), cache => cache.close()));
		});

		async function expectAllEqual(resource: Resource): Promise<void> {
			await vi.waitFor(
				async () => {
					const onServer = isRestless(resource) ? undefined : await versionsOnServer(cluster().admin, resource);
					const [first, ...others] = [...caches.values()];
					for (const cache of caches.values()) expect(cache.freshness(resource)).toEqual({kind: 'live'});
					if (onServer !== undefined) expect(first!.versions(resource)).toEqual(onServer);
					for (const other of others) expect(firstDifference(first!.objects(resource), other.objects(resource))).toBeUndefined();
				},
				{timeout: 60_000, interval: 100},
			);
		}

		test.each(RESOURCES.map(resource => [resource.id, resource] as const))('%s', async (_, resource) => {
			await expectAllEqual(resource);
			expect([...caches.values()][0]!.objects(resource).size).toBeGreaterThan(0);
		});

		test.each(WAYS)('$name: that is how it came', ({name, how, encoding}) => {
			const asked = caches.get(name)!.sent.filter(({resource}) => resource === leases.id);
			const listing = asked.filter(({verb, query}) => (how === 'streamed' ? query.sendInitialEvents === 'true' : verb === 'list'));
			expect(listing).toHaveLength(how === 'pages' ? Math.ceil((PAGED + 1) / 500) : 1);
			expect(listing.every(({query}) => (query.limit === '500') === (how === 'pages'))).toBe(true);
			expect(asked.every(({status}) => status === 200)).toBe(true);
			for (const {contentType} of asked) expect(contentType).toContain(encoding === 'json' ? 'application/json' : 'application/vnd.kubernetes.protobuf');
		});

		test('a rollout, deletions and a namespace that goes arrive by watch, and the stores stay equal', async () => {
			const {admin} = cluster();
			const [watched] = [...caches.values()];
			const before = new Set(watched!.versions(pods).values());
			await admin.patch('/apis/apps/v1/namespaces/shop/deployments/api', {
				spec: {template: {metadata: {annotations: {'kwb.test/rollout': String(Date.now())}}}},
			});
			await admin.delete('/api/v1/namespaces/data/pods/debug');
			await admin.delete('/api/v1/namespaces/shop/services/api');
			await admin.delete('/apis/batch/v1/namespaces/data/jobs/import?propagationPolicy=Background');
			await admin.delete(`/api/v1/namespaces/${PAGING}`);
			await vi.waitFor(
				() => {
					expect([...watched!.objects(leases).keys()].filter(key => key.startsWith(`${PAGING}/`))).toHaveLength(0);
					expect([...watched!.objects(pods).keys()].filter(key => key === 'data/debug' || key.startsWith('data/import-'))).toHaveLength(0);
				},
				{timeout: 60_000},
			);
			for (const resource of RESOURCES) await expectAllEqual(resource);
			expect([...watched!.versions(pods).values()].filter(version => !before.has(version)).length).toBeGreaterThanOrEqual(2);
			for (const cache of caches.values()) for (const [, {relists}] of cache.context.counters.read()) expect(relists).toBe(0);
		});
	});
}
