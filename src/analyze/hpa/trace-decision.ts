import {durationText} from './amount-text.ts';
import type {HpaExplanation} from './explain-hpa.ts';
import {controller, type HpaStep, settingInput, step} from './hpa-step.ts';
import type {PolicyAllowance} from './limit-rate.ts';
import {releaseText, warmthText} from './why-hpa.ts';

/** From the proposals to one number. */
export function combineStep({proposals, metrics, raw, rawAtLeast}: HpaExplanation, current: number, isAsked: boolean): HpaStep {
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

export function windowStep(explanation: HpaExplanation, current: number): HpaStep {
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

export function limitStep(explanation: HpaExplanation, current: number): HpaStep {
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

export function resultStep({decision, desired, path}: HpaExplanation, current: number): HpaStep {
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
