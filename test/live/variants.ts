import {afterAll, describe, expect, test, vi} from 'vitest';
import {RESOURCES} from '../../src/kube/registry.ts';
import {events} from '../../src/kube/resources/events.ts';
import {leases} from '../../src/kube/resources/leases.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import type {Unsupported} from '../../src/reflector/watch-list-memory.ts';
import {Client, type KubeObject, targetOf} from '../cluster/client.ts';
import {compactEtcd, restartProcess} from '../cluster/control.ts';
import type {Variant} from '../cluster/settings.ts';
import {type LiveCache, openLiveCache} from './live-cache.ts';
import {type LiveCluster, throughRelay, versionsOnServer} from './live-cluster.ts';

/** A list that follows its refusal at once follows it within this; the first wait of a backoff would be 800 ms. */
const AT_ONCE_MS = 500;
const PATIENCE = {timeout: 60_000, interval: 50};

/** The API server with one fault each (docs/testing.md). */
export function variants(cluster: () => LiveCluster): void {
	describe('an API server with a fault', () => {
		const startAs = (variant: Variant | undefined): Promise<void> => restartProcess(cluster().name, 'kube-apiserver', {variant, graceMs: 500});
		const expectAllLive = (cache: LiveCache): Promise<void> =>
			vi.waitFor(() => expect(RESOURCES.filter(resource => cache.freshness(resource)?.kind !== 'live').map(({id}) => id)).toEqual([]), PATIENCE);

		afterAll(() => startAs(undefined));

		test('nowatchlist: the refusal of one streamed list is followed by a LIST at once, and the next session asks for none', async () => {
			await startAs('nowatchlist');
			const kubeconfig = cluster().kubeconfig('admin');
			let saved: readonly Unsupported[] = [];
			const first = openLiveCache({kubeconfig, saveUnsupportedWatchLists: entries => (saved = entries)});
			try {
				first.follow(RESOURCES);
				await expectAllLive(first);
				for (const resource of RESOURCES.filter(({id}) => id !== leases.id))
					await vi.waitFor(async () => expect(first.versions(resource)).toEqual(await versionsOnServer(cluster().admin, resource)), PATIENCE);
				const ofPods = first.sent.filter(({resource}) => resource === pods.id);
				expect(ofPods.slice(0, 2)).toMatchObject([
					{verb: 'watch', status: 422},
					{verb: 'list', status: 200},
				]);
				expect(ofPods[1]!.sentAt - ofPods[0]!.answeredAt).toBeLessThan(AT_ONCE_MS);
				expect(saved).toMatchObject([{group: '', how: expect.stringMatching(/^422: .*sendInitialEvents/s)}]);
			} finally {
				await first.close();
			}
			const second = openLiveCache({kubeconfig, unsupportedWatchLists: saved});
			try {
				second.follow(RESOURCES);
				await expectAllLive(second);
				expect(second.sent.filter(({query}) => query.sendInitialEvents !== undefined)).toEqual([]);
				expect(second.sent.map(({status}) => status)).toEqual(second.sent.map(() => 200));
			} finally {
				await second.close();
			}
		});

		test('nocache: a history compacted away while the line was dead is a relist, swapped in whole, in both encodings', async () => {
			const {admin, name} = cluster();
			await startAs('nocache');
			const namesIn = (cache: LiveCache): string =>
				[...cache.objects(pods).keys()]
					.filter(key => key.startsWith('default/gap-'))
					.sort()
					.join(' ');
			const add = (pod: string) =>
				admin.apply({
					apiVersion: 'v1',
					kind: 'Pod',
					metadata: {name: pod, namespace: 'default'},
					spec: {containers: [{name: 'app', image: 'app:1'}]},
				} as KubeObject);
			const remove = (pod: string) => admin.delete(`/api/v1/namespaces/default/pods/${pod}?gracePeriodSeconds=0`);
			for (const each of ['gap-stays', 'gap-goes', 'gap-again']) await add(each);
			const lines = await Promise.all([undefined, 'json' as const].map(async encoding => ({encoding, ...(await throughRelay(cluster().kubeconfig('admin')))})));
			const caches = lines.map(({kubeconfig, encoding}) => openLiveCache({kubeconfig, encoding}));
			const seen = caches.map(() => new Set<string>());
			try {
				for (const cache of caches) cache.follow([pods]);
				for (const cache of caches) await vi.waitFor(async () => expect(cache.versions(pods)).toEqual(await versionsOnServer(admin, pods)), PATIENCE);
				const uidIn = (cache: LiveCache): string | undefined => cache.objects(pods).get('default/gap-again')?.metadata.uid;
				const uid = uidIn(caches[0]!);
				for (const [index, cache] of caches.entries()) cache.stream.subscribe(() => seen[index]!.add(namesIn(cache)));

				for (const {relay} of lines) relay.stall();
				for (const each of ['gap-goes', 'gap-again']) await remove(each);
				for (const each of ['gap-again', 'gap-new']) await add(each);
				await compactEtcd(name);
				for (const {relay} of lines) {
					relay.closeAll();
					relay.resume();
				}

				for (const [index, cache] of caches.entries()) {
					await vi.waitFor(async () => {
						expect(cache.freshness(pods)).toEqual({kind: 'live'});
						expect(cache.versions(pods)).toEqual(await versionsOnServer(admin, pods));
					}, PATIENCE);
					expect([...seen[index]!]).toEqual(['default/gap-again default/gap-goes default/gap-stays', 'default/gap-again default/gap-new default/gap-stays']);
					expect(uidIn(cache)).not.toBe(uid);
					expect(cache.context.counters.read().get(pods.id)).toMatchObject({lists: 2, relists: 1, malformed: 0});
					// It was told by an event of a watch that was accepted.
					expect(cache.sent.filter(({verb, query}) => verb === 'watch' && query.sendInitialEvents === undefined)).toMatchObject([{status: 200}]);
				}
			} finally {
				await Promise.all(caches.map(cache => cache.close()));
				await Promise.all(lines.map(({relay}) => relay.stop()));
				for (const each of ['gap-stays', 'gap-again', 'gap-new']) await remove(each);
			}
		});

		test('tight: a 429 is waited out for as long as it says, nothing is listed twice, and the store gets there', async () => {
			await startAs('tight');
			const kubeconfig = cluster().kubeconfig('bench');
			const rival = new Client(targetOf(kubeconfig), {concurrency: 20});
			let isOver = false;
			const rivals = Array.from({length: 20}, async () => {
				while (!isOver) await rival.request('GET', '/api/v1/events?limit=500', {isFinal: true});
			});
			const cache = openLiveCache({kubeconfig, lists: 'whole'});
			try {
				cache.follow(RESOURCES);
				await vi.waitFor(() => expect(cache.sent.filter(({status}) => status === 429).length).toBeGreaterThan(5), PATIENCE);
				isOver = true;
				await expectAllLive(cache);
				for (const [index, refused] of cache.sent.entries()) {
					if (refused.status !== 429) continue;
					expect(refused.retryAfterMs).toBe(1000);
					const again = cache.sent.slice(index + 1).find(({resource, verb}) => resource === refused.resource && verb === refused.verb);
					expect(again!.sentAt - refused.answeredAt).toBeGreaterThanOrEqual(1000 - 2);
				}
				for (const [id, {lists, relists}] of cache.context.counters.read()) expect({id, lists, relists}).toEqual({id, lists: 1, relists: 0});
				for (const resource of RESOURCES.filter(({id}) => id !== leases.id && id !== events.id))
					await vi.waitFor(async () => expect(cache.versions(resource)).toEqual(await versionsOnServer(cluster().admin, resource)), PATIENCE);
				expect(cache.transport.counters().throttled).toBe(cache.sent.filter(({status}) => status === 429).length);
			} finally {
				isOver = true;
				await cache.close();
				await Promise.all(rivals);
				rival.close();
			}
		});
	});
}
