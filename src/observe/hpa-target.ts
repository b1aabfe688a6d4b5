import type {ScaleReading} from '../analyze/hpa/hpa-input.ts';
import {parseSelector, type Requirement, selectorText} from '../kube/label-selector.ts';
import {deployments} from '../kube/resources/deployments.ts';
import {type HorizontalPodAutoscaler, horizontalpodautoscalers} from '../kube/resources/horizontalpodautoscalers.ts';
import {keyOf, type ObjectKey} from '../kube/schema.ts';
import type {LabelSelector} from '../kube/resources/meta.ts';
import {replicasets} from '../kube/resources/replicasets.ts';
import {statefulsets} from '../kube/resources/statefulsets.ts';
import {metricRequestOf, type MetricRequest} from './hpa-metric-requests.ts';
import {notedScale, type ScaleTarget, scaleTargetOf} from './hpa-scale-notes.ts';
import type {HpaSources} from './hpa-sources.ts';

/** The kinds whose scale can be worked out from the object itself. */
export const TARGETS = [deployments, statefulsets, replicasets] as const;

/** `Kind/namespace/name` of what an HPA scales. */
export const targetKeyOf = ({metadata, spec}: HorizontalPodAutoscaler): string =>
	`${spec.scaleTargetRef.kind}/${metadata.namespace}/${spec.scaleTargetRef.name}`;

/** A target as its scale subresource would show it. */
export type TargetScale = {readonly specReplicas: number; readonly statusReplicas: number; readonly selector: string};

type ScaledObject = {
	readonly spec: {readonly replicas: number | undefined; readonly selector: LabelSelector | undefined};
	readonly status: {readonly replicas: number};
};

/** The scale of a Deployment, StatefulSet or ReplicaSet. Without replicas the server's default, 1, counts. */
export function scaleOf({spec, status}: ScaledObject): TargetScale {
	const selector = selectorText(spec.selector);
	return {specReplicas: spec.replicas ?? 1, statusReplicas: status.replicas, selector: selector === '<none>' ? '' : selector};
}

/** The resource that an HPA's target is one of; undefined for kinds whose scale cannot be worked out. */
export function targetResourceOf({spec}: HorizontalPodAutoscaler): (typeof TARGETS)[number] | undefined {
	const {kind, apiVersion} = spec.scaleTargetRef;
	return TARGETS.find(resource => resource.kind === kind && (apiVersion === '' || apiVersion.startsWith(`${resource.group}/`)));
}

/** The scale of an HPA's target as the stores have it. */
export function readScale(sources: Pick<HpaSources, 'snapshot' | 'facts'>, hpa: HorizontalPodAutoscaler): ScaleReading {
	const {kind, name} = hpa.spec.scaleTargetRef;
	const {namespace} = hpa.metadata;
	const resource = targetResourceOf(hpa);
	if (resource === undefined) return notedScale(sources.facts, scaleTargetOf(hpa));
	const snapshot = sources.snapshot(resource as typeof deployments);
	const object = snapshot.objects.get(`${namespace}/${name}`);
	if (object === undefined)
		return {kind: 'failed', message: snapshot.hasSynced ? `${resource.id}.${resource.group} "${name}" not found` : `${resource.id} are not known yet`};
	return {kind: 'read', ...scaleOf(object), from: `${kind} ${namespace}/${name}`, at: undefined};
}

/** What a scale's selector demands; undefined where it selects nothing that can be counted. */
export function requirementsOf(scale: ScaleReading): readonly Requirement[] | undefined {
	if (scale.kind === 'failed' || scale.selector === '') return undefined;
	const parsed = parseSelector(scale.selector);
	return parsed.ok ? parsed.value : undefined;
}

/** Targets that have to be asked for their scale, and who scales them. */
export function scaleTargetsOf(sources: Pick<HpaSources, 'snapshot'>): ReadonlyArray<{readonly hpa: ObjectKey; readonly target: ScaleTarget}> {
	return Array.from(sources.snapshot(horizontalpodautoscalers).objects.values()).flatMap(hpa =>
		targetResourceOf(hpa) === undefined && hpa.spec.scaleTargetRef.kind !== '' ? [{hpa: keyOf(hpa), target: scaleTargetOf(hpa)}] : [],
	);
}

/** What all autoscalers ask of the custom and external metrics APIs, and who asks it. */
export function metricRequestsOf(sources: Pick<HpaSources, 'snapshot' | 'facts'>): ReadonlyArray<{readonly hpa: ObjectKey; readonly request: MetricRequest}> {
	return Array.from(sources.snapshot(horizontalpodautoscalers).objects.values(), hpa => {
		if (!hpa.spec.metrics.some(({type}) => type === 'Pods' || type === 'Object' || type === 'External')) return [];
		const scale = readScale(sources, hpa);
		if (scale.kind === 'failed') return [];
		return hpa.spec.metrics.flatMap(spec => {
			const request = metricRequestOf(hpa.metadata.namespace, spec, scale.selector);
			return request === undefined ? [] : [{hpa: keyOf(hpa), request}];
		});
	}).flat();
}
