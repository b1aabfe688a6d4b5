import type {NodeLedger} from '../../analyze/top/node-ledger.ts';
import {sampleAge} from '../../analyze/top/sample.ts';
import {exitText} from '../../analyze/top/last-exit.ts';
import type {Frame} from '../../observe/frame.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';
import {shareOf} from '../format/amount.ts';
import type {TopRows} from './create-top-rows.ts';
import {explainUsage} from './explain-lines.ts';
import {NodeEntry} from './node-entry.ts';
import {ContainerEntry, type PodEntry} from './pod-entry.ts';
import {metricsRoad, tableStateOf} from './table-state.ts';
import {plainQuery, type TopWhat} from './top-text.ts';

/** A value that may be missing: then `null`, and the reason stands beside it. */
type Maybe<T> = T | null;

/** When and over what time usage was measured, and where the figure comes from; or why there is none. */
export type SampleJson =
	| {
			readonly time: string;
			readonly windowSeconds: number;
			readonly ageSeconds: number;
			/** API group version, or null while the metrics API does not answer. */
			readonly source: Maybe<string>;
			readonly stale: boolean;
			/** Containers that run and that the sample does not tell of: totals are at least so much. */
			readonly missingContainers?: readonly string[];
	  }
	| {readonly time: null; readonly reason: string; readonly message: string};

/** Numbers of one resource. CPU in nano-cores, memory in bytes; shares are fractions, not rounded and not clamped. */
export type ResourceJson = {
	readonly usage: Maybe<number>;
	readonly request: Maybe<number>;
	readonly limit: Maybe<number>;
	/** False: only some of the containers have a limit, and `limit` is the sum of those. */
	readonly fullyLimited: boolean;
	readonly usageOfRequest: Maybe<number>;
	readonly usageOfLimit: Maybe<number>;
};

export type NodeResourceJson = {
	readonly usage: Maybe<number>;
	readonly allocatable: Maybe<number>;
	readonly requests: number;
	readonly limits: number;
	readonly podsWithoutFullLimit: number;
	readonly podUsage: Maybe<number>;
	readonly podsWithoutFullSample: number;
	readonly unaccounted: Maybe<number>;
	readonly usageOfAllocatable: Maybe<number>;
	readonly requestsOfAllocatable: Maybe<number>;
	readonly limitsOfAllocatable: Maybe<number>;
};

type LastExitJson = Maybe<{
	readonly container: string;
	readonly reason: string;
	readonly exitCode: number;
	readonly signal: number;
	readonly time: Maybe<string>;
	readonly text: string;
}>;

export type TopPodJson = {
	readonly namespace: string;
	readonly name: string;
	readonly uid: string;
	readonly node: Maybe<string>;
	readonly owner: Maybe<{readonly kind: string; readonly name: string; readonly inferred: boolean}>;
	readonly status: string;
	readonly ready: number;
	readonly containers: number;
	readonly restarts: number;
	readonly lastRestart: Maybe<string>;
	readonly lastExit: LastExitJson;
	readonly qosClass: Maybe<string>;
	readonly created: Maybe<string>;
	readonly cpu: ResourceJson;
	readonly memory: ResourceJson;
	readonly sample: SampleJson;
};

export type TopContainerJson = {
	readonly namespace: string;
	readonly pod: string;
	readonly name: string;
	readonly kind: 'container' | 'sidecar' | 'init';
	readonly image: string;
	readonly state: string;
	readonly ready: Maybe<boolean>;
	readonly restarts: Maybe<number>;
	readonly lastExit: LastExitJson;
	readonly started: Maybe<string>;
	readonly node: Maybe<string>;
	readonly cpu: ResourceJson;
	readonly memory: ResourceJson;
	readonly sample: SampleJson;
};

export type TopNodeJson = {
	readonly name: string;
	readonly status: string;
	readonly roles: readonly string[];
	readonly version: string;
	readonly created: Maybe<string>;
	readonly pods: number;
	readonly cpu: NodeResourceJson;
	readonly memory: NodeResourceJson;
	readonly sample: SampleJson;
};

