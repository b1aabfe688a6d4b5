import type {EpochMs} from '../../util/epoch-ms.ts';
import {err, ok, type Result} from '../../util/result.ts';
import {type MetricUnit, unitOfResource} from './amount-text.ts';
import type {Proposal} from './combine-proposals.ts';
import type {HpaInput, LabelSelector, MetricReading, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus, ShownOfPass} from './hpa-input.ts';
import {ceilToInt32} from './int-arithmetic.ts';
import type {Range} from './memory.ts';
import {type Milli, milliOf} from './milli.ts';
import {readyPodCount} from './pod-groups.ts';
import {customValues, type PodValues, resourceValues, sumOfSeries} from './pod-values.ts';
import {
	type CalculationFailure,
	calculatePodAverage,
	calculateTotalAverage,
	calculateUtilization,
	calculateValue,
	type PodsCalculation,
	type TotalCalculation,
} from './replica-calculator.ts';
import {type DeadBand, deadBandOf, type HpaTolerances, isWithinTolerance, tolerancesFor} from './tolerance.ts';

/** A target with its number: whole percents for utilization, milli-units else. */
export type EffectiveTarget = {readonly kind: 'utilization' | 'averageValue' | 'value'; readonly amount: bigint; readonly unit: MetricUnit};

/** How old the samples are that went into it. */
export type SampleTimes = {readonly oldest: EpochMs; readonly newest: EpochMs};

/** What came of one metric. */
export type MetricResult =
	/** Pod by pod, from the samples. */
	| {readonly kind: 'pods'; readonly calculation: PodsCalculation}
	/** One number for all. */
	| {readonly kind: 'total'; readonly calculation: TotalCalculation; readonly readyPods: number; readonly podCount: number}
	/** The values could not be read: worked back from what the last pass wrote into the status. */
	| {readonly kind: 'fromStatus'; readonly ratio: Range; readonly shown: bigint; readonly multiplier: number | undefined; readonly isInside: boolean}
	/** The controller fails here too. `message` is the text of its event. */
	| {readonly kind: 'failed'; readonly reason: string; readonly message: string; readonly failure: CalculationFailure; readonly fromStatus: boolean}
	| {readonly kind: 'unknown'; readonly because: string};

/** One entry of `spec.metrics` with its working. */
export type MetricEvaluation = {
	readonly index: number;
	/** As the API has it; anything that it does not know is shown as it came. */
	readonly type: string;
	/** As conditions and events name it: `cpu resource utilization (percentage of request)`. */
	readonly name: string;
	/** For lists: `cpu`, `cpu in app`, `requests_per_second`. */
	readonly label: string;
	readonly target: EffectiveTarget | undefined;
	/** Of the values that are measured; the target's differs from it for utilization. */
	readonly unit: MetricUnit;
	readonly tolerances: HpaTolerances;
	readonly band: DeadBand | undefined;
	readonly samples: SampleTimes | undefined;
	/** Samples that gave no value, by pod, and why. */
	readonly flaws: ReadonlyMap<string, string>;
	readonly result: MetricResult;
	/** undefined: nobody can say. `likely` is the one the rest goes on with. */
	readonly proposal: (Range & {readonly likely: Proposal}) | undefined;
};

type Source = {
	readonly name: string;
	readonly label: string;
	readonly reason: string;
	readonly target: Result<EffectiveTarget, string>;
	/** What the controller puts before an error's text in the metric's own event and condition. */
	readonly prefix: string;
	/** What it puts before that where it tells the first error of all metrics. */
	readonly outerPrefix: string;
	/** The error when the values did not come; `inner` says why. */
	readonly fetchError: (inner: string) => string;
	readonly api: 'resource' | 'custom' | 'external';
	readonly resource?: {readonly name: string; readonly container: string | undefined};
};

/**
 * Evaluates one metric as a pass would now. Never throws: what cannot be computed is a result that says why.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, computeReplicasForMetric and computeStatusFor…Metric.
 */
