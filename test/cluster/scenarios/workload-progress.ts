import {type Client, collectionPath, type KubeObject} from '../client.ts';
import {until} from './scenario.ts';

export type Workload = KubeObject & {
	readonly spec?: {readonly replicas?: number};
	readonly status?: {
		readonly readyReplicas?: number;
		readonly replicas?: number;
		readonly desiredNumberScheduled?: number;
		readonly numberReady?: number;
		readonly succeeded?: number;
	};
};

/** Ready pods of Deployments, StatefulSets and DaemonSets, of as many as they want. */
export type Progress = {readonly ready: number; readonly wanted: number};

/** Adds up what workloads say of themselves: a few objects to read, however many pods there are. */
export async function progressOf(client: Client, paths: readonly string[]): Promise<Progress> {
	const workloads = (await Promise.all(paths.map(path => client.list<Workload>(path)))).flatMap(list => list.items);
	return workloads.map(progressOfOne).reduce((total, each) => ({ready: total.ready + each.ready, wanted: total.wanted + each.wanted}), {ready: 0, wanted: 0});
}

/** A DaemonSet that has not been looked at yet wants as many as it says: none. Others want what their spec says. */
export function progressOfOne({spec, status}: Workload): Progress {
	if (spec?.replicas === undefined) return {ready: status?.numberReady ?? 0, wanted: status?.desiredNumberScheduled ?? 0};
	return {ready: Math.min(status?.readyReplicas ?? 0, spec.replicas), wanted: spec.replicas};
}

type Conditioned = KubeObject & {readonly status?: {readonly conditions?: readonly {readonly type: string; readonly status: string}[]}};

/** Makes nodes, and waits until each is Ready and its kubelet, that is kwok, holds its lease. */
export async function makeNodes(client: Client, made: readonly KubeObject[], signal: AbortSignal): Promise<void> {
	await Promise.all(made.map(node => client.apply(node)));
	const names = new Set(made.map(node => node.metadata?.name));
	await until(
		async () => {
			const [nodes, leases] = await Promise.all([
				client.list<Conditioned>(collectionPath('nodes')),
				client.list(collectionPath('coordination.k8s.io/v1/leases', 'kube-node-lease'), {metadataOnly: true}),
			]);
			const held = new Set(leases.items.map(lease => lease.metadata?.name));
			const ready = new Set(nodes.items.filter(({metadata, status}) => held.has(metadata?.name) && isReady(status)).map(({metadata}) => metadata?.name));
			const waiting = [...names].filter(name => !ready.has(name));
			return waiting.length === 0 ? undefined : `${waiting.length} of ${names.size} nodes are not ready, ${waiting[0]} for one`;
		},
		{signal, timeoutSeconds: 120},
	);
}

function isReady(status: Conditioned['status']): boolean {
	return status?.conditions?.some(condition => condition.type === 'Ready' && condition.status === 'True') ?? false;
}
