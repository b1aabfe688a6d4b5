import type {ControllerConfig} from '../analyze/hpa/controller-config.ts';
import type {HpaInput, MetricReading, PodSample} from '../analyze/hpa/hpa-input.ts';
import {type HpaRules, rulesFor} from '../analyze/hpa/hpa-rules.ts';
import type {HpaMemory} from '../analyze/hpa/memory.ts';
import type {deployments} from '../kube/resources/deployments.ts';
import {type HorizontalPodAutoscaler, horizontalpodautoscalers} from '../kube/resources/horizontalpodautoscalers.ts';
import {type Pod, pods} from '../kube/resources/pods.ts';
import {keyOf, type ObjectKey} from '../kube/schema.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {metricRequestOf, type MetricRequest} from './hpa-metric-requests.ts';
import {createHpaSelection} from './hpa-selection.ts';
import type {HpaSources} from './hpa-sources.ts';
import {readScale, requirementsOf, TARGETS, targetKeyOf, targetResourceOf} from './hpa-target.ts';
import type {MetricValuesEntry} from './hpa-values-fold.ts';

/** An HPA with what belongs to it. Another object when any of it changed. */
export type HpaEntry = {
	readonly key: ObjectKey;
	readonly hpa: HorizontalPodAutoscaler;
	readonly scale: HpaInput['scale'];
	/** By index of `spec.metrics`; undefined for those of the metrics API. */
	readonly requests: ReadonlyArray<MetricRequest | undefined>;
};

/** HPAs whose inputs changed since the last update; `isEverything` after another time was restored. */
export type HpaChanges = {readonly isEverything: boolean; readonly changed: ReadonlySet<ObjectKey>; readonly removed: ReadonlySet<ObjectKey>};

/** What is put in the place of what the stores have now. */
export type InputOverrides = Partial<Pick<HpaInput, 'hpa' | 'scale' | 'pods' | 'readings'>>;

/** The inputs of every HPA, kept up to date at the cost of what changes. One reader each: updates are told once. */
export type HpaBook = {
	update(sources: HpaSources): HpaChanges;
	readonly entries: ReadonlyMap<ObjectKey, HpaEntry>;
	podsOf(key: ObjectKey): readonly Pod[];
	/** HPAs that scale this target (`Kind/namespace/name`). */
	hpasOn(target: string): readonly ObjectKey[];
	/** The others whose selector matches one of its pods. */
	overlapsOf(key: ObjectKey): readonly ObjectKey[];
	readingsOf(key: ObjectKey, now: EpochMs): readonly MetricReading[];
	/** Everything that `explainHpa` reads; undefined for an HPA that is not there. */
	inputOf(
		key: ObjectKey,
		given: {readonly now: EpochMs; readonly memory: HpaMemory | undefined; readonly controller: ControllerConfig},
		overrides?: InputOverrides,
	): HpaInput | undefined;
};

/** From so many new selectors on all pods are offered at once. */
const MANY_SELECTORS = 4;
/** With a share of samples that is larger than this it costs less to take all autoscalers than to find out which. */
const MANY_SAMPLES = 0.5;
/** An answer that is older is not what the controller sees. */
const VALUES_STALE_AFTER_MS = 60_000;

