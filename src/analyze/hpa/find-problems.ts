import type {EpochMs} from '../../util/epoch-ms.ts';
import {durationText} from './amount-text.ts';
import type {HpaExplanation} from './explain-hpa.ts';
import type {Hpa, HpaPod} from './hpa-input.ts';
import type {Rescale} from './memory.ts';

export type FindingId =
	| 'sameTarget'
	| 'overlappingSelectors'
	| 'missingRequests'
	| 'staleMetrics'
	| 'futureMetrics'
	| 'missingMetrics'
	| 'unreadableAdapter'
	| 'manualReplicas'
	| 'flapping';

/** Something about HPAs that a person should know. */
export type Finding = {
	readonly id: FindingId;
	readonly kind: 'bad' | 'warn';
	/** `namespace/name` of those concerned. */
	readonly hpas: readonly string[];
	/** One line: what is so. */
	readonly text: string;
	/** One line: what to do. */
	readonly advice: string;
};

export const hpaKey = ({metadata}: Pick<Hpa, 'metadata'>): string => `${metadata.namespace}/${metadata.name}`;

/** Two HPAs that scale one target fight, or stop each other. */
export function findSharedTargets(hpas: readonly Hpa[]): readonly Finding[] {
	const byTarget = new Map<string, string[]>();
	for (const hpa of hpas) {
		const {kind, name, apiVersion} = hpa.spec.scaleTargetRef;
		const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
		const target = `${kind}${group === '' || group === 'apps' ? '' : `.${group}`} ${hpa.metadata.namespace}/${name}`;
		byTarget.set(target, [...(byTarget.get(target) ?? []), hpaKey(hpa)]);
	}
	return [...byTarget].flatMap(([target, keys]) =>
		keys.length < 2
			? []
			: [
					{
						id: 'sameTarget' as const,
						kind: 'bad' as const,
						hpas: [...keys].sort(),
						text: `${keys.length} HPAs scale ${target}: ${[...keys].sort().join(', ')}`,
						advice: 'keep one, and give it all the metrics',
					},
				],
	);
}

/** The pods that an HPA's selector matches; undefined where it could not be read. */
export type SelectedPods = {readonly hpa: Pick<Hpa, 'metadata'>; readonly pods: readonly HpaPod[]};

/**
 * Who shares a pod with whom: by HPA, the others whose selector matches one of its pods.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, hpasControllingPodsUnderSelector.
 */
export function overlapsOf(selected: readonly SelectedPods[]): ReadonlyMap<string, readonly string[]> {
	const byPod = new Map<string, string[]>();
	const overlaps = new Map<string, Set<string>>();
	for (const {hpa, pods} of selected) {
		const key = hpaKey(hpa);
		for (const {metadata} of pods) {
			const podKey = `${metadata.namespace}/${metadata.name}`;
			const sharers = byPod.get(podKey);
			if (sharers === undefined) {
				byPod.set(podKey, [key]);
				continue;
			}
			for (const other of sharers) {
				if (other === key) continue;
				overlaps.set(key, (overlaps.get(key) ?? new Set()).add(other));
				overlaps.set(other, (overlaps.get(other) ?? new Set()).add(key));
			}
			if (!sharers.includes(key)) sharers.push(key);
		}
	}
	return new Map([...overlaps].map(([key, others]) => [key, [...others].sort()]));
}

/** Overlapping selectors as findings, one a set of HPAs. */
export function findOverlaps(overlaps: ReadonlyMap<string, readonly string[]>): readonly Finding[] {
	const seen = new Set<string>();
	return [...overlaps].flatMap(([key, others]) => {
		const all = [key, ...others].sort();
		const id = all.join(' ');
		if (seen.has(id)) return [];
		seen.add(id);
		return [
			{
				id: 'overlappingSelectors' as const,
				kind: 'bad' as const,
				hpas: all,
				text: `the selectors of ${all.join(' and ')} match the same pods: none of them scales`,
				advice: 'give the targets selectors that tell their pods apart',
			},
		];
	});
}

/** How old a sample may be before it is called stale: three of the usual 15 s, and a minute and a half at least. */
const STALE_AFTER_MS = 90_000;