export function evaluateMetric(input: HpaInput, index: number): MetricEvaluation {
	const spec = input.hpa.spec.metrics[index]!;
	const tolerances = tolerancesFor(input.hpa, input.controller, input.rules);
	const source = sourceOf(spec, input);
	const target = source.target.ok ? source.target.value : undefined;
	const common = {
		index,
		type: spec.type,
		name: source.name,
		label: source.label,
		target,
		unit: source.resource === undefined ? 'count' : unitOfResource(source.resource.name),
		tolerances,
		band: target === undefined || target.amount <= 0n ? undefined : deadBandOf(target.amount, tolerances, input.rules.toleranceTest),
	};
	const {result, samples, flaws, count} = resultOf(input, index, spec, source, target, tolerances);
	return {...common, samples, flaws, result, proposal: proposalOf(source, result, count)};
}

type Evaluated = {
	readonly result: MetricResult;
	readonly samples: SampleTimes | undefined;
	readonly flaws: ReadonlyMap<string, string>;
	readonly count: Range | undefined;
};

const NO_FLAWS: ReadonlyMap<string, string> = new Map();

function resultOf(input: HpaInput, index: number, spec: MetricSpec, source: Source, target: EffectiveTarget | undefined, tolerances: HpaTolerances): Evaluated {
	const failed = (failure: CalculationFailure, samples?: SampleTimes, flaws = NO_FLAWS): Evaluated => ({
		result: {kind: 'failed', reason: source.reason, message: `${source.prefix}${failure.message}`, failure, fromStatus: false},
		samples,
		flaws,
		count: undefined,
	});
	if (!source.target.ok || target === undefined) return failed({message: source.target.ok ? 'no target' : source.target.error});
	if (input.scale.kind === 'failed') return unknown('the scale of the target could not be read');

	const {specReplicas, statusReplicas} = input.scale;
	const reading: MetricReading = input.readings[index] ?? {kind: 'unreadable', because: 'nobody asked for it'};
	if (reading.kind === 'unreadable') return fromStatus(input, index, source, target, tolerances, reading.because);
	if (reading.kind === 'failed') return failed({message: source.fetchError(`unable to fetch metrics from ${source.api} metrics API: ${reading.message}`)});

	const isPerPod = source.resource !== undefined || spec.type === 'Pods';
	if (isPerPod) {
		const read = podValuesOf(reading, source, input);
		if (!read.ok) return failed({message: source.fetchError(read.error)});
		const {values, flaws} = read.value;
		const samples = timesOf(values.values());
		const {controller, rules, pods, now} = input;
		const common = {
			currentReplicas: specReplicas,
			pods,
			values,
			resource: source.resource?.name,
			tolerances,
			periods: {now, cpuInitializationPeriodMs: controller.cpuInitializationPeriodMs.value, initialReadinessDelayMs: controller.initialReadinessDelayMs.value},
			rules,
		};
		const calculate = (held: typeof values): Result<PodsCalculation, CalculationFailure> =>
			target.kind === 'utilization' && source.resource !== undefined
				? calculateUtilization({
						...common,
						values: held,
						resource: source.resource.name,
						container: source.resource.container,
						targetUtilization: Number(target.amount),
					})
				: calculatePodAverage({...common, values: held, target: target.amount});
		const calculation = calculate(values);
		const shown = reading.kind === 'podMetrics' || reading.kind === 'podValues' ? reading.shown : undefined;
		if (!calculation.ok)
			return shown === undefined ? failed(calculation.error, samples, flaws) : fromStatus(input, index, source, target, tolerances, OTHER_SAMPLE);
		if (shown !== undefined) {
			const usage = usageShown(calculation.value, shown);
			const [low, high] = [usage.low, usage.high].map(sum => calculate(withSum(values, calculation.value, sum)));
			if (low?.ok === true && high?.ok === true) {
				const counts = [low.value.replicas, high.value.replicas];
				return {result: {kind: 'pods', calculation: high.value}, samples, flaws, count: {low: Math.min(...counts), high: Math.max(...counts)}};
			}
		}
		return {result: {kind: 'pods', calculation: calculation.value}, samples, flaws, count: exactly(calculation.value.replicas)};
	}

	const total = totalOf(reading, spec, target, input);
	if (!total.ok) return failed({message: source.fetchError(total.error)});
	const samples = timesOf(reading.kind === 'objectValue' ? [reading] : reading.kind === 'externalValues' ? reading.values : []);
	const calculation = calculateTotal(input, spec, target, total.value, tolerances, specReplicas, statusReplicas);
	if (!calculation.ok) return failed(calculation.error, samples);
	return {
		result: {kind: 'total', calculation: calculation.value, readyPods: readyPodCount(input.pods), podCount: input.pods.length},
		samples,
		flaws: NO_FLAWS,
		count: exactly(calculation.value.replicas),
	};
}

