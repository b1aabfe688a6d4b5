import {troublesOf} from '../../analyze/top/node-status.ts';
import {isSidecar} from '../../analyze/top/pod-resources.ts';
import {sampleAge} from '../../analyze/top/sample.ts';
import {exitText} from '../../analyze/top/last-exit.ts';
import type {ContainerStatus} from '../../kube/resources/pods.ts';
import type {Frame} from '../../observe/frame.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';
import {ageText, shortDuration, timeText} from '../format/age.ts';
import {Moment} from '../format/moment.ts';
import {countOf} from '../format/count.ts';
import {cpuText, memoryText, percentText} from '../format/amount.ts';
import type {Line} from '../line.ts';
import {lineOf, span} from '../line-tools.ts';
import {type Cell, UNKNOWN} from '../table-model.ts';
import {amountCell, plain, readyCell, restartsCell, shareCell, statusCell, usageCell} from './cells.ts';
import type {DetailInput} from './detail-lines.ts';
import {eventSection} from './event-lines.ts';
import {fields, grid, heading, paragraph} from './line-blocks.ts';
import type {NodeEntry} from './node-entry.ts';
import type {ContainerEntry, PodEntry} from './pod-entry.ts';
import {ownerSection} from './related-lines.ts';
import {metricsRoad} from './table-state.ts';

const EVENTS_SHOWN = 8;

/** What is to be said of one object: state, usage against what it may use, containers, conditions, owner, events. */
export function describeLines(input: DetailInput): readonly Line[] {
	const {subject, top} = input;
	switch (subject.kind) {
		case 'pod':
			return describePod(top.podOf(subject.objectKey)!, input);
		case 'container':
			return describeContainer(top.containerOf(`${subject.objectKey}/${subject.container}`)!, input);
		case 'node':
			return describeNode(top.nodeOf(subject.objectKey)!, input);
		case 'sum':
			return describeSum(input);
		case 'hpa':
		case 'step':
			return [];
	}
}

// ---- pods ------------------------------------------------------------------------------

function describePod(entry: PodEntry, input: DetailInput): readonly Line[] {
	const {frame, width} = input;
	const {pod, status} = entry;
	const now = frame.at;
	return [
		[span(`Pod ${entry.key}`, 'title')],
		...fields([
			['status', statusCell(status.status)],
			...(pod.status.message === '' ? [] : [['', plain(pod.status.message, 'warn')] as const]),
			['ready', readyCell(status.ready, status.containers, pod.status.phase !== 'Succeeded')],
			['restarts', restartsCell(status.restarts, status.lastRestartAt, new Moment(now))],
			['age', sinceCell(pod.metadata.creationTimestamp, now)],
			['node', pod.spec.nodeName === '' ? UNKNOWN : plain(`${pod.spec.nodeName}${pod.status.hostIP === '' ? '' : ` (${pod.status.hostIP})`}`)],
			['address', pod.status.podIP === '' ? UNKNOWN : plain(pod.status.podIPs.map(({ip}) => ip).join(', ') || pod.status.podIP)],
			['QoS', pod.status.qosClass === '' ? UNKNOWN : plain(pod.status.qosClass)],
			...(pod.spec.priorityClassName === '' ? [] : [['priority', plain(`${pod.spec.priorityClassName} (${pod.spec.priority ?? 0})`)] as const]),
			...(pod.metadata.deletionTimestamp === undefined ? [] : [['deleting', plain(`since ${timeText(pod.metadata.deletionTimestamp)}`, 'warn')] as const]),
		]),
		...usageSection(entry, frame),
		...containerSection(entry, frame),
		...conditionSection(pod.status.conditions, now, width),
		...ownerSection(frame, entry),
		...eventSection(input, EVENTS_SHOWN),
	];
}

/** A pane that is open counts every second: it need not know when which of its cells changes. */
function seeIn(frame: Frame): {readonly frame: Frame; readonly at: Moment} {
	return {frame, at: new Moment(frame.at)};
}

