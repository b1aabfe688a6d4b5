import type {Citation, Outcome, Step} from '../../explain/explanation.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';
import {amountText, durationText, type MetricUnit, ratioText} from './amount-text.ts';
import type {Setting} from './controller-config.ts';
import type {MetricEvaluation} from './evaluate-metric.ts';
import type {HpaExplanation} from './explain-hpa.ts';
import type {PolicyAllowance} from './limit-rate.ts';
import type {Milli} from './milli.ts';
import type {GroupedPod, GroupReason} from './pod-groups.ts';
import type {PodsCalculation, UsagePass} from './replica-calculator.ts';
import {bandText, releaseText, warmthText} from './why-hpa.ts';

/** How much a number can be relied on: read from an object, computed from such, or not to be had. */
export type Provenance = 'observed' | 'derived' | 'unknown';

/** A number that went into a step, and where it was read. */
export type StepInput = {
	readonly name: string;
	readonly value: string;
	readonly provenance: Provenance;
	/** `Deployment shop/web`, `Pod shop/web-1`, `flag`. */
	readonly object?: string;
	readonly field?: string;
	/** Time of the sample, where it is one. */
	readonly at?: EpochMs;
};

export type HpaStepId =
	| 'scale'
	| 'bounds'
	| 'selector'
	| 'metric'
	| 'target'
	| 'tolerance'
	| 'samples'
	| 'groups'
	| 'pod'
	| 'requests'
	| 'firstPass'
	| 'secondPass'
	| 'total'
	| 'keep'
	| 'proposal'
	| 'combine'
	| 'window'
	| 'policy'
	| 'limit'
	| 'result';

/** One step of the decision; the steps inside it are its working. */
export type HpaStep = Step<HpaStepId, number | string | bigint | undefined> & {
	/** The rule in words, whatever the numbers are. */
	readonly rule: string;
	readonly provenance: Provenance;
	readonly inputs: readonly StepInput[];
	readonly steps: readonly HpaStep[];
};

const RELEASE = 'v1.37.2';
const FOLDER = 'pkg/controller/podautoscaler';
const cite = (file: string, symbol: string): Citation => ({project: 'kubernetes', release: RELEASE, file: `${FOLDER}/${file}`, symbol});
const controller = (symbol: string): Citation => cite('horizontal.go', symbol);
const calculator = (symbol: string): Citation => cite('replica_calculator.go', symbol);

/** The whole decision as steps that unfold to their inputs. */
export function traceHpa(explanation: HpaExplanation): readonly HpaStep[] {
	const {scale, path, metrics} = explanation;
	const steps = [scaleStep(explanation)];
	if (scale.kind === 'failed') return steps;
	steps.push(boundsStep(explanation, scale.specReplicas), selectorStep(explanation, scale.selector));
	// Where the bounds decide, the controller does not ask for metrics; what they would say is still worth seeing.
	const isAsked = path !== 'aboveMax' && path !== 'belowMin' && path !== 'paused' && path !== 'selectorFailed';
	for (const metric of metrics) steps.push(metricStep(explanation, metric, isAsked));
	steps.push(combineStep(explanation, scale.specReplicas, isAsked));
	if (path === 'metrics') {
		steps.push(windowStep(explanation, scale.specReplicas), limitStep(explanation, scale.specReplicas));
	}
	steps.push(resultStep(explanation, scale.specReplicas));
	return steps;
}

type StepParts = Omit<HpaStep, 'inputs' | 'steps' | 'provenance' | 'outcome' | 'citation'> & {
	readonly provenance?: Provenance;
	readonly inputs?: readonly StepInput[];
	readonly steps?: readonly HpaStep[];
	readonly outcome?: Outcome | undefined;
	readonly citation?: Citation | undefined;
};

function step({inputs = [], steps = [], provenance = 'derived', outcome, citation, ...rest}: StepParts): HpaStep {
	return {...rest, inputs, steps, provenance, ...(outcome === undefined ? {} : {outcome}), ...(citation === undefined ? {} : {citation})};
}

function nameOf({namespace, name}: HpaExplanation): string {
	return `HorizontalPodAutoscaler ${namespace}/${name}`;
}

