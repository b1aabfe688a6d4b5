import {comparePass, isNewPass, type PassComparison, passReportOf, readingsOfPass} from '../analyze/hpa/compare-pass.ts';
import type {ControllerConfig} from '../analyze/hpa/controller-config.ts';
import {explainHpa, type HpaExplanation} from '../analyze/hpa/explain-hpa.ts';
import type {ReplicaChange} from '../analyze/hpa/find-problems.ts';
import type {MetricReading} from '../analyze/hpa/hpa-input.ts';
import {beginMemory, forgetExpired, type HpaMemory, type LeaseReading, noteLeader, rememberPass} from '../analyze/hpa/memory.ts';
import {decidingRatio} from '../analyze/hpa/why-hpa.ts';
import type {Deployment} from '../kube/resources/deployments.ts';
import type {deployments} from '../kube/resources/deployments.ts';
import {type HorizontalPodAutoscaler, horizontalpodautoscalers} from '../kube/resources/horizontalpodautoscalers.ts';
import {type Lease, leases} from '../kube/resources/leases.ts';
import {type Pod, pods} from '../kube/resources/pods.ts';
import {keyOf, type ObjectKey, type Stored} from '../kube/schema.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {createHpaBook} from './hpa-book.ts';
import {type FlagEvidence, inferredController, NO_EVIDENCE, notedController, withGap, withHint} from './hpa-controller.ts';
import type {HpaSources} from './hpa-sources.ts';
import {scaleOf, TARGETS, targetKeyOf, targetResourceOf} from './hpa-target.ts';
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
export type JudgedPass = Pick<PassComparison, 'verdict' | 'text' | 'cause' | 'differences'> & {readonly at: EpochMs; readonly traced: TracedPass | null};

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
};

/** Things as they were before a target's count changed: what the pass that changed it has seen. */
type Frozen = {
	readonly at: EpochMs;
	readonly specReplicas: number;
	readonly statusReplicas: number;
	readonly pods: readonly Pod[];
	readonly readings: readonly MetricReading[];
};

type Kept = {
	/** As the last pass that is known of left it. */
	hpa: HorizontalPodAutoscaler;
	record: HpaRecord | undefined;
	frozen: Frozen | undefined;
};

/** What the fold remembers, written down; objects as in a saved store. */
export type SavedHpas = {
	readonly kept: ReadonlyArray<{
		readonly hpa: HorizontalPodAutoscaler;
		readonly record: HpaRecord | null;
		readonly frozen: Frozen | null;
	}>;
	readonly replicas: ReadonlyArray<readonly [string, {readonly specReplicas: number; readonly statusReplicas: number}]>;
	readonly lease: LeaseReading | null;
	readonly evidence: FlagEvidence;
};