function usageSection(entry: PodEntry, frame: Frame): readonly Line[] {
	const {usage, resources, sample} = entry;
	const see = seeIn(frame);
	const isPartial = (usage?.missing.length ?? 0) > 0;
	const row = (resource: 'cpu' | 'memory', limitTones: readonly [number, number]): readonly Cell[] => {
		const used = usage?.[resource];
		const isPartlyLimited = resources.partlyLimited.has(resource);
		const limit = resources.limits.get(resource);
		return [
			plain(resource, 'muted'),
			usageCell(resource, used, {isPartial, timestamp: sample?.timestamp, see}),
			amountCell(resource, resources.requests.get(resource)),
			shareCell(used, resources.requests.get(resource), 1, Number.POSITIVE_INFINITY),
			amountCell(resource, limit, isPartlyLimited ? '≥' : ''),
			shareCell(used, isPartlyLimited ? undefined : limit, ...limitTones),
		];
	};
	return [
		...heading('Usage'),
		...grid(
			[
				{title: ''},
				{title: 'USED', align: 'right'},
				{title: 'REQUEST', align: 'right'},
				{title: 'OF REQUEST', align: 'right'},
				{title: 'LIMIT', align: 'right'},
				{title: 'OF LIMIT', align: 'right'},
			],
			[row('cpu', [0.8, 0.95]), row('memory', [0.8, 0.9])],
		),
		sampleLine(frame, 'pod', entry.pod.metadata.namespace, sample),
		...(isPartial ? [lineOf(`  not measured: ${usage!.missing.join(', ')}`, 'warn')] : []),
		...(resources.partlyLimited.size === 0
			? []
			: [lineOf(`  not fully limited: some containers have no limit of ${[...resources.partlyLimited].join(' and ')}`, 'warn')]),
	];
}

/** How old the figures are, over what time they were taken, and where they come from. */
function sampleLine(
	frame: Frame,
	of: 'node' | 'pod',
	namespace: string | undefined,
	sample: {readonly timestamp: EpochMs; readonly windowMs: number} | undefined,
): Line {
	if (sample === undefined) return [span('  no sample; x says why', 'warn')];
	const {ageMs, kind} = sampleAge(sample.timestamp, frame.at, frame.usage.cadenceMs);
	const {answer} = metricsRoad(frame, of, namespace);
	const source = answer?.kind === 'ok' ? `metrics API ${answer.version}` : 'metrics API, which does not answer now';
	const tone = kind === 'fresh' ? 'muted' : 'warn';
	return [
		span(
			`  sample ${shortDuration(Math.max(0, ageMs))} old${kind === 'stale' ? ' (stale)' : ''}, a mean over ${shortDuration(sample.windowMs)}, from the ${source}`,
			tone,
		),
	];
}

function containerSection(entry: PodEntry, frame: Frame): readonly Line[] {
	const {spec, status} = entry.pod;
	const kinds = new Map([
		...spec.initContainers.map(container => [container.name, isSidecar(container) ? 'sidecar' : 'init'] as const),
		...spec.containers.map(container => [container.name, ''] as const),
	]);
	const statuses = new Map([...status.initContainerStatuses, ...status.containerStatuses].map(each => [each.name, each]));
	const measured = new Map(entry.containers.map(container => [container.name, container]));
	const see = seeIn(frame);
	return [
		...heading(`Containers: ${kinds.size}`),
		...grid(
			[
				{title: 'NAME'},
				{title: 'STATE'},
				{title: 'READY'},
				{title: 'RESTARTS', align: 'right'},
				{title: 'LAST EXIT'},
				{title: 'CPU', align: 'right'},
				{title: 'REQ/LIM', align: 'right'},
				{title: 'MEM', align: 'right'},
				{title: 'REQ/LIM', align: 'right'},
			],
			[...kinds].map(([name, kind]) => {
				const itsStatus = statuses.get(name);
				const container = measured.get(name);
				const usage = container?.usage;
				const options = {isPartial: false, timestamp: entry.sample?.timestamp, see};
				return [
					plain(kind === '' ? name : `${name} (${kind})`),
					stateCell(itsStatus, frame.at),
					plain(itsStatus === undefined ? '–' : itsStatus.ready ? 'yes' : 'no'),
					plain(itsStatus === undefined ? '–' : String(itsStatus.restartCount)),
					lastStateCell(itsStatus, frame.at),
					usageCell('cpu', usage?.cpu, options),
					plain(container === undefined ? '–' : pairText(container, 'cpu', cpuText), 'muted'),
					usageCell('memory', usage?.memory, options),
					plain(container === undefined ? '–' : pairText(container, 'memory', memoryText), 'muted'),
				];
			}),
		),
	];
}

function pairText({resources}: ContainerEntry, name: string, write: (amount: number | undefined) => string): string {
	return `${write(resources.requests.get(name))}/${write(resources.limits.get(name))}`;
}

