import {readingsOfPass} from '../analyze/hpa/compare-pass.ts';
import {shownOfPods} from '../analyze/hpa/evaluate-metric.ts';
import {explainHpa, type HpaExplanation} from '../analyze/hpa/explain-hpa.ts';
import type {HpaInput, MetricReading, PodSample} from '../analyze/hpa/hpa-input.ts';
import type {HorizontalPodAutoscaler} from '../kube/resources/horizontalpodautoscalers.ts';
import type {Pod} from '../kube/resources/pods.ts';
import {keyOf, type ObjectKey} from '../kube/schema.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../util/units.ts';
import type {UsageState} from './frame.ts';
import type {EarlierPods} from './recent-pods.ts';

/** Things as they were before a target's count changed: what the pass that changed it has seen. */
export type Frozen = {
	readonly at: EpochMs;
	readonly specReplicas: number;
	readonly statusReplicas: number;
	readonly pods: readonly Pod[];
	readonly readings: readonly MetricReading[];
};

/** A pass whose numbers are not those of our samples: newer ones are on their way, and explain it better. */
export type Undecided = {
	readonly previous: HorizontalPodAutoscaler;
	readonly next: HorizontalPodAutoscaler;
	readonly seenAt: EpochMs;
	readonly before: Frozen;
	/** Pods a moment earlier, the latest first; and what `status.replicas` was. */
	readonly earlier: readonly EarlierPods[];
	readonly otherCounts: readonly number[];
};

/** What a pass may have seen. Readings: the oldest first. */
export type Seen = {readonly pods: HpaInput['pods']; readonly readings: ReadonlyArray<HpaInput['readings']>; readonly statusReplicas?: number};

/**
 * The explanation by the first of those that gives what the status shows and what became of the count.
 *
 * Where none does, it is the first of them, put right by the status: each metric by those readings that give what is
 * shown; else of samples the newest (the pass saw newer ones than were known), and of values, which change all the time,
 * those from before.
 */
export function bestOf(
	input: HpaInput,
	first: Seen,
	others: Iterable<Seen>,
): {readonly explanation: HpaExplanation; readonly wantsSamples: boolean; readonly seen: Seen} {
	const tried = triedWith(input, first);
	const fitting = (all: ReturnType<typeof triedWith>) => all.find(({explanation, isExact}) => isExact && explanation.decision?.desired === input.outcome);
	let found = fitting(tried);
	if (found !== undefined) return {explanation: found.explanation, wantsSamples: false, seen: first};
	for (const seen of others) {
		found = fitting(triedWith(input, seen));
		if (found !== undefined) return {explanation: found.explanation, wantsSamples: false, seen};
	}

	let isExact = true;
	// Where the outcome is another, the values were: a total over no replicas the status does not show.
	let wantsSamples = tried.every(({isExact: fits, explanation}) => fits && explanation.decision?.desired !== input.outcome);
	const readings = input.hpa.spec.metrics.map((_, index) => {
		const exact = tried.find(({explanation, righted}) => righted[index] === explanation.input.readings[index]);
		if (exact !== undefined) return exact.righted[index]!;
		isExact = false;
		const newest = tried.at(-1)!.righted[index]!;
		if (newest.kind !== 'podMetrics') return tried[0]!.righted[index]!;
		wantsSamples = true;
		return newest;
	});
	const whole = tried.find(({righted}) => readings.every((reading, index) => reading === righted[index]));
	return {explanation: isExact && whole !== undefined ? whole.explanation : explainHpa({...input, pods: first.pods, readings}), wantsSamples, seen: first};
}