/** A scale that was asked for is told with its age from here on. */
const AGE_SHOWN_MS = 1000;

function scaleStep({scale, at: now}: HpaExplanation): HpaStep {
	const rule = 'the target is asked for its scale; without one nothing moves';
	const citation = controller('scaleForResourceMappings');
	if (scale.kind === 'failed')
		return step({
			id: 'scale',
			rule,
			working: `the scale cannot be read: ${scale.message}`,
			value: undefined,
			outcome: 'failed',
			provenance: 'unknown',
			citation,
		});
	const at = scale.at === undefined ? {} : {at: scale.at};
	return step({
		id: 'scale',
		rule,
		working: `${scale.specReplicas} replicas wanted, ${scale.statusReplicas} there${scale.at === undefined || now - scale.at < AGE_SHOWN_MS ? '' : `, as it was ${durationText(now - scale.at)} ago`}`,
		value: scale.specReplicas,
		outcome: 'passed',
		provenance: 'observed',
		inputs: [
			{name: 'current', value: String(scale.specReplicas), provenance: 'observed', object: scale.from, field: 'spec.replicas', ...at},
			{name: 'status', value: String(scale.statusReplicas), provenance: 'observed', object: scale.from, field: 'status.replicas', ...at},
		],
		citation,
	});
}

function boundsStep(explanation: HpaExplanation, current: number): HpaStep {
	const {path, min, max, input} = explanation;
	const working =
		path === 'paused'
			? 'at 0, and nothing says that it may be woken: paused'
			: path === 'aboveMax'
				? `${current} is above the maximum ${max}: the count becomes ${max}, metrics, windows and policies are not asked`
				: path === 'belowMin'
					? `${current} is below the minimum ${min}: the count becomes ${min}, metrics, windows and policies are not asked`
					: current === 0
						? 'at 0, and to be woken by its metrics'
						: `${min} ≤ ${current} ≤ ${max}: the metrics decide`;
	return step({
		id: 'bounds',
		rule: 'zero is looked at first, then the maximum, then the minimum; outside of them nothing else counts',
		working,
		value: current,
		outcome: path === 'paused' ? 'skipped' : 'passed',
		inputs: [
			{
				name: 'min',
				value: String(min),
				provenance: input.hpa.spec.minReplicas === undefined ? 'derived' : 'observed',
				object: nameOf(explanation),
				field: 'spec.minReplicas',
			},
			{name: 'max', value: String(max), provenance: 'observed', object: nameOf(explanation), field: 'spec.maxReplicas'},
		],
		citation: controller('reconcileAutoscaler'),
	});
}

function selectorStep({selectorProblem, input}: HpaExplanation, selector: string): HpaStep {
	return step({
		id: 'selector',
		rule: 'all pods of the namespace that the scale’s selector matches count, whoever owns them; no other HPA may match one of them',
		working: selectorProblem === undefined ? `${input.pods.length} pods match ${selector}` : selectorProblem.message,
		value: input.pods.length,
		outcome: selectorProblem === undefined ? 'passed' : 'failed',
		inputs: [
			{name: 'selector', value: selector, provenance: 'observed', object: input.scale.kind === 'read' ? input.scale.from : '', field: 'status.selector'},
		],
		citation: controller('validateAndParseSelector'),
	});
}

// ---- one metric ----

function metricStep(explanation: HpaExplanation, metric: MetricEvaluation, isAsked: boolean): HpaStep {
	const {result, name, proposal} = metric;
	const count = proposal?.likely.kind === 'count' ? proposal.likely.replicas : undefined;
	const asks =
		proposal === undefined || count === undefined ? '' : proposal.low === proposal.high ? `${name}: ${count}` : `${name}: ${proposal.low} to ${proposal.high}`;
	return step({
		id: 'metric',
		rule: 'each metric proposes a count of its own',
		working: `${result.kind === 'failed' ? `${name}: ${result.message}` : result.kind === 'unknown' ? `${name}: unknown, ${result.because}` : asks}${isAsked ? '' : ' (not asked in this pass)'}`,
		value: count,
		outcome: result.kind === 'failed' ? 'failed' : result.kind === 'unknown' ? 'unknown' : isAsked ? 'passed' : 'skipped',
		provenance: result.kind === 'unknown' ? 'unknown' : 'derived',
		steps: workingOf(explanation, metric),
		citation: controller('computeReplicasForMetric'),
	});
}

