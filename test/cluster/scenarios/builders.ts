import type {
	V1Container,
	V1DaemonSet,
	V1Deployment,
	V1EnvVar,
	V1Job,
	V1Namespace,
	V1Node,
	V1Pod,
	V1PodDisruptionBudget,
	V1PodSpec,
	V1PodTemplateSpec,
	V1Probe,
	V1Service,
	V1StatefulSet,
	V1Taint,
	V1Toleration,
	V1Volume,
	V2HorizontalPodAutoscaler,
	V2HorizontalPodAutoscalerBehavior,
	V2MetricSpec,
	V2MetricTarget,
} from '@kubernetes/client-node';

/** Milli-cores and mebibytes, as people write requests. */
export type Amount = {readonly cpuMilli?: number; readonly memoryMi?: number};

/** What a pod does on kwok, by stages that look at its label. `undefined` is to run and be ready. */
export type Behaviour = 'crashloop' | 'oom' | 'unready' | 'never-ready' | 'slow-start' | 'image-pull' | 'fail';

export const BEHAVIOUR_LABEL = 'kwb.test/behaviour';
export const NO_METRICS_ANNOTATION = 'kwb.test/no-metrics';
export const USAGE_CPU_ANNOTATION = 'kwok.x-k8s.io/usage-cpu';
export const USAGE_MEMORY_ANNOTATION = 'kwok.x-k8s.io/usage-memory';
/** On everything that a scenario makes, so that it can be told from what the cluster came with. */
export const SCENARIO_LABEL = 'kwb.test/scenario';

export type NodeSize = {readonly name: string; readonly cpu: number; readonly memoryGi: number; readonly pods: number};

export const NODE_SIZES = {
	small: {name: 'small', cpu: 4, memoryGi: 16, pods: 58},
	medium: {name: 'medium', cpu: 16, memoryGi: 64, pods: 110},
	large: {name: 'large', cpu: 64, memoryGi: 256, pods: 250},
} as const satisfies Record<string, NodeSize>;

export type NodeOptions = {
	readonly name: string;
	readonly zone: string;
	readonly size?: NodeSize;
	readonly labels?: Readonly<Record<string, string>>;
	readonly taints?: readonly V1Taint[];
	/** What the kubelet keeps for the system, so that allocatable is less than capacity. */
	readonly reserved?: Amount;
};

/** A node that kwok plays: the annotations say so and tell metrics-server where its metrics are. */
export function node({name, zone, size = NODE_SIZES.medium, labels = {}, taints = [], reserved = {cpuMilli: 80, memoryMi: 512}}: NodeOptions): V1Node {
	const capacity = {cpu: String(size.cpu), memory: `${size.memoryGi}Gi`, pods: String(size.pods), 'ephemeral-storage': '100Gi'};
	return {
		apiVersion: 'v1',
		kind: 'Node',
		metadata: {
			name,
			labels: {
				'kubernetes.io/arch': 'amd64',
				'kubernetes.io/hostname': name,
				'kubernetes.io/os': 'linux',
				'node.kubernetes.io/instance-type': size.name,
				'topology.kubernetes.io/region': zone.replace(/-?[a-z0-9]$/, ''),
				'topology.kubernetes.io/zone': zone,
				...labels,
			},
			annotations: {'kwok.x-k8s.io/node': 'fake', 'metrics.k8s.io/resource-metrics-path': `/metrics/nodes/${name}/metrics/resource`},
		},
		spec: taints.length === 0 ? {} : {taints: [...taints]},
		status: {
			capacity,
			allocatable: {
				...capacity,
				cpu: `${size.cpu * 1000 - (reserved.cpuMilli ?? 0)}m`,
				memory: `${size.memoryGi * 1024 - (reserved.memoryMi ?? 0)}Mi`,
			},
		},
	};
}

/** Nodes named `PREFIX-ZONE-N`, dealt out to the zones in turn. */
export function nodes({
	count,
	zones,
	prefix = 'node',
	...rest
}: Omit<NodeOptions, 'name' | 'zone'> & {count: number; zones: readonly string[]; prefix?: string}): V1Node[] {
	return Array.from({length: count}, (_, index) => {
		const zone = zones[index % zones.length]!;
		return node({...rest, zone, name: `${prefix}-${zone}-${Math.floor(index / zones.length)}`});
	});
}

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): V1Namespace {
	return {apiVersion: 'v1', kind: 'Namespace', metadata: {name, labels: {[SCENARIO_LABEL]: 'true', ...labels}}};
}

