import type {EpochMs} from '../../util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../../util/units.ts';
import type {ControllerConfig} from './controller-config.ts';
import type {HpaRules} from './hpa-rules.ts';
import type {HpaMemory} from './memory.ts';

/**
 * What the analyzer reads of an HPA, its pods and their metrics: plain values with the
 * names of the API, so that the decoded objects fit as they are and a manifest or a test
 * can be put in their place.
 */
export type LabelSelector = {
	readonly matchLabels: ReadonlyMap<string, string>;
	readonly matchExpressions: ReadonlyArray<{readonly key: string; readonly operator: string; readonly values: readonly string[]}>;
};

export type MetricIdentifier = {readonly name: string; readonly selector: LabelSelector | undefined};

/** Quantities are their text. */
export type MetricTarget = {
	readonly type: string;
	readonly value: string | undefined;
	readonly averageValue: string | undefined;
	readonly averageUtilization: number | undefined;
};

export type ObjectReference = {readonly kind: string; readonly name: string; readonly apiVersion: string};

/** One entry of `spec.metrics`. Which of the sources is set, `type` says. */
export type MetricSpec = {
	readonly type: string;
	readonly resource: {readonly name: string; readonly target: MetricTarget} | undefined;
	readonly containerResource: {readonly name: string; readonly container: string; readonly target: MetricTarget} | undefined;
	readonly pods: {readonly metric: MetricIdentifier; readonly target: MetricTarget} | undefined;
	readonly object: {readonly describedObject: ObjectReference; readonly metric: MetricIdentifier; readonly target: MetricTarget} | undefined;
	readonly external: {readonly metric: MetricIdentifier; readonly target: MetricTarget} | undefined;
};

export type MetricValueStatus = {
	readonly value: string | undefined;
	readonly averageValue: string | undefined;
	readonly averageUtilization: number | undefined;
};

/** One entry of `status.currentMetrics`; a metric that failed leaves one whose type is empty. */
export type MetricStatus = {
	readonly type: string;
	readonly resource: {readonly current: MetricValueStatus} | undefined;
	readonly containerResource: {readonly current: MetricValueStatus} | undefined;
	readonly pods: {readonly current: MetricValueStatus} | undefined;
	readonly object: {readonly current: MetricValueStatus} | undefined;
	readonly external: {readonly current: MetricValueStatus} | undefined;
};

export type ScalingPolicy = {readonly type: string; readonly value: number; readonly periodSeconds: number};

export type ScalingRules = {
	readonly stabilizationWindowSeconds: number | undefined;
	readonly selectPolicy: string | undefined;
	/** Empty: the server's defaults. */
	readonly policies: readonly ScalingPolicy[];
	/** A quantity: 0.05 comes as `50m`. */
	readonly tolerance: string | undefined;
};

export type HpaBehavior = {readonly scaleUp: ScalingRules | undefined; readonly scaleDown: ScalingRules | undefined};

export type HpaCondition = {
	readonly type: string;
	readonly status: string;
	readonly reason: string;
	readonly message: string;
	readonly lastTransitionTime: EpochMs | undefined;
};

/** A HorizontalPodAutoscaler as autoscaling/v2 has it. */
export type Hpa = {
	readonly metadata: {readonly name: string; readonly namespace: string};
	readonly spec: {
		readonly scaleTargetRef: ObjectReference;
		readonly minReplicas: number | undefined;
		readonly maxReplicas: number;
		readonly metrics: readonly MetricSpec[];
		readonly behavior: HpaBehavior | undefined;
	};
	readonly status: {
		readonly lastScaleTime: EpochMs | undefined;
		readonly currentReplicas: number;
		readonly desiredReplicas: number;
		readonly currentMetrics: readonly MetricStatus[];
		readonly conditions: readonly HpaCondition[];
	};
};

/** Requests by resource name, as quantity texts. */
export type Requests = ReadonlyMap<string, string>;

export type HpaContainer = {readonly name: string; readonly resources: {readonly requests: Requests}};
export type HpaInitContainer = HpaContainer & {readonly restartPolicy: string | undefined};

