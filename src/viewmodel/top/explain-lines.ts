import {explainSample, type SampleExplanation, type SampleSubject} from '../../analyze/top/missing-sample.ts';
import {explainNodeLedger} from '../../analyze/top/node-ledger.ts';
import {explainPodResources} from '../../analyze/top/pod-resources.ts';
import {citationText, type Explanation, type Outcome, type Verdict} from '../../explain/explanation.ts';
import type {Frame} from '../../observe/frame.ts';
import type {Tone} from '../../theme/tone.ts';
import {countOf} from '../format/count.ts';
import {cpuText, memoryText, percentText} from '../format/amount.ts';
import type {Line} from '../line.ts';
import {lineOf, span} from '../line-tools.ts';
import type {DetailInput} from './detail-lines.ts';
import {heading, paragraph} from './line-blocks.ts';
import {NodeEntry} from './node-entry.ts';
import {ContainerEntry, type PodEntry} from './pod-entry.ts';
import {metricsRoad} from './table-state.ts';

const WRITERS = {cpu: cpuText, memory: memoryText} as const;

/** Where the numbers of a row come from, and why one is missing. */
export function explainLines(input: DetailInput): readonly Line[] {
	const {frame, subject, top, width} = input;
	switch (subject.kind) {
		case 'pod':
			return explainPod(top.podOf(subject.objectKey)!, frame, width);
		case 'container':
			return explainContainer(top.containerOf(`${subject.objectKey}/${subject.container}`)!, frame, width);
		case 'node':
			return explainNode(top.nodeOf(subject.objectKey)!, frame, width);
		case 'sum':
			return explainSum(input);
		case 'hpa':
		case 'step':
			return [];
	}
}

/** Why a pod, container or node has a usage or none, from what the frame knows. Also for `--output json`. */
export function explainUsage(frame: Frame, entry: PodEntry | ContainerEntry | NodeEntry): SampleExplanation {
	if (entry instanceof NodeEntry) return explainSample({kind: 'node', node: entry.node, sample: entry.sample}, metricsRoad(frame, 'node', undefined));
	const owner = entry instanceof ContainerEntry ? entry.owner : entry;
	const {pod} = owner;
	// The raw latest sample: one of an earlier pod of the same name is part of the explanation.
	const sample = frame.usage.pods.get(owner.key);
	const nodeRoad = metricsRoad(frame, 'node', undefined);
	const nodeSample = nodeRoad.answer?.kind === 'ok' ? frame.usage.nodes.get(pod.spec.nodeName) : 'unseen';
	const subject: SampleSubject =
		'owner' in entry ? {kind: 'container', pod, container: entry.name, sample, nodeSample} : {kind: 'pod', pod, sample, nodeSample};
	return explainSample(subject, metricsRoad(frame, 'pod', pod.metadata.namespace));
}

function explainPod(entry: PodEntry, frame: Frame, width: number): readonly Line[] {
	return [
		[span(`Pod ${entry.key}`, 'title')],
		...explanationLines('Usage', explainUsage(frame, entry), width),
		...(['cpu', 'memory'] as const).flatMap(name => [
			...explanationLines(`${name} request`, explainPodResources(entry.pod, 'requests', name, WRITERS[name]), width),
			...explanationLines(`${name} limit`, explainPodResources(entry.pod, 'limits', name, WRITERS[name]), width),
			...shareLines(
				name,
				entry.usage?.[name],
				entry.resources.requests.get(name),
				entry.resources.partlyLimited.has(name) ? undefined : entry.resources.limits.get(name),
			),
		]),
	];
}

function explainContainer(container: ContainerEntry, frame: Frame, width: number): readonly Line[] {
	const {resources, usage} = container;
	return [
		[span(`Container ${container.name} of ${container.owner.key}`, 'title')],
		...explanationLines('Usage', explainUsage(frame, container), width),
		...(['cpu', 'memory'] as const).flatMap(name => [
			...heading(name),
			lineOf(`  request ${WRITERS[name](resources.requests.get(name))}, limit ${WRITERS[name](resources.limits.get(name))}`),
			...shareLines(name, usage?.[name], resources.requests.get(name), resources.limits.get(name)),
		]),
	];
}

