import {amountText, durationText, ratioText} from '../../analyze/hpa/amount-text.ts';
import {ratioOf} from '../../analyze/hpa/compare-pass.ts';
import type {Setting} from '../../analyze/hpa/controller-config.ts';
import {traceHpa} from '../../analyze/hpa/trace-hpa.ts';
import {reasonText} from '../../analyze/hpa/trace-metric.ts';
import {traceText} from '../../analyze/hpa/trace-text.ts';
import {bandText, releaseText, warmthText, whyHpa} from '../../analyze/hpa/why-hpa.ts';
import {foldEvents} from '../../analyze/top/fold-events.ts';
import {citationText} from '../../explain/explanation.ts';
import {events} from '../../kube/resources/events.ts';
import type {Frame} from '../../observe/frame.ts';
import {ageText, timeText} from '../format/age.ts';
import type {Line} from '../line.ts';
import {lineOf, span} from '../line-tools.ts';
import type {Cell} from '../table-model.ts';
import {fields, grid, heading, paragraph} from '../top/line-blocks.ts';
import type {EvaluatedHpa, HpaEvaluations} from './hpa-evaluations.ts';
import {groupCounts, groupsOf} from './hpa-group-rows.ts';
import {stepAt} from './hpa-trace-rows.ts';
import {LIMIT_WORDS, metricText, replicasText, STATE_TONES, STATE_WORDS, stateOf} from './hpa-words.ts';

const PODS_SHOWN = 30;
const EVENTS_SHOWN = 8;
const JUDGED_SHOWN = 5;

export type HpaDetailInput = {readonly frame: Frame; readonly evaluations: HpaEvaluations; readonly key: string; readonly width: number};

const cell = (text: string, tone: Cell['tone'] = 'plain'): Cell => ({text, tone});

/** What is to be said of one autoscaler: why it is at N, its metrics, pods, memory, conditions and events. */
export function describeHpa({frame, evaluations, key, width}: HpaDetailInput): readonly Line[] {
	const hpa = evaluations.fresh(frame, key);
	if (hpa === undefined) return [lineOf(`autoscaler ${key} is gone`, 'warn')];
	return [
		...summary(hpa, width),
		...findings(frame, evaluations, hpa, width),
		...metrics(hpa, width),
		...pods(hpa),
		...heldAgainst(hpa, frame, width),
		...memory(hpa, frame),
		...settings(frame),
		...conditions(hpa, width),
		...eventSection(frame, hpa, width, EVENTS_SHOWN),
	];
}

function summary(hpa: EvaluatedHpa, width: number): readonly Line[] {
	const {explanation, entry, isForeign} = hpa;
	const {scaleTargetRef} = entry.hpa.spec;
	const {release, min, max, raw, limiting, at} = explanation;
	const state = stateOf(hpa);
	const warmth = warmthText(explanation);
	return [
		...paragraph(
			isForeign && explanation.scale.kind === 'failed'
				? `kwb does not know the scale of the target (${explanation.scale.message}): what follows is the status alone.`
				: whyHpa(explanation),
			width,
			'title',
			0,
		),
		...(release === undefined ? [] : [lineOf(`It ${releaseText(release)}.`, 'accent')]),
		...(warmth === undefined ? [] : [lineOf(warmth, 'muted')]),
		[],
		...fields([
			['State', cell(STATE_WORDS[state], STATE_TONES[state])],
			['Target', cell(`${scaleTargetRef.kind} ${scaleTargetRef.name}`)],
			['Replicas', cell(replicasText(explanation, entry.hpa.status.currentReplicas))],
			['Asked for', cell(raw === undefined ? '–' : raw.low === raw.high ? String(raw.high) : `${raw.low} to ${raw.high}`)],
			['Limited by', cell(LIMIT_WORDS[limiting] === '' ? 'nothing' : LIMIT_WORDS[limiting])],
			['Min–max', cell(`${min}–${max}`)],
			['Last scale', cell(`${ageText(entry.hpa.status.lastScaleTime, at)}${entry.hpa.status.lastScaleTime === undefined ? '' : ' ago'}`)],
		]),
	];
}

