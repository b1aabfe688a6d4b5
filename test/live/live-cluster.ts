import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {collectionPath} from '../../src/kube/api-paths.ts';
import type {ObjectKey, Resource} from '../../src/kube/schema.ts';
import {Client, type KubeObject, targetOf} from '../cluster/client.ts';
import {downCluster, layoutFor, upCluster} from '../cluster/control.ts';
import {type Relay, relayKubeconfig, relayTargetOf, startRelay} from '../cluster/relay.ts';
import {runScenario} from '../cluster/scenarios/run.ts';

/** A real cluster of these tests. */
export type LiveCluster = {
	readonly name: string;
	/** Changes things, and says what is true. Knows nothing of `src/`. */
	readonly admin: Client;
	/** The API server's audit log; it has the requests of `bench` alone. */
	readonly audit: string;
	/** Path of a user's kubeconfig. */
	kubeconfig(user: 'admin' | 'bench' | 'limited' | 'token'): string;
	down(): Promise<void>;
};

/** Starts a cluster with short intervals (profile `quick`). One that runs already, for whoever works on these tests, is used and left. */
export async function upLiveCluster(name: string, {scenario}: {readonly scenario?: string} = {}): Promise<LiveCluster> {
	const {how} = await upCluster({name, wanted: {profile: 'quick', variant: undefined}});
	const layout = layoutFor(name);
	const kubeconfig = layout.kubeconfig('admin');
	if (scenario !== undefined) await runScenario({kubeconfig, name: scenario, log: () => undefined});
	const admin = new Client(targetOf(kubeconfig), {patienceMs: 60_000});
	return {
		name,
		admin,
		audit: layout.audit,
		kubeconfig: layout.kubeconfig,
		async down() {
			admin.close();
			if (how !== 'already') await downCluster(name, {deletes: true});
		},
	};
}

/** A kubeconfig in a file of its own. */
export function writeKubeconfig(text: string): string {
	const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'kwb-live-')), 'kubeconfig');
	writeFileSync(file, text, {mode: 0o600});
	return file;
}

/** The same cluster and user, reached through a relay that can be cut, slowed and stalled. */
export async function throughRelay(kubeconfig: string): Promise<{readonly relay: Relay; readonly kubeconfig: string}> {
	const relay = await startRelay({target: relayTargetOf(kubeconfig)});
	return {relay, kubeconfig: writeKubeconfig(relayKubeconfig(readFileSync(kubeconfig, 'utf8'), relay.port))};
}

/** What the API server has of a resource now: uid and resourceVersion by key. */
export async function versionsOnServer(admin: Client, resource: Resource, namespace?: string): Promise<ReadonlyMap<ObjectKey, string>> {
	const {items} = await admin.list<KubeObject>(collectionPath(resource, resource.versions[0]!, namespace));
	return new Map(
		items.map(({metadata}): [ObjectKey, string] => [
			metadata?.namespace === undefined ? `${metadata?.name}` : `${metadata.namespace}/${metadata.name}`,
			`${metadata?.uid} ${metadata?.resourceVersion}`,
		]),
	);
}
