import {readFileSync} from 'node:fs';
import path from 'node:path';
import {Client, collectionPath, type KubeObject, type Target, targetOf} from '../client.ts';
import {ClusterFault} from '../fault.ts';
import {MARK} from '../objects.ts';

/** The mark of `cluster:up`: a ConfigMap with the data of `Mark`. */
const MARK_PATH = `${collectionPath('configmaps', MARK.namespace)}/${MARK.name}`;

/** A cluster that a scenario may fill and break. */
export type MarkedCluster = {
	readonly name: string;
	readonly mark: string;
	/** Where the metrics adapter takes its values; undefined without one. */
	readonly adapterControl: URL | undefined;
};

export type OpenCluster = {readonly client: Client; readonly cluster: MarkedCluster};

type ConfigMap = KubeObject & {readonly data?: Readonly<Record<string, string>>};

/** The annotation by which a node says that no machine is behind it. */
const FAKE_NODE = 'kwok.x-k8s.io/node';

/**
 * Opens the cluster of a kubeconfig if it is one of `cluster:up`'s, and throws a `ClusterFault` of one line otherwise, before anything is written.
 *
 * Each condition alone can hold for a real cluster: a tunnel is on loopback, a backup restores a ConfigMap. So all must hold: the server
 * is on loopback and not behind a proxy, it carries the mark, the mark is the one that `cluster:up` noted in the cluster's directory on this
 * machine, and the cluster has no node that kwok does not play.
 */
export async function openMarkedCluster(kubeconfig: string, context?: string): Promise<OpenCluster> {
	const target = readTarget(kubeconfig, context);
	const refuse = (because: string) =>
		new ClusterFault(`${target.server.href} is no cluster of cluster:up (${because}): a scenario would fill it, so it does not run there`);
	if (!isLoopback(target.server.hostname)) throw refuse('its address is not on loopback');
	if (target.hasProxy) throw refuse('it is reached through a proxy');

	const client = new Client(target, {concurrency: 32});
	try {
		const cluster = await readMark(client, refuse);
		const nodes = await client.list('/api/v1/nodes', {metadataOnly: true});
		const real = nodes.items.find(node => node.metadata?.annotations?.[FAKE_NODE] !== 'fake');
		if (real !== undefined) throw refuse(`its node ${real.metadata?.name} is a real one`);
		return {client, cluster};
	} catch (error) {
		client.close();
		throw error instanceof ClusterFault ? error : refuse(error instanceof Error ? error.message : String(error));
	}
}

/** Whether an address can only be this machine: `localhost`, 127.0.0.0/8, ::1. A name that merely resolves there does not count. */
export function isLoopback(hostname: string): boolean {
	return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}

function readTarget(kubeconfig: string, context: string | undefined): Target {
	try {
		return targetOf(kubeconfig, context);
	} catch (error) {
		throw new ClusterFault(`${kubeconfig} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
	}
}

async function readMark(client: Client, refuse: (because: string) => ClusterFault): Promise<MarkedCluster> {
	const data = (await client.find<ConfigMap>(MARK_PATH))?.data;
	if (data === undefined) throw refuse('it does not carry the mark');
	const {cluster, mark, dataDir, adapterControl} = data;
	if (!cluster || !mark || !dataDir) throw refuse('its mark is empty');
	if (notedMark(dataDir) !== mark) throw refuse('its mark was not set on this machine');
	const control = adapterControl ? new URL(adapterControl) : undefined;
	if (control !== undefined && !isLoopback(control.hostname)) throw refuse('its adapter is not on loopback');
	return {name: cluster, mark, adapterControl: control};
}

/** The mark in the state of a cluster's directory; undefined where there is none to be read. */
function notedMark(directory: string): string | undefined {
	try {
		const state: unknown = JSON.parse(readFileSync(path.join(directory, 'state.json'), 'utf8'));
		return typeof state === 'object' && state !== null && 'mark' in state && typeof state.mark === 'string' ? state.mark : undefined;
	} catch {
		return undefined;
	}
}
