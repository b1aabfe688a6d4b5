import {comparePass, countAfter, excused, isNewPass, type PassComparison, passReportOf} from '../analyze/hpa/compare-pass.ts';
import type {ControllerConfig} from '../analyze/hpa/controller-config.ts';
import {explainHpa, type HpaExplanation} from '../analyze/hpa/explain-hpa.ts';
import type {ReplicaChange} from '../analyze/hpa/find-problems.ts';
import type {HpaInput} from '../analyze/hpa/hpa-input.ts';
import {beginMemory, forgetExpired, type HpaMemory, type LeaseReading, noteLeader, rememberPass} from '../analyze/hpa/memory.ts';
import {decidingRatio} from '../analyze/hpa/why-hpa.ts';
import type {Deployment} from '../kube/resources/deployments.ts';
import type {deployments} from '../kube/resources/deployments.ts';
import {type HorizontalPodAutoscaler, horizontalpodautoscalers} from '../kube/resources/horizontalpodautoscalers.ts';
import {type Lease, leases} from '../kube/resources/leases.ts';
import {pods} from '../kube/resources/pods.ts';
import {keyOf, type ObjectKey, type Stored} from '../kube/schema.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {createHpaBook} from './hpa-book.ts';
import {type FlagEvidence, inferredController, NO_EVIDENCE, notedController, withGap, withHint} from './hpa-controller.ts';
import type {HpaSources} from './hpa-sources.ts';
import {bestOf, type Frozen, newestOf, otherWorlds, type Undecided} from './pass-worlds.ts';
import {createRecentPods, type PodChange} from './recent-pods.ts';
import {requirementsOf, scaleOf, TARGETS, targetKeyOf, targetResourceOf} from './hpa-target.ts';
import type {Fold, Observation} from './observation.ts';

/** One pass as the chart shows it. */
export type HpaPoint = {
	readonly at: EpochMs;
	readonly current: number;
	readonly desired: number;
	/** The raw number; null where the pass found none. */
	readonly raw: number | null;
	/** Of the metric that decided, and the edges of its tolerance; null where there is none. */
	readonly ratio: number | null;
	readonly low: number;
	readonly high: number;
};

/** A pass explained afterwards, with the controller's own numbers: what its log would say of it. */
export type TracedPass = {
	/** null where it is not certain, or where there is none. */
	readonly raw: number | null;
	readonly metric: string | null;
	readonly current: number;
	readonly desired: number;
	/** Of the event SuccessfulRescale; null where nothing was written. */
	readonly reason: string | null;
};

/** One pass held against what we make of it. */
export type JudgedPass = Pick<PassComparison, 'verdict' | 'text' | 'cause' | 'differences'> & {
	readonly at: EpochMs;
	readonly rescaledTo: number | null;
	readonly traced: TracedPass | null;
};

/** What is remembered of one HPA. Never changes. */
export type HpaRecord = {
	readonly memory: HpaMemory;
	/** Oldest first. */
	readonly points: readonly HpaPoint[];
	readonly counts: Readonly<Record<PassComparison['verdict'], number>>;
	/** The latest passes, oldest first. */
	readonly judged: readonly JudgedPass[];
	/** Changes of the target's `spec.replicas` that were seen, the controller's own included; oldest first. */
	readonly changes: readonly ReplicaChange[];
};

/** All that is remembered of HPAs. The same object until something of it changed. */
export type HpaFoldState = {
	readonly records: ReadonlyMap<ObjectKey, HpaRecord>;
	/** The controller's settings by all that is known of them. */
	readonly controller: ControllerConfig;
	readonly evidence: FlagEvidence;
	/** Passes of which newer samples than ours would tell more. */
	readonly undecided: number;
};

type Kept = {
	/** As the last pass that is known of left it. */
	hpa: HorizontalPodAutoscaler;
	record: HpaRecord | undefined;
	frozen: Frozen | undefined;
	undecided: Undecided | undefined;
};

/** Counts of a target as they are, and what `status.replicas` was a moment ago: the pass may have read that. */
type KnownCounts = {
	readonly specReplicas: number;
	readonly statusReplicas: number;
	readonly was?: ReadonlyArray<{readonly statusReplicas: number; readonly until: EpochMs}>;
};

