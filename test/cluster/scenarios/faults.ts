import {type Client, collectionPath, type KubeObject} from '../client.ts';
import {compactEtcd, restartProcess, startProcess, stateOf, stopProcess} from '../control.ts';
import {ClusterFault} from '../fault.ts';
import type {ProcessName} from '../settings.ts';
import type {MarkedCluster} from './marked-cluster.ts';
import {pause} from './scenario.ts';

/** What a fault needs of a scenario's context. */
type Where = {readonly cluster: MarkedCluster; readonly signal: AbortSignal; readonly log: (line: string) => void};

/** kwok leaves a node alone that carries it: its lease ends, its pods stay as they are. */
export const STOPPED_KUBELET = {label: 'kwb.test/kubelet', value: 'stopped'} as const;

/** Does something while these processes are stopped; then they run again, also when it ends with an error. */
export async function withoutProcesses<T>({cluster}: Pick<Where, 'cluster'>, processes: readonly ProcessName[], run: () => Promise<T>): Promise<T> {
	const name = ownName(cluster);
	const stopped: ProcessName[] = [];
	try {
		for (const each of processes) {
			stopped.push(each);
			await stopProcess(name, each);
		}
		return await run();
	} finally {
		for (const each of stopped.reverse()) await startProcess(name, each);
	}
}

/** No metrics for so many seconds: metrics-server is stopped, and started again also when the signal ends the scenario meanwhile. */
export async function metricsOutage({cluster, signal, log}: Where, seconds: number): Promise<void> {
	await withoutProcesses({cluster}, ['metrics-server'], async () => {
		log(`metrics-server is stopped for ${seconds} s`);
		await pause(seconds, signal);
	});
	log('metrics-server runs again; metrics come two scrapes later');
}

/** Those who only listen to the API server, in the order in which they may go: a controller-manager that hears nothing of kubelets takes their nodes for dead. */
export const LISTENERS: readonly ProcessName[] = ['kube-controller-manager', 'kube-scheduler', 'kwok', 'metrics-server'];

/** Stops the API server and starts it again at once: every connection breaks, watches resume. */
export async function restartApiServer({cluster, log}: Where): Promise<void> {
	await restartProcess(ownName(cluster), 'kube-apiserver');
	log('the API server was restarted');
}

/** Drops the history of etcd: with the variant `nocache` every older resourceVersion is gone at once. */
export async function compactHistory({cluster, log}: Where): Promise<void> {
	log(`etcd was compacted at revision ${await compactEtcd(ownName(cluster))}`);
}

/** A kubelet that says nothing any more: after the grace period its node is not ready and its pods are marked. */
export async function stopKubelet(client: Client, node: string): Promise<void> {
	await client.patch(`/api/v1/nodes/${node}`, {metadata: {labels: {[STOPPED_KUBELET.label]: STOPPED_KUBELET.value}}});
}

/** Ends that; nothing to do for a node that is not there. */
export async function startKubelet(client: Client, node: string): Promise<void> {
	await client.patchIfThere(`/api/v1/nodes/${node}`, {metadata: {labels: {[STOPPED_KUBELET.label]: null}}});
}

/** Whether new pods may come to a node. */
export async function setSchedulable(client: Client, node: string, isSchedulable: boolean): Promise<void> {
	await client.patch(`/api/v1/nodes/${node}`, {spec: {unschedulable: isSchedulable ? null : true}});
}

type Evictable = KubeObject & {readonly metadata?: {readonly ownerReferences?: readonly {readonly kind: string; readonly controller?: boolean}[]}};

/**
 * Cordons a node and evicts its pods, as `kubectl drain --ignore-daemonsets` does: what a budget refuses is asked for again every five seconds.
 *
 * @returns The pods that would not go within the time, as `namespace/name`.
 */
export async function drain(
	{client, signal, log}: {readonly client: Client; readonly signal: AbortSignal; readonly log: (line: string) => void},
	node: string,
	forSeconds: number,
): Promise<readonly string[]> {
	await setSchedulable(client, node, false);
	const giveUpAt = performance.now() + forSeconds * 1000;
	for (;;) {
		const pods = await client.list<Evictable>(`${collectionPath('pods')}`, {fieldSelector: `spec.nodeName=${node}`, metadataOnly: true});
		const left = pods.items.filter(({metadata}) => !metadata?.ownerReferences?.some(({kind, controller}) => kind === 'DaemonSet' && controller));
		const names = left.map(({metadata}) => `${metadata?.namespace}/${metadata?.name}`);
		if (names.length === 0 || signal.aborted || performance.now() > giveUpAt) {
			log(names.length === 0 ? `${node} is drained` : `${node} is not drained: ${names.join(', ')} would not go`);
			return names;
		}
		await Promise.all(
			left.map(({metadata}) =>
				client.request('POST', `/api/v1/namespaces/${metadata?.namespace}/pods/${metadata?.name}/eviction`, {
					body: {apiVersion: 'policy/v1', kind: 'Eviction', metadata: {namespace: metadata?.namespace, name: metadata?.name}},
					isFinal: true,
				}),
			),
		);
		await pause(5, signal);
	}
}

/** The name by which this machine knows the cluster. Its processes are reached through its state, and that must be of the same cluster. */
function ownName({name, mark}: MarkedCluster): string {
	if (stateOf(name)?.mark !== mark) throw new ClusterFault(`the processes of cluster ${name} are not known here: its state is another user's, or gone`);
	return name;
}
