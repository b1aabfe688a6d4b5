import type {V1Deployment, V1EnvVar} from '@kubernetes/client-node';
import {collectionPath} from '../client.ts';
import {ClusterFault} from '../fault.ts';
import {container, deployment, httpProbe, NODE_SIZES, type NodeSize, namespace, nodes} from './builders.ts';
import {defineScenario, numberOf, until} from './scenario.ts';
import {makeNodes, progressOf} from './workload-progress.ts';

const ZONES = ['test-1a', 'test-1b', 'test-1c'] as const;
const NAMESPACES = ['billing', 'catalog', 'edge', 'identity', 'media', 'orders', 'payments', 'search', 'shipping', 'support'] as const;
const ROLES = ['api', 'worker', 'cache', 'gateway'] as const;

/** Names and lengths as in a grown cluster: a pod comes out at about 7 kB of JSON without managedFields. */
const ENVIRONMENT: readonly V1EnvVar[] = [
	...['POD_NAME', 'POD_NAMESPACE', 'POD_UID'].map((name): V1EnvVar => ({name, valueFrom: {fieldRef: {fieldPath: `metadata.${name.slice(4).toLowerCase()}`}}})),
	...['DATABASE_HOST', 'DATABASE_PORT', 'DATABASE_NAME', 'REDIS_URL', 'KAFKA_BROKERS', 'OTEL_EXPORTER_OTLP_ENDPOINT'].map(
		(name): V1EnvVar => ({name, value: `${name.toLowerCase().replaceAll('_', '-')}.platform.svc.cluster.local:8443`}),
	),
	...['LOG_LEVEL', 'GOMAXPROCS'].map((name): V1EnvVar => ({name, value: name.toLowerCase()})),
	...['DATABASE_PASSWORD', 'API_TOKEN'].map(
		(name): V1EnvVar => ({name, valueFrom: {secretKeyRef: {name: 'credentials', key: name.toLowerCase(), optional: true}}}),
	),
];

/** How many pods the i-th of so many deployments has, so that together there are exactly as many as asked for. */
export function replicasOf(index: number, count: number, pods: number): number {
	return Math.floor((pods * (index + 1)) / count) - Math.floor((pods * index) / count);
}

/** A deployment as a company's platform makes them: two containers, labels of three tools, probes, mounts, a line of annotations. */
export function filledDeployment(index: number, replicas: number): V1Deployment {
	const ns = NAMESPACES[index % NAMESPACES.length]!;
	const role = ROLES[Math.floor(index / NAMESPACES.length) % ROLES.length]!;
	const generation = Math.floor(index / (NAMESPACES.length * ROLES.length));
	const name = generation === 0 ? `${ns}-${role}` : `${ns}-${role}-${generation}`;
	return deployment({
		namespace: ns,
		name,
		replicas,
		labels: {
			'app.kubernetes.io/name': name,
			'app.kubernetes.io/instance': `${name}-production`,
			'app.kubernetes.io/component': role,
			'app.kubernetes.io/part-of': ns,
			'app.kubernetes.io/version': `2026.${index}.0`,
			'app.kubernetes.io/managed-by': 'Helm',
			'helm.sh/chart': `${role}-4.${index}.1`,
			team: `team-${ns}`,
			tier: role === 'gateway' ? 'edge' : 'backend',
		},
		annotations: {
			'checksum/config': `${index}`.padStart(64, '3f9a'),
			'prometheus.io/path': '/metrics',
			'prometheus.io/port': '9090',
			'prometheus.io/scrape': 'true',
		},
		usage: {cpuMilli: 20 + (index % 7) * 15, memoryMi: 40 + (index % 5) * 30},
		containers: [
			container({
				image: `registry.example/${ns}/${role}:2026.${index}.0`,
				requests: {cpuMilli: 50, memoryMi: 64},
				limits: {cpuMilli: 500, memoryMi: 256},
				args: ['--config=/etc/service/config.yaml', `--listen=:8080`, '--metrics=:9090', '--shutdown-grace=20s'],
				env: ENVIRONMENT,
				ports: {http: 8080, metrics: 9090},
				readiness: httpProbe('/healthz/ready', 'http'),
				liveness: httpProbe('/healthz/live', 'http', 30),
				mounts: {config: '/etc/service', scratch: '/var/tmp', trust: '/etc/ssl/platform'},
			}),
			container({
				name: 'proxy',
				image: 'registry.example/platform/proxy:1.31.2',
				requests: {cpuMilli: 20, memoryMi: 48},
				limits: {memoryMi: 128},
				args: ['proxy', 'sidecar', '--domain', `${ns}.svc.cluster.local`, '--concurrency', '2'],
				env: ENVIRONMENT.slice(0, 5),
				ports: {'http-proxy': 15001, 'proxy-admin': 15000},
				readiness: httpProbe('/ready', 'proxy-admin'),
				mounts: {trust: '/etc/ssl/platform'},
			}),
		],
		volumes: [
			{name: 'config', configMap: {name: `${name}-config`, optional: true}},
			{name: 'scratch', emptyDir: {sizeLimit: '512Mi'}},
			{name: 'trust', projected: {sources: [{configMap: {name: 'kube-root-ca.crt', items: [{key: 'ca.crt', path: 'ca.crt'}]}}]}},
		],
	});
}