/** What the fold remembers, written down; objects as in a saved store. */
export type SavedHpas = {
	readonly kept: ReadonlyArray<{
		readonly hpa: HorizontalPodAutoscaler;
		readonly record: HpaRecord | null;
		readonly frozen: Frozen | null;
		readonly undecided: Undecided | null;
	}>;
	readonly replicas: ReadonlyArray<readonly [string, KnownCounts]>;
	readonly lease: LeaseReading | null;
	readonly evidence: FlagEvidence;
	readonly recent?: readonly PodChange[];
};

const POINTS_KEPT = 240;
const JUDGED_KEPT = 20;
const CHANGES_KEPT = 20;
/** The controller writes the status right after the scale; what was seen before that counts for so long. */
const FROZEN_FOR_MS = 10_000;
/** What was read so long before a pass was seen may be what the pass has read. */
const RECENT_MS = 2000;
/** Newer samples are waited for so long. */
const UNDECIDED_FOR_MS = 6000;
/** Two status changes of an HPA that lie further apart had passes in between that changed nothing. */
const LONGEST_GAP_MS = 60_000;
/** An hour: no window and no period is longer. */
const LONGEST_WINDOW_MS = 3_600_000;
const CONTROLLER_LEASE = 'kube-system/kube-controller-manager';

/**
 * The controller's memory of every HPA, built from passes as they show themselves: changes of status, of the target's
 * count, and of the controller-manager's lease. Reads the folds before it, and nothing but what the stream brought.
 *
 * @param sources The folds before this one as they are when it is called.
 */
