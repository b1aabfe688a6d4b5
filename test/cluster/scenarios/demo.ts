import type {V1ConfigMap, V1Deployment} from '@kubernetes/client-node';
import type {KubeObject} from '../client.ts';
import {type AdapterValue, setAdapterValues} from './adapter-values.ts';
import {container, daemonSet, deployment, hpa, httpProbe, job, metric, NODE_SIZES, namespace, nodes, pdb, service, statefulSet} from './builders.ts';
import {constant, ramp, sine, spikes, steps, sum, times} from './curves.ts';
import {drain, metricsOutage, setSchedulable} from './faults.ts';
import {type Load, playLoads} from './load.ts';
import {defineScenario, numberOf, pause, type ScenarioContext, until} from './scenario.ts';
import {makeNodes, progressOf} from './workload-progress.ts';

const ZONES = ['eu-1a', 'eu-1b', 'eu-1c'] as const;
const ZONE_LABEL = 'topology.kubernetes.io/zone';
const DRAINED_NODE = 'demo-eu-1b-1';

const NODES = nodes({count: 12, zones: ZONES, size: {...NODE_SIZES.small, cpu: 8, memoryGi: 32}, prefix: 'demo'});

const app = (cpuMilli: number, memoryMi: number) =>
	container({
		requests: {cpuMilli, memoryMi},
		limits: {memoryMi: memoryMi * 2},
		ports: {http: 8080},
		readiness: httpProbe('/ready', 'http'),
		liveness: httpProbe('/live', 'http', 20),
	});
const proxy = container({name: 'proxy', requests: {cpuMilli: 30, memoryMi: 48}, limits: {memoryMi: 96}});

type Service = {
	readonly namespace: string;
	readonly name: string;
	readonly replicas: number;
	readonly cpuMilli: number;
	readonly memoryMi: number;
	readonly isMeshed?: boolean;
};

/** A shop: what is busy, what is idle, what belongs to other teams. */
const SERVICES: readonly Service[] = [
	{namespace: 'shop', name: 'storefront', replicas: 6, cpuMilli: 250, memoryMi: 256, isMeshed: true},
	{namespace: 'shop', name: 'cart', replicas: 4, cpuMilli: 200, memoryMi: 192, isMeshed: true},
	{namespace: 'shop', name: 'checkout', replicas: 4, cpuMilli: 200, memoryMi: 256, isMeshed: true},
	{namespace: 'shop', name: 'catalog', replicas: 6, cpuMilli: 300, memoryMi: 512, isMeshed: true},
	{namespace: 'shop', name: 'search', replicas: 3, cpuMilli: 500, memoryMi: 1024},
	{namespace: 'shop', name: 'recommendations', replicas: 3, cpuMilli: 400, memoryMi: 768},
	{namespace: 'shop', name: 'reviews', replicas: 3, cpuMilli: 100, memoryMi: 128},
	{namespace: 'payments', name: 'gateway', replicas: 4, cpuMilli: 200, memoryMi: 256},
	{namespace: 'payments', name: 'ledger', replicas: 3, cpuMilli: 300, memoryMi: 512},
	{namespace: 'payments', name: 'fraud', replicas: 3, cpuMilli: 500, memoryMi: 1024},
	{namespace: 'logistics', name: 'orders', replicas: 4, cpuMilli: 150, memoryMi: 192},
	{namespace: 'logistics', name: 'shipping', replicas: 3, cpuMilli: 100, memoryMi: 128},
	{namespace: 'logistics', name: 'stock', replicas: 3, cpuMilli: 100, memoryMi: 192},
	{namespace: 'logistics', name: 'mailer', replicas: 2, cpuMilli: 50, memoryMi: 64},
	{namespace: 'platform', name: 'ingress', replicas: 3, cpuMilli: 300, memoryMi: 256},
	{namespace: 'platform', name: 'auth', replicas: 4, cpuMilli: 150, memoryMi: 192},
	{namespace: 'platform', name: 'images', replicas: 3, cpuMilli: 200, memoryMi: 384},
];

const corefile = `.:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
}
`;