function findings(frame: Frame, evaluations: HpaEvaluations, hpa: EvaluatedHpa, width: number): readonly Line[] {
	const found = evaluations.findingsOf(frame, hpa);
	if (found.length === 0) return [];
	return [...heading('Findings'), ...found.flatMap(({kind, text, advice}) => [...paragraph(text, width, kind), ...paragraph(advice, width, 'muted', 4)])];
}

function metrics({explanation}: EvaluatedHpa, width: number): readonly Line[] {
	return [
		...heading('Metrics'),
		...explanation.metrics.flatMap((metric): readonly Line[] => {
			const {proposal, result, label, type} = metric;
			const asks = proposal?.likely.kind === 'count' ? (proposal.low === proposal.high ? String(proposal.low) : `${proposal.low} to ${proposal.high}`) : '–';
			const isWinner = explanation.proposals?.kind === 'count' && explanation.proposals.winner === metric.index;
			const band = bandText(metric);
			const problem = result.kind === 'failed' ? result.message : result.kind === 'unknown' ? result.because : undefined;
			const readings = explanation.input.readings[metric.index];
			return [
				[
					span(`  ${label} `, 'key'),
					span(metricText(metric)),
					span(`  ratio ${ratioOf(metric)}  asks for ${asks}${isWinner ? ', which counts' : ''}  ${type}`, 'muted'),
				],
				...(band === undefined ? [] : paragraph(band, width, 'muted', 4)),
				...(problem === undefined ? [] : paragraph(problem, width, result.kind === 'failed' ? 'bad' : 'warn', 4)),
				...(result.kind === 'fromStatus' && readings?.kind === 'unreadable' ? paragraph(`from the status: ${readings.because}`, width, 'warn', 4) : []),
			];
		}),
	];
}

function pods({explanation}: EvaluatedHpa): readonly Line[] {
	return explanation.metrics.flatMap((metric): readonly Line[] => {
		const grouped = groupsOf(metric);
		if (grouped.length === 0) return [];
		const requests = metric.result.kind === 'pods' ? metric.result.calculation.requests : undefined;
		const order = ['missing', 'unready', 'ignored', 'ready'];
		const shown = grouped.toSorted((one, other) => order.indexOf(one.group) - order.indexOf(other.group)).slice(0, PODS_SHOWN);
		return [
			...heading(`Pods for ${metric.label}: ${groupCounts(grouped)}`),
			...grid(
				[
					{title: 'POD'},
					{title: 'GROUP'},
					{title: 'VALUE', align: 'right'},
					{title: 'REQUEST', align: 'right'},
					{title: 'SAMPLE', align: 'right'},
					{title: 'WHY'},
				],
				shown.map(({pod, group, reason, value}) => {
					const request = requests?.get(pod.metadata.name);
					return [
						cell(pod.metadata.name),
						cell(group, group === 'ready' ? 'good' : group === 'missing' ? 'bad' : 'warn'),
						cell(value === undefined ? '–' : amountText(value.value, metric.unit)),
						cell(request === undefined ? '–' : amountText(request, metric.unit)),
						cell(value?.timestamp === undefined ? '–' : ageText(value.timestamp, explanation.at), 'muted'),
						cell(reasonText(reason, explanation.at), 'muted'),
					];
				}),
			),
			...(grouped.length > PODS_SHOWN ? [lineOf(`  … ${grouped.length - PODS_SHOWN} more; the view of pods (v) has them`, 'muted')] : []),
		];
	});
}

function heldAgainst({record}: EvaluatedHpa, frame: Frame, width: number): readonly Line[] {
	if (record === undefined) return [];
	const {counts, judged} = record;
	const sum = counts.agrees + counts.disagrees + counts.cannotTell;
	const tones = {agrees: 'good', disagrees: 'bad', cannotTell: 'warn'} as const;
	return [
		...heading('Held against the controller'),
		lineOf(
			sum === 0
				? '  no pass was seen yet'
				: `  ${sum} passes seen: ${counts.agrees} as computed, ${counts.disagrees} otherwise, ${counts.cannotTell} cannot be told`,
			counts.disagrees > 0 ? 'warn' : 'plain',
		),
		...judged
			.slice(-JUDGED_SHOWN)
			.reverse()
			.flatMap(({at, verdict, text, differences}) => [
				...paragraph(`${ageText(at, frame.at)} ago: ${text}`, width, tones[verdict], 4),
				...differences.map(({what, ours, theirs}) => lineOf(`      ${what}: kwb has ${ours}, the status ${theirs}`, 'muted')),
			]),
	];
}