export function createHpaFold(sources: () => HpaSources): Fold<HpaFoldState, SavedHpas> {
	const book = createHpaBook();
	const kept = new Map<ObjectKey, Kept>();
	/** Counts of targets as they were last seen, by `Kind/namespace/name`. */
	const replicas = new Map<string, KnownCounts>();
	let lease: LeaseReading | undefined;
	let evidence = NO_EVIDENCE;
	/** HPAs whose memory has not begun: their pods or targets are not known yet. */
	let waiting = 0;
	/** HPAs with a pass that newer samples would explain better. */
	const undecided = new Set<ObjectKey>();
	const recent = createRecentPods();
	let state: HpaFoldState | undefined;
	let controller: {readonly notes: unknown; readonly evidence: FlagEvidence; readonly config: ControllerConfig} | undefined;

	function controllerNow(from: HpaSources): ControllerConfig {
		const {notes} = from.facts;
		if (controller?.notes !== notes || controller.evidence !== evidence)
			controller = {notes, evidence, config: inferredController(notedController(from.facts), evidence)};
		return controller.config;
	}

	function changed(key: ObjectKey, record: HpaRecord): void {
		kept.get(key)!.record = record;
		state = undefined;
	}

	// ---- what belongs to HPAs ----

	function takeHpa(hpa: HorizontalPodAutoscaler, now: EpochMs): void {
		const key = keyOf(hpa);
		const known = kept.get(key);
		// Deleted and made again under the same name: the controller keeps what it remembers, by the name.
		if (known === undefined) {
			kept.set(key, {hpa, record: undefined, frozen: undefined, undecided: undefined});
			waiting++;
			begin(now);
			return;
		}
		const previous = known.hpa;
		known.hpa = hpa;
		if (known.record === undefined) return begin(now);
		if (!isNewPass(previous.status, hpa.status)) return;
		if (known.undecided !== undefined) decide(key, known, false);
		takePass(key, known, previous, hpa, now);
	}

	/** What there was when the pass came: before the change of the count, where it changed it. */
	function takePass(key: ObjectKey, held: Kept, previous: HorizontalPodAutoscaler, next: HorizontalPodAutoscaler, seenAt: EpochMs): void {
		const from = sources();
		book.update(from);
		const {frozen} = held;
		held.frozen = undefined;
		const didRescale = next.status.lastScaleTime !== undefined && next.status.lastScaleTime !== previous.status.lastScaleTime;
		const scale = book.entries.get(key)?.scale;
		const before: Frozen =
			didRescale && frozen !== undefined && seenAt - frozen.at < FROZEN_FOR_MS
				? frozen
				: {
						at: seenAt,
						specReplicas: next.status.currentReplicas,
						statusReplicas: scale?.kind === 'read' ? scale.statusReplicas : next.status.currentReplicas,
						pods: book.podsOf(key),
						readings: book.readingsOf(key, seenAt),
					};
		const requirements = scale === undefined ? undefined : requirementsOf(scale);
		const earlier = requirements === undefined ? [] : recent.earlier(next.metadata.namespace, requirements, before.pods);
		const {was = [], statusReplicas: latest} = replicas.get(targetKeyOf(next)) ?? {};
		const counts = [latest, ...was.filter(({until}) => seenAt - until <= RECENT_MS).map(each => each.statusReplicas)];
		const otherCounts = [...new Set(counts)].filter(each => each !== undefined && each !== before.statusReplicas) as readonly number[];
		held.undecided = {previous, next, seenAt, before, earlier, otherCounts};
		undecided.add(key);
		state = undefined;
		decide(key, held, true);
	}

	/**
	 * Holds the pass against what we make of it, and remembers it.
	 *
	 * @param mayWait Whether newer samples may still come.
	 */
	function decide(key: ObjectKey, held: Kept, mayWait: boolean): void {
		const {undecided: pass, record} = held;
		if (pass === undefined || record === undefined) return;
		const {previous, next, seenAt, before} = pass;
		const from = sources();
		book.update(from);
		const config = controllerNow(from);
		const {memory} = record;
		const found = book.inputOf(key, {now: seenAt, memory, controller: config}, {pods: before.pods, readings: before.readings});
		if (found === undefined) return settle(key, held);
		const scale =
			found.scale.kind === 'failed' ? found.scale : {...found.scale, specReplicas: next.status.currentReplicas, statusReplicas: before.statusReplicas};
		const traced = {...found, scale, hpa: beforeIts(next, previous), outcome: countAfter(previous.status, next.status)};
		const now = book.readingsOf(key, seenAt);
		const first = {pods: before.pods, readings: [before.readings, newestOf(now, before.pods, pass, from.usage)]};
		const {explanation, wantsSamples, seen} = bestOf(traced, first, otherWorlds(first, now, pass, from.usage));
		if (wantsSamples && mayWait) return;
		settle(key, held);
		const expected = explainHpa({...found, scale, pods: seen.pods, readings: seen.readings[0] ?? before.readings, hpa: {...next, status: previous.status}});
		const comparison = excused(comparePass(expected, next), explanation);
		const report = passReportOf(previous, next, explanation.raw, seenAt);
		if (report === undefined) return;
		const syncPeriodMs = config.syncPeriodMs.value;
		const lastPass = memory.lastPass;
		const gap = lastPass === undefined ? undefined : report.at.to - lastPass.to;
		if (gap !== undefined && gap > 0 && gap < LONGEST_GAP_MS) evidence = withGap(evidence, gap);
		evidence = withHint(evidence, comparison.hint);
		const {verdict, text, cause, differences} = comparison;
		changed(key, {
			memory: forgetExpired(rememberPass(memory, report, syncPeriodMs), seenAt, LONGEST_WINDOW_MS),
			points: [...record.points.slice(1 - POINTS_KEPT), pointOf(explanation, next, seenAt)],
			counts: {...record.counts, [verdict]: record.counts[verdict] + 1},
			judged: [
				...record.judged.slice(1 - JUDGED_KEPT),
				{at: seenAt, verdict, text, cause, differences, rescaledTo: report.rescaledTo ?? null, traced: tracedOf(explanation)},
			],
			changes: record.changes,
		});
	}

	function settle(key: ObjectKey, held: Kept): void {
		held.undecided = undefined;
		undecided.delete(key);
		state = undefined;
	}

	/** Samples came, or time went by: the oldest are first. */
	function decideAll(now: EpochMs, hasNews: boolean): void {
		for (const key of [...undecided]) {
			const held = kept.get(key)!;
			const isInTime = now - (held.undecided?.seenAt ?? now) < UNDECIDED_FOR_MS;
			if (isInTime && !hasNews) return;
			decide(key, held, isInTime);
		}
	}

	/** Begins the memory of HPAs that can be explained now. */
	function begin(now: EpochMs): void {
		if (waiting === 0) return;
		const from = sources();
		if (!from.snapshot(horizontalpodautoscalers).hasSynced || !from.snapshot(pods).hasSynced) return;
		book.update(from);
		const config = controllerNow(from);
		for (const [key, held] of kept) {
			if (held.record !== undefined) continue;
			const resource = targetResourceOf(held.hpa);
			if (resource !== undefined && !from.snapshot(resource as typeof deployments).hasSynced) continue;
			const input = book.inputOf(key, {now, memory: undefined, controller: config});
			if (input === undefined) continue;
			const explanation = explainAfterwards(input);
			const memory = beginMemory(now, held.hpa.metadata.creationTimestamp, {raw: explanation.raw, syncPeriodMs: config.syncPeriodMs.value});
			waiting--;
			const current = explanation.scale.kind === 'read' ? explanation.scale.specReplicas : held.hpa.status.currentReplicas;
			changed(key, {
				memory: lease === undefined ? memory : noteLeader(memory, lease, now, current, config.syncPeriodMs.value),
				points: [pointOf(explanation, held.hpa, now)],
				counts: {agrees: 0, disagrees: 0, cannotTell: 0},
				judged: [],
				changes: [],
			});
		}
	}

	function forget(key: ObjectKey): void {
		const held = kept.get(key);
		if (held === undefined) return;
		if (held.record === undefined) waiting--;
		undecided.delete(key);
		kept.delete(key);
		state = undefined;
	}

	// ---- what moves them ----

	function takeTarget(kind: string, object: Stored & Deployment, now: EpochMs): void {
		const target = `${kind}/${keyOf(object)}`;
		const scale = scaleOf(object);
		const before = replicas.get(target);
		if (before?.specReplicas === scale.specReplicas && before.statusReplicas === scale.statusReplicas) return;
		const was = (before?.was ?? []).filter(({until}) => now - until <= RECENT_MS);
		if (before !== undefined && before.statusReplicas !== scale.statusReplicas) was.push({statusReplicas: before.statusReplicas, until: now});
		replicas.set(target, was.length === 0 ? scale : {...scale, was});
		if (before === undefined || before.specReplicas === scale.specReplicas) return;
		const from = sources();
		book.update(from);
		for (const key of book.hpasOn(target)) {
			const held = kept.get(key);
			if (held?.record === undefined) continue;
			held.frozen = {
				at: now,
				specReplicas: before.specReplicas,
				statusReplicas: before.statusReplicas,
				pods: book.podsOf(key),
				readings: book.readingsOf(key, now),
			};
			const change = {from: before.specReplicas, to: scale.specReplicas, seenAt: now};
			changed(key, {...held.record, changes: [...held.record.changes.slice(1 - CHANGES_KEPT), change]});
		}
	}

	function takeLease({spec}: Lease, now: EpochMs): void {
		const next: LeaseReading = {holder: spec.holderIdentity ?? '', transitions: spec.leaseTransitions, acquiredAt: spec.acquireTime};
		if (lease?.holder === next.holder && lease.transitions === next.transitions) return;
		lease = next;
		const config = controllerNow(sources());
		for (const [key, {record, hpa}] of kept) {
			if (record === undefined) continue;
			const current = replicas.get(targetKeyOf(hpa))?.specReplicas ?? hpa.status.currentReplicas;
			changed(key, {...record, memory: noteLeader(record.memory, next, now, current, config.syncPeriodMs.value)});
		}
	}

	return {
		apply(observation) {
			if (kept.size > waiting) noteRecent(observation);
			else recent.pause();
			if (undecided.size > 0) decideAll(momentOf(observation), observation.kind === 'sample' || observation.kind === 'metricValues');
			if (observation.kind === 'sample') return begin(momentOf(observation));
			if (observation.kind === 'fact') {
				if (observation.fact.name === 'note') state = undefined;
				return;
			}
			if (observation.kind !== 'object') return;
			const {event, resource} = observation;
			const now = momentOf(observation);
			if (event.kind === 'synced') return begin(now);
			if (event.kind !== 'apply' && event.kind !== 'delete') {
				if (event.kind === 'drop' && resource === horizontalpodautoscalers.id) forgetDropped();
				return;
			}
			if (resource === horizontalpodautoscalers.id) {
				if (event.kind === 'delete') forget(keyOf(event.object));
				else takeHpa(event.object as HorizontalPodAutoscaler, now);
			} else if (resource === leases.id) {
				if (event.kind === 'apply' && keyOf(event.object) === CONTROLLER_LEASE) takeLease(event.object as Lease, now);
			} else {
				const target = TARGETS.find(({id}) => id === resource);
				if (target === undefined) return;
				if (event.kind === 'delete') replicas.delete(`${target.kind}/${keyOf(event.object)}`);
				else takeTarget(target.kind, event.object as Stored & Deployment, now);
			}
		},
		read() {
			state ??= {
				records: new Map([...kept].flatMap(([key, {record}]) => (record === undefined ? [] : [[key, record] as const]))),
				controller: controllerNow(sources()),
				evidence,
				undecided: undecided.size,
			};
			return state;
		},
		save: () => ({
			kept: Array.from(kept.values(), ({hpa, record, frozen, undecided: pass}) => ({
				hpa,
				record: record ?? null,
				frozen: frozen ?? null,
				undecided: pass ?? null,
			})),
			replicas: [...replicas],
			lease: lease ?? null,
			evidence,
			recent: recent.save(),
		}),
		restore(saved) {
			kept.clear();
			replicas.clear();
			undecided.clear();
			for (const {hpa, record, frozen, undecided: pass} of saved.kept) {
				kept.set(keyOf(hpa), {hpa, record: record ?? undefined, frozen: frozen ?? undefined, undecided: pass ?? undefined});
				if (pass !== null) undecided.add(keyOf(hpa));
			}
			for (const [target, counts] of saved.replicas) replicas.set(target, counts);
			waiting = saved.kept.filter(({record}) => record === null).length;
			lease = saved.lease ?? undefined;
			evidence = saved.evidence;
			recent.restore(saved.recent ?? [], kept.size > waiting ? sources() : undefined);
			state = undefined;
		},
	};

	function noteRecent(observation: Observation): void {
		if (observation.kind === 'sample') recent.note(momentOf(observation), sources(), undefined);
		else if (observation.kind === 'object' && observation.resource === pods.id) {
			const {event} = observation;
			recent.note(momentOf(observation), sources(), event.kind === 'apply' || event.kind === 'delete' ? keyOf(event.object) : undefined);
		}
	}

	/** The scope was dropped: what the store no longer holds is gone. */
	function forgetDropped(): void {
		const {objects} = sources().snapshot(horizontalpodautoscalers);
		for (const key of [...kept.keys()]) if (!objects.has(key)) forget(key);
	}
}