/** Name resolution as most clusters have it: what a DNS diagnosis looks for, by these names and labels. */
const DNS: readonly KubeObject[] = [
	{apiVersion: 'v1', kind: 'ConfigMap', metadata: {namespace: 'kube-system', name: 'coredns'}, data: {Corefile: corefile}} as V1ConfigMap as KubeObject,
	withLabels(
		deployment({
			namespace: 'kube-system',
			name: 'coredns',
			replicas: 2,
			labels: {'k8s-app': 'kube-dns'},
			containers: [
				container({
					name: 'coredns',
					image: 'registry.k8s.io/coredns/coredns:v1.12.4',
					args: ['-conf', '/etc/coredns/Corefile'],
					requests: {cpuMilli: 100, memoryMi: 70},
					limits: {memoryMi: 170},
					ports: {dns: 53, metrics: 9153},
					readiness: httpProbe('/ready', 8181),
					liveness: httpProbe('/health', 8080, 60),
					mounts: {'config-volume': '/etc/coredns'},
				}),
			],
			volumes: [{name: 'config-volume', configMap: {name: 'coredns', items: [{key: 'Corefile', path: 'Corefile'}]}}],
			usage: {cpuMilli: 8, memoryMi: 24},
			spreadOver: ZONE_LABEL,
		}),
		{'k8s-app': 'kube-dns'},
	),
	service({
		namespace: 'kube-system',
		name: 'kube-dns',
		clusterIP: '10.96.0.10',
		selector: {'k8s-app': 'kube-dns'},
		labels: {'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS'},
		ports: {dns: {port: 53, targetPort: 53, protocol: 'UDP'}, 'dns-tcp': {port: 53, targetPort: 53}, metrics: {port: 9153, targetPort: 9153}},
	}),
	pdb({namespace: 'kube-system', name: 'coredns', matchLabels: {'k8s-app': 'kube-dns'}, maxUnavailable: 1}),
];

const OBJECTS: readonly KubeObject[] = [
	...['shop', 'payments', 'logistics', 'platform', 'data', 'batch'].map(name => namespace(name)),
	...DNS,
	...SERVICES.flatMap(({namespace: ns, name, replicas, cpuMilli, memoryMi, isMeshed}): KubeObject[] => [
		deployment({
			namespace: ns,
			name,
			replicas,
			labels: {tier: 'backend', version: '1.0.0'},
			containers: [app(cpuMilli, memoryMi)],
			...(isMeshed ? {sidecars: [proxy]} : {}),
			usage: {cpuMilli: Math.round(cpuMilli * 0.35), memoryMi: Math.round(memoryMi * 0.6)},
			spreadOver: ZONE_LABEL,
		}),
		service({namespace: ns, name, ports: {http: 80}}),
	]),
	statefulSet({
		namespace: 'data',
		name: 'postgres',
		replicas: 3,
		containers: [container({name: 'postgres', requests: {cpuMilli: 500, memoryMi: 1024}})],
		usage: {cpuMilli: 280, memoryMi: 900},
		spreadOver: ZONE_LABEL,
		isOrdered: true,
	}),
	service({namespace: 'data', name: 'postgres', ports: {postgres: {port: 5432, targetPort: 5432}}, isHeadless: true}),
	statefulSet({
		namespace: 'data',
		name: 'kafka',
		replicas: 3,
		containers: [container({name: 'kafka', requests: {cpuMilli: 400, memoryMi: 2048}})],
		usage: {cpuMilli: 220, memoryMi: 1500},
		spreadOver: ZONE_LABEL,
	}),
	service({namespace: 'data', name: 'kafka', ports: {kafka: {port: 9092, targetPort: 9092}}, isHeadless: true}),
	deployment({
		namespace: 'data',
		name: 'redis',
		replicas: 2,
		containers: [container({name: 'redis', requests: {cpuMilli: 100, memoryMi: 256}})],
		usage: {cpuMilli: 40, memoryMi: 180},
	}),
	daemonSet({
		namespace: 'platform',
		name: 'node-agent',
		containers: [container({name: 'agent', requests: {cpuMilli: 30, memoryMi: 64}})],
		usage: {cpuMilli: 12, memoryMi: 48},
		tolerations: [{operator: 'Exists'}],
	}),
	daemonSet({
		namespace: 'platform',
		name: 'log-shipper',
		containers: [container({name: 'shipper', requests: {cpuMilli: 20, memoryMi: 48}})],
		usage: {cpuMilli: 9, memoryMi: 40},
		tolerations: [{operator: 'Exists'}],
	}),
	job({namespace: 'batch', name: 'nightly-report', completions: 2, parallelism: 2}),

	// What is wrong from the beginning.
	deployment({
		namespace: 'batch',
		name: 'importer',
		replicas: 2,
		containers: [container({requests: {cpuMilli: 100, memoryMi: 128}})],
		behaviour: 'crashloop',
		usage: {cpuMilli: 20, memoryMi: 60},
	}),
	deployment({
		namespace: 'batch',
		name: 'thumbnailer',
		replicas: 2,
		containers: [container({requests: {cpuMilli: 200, memoryMi: 128}, limits: {memoryMi: 128}})],
		behaviour: 'oom',
		annotations: {'kwb.test/run-for': '45s'},
		usage: {cpuMilli: 150, memoryMi: 125},
	}),
	deployment({namespace: 'batch', name: 'legacy', replicas: 2, containers: [container({requests: {cpuMilli: 50, memoryMi: 64}})], hasNoMetrics: true}),

	// Budgets: one with room, one that blocks the drain because one of its pods is never ready, one that lets nobody go.
	pdb({namespace: 'shop', name: 'storefront', minAvailable: '60%'}),
	pdb({namespace: 'shop', name: 'catalog', maxUnavailable: 1}),
	pdb({namespace: 'data', name: 'postgres', maxUnavailable: 1}),
	pdb({namespace: 'data', name: 'kafka', minAvailable: 2}),
	pdb({namespace: 'payments', name: 'ledger', maxUnavailable: 0}),

	// Autoscalers: up and down with the load, pinned at its maximum, held by stabilization, and on every other source.
	hpa({
		namespace: 'shop',
		name: 'storefront',
		min: 4,
		max: 16,
		metrics: [metric.containerResource('app', 'cpu', 60)],
		behavior: {scaleDown: {stabilizationWindowSeconds: 60}},
	}),
	hpa({namespace: 'shop', name: 'search', min: 2, max: 4, metrics: [metric.resource('cpu', 50)]}),
	hpa({namespace: 'shop', name: 'catalog', min: 3, max: 12, metrics: [metric.containerResource('app', 'cpu', 60)]}),
	hpa({
		namespace: 'payments',
		name: 'gateway',
		min: 2,
		max: 12,
		metrics: [metric.pods('requests_per_second', '50'), metric.resource('cpu', 70)],
		behavior: {scaleDown: {stabilizationWindowSeconds: 90}},
	}),
	hpa({
		namespace: 'logistics',
		name: 'orders',
		min: 2,
		max: 12,
		metrics: [metric.external('queue_depth', {averageValue: '30'}, {queue: 'orders'})],
		behavior: {scaleUp: {policies: [{type: 'Pods', value: 2, periodSeconds: 60}]}, scaleDown: {stabilizationWindowSeconds: 120}},
	}),
	hpa({
		namespace: 'platform',
		name: 'ingress',
		min: 2,
		max: 8,
		metrics: [metric.object({apiVersion: 'v1', kind: 'Service', name: 'ingress'}, 'open_connections', {averageValue: '200'})],
		behavior: {scaleDown: {stabilizationWindowSeconds: 60}},
	}),
	hpa({namespace: 'batch', name: 'legacy', min: 1, max: 5, metrics: [metric.resource('cpu', 60)]}),
];