function calculateTotal(
	{pods, rules}: HpaInput,
	spec: MetricSpec,
	target: EffectiveTarget,
	total: Milli,
	tolerances: HpaTolerances,
	specReplicas: number,
	statusReplicas: number,
): Result<TotalCalculation, CalculationFailure> {
	if (target.kind === 'value')
		return calculateValue({specReplicas, target: target.amount, total, readyPods: readyPodCount(pods), podCount: pods.length, tolerances, rules});
	return ok(calculateTotalAverage({source: spec.type === 'Object' ? 'object' : 'external', statusReplicas, target: target.amount, total, tolerances, rules}));
}

function unknown(because: string): Evaluated {
	return {result: {kind: 'unknown', because}, samples: undefined, flaws: NO_FLAWS, count: undefined};
}

const exactly = (replicas: number): Range => ({low: replicas, high: replicas});

function proposalOf({name, outerPrefix}: Source, result: MetricResult, count: Range | undefined): MetricEvaluation['proposal'] {
	if (result.kind === 'failed') {
		const error: Proposal = {kind: 'error', name, reason: result.reason, message: `${outerPrefix}${result.message}`};
		return {low: 0, high: 0, likely: error};
	}
	return count === undefined ? undefined : {...count, likely: {kind: 'count', name, replicas: count.high}};
}

function timesOf(samples: Iterable<{readonly timestamp: EpochMs | undefined}>): SampleTimes | undefined {
	let oldest = Number.POSITIVE_INFINITY;
	let newest = Number.NEGATIVE_INFINITY;
	for (const {timestamp} of samples) {
		if (timestamp === undefined) continue;
		if (timestamp < oldest) oldest = timestamp;
		if (timestamp > newest) newest = timestamp;
	}
	return Number.isFinite(oldest) ? {oldest: oldest as EpochMs, newest: newest as EpochMs} : undefined;
}

function podValuesOf(reading: MetricReading, {resource}: Source, {rules}: HpaInput): Result<PodValues, string> {
	if (resource !== undefined && reading.kind === 'podMetrics') return resourceValues(reading.samples, resource.name, resource.container, rules);
	if (resource === undefined && reading.kind === 'podValues') return customValues(reading.values);
	return err(`the reading is of another kind (${reading.kind})`);
}

function totalOf(reading: MetricReading, spec: MetricSpec, target: EffectiveTarget, {rules}: HpaInput): Result<Milli, string> {
	if (spec.type === 'Object' && reading.kind === 'objectValue') return milliOf(reading.value);
	if (spec.type !== 'External' || reading.kind !== 'externalValues') return err(`the reading is of another kind (${reading.kind})`);
	if (reading.values.length === 0) return err('no metrics returned from external metrics API');
	const series: Milli[] = [];
	for (const {value: text} of reading.values) {
		const value = milliOf(text);
		if (!value.ok) return value;
		series.push(value.value);
	}
	const isCapped = target.kind === 'value' ? rules.capExternalValue : rules.capExternalAverage;
	return ok(sumOfSeries(series, !isCapped ? 'none' : target.kind === 'value' ? 'value' : 'average'));
}

// ---- what a metric is ----