/** What `kwb top … -o json` prints. `apiVersion` changes when a field is taken away or means something else; fields may be added. */
export type TopJson = {
	readonly apiVersion: 'kwb/v1';
	/** When this was true, by the server's clock as far as it is known. */
	readonly time: string;
	readonly namespace: Maybe<string>;
	/** `ready`, or why items may be missing: `syncing`, `stale`, `forbidden`, … */
	readonly state: {readonly kind: string; readonly message?: string};
} & (
	| {readonly kind: 'TopPods'; readonly items: readonly TopPodJson[]}
	| {readonly kind: 'TopContainers'; readonly items: readonly TopContainerJson[]}
	| {readonly kind: 'TopNodes'; readonly items: readonly TopNodeJson[]}
);

/** Top as data, by name, for `-o json` and `-o yaml`. */
export function topJson(frame: Frame, top: TopRows, what: TopWhat, options: {readonly namespace: string | undefined; readonly filter?: string}): TopJson {
	const query = plainQuery(what, {wide: false, ...options});
	const model = top.model(frame, query);
	const state = tableStateOf(frame, query);
	const common = {
		apiVersion: 'kwb/v1',
		time: isoTime(frame.at),
		namespace: options.namespace ?? null,
		state: {kind: state.kind, ...(state.kind === 'stale' ? {message: state.why} : {})},
	} as const;
	const subjects = Array.from({length: model.rows.length}, (_, index) => model.rows.at(index)!.subject);
	switch (what) {
		case 'pods':
			return {...common, kind: 'TopPods', items: subjects.map(subject => podJson(frame, top.podOf(subject.objectKey)!))};
		case 'containers':
			return {
				...common,
				kind: 'TopContainers',
				items: subjects.map(subject => containerJson(frame, top.containerOf(`${subject.objectKey}/${subject.container}`)!)),
			};
		case 'nodes':
			return {...common, kind: 'TopNodes', items: subjects.map(subject => nodeJson(frame, top.nodeOf(subject.objectKey)!))};
	}
}

function podJson(frame: Frame, entry: PodEntry): TopPodJson {
	const {pod, status, workload, usage, resources, exit} = entry;
	return {
		namespace: pod.metadata.namespace,
		name: pod.metadata.name,
		uid: pod.metadata.uid,
		node: pod.spec.nodeName || null,
		owner: workload.kind === 'Pod' ? null : {kind: workload.kind, name: workload.name, inferred: workload.isInferred},
		status: status.status,
		ready: status.ready,
		containers: status.containers,
		restarts: status.restarts,
		lastRestart: timeOrNull(status.lastRestartAt),
		lastExit: exitJson(exit),
		qosClass: pod.status.qosClass || null,
		created: timeOrNull(pod.metadata.creationTimestamp),
		cpu: resourceJson('cpu', usage, resources, resources.partlyLimited),
		memory: resourceJson('memory', usage, resources, resources.partlyLimited),
		sample: sampleJson(frame, entry, entry.sample, usage?.missing),
	};
}

function containerJson(frame: Frame, entry: ContainerEntry): TopContainerJson {
	const {owner, status, usage, resources, exit} = entry;
	return {
		namespace: owner.pod.metadata.namespace,
		pod: owner.pod.metadata.name,
		name: entry.name,
		kind: entry.kind,
		image: entry.container.image,
		state: entry.state,
		ready: status?.ready ?? null,
		restarts: status?.restartCount ?? null,
		lastExit: exitJson(exit),
		started: timeOrNull(status?.state.running?.startedAt),
		node: owner.pod.spec.nodeName || null,
		cpu: resourceJson('cpu', usage, resources, NONE),
		memory: resourceJson('memory', usage, resources, NONE),
		sample: sampleJson(frame, entry, usage === undefined ? undefined : owner.sample, undefined),
	};
}