/** What changes over the fifteen minutes; in seconds of the whole. Everything else breathes a little. */
const MOVED: readonly Load[] = [
	{
		namespace: 'shop',
		app: 'storefront',
		container: 'app',
		per: 'all',
		cpuMilli: sum(steps([0, 700], [120, 1800], [420, 600]), sine({mean: 0, amplitude: 60, periodSeconds: 90})),
	},
	{namespace: 'shop', app: 'search', per: 'all', cpuMilli: ramp({from: 500, to: 2600, startSeconds: 30, overSeconds: 180}), memoryMi: constant(1900)},
	{namespace: 'shop', app: 'catalog', container: 'app', per: 'all', cpuMilli: spikes({base: 700, peak: 1700, everySeconds: 300, lastingSeconds: 75})},
	{namespace: 'payments', app: 'gateway', per: 'all', cpuMilli: times(1.2, steps([0, 200], [240, 500], [600, 180]))},
	{
		namespace: 'payments',
		app: 'fraud',
		per: 'each',
		memoryMi: ramp({from: 500, to: 1300, overSeconds: 900}),
		cpuMilli: sine({mean: 220, amplitude: 120, periodSeconds: 240}),
	},
];

const UNMOVED: readonly Load[] = SERVICES.filter(({name}) => !MOVED.some(load => load.app === name)).map(({namespace: ns, name, cpuMilli}, index) => ({
	namespace: ns,
	app: name,
	cpuMilli: sine({mean: cpuMilli * 0.35, amplitude: cpuMilli * 0.15, periodSeconds: 150 + 20 * index, phase: index / 7}),
}));

const LOADS: readonly Load[] = [...MOVED, ...UNMOVED].map(load => ({unevenness: 0.15, ...load}));

function valuesAt(seconds: number): readonly AdapterValue[] {
	const milli = (value: number) => `${Math.round(value * 1000)}m`;
	return [
		{
			resource: 'pods',
			namespace: 'payments',
			selector: 'app=gateway',
			metric: 'requests_per_second',
			value: milli(steps([0, 150], [240, 520], [600, 120])(seconds)),
			share: true,
		},
		{
			metric: 'queue_depth',
			namespace: 'logistics',
			labels: {queue: 'orders'},
			value: milli(
				ramp({from: 60, to: 320, startSeconds: 180, overSeconds: 240})(seconds) - ramp({from: 0, to: 280, startSeconds: 540, overSeconds: 120})(seconds),
			),
		},
		{
			resource: 'services',
			namespace: 'platform',
			name: 'ingress',
			metric: 'open_connections',
			value: milli(sine({mean: 700, amplitude: 350, periodSeconds: 600})(seconds)),
		},
	];
}