export function createHpaBook(): HpaBook {
	const entries = new Map<ObjectKey, HpaEntry>();
	const byTarget = new Map<string, Set<ObjectKey>>();
	const selection = createHpaSelection();
	const selectorOf = new Map<ObjectKey, string | undefined>();
	const askedBy = new Map<string, Set<ObjectKey>>();
	/** HPAs of targets that have to be asked for their scale. */
	const asking = new Set<ObjectKey>();
	let notes: HpaSources['facts']['notes'] | undefined;
	const sequences = new Map<string, number>();
	let usageSequence = -1;
	/** Timestamp of the newest sample of any pod. */
	let newest = Number.NEGATIVE_INFINITY;
	let sources: HpaSources | undefined;

	function follow(target: string, key: ObjectKey, isFollowed: boolean, index: Map<string, Set<ObjectKey>>): void {
		const held = index.get(target);
		if (!isFollowed) {
			held?.delete(key);
			if (held?.size === 0) index.delete(target);
		} else if (held === undefined) index.set(target, new Set([key]));
		else held.add(key);
	}

	function remove(key: ObjectKey): void {
		const old = entries.get(key);
		if (old === undefined) return;
		entries.delete(key);
		asking.delete(key);
		follow(targetKeyOf(old.hpa), key, false, byTarget);
		for (const request of old.requests) if (request !== undefined) follow(request.key, key, false, askedBy);
		selection.setSelector(key, old.hpa.metadata.namespace, undefined);
		selectorOf.delete(key);
	}

	/** @returns Whether its selector is another now. */
	function put(from: HpaSources, hpa: HorizontalPodAutoscaler): boolean {
		const key = keyOf(hpa);
		const old = entries.get(key);
		const scale = readScale(from, hpa);
		const selector = scale.kind === 'read' ? scale.selector : undefined;
		const requests =
			old !== undefined && old.hpa.spec === hpa.spec && selectorOf.get(key) === selector
				? old.requests
				: hpa.spec.metrics.map(spec => (selector === undefined ? undefined : metricRequestOf(hpa.metadata.namespace, spec, selector)));
		if (old !== undefined && requests !== old.requests) for (const request of old.requests) if (request !== undefined) follow(request.key, key, false, askedBy);
		for (const request of requests) if (request !== undefined) follow(request.key, key, true, askedBy);
		if (old !== undefined && targetKeyOf(old.hpa) !== targetKeyOf(hpa)) follow(targetKeyOf(old.hpa), key, false, byTarget);
		follow(targetKeyOf(hpa), key, true, byTarget);
		entries.set(key, {key, hpa, scale, requests});
		if (targetResourceOf(hpa) === undefined) asking.add(key);
		else asking.delete(key);
		if (selectorOf.has(key) && selectorOf.get(key) === selector) return false;
		selectorOf.set(key, selector);
		selection.setSelector(key, hpa.metadata.namespace, requirementsOf(scale));
		return true;
	}

	function offer(from: HpaSources, reselected: readonly ObjectKey[]): void {
		const all = from.snapshot(pods);
		if (reselected.length > MANY_SELECTORS) {
			for (const pod of all.objects.values()) selection.applyPod(pod);
			return;
		}
		const namespaces = new Set(reselected.map(key => entries.get(key)!.hpa.metadata.namespace));
		for (const namespace of namespaces) for (const pod of all.byIndex('namespace', namespace)) selection.applyPod(pod);
	}

	function update(from: HpaSources): HpaChanges {
		const changed = new Set<ObjectKey>();
		const removed = new Set<ObjectKey>();
		const reselected: ObjectKey[] = [];
		let isEverything = false;
		const take = (hpa: HorizontalPodAutoscaler): void => {
			const key = keyOf(hpa);
			if (put(from, hpa)) reselected.push(key);
			changed.add(key);
			removed.delete(key);
		};
		sources = from;

		const hpas = from.snapshot(horizontalpodautoscalers);
		const hpaDelta = hpas.changedSince(sequences.get(horizontalpodautoscalers.id) ?? -1);
		sequences.set(horizontalpodautoscalers.id, hpas.sequence);
		if (hpaDelta.kind === 'everything') {
			isEverything = true;
			for (const key of [...entries.keys()]) {
				if (hpas.objects.has(key)) continue;
				remove(key);
				removed.add(key);
			}
			for (const hpa of hpas.objects.values()) take(hpa);
		} else {
			for (const hpa of hpaDelta.deleted) {
				remove(keyOf(hpa));
				removed.add(keyOf(hpa));
			}
			for (const hpa of hpaDelta.applied) take(hpa);
		}

		for (const resource of TARGETS) {
			const snapshot = from.snapshot(resource as typeof deployments);
			const delta = snapshot.changedSince(sequences.get(resource.id) ?? -1);
			sequences.set(resource.id, snapshot.sequence);
			const keys =
				delta.kind === 'everything'
					? [...entries.values()].filter(({hpa}) => hpa.spec.scaleTargetRef.kind === resource.kind).map(({key}) => key)
					: [...delta.applied, ...delta.deleted].flatMap(object => [...(byTarget.get(`${resource.kind}/${keyOf(object)}`) ?? [])]);
			for (const key of keys) {
				const {hpa, scale} = entries.get(key)!;
				if (isSameScale(scale, readScale(from, hpa))) continue;
				take(hpa);
			}
		}

		if (notes !== from.facts.notes) {
			notes = from.facts.notes;
			for (const key of asking) {
				const {hpa, scale} = entries.get(key)!;
				if (!isSameScale(scale, readScale(from, hpa))) take(hpa);
			}
		}

		const podSnapshot = from.snapshot(pods);
		const podDelta = podSnapshot.changedSince(sequences.get(pods.id) ?? -1);
		sequences.set(pods.id, podSnapshot.sequence);
		const note = (concerned: Iterable<ObjectKey>): void => {
			for (const key of concerned) changed.add(key);
		};
		if (podDelta.kind === 'everything') {
			selection.clearPods();
			for (const pod of podSnapshot.objects.values()) selection.applyPod(pod);
			note(entries.keys());
		} else {
			for (const pod of podDelta.deleted) note(selection.deletePod(keyOf(pod)));
			for (const pod of podDelta.applied) note(selection.applyPod(pod));
			if (reselected.length > 0) offer(from, reselected);
		}

		if (usageSequence !== from.usage.sequence) noteSamples(from, note);

		noteValues(from, note);
		return {isEverything, changed, removed};
	}

	function noteSamples({usage}: HpaSources, note: (concerned: Iterable<ObjectKey>) => void): void {
		const changed = usage.changedSince(usageSequence);
		usageSequence = usage.sequence;
		const latest = usage.newest('pod') ?? Number.NEGATIVE_INFINITY;
		if (changed === undefined || changed.pods.length > usage.pods.size * MANY_SAMPLES) {
			newest = latest;
			return note(entries.keys());
		}
		newest = Math.max(newest, latest);
		for (const pod of changed.pods) note(selection.hpasOf(pod));
	}

	let values: HpaSources['metricValues'] = new Map();
	function noteValues(from: HpaSources, note: (concerned: Iterable<ObjectKey>) => void): void {
		if (from.metricValues === values) return;
		for (const [request, entry] of from.metricValues) if (values.get(request) !== entry) note(askedBy.get(request) ?? []);
		values = from.metricValues;
	}

	function readingsOf(key: ObjectKey, now: EpochMs): readonly MetricReading[] {
		const entry = entries.get(key);
		const from = sources;
		if (entry === undefined || from === undefined) return [];
		const {metricValues} = from;
		let podMetrics: MetricReading | undefined;
		return entry.hpa.spec.metrics.map((spec, index): MetricReading => {
			const request = entry.requests[index];
			if (request !== undefined) return valuesReading(spec.type, metricValues.get(request.key), now);
			podMetrics ??= podMetricsReading(from, entry.hpa.metadata.namespace, selection.podsOf(key), selection.podKeysOf(key), newest);
			return podMetrics;
		});
	}

	let rules: {readonly gates: ReadonlyMap<string, boolean>; readonly version: HpaSources['facts']['serverVersion']; readonly plain: HpaRules} | undefined;
	function rulesOf(hpa: HorizontalPodAutoscaler, {gates}: ControllerConfig): HpaRules {
		const version = sources?.facts.serverVersion;
		if (rules?.gates !== gates || rules.version !== version) rules = {gates, version, plain: rulesFor(version, gates)};
		return hpa.status.conditions.some(({type}) => type === 'ScaledToZero') ? rulesFor(version, gates, hpa) : rules.plain;
	}

	return {
		update,
		entries,
		podsOf: selection.podsOf,
		hpasOn: target => [...(byTarget.get(target) ?? [])],
		overlapsOf: selection.overlapsOf,
		readingsOf,
		inputOf(key, {now, memory, controller}, overrides = {}) {
			const entry = entries.get(key);
			if (entry === undefined) return undefined;
			return {
				hpa: entry.hpa,
				scale: entry.scale,
				pods: overrides.pods ?? selection.podsOf(key),
				readings: overrides.readings ?? readingsOf(key, now),
				overlapping: selection.overlapsOf(key),
				memory,
				controller,
				rules: rulesOf(entry.hpa, controller),
				now,
				...overrides,
			};
		},
	};
}

