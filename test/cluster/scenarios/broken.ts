import {collectionPath} from '../client.ts';
import {barePod, container, daemonSet, deployment, hpa, job, metric, NODE_SIZES, namespace, node, nodes, pdb, service} from './builders.ts';
import {setSchedulable, startKubelet, stopKubelet} from './faults.ts';
import {defineScenario, until} from './scenario.ts';
import {makeNodes} from './workload-progress.ts';

const NAMESPACE = 'broken';
const inNamespace = <Name extends string>(name: Name) => ({namespace: NAMESPACE, name});
const small = {requests: {cpuMilli: 50, memoryMi: 64}, limits: {memoryMi: 128}};
const one = {containers: [container(small)], usage: {cpuMilli: 10, memoryMi: 40}} as const;
const STOPPED_NODE = 'broken-stopped';
const CORDONED_NODE = 'broken-test-1a-0';

const NODES = [
	...nodes({count: 3, zones: ['test-1a', 'test-1b', 'test-1c'], size: NODE_SIZES.small, prefix: 'broken'}),
	node({name: STOPPED_NODE, zone: 'test-1b', size: NODE_SIZES.small}),
	node({name: 'broken-tainted', zone: 'test-1c', size: NODE_SIZES.small, taints: [{key: 'dedicated', value: 'gpu', effect: 'NoSchedule'}]}),
];

/** Pods that do not do what they should, each in its own way; names say which. */
const PODS = [
	deployment({...inNamespace('crashloop'), replicas: 2, ...one, behaviour: 'crashloop'}),
	deployment({
		...inNamespace('crashloop-sidecar'),
		replicas: 2,
		containers: [container(small), container({...small, name: 'exporter'})],
		usage: one.usage,
		behaviour: 'crashloop',
		annotations: {'kwb.test/container': 'exporter', 'kwb.test/exit-code': '3'},
	}),
	deployment({...inNamespace('oom'), replicas: 2, ...one, usage: {cpuMilli: 30, memoryMi: 127}, behaviour: 'oom'}),
	deployment({...inNamespace('unready'), replicas: 2, ...one, behaviour: 'unready'}),
	deployment({...inNamespace('never-ready'), replicas: 2, ...one, behaviour: 'never-ready'}),
	deployment({...inNamespace('slow-start'), replicas: 2, ...one, behaviour: 'slow-start'}),
	deployment({...inNamespace('image-pull'), replicas: 1, containers: [container({...small, image: 'registry.example/no/such:tag'})], behaviour: 'image-pull'}),
	deployment({...inNamespace('no-metrics'), replicas: 2, containers: one.containers, hasNoMetrics: true}),
	deployment({...inNamespace('no-requests'), replicas: 2, containers: [container()], usage: one.usage}),
	deployment({...inNamespace('too-large'), replicas: 1, containers: [container({requests: {cpuMilli: 100_000, memoryMi: 64}})]}),
	deployment({...inNamespace('no-such-node'), replicas: 1, ...one, nodeSelector: {disktype: 'ssd'}}),
	deployment({...inNamespace('untolerated'), replicas: 1, ...one, nodeSelector: {'kubernetes.io/hostname': 'broken-tainted'}}),
	deployment({...inNamespace('on-stopped-node'), replicas: 1, ...one, nodeSelector: {'kubernetes.io/hostname': STOPPED_NODE}}),
	daemonSet({...inNamespace('everywhere'), ...one, tolerations: [{operator: 'Exists'}]}),
	job({...inNamespace('failing-job'), ...one, behaviour: 'fail', backoffLimit: 1}),
	barePod({...inNamespace('bare'), ...one}),
];

