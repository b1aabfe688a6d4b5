import {durationText} from './amount-text.ts';
import type {HpaExplanation} from './explain-hpa.ts';
import {controller, type HpaStep, nameOf, step} from './hpa-step.ts';
import {combineStep, limitStep, resultStep, windowStep} from './trace-decision.ts';
import {metricStep} from './trace-metric.ts';

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