function workingOf(explanation: HpaExplanation, metric: MetricEvaluation): readonly HpaStep[] {
	const {result} = metric;
	const steps = [targetStep(explanation, metric), toleranceStep(explanation, metric)];
	switch (result.kind) {
		case 'pods': {
			const {calculation} = result;
			steps.push(samplesStep(explanation, metric), groupsStep(explanation, metric, calculation.groups.pods));
			if (calculation.requests !== undefined) steps.push(requestsStep(explanation, metric.unit, calculation.requests));
			steps.push(...passSteps(metric, calculation, explanation));
			break;
		}
		case 'total': {
			const {calculation, readyPods, podCount} = result;
			steps.push(samplesStep(explanation, metric), totalStep(metric, calculation.ratio, calculation.total, explanation));
			const isAverage = metric.target?.kind === 'averageValue';
			const ratio = ratioText(calculation.ratio);
			const {replicas} = calculation;
			const keeps = isAverage ? 'status.replicas' : 'the current count';
			steps.push(
				step({
					id: 'proposal',
					rule: isAverage
						? 'outside the tolerance the total is divided by the target, rounded up'
						: 'outside the tolerance the ratio is multiplied with the pods that are ready, rounded up',
					working:
						calculation.kept !== undefined
							? `${ratio} is inside the tolerance: ${keeps}, ${replicas}`
							: isAverage
								? `ceil(${calculation.total} / ${metric.target?.amount}) = ${replicas}`
								: calculation.multiplier === undefined
									? `from zero: ceil(${ratio}) = ${replicas}`
									: `ceil(${ratio} × ${calculation.multiplier}) = ${replicas} (${readyPods} of ${podCount} pods are running and ready)`,
					value: replicas,
					citation: calculator(isAverage ? 'GetExternalPerPodMetricReplicas' : 'getUsageRatioReplicaCount'),
				}),
			);
			break;
		}
		case 'fromStatus':
			steps.push(
				step({
					id: 'total',
					rule: 'what the last pass saw stands in the status',
					working: `the status says ${amountText(result.shown, metric.target?.unit ?? 'count')}: ratio ${result.ratio.low === result.ratio.high ? ratioText(result.ratio.high) : `${ratioText(result.ratio.low)} to ${ratioText(result.ratio.high)}`}`,
					value: result.ratio.high,
					inputs: [
						{
							name: 'shown',
							value: String(result.shown),
							provenance: 'observed',
							object: nameOf(explanation),
							field: `status.currentMetrics[${metric.index}]`,
						},
					],
				}),
			);
			break;
		case 'failed':
			if (result.failure.groups !== undefined) steps.push(samplesStep(explanation, metric), groupsStep(explanation, metric, result.failure.groups.pods));
			for (const gap of result.failure.gaps ?? []) {
				steps.push(
					step({
						id: 'requests',
						rule: 'every pod that the selector matches must have the request, those that are ignored too; one gap stops the metric',
						working: gap.message,
						value: undefined,
						outcome: 'failed',
						inputs: [
							{
								name: 'request',
								value: 'none',
								provenance: 'observed',
								object: `Pod ${explanation.namespace}/${gap.pod}`,
								field: gap.container === undefined ? 'spec.resources.requests' : `spec.containers[${gap.container}].resources.requests`,
							},
						],
						citation: calculator('calculateRequests'),
					}),
				);
			}
			break;
		case 'unknown':
	}
	return steps;
}

function targetStep(explanation: HpaExplanation, {index, target, result}: MetricEvaluation): HpaStep {
	const fields = {utilization: 'averageUtilization', averageValue: 'averageValue', value: 'value'} as const;
	return step({
		id: 'target',
		rule: 'averageValue counts before averageUtilization and value; Object metrics go by the target’s type',
		working:
			target === undefined ? (result.kind === 'failed' ? result.message : 'no target') : `${fields[target.kind]} ${amountText(target.amount, target.unit)}`,
		value: target?.amount,
		outcome: target === undefined ? 'failed' : 'passed',
		provenance: 'observed',
		inputs:
			target === undefined
				? []
				: [
						{
							name: 'target',
							value: amountText(target.amount, target.unit),
							provenance: 'observed',
							object: nameOf(explanation),
							field: `spec.metrics[${index}] ${fields[target.kind]}`,
						},
					],
	});
}