/** `Running 5m`, `CrashLoopBackOff`, `Completed 2h`. */
function stateCell(status: ContainerStatus | undefined, now: EpochMs): Cell {
	const state = status?.state;
	if (state?.running !== undefined) return {text: `Running ${ageText(state.running.startedAt, now)}`, tone: 'good'};
	if (state?.terminated !== undefined) {
		const {exitCode, reason, finishedAt} = state.terminated;
		return {text: `${reason || `exit ${exitCode}`} ${ageText(finishedAt, now)}`, tone: exitCode === 0 ? 'muted' : 'bad'};
	}
	const reason = state?.waiting?.reason ?? '';
	return reason === '' ? {text: 'Waiting', tone: 'warn'} : statusCell(reason);
}

function lastStateCell(status: ContainerStatus | undefined, now: EpochMs): Cell {
	const terminated = status?.lastState.terminated;
	if (terminated === undefined) return UNKNOWN;
	const {reason, exitCode, signal, finishedAt} = terminated;
	return {
		text: `${exitText({container: status!.name, reason, exitCode, signal, at: finishedAt})} ${ageText(finishedAt, now)} ago`,
		tone: exitCode === 0 ? 'muted' : 'warn',
	};
}

function describeContainer(container: ContainerEntry, input: DetailInput): readonly Line[] {
	const {owner, status} = container;
	const waiting = status?.state.waiting;
	const terminated = status?.state.terminated ?? status?.lastState.terminated;
	return [
		[span(`Container ${container.name} of ${owner.key}`, 'title')],
		...fields([
			['kind', plain(container.kind)],
			['state', stateCell(status, input.frame.at)],
			...(waiting === undefined || waiting.message === '' ? [] : [['', plain(waiting.message, 'warn')] as const]),
			['last exit', lastStateCell(status, input.frame.at)],
			...(terminated === undefined || terminated.message === '' ? [] : [['', plain(terminated.message, 'warn')] as const]),
			['image', plain(container.container.image || '–')],
			[
				'ports',
				plain(
					container.container.ports.map(port => `${port.containerPort}/${port.protocol || 'TCP'}${port.name === '' ? '' : ` ${port.name}`}`).join(', ') || '–',
				),
			],
		]),
		...heading(`Pod ${owner.key}`),
		...fields([['status', statusCell(owner.status.status)]]),
		...usageSection(owner, input.frame),
		...containerSection(owner, input.frame),
		...eventSection(input, EVENTS_SHOWN),
	];
}

type ConditionLike = {
	readonly type: string;
	readonly status: string;
	readonly reason: string;
	readonly message: string;
	readonly lastTransitionTime: EpochMs | undefined;
};

function conditionSection(
	conditions: readonly ConditionLike[],
	now: EpochMs,
	width: number,
	isGood = (condition: ConditionLike) => condition.status === 'True',
): readonly Line[] {
	if (conditions.length === 0) return [];
	const widest = Math.max(...conditions.map(({type}) => type.length));
	return [
		...heading('Conditions'),
		...conditions.flatMap((condition): readonly Line[] => {
			const {type, status, reason, message, lastTransitionTime} = condition;
			const good = isGood(condition);
			return [
				[
					span(`  ${type.padEnd(widest)}  `, 'muted'),
					span(status.padEnd(7), good ? 'plain' : 'warn'),
					span(`  ${ageText(lastTransitionTime, now)}`.padEnd(8), 'muted'),
					span(`  ${reason}`, good ? 'muted' : 'warn'),
				],
				...(good || message === '' ? [] : paragraph(message, width, 'plain', 4)),
			];
		}),
	];
}

function sinceCell(moment: EpochMs | undefined, now: EpochMs): Cell {
	return moment === undefined ? UNKNOWN : plain(`${ageText(moment, now)}  (since ${timeText(moment)})`);
}

// ---- nodes and sums ----------------------------------------------------------------------