/** Objects that point at nothing, at the same thing, or at something that cannot answer. */
const AROUND = [
	service({...inNamespace('no-endpoints'), selector: {app: 'nobody'}, ports: {http: 80}}),
	service({...inNamespace('not-ready-endpoints'), selector: {app: 'never-ready'}, ports: {http: {port: 80, targetPort: 8080}}}),
	pdb({...inNamespace('over-nothing'), matchLabels: {app: 'nobody'}, minAvailable: 1}),
	pdb({...inNamespace('twice-a'), matchLabels: {app: 'no-metrics'}, maxUnavailable: 1}),
	pdb({...inNamespace('twice-b'), matchLabels: {app: 'no-metrics'}, minAvailable: 1}),
	pdb({...inNamespace('over-broken'), matchLabels: {app: 'crashloop'}, minAvailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow'}),
	pdb({...inNamespace('impossible'), matchLabels: {app: 'unready'}, minAvailable: 5}),
	hpa({...inNamespace('no-target'), target: {kind: 'Deployment', name: 'nobody'}, max: 5, metrics: [metric.resource('cpu', 50)]}),
	hpa({...inNamespace('without-metrics'), target: {kind: 'Deployment', name: 'no-metrics'}, max: 5, metrics: [metric.resource('cpu', 50)]}),
	hpa({...inNamespace('without-requests'), target: {kind: 'Deployment', name: 'no-requests'}, max: 5, metrics: [metric.resource('cpu', 50)]}),
	hpa({...inNamespace('ambiguous-a'), target: {kind: 'Deployment', name: 'slow-start'}, max: 5, metrics: [metric.resource('cpu', 50)]}),
	hpa({...inNamespace('ambiguous-b'), target: {kind: 'Deployment', name: 'slow-start'}, max: 5, metrics: [metric.resource('memory', 50)]}),
	hpa({...inNamespace('unknown-metric'), target: {kind: 'Deployment', name: 'oom'}, max: 5, metrics: [metric.external('no_such_metric', {value: '10'})]}),
	hpa({
		...inNamespace('no-such-container'),
		target: {kind: 'Deployment', name: 'crashloop-sidecar'},
		max: 5,
		metrics: [metric.containerResource('nobody', 'cpu', 50)],
	}),
];

const HELD_POD = {...barePod({...inNamespace('held'), ...one})};

export const broken = defineScenario({
	name: 'broken',
	does: 'everything that goes wrong: crash loops, OOM, not ready, cannot be scheduled, no metrics, a stopped kubelet, a pod that cannot go, budgets and autoscalers that cannot work; ends when all of it shows',
	parameters: {},
	async run({client, signal, log}) {
		await startKubelet(client, STOPPED_NODE);
		await makeNodes(client, NODES, signal);
		await client.apply(namespace(NAMESPACE));
		for (const each of PODS) await client.apply(each);
		for (const each of AROUND) await client.apply(each);

		const held = {...HELD_POD, metadata: {...HELD_POD.metadata, finalizers: ['kwb.test/held']}};
		if ((await client.find(`${collectionPath('pods', NAMESPACE)}/held`)) === undefined) await client.apply(held);
		await untilPodRuns('held');
		await client.delete(`${collectionPath('pods', NAMESPACE)}/held`);

		await untilPodRuns('on-stopped-node-');
		await stopKubelet(client, STOPPED_NODE);
		await setSchedulable(client, CORDONED_NODE, false);
		await until(
			async () => {
				const stopped = await client.get<NodeStatus>(`/api/v1/nodes/${STOPPED_NODE}`);
				return stopped.status?.conditions?.some(({type, status}) => type === 'Ready' && status === 'Unknown')
					? undefined
					: `the node ${STOPPED_NODE} is still ready`;
			},
			{signal, timeoutSeconds: 120},
		);
		log(`${PODS.length + 1} kinds of pods in namespace ${NAMESPACE}, ${STOPPED_NODE} has gone silent, ${CORDONED_NODE} is cordoned`);

		function untilPodRuns(prefix: string): Promise<void> {
			return until(
				async () => {
					const {items} = await client.list<NodeStatus>(collectionPath('pods', NAMESPACE));
					return items.some(({metadata, status}) => metadata?.name?.startsWith(prefix) && status?.phase === 'Running') ? undefined : `no pod ${prefix}… runs`;
				},
				{signal, timeoutSeconds: 60},
			);
		}
	},
});

type NodeStatus = {
	readonly metadata?: {readonly name?: string};
	readonly status?: {readonly phase?: string; readonly conditions?: readonly {readonly type: string; readonly status: string}[]};
};