/** What is wrong with one HPA's metrics and pods. */
export function findProblems(explanation: HpaExplanation): readonly Finding[] {
	const {metrics, at, namespace, name} = explanation;
	const hpas = [`${namespace}/${name}`];
	return metrics.flatMap((metric): readonly Finding[] => {
		const {result, samples, label, type} = metric;
		const findings: Finding[] = [];
		if (result.kind === 'failed') {
			const [gap, ...others] = result.failure.gaps ?? [];
			if (gap !== undefined) {
				findings.push({
					id: 'missingRequests',
					kind: 'bad',
					hpas,
					text: `${gap.message}${others.length === 0 ? '' : ` (and ${others.length} more)`}: ${label} gives no number`,
					advice: 'give every container of every pod that the selector matches the request, or measure one container (ContainerResource)',
				});
			} else if (result.failure.groups !== undefined) {
				findings.push({
					id: 'missingMetrics',
					kind: 'warn',
					hpas,
					text: `${label}: ${result.failure.message}`,
					advice: 'it clears by itself once the pods are up and measured; if it does not, look at readiness and at the metrics server',
				});
			} else {
				findings.push({
					id: 'unreadableAdapter',
					kind: 'bad',
					hpas,
					text: `${label}: ${result.message}`,
					advice:
						type === 'Resource' || type === 'ContainerResource'
							? 'look at APIService v1beta1.metrics.k8s.io and the metrics server'
							: 'look at the adapter and its APIService',
				});
			}
		}
		if (result.kind === 'pods' && result.calculation.groups.missing > 0) {
			const {missing, pods} = result.calculation.groups;
			const names = pods.filter(({group}) => group === 'missing').map(({pod}) => pod.metadata.name);
			findings.push({
				id: 'missingMetrics',
				kind: 'warn',
				hpas,
				text: `${label}: no sample of ${missing} of ${pods.length} pods (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}); they hold back shrinking and growing`,
				advice: 'new and restarted pods get their first sample after one or two scrapes; finished pods of the same labels never do',
			});
		}
		if (samples !== undefined && at - samples.oldest > STALE_AFTER_MS) {
			findings.push({
				id: 'staleMetrics',
				kind: 'warn',
				hpas,
				text: `${label}: the oldest sample is ${durationText(at - samples.oldest)} old`,
				advice: 'look at what delivers the metric: the controller takes any age',
			});
		}
		if (samples !== undefined && samples.newest > at + 1000) {
			findings.push({
				id: 'futureMetrics',
				kind: 'warn',
				hpas,
				text: `${label}: a sample is ${durationText(samples.newest - at)} ahead of the server's clock`,
				advice: 'compare the clocks of the nodes, of the adapter and of the API server',
			});
		}
		return findings;
	});
}

/** A change of `spec.replicas` of a target. */
export type ReplicaChange = {readonly from: number; readonly to: number; readonly seenAt: EpochMs};

/** An entry of the target's managedFields that owns `spec.replicas`. */
export type ReplicaManager = {readonly manager: string; readonly subresource: string; readonly operation: string; readonly time: EpochMs | undefined};

/** The field manager of the HPA's own writes. */
const CONTROLLER_MANAGER = 'kube-controller-manager';

/**
 * Was the count changed by somebody else? The controller's own changes move `lastScaleTime`.
 *
 * @param rescales What the controller did, from the memory.
 * @param managers Who owns the field now; the latest writer is named. Empty: not known.
 */
export function findManualChange(key: string, change: ReplicaChange, rescales: readonly Rescale[], managers: readonly ReplicaManager[]): Finding | undefined {
	const isOwn = rescales.some(({from, to, at}) => from === change.from && to === change.to && Math.abs(at.to - change.seenAt) < 30_000);
	if (isOwn || change.from === change.to) return undefined;
	const writer = managers
		.filter(({manager, subresource}) => !(manager === CONTROLLER_MANAGER && subresource === 'scale'))
		.sort((a, b) => (b.time ?? 0) - (a.time ?? 0))[0];
	return {
		id: 'manualReplicas',
		kind: 'warn',
		hpas: [key],
		text: `somebody else changed the replicas ${change.from} → ${change.to}${writer === undefined ? '' : `: ${writer.manager} (${writer.operation.toLowerCase()}${writer.subresource === '' ? '' : `, ${writer.subresource}`})`}`,
		advice: 'leave spec.replicas out of what is applied, or the count falls back with every deployment',
	};
}

/** Did the count go both ways within one window? */
export function findFlapping(key: string, rescales: readonly Rescale[], now: EpochMs, windowMs: number): Finding | undefined {
	const recent = rescales.filter(({at}) => now - at.to <= windowMs);
	const ups = recent.filter(({from, to}) => to > from).length;
	const downs = recent.length - ups;
	if (ups === 0 || downs === 0) return undefined;
	const path = [recent[0]!.from, ...recent.map(({to}) => to)].join(' → ');
	return {
		id: 'flapping',
		kind: 'warn',
		hpas: [key],
		text: `${ups} up and ${downs} down within ${durationText(windowMs)}: ${path}`,
		advice: 'widen the stabilization window of scaleDown, or the tolerance, or smooth the metric',
	};
}
