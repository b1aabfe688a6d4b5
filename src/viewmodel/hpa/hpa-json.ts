import {amountText} from '../../analyze/hpa/amount-text.ts';
import type {ControllerConfig} from '../../analyze/hpa/controller-config.ts';
import type {MetricEvaluation} from '../../analyze/hpa/evaluate-metric.ts';
import type {HpaStep} from '../../analyze/hpa/hpa-step.ts';
import {traceHpa} from '../../analyze/hpa/trace-hpa.ts';
import {decidingRatio, releaseText, whyHpa} from '../../analyze/hpa/why-hpa.ts';
import type {Frame} from '../../observe/frame.ts';
import {timeText} from '../format/age.ts';
import type {EvaluatedHpa, HpaEvaluations} from './hpa-evaluations.ts';
import {groupsOf} from './hpa-group-rows.ts';
import {currentText, stateOf} from './hpa-words.ts';

/** Autoscalers as data. Amounts are quantity texts, ratios float64 in full, what is not known is null. */
export type HpasJson = {
	readonly apiVersion: 'kwb/v1';
	readonly kind: 'HorizontalPodAutoscalers';
	readonly time: string;
	readonly namespace: string | null;
	readonly controller: Readonly<Record<string, {readonly value: number; readonly source: string}>>;
	readonly items: readonly unknown[];
};

/** @param withSteps The whole working of each; a lot for many. */
export function hpasJson(
	frame: Frame,
	evaluations: HpaEvaluations,
	hpas: readonly EvaluatedHpa[],
	{namespace, withSteps}: {readonly namespace: string | undefined; readonly withSteps: boolean},
): HpasJson {
	return {
		apiVersion: 'kwb/v1',
		kind: 'HorizontalPodAutoscalers',
		time: timeText(frame.at),
		namespace: namespace ?? null,
		controller: controllerJson(frame.hpas.controller),
		items: hpas.map(hpa => itemJson(frame, evaluations, hpa, withSteps)),
	};
}

function controllerJson({
	syncPeriodMs,
	tolerance,
	downscaleStabilizationMs,
	cpuInitializationPeriodMs,
	initialReadinessDelayMs,
}: ControllerConfig): HpasJson['controller'] {
	const seconds = ({value, source}: {readonly value: number; readonly source: string}) => ({value: value / 1000, source});
	return {
		syncPeriodSeconds: seconds(syncPeriodMs),
		tolerance,
		downscaleStabilizationSeconds: seconds(downscaleStabilizationMs),
		cpuInitializationPeriodSeconds: seconds(cpuInitializationPeriodMs),
		initialReadinessDelaySeconds: seconds(initialReadinessDelayMs),
	};
}

function itemJson(frame: Frame, evaluations: HpaEvaluations, hpa: EvaluatedHpa, withSteps: boolean): unknown {
	const {explanation, entry, record} = hpa;
	const {metadata, spec, status} = entry.hpa;
	const {scale, raw, desired, window, release} = explanation;
	return {
		namespace: metadata.namespace,
		name: metadata.name,
		uid: metadata.uid,
		target: {kind: spec.scaleTargetRef.kind, name: spec.scaleTargetRef.name, apiVersion: spec.scaleTargetRef.apiVersion},
		state: stateOf(hpa),
		limitedBy: explanation.limiting,
		why: whyHpa(explanation),
		currentReplicas: scale.kind === 'read' ? scale.specReplicas : null,
		desiredReplicas: desired ?? null,
		rawReplicas: raw ?? null,
		minReplicas: explanation.min,
		maxReplicas: explanation.max,
		lastScaleTime: status.lastScaleTime === undefined ? null : timeText(status.lastScaleTime),
		window: {knownSeconds: window.knownMs / 1000, neededSeconds: window.neededMs / 1000},
		release:
			release === undefined
				? null
				: {
						direction: release.direction,
						replicas: release.to,
						fromSeconds: release.inFromMs / 1000,
						toSeconds: release.inToMs / 1000,
						text: releaseText(release),
					},
		metrics: explanation.metrics.map(metric => metricJson(metric, hpa)),
		findings: evaluations.findingsOf(frame, hpa).map(({id, kind, text, advice}) => ({id, kind, text, advice})),
		passes: record === undefined ? null : record.counts,
		...(withSteps ? {steps: traceHpa(explanation).map(stepJson)} : {}),
	};
}

function metricJson(metric: MetricEvaluation, {explanation}: EvaluatedHpa): unknown {
	const {index, type, name, label, target, band, tolerances, result, proposal} = metric;
	const ratio = decidingRatio(metric);
	const groups = groupsOf(metric);
	return {
		type,
		name,
		label,
		isWinner: explanation.proposals?.kind === 'count' && explanation.proposals.winner === index,
		target: target === undefined ? null : {kind: target.kind, amount: amountText(target.amount, target.unit)},
		current: result.kind === 'failed' || result.kind === 'unknown' ? null : currentText(metric).replace('*', ''),
		from: result.kind,
		message: result.kind === 'failed' ? result.message : result.kind === 'unknown' ? result.because : null,
		ratio: ratio === undefined || !Number.isFinite(ratio) ? null : ratio,
		tolerance: {up: tolerances.up, down: tolerances.down},
		insideFrom: band === undefined || target === undefined ? null : amountText(band.lowestInside, target.unit),
		insideTo: band === undefined || target === undefined ? null : amountText(band.highestInside, target.unit),
		proposal: proposal?.likely.kind === 'count' ? {low: proposal.low, high: proposal.high} : null,
		pods: groups.length === 0 ? null : groups.map(({pod, group, reason}) => ({name: pod.metadata.name, group, reason: reason.kind})),
	};
}

function stepJson({id, working, value, outcome, citation, rule, provenance, inputs, steps}: HpaStep): unknown {
	return {
		id,
		working,
		value: typeof value === 'bigint' ? String(value) : typeof value === 'number' && !Number.isFinite(value) ? null : (value ?? null),
		outcome: outcome ?? null,
		provenance,
		rule,
		source: citation ?? null,
		inputs: inputs.map(({at, object, field, ...rest}) => ({
			...rest,
			object: object ?? null,
			field: field ?? null,
			time: at === undefined ? null : timeText(at),
		})),
		steps: steps.map(stepJson),
	};
}