export type ContainerOptions = {
	readonly name?: string;
	readonly image?: string;
	readonly requests?: Amount;
	readonly limits?: Amount;
	readonly env?: readonly V1EnvVar[];
	readonly ports?: Readonly<Record<string, number>>;
	readonly args?: readonly string[];
	readonly readiness?: V1Probe;
	readonly liveness?: V1Probe;
	readonly mounts?: Readonly<Record<string, string>>;
};

/** One container. Nothing given means no requests and no limits: such containers exist, and diagnosing them is the point. */
export function container({
	name = 'app',
	image,
	requests,
	limits,
	env = [],
	ports = {},
	args,
	readiness,
	liveness,
	mounts = {},
}: ContainerOptions = {}): V1Container {
	return {
		name,
		image: image ?? `registry.example/${name}:1.0.0`,
		imagePullPolicy: 'IfNotPresent',
		...(args === undefined ? {} : {args: [...args]}),
		...(env.length === 0 ? {} : {env: [...env]}),
		...(Object.keys(ports).length === 0
			? {}
			: {ports: Object.entries(ports).map(([portName, containerPort]) => ({name: portName, containerPort, protocol: 'TCP'}))}),
		...(requests === undefined && limits === undefined
			? {}
			: {resources: {...(requests === undefined ? {} : {requests: quantities(requests)}), ...(limits === undefined ? {} : {limits: quantities(limits)})}}),
		...(readiness === undefined ? {} : {readinessProbe: readiness}),
		...(liveness === undefined ? {} : {livenessProbe: liveness}),
		...(Object.keys(mounts).length === 0 ? {} : {volumeMounts: Object.entries(mounts).map(([volume, mountPath]) => ({name: volume, mountPath}))}),
	};
}

/** A probe that looks like most: HTTP, every ten seconds. kwok never asks it. */
export function httpProbe(path: string, port: number | string, initialDelaySeconds = 5): V1Probe {
	return {httpGet: {path, port, scheme: 'HTTP'}, initialDelaySeconds, periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 3};
}

export type PodOptions = {
	readonly containers?: readonly V1Container[];
	readonly initContainers?: readonly V1Container[];
	/** Init containers that go on running beside the containers. */
	readonly sidecars?: readonly V1Container[];
	readonly labels?: Readonly<Record<string, string>>;
	readonly annotations?: Readonly<Record<string, string>>;
	/** What each container uses from its start; a load changes it later. */
	readonly usage?: Amount;
	readonly behaviour?: Behaviour;
	/** The pod never shows in metrics.k8s.io. */
	readonly hasNoMetrics?: boolean;
	readonly volumes?: readonly V1Volume[];
	readonly nodeSelector?: Readonly<Record<string, string>>;
	readonly tolerations?: readonly V1Toleration[];
	readonly nodeName?: string;
	readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
	readonly priorityClassName?: string;
	readonly serviceAccountName?: string;
	/** Spread over zones as evenly as the scheduler can, pods with the same `app` label. */
	readonly spreadOver?: string;
	readonly terminationGracePeriodSeconds?: number;
};

type Named = {readonly namespace: string; readonly name: string};
export type WorkloadOptions = Named & PodOptions & {readonly workloadLabels?: Readonly<Record<string, string>>};

/** A pod template as every workload has one. Its pods carry `app: NAME`, which is what selectors here select. */
export function podTemplate(name: string, options: PodOptions): V1PodTemplateSpec & {metadata: {labels: Record<string, string>}} {
	const {usage, behaviour, hasNoMetrics} = options;
	const annotations = {
		...(usage === undefined ? {} : usageAnnotations(usage)),
		...(hasNoMetrics ? {[NO_METRICS_ANNOTATION]: 'true'} : {}),
		...options.annotations,
	};
	return {
		metadata: {
			labels: {app: name, ...(behaviour === undefined ? {} : {[BEHAVIOUR_LABEL]: behaviour}), ...options.labels},
			...(Object.keys(annotations).length === 0 ? {} : {annotations}),
		},
		spec: podSpec(name, options),
	};
}

/** The annotations by which kwok knows what every container of a pod uses. */
export function usageAnnotations({cpuMilli, memoryMi}: Amount): Record<string, string> {
	return {
		...(cpuMilli === undefined ? {} : {[USAGE_CPU_ANNOTATION]: `${cpuMilli}m`}),
		...(memoryMi === undefined ? {} : {[USAGE_MEMORY_ANNOTATION]: `${memoryMi}Mi`}),
	};
}