/** With the controller's own numbers where the status shows others than our samples give. */
function explainAfterwards(input: HpaInput): HpaExplanation {
	return bestOf(input, {pods: input.pods, readings: [input.readings]}, []).explanation;
}

/** With the metrics that the pass saw, and what it found of earlier passes. */
function beforeIts(next: HorizontalPodAutoscaler, previous: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
	const isOfScale = ({type}: {readonly type: string}): boolean => type === 'ScaledToZero';
	const conditions = [...next.status.conditions.filter(each => !isOfScale(each)), ...previous.status.conditions.filter(isOfScale)];
	return {...next, status: {...next.status, lastScaleTime: previous.status.lastScaleTime, conditions}};
}

function tracedOf({raw, proposals, decision, scale}: HpaExplanation): TracedPass | null {
	if (decision === undefined || scale.kind === 'failed') return null;
	return {
		raw: raw !== undefined && raw.low === raw.high ? raw.high : null,
		metric: proposals?.kind === 'count' ? proposals.metric : null,
		current: scale.specReplicas,
		desired: decision.desired,
		reason: decision.reason,
	};
}

function momentOf({at, serverAt}: Observation): EpochMs {
	return serverAt ?? at;
}

function pointOf(explanation: HpaExplanation, {status}: HorizontalPodAutoscaler, at: EpochMs): HpaPoint {
	const {proposals, metrics, raw} = explanation;
	const winner = (proposals?.kind === 'count' ? metrics[proposals.winner] : undefined) ?? metrics[0];
	const ratio = winner === undefined ? undefined : decidingRatio(winner);
	const {up, down} = winner?.tolerances ?? {up: 0, down: 0};
	return {
		at,
		current: status.currentReplicas,
		desired: status.desiredReplicas,
		raw: raw?.high ?? null,
		ratio: ratio === undefined || !Number.isFinite(ratio) ? null : ratio,
		low: 1 - down,
		high: 1 + up,
	};
}
