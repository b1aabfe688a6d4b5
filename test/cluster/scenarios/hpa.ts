import {readFileSync} from 'node:fs';
import path from 'node:path';
import {ApiError} from '../client.ts';
import {ClusterFault} from '../fault.ts';
import {type AdapterValue, setAdapterValues} from './adapter-values.ts';
import {container, deployment, type HpaOptions, hpa, metric, NODE_SIZES, namespace, nodes, type PodOptions, service, statefulSet} from './builders.ts';
import {type Curve, columnOf, constant, ramp, series, sine, spikes, steps, sum} from './curves.ts';
import {type Load, playLoads} from './load.ts';
import {defineScenario, numberOf} from './scenario.ts';
import {makeNodes} from './workload-progress.ts';

const NAMESPACE = 'scaling';

/** An autoscaler, its target of the same name, and what moves it. Times are for `stock`; `--speed` makes them shorter. */
type Case = {
	readonly name: string;
	readonly replicas?: number;
	readonly isStatefulSet?: boolean;
	readonly pod?: PodOptions;
	readonly autoscaler: Omit<HpaOptions, 'namespace' | 'name'>;
	/** What all pods together use. */
	readonly load?: Pick<Load, 'cpuMilli' | 'memoryMi' | 'container' | 'per'>;
	/** The adapter's values at a moment. */
	readonly values?: (seconds: number) => readonly AdapterValue[];
	/** The API server of an older release refuses it; then the scenario does without. */
	readonly isNew?: boolean;
};

const small = {requests: {cpuMilli: 100, memoryMi: 128}};
const pod: PodOptions = {containers: [container(small)], usage: {cpuMilli: 40, memoryMi: 50}};
const withSidecar: PodOptions = {
	containers: [container(small), container({name: 'proxy', requests: {cpuMilli: 400, memoryMi: 64}})],
	usage: {cpuMilli: 40, memoryMi: 50},
};

const text = (value: number) => `${Math.round(value * 1000)}m`;
const podsValue =
	(name: string, metricName: string, curve: Curve, labels?: Readonly<Record<string, string>>) =>
	(seconds: number): AdapterValue[] => [
		{
			resource: 'pods',
			namespace: NAMESPACE,
			selector: `app=${name}`,
			metric: metricName,
			value: text(curve(seconds)),
			share: true,
			...(labels === undefined ? {} : {labels}),
		},
	];
const externalValue =
	(metricName: string, curve: Curve, labels: Readonly<Record<string, string>> = {}) =>
	(seconds: number): AdapterValue[] => [{metric: metricName, namespace: NAMESPACE, labels, value: text(curve(seconds))}];