export function deployment(
	options: WorkloadOptions & {replicas?: number; strategy?: {maxSurge: number | string; maxUnavailable: number | string}; minReadySeconds?: number},
): V1Deployment {
	return {
		apiVersion: 'apps/v1',
		kind: 'Deployment',
		metadata: workloadMetadata(options),
		spec: {
			...(options.replicas === undefined ? {} : {replicas: options.replicas}),
			...(options.minReadySeconds === undefined ? {} : {minReadySeconds: options.minReadySeconds}),
			...(options.strategy === undefined ? {} : {strategy: {type: 'RollingUpdate', rollingUpdate: options.strategy}}),
			selector: {matchLabels: {app: options.name}},
			template: podTemplate(options.name, options),
		},
	};
}

/** With its pods started all at once unless told otherwise. Its Service is `headlessService` of the same name. */
export function statefulSet(options: WorkloadOptions & {replicas?: number; isOrdered?: boolean}): V1StatefulSet {
	return {
		apiVersion: 'apps/v1',
		kind: 'StatefulSet',
		metadata: workloadMetadata(options),
		spec: {
			...(options.replicas === undefined ? {} : {replicas: options.replicas}),
			serviceName: options.name,
			podManagementPolicy: options.isOrdered ? 'OrderedReady' : 'Parallel',
			selector: {matchLabels: {app: options.name}},
			template: podTemplate(options.name, options),
		},
	};
}

export function daemonSet(options: WorkloadOptions): V1DaemonSet {
	return {
		apiVersion: 'apps/v1',
		kind: 'DaemonSet',
		metadata: workloadMetadata(options),
		spec: {selector: {matchLabels: {app: options.name}}, template: podTemplate(options.name, options)},
	};
}

export function job(options: WorkloadOptions & {completions?: number; parallelism?: number; backoffLimit?: number}): V1Job {
	return {
		apiVersion: 'batch/v1',
		kind: 'Job',
		metadata: workloadMetadata(options),
		spec: {
			completions: options.completions ?? 1,
			parallelism: options.parallelism ?? 1,
			...(options.backoffLimit === undefined ? {} : {backoffLimit: options.backoffLimit}),
			template: podTemplate(options.name, {restartPolicy: 'Never', ...options}),
		},
	};
}

/** A pod that nothing owns: nobody will make it again. */
export function barePod(options: WorkloadOptions): V1Pod {
	const {metadata, spec} = podTemplate(options.name, options);
	return {apiVersion: 'v1', kind: 'Pod', metadata: {...metadata, name: options.name, namespace: options.namespace}, spec: spec!};
}

/** A Service for the pods that carry `app: NAME` (or the given selector). */
export function service({
	namespace: ns,
	name,
	ports,
	selector = {app: name},
	isHeadless = false,
	clusterIP,
	labels,
}: Named & {
	ports: Readonly<Record<string, number | {port: number; targetPort: number | string; protocol?: 'TCP' | 'UDP'}>>;
	selector?: Readonly<Record<string, string>> | null;
	isHeadless?: boolean;
	clusterIP?: string;
	labels?: Readonly<Record<string, string>>;
}): V1Service {
	return {
		apiVersion: 'v1',
		kind: 'Service',
		metadata: {namespace: ns, name, labels: {[SCENARIO_LABEL]: 'true', ...labels}},
		spec: {
			...(isHeadless ? {clusterIP: 'None'} : clusterIP === undefined ? {} : {clusterIP}),
			// Without a selector nobody fills the EndpointSlices.
			...(selector === null ? {} : {selector: {...selector}}),
			ports: Object.entries(ports).map(([portName, port]) =>
				typeof port === 'number' ? {name: portName, port, targetPort: portName, protocol: 'TCP'} : {name: portName, protocol: 'TCP', ...port},
			),
		},
	};
}

/** A disruption budget over the pods that carry `app: NAME` (or the given labels). One of the two limits, or neither. */
export function pdb({
	namespace: ns,
	name,
	matchLabels = {app: name},
	...limits
}: Named & {
	matchLabels?: Readonly<Record<string, string>>;
	minAvailable?: number | string;
	maxUnavailable?: number | string;
	unhealthyPodEvictionPolicy?: 'AlwaysAllow' | 'IfHealthyBudget';
}): V1PodDisruptionBudget {
	return {
		apiVersion: 'policy/v1',
		kind: 'PodDisruptionBudget',
		metadata: {namespace: ns, name, labels: {[SCENARIO_LABEL]: 'true'}},
		spec: {...limits, selector: {matchLabels: {...matchLabels}}},
	};
}

export type HpaOptions = Named & {
	readonly target?: {readonly kind: 'Deployment' | 'StatefulSet'; readonly name: string};
	readonly min?: number;
	readonly max: number;
	readonly metrics?: readonly V2MetricSpec[];
	readonly behavior?: V2HorizontalPodAutoscalerBehavior;
};

