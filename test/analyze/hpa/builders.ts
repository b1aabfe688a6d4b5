import {DEFAULT_CONTROLLER} from '../../../src/analyze/hpa/controller-config.ts';
import type {
	Hpa,
	HpaBehavior,
	HpaCondition,
	HpaInput,
	HpaPod,
	MetricReading,
	MetricSpec,
	MetricStatus,
	PodSample,
	ScalingRules,
} from '../../../src/analyze/hpa/hpa-input.ts';
import {rulesFor} from '../../../src/analyze/hpa/hpa-rules.ts';
import {beginMemory, type HpaMemory} from '../../../src/analyze/hpa/memory.ts';
import {type EpochMs, epochMs} from '../../../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../../../src/util/units.ts';

export const NOW = epochMs(1_800_000_000_000);

export const ago = (seconds: number): EpochMs => epochMs(NOW - seconds * 1000);

const NO_SOURCE = {resource: undefined, containerResource: undefined, pods: undefined, object: undefined, external: undefined} as const;
const NO_TARGET = {value: undefined, averageValue: undefined, averageUtilization: undefined} as const;

export const cpuUtilization = (averageUtilization: number): MetricSpec => ({
	...NO_SOURCE,
	type: 'Resource',
	resource: {name: 'cpu', target: {...NO_TARGET, type: 'Utilization', averageUtilization}},
});

export const cpuAverage = (averageValue: string): MetricSpec => ({
	...NO_SOURCE,
	type: 'Resource',
	resource: {name: 'cpu', target: {...NO_TARGET, type: 'AverageValue', averageValue}},
});

export const containerCpu = (container: string, averageUtilization: number): MetricSpec => ({
	...NO_SOURCE,
	type: 'ContainerResource',
	containerResource: {name: 'cpu', container, target: {...NO_TARGET, type: 'Utilization', averageUtilization}},
});

export const podsMetric = (name: string, averageValue: string): MetricSpec => ({
	...NO_SOURCE,
	type: 'Pods',
	pods: {metric: {name, selector: undefined}, target: {...NO_TARGET, type: 'AverageValue', averageValue}},
});

export const objectMetric = (name: string, value: string): MetricSpec => ({
	...NO_SOURCE,
	type: 'Object',
	object: {
		describedObject: {kind: 'Ingress', name: 'front', apiVersion: 'networking.k8s.io/v1'},
		metric: {name, selector: undefined},
		target: {...NO_TARGET, type: 'Value', value},
	},
});

export const externalMetric = (name: string, averageValue: string): MetricSpec => ({
	...NO_SOURCE,
	type: 'External',
	external: {metric: {name, selector: undefined}, target: {...NO_TARGET, type: 'AverageValue', averageValue}},
});

export const externalValues = (...values: readonly string[]): MetricReading => ({
	kind: 'externalValues',
	values: values.map(value => ({value, timestamp: ago(5)})),
});

export const metricStatus = (type: string, current: Partial<{value: string; averageValue: string; averageUtilization: number}>): MetricStatus => {
	const source = {current: {...NO_TARGET, ...current}};
	return {
		type,
		resource: type === 'Resource' ? source : undefined,
		containerResource: type === 'ContainerResource' ? source : undefined,
		pods: type === 'Pods' ? source : undefined,
		object: type === 'Object' ? source : undefined,
		external: type === 'External' ? source : undefined,
	};
};

export const scalingRules = (rules: Partial<ScalingRules>): ScalingRules => ({
	stabilizationWindowSeconds: undefined,
	selectPolicy: undefined,
	policies: [],
	tolerance: undefined,
	...rules,
});

export const condition = (type: string, status: string, reason: string, message = ''): HpaCondition => ({
	type,
	status,
	reason,
	message,
	lastTransitionTime: ago(60),
});

export type HpaParts = {
	readonly name?: string;
	readonly namespace?: string;
	readonly min?: number;
	readonly max?: number;
	readonly metrics?: readonly MetricSpec[];
	readonly behavior?: HpaBehavior;
	readonly status?: Partial<Hpa['status']>;
	readonly target?: string;
};

export function hpa({
	name = 'web',
	namespace = 'shop',
	min = 1,
	max = 10,
	metrics = [cpuUtilization(50)],
	behavior,
	status = {},
	target = 'web',
}: HpaParts = {}): Hpa {
	return {
		metadata: {name, namespace},
		spec: {
			scaleTargetRef: {kind: 'Deployment', name: target, apiVersion: 'apps/v1'},
			minReplicas: min,
			maxReplicas: max,
			metrics,
			behavior,
		},
		status: {lastScaleTime: undefined, currentReplicas: 0, desiredReplicas: 0, currentMetrics: [], conditions: [], ...status},
	};
}

export type PodParts = {
	readonly cpuRequest?: string | undefined;
	readonly phase?: string;
	readonly ready?: string;
	readonly startedAgo?: number;
	readonly readyAgo?: number;
	readonly deleting?: boolean;
	readonly namespace?: string;
};

export function pod(
	name: string,
	{cpuRequest = '500m', phase = 'Running', ready = 'True', startedAgo = 3600, readyAgo = 3590, deleting = false, namespace = 'shop'}: PodParts = {},
): HpaPod {
	return {
		metadata: {name, namespace, deletionTimestamp: deleting ? ago(1) : undefined},
		spec: {
			containers: [{name: 'app', resources: {requests: new Map(cpuRequest === '' ? [] : [['cpu', cpuRequest]])}}],
			initContainers: [],
			resources: undefined,
			overhead: new Map(),
		},
		status: {phase, startTime: ago(startedAgo), conditions: [{type: 'Ready', status: ready, lastTransitionTime: ago(readyAgo)}]},
	};
}

export const pods = (count: number, parts?: PodParts): readonly HpaPod[] => Array.from({length: count}, (_, index) => pod(`web-${index}`, parts));

export function sample(name: string, milliCores: number, bytes = 100 * 2 ** 20): PodSample {
	return {name, timestamp: ago(10), windowMs: 15_000, containers: [{name: 'app', cpu: (milliCores * 1e6) as NanoCores, memory: bytes as Bytes}]};
}

export const samples = (list: readonly HpaPod[], milliCores: number): MetricReading => ({
	kind: 'podMetrics',
	samples: list.map(({metadata}) => sample(metadata.name, milliCores)),
});

/** A memory that holds nothing and is complete. */
export const freshMemory = (): HpaMemory => beginMemory(ago(600), ago(600));

export type InputParts = Partial<Omit<HpaInput, 'hpa'>> & {readonly hpa?: Hpa; readonly replicas?: number};

/** Four pods at 300m of 500m against 50%, unless said otherwise. */
export function input({replicas = 4, ...parts}: InputParts = {}): HpaInput {
	const list = parts.pods ?? pods(replicas);
	return {
		hpa: hpa(),
		scale: {kind: 'read', specReplicas: replicas, statusReplicas: replicas, selector: 'app=web', from: 'Deployment shop/web', at: undefined},
		pods: list,
		readings: [samples(list, 300)],
		overlapping: [],
		memory: freshMemory(),
		controller: DEFAULT_CONTROLLER,
		rules: rulesFor({major: 1, minor: 37}),
		now: NOW,
		...parts,
	};
}