function toleranceStep(explanation: HpaExplanation, metric: MetricEvaluation): HpaStep {
	const {tolerances, band, target} = metric;
	const {controller: config, rules} = explanation.input;
	const source = (from: 'behavior' | 'flag', direction: 'scaleUp' | 'scaleDown'): StepInput =>
		from === 'behavior'
			? {
					name: direction,
					value: String(direction === 'scaleUp' ? tolerances.up : tolerances.down),
					provenance: 'observed',
					object: nameOf(explanation),
					field: `spec.behavior.${direction}.tolerance`,
				}
			: settingInput(direction, config.tolerance, '--horizontal-pod-autoscaler-tolerance');
	return step({
		id: 'tolerance',
		rule:
			rules.toleranceTest === 'edges' ? 'inside when 1 − down ≤ ratio ≤ 1 + up, in float64' : 'inside when |1 − ratio| ≤ tolerance, in float64 (before 1.33)',
		working: `${band === undefined ? 'no band without a target' : bandText(metric)} (ratio ${ratioText(1 - tolerances.down)} to ${ratioText(1 + tolerances.up)})`,
		value:
			band === undefined || target === undefined ? undefined : `${amountText(band.lowestInside, target.unit)}–${amountText(band.highestInside, target.unit)}`,
		inputs: [source(tolerances.upFrom, 'scaleUp'), source(tolerances.downFrom, 'scaleDown')],
		citation: calculator('Tolerances.isWithin'),
	});
}

function settingInput(name: string, {value, source}: Setting, flag: string): StepInput {
	return {
		name,
		value: String(value),
		provenance: source === 'observed' ? 'observed' : source === 'assumed' ? 'unknown' : 'derived',
		object: `flag, ${source}`,
		field: flag,
	};
}

function samplesStep({at, namespace}: HpaExplanation, {samples, flaws, label}: MetricEvaluation): HpaStep {
	const age = samples === undefined ? undefined : at - samples.oldest;
	const isFuture = samples !== undefined && samples.newest > at;
	return step({
		id: 'samples',
		rule: 'a sample says when its interval ended; one from the future comes of clocks that disagree',
		working:
			samples === undefined
				? 'no times on the samples'
				: isFuture
					? `the newest sample is ${durationText(samples.newest - at)} ahead of the clock`
					: `samples up to ${durationText(age ?? 0)} old`,
		value: age,
		outcome: isFuture ? 'unknown' : 'passed',
		provenance: samples === undefined ? 'unknown' : 'observed',
		inputs: [
			...(samples === undefined
				? []
				: [
						{name: 'oldest', value: label, provenance: 'observed' as const, at: samples.oldest},
						{name: 'newest', value: label, provenance: 'observed' as const, at: samples.newest},
					]),
			...[...flaws].map(([pod, flaw]) => ({name: 'flaw', value: flaw, provenance: 'observed' as const, object: `Pod ${namespace}/${pod}`})),
		],
	});
}

function groupsStep(explanation: HpaExplanation, metric: MetricEvaluation, pods: readonly GroupedPod[]): HpaStep {
	const count = (group: GroupedPod['group']): number => pods.filter(each => each.group === group).length;
	return step({
		id: 'groups',
		rule: 'ignored when terminating or failed, unready when pending (for cpu also while starting), missing without a sample, else ready',
		working: `${count('ready')} ready, ${count('unready')} unready, ${count('missing')} missing, ${count('ignored')} ignored`,
		value: count('ready'),
		inputs: [
			settingInput(
				'cpu initialization period',
				explanation.input.controller.cpuInitializationPeriodMs,
				'--horizontal-pod-autoscaler-cpu-initialization-period',
			),
			settingInput('initial readiness delay', explanation.input.controller.initialReadinessDelayMs, '--horizontal-pod-autoscaler-initial-readiness-delay'),
		],
		steps: pods.map(each => podStep(explanation, metric, each)),
		citation: calculator('groupPods'),
	});
}