function sourceOf(spec: MetricSpec, {hpa, rules}: HpaInput): Source {
	const {namespace} = hpa.metadata;
	switch (spec.type) {
		case 'Resource':
		case 'ContainerResource': {
			const isContainer = spec.type === 'ContainerResource';
			const source = isContainer ? spec.containerResource : spec.resource;
			const reason = isContainer ? 'FailedGetContainerResourceMetric' : 'FailedGetResourceMetric';
			if (source === undefined) return withoutSource(spec, reason);
			const container = isContainer ? (spec.containerResource?.container ?? '') : undefined;
			const target = resourceTarget(source.target, source.name);
			const isUtilization = source.target.averageValue === undefined;
			const what = isUtilization ? `${isContainer ? 'container ' : ''}resource utilization (percentage of request)` : 'resource';
			return {
				name: `${source.name} ${what}`,
				label: container === undefined ? source.name : `${source.name} in ${container}`,
				reason,
				target,
				prefix: target.ok ? `failed to get ${source.name} ${isUtilization ? 'utilization' : 'usage'}: ` : '',
				outerPrefix: `failed to get ${container === undefined ? `${source.name} resource` : `${container} container`} metric value: `,
				fetchError: inner => `unable to get metrics for resource ${source.name}: ${inner}`,
				api: 'resource',
				resource: {name: source.name, container},
			};
		}
		case 'Pods': {
			if (spec.pods === undefined) return withoutSource(spec, 'FailedGetPodsMetric');
			const {metric, target} = spec.pods;
			return {
				name: `pods metric ${metric.name}`,
				label: metric.name,
				reason: 'FailedGetPodsMetric',
				target: target.averageValue === undefined ? err('a Pods metric needs averageValue') : amountOf(target.averageValue, 'averageValue', 'count'),
				prefix: '',
				outerPrefix: 'failed to get pods metric value: ',
				fetchError: inner => `unable to get metric ${metric.name}: ${inner}`,
				api: 'custom',
			};
		}
		case 'Object': {
			if (spec.object === undefined) return withoutSource(spec, 'FailedGetObjectMetric');
			const {metric, target, describedObject} = spec.object;
			const isValue = target.type === 'Value' && target.value !== undefined;
			const isAverage = target.type === 'AverageValue' && target.averageValue !== undefined;
			return {
				name: isAverage ? `external metric ${metric.name}(${selectorText(metric.selector)})` : `${describedObject.kind} metric ${metric.name}`,
				label: `${metric.name} of ${describedObject.kind} ${describedObject.name}`,
				reason: 'FailedGetObjectMetric',
				target: isValue
					? amountOf(target.value, 'value', 'count')
					: isAverage
						? amountOf(target.averageValue, 'averageValue', 'count')
						: err('invalid object metric source: neither a value target nor an average value target was set'),
				prefix: '',
				outerPrefix: `failed to get object metric value: ${isAverage ? `failed to get ${metric.name} object metric: ` : ''}`,
				// Before 1.37 the parts stood in the wrong order.
				fetchError: inner =>
					rules.objectErrorText === 'plain'
						? `unable to get metric ${metric.name} on ${describedObject.kind} ${namespace}/${describedObject.name}: ${inner}`
						: `unable to get metric ${metric.name}: ${describedObject.kind} on ${namespace} ${describedObject.name}/${inner}`,
				api: 'custom',
			};
		}
		case 'External': {
			if (spec.external === undefined) return withoutSource(spec, 'FailedGetExternalMetric');
			const {metric, target} = spec.external;
			const isAverage = target.averageValue !== undefined;
			const isValue = !isAverage && target.value !== undefined;
			return {
				name: `external metric ${metric.name}(${selectorText(metric.selector)})`,
				label: metric.name,
				reason: 'FailedGetExternalMetric',
				target: isAverage
					? amountOf(target.averageValue, 'averageValue', 'count')
					: isValue
						? amountOf(target.value, 'value', 'count')
						: err('invalid external metric source: neither a value target nor an average value target was set'),
				prefix: '',
				outerPrefix: `failed to get ${metric.name} external metric value: ${
					isAverage ? `failed to get ${metric.name} external metric: ` : isValue ? `failed to get external metric ${metric.name}: ` : ''
				}`,
				fetchError: inner => `unable to get external metric ${namespace}/${metric.name}/${selectorText(metric.selector)}: ${inner}`,
				api: 'external',
			};
		}
		default:
			return {...withoutSource(spec, 'InvalidMetricSourceType'), target: err(`unknown metric source type ${JSON.stringify(spec.type)}`)};
	}
}

