import {describe, expect, test, vi} from 'vitest';
import {nodes} from '../../src/kube/resources/nodes.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import {keyOf, type Resource} from '../../src/kube/schema.ts';
import type {Freshness} from '../../src/observe/observation.ts';
import type {KubeObject} from '../cluster/client.ts';
import type {Relay} from '../cluster/relay.ts';
import {HASTE, hastyClock} from './hasty-clock.ts';
import {type LiveCache, openLiveCache} from './live-cache.ts';
import {type LiveCluster, throughRelay, versionsOnServer} from './live-cluster.ts';

/** Where a connection is reset, in bytes after what has come so far: within a frame's head, within an event, within a later one. */
const CUTS = [1, 3, 40, 300, 1000, 1700, 2600, 4000, 7000, 11_000];
const SILENCE_MS = 120_000;
const PATIENCE = {timeout: 60_000, interval: 50};

/** What a cache learned of pods after its first list, one line an event, and how current it said to be. */
function listenTo(cache: LiveCache): {readonly events: readonly string[]; readonly said: readonly Freshness[]} {
	const events: string[] = [];
	const said: Freshness[] = [];
	let hasSynced = false;
	cache.stream.subscribe(observation => {
		if (observation.kind === 'freshness' && hasSynced) said.push(observation.freshness);
		if (observation.kind !== 'object' || observation.resource !== pods.id) return;
		const {event} = observation;
		if (event.kind === 'synced') hasSynced = true;
		if (hasSynced && event.kind === 'apply') events.push(`${keyOf(event.object)} ${event.object.metadata.resourceVersion}`);
	});
	return {events, said};
}

/** Changes the pods of a namespace in turn until told to stop. Gives what a watch must have told, one line a change. */
function churn({admin}: LiveCluster, names: readonly string[], pauseMs: number): () => Promise<readonly string[]> {
	const changes: string[] = [];
	let isOver = false;
	const done = (async () => {
		for (let turn = 0; !isOver; turn++) {
			const name = names[turn % names.length]!;
			const changed = await admin.patch<KubeObject>(`/api/v1/namespaces/data/pods/${name}`, {metadata: {annotations: {'kwb.test/turn': String(turn)}}});
			changes.push(`data/${name} ${changed.metadata?.resourceVersion}`);
			await new Promise(resolve => setTimeout(resolve, pauseMs));
		}
	})();
	return async () => {
		isOver = true;
		await done;
		return changes;
	};
}

const PODS = ['db-0', 'db-1', 'db-2'];