function nodeJson(frame: Frame, entry: NodeEntry): TopNodeJson {
	const {node, status} = entry;
	return {
		name: entry.key,
		status: status.status,
		roles: status.roles,
		version: node.status.nodeInfo.kubeletVersion,
		created: timeOrNull(node.metadata.creationTimestamp),
		pods: [...entry.pods].length,
		cpu: ledgerJson(entry.cpu),
		memory: ledgerJson(entry.memory),
		sample: sampleJson(frame, entry, entry.sample, undefined),
	};
}

const NONE: ReadonlySet<string> = new Set();

function resourceJson(
	name: 'cpu' | 'memory',
	usage: {readonly cpu: number | undefined; readonly memory: number | undefined} | undefined,
	{requests, limits}: {readonly requests: ReadonlyMap<string, number>; readonly limits: ReadonlyMap<string, number>},
	partlyLimited: ReadonlySet<string>,
): ResourceJson {
	const used = usage?.[name];
	const request = requests.get(name);
	const limit = limits.get(name);
	const isPartly = partlyLimited.has(name);
	return {
		usage: used ?? null,
		request: request ?? null,
		limit: limit ?? null,
		fullyLimited: limit !== undefined && limit !== 0 && !isPartly,
		usageOfRequest: shareOf(used, request) ?? null,
		usageOfLimit: shareOf(used, isPartly ? undefined : limit) ?? null,
	};
}

function ledgerJson({allocatable, requests, limits, unlimitedPods, podUsage, unmeasuredPods, nodeUsage, unaccounted}: NodeLedger): NodeResourceJson {
	return {
		usage: nodeUsage ?? null,
		allocatable: allocatable ?? null,
		requests,
		limits,
		podsWithoutFullLimit: unlimitedPods,
		podUsage: podUsage ?? null,
		podsWithoutFullSample: unmeasuredPods,
		unaccounted: unaccounted ?? null,
		usageOfAllocatable: shareOf(nodeUsage, allocatable) ?? null,
		requestsOfAllocatable: shareOf(requests, allocatable) ?? null,
		limitsOfAllocatable: shareOf(limits, allocatable) ?? null,
	};
}

function sampleJson(
	frame: Frame,
	entry: PodEntry | ContainerEntry | NodeEntry,
	sample: {readonly timestamp: EpochMs; readonly windowMs: number} | undefined,
	missing: readonly string[] | undefined,
): SampleJson {
	if (sample === undefined) {
		const {cause, verdict} = explainUsage(frame, entry);
		return {time: null, reason: cause ?? 'notInSample', message: verdict.text};
	}
	const {answer} = entry instanceof NodeEntry ? metricsRoad(frame, 'node', undefined) : metricsRoad(frame, 'pod', podOf(entry).metadata.namespace);
	return {
		time: isoTime(sample.timestamp),
		windowSeconds: sample.windowMs / 1000,
		ageSeconds: (frame.at - sample.timestamp) / 1000,
		source: answer?.kind === 'ok' ? answer.version : null,
		stale: sampleAge(sample.timestamp, frame.at, frame.usage.cadenceMs).kind === 'stale',
		...(missing === undefined || missing.length === 0 ? {} : {missingContainers: missing}),
	};
}

function podOf(entry: PodEntry | ContainerEntry): PodEntry['pod'] {
	return entry instanceof ContainerEntry ? entry.owner.pod : entry.pod;
}

function exitJson(exit: PodEntry['exit']): LastExitJson {
	if (exit === undefined) return null;
	const {container, reason, exitCode, signal, at} = exit;
	return {container, reason, exitCode, signal, time: timeOrNull(at), text: exitText(exit)};
}

function timeOrNull(moment: EpochMs | undefined): Maybe<string> {
	return moment === undefined ? null : isoTime(moment);
}

function isoTime(moment: EpochMs): string {
	return new Date(moment).toISOString();
}