function withoutSource(spec: MetricSpec, reason: string): Source {
	const name = spec.type === '' ? 'metric without a type' : `${spec.type} metric`;
	return {
		name,
		label: name,
		reason,
		target: err(`the entry names type ${JSON.stringify(spec.type)} and describes no such source`),
		prefix: '',
		outerPrefix: '',
		fetchError: inner => inner,
		api: 'resource',
	};
}

function resourceTarget(target: MetricTarget, resource: string): Result<EffectiveTarget, string> {
	if (target.averageValue !== undefined) return amountOf(target.averageValue, 'averageValue', unitOfResource(resource));
	if (target.averageUtilization === undefined)
		return err('invalid resource metric source: neither an average utilization target nor an average usage value target was set');
	if (!Number.isInteger(target.averageUtilization)) return err(`averageUtilization ${target.averageUtilization} is no whole number`);
	return ok({kind: 'utilization', amount: BigInt(target.averageUtilization), unit: 'percent'});
}

function amountOf(text: string | undefined, kind: EffectiveTarget['kind'], unit: MetricUnit): Result<EffectiveTarget, string> {
	const amount = milliOf(text ?? '');
	return amount.ok ? ok({kind, amount: amount.value, unit}) : err(`${kind}: ${amount.error}`);
}

/** A label selector as Go prints the struct, which is how messages have it. */
export function selectorText(selector: LabelSelector | undefined): string {
	if (selector === undefined) return 'nil';
	const labels = [...selector.matchLabels].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
	const expressions = selector.matchExpressions.map(
		({key, operator, values}) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],}`,
	);
	const map = labels.length === 0 && expressions.length > 0 ? 'map[string]string{}' : `map[string]string{${labels.map(([k, v]) => `${k}: ${v},`).join('')}}`;
	return `&LabelSelector{MatchLabels:${map},MatchExpressions:[]LabelSelectorRequirement{${expressions.map(each => `${each},`).join('')}},}`;
}

const OTHER_SAMPLE = 'the controller saw another sample';

/**
 * What all counted pods used together in a pass, by what the status shows: the percentage and the average are cut off, so
 * that a few sums fit both.
 */
function usageShown({first, groups, strangers}: PodsCalculation, {utilization, average}: ShownOfPass): {readonly low: Milli; readonly high: Milli} {
	const counted = BigInt(first.requests === undefined ? groups.ready + strangers.length : groups.ready);
	const byAverage = average === undefined ? undefined : {low: average * counted, high: average * counted + counted - 1n};
	if (first.requests === undefined || utilization === undefined) return byAverage ?? {low: first.usage, high: first.usage};
	const percent = BigInt(utilization);
	const least = (part: bigint): bigint => (part * first.requests! + 99n) / 100n;
	const byPercent = {low: least(percent), high: least(percent + 1n) - 1n};
	if (byAverage === undefined) return byPercent;
	const both = {low: byAverage.low > byPercent.low ? byAverage.low : byPercent.low, high: byAverage.high < byPercent.high ? byAverage.high : byPercent.high};
	// Where nothing fits both, the pass counted other pods than we do; then the ratio at least is the percentage.
	return both.low <= both.high ? both : byPercent;
}

/** The values with another sum: what is more or less is put on one of the counted pods, for only sums matter. */
function withSum(values: PodValues['values'], {first, groups, strangers}: PodsCalculation, sum: Milli): PodValues['values'] {
	const name = groups.pods.find(({group, value}) => group === 'ready' && value !== undefined)?.pod.metadata.name ?? strangers[0];
	const held = name === undefined ? undefined : values.get(name);
	return name === undefined || held === undefined ? values : new Map(values).set(name, {...held, value: held.value + sum - first.usage});
}

// ---- what the status tells when the values cannot be read ----

/** How the condition begins that tells of a metric's error. */
const UNABLE = /^the HPA was unable to compute the replica count: /;

/** The last pass' own numbers: exact for utilization, averages of pods and values; a ceiling for averages of totals. */
function fromStatus(input: HpaInput, index: number, source: Source, target: EffectiveTarget, tolerances: HpaTolerances, because: string): Evaluated {
	const status = input.hpa.status.currentMetrics[index];
	const {scale, rules} = input;
	if (scale.kind === 'failed') return unknown(because);
	if (status === undefined) return unknown(`${because}, and the status holds no metrics: the last pass ended before it asked for them`);
	const spec = input.hpa.spec.metrics[index]!;
	if (status.type !== spec.type) {
		const active = input.hpa.status.conditions.find(condition => condition.type === 'ScalingActive');
		if (status.type !== '') return unknown(`${because}, and the status holds another metric at its place`);
		const message = active?.status === 'False' ? active.message.replace(UNABLE, '') : 'the last pass could not read it';
		return {
			result: {kind: 'failed', reason: source.reason, message, failure: {message}, fromStatus: true},
			samples: undefined,
			flaws: NO_FLAWS,
			count: undefined,
		};
	}

	const shown = shownAmount(currentOf(status), target);
	if (shown === undefined) return unknown(`${because}, and the status has no number for it`);
	const result = (ratio: Range, multiplier: number | undefined, count: Range): Evaluated => ({
		result: {kind: 'fromStatus', ratio, shown, multiplier, isInside: isWithinTolerance(ratio.high, tolerances, rules.toleranceTest)},
		samples: undefined,
		flaws: NO_FLAWS,
		count,
	});

	if (source.resource !== undefined || spec.type === 'Pods') {
		const ratio = Number(shown) / Number(target.amount);
		const live = input.pods.filter(pod => pod.metadata.deletionTimestamp === undefined && pod.status.phase !== 'Failed');
		const ready = readyPodCount(live);
		const current = scale.specReplicas;
		const proposed = isWithinTolerance(ratio, tolerances, rules.toleranceTest) ? current : ceilToInt32(ratio * ready, rules.capEveryProposal);
		// Pods that are not plainly ready may be missing or unready to the controller, and those only ever damp.
		const isExact = ready === live.length;
		const count = isExact ? exactly(proposed) : {low: Math.min(proposed, current), high: Math.max(proposed, current)};
		return result({low: ratio, high: ratio}, ready, count);
	}

	const calculate = (total: Milli): Result<TotalCalculation, CalculationFailure> =>
		calculateTotal(input, spec, target, total, tolerances, scale.specReplicas, scale.statusReplicas);
	const replicas = BigInt(Math.max(1, Math.trunc(scale.statusReplicas) || 1));
	const high = calculate(target.kind === 'value' ? shown : shown * replicas);
	const low = calculate(target.kind === 'value' ? shown : (shown - 1n) * replicas + 1n);
	if (!high.ok || !low.ok) return unknown(because);
	return result({low: low.value.ratio, high: high.value.ratio}, high.value.multiplier, {
		low: Math.min(low.value.replicas, high.value.replicas),
		high: Math.max(low.value.replicas, high.value.replicas),
	});
}

function currentOf(status: MetricStatus): MetricValueStatus | undefined {
	return (status.resource ?? status.containerResource ?? status.pods ?? status.object ?? status.external)?.current;
}

/** What the status shows of a metric, in the target's kind: percents or milli-units. */
export function shownAmount(current: MetricValueStatus | undefined, target: EffectiveTarget): bigint | undefined {
	if (current === undefined) return undefined;
	if (target.kind === 'utilization') return Number.isInteger(current.averageUtilization) ? BigInt(current.averageUtilization ?? 0) : undefined;
	const text = target.kind === 'value' ? current.value : current.averageValue;
	const amount = text === undefined ? undefined : milliOf(text);
	return amount?.ok === true ? amount.value : undefined;
}

/** The same for a metric of an HPA's status, by index. */
export function shownInStatus(input: Pick<HpaInput, 'hpa'>, index: number, target: EffectiveTarget): bigint | undefined {
	const status = input.hpa.status.currentMetrics[index];
	return status === undefined ? undefined : shownAmount(currentOf(status), target);
}

/** Both numbers that the status shows of a metric that is measured pod by pod. */
export function shownOfPods(input: Pick<HpaInput, 'hpa'>, index: number): ShownOfPass {
	const status = input.hpa.status.currentMetrics[index];
	const current = status === undefined ? undefined : currentOf(status);
	const average = current?.averageValue === undefined ? undefined : milliOf(current.averageValue);
	return {utilization: current?.averageUtilization, average: average?.ok === true ? average.value : undefined};
}