function isSameScale(one: HpaInput['scale'], other: HpaInput['scale']): boolean {
	if (one.kind === 'failed' || other.kind === 'failed')
		return one.kind === other.kind && 'message' in one && 'message' in other && one.message === other.message;
	return one.at === other.at && one.specReplicas === other.specReplicas && one.statusReplicas === other.statusReplicas && one.selector === other.selector;
}

/** A sample this many scrapes behind the newest was in none of the last answers: the metrics API no longer has it. */
const SCRAPES_BEHIND = 1.6;
const SCRAPE_MS = 15_000;

/** PodMetrics of the pods that are selected; those of pods that are gone cannot be told apart, for samples keep no labels. */
function podMetricsReading(
	{usage, facts: {metricsApi}}: Pick<HpaSources, 'usage' | 'facts'>,
	namespace: string,
	selected: readonly Pod[],
	keys: readonly ObjectKey[],
	newest: number,
): MetricReading {
	const oldest = newest - (usage.cadenceMs ?? SCRAPE_MS) * SCRAPES_BEHIND;
	const answer = (metricsApi.get(`pod/${namespace}`) ?? metricsApi.get('pod'))?.answer;
	if (answer?.kind === 'failed') {
		if (answer.status === 403) return {kind: 'unreadable', because: `kwb may not read pod metrics: ${answer.message}`};
		// What came before is older than what the controller would take: it gets the same error.
		return answer.status === undefined ? {kind: 'unreadable', because: answer.message} : {kind: 'failed', message: answer.message};
	}
	const samples: PodSample[] = [];
	for (const [index, pod] of selected.entries()) {
		const sample = usage.pods.get(keys[index]!);
		if (sample !== undefined && sample.timestamp >= oldest && !isPredecessors(sample.timestamp, pod, newest)) samples.push(sample);
	}
	if (answer === undefined && samples.length === 0) return {kind: 'unreadable', because: 'the metrics API has not answered yet'};
	return {kind: 'podMetrics', samples};
}

/** Of an earlier pod of the same name: the first scrape after this one was made took its place. */
function isPredecessors(timestamp: number, {metadata: {creationTimestamp}}: Pod, newest: number): boolean {
	return creationTimestamp !== undefined && timestamp < creationTimestamp && newest > creationTimestamp;
}

function valuesReading(type: string, entry: MetricValuesEntry | undefined, now: EpochMs): MetricReading {
	if (entry === undefined) return {kind: 'unreadable', because: 'it was not asked for yet'};
	const {answer, at} = entry;
	if (answer.kind === 'unreadable') return answer;
	if (now - at > VALUES_STALE_AFTER_MS) return {kind: 'unreadable', because: `the last answer is ${Math.round((now - at) / 1000)}s old`};
	if (answer.kind === 'failed') return answer;
	const {values} = answer;
	switch (type) {
		case 'Pods':
			return {kind: 'podValues', values: values.map(({object, value, timestamp}) => ({pod: object, value, timestamp}))};
		case 'Object': {
			const [first] = values;
			return first === undefined
				? {kind: 'failed', message: 'no metrics returned from custom metrics API'}
				: {kind: 'objectValue', value: first.value, timestamp: first.timestamp};
		}
		default:
			return {kind: 'externalValues', values};
	}
}