function memory({record}: EvaluatedHpa, frame: Frame): readonly Line[] {
	if (record === undefined) return [];
	const {runs, events: moves, rescales, origin, before} = record.memory;
	const range = ({low, high}: {readonly low: number; readonly high: number}): string => (low === high ? String(low) : `${low}–${high}`);
	const since = {watchBegan: 'since kwb watches', hpaCreated: 'since it was made', controllerRestarted: 'since the controller started anew'}[origin];
	return [
		...heading('What the controller remembers'),
		lineOf(`  known ${since}${before === undefined ? '' : ', and bounds of what was before'}`, 'muted'),
		...runs.slice(-8).map(run => lineOf(`  asked for ${range(run).padEnd(7)} ${spanText(run.first.from, run.last.to, frame.at)}`)),
		...moves
			.slice(-6)
			.map(({direction, change, at, isSure}) =>
				lineOf(`  ${direction === 'up' ? 'added' : 'removed'} ${change}${isSure ? '' : ' (or forgotten)'} ${ageText(at.to, frame.at)} ago`),
			),
		...(rescales.length === 0 ? [] : [lineOf(`  sizes: ${[rescales.slice(-12)[0]!.from, ...rescales.slice(-12).map(({to}) => to)].join(' → ')}`, 'muted')]),
	];
}

function spanText(from: number, to: number, now: number): string {
	const begin = durationText(now - from);
	const end = durationText(now - to);
	return begin === end ? `${begin} ago` : `from ${begin} to ${end} ago`;
}

function settings({hpas}: Frame): readonly Line[] {
	const {controller} = hpas;
	const timed = ({value, source}: Setting): Cell => cell(`${durationText(value)} (${source})`);
	return [
		...heading('The controller’s flags'),
		...fields([
			['sync period', timed(controller.syncPeriodMs)],
			['tolerance', cell(`${ratioText(controller.tolerance.value)} (${controller.tolerance.source})`)],
			['downscale stabilization', timed(controller.downscaleStabilizationMs)],
			['cpu initialization period', timed(controller.cpuInitializationPeriodMs)],
			['initial readiness delay', timed(controller.initialReadinessDelayMs)],
		]),
	];
}

function conditions({entry, explanation}: EvaluatedHpa, width: number): readonly Line[] {
	const all = entry.hpa.status.conditions;
	return [
		...heading('Conditions'),
		...(all.length === 0 ? [lineOf('  none: no pass has ended yet', 'warn')] : []),
		...all.flatMap(({type, status, reason, message, lastTransitionTime}) => [
			[
				span(`  ${type} `, 'key'),
				span(`${status} ${reason}`, status === 'False' && type !== 'ScalingLimited' ? 'bad' : 'plain'),
				span(`  since ${ageText(lastTransitionTime, explanation.at)}`, 'muted'),
			],
			...paragraph(message, width, 'muted', 4),
		]),
	];
}

/** The events of one autoscaler, for a pane of their own. */
export function hpaEventLines({frame, evaluations, key, width}: HpaDetailInput): readonly Line[] {
	const hpa = evaluations.all.get(key);
	return hpa === undefined ? [lineOf(`autoscaler ${key} is gone`, 'warn')] : eventSection(frame, hpa, width, Number.POSITIVE_INFINITY).slice(2);
}