function describeNode(entry: NodeEntry, input: DetailInput): readonly Line[] {
	const {frame, width} = input;
	const {node, status, sample} = entry;
	const info = node.status.nodeInfo;
	const troubles = new Set(troublesOf(node));
	return [
		[span(`Node ${entry.key}`, 'title')],
		...fields([
			['status', statusCell(status.status)],
			['roles', plain(status.roles.join(', ') || '–')],
			['age', sinceCell(node.metadata.creationTimestamp, frame.at)],
			['addresses', plain(node.status.addresses.map(({type, address}) => `${type} ${address}`).join(', ') || '–')],
			['kubelet', plain([info.kubeletVersion, info.operatingSystem, info.architecture, info.osImage].filter(part => part !== '').join(', ') || '–')],
			['taints', plain(node.spec.taints.map(({key, value, effect}) => `${key}${value === '' ? '' : `=${value}`}:${effect}`).join(', ') || 'none')],
		]),
		...ledgerSection(entry, frame),
		sampleLine(frame, 'node', undefined, sample),
		...conditionSection(node.status.conditions, frame.at, width, condition => ![...troubles].some(trouble => trouble.type === condition.type)),
		...eventSection(input, EVENTS_SHOWN),
	];
}

/** The node reconciled with its pods. */
function ledgerSection(entry: NodeEntry, frame: Frame): readonly Line[] {
	const see = seeIn(frame);
	const row = (resource: 'cpu' | 'memory'): readonly Cell[] => {
		const ledger = entry[resource];
		const of = (part: number | undefined): string => ` ${percentText(part, ledger.allocatable)}`;
		const used = (amount: number | undefined, isPartial = false): Cell => usageCell(resource, amount, {isPartial, timestamp: entry.sample?.timestamp, see});
		const overcommitted = (amount: number): Cell['tone'] => (ledger.allocatable !== undefined && amount > ledger.allocatable ? 'warn' : 'plain');
		return [
			plain(resource, 'muted'),
			amountCell(resource, ledger.allocatable),
			{text: `${amountCell(resource, ledger.requests).text}${of(ledger.requests)}`, tone: overcommitted(ledger.requests)},
			{text: `${amountCell(resource, ledger.limits, ledger.unlimitedPods > 0 ? '≥' : '').text}${of(ledger.limits)}`, tone: overcommitted(ledger.limits)},
			used(ledger.podUsage, ledger.unmeasuredPods > 0),
			{...used(ledger.nodeUsage), text: `${used(ledger.nodeUsage).text}${of(ledger.nodeUsage)}`},
			used(ledger.unaccounted),
		];
	};
	const {cpu} = entry;
	const pods = [...entry.pods].length;
	return [
		...heading(`Allocatable and what becomes of it: ${countOf(pods, 'pod')}`),
		...grid(
			[
				{title: ''},
				{title: 'ALLOCATABLE', align: 'right'},
				{title: 'REQUESTS', align: 'right'},
				{title: 'LIMITS', align: 'right'},
				{title: 'POD USAGE', align: 'right'},
				{title: 'NODE USAGE', align: 'right'},
				{title: 'UNACCOUNTED', align: 'right'},
			],
			[row('cpu'), row('memory')],
		),
		...(cpu.unmeasuredPods === 0
			? []
			: [lineOf(`  ${countOf(cpu.unmeasuredPods, 'running pod')} without a full sample: pod usage is at least so much`, 'warn')]),
	];
}

function describeSum({subject, top, frame}: DetailInput): readonly Line[] {
	const pods = subject.by === undefined ? [] : top.podsOf(subject.by, subject.objectKey);
	const states = new Map<string, number>();
	for (const entry of pods) states.set(entry.status.status, (states.get(entry.status.status) ?? 0) + 1);
	const unmeasured = pods.filter(entry => entry.pod.status.phase === 'Running' && entry.usage === undefined);
	const see = seeIn(frame);
	const heaviest = pods.toSorted((one, other) => (other.usage?.cpu ?? -1) - (one.usage?.cpu ?? -1)).slice(0, 10);
	return [
		[span(`${countOf(pods.length, 'pod')} of ${subject.objectKey}`, 'title')],
		...fields([...states].sort((one, other) => other[1] - one[1]).map(([state, count]) => [String(count), statusCell(state)] as const)),
		...(unmeasured.length === 0 ? [] : [lineOf(`  ${countOf(unmeasured.length, 'running pod')} without a sample; the sums are at least so much`, 'warn')]),
		...heading('Most CPU'),
		...grid(
			[{title: 'POD'}, {title: 'CPU', align: 'right'}, {title: 'MEM', align: 'right'}, {title: 'STATUS'}],
			heaviest.map(entry => {
				const options = {isPartial: (entry.usage?.missing.length ?? 0) > 0, timestamp: entry.sample?.timestamp, see};
				return [
					plain(entry.key),
					usageCell('cpu', entry.usage?.cpu, options),
					usageCell('memory', entry.usage?.memory, options),
					statusCell(entry.status.status),
				];
			}),
		),
	];
}