const POINTS_KEPT = 240;
const JUDGED_KEPT = 20;
const CHANGES_KEPT = 20;
/** The controller writes the status right after the scale; what was seen before that counts for so long. */
const FROZEN_FOR_MS = 10_000;
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
	const replicas = new Map<string, {readonly specReplicas: number; readonly statusReplicas: number}>();
	let lease: LeaseReading | undefined;
	let evidence = NO_EVIDENCE;
	/** HPAs whose memory has not begun: their pods or targets are not known yet. */
	let waiting = 0;
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
			kept.set(key, {hpa, record: undefined, frozen: undefined});
			waiting++;
			begin(now);
			return;
		}
		const previous = known.hpa;
		known.hpa = hpa;
		if (known.record === undefined) return begin(now);
		if (!isNewPass(previous.status, hpa.status)) return;
		notePass(key, known, known.record, previous, hpa, now);
	}

	function notePass(key: ObjectKey, held: Kept, record: HpaRecord, previous: HorizontalPodAutoscaler, next: HorizontalPodAutoscaler, now: EpochMs): void {
		const from = sources();
		book.update(from);
		const config = controllerNow(from);
		const didRescale = next.status.lastScaleTime !== undefined && next.status.lastScaleTime !== previous.status.lastScaleTime;
		const before = didRescale && held.frozen !== undefined && now - held.frozen.at < FROZEN_FOR_MS ? held.frozen : undefined;
		held.frozen = undefined;
		const {memory} = record;
		const found = book.inputOf(key, {now, memory, controller: config}, before === undefined ? {} : {pods: before.pods, readings: before.readings});
		if (found === undefined) return;
		const scale =
			found.scale.kind === 'failed'
				? found.scale
				: {...found.scale, specReplicas: next.status.currentReplicas, statusReplicas: before?.statusReplicas ?? found.scale.statusReplicas};
		const expected = explainHpa({...found, scale, hpa: {...next, status: previous.status}});
		const comparison = comparePass(expected, next);
		const seen = explainAfterwards({...found, scale, hpa: beforeIts(next, previous)});
		const raw = seen.raw;
		const report = passReportOf(previous, next, raw, now);
		if (report === undefined) return;
		const syncPeriodMs = config.syncPeriodMs.value;
		const lastPass = memory.lastPass;
		const gap = lastPass === undefined ? undefined : report.at.to - lastPass.to;
		if (gap !== undefined && gap > 0 && gap < LONGEST_GAP_MS) evidence = withGap(evidence, gap);
		evidence = withHint(evidence, comparison.hint);
		const {verdict, text, cause, differences} = comparison;
		changed(key, {
			memory: forgetExpired(rememberPass(memory, report, syncPeriodMs), now, LONGEST_WINDOW_MS),
			points: [...record.points.slice(1 - POINTS_KEPT), pointOf(seen, next, now)],
			counts: {...record.counts, [verdict]: record.counts[verdict] + 1},
			judged: [...record.judged.slice(1 - JUDGED_KEPT), {at: now, verdict, text, cause, differences, traced: tracedOf(seen)}],
			changes: record.changes,
		});
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
		kept.delete(key);
		state = undefined;
	}

	// ---- what moves them ----

	function takeTarget(kind: string, object: Stored & Deployment, now: EpochMs): void {
		const target = `${kind}/${keyOf(object)}`;
		const scale = scaleOf(object);
		const before = replicas.get(target);
		if (before?.specReplicas === scale.specReplicas && before.statusReplicas === scale.statusReplicas) return;
		replicas.set(target, scale);
		if (before === undefined || before.specReplicas === scale.specReplicas) return;
		const from = sources();
		book.update(from);
		for (const key of book.hpasOn(target)) {
			const held = kept.get(key);
			if (held?.record === undefined) continue;
			held.frozen = {at: now, ...before, pods: book.podsOf(key), readings: book.readingsOf(key, now)};
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
			if (observation.kind === 'sample') return begin(momentOf(observation));
			if (observation.kind === 'fact' || observation.kind === 'metricValues') {
				if (observation.kind === 'fact' && observation.fact.name === 'note') state = undefined;
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
			};
			return state;
		},
		save: () => ({
			kept: Array.from(kept.values(), ({hpa, record, frozen}) => ({hpa, record: record ?? null, frozen: frozen ?? null})),
			replicas: [...replicas],
			lease: lease ?? null,
			evidence,
		}),
		restore(saved) {
			kept.clear();
			replicas.clear();
			for (const {hpa, record, frozen} of saved.kept) kept.set(keyOf(hpa), {hpa, record: record ?? undefined, frozen: frozen ?? undefined});
			for (const [target, counts] of saved.replicas) replicas.set(target, counts);
			waiting = saved.kept.filter(({record}) => record === null).length;
			lease = saved.lease ?? undefined;
			evidence = saved.evidence;
			state = undefined;
		},
	};

	/** The scope was dropped: what the store no longer holds is gone. */
	function forgetDropped(): void {
		const {objects} = sources().snapshot(horizontalpodautoscalers);
		for (const key of [...kept.keys()]) if (!objects.has(key)) forget(key);
	}
}

/** With the controller's own numbers where the status shows others than our samples give. */
function explainAfterwards(input: Parameters<typeof explainHpa>[0]): HpaExplanation {
	const first = explainHpa(input);
	const readings = readingsOfPass(first);
	const isSame = readings.every((reading, index) => reading === first.input.readings[index]);
	return isSame ? first : explainHpa({...input, readings});
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