function eventSection(frame: Frame, {entry}: EvaluatedHpa, width: number, limit: number): readonly Line[] {
	const snapshot = frame.snapshot(events);
	const folded = foldEvents(snapshot.byIndex('involvedUid', entry.hpa.metadata.uid));
	if (folded.length === 0)
		return [...heading('Events'), lineOf(snapshot.hasSynced ? '  none; the API server keeps them for an hour' : '  not here yet', 'muted')];
	return [
		...heading('Events'),
		...folded
			.slice(0, limit)
			.flatMap(({reason, type, lastAt, count, message}) => [
				[span('  '), span(reason, type === 'Warning' ? 'warn' : 'plain'), span(`  ${ageText(lastAt, frame.at)} ago${count > 1 ? `  ×${count}` : ''}`, 'muted')],
				...paragraph(message, width, 'muted', 4),
			]),
	];
}

/** The whole working as text, with rules' sources; of a single step its rule, inputs and source. */
export function explainHpaLines({frame, evaluations, key, width}: HpaDetailInput, step?: string): readonly Line[] {
	const hpa = evaluations.fresh(frame, key);
	if (hpa === undefined) return [lineOf(`autoscaler ${key} is gone`, 'warn')];
	if (step !== undefined) return stepLines(hpa, step, width);
	return [
		...paragraph(whyHpa(hpa.explanation), width, 'title', 0),
		[],
		...traceText(traceHpa(hpa.explanation), {inputs: true, citations: false}).flatMap(line => {
			const indent = line.length - line.trimStart().length;
			const mark = line.trimStart()[0];
			return paragraph(line.trimStart(), width, mark === '✗' ? 'bad' : mark === '?' ? 'warn' : / = /.test(line) && mark !== '✓' ? 'muted' : 'plain', indent);
		}),
	];
}

function stepLines(hpa: EvaluatedHpa, key: string, width: number): readonly Line[] {
	const step = stepAt(hpa, key);
	if (step === undefined) return [lineOf('this step is not there now', 'muted')];
	return [
		...paragraph(step.working, width, step.outcome === 'failed' ? 'bad' : 'title', 0),
		...heading('Rule'),
		...paragraph(step.rule, width, 'plain'),
		...(step.inputs.length === 0 ? [] : heading('Inputs')),
		...step.inputs.flatMap(({name, value, provenance, object, field, at}) => [
			[span(`  ${name} `, 'key'), span(value), span(`  ${provenance}`, provenance === 'unknown' ? 'warn' : 'muted')],
			...paragraph(
				[object, field, at === undefined ? undefined : `at ${timeText(at)}`].filter(part => part !== undefined && part !== '').join(', '),
				width,
				'muted',
				4,
			),
		]),
		...(step.citation === undefined ? [] : [...heading('Source'), ...paragraph(citationText(step.citation), width, 'muted')]),
	];
}

/** What belongs to it: its target, and others on the same one. */
export function hpaRelatedLines({evaluations, key}: HpaDetailInput): readonly Line[] {
	const hpa = evaluations.all.get(key);
	if (hpa === undefined) return [lineOf(`autoscaler ${key} is gone`, 'warn')];
	const {scaleTargetRef} = hpa.entry.hpa.spec;
	const {scale} = hpa.explanation;
	const others = [...evaluations.all.values()].filter(
		other =>
			other.key !== key &&
			other.entry.hpa.metadata.namespace === hpa.entry.hpa.metadata.namespace &&
			other.entry.hpa.spec.scaleTargetRef.name === scaleTargetRef.name &&
			other.entry.hpa.spec.scaleTargetRef.kind === scaleTargetRef.kind,
	);
	return [
		...heading('Target'),
		...fields([
			['object', cell(`${scaleTargetRef.kind} ${hpa.entry.hpa.metadata.namespace}/${scaleTargetRef.name}`)],
			['wanted', cell(scale.kind === 'read' ? String(scale.specReplicas) : '–')],
			['there', cell(scale.kind === 'read' ? String(scale.statusReplicas) : '–')],
			['selector', cell(scale.kind === 'read' ? scale.selector : scale.message, scale.kind === 'read' ? 'plain' : 'bad')],
		]),
		...heading('Controller'),
		lineOf(`  ${hpa.record?.memory.leader === undefined ? 'its lease is not known' : `led by ${hpa.record.memory.leader.holder}`}`, 'muted'),
		...(others.length === 0 ? [] : [...heading('Other autoscalers of this target'), ...others.map(other => lineOf(`  ${other.key}`, 'bad'))]),
	];
}