function explainNode(entry: NodeEntry, frame: Frame, width: number): readonly Line[] {
	const pods = [...entry.pods];
	return [
		[span(`Node ${entry.key}`, 'title')],
		...explanationLines('Usage', explainUsage(frame, entry), width),
		...(['cpu', 'memory'] as const).flatMap(name =>
			explanationLines(name, explainNodeLedger(entry.node, name, pods, entry.sample?.usage[name], WRITERS[name]), width),
		),
	];
}

function explainSum({frame, subject, top, width}: DetailInput): readonly Line[] {
	const pods = subject.by === undefined ? [] : top.podsOf(subject.by, subject.objectKey);
	const finished = pods.filter(({pod}) => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed').length;
	const unmeasured = pods.filter(entry => entry.pod.status.phase === 'Running' && entry.usage === undefined);
	const causes = new Map<string, {count: number; text: string}>();
	for (const entry of unmeasured) {
		const {cause = '', verdict} = explainUsage(frame, entry);
		const held = causes.get(cause);
		if (held === undefined) causes.set(cause, {count: 1, text: verdict.text});
		else held.count++;
	}
	return [
		[span(`Sum of ${subject.objectKey}`, 'title')],
		lineOf(`  ${countOf(pods.length, 'pod')}; ended, and so without requests or usage: ${finished}`),
		lineOf('  percentages: usage of the pods that have a request (a full limit) and a sample, of their requests (limits)', 'muted'),
		...(unmeasured.length === 0
			? [lineOf('  every running pod has a sample', 'good')]
			: heading(`${countOf(unmeasured.length, 'running pod')} without a sample`)),
		...[...causes.values()].sort((one, other) => other.count - one.count).flatMap(({count, text}) => paragraph(`${count}× ${text}`, width, 'warn')),
	];
}

/** How the percentages of the row come about. */
function shareLines(name: 'cpu' | 'memory', used: number | undefined, request: number | undefined, limit: number | undefined): readonly Line[] {
	const write = WRITERS[name];
	const lines: Line[] = [];
	for (const [what, base] of [
		['request', request],
		['limit', limit],
	] as const) {
		if (used === undefined || base === undefined || base === 0) continue;
		lines.push(lineOf(`  ${write(used)} used of a ${what} of ${write(base)} = ${percentText(used, base)}, cut to whole percent`, 'muted'));
	}
	return lines;
}

const MARKS: Readonly<Record<Outcome, readonly [string, Tone]>> = {
	passed: ['✓', 'good'],
	failed: ['✗', 'bad'],
	unknown: ['?', 'muted'],
	skipped: ['-', 'muted'],
};
const TONES: Readonly<Record<Verdict['kind'], Tone>> = {good: 'good', warn: 'warn', bad: 'bad', unknown: 'muted'};

/** An explanation under a heading: what it comes to, then a line a step with where its rule comes from. */
export function explanationLines(title: string, {verdict, steps}: Explanation, width: number): readonly Line[] {
	return [
		...heading(title),
		...paragraph(verdict.text, width, TONES[verdict.kind]),
		...steps.flatMap(({working, outcome, citation}): readonly Line[] => {
			const [mark, tone] = outcome === undefined ? (['·', 'muted'] as const) : MARKS[outcome];
			const [first, ...rest] = paragraph(working, width, 'plain', 6);
			return [
				[span(`    ${mark} `, tone), ...(first ?? []).map(each => span(each.text.trimStart(), each.tone))],
				...rest,
				...(citation === undefined ? [] : [lineOf(`      ${citationText(citation)}`, 'muted')]),
			];
		}),
	];
}