function podStep({namespace, at}: HpaExplanation, {unit, flaws}: MetricEvaluation, {pod, group, reason, value}: GroupedPod): HpaStep {
	const {name} = pod.metadata;
	const flaw = flaws.get(name);
	return step({
		id: 'pod',
		rule: 'the first that fits of the rules for groups',
		working: `${name}: ${group}, ${reasonText(reason, at)}${flaw === undefined ? '' : ` (${flaw})`}`,
		value: value?.value,
		provenance: 'observed',
		inputs: [
			{name: 'phase', value: pod.status.phase, provenance: 'observed', object: `Pod ${namespace}/${name}`, field: 'status.phase'},
			...(value === undefined
				? []
				: [
						{
							name: 'value',
							value: amountText(value.value, unit),
							provenance: 'observed' as const,
							object: `PodMetrics ${namespace}/${name}`,
							...(value.timestamp === undefined ? {} : {at: value.timestamp}),
						},
					]),
		],
	});
}

/** Why a pod is where it is, in words. */
export function reasonText(reason: GroupReason, now: EpochMs): string {
	switch (reason.kind) {
		case 'deleting':
			return `terminating for ${durationText(now - reason.since)}`;
		case 'finished':
			return `its phase is ${reason.phase}`;
		case 'pending':
			return 'pending';
		case 'noSample':
			return 'there is no sample of it';
		case 'noReadyCondition':
			return 'it has no Ready condition';
		case 'noStartTime':
			return 'it has no start time';
		case 'startingUnready':
			return `starting and not ready (settled in ${durationText(reason.until - now)})`;
		case 'sampleTooEarly':
			return `starting, and its sample began before it became ready (samples are good ${reason.goodFrom > now ? `in ${durationText(reason.goodFrom - now)}` : `since ${durationText(now - reason.goodFrom)}`})`;
		case 'neverReady':
			return `not ready, and it looks as if it never was: it changed within ${durationText(reason.delayMs)} of its start`;
		case 'counted':
			return 'counted';
		case 'countedThoughUnready':
			return 'counted though not ready: it became so long after its start';
		case 'countedWithoutReadiness':
			return 'counted (readiness does not matter for this metric)';
	}
}

function requestsStep(explanation: HpaExplanation, unit: MetricUnit, requests: ReadonlyMap<string, Milli>): HpaStep {
	let sum = 0n;
	for (const request of requests.values()) sum += request;
	return step({
		id: 'requests',
		rule: 'every pod that the selector matches must have the request, those that are ignored too',
		working: `${requests.size} pods request ${amountText(sum, unit)} together`,
		value: sum,
		outcome: 'passed',
		inputs: [...requests].map(([pod, request]) => ({
			name: 'request',
			value: amountText(request, unit),
			provenance: 'observed' as const,
			object: `Pod ${explanation.namespace}/${pod}`,
			field: 'spec requests',
		})),
		citation: calculator('calculateRequests'),
	});
}

