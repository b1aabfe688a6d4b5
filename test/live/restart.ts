import net from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, expect, test, vi} from 'vitest';
import {RESOURCES} from '../../src/kube/registry.ts';
import {leases} from '../../src/kube/resources/leases.ts';
import {nodes} from '../../src/kube/resources/nodes.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import {startProcess, stopProcess} from '../cluster/control.ts';
import {relayTargetOf} from '../cluster/relay.ts';
import {type LiveCluster, throughRelay, versionsOnServer} from './live-cluster.ts';
import {freshnessIn, metricsAnswer, openLiveSession, versionsIn} from './live-session.ts';

const RECOVERY_MS = 10_000;
/** Long enough for waits of more than ten seconds. */
const OUTAGE_MS = 12_000;
/** For each connection. */
const BYTES_PER_SECOND = 20_000;

/** Of leases only those of one namespace are followed, and they change all the time. */
const FOLLOWED = RESOURCES.filter(({id}) => id !== leases.id);

/** Does anybody listen there? */
function accepts(host: string, port: number): Promise<boolean> {
	return new Promise(resolve => {
		const socket = net.connect(port, host);
		socket.on('error', () => resolve(false));
		socket.on('connect', () => {
			socket.destroy();
			resolve(true);
		});
	});
}

export function restart(cluster: () => LiveCluster): void {
	describe('the API server goes and comes back', () => {
		test('rows stay and are marked stale; within 10 s of its return all is current, by at most two lists at a time', async () => {
			const {name, admin} = cluster();
			// An ordinary user: at first a new API server knows no roles and refuses everybody but masters.
			const {relay, kubeconfig} = await throughRelay(cluster().kubeconfig('token'));
			// Lists that take a moment, or few would ever meet.
			relay.slow(BYTES_PER_SECOND);
			const session = openLiveSession({access: {kubeconfig}});
			const kinds = (): readonly (string | undefined)[] => FOLLOWED.map(resource => freshnessIn(session, resource)?.kind);
			const rows = (): number => versionsIn(session, pods).size;
			const said = new Set<string>();
			const relisting = new Set<string>();
			let mostAtOnce = 0;
			let fewestRows = Number.POSITIVE_INFINITY;
			try {
				session.need(FOLLOWED.map(({id}) => id));
				await vi.waitFor(() => expect(kinds()).toEqual(FOLLOWED.map(() => 'live')), 30_000);
				await vi.waitFor(() => expect(metricsAnswer(session, 'pod')?.kind).toBe('ok'), 30_000);
				session.stream.subscribe(observation => {
					if (observation.kind === 'freshness') said.add(observation.freshness.kind);
					if (observation.kind !== 'object') return;
					const {resource, event} = observation;
					if (event.kind === 'begin') relisting.add(resource);
					if (event.kind === 'synced') relisting.delete(resource);
					mostAtOnce = Math.max(mostAtOnce, relisting.size);
					fewestRows = Math.min(fewestRows, rows());
				});

				await stopProcess(name, 'kube-apiserver', {graceMs: 500});
				const goneAt = performance.now();
				const before = rows();
				await vi.waitFor(() => expect(kinds()).toEqual(FOLLOWED.map(() => 'stale')), 20_000);
				expect(freshnessIn(session, pods)).toMatchObject({kind: 'stale', why: expect.stringMatching(/\w/)});
				expect(rows()).toBe(before);
				await delay(Math.max(0, goneAt + OUTAGE_MS - performance.now()));
				await startProcess(name, 'kube-apiserver');
				const backAt = performance.now();

				await vi.waitFor(() => expect(kinds()).toEqual(FOLLOWED.map(() => 'live')), 60_000);

				expect(performance.now() - backAt).toBeLessThan(RECOVERY_MS);
				for (const resource of FOLLOWED)
					await vi.waitFor(async () => expect(versionsIn(session, resource)).toEqual(await versionsOnServer(admin, resource)), {
						timeout: 30_000,
						interval: 100,
					});
				expect(mostAtOnce).toBeLessThanOrEqual(2);
				expect(fewestRows).toBeGreaterThan(0);
				expect(said).not.toContain('forbidden');
				await vi.waitFor(() => expect(metricsAnswer(session, 'pod')?.kind).toBe('ok'), 60_000);
			} finally {
				await session.close();
				await relay.stop();
			}
		});

		test('a session that begins while it starts, and is refused everything at first, is current within 10 s', async () => {
			const {name} = cluster();
			const kubeconfig = cluster().kubeconfig('token');
			const {host, port} = relayTargetOf(kubeconfig);
			await stopProcess(name, 'kube-apiserver', {graceMs: 500});
			const started = startProcess(name, 'kube-apiserver');
			while (!(await accepts(host, port))) await delay(20);
			const session = openLiveSession({access: {kubeconfig}});
			try {
				session.need(['pods', 'nodes']);
				await started;
				const readyAt = performance.now();
				await vi.waitFor(
					() => {
						expect([pods, nodes].map(resource => freshnessIn(session, resource)?.kind)).toEqual(['live', 'live']);
						expect(session.context.version.known()).toBeDefined();
						for (const scope of ['pod', 'node']) expect(metricsAnswer(session, scope)).not.toMatchObject({kind: 'failed', status: 403});
					},
					{timeout: 30_000, interval: 50},
				);
				expect(performance.now() - readyAt).toBeLessThan(RECOVERY_MS);
			} finally {
				await session.close();
				await started;
			}
		});
	});
}