/** The same workload in half the bytes: names, resources and usage, without what kwb never reads. About 6 kB of JSON with managedFields. */
export function lightDeployment(index: number, replicas: number): V1Deployment {
	const full = filledDeployment(index, replicas);
	const {name, namespace: ns} = full.metadata!;
	const usage = {cpuMilli: 20 + (index % 7) * 15, memoryMi: 40 + (index % 5) * 30};
	return deployment({
		namespace: ns!,
		name: name!,
		replicas,
		usage,
		containers: [
			container({image: `registry.example/${name}:2026.${index}.0`, requests: {cpuMilli: 50, memoryMi: 64}, limits: {cpuMilli: 500, memoryMi: 256}}),
			container({name: 'proxy', image: 'registry.example/platform/proxy:1.31.2', requests: {cpuMilli: 20, memoryMi: 48}, limits: {memoryMi: 128}}),
		],
	});
}

/** Room for a fifth more than the pods' even share of the nodes, so that the scheduler need not be perfect. */
function sizeFor(pods: number, nodeCount: number): NodeSize {
	return {...NODE_SIZES.large, pods: Math.max(NODE_SIZES.large.pods, Math.ceil((pods / nodeCount) * 1.2))};
}

export const fill = defineScenario({
	name: 'fill',
	does: 'thousands of ordinary pods on many nodes; ends when all are ready (cluster:up --scale makes it several times faster)',
	parameters: {
		pods: {fallback: '10000', does: 'how many pods'},
		nodes: {fallback: '100', does: 'on how many nodes'},
		deployments: {fallback: '40', does: 'of how many Deployments, over ten namespaces'},
		weight: {fallback: 'full', does: 'full: pods as a company has them, 12.5 kB of JSON; light: 6 kB, to compare with figures that were taken so'},
		// All at once, the controllers' requests crowd each other out on a slow machine until leases run out and bindings are refused.
		ahead: {fallback: '1000', does: 'it makes more when no more than so many are waiting to be ready'},
		timeout: {fallback: '900', does: 'seconds until it gives up'},
	},
	async run({client, parameters, signal, log}) {
		const pods = numberOf(parameters, 'pods');
		const nodeCount = numberOf(parameters, 'nodes');
		const count = numberOf(parameters, 'deployments');
		if (parameters.weight !== 'full' && parameters.weight !== 'light') throw new ClusterFault(`--weight ${parameters.weight}: full or light`);
		const make = parameters.weight === 'light' ? lightDeployment : filledDeployment;
		const startedAt = performance.now();
		const seconds = () => (performance.now() - startedAt) / 1000;

		// kwok looks at a node's pods once more when it takes the node over: with the pods there already it would start each of them twice.
		await makeNodes(client, nodes({count: nodeCount, zones: ZONES, size: sizeFor(pods, nodeCount)}), signal);
		log(`${nodeCount} nodes ready after ${seconds().toFixed(1)} s`);
		await Promise.all(NAMESPACES.map(name => client.apply(namespace(name))));

		const paths = NAMESPACES.map(name => collectionPath('apps/v1/deployments', name));
		let reportedAt = seconds();
		/** Waits until no more than so many of the pods made so far are not ready. */
		const untilBehindBy = (atMost: number) =>
			until(
				async () => {
					const {ready, wanted} = await progressOf(client, paths);
					return wanted - ready <= atMost ? undefined : `${ready} of ${pods} pods are ready`;
				},
				{
					signal,
					timeoutSeconds: numberOf(parameters, 'timeout') - seconds(),
					everySeconds: 1,
					onMissing: missing => {
						if (seconds() - reportedAt < 10) return;
						reportedAt = seconds();
						log(`${missing} after ${reportedAt.toFixed(0)} s`);
					},
				},
			);
		for (let index = 0; index < count; index++) {
			await untilBehindBy(numberOf(parameters, 'ahead'));
			await client.apply(make(index, replicasOf(index, count, pods)));
		}
		await untilBehindBy(0);
		log(`${pods} pods ready in ${seconds().toFixed(0)} s, ${(pods / seconds()).toFixed(0)} a second`);
	},
});