/** Every metric source with every kind of target, every field of behavior, and the ways in which an autoscaler does not move. */
export function casesOf(measured: Curve): readonly Case[] {
	return [
		{
			name: 'cpu-utilization',
			pod,
			autoscaler: {min: 2, max: 12, metrics: [metric.resource('cpu', 60)]},
			load: {cpuMilli: sine({mean: 350, amplitude: 250, periodSeconds: 480})},
		},
		{
			name: 'cpu-average',
			pod,
			autoscaler: {min: 1, max: 10, metrics: [metric.resource('cpu', '50m')]},
			load: {cpuMilli: steps([0, 100], [120, 400], [360, 150])},
		},
		{
			name: 'memory-utilization',
			pod,
			autoscaler: {min: 1, max: 8, metrics: [metric.resource('memory', 70)]},
			load: {memoryMi: ramp({from: 90, to: 600, overSeconds: 400})},
		},
		{name: 'default-metrics', pod, autoscaler: {min: 1, max: 6}, load: {cpuMilli: constant(200)}},
		{
			name: 'container-cpu',
			pod: withSidecar,
			autoscaler: {min: 1, max: 10, metrics: [metric.containerResource('app', 'cpu', 50)]},
			load: {cpuMilli: sine({mean: 200, amplitude: 150, periodSeconds: 360}), container: 'app'},
		},
		{
			name: 'container-memory-average',
			pod: withSidecar,
			autoscaler: {min: 1, max: 6, metrics: [metric.containerResource('proxy', 'memory', '40Mi')]},
			load: {memoryMi: steps([0, 60], [180, 180]), container: 'proxy'},
		},
		{
			name: 'pods',
			pod,
			autoscaler: {min: 2, max: 15, metrics: [metric.pods('requests_per_second', '100')]},
			values: podsValue(
				'pods',
				'requests_per_second',
				sum(sine({mean: 600, amplitude: 400, periodSeconds: 420}), spikes({base: 0, peak: 300, everySeconds: 200, lastingSeconds: 30})),
			),
		},
		{
			name: 'pods-selected',
			pod,
			autoscaler: {min: 1, max: 10, metrics: [metric.pods('requests_per_second', '50', {verb: 'GET'})]},
			values: seconds => [
				...podsValue('pods-selected', 'requests_per_second', constant(200), {verb: 'GET'})(seconds),
				...podsValue('pods-selected', 'requests_per_second', constant(9000), {verb: 'HEAD'})(seconds),
			],
		},
		{
			name: 'object-value',
			pod,
			replicas: 2,
			autoscaler: {min: 1, max: 12, metrics: [metric.object({apiVersion: 'v1', kind: 'Service', name: 'object-value'}, 'waiting_connections', {value: '30'})]},
			values: seconds => [
				{
					resource: 'services',
					namespace: NAMESPACE,
					name: 'object-value',
					metric: 'waiting_connections',
					value: text(steps([0, 30], [150, 60], [200, 30], [350, 10])(seconds)),
				},
			],
		},
		{
			name: 'object-average',
			pod,
			autoscaler: {
				min: 1,
				max: 12,
				metrics: [metric.object({apiVersion: 'apps/v1', kind: 'Deployment', name: 'object-average'}, 'open_orders', {averageValue: '20'})],
			},
			values: seconds => [
				{
					resource: 'deployments.apps',
					namespace: NAMESPACE,
					name: 'object-average',
					metric: 'open_orders',
					value: text(sine({mean: 100, amplitude: 80, periodSeconds: 300})(seconds)),
				},
			],
		},
		{
			name: 'external-value',
			pod,
			autoscaler: {min: 1, max: 10, metrics: [metric.external('queue_depth', {value: '100'}, {topic: 'mail'})]},
			// Two series that count together.
			values: seconds => [
				...externalValue('queue_depth', ramp({from: 20, to: 120, overSeconds: 300}), {topic: 'mail', partition: '0'})(seconds),
				...externalValue('queue_depth', constant(50), {topic: 'mail', partition: '1'})(seconds),
			],
		},
		{
			name: 'external-average',
			pod,
			autoscaler: {min: 1, max: 10, metrics: [metric.external('lag_seconds', {averageValue: '15'})]},
			values: externalValue('lag_seconds', spikes({base: 15, peak: 120, everySeconds: 240, lastingSeconds: 60})),
		},
		{
			name: 'several',
			pod,
			autoscaler: {
				min: 1,
				max: 12,
				metrics: [metric.resource('cpu', 70), metric.pods('sessions', '10'), metric.external('backlog', {averageValue: '5'}, {of: 'several'})],
			},
			load: {cpuMilli: steps([0, 300], [150, 60])},
			values: seconds => [
				...podsValue('several', 'sessions', steps([0, 10], [150, 80], [300, 10]))(seconds),
				...externalValue('backlog', steps([0, 5], [300, 45]), {of: 'several'})(seconds),
			],
		},
		{
			name: 'one-broken',
			pod,
			autoscaler: {min: 1, max: 8, metrics: [metric.resource('cpu', 60), metric.external('backend_down', {value: '1'})]},
			load: {cpuMilli: steps([0, 60], [120, 300], [300, 60])},
			values: () => [{metric: 'backend_down', namespace: NAMESPACE, value: '0', error: 'the monitoring backend does not answer'}],
		},
		{name: 'pinned-at-max', pod, replicas: 3, autoscaler: {min: 1, max: 3, metrics: [metric.resource('cpu', 50)]}, load: {cpuMilli: constant(900)}},
		{name: 'pinned-at-min', pod, replicas: 3, autoscaler: {min: 3, max: 9, metrics: [metric.resource('cpu', 80)]}, load: {cpuMilli: constant(15)}},
		{
			name: 'held',
			pod,
			autoscaler: {min: 1, max: 10, metrics: [metric.resource('cpu', 50)]},
			load: {cpuMilli: spikes({base: 50, peak: 400, everySeconds: 240, lastingSeconds: 60})},
		},
		{
			name: 'slow-policies',
			pod,
			autoscaler: {
				min: 1,
				max: 12,
				metrics: [metric.resource('cpu', 50)],
				behavior: {
					scaleUp: {
						stabilizationWindowSeconds: 30,
						selectPolicy: 'Min',
						policies: [
							{type: 'Pods', value: 1, periodSeconds: 60},
							{type: 'Percent', value: 50, periodSeconds: 60},
						],
					},
					scaleDown: {stabilizationWindowSeconds: 60, policies: [{type: 'Pods', value: 1, periodSeconds: 30}]},
				},
			},
			load: {cpuMilli: steps([0, 50], [60, 500], [330, 50])},
		},
		{
			name: 'never-down',
			pod,
			autoscaler: {min: 1, max: 10, metrics: [metric.resource('cpu', 50)], behavior: {scaleDown: {selectPolicy: 'Disabled'}}},
			load: {cpuMilli: spikes({base: 40, peak: 300, everySeconds: 300, lastingSeconds: 60})},
		},
		{
			name: 'tolerant',
			pod,
			replicas: 2,
			autoscaler: {
				min: 1,
				max: 10,
				metrics: [metric.resource('cpu', 50)],
				behavior: {scaleUp: {tolerance: '0.5'}, scaleDown: {tolerance: '0.01', stabilizationWindowSeconds: 0}},
			},
			load: {cpuMilli: steps([0, 100], [90, 140], [240, 96])},
		},
		{
			name: 'to-zero',
			pod,
			isNew: true,
			autoscaler: {min: 0, max: 6, metrics: [metric.external('jobs_waiting', {averageValue: '3'})], behavior: {scaleDown: {stabilizationWindowSeconds: 30}}},
			values: externalValue('jobs_waiting', steps([0, 9], [120, 0], [300, 12])),
		},
		{
			name: 'slow-start',
			pod: {...pod, behaviour: 'slow-start', annotations: {'kwb.test/ready-after': '40s'}},
			autoscaler: {min: 1, max: 10, metrics: [metric.resource('cpu', 50)]},
			load: {cpuMilli: steps([0, 50], [120, 400])},
		},
		{
			name: 'stateful',
			pod,
			isStatefulSet: true,
			autoscaler: {target: {kind: 'StatefulSet', name: 'stateful'}, min: 2, max: 6, metrics: [metric.resource('cpu', 50)]},
			load: {cpuMilli: sine({mean: 180, amplitude: 100, periodSeconds: 400})},
		},
		{name: 'measured', pod, autoscaler: {min: 1, max: 12, metrics: [metric.resource('cpu', 60)]}, load: {cpuMilli: measured}},
	];
}