function passSteps(metric: MetricEvaluation, calculation: PodsCalculation, {scale}: HpaExplanation): readonly HpaStep[] {
	const {first, second, multiplier, kept, replicas, strangers, groups} = calculation;
	const current = scale.kind === 'read' ? scale.specReplicas : 0;
	const isUtilization = metric.target?.kind === 'utilization';
	const symbol = isUtilization ? 'GetResourceReplicas' : 'calcPlainMetricReplicas';
	const steps = [
		step({
			id: 'firstPass',
			rule: isUtilization ? 'percent = trunc(100 × usage / requests); ratio = percent / target' : 'average = trunc(sum / samples); ratio = average / target',
			working: passText(first, metric),
			value: first.ratio,
			inputs: strangers.map(pod => ({
				name: 'stranger',
				value: pod,
				provenance: 'observed' as const,
				object: `PodMetrics of ${pod}, which the selector does not match`,
			})),
			citation: cite('metrics/utilization.go', isUtilization ? 'GetResourceUtilizationRatio' : 'GetMetricUsageRatio'),
		}),
	];
	if (second !== undefined) {
		const missing = second.fills.filter(({group}) => group === 'missing');
		const unready = second.fills.length - missing.length;
		const filled = [
			...(missing[0] === undefined ? [] : [`${missing.length} missing filled ${first.ratio < 1 ? 'so as to hold back shrinking' : 'with 0'}`]),
			...(unready === 0 ? [] : [`${unready} unready filled with 0`]),
		].join(', ');
		steps.push(
			step({
				id: 'secondPass',
				rule: 'missing pods count as fully used on the way down and as idle on the way up; unready ones as idle on the way up',
				working: `${filled === '' ? 'nothing filled' : filled}: ${passText(second.pass, metric)}`,
				value: second.pass.ratio,
				inputs: second.fills.map(({pod, group, value}) => ({name: group, value: `${value} milli`, provenance: 'derived' as const, object: `Pod ${pod}`})),
				citation: calculator(symbol),
			}),
		);
	}
	const ratio = ratioText((second?.pass ?? first).ratio);
	const keeping = {
		insideTolerance: `${ratio} is inside the tolerance`,
		turnsAround: `the second pass turned the direction (${ratioText(first.ratio)}, then ${ratio})`,
		countTurnsAround: `ceil(${ratio} × ${multiplier}) would go against the ratio`,
	} as const;
	steps.push(
		step({
			id: 'proposal',
			rule:
				second === undefined
					? 'inside the tolerance the current count, else the ratio times the ready pods, rounded up'
					: 'as before, with all samples held now; and never in a direction that the first pass did not have',
			working: kept === undefined ? `ceil(${ratio} × ${multiplier}) = ${replicas}` : `${keeping[kept]}: stays at ${current}`,
			value: replicas,
			inputs: [
				{name: second === undefined ? 'ready pods' : 'samples held', value: String(second === undefined ? groups.ready : multiplier), provenance: 'derived'},
			],
			citation: calculator(symbol),
		}),
	);
	return steps;
}

function passText(pass: UsagePass, {target}: MetricEvaluation): string {
	const goal = target?.amount ?? 0n;
	if (pass.requests !== undefined)
		return `100 × ${pass.usage} / ${pass.requests} = ${pass.utilization}% over ${pass.counted} pods; ${pass.utilization} / ${goal} = ${ratioText(pass.ratio)}`;
	const unit = target?.unit ?? 'count';
	return `${pass.usage} / ${pass.counted} = ${pass.average} milli (${amountText(pass.average, unit)}); ${pass.average} / ${goal} = ${ratioText(pass.ratio)}`;
}

function totalStep({target, index, samples}: MetricEvaluation, ratio: number, total: Milli, explanation: HpaExplanation): HpaStep {
	const isAverage = target?.kind === 'averageValue';
	const replicas = explanation.scale.kind === 'read' ? explanation.scale.statusReplicas : 0;
	return step({
		id: 'total',
		rule: isAverage ? 'ratio = total / (target × status.replicas)' : 'ratio = total / target',
		working: `${total} / ${isAverage ? `(${target.amount} × ${replicas})` : target?.amount} = ${ratioText(ratio)}`,
		value: ratio,
		inputs: [
			{
				name: 'total',
				value: `${total} milli`,
				provenance: 'observed',
				object: `spec.metrics[${index}] of ${nameOf(explanation)}`,
				...(samples === undefined ? {} : {at: samples.newest}),
			},
		],
		citation: calculator(isAverage ? 'GetExternalPerPodMetricReplicas' : 'GetExternalMetricReplicas'),
	});
}

// ---- from the proposals to the count ----