/** What else the pass may have seen, the likeliest first. */
export function* otherWorlds(first: Seen & {readonly pods: readonly Pod[]}, now: HpaInput['readings'], pass: Undecided, usage: UsageState): Iterable<Seen> {
	const {before, earlier, otherCounts, next} = pass;
	for (const statusReplicas of otherCounts) yield {...first, statusReplicas};
	for (const {pods: then, samples} of earlier) {
		const known = withoutLater(before.readings, then);
		yield {pods: then, readings: [known, newestOf(now, then, pass, usage), withSamples(known, samples, then)]};
	}
	// We may have had newer samples than the pass.
	const previous = before.pods.flatMap(pod => previousSample(usage, keyOf(pod)) ?? []);
	yield {pods: before.pods, readings: [before.readings.map(reading => (reading.kind === 'podMetrics' ? {...reading, samples: previous} : reading))]};
	for (const {pods: then} of [before, ...earlier]) yield {pods: then, readings: [withShownValues(next, then, before.readings)]};
}

/** The newest samples of these pods. Of those that went while the pass was on its way they come once more, or there are only those from before. */
export function newestOf(now: HpaInput['readings'], then: readonly Pod[], {before}: Undecided, usage: UsageState): HpaInput['readings'] {
	const samplesBefore = before.readings.flatMap(reading => (reading.kind === 'podMetrics' ? reading.samples : []));
	const known = withSamples(
		withoutLater(now, then),
		then.flatMap(pod => usage.pods.get(keyOf(pod)) ?? []),
		then,
	);
	return withSamples(known, samplesBefore, then);
}

/** The sample before the latest; undefined where there is none. */
function previousSample(usage: UsageState, key: ObjectKey): PodSample | undefined {
	const latest = usage.pods.get(key);
	if (latest === undefined) return undefined;
	const series = latest.containers.map(({name}) => ({name, ...usage.containerSeries(key, name)}));
	const at = series[0]?.times?.at(-2);
	if (at === undefined) return undefined;
	const containers = series.map(({name, cpu, memory}) => ({name, cpu: cpu?.at(-2) as NanoCores | undefined, memory: memory?.at(-2) as Bytes | undefined}));
	return {...latest, timestamp: at as EpochMs, containers};
}

function triedWith(input: HpaInput, {pods: seen, readings, statusReplicas}: Seen) {
	const scale = statusReplicas === undefined || input.scale.kind === 'failed' ? input.scale : {...input.scale, statusReplicas};
	return readings.map(each => {
		const explanation = explainHpa({...input, scale, pods: seen, readings: each});
		const righted = readingsOfPass(explanation);
		return {explanation, righted, isExact: righted.every((reading, index) => reading === explanation.input.readings[index])};
	});
}

/** Custom metrics as if every pod had the average that the status shows: new pods have a value with the next question, and the pass has asked it. */
function withShownValues(hpa: HorizontalPodAutoscaler, then: readonly Pod[], readings: HpaInput['readings']): HpaInput['readings'] {
	return readings.map((reading, index) => {
		const {average} = reading.kind === 'podValues' ? shownOfPods({hpa}, index) : {average: undefined};
		if (reading.kind !== 'podValues' || average === undefined) return reading;
		const timestamp = reading.values[0]?.timestamp;
		return {kind: 'podValues', values: then.map(({metadata}) => ({pod: metadata.name, value: `${average}m`, timestamp}))};
	});
}

/** With the samples of pods that were still there. */
function withSamples(readings: HpaInput['readings'], samples: readonly PodSample[], then: readonly Pod[]): HpaInput['readings'] {
	const names = new Set(then.map(({metadata}) => metadata.name));
	return readings.map(reading => {
		if (reading.kind !== 'podMetrics') return reading;
		const held = new Set(reading.samples.map(({name}) => name));
		const more = samples.filter(({name}) => names.has(name) && !held.has(name));
		return more.length === 0 ? reading : {...reading, samples: [...reading.samples, ...more]};
	});
}

/** Without those of pods that came after the pass. */
function withoutLater(readings: HpaInput['readings'], known: readonly Pod[]): HpaInput['readings'] {
	const names = new Set(known.map(({metadata}) => metadata.name));
	return readings.map(reading => (reading.kind === 'podMetrics' ? {...reading, samples: reading.samples.filter(({name}) => names.has(name))} : reading));
}