export function link(cluster: () => LiveCluster): void {
	describe('a bad line to a good server', () => {
		const expectCurrent = (cache: LiveCache, resource: Resource): Promise<void> =>
			vi.waitFor(async () => {
				expect(cache.freshness(resource)).toEqual({kind: 'live'});
				expect(cache.versions(resource)).toEqual(await versionsOnServer(cluster().admin, resource));
			}, PATIENCE);

		/** Resets the connection on which something flows after so many more bytes, and waits until that has happened. */
		async function cut(relay: Relay, bytes: number): Promise<void> {
			const before = new Map(relay.counts().connections.map(({id, down}) => [id, down]));
			const flowing = await vi.waitFor(() => {
				const found = relay.counts().connections.find(({id, isOpen, down}) => isOpen && before.has(id) && down > before.get(id)!);
				if (found === undefined) for (const {id, down} of relay.counts().connections) before.set(id, before.get(id) ?? down);
				expect(found).toBeDefined();
				return found!;
			}, PATIENCE);
			relay.cutAfter(flowing.down + bytes);
			// At once, so that the next connection is not cut as well.
			await vi.waitFor(() => expect(relay.counts().connections[flowing.id]?.isOpen).toBe(false), {...PATIENCE, interval: 1});
			relay.cutAfter(undefined);
		}

		test('a connection reset within an event, at any byte and in both encodings, loses nothing, doubles nothing and is not worth a word', async () => {
			const lines = await Promise.all([undefined, 'json' as const].map(async encoding => ({encoding, ...(await throughRelay(cluster().kubeconfig('admin')))})));
			const caches = lines.map(({kubeconfig, encoding}) => openLiveCache({kubeconfig, encoding}));
			const heard = caches.map(listenTo);
			try {
				for (const cache of caches) cache.follow([pods]);
				for (const cache of caches) await expectCurrent(cache, pods);
				const stop = churn(cluster(), PODS, 10);
				await Promise.all(
					lines.map(async ({relay}) => {
						for (const bytes of CUTS) await cut(relay, bytes);
					}),
				);
				const changes = await stop();
				for (const [index, cache] of caches.entries()) {
					await expectCurrent(cache, pods);
					const {events, said} = heard[index]!;
					expect(new Set(events).size).toBe(events.length);
					expect(events.filter(event => changes.includes(event))).toEqual(changes);
					expect(said.filter(({kind}) => kind !== 'live')).toEqual([]);
					expect(cache.context.counters.read().get(pods.id)).toMatchObject({lists: 1, relists: 0, malformed: 0});
					expect(cache.sent.filter(({verb}) => verb === 'watch').length).toBeGreaterThanOrEqual(CUTS.length);
				}
			} finally {
				await Promise.all(caches.map(cache => cache.close()));
				await Promise.all(lines.map(({relay}) => relay.stop()));
			}
		});

		test('a line that is dead without anybody saying so is given up after 120 s of silence, and nothing is lost', async () => {
			const {relay, kubeconfig} = await throughRelay(cluster().kubeconfig('admin'));
			const cache = openLiveCache({kubeconfig, clock: hastyClock});
			const {events, said} = listenTo(cache);
			try {
				cache.follow([pods]);
				await expectCurrent(cache, pods);
				const stop = churn(cluster(), PODS, 200);
				await vi.waitFor(() => expect(events.length).toBeGreaterThan(2), PATIENCE);
				const rows = cache.objects(pods).size;
				const connections = relay.counts().connections.length;
				relay.stall();
				const stalledAt = performance.now();
				await vi.waitFor(() => expect(relay.counts().connections.length).toBeGreaterThan(connections), PATIENCE);
				const seconds = ((performance.now() - stalledAt) * HASTE) / 1000;
				expect(seconds).toBeGreaterThan(SILENCE_MS / 1000 - HASTE);
				expect(seconds).toBeLessThan(SILENCE_MS / 1000 + 3 * HASTE);
				await vi.waitFor(() => expect(said.some(({kind}) => kind === 'stale')).toBe(true), PATIENCE);
				expect(cache.objects(pods).size).toBe(rows);

				relay.closeAll();
				relay.resume();
				const changes = await stop();
				await expectCurrent(cache, pods);
				expect(new Set(events).size).toBe(events.length);
				expect(events.filter(event => changes.includes(event))).toEqual(
					changes.filter(change => events.includes(change) || Number(change.split(' ')[1]) > Number(events[0]!.split(' ')[1])),
				);
				expect(cache.context.counters.read().get(pods.id)).toMatchObject({relists: 0});
			} finally {
				await cache.close();
				await relay.stop();
			}
		});

		test('on a slow line the first rows are there before the last, and one busy stream does not hold up another', async () => {
			const {relay, kubeconfig} = await throughRelay(cluster().kubeconfig('admin'));
			const cache = openLiveCache({kubeconfig});
			try {
				relay.slow(15_000);
				cache.follow([pods, nodes]);
				await vi.waitFor(
					() => {
						expect(cache.objects(pods).size).toBeGreaterThan(0);
						expect(cache.freshness(pods)?.kind).toBe('syncing');
					},
					{timeout: 60_000, interval: 5},
				);
				expect(cache.stream.frame(cache.stream.now()).snapshot(pods).hasSynced).toBe(false);
				await expectCurrent(cache, pods);

				const {admin} = cluster();
				const burst = Array.from({length: 60}, (_, turn) =>
					admin.patch<KubeObject>(`/api/v1/namespaces/data/pods/${PODS[turn % 3]}`, {metadata: {annotations: {'kwb.test/burst': String(turn)}}}),
				);
				await Promise.all(burst);
				const [node] = [...cache.objects(nodes).keys()];
				await admin.patch(`/api/v1/nodes/${node}`, {metadata: {labels: {'kwb.test/told': String(Date.now())}}});
				const toldAt = performance.now();
				await vi.waitFor(async () => expect(cache.versions(nodes).get(node!)).toBe((await versionsOnServer(admin, nodes)).get(node!)), PATIENCE);
				expect(performance.now() - toldAt).toBeLessThan(3000);
				expect(cache.versions(pods)).not.toEqual(await versionsOnServer(admin, pods));
				relay.slow(undefined);
				await expectCurrent(cache, pods);
				expect(cache.sent.every(({status}) => status === 200)).toBe(true);
				expect(cache.context.counters.read().get(pods.id)).toMatchObject({relists: 0, watches: 1});
			} finally {
				await cache.close();
				await relay.stop();
			}
		});
	});
}
