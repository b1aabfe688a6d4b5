import type {Pod} from '../../kube/resources/pods.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../../util/units.ts';

/** Use of one container as a sample gives it; undefined: it does not say. */
export type ContainerUsage = {readonly name: string; readonly cpu: NanoCores | undefined; readonly memory: Bytes | undefined};

/** A sample of a pod; its interval is [timestamp − windowMs, timestamp]. */
export type PodSample = {readonly timestamp: EpochMs; readonly windowMs: number; readonly containers: readonly ContainerUsage[]};

/** A sample of a node. */
export type NodeSample = {
	readonly timestamp: EpochMs;
	readonly windowMs: number;
	readonly usage: {readonly cpu: NanoCores | undefined; readonly memory: Bytes | undefined};
};

/** Use of a whole pod: the sum of its containers. */
export type PodUsage = {
	/** undefined: no container says. */
	readonly cpu: number | undefined;
	readonly memory: number | undefined;
	/** Containers that run and that the sample does not tell of: the sums are at least so much. */
	readonly missing: readonly string[];
};

/** metrics-server's deployed resolution: what we go by until four samples have been seen. */
const USUAL_CADENCE_MS = 15_000;
const STALE_FLOOR_MS = 90_000;

/** `fresh` up to two cadences; `stale` beyond three, and beyond 90 s; between them it is `late`. */
export type SampleAge = {readonly ageMs: number; readonly kind: 'fresh' | 'late' | 'stale'};

/**
 * How old a sample is, measured by how often new ones come.
 *
 * @param cadenceMs Median distance of timestamps, undefined while nobody knows.
 */
export function sampleAge(timestamp: EpochMs, now: EpochMs, cadenceMs: number | undefined): SampleAge {
	const ageMs = now - timestamp;
	const [freshMs, lateMs] = limitsOf(cadenceMs);
	return {ageMs, kind: ageMs <= freshMs ? 'fresh' : ageMs > lateMs ? 'stale' : 'late'};
}

/** When {@link sampleAge} will call it something else; undefined: it stays `stale`. */
export function sampleAgeChangesAt(timestamp: EpochMs, now: EpochMs, cadenceMs: number | undefined): number | undefined {
	const [freshMs, lateMs] = limitsOf(cadenceMs);
	const ageMs = now - timestamp;
	// A millisecond later it is beyond.
	return ageMs > lateMs ? undefined : timestamp + (ageMs <= freshMs ? freshMs : lateMs) + 1;
}

/** Up to what age a sample is fresh, and up to what age it is merely late. */
function limitsOf(cadenceMs: number = USUAL_CADENCE_MS): readonly [freshMs: number, lateMs: number] {
	return [2 * cadenceMs, Math.max(3 * cadenceMs, STALE_FLOOR_MS)];
}

/**
 * The sample, if it is about this pod: one that was taken before the pod started belongs to a predecessor of the same name.
 */
export function ownSample<S extends {readonly timestamp: EpochMs}>(pod: Pod, sample: S | undefined): S | undefined {
	const {startTime} = pod.status;
	return sample !== undefined && (startTime === undefined || sample.timestamp >= startTime) ? sample : undefined;
}

/** Sums the containers of a sample, in nano-cores and bytes, without rounding. */
export function podUsage(pod: Pod, sample: PodSample): PodUsage {
	return {cpu: sampleSum(sample, 'cpu'), memory: sampleSum(sample, 'memory'), missing: missingFrom(pod, sample)};
}

/** The sum over the containers of a sample alone; undefined: none of them says. */
export function sampleSum({containers}: Pick<PodSample, 'containers'>, resource: 'cpu' | 'memory'): number | undefined {
	let sum: number | undefined;
	for (const {[resource]: amount} of containers) if (amount !== undefined) sum = (sum ?? 0) + amount;
	return sum;
}

/** Running containers without a figure. Those that have ended use nothing, and no sample tells of them. */
function missingFrom(pod: Pod, sample: PodSample): readonly string[] {
	let missing: string[] | undefined;
	for (const statuses of [pod.status.containerStatuses, pod.status.initContainerStatuses]) {
		for (const {name, state} of statuses) {
			if (state.running === undefined || isMeasured(sample, name)) continue;
			missing ??= [];
			missing.push(name);
		}
	}
	return missing ?? NONE;
}

function isMeasured({containers}: PodSample, name: string): boolean {
	for (const usage of containers) if (usage.name === name) return usage.cpu !== undefined && usage.memory !== undefined;
	return false;
}

const NONE: readonly string[] = [];