/** What the controller looks at in a pod. */
export type HpaPod = {
	readonly metadata: {readonly name: string; readonly namespace: string; readonly deletionTimestamp: EpochMs | undefined};
	readonly spec: {
		readonly containers: readonly HpaContainer[];
		readonly initContainers: readonly HpaInitContainer[];
		/** Pod-level resources; undefined where the pod has none. */
		readonly resources: {readonly requests: Requests} | undefined;
		readonly overhead: Requests;
	};
	readonly status: {
		readonly phase: string;
		readonly startTime: EpochMs | undefined;
		readonly conditions: ReadonlyArray<{readonly type: string; readonly status: string; readonly lastTransitionTime: EpochMs | undefined}>;
	};
};

/** Use of one container. The texts are there only where the doubles are not exact. */
export type ContainerUsage = {
	readonly name: string;
	readonly cpu: NanoCores | undefined;
	readonly memory: Bytes | undefined;
	readonly cpuText?: string;
	readonly memoryText?: string;
};

/** One PodMetrics of the metrics API. The interval is [timestamp - windowMs, timestamp]. */
export type PodSample = {
	readonly name: string;
	readonly timestamp: EpochMs;
	readonly windowMs: number;
	readonly containers: readonly ContainerUsage[];
};

/** What the status shows of a metric that is measured pod by pod: sums over the pods that the pass counted. */
export type ShownOfPass = {readonly utilization: number | undefined; readonly average: bigint | undefined};

/** What became of the question for one metric's values, by index of `spec.metrics`. Values are quantity texts. */
export type MetricReading =
	/** The PodMetrics that the selector matches, also those of pods that are gone. */
	| {readonly kind: 'podMetrics'; readonly samples: readonly PodSample[]; readonly shown?: ShownOfPass}
	/** With `shown` the pass saw others, of which the status tells the sum: these are the nearest that are known. */
	| {
			readonly kind: 'podValues';
			readonly values: ReadonlyArray<{readonly pod: string; readonly value: string; readonly timestamp: EpochMs | undefined}>;
			readonly shown?: ShownOfPass;
	  }
	| {readonly kind: 'objectValue'; readonly value: string; readonly timestamp: EpochMs | undefined}
	| {readonly kind: 'externalValues'; readonly values: ReadonlyArray<{readonly value: string; readonly timestamp: EpochMs | undefined}>}
	/** The API answered with an error: the controller gets the same. `message` is the API's. */
	| {readonly kind: 'failed'; readonly message: string}
	/** kwb could not ask or was not allowed to; the controller may. Then the status is all there is. */
	| {readonly kind: 'unreadable'; readonly because: string};

/** The scale subresource, or what stands for it. */
export type ScaleReading =
	| {
			readonly kind: 'read';
			readonly specReplicas: number;
			readonly statusReplicas: number;
			/** `status.selector`: a label selector as text. */
			readonly selector: string;
			/** Where it was read: 'Deployment shop/web, scale' or, where scale is forbidden, 'Deployment shop/web, spec.replicas'. */
			readonly from: string;
			readonly at: EpochMs | undefined;
	  }
	/** `isOurs`: kwb could not ask, or was not allowed to; the controller may know it. */
	| {readonly kind: 'failed'; readonly message: string; readonly isOurs?: boolean};

export type HpaInput = {
	readonly hpa: Hpa;
	readonly scale: ScaleReading;
	/** Every pod of the namespace that the scale's selector matches, whoever owns it (see label-selector). */
	readonly pods: readonly HpaPod[];
	/** By index of `spec.metrics`; a missing one counts as unreadable. */
	readonly readings: readonly MetricReading[];
	/** `namespace/name` of the other HPAs whose selector matches at least one of these pods. */
	readonly overlapping: readonly string[];
	/** undefined: nothing is known of the controller's memory. */
	readonly memory: HpaMemory | undefined;
	readonly controller: ControllerConfig;
	readonly rules: HpaRules;
	/** The server's clock. */
	readonly now: EpochMs;
	/** Of a pass that is explained afterwards: the count that it left. Of what the memory may have been, what gives it is believed. */
	readonly outcome?: number;
};
