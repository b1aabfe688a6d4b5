import type {EpochMs} from '../../util/epoch-ms.ts';
import {amountText, durationText, type MetricUnit, ratioText} from './amount-text.ts';
import type {MetricEvaluation} from './evaluate-metric.ts';
import type {HpaExplanation} from './explain-hpa.ts';
import {calculator, cite, controller, type HpaStep, nameOf, type StepInput, settingInput, step} from './hpa-step.ts';
import type {Milli} from './milli.ts';
import type {GroupedPod, GroupReason} from './pod-groups.ts';
import type {PodsCalculation, UsagePass} from './replica-calculator.ts';
import {bandText} from './why-hpa.ts';

/** One metric with its working: target, tolerance, samples, pods, passes, proposal. */
export function metricStep(explanation: HpaExplanation, metric: MetricEvaluation, isAsked: boolean): HpaStep {
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