export const hpaScenario = defineScenario({
	name: 'hpa',
	does: 'two dozen autoscalers: every metric source and target, every field of behavior, pinned, held, at zero and broken, under loads that change over time',
	needs: ['adapter'],
	parameters: {
		seconds: {fallback: '600', does: 'for how long the loads play; 0 only makes the objects'},
		speed: {fallback: '1', does: 'how much faster than written the loads change; 4 suits the profile quick'},
		csv: {fallback: path.join(import.meta.dirname, 'day.csv'), does: 'a series that the autoscaler `measured` follows'},
		column: {fallback: 'requests', does: 'its column'},
		'csv-step': {fallback: '5', does: 'seconds from one of its lines to the next'},
	},
	async run({client, cluster, parameters, signal, log}) {
		const speed = numberOf(parameters, 'speed');
		const cases = casesOf(series(readColumn(parameters.csv, parameters.column), numberOf(parameters, 'csv-step')));
		const valuesAt = (seconds: number) => cases.flatMap(each => each.values?.(seconds) ?? []);

		await makeNodes(client, nodes({count: 6, zones: ['test-1a', 'test-1b', 'test-1c'], size: NODE_SIZES.medium}), signal);
		await client.apply(namespace(NAMESPACE));
		await setAdapterValues(cluster.adapterControl!, valuesAt(0));
		await client.apply(service({namespace: NAMESPACE, name: 'object-value', ports: {http: 80}}));
		let made = 0;
		for (const each of cases) {
			const workload = {namespace: NAMESPACE, name: each.name, replicas: each.replicas ?? 1, ...each.pod};
			await client.apply(each.isStatefulSet ? statefulSet(workload) : deployment(workload));
			try {
				await client.apply(hpa({namespace: NAMESPACE, name: each.name, ...each.autoscaler}));
				made++;
			} catch (error) {
				if (!(each.isNew && error instanceof ApiError && error.status === 422)) throw error;
				log(`without ${each.name}: this release refuses it`);
			}
		}
		log(`${made} autoscalers in namespace ${NAMESPACE}`);

		const startedAt = performance.now();
		const loads = cases.flatMap(({name, load}): Load[] =>
			load === undefined ? [] : [{namespace: NAMESPACE, app: name, per: 'all', unevenness: 0.1, ...load}],
		);
		await playLoads({client, signal}, loads, {
			forSeconds: numberOf(parameters, 'seconds') * speed,
			tickSeconds: 5 * speed,
			elapsedSeconds: () => ((performance.now() - startedAt) / 1000) * speed,
			secondsPerSecond: speed,
			onTick: seconds => setAdapterValues(cluster.adapterControl!, valuesAt(seconds)),
		});
	},
});

function readColumn(file: string, column: string): readonly number[] {
	try {
		return columnOf(readFileSync(file, 'utf8'), column);
	} catch (error) {
		throw new ClusterFault(`--csv ${file}: ${error instanceof Error ? error.message : String(error)}`);
	}
}
