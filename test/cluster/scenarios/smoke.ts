import {collectionPath} from '../client.ts';
import {setAdapterValues} from './adapter-values.ts';
import {barePod, container, daemonSet, deployment, hpa, httpProbe, job, metric, NODE_SIZES, namespace, nodes, pdb, service, statefulSet} from './builders.ts';
import {defineScenario, until} from './scenario.ts';
import {progressOf, makeNodes} from './workload-progress.ts';

const ZONES = ['test-1a', 'test-1b', 'test-1c'] as const;
const ZONE_LABEL = 'topology.kubernetes.io/zone';

const app = {requests: {cpuMilli: 200, memoryMi: 128}, limits: {memoryMi: 256}, ports: {http: 8080}, readiness: httpProbe('/ready', 'http')};

const NODES = nodes({count: 6, zones: ZONES, size: NODE_SIZES.small});

/** A workload of every kind. Usage is constant: what moves afterwards, autoscalers move. */
const OBJECTS = [
	namespace('shop'),
	namespace('data'),
	// Three times what its autoscaler wants: once there are metrics it goes up to its maximum, in steps.
	deployment({namespace: 'shop', name: 'web', replicas: 2, containers: [container(app)], usage: {cpuMilli: 300, memoryMi: 90}, spreadOver: ZONE_LABEL}),
	hpa({namespace: 'shop', name: 'web', min: 2, max: 8, metrics: [metric.resource('cpu', 50)]}),
	service({namespace: 'shop', name: 'web', ports: {http: 80}}),
	pdb({namespace: 'shop', name: 'web', minAvailable: '50%'}),
	deployment({
		namespace: 'shop',
		name: 'checkout',
		replicas: 2,
		containers: [container(app)],
		sidecars: [container({name: 'proxy', requests: {cpuMilli: 50, memoryMi: 64}})],
		initContainers: [container({name: 'migrate', requests: {cpuMilli: 100, memoryMi: 64}})],
		usage: {cpuMilli: 40, memoryMi: 60},
		spreadOver: ZONE_LABEL,
	}),
	// Lets nobody go: a drain of its nodes does not end.
	pdb({namespace: 'shop', name: 'checkout', maxUnavailable: 0}),
	deployment({
		namespace: 'shop',
		name: 'worker',
		replicas: 1,
		containers: [container({requests: {cpuMilli: 100, memoryMi: 64}})],
		usage: {cpuMilli: 20, memoryMi: 30},
	}),
	deployment({namespace: 'shop', name: 'api', replicas: 2, containers: [container(app)], usage: {cpuMilli: 60, memoryMi: 70}}),
	service({namespace: 'shop', name: 'api', ports: {http: 80}}),
	statefulSet({
		namespace: 'data',
		name: 'db',
		replicas: 3,
		containers: [container({requests: {cpuMilli: 500, memoryMi: 512}})],
		usage: {cpuMilli: 220, memoryMi: 400},
		spreadOver: ZONE_LABEL,
	}),
	service({namespace: 'data', name: 'db', ports: {postgres: {port: 5432, targetPort: 5432}}, isHeadless: true}),
	pdb({namespace: 'data', name: 'db', minAvailable: 2}),
	daemonSet({namespace: 'data', name: 'agent', containers: [container({requests: {cpuMilli: 20, memoryMi: 32}})], usage: {cpuMilli: 5, memoryMi: 20}}),
	job({namespace: 'data', name: 'import', completions: 2, parallelism: 2}),
	barePod({namespace: 'data', name: 'debug', usage: {cpuMilli: 1, memoryMi: 5}}),
];

/** Autoscalers on the adapter's metrics: 40 waiting jobs at 10 for each replica, 500 requests a second at 100 for each pod. */
const ADAPTER_AUTOSCALERS = [
	hpa({namespace: 'shop', name: 'worker', min: 1, max: 10, metrics: [metric.external('queue_depth', {averageValue: '10'}, {queue: 'orders'})]}),
	hpa({namespace: 'shop', name: 'api', min: 2, max: 10, metrics: [metric.pods('requests_per_second', '100')]}),
];

const WORKLOADS = ['apps/v1/deployments', 'apps/v1/statefulsets', 'apps/v1/daemonsets'].map(resource => collectionPath(resource));

export const smoke = defineScenario({
	name: 'smoke',
	does: 'six nodes in three zones and a workload of every kind; an autoscaler on cpu and, with the adapter, two on its metrics; ends when all pods are ready',
	parameters: {},
	async run({client, cluster, signal, log}) {
		if (cluster.adapterControl !== undefined) {
			await setAdapterValues(cluster.adapterControl, [
				{metric: 'queue_depth', namespace: 'shop', labels: {queue: 'orders'}, value: '40'},
				{resource: 'pods', namespace: 'shop', selector: 'app=api', metric: 'requests_per_second', value: '500', share: true},
			]);
		} else log('no metrics adapter: without the autoscalers shop/worker and shop/api');

		await makeNodes(client, NODES, signal);
		for (const object of [...OBJECTS, ...(cluster.adapterControl === undefined ? [] : ADAPTER_AUTOSCALERS)]) await client.apply(object);
		await until(
			async () => {
				const {ready, wanted} = await progressOf(client, WORKLOADS);
				return wanted > 0 && ready === wanted ? undefined : `${ready} of ${wanted} pods are ready`;
			},
			{signal, timeoutSeconds: 60},
		);
		const {ready} = await progressOf(client, WORKLOADS);
		log(`${NODES.length} nodes, ${ready} pods of workloads ready; the autoscalers begin to move when metrics come`);
	},
});