/** What happens besides the loads, and when, in seconds of the whole. Each begins at its time, whether or not the one before has ended. */
const EVENTS: readonly {readonly at: number; readonly does: string; run(context: ScenarioContext, scale: number): Promise<unknown>}[] = [
	{at: 150, does: 'rolls out cart 1.1.0', run: context => rollOut(context, 'shop', 'cart', '1.1.0')},
	{at: 330, does: `drains ${DRAINED_NODE}, which ledger's budget blocks for two minutes`, run: (context, scale) => drainAgainstLedger(context, scale)},
	{
		at: 540,
		does: 'rolls out a recommendations 2.0.0 that never gets ready',
		run: context => rollOut(context, 'shop', 'recommendations', '2.0.0', 'never-ready'),
	},
	{at: 630, does: 'stops metrics for a minute', run: (context, scale) => metricsOutage(context, 60 * scale)},
	{at: 740, does: `lets pods come to ${DRAINED_NODE} again`, run: ({client}) => setSchedulable(client, DRAINED_NODE, true)},
	{at: 780, does: 'rolls recommendations back', run: context => rollOut(context, 'shop', 'recommendations', '1.0.0')},
];

const WHOLE_SECONDS = 900;
const WORKLOADS = ['/apis/apps/v1/deployments', '/apis/apps/v1/statefulsets', '/apis/apps/v1/daemonsets'];

export const demo = defineScenario({
	name: 'demo',
	does: 'a shop of more than a hundred pods on twelve nodes for fifteen minutes: load that rises and falls, rollouts, a drain against a budget, crash loops, a metrics outage; what the bundled recording shows',
	needs: ['adapter'],
	parameters: {
		seconds: {fallback: String(WHOLE_SECONDS), does: 'how long it takes; everything in it is stretched to that'},
	},
	async run(context) {
		const {client, cluster, parameters, signal, log} = context;
		const scale = numberOf(parameters, 'seconds') / WHOLE_SECONDS;
		await makeNodes(client, NODES, signal);
		await setAdapterValues(cluster.adapterControl!, valuesAt(0));
		for (const object of OBJECTS) await client.apply(object);
		await until(
			async () => {
				const {ready, wanted} = await progressOf(client, WORKLOADS);
				// Four pods crash, again and again.
				return ready >= wanted - 4 ? undefined : `${ready} of ${wanted} pods are ready`;
			},
			{signal, timeoutSeconds: 120},
		);
		const {wanted} = await progressOf(client, WORKLOADS);
		log(`${NODES.length} nodes and ${wanted} pods; it begins`);

		const startedAt = performance.now();
		const elapsedSeconds = () => (performance.now() - startedAt) / 1000 / scale;
		const events = EVENTS.map(async ({at, does, run}) => {
			await pause(at * scale, signal);
			if (signal.aborted) return;
			log(`${Math.round(elapsedSeconds())} s: ${does}`);
			await run(context, scale);
		});
		await Promise.all([
			...events,
			playLoads({client, signal}, LOADS, {
				forSeconds: WHOLE_SECONDS,
				tickSeconds: 5 / scale,
				elapsedSeconds,
				secondsPerSecond: 1 / scale,
				onTick: seconds => setAdapterValues(cluster.adapterControl!, valuesAt(seconds)),
			}),
		]);
	},
});

/** A new version of a Deployment, and what its pods do: as they should, unless told otherwise. */
async function rollOut({client}: ScenarioContext, ns: string, name: string, version: string, behaviour: 'never-ready' | null = null): Promise<void> {
	await client.patch(`/apis/apps/v1/namespaces/${ns}/deployments/${name}`, {
		spec: {template: {metadata: {labels: {version, 'kwb.test/behaviour': behaviour}}}},
	});
}

/** The drain waits for ledger's budget, until somebody gives it room. */
async function drainAgainstLedger(context: ScenarioContext, scale: number): Promise<void> {
	const {client, signal, log} = context;
	const giveRoom = async () => {
		await pause(120 * scale, signal);
		await client.patch('/apis/policy/v1/namespaces/payments/poddisruptionbudgets/ledger', {spec: {maxUnavailable: 1}});
		log('the budget of ledger allows one');
	};
	await Promise.all([drain(context, DRAINED_NODE, 240 * scale), giveRoom()]);
	await client.patch('/apis/policy/v1/namespaces/payments/poddisruptionbudgets/ledger', {spec: {maxUnavailable: 0}});
}

function withLabels(object: V1Deployment, labels: Readonly<Record<string, string>>): V1Deployment {
	return {...object, metadata: {...object.metadata, labels: {...object.metadata?.labels, ...labels}}};
}