function combineStep({proposals, metrics, raw, rawAtLeast}: HpaExplanation, current: number, isAsked: boolean): HpaStep {
	const list = metrics
		.map(({proposal}) => (proposal === undefined ? '?' : proposal.likely.kind === 'error' ? 'failed' : String(proposal.likely.replicas)))
		.join(', ');
	const working =
		proposals === undefined
			? `max(${list}) is at least ${rawAtLeast ?? '?'}`
			: proposals.kind === 'count'
				? `max(${list}) = ${proposals.replicas}, by ${proposals.metric}${proposals.isPartial ? '; without the one that failed' : ''}`
				: proposals.because === 'allFailed'
					? `no metric gives a number: ${proposals.message}`
					: `max(${list}) is below ${current}, and with a metric failing nothing shrinks: ${proposals.message}`;
	return step({
		id: 'combine',
		rule: 'the largest proposal wins, the first listed on a tie; a failed metric blocks shrinking, not growing',
		working: isAsked ? working : `${working} (not asked in this pass)`,
		value: proposals?.kind === 'count' ? proposals.replicas : raw?.low,
		outcome: !isAsked ? 'skipped' : proposals === undefined ? 'unknown' : proposals.kind === 'error' ? 'failed' : 'passed',
		provenance: proposals === undefined ? 'unknown' : 'derived',
		citation: controller('computeReplicasForMetrics'),
	});
}

function windowStep(explanation: HpaExplanation, current: number): HpaStep {
	const {decision, release, window, input, memory} = explanation;
	const stabilization = decision?.stabilization;
	const runs = memory?.runs ?? [];
	const isLegacy = stabilization?.path === 'legacy';
	const raw = stabilization?.raw ?? current;
	const stabilized = stabilization?.stabilized ?? current;
	const downMs = stabilization?.downWindowMs ?? 0;
	const upMs = stabilization?.upWindowMs ?? 0;
	const working = isLegacy
		? `highest of ${raw} and what was asked for within ${durationText(downMs)}: ${stabilized}`
		: stabilized === raw
			? `no recommendation within ${durationText(upMs)} (up) and ${durationText(downMs)} (down) stands in the way of ${raw}`
			: `${raw} is wanted; the lowest within ${durationText(upMs)} is ${stabilization?.lowest}, the highest within ${durationText(downMs)} is ${stabilization?.highest}, and ${current} may rest between them: ${stabilized}`;
	const warmth = warmthText(explanation);
	return step({
		id: 'window',
		rule: isLegacy
			? 'without behavior the highest recommendation of the window counts, whatever the current count; an age of exactly the window still counts'
			: 'with behavior the windows give a range in which the current count may rest; an age of exactly the window no longer counts',
		working: [working, ...(release === undefined ? [] : [releaseText(release)]), ...(warmth === undefined ? [] : [warmth])].join('; '),
		value: stabilized,
		provenance: window.isWarm ? 'derived' : 'unknown',
		inputs: [
			settingInput('downscale stabilization', input.controller.downscaleStabilizationMs, '--horizontal-pod-autoscaler-downscale-stabilization'),
			...runs.map(({low, high, first, last}) => ({
				name: 'recommended',
				value: `${low === high ? low : `${low} to ${high}`}${last.to - first.from < 2000 ? '' : ` for ${durationText(last.to - first.from)}`}`,
				provenance: 'derived' as const,
				at: last.to,
			})),
		],
		citation: controller(isLegacy ? 'stabilizeRecommendation' : 'stabilizeRecommendationWithBehaviors'),
	});
}

function limitStep(explanation: HpaExplanation, current: number): HpaStep {
	const {decision, min, max, input} = explanation;
	const {limited, rules, stabilization} = decision ?? {limited: undefined, rules: undefined, stabilization: undefined};
	const stabilized = stabilization?.stabilized ?? current;
	const isHeld = limited !== undefined && limited.replicas !== stabilized;
	const bounds = `${min} to ${max}`;
	const working =
		limited === undefined
			? `${stabilized}`
			: rules === undefined
				? `${stabilized} within ${bounds}, and at most max(2 × ${current}, 4) = ${Math.max(2 * current, 4)} in one pass: ${limited.replicas}`
				: limited.rate === undefined
					? `${stabilized} is the current count: the policies are not asked`
					: `${stabilized} within ${bounds}, and the policies of ${limited.rate.direction === 'up' ? 'scaleUp' : 'scaleDown'} allow ${limited.rate.limit}: ${limited.replicas}`;
	return step({
		id: 'limit',
		rule: rules === undefined ? 'one pass may at most double the count, or make it 4' : 'each policy counts the controller’s own changes of its period',
		working: isHeld ? `${working} (${limited.reason})` : working,
		value: limited?.replicas,
		outcome: 'passed',
		inputs: (input.memory?.events ?? []).map(({direction, change, at}) => ({
			name: direction === 'up' ? 'added' : 'removed',
			value: String(change),
			provenance: 'derived' as const,
			at: at.to,
		})),
		steps: (limited?.rate?.allowances ?? []).map(allowance => policyStep(allowance, limited?.rate?.direction ?? 'up')),
		citation: controller(rules === undefined ? 'convertDesiredReplicasWithRules' : 'convertDesiredReplicasWithBehaviorRate'),
	});
}