/** An autoscaler, by default of the Deployment with its own name. Without metrics the server adds cpu at 80 %. */
export function hpa({namespace: ns, name, target = {kind: 'Deployment', name}, min, max, metrics, behavior}: HpaOptions): V2HorizontalPodAutoscaler {
	return {
		apiVersion: 'autoscaling/v2',
		kind: 'HorizontalPodAutoscaler',
		metadata: {namespace: ns, name, labels: {[SCENARIO_LABEL]: 'true'}},
		spec: {
			scaleTargetRef: {apiVersion: 'apps/v1', ...target},
			...(min === undefined ? {} : {minReplicas: min}),
			maxReplicas: max,
			...(metrics === undefined ? {} : {metrics: [...metrics]}),
			...(behavior === undefined ? {} : {behavior}),
		},
	};
}

/** The five metric sources of an HPA, with every target each of them takes. Numbers are percent of the request, texts are quantities. */
export const metric = {
	resource: (name: 'cpu' | 'memory', target: number | string): V2MetricSpec => ({type: 'Resource', resource: {name, target: ofResource(target)}}),
	containerResource: (containerName: string, name: 'cpu' | 'memory', target: number | string): V2MetricSpec => ({
		type: 'ContainerResource',
		containerResource: {container: containerName, name, target: ofResource(target)},
	}),
	pods: (name: string, averageValue: string, matchLabels?: Readonly<Record<string, string>>): V2MetricSpec => ({
		type: 'Pods',
		pods: {metric: identifier(name, matchLabels), target: {type: 'AverageValue', averageValue}},
	}),
	object: (
		object: {apiVersion: string; kind: string; name: string},
		name: string,
		target: ValueTarget,
		matchLabels?: Readonly<Record<string, string>>,
	): V2MetricSpec => ({
		type: 'Object',
		object: {describedObject: object, metric: identifier(name, matchLabels), target: ofValue(target)},
	}),
	external: (name: string, target: ValueTarget, matchLabels?: Readonly<Record<string, string>>): V2MetricSpec => ({
		type: 'External',
		external: {metric: identifier(name, matchLabels), target: ofValue(target)},
	}),
} as const;

/** A whole amount, or one for each replica. */
export type ValueTarget = {readonly value: string} | {readonly averageValue: string};

function ofResource(target: number | string): V2MetricTarget {
	return typeof target === 'number' ? {type: 'Utilization', averageUtilization: target} : {type: 'AverageValue', averageValue: target};
}

function ofValue(target: ValueTarget): V2MetricTarget {
	return 'value' in target ? {type: 'Value', value: target.value} : {type: 'AverageValue', averageValue: target.averageValue};
}

function identifier(name: string, matchLabels: Readonly<Record<string, string>> | undefined) {
	return matchLabels === undefined ? {name} : {name, selector: {matchLabels: {...matchLabels}}};
}

function quantities({cpuMilli, memoryMi}: Amount): Record<string, string> {
	return {...(cpuMilli === undefined ? {} : {cpu: `${cpuMilli}m`}), ...(memoryMi === undefined ? {} : {memory: `${memoryMi}Mi`})};
}

function workloadMetadata({namespace: ns, name, workloadLabels = {}}: WorkloadOptions) {
	return {namespace: ns, name, labels: {app: name, [SCENARIO_LABEL]: 'true', ...workloadLabels}};
}

function podSpec(name: string, options: PodOptions): V1PodSpec {
	const {
		sidecars = [],
		initContainers = [],
		spreadOver,
		volumes,
		tolerations,
		nodeSelector,
		nodeName,
		restartPolicy,
		priorityClassName,
		serviceAccountName,
	} = options;
	const first = [...initContainers, ...sidecars.map((each): V1Container => ({...each, restartPolicy: 'Always'}))];
	return {
		containers: [...(options.containers ?? [container()])],
		...(first.length === 0 ? {} : {initContainers: first}),
		...(volumes === undefined ? {} : {volumes: [...volumes]}),
		...(tolerations === undefined ? {} : {tolerations: [...tolerations]}),
		...(nodeSelector === undefined ? {} : {nodeSelector: {...nodeSelector}}),
		...(nodeName === undefined ? {} : {nodeName}),
		...(restartPolicy === undefined ? {} : {restartPolicy}),
		...(priorityClassName === undefined ? {} : {priorityClassName}),
		...(serviceAccountName === undefined ? {} : {serviceAccountName}),
		...(options.terminationGracePeriodSeconds === undefined ? {} : {terminationGracePeriodSeconds: options.terminationGracePeriodSeconds}),
		...(spreadOver === undefined
			? {}
			: {topologySpreadConstraints: [{maxSkew: 1, topologyKey: spreadOver, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {matchLabels: {app: name}}}]}),
	};
}
