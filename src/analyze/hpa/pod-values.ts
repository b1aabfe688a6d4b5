import {err, ok, type Result} from '../../util/result.ts';
import type {MetricReading, PodSample} from './hpa-input.ts';
import type {HpaRules} from './hpa-rules.ts';
import {int64, MAX_INT64} from './int-arithmetic.ts';
import {type Milli, milliOf, milliOfUsage} from './milli.ts';
import type {PodValue} from './pod-groups.ts';

/** Window of a Pods metric where the adapter gives none. No rule looks at it. */
const CUSTOM_METRIC_WINDOW_MS = 60_000;

export type PodValues = {
	readonly values: ReadonlyMap<string, PodValue>;
	/** Texts that are no quantities, and containers that a sample lacks: pods that became missing by them. */
	readonly flaws: ReadonlyMap<string, string>;
};

/**
 * Values by pod of a resource: the sum over the containers of a sample, each rounded up first. A sample that lacks the
 * resource in **any** container gives no value: its pod is missing.
 *
 * @param container For a ContainerResource metric: this container alone.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/metrics/client.go, GetResourceMetric, getPodMetrics, getContainerMetrics.
 */
export function resourceValues(
	samples: readonly PodSample[],
	resource: string,
	container: string | undefined,
	{absentContainerSample}: Pick<HpaRules, 'absentContainerSample'>,
): Result<PodValues, string> {
	if (samples.length === 0) return err('no metrics returned from resource metrics API');
	const values = new Map<string, PodValue>();
	const flaws = new Map<string, string>();
	for (const sample of samples) {
		const containers = container === undefined ? sample.containers : sample.containers.filter(each => each.name === container);
		if (container !== undefined && containers.length === 0 && absentContainerSample === 'fails')
			return err(`failed to get container metrics: container ${container} not present in metrics for pod ${sample.name}`);
		const value = milliOfUsage(containers, resource);
		if (value === undefined) flaws.set(sample.name, flawOf(sample, container, resource));
		else values.set(sample.name, {value, timestamp: sample.timestamp, windowMs: sample.windowMs});
	}
	return ok({values, flaws});
}

function flawOf(sample: PodSample, container: string | undefined, resource: string): string {
	if (container !== undefined && !sample.containers.some(each => each.name === container)) return `its sample has no container ${container}`;
	const lacking = sample.containers.find(each => (container === undefined || each.name === container) && milliOfUsage([each], resource) === undefined);
	return lacking === undefined ? 'its sample has no containers' : `its sample has no ${resource} for container ${lacking.name}`;
}

/**
 * Values by pod of a custom metric.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/metrics/client.go, GetRawMetric.
 */
export function customValues(readings: Extract<MetricReading, {readonly kind: 'podValues'}>['values']): Result<PodValues, string> {
	if (readings.length === 0) return err('no metrics returned from custom metrics API');
	const values = new Map<string, PodValue>();
	const flaws = new Map<string, string>();
	for (const {pod, value: text, timestamp} of readings) {
		const value = milliOf(text);
		if (value.ok) values.set(pod, {value: value.value, timestamp, windowMs: CUSTOM_METRIC_WINDOW_MS});
		else flaws.set(pod, value.error);
	}
	return ok({values, flaws});
}

/** How a sum of external series may be kept from wrapping, which differs by target type. */
export type SumCap = 'none' | 'value' | 'average';

/**
 * The series of an external metric added up. With the cap for averages any negative sum on the way counts as an
 * overflow, so that [-1, 95] gives the largest int64 and [95, -1] does not.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/replica_calculator.go, GetExternalMetricReplicas, GetExternalPerPodMetricReplicas.
 */
export function sumOfSeries(series: readonly Milli[], cap: SumCap): Milli {
	let sum = 0n;
	for (const value of series) {
		if (cap === 'value' && value > 0n && sum > MAX_INT64 - value) return MAX_INT64;
		sum = int64(sum + value);
		if (cap === 'average' && sum < 0n) return MAX_INT64;
	}
	return sum;
}