function policyStep({policy, added, removed, periodStart, limit, isChosen}: PolicyAllowance, direction: 'up' | 'down'): HpaStep {
	const sign = direction === 'up' ? '+' : '−';
	const amount = policy.type === 'Percent' ? `${sign}${policy.value}%` : `${sign}${policy.value}`;
	return step({
		id: 'policy',
		rule: 'start = current − added + removed within the period',
		working: `${policy.type} ${policy.value} in ${durationText(policy.periodSeconds * 1000)}: ${added} added, ${removed} removed, so ${periodStart} at its start; ${periodStart} ${amount} = ${limit}${isChosen ? ', which counts' : ''}`,
		value: limit,
		outcome: isChosen ? 'passed' : 'skipped',
		citation: controller(direction === 'up' ? 'calculateScaleUpLimitWithScalingRules' : 'calculateScaleDownLimitWithBehaviors'),
	});
}

function resultStep({decision, desired, path}: HpaExplanation, current: number): HpaStep {
	const count = decision?.desired ?? current;
	const range =
		desired === undefined || desired.low === desired.high
			? ''
			: ` (between ${desired.low} and ${desired.high}, by what is not known of the memory or the metrics)`;
	const reason = decision?.reason === null || decision === undefined ? '' : `, reason ${JSON.stringify(decision.reason)}`;
	const isStopped = path === 'selectorFailed' || path === 'metricsFailed';
	const working = isStopped
		? `the pass stops: ${current} stays`
		: path === 'metricsUnknown'
			? `${current} → ${desired === undefined ? '?' : desired.low === desired.high ? desired.low : `${desired.low} to ${desired.high}`}, by what is not known`
			: count === current
				? `${current} stays${range}`
				: `${current} → ${count}${range}${reason}`;
	return step({
		id: 'result',
		rule: 'the scale is written when the count differs',
		working,
		value: path === 'metricsUnknown' ? undefined : isStopped ? current : count,
		outcome: isStopped ? 'failed' : path === 'metricsUnknown' ? 'unknown' : 'passed',
		provenance: path === 'metricsUnknown' ? 'unknown' : 'derived',
		citation: controller('reconcileAutoscaler'),
	});
}

/** The trace as lines of text, one a step, indented by depth; inputs only when asked for. */
export function traceText(steps: readonly HpaStep[], options: {readonly inputs: boolean; readonly citations: boolean}, depth = 0): readonly string[] {
	const marks: Readonly<Record<Outcome, string>> = {passed: '✓', failed: '✗', unknown: '?', skipped: '-'};
	const indent = '  '.repeat(depth);
	return steps.flatMap(each => [
		`${indent}${each.outcome === undefined ? '·' : marks[each.outcome]} ${each.working}`,
		...(options.inputs ? each.inputs.map(input => `${indent}    ${inputText(input)}`) : []),
		...(options.citations && each.citation !== undefined ? [`${indent}    ${each.citation.file}, ${each.citation.symbol} (${each.citation.release})`] : []),
		...traceText(each.steps, options, depth + 1),
	]);
}

function inputText({name, value, object, field, provenance, at}: StepInput): string {
	const where = [object, field].filter(part => part !== undefined && part !== '').join(', ');
	return `${name} = ${value}${where === '' ? '' : ` (${where})`}, ${provenance}${at === undefined ? '' : ` at ${new Date(at).toISOString().slice(11, 19)}`}`;
}
