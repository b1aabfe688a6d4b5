import type {LabelSelector, MetricSpec} from '../analyze/hpa/hpa-input.ts';

export type MetricsGroup = 'custom.metrics.k8s.io' | 'external.metrics.k8s.io';

/** A question to the custom or the external metrics API. */
export type MetricRequest = {
	/** Names the question wherever its answer is kept; HPAs that ask the same share one answer. */
	readonly key: string;
	readonly group: MetricsGroup;
	/** Below the group's version, percent-encoded: `namespaces/shop/pods/%2A/requests`. */
	readonly path: string;
	readonly query: Readonly<Record<string, string>>;
};

/**
 * The question that the controller asks for one metric; undefined where it asks the metrics API, or none.
 *
 * @param selector `status.selector` of the scale.
 * Source: k8s.io/metrics v0.37.2 pkg/client/custom_metrics/versioned_client.go, GetForObjects, GetForObject;
 * pkg/client/external_metrics/client.go, List.
 */
export function metricRequestOf(namespace: string, spec: MetricSpec, selector: string): MetricRequest | undefined {
	const within = `namespaces/${encodeURIComponent(namespace)}`;
	if (spec.type === 'Pods' && spec.pods !== undefined) {
		const {name, selector: metricSelector} = spec.pods.metric;
		return request('custom.metrics.k8s.io', `${within}/pods/*/${encodeURIComponent(name)}`, {
			labelSelector: selector,
			metricLabelSelector: selectorQuery(metricSelector),
		});
	}
	if (spec.type === 'Object' && spec.object !== undefined) {
		const {describedObject, metric} = spec.object;
		const object =
			describedObject.kind === 'Namespace'
				? `namespaces/${encodeURIComponent(describedObject.name)}/metrics`
				: `${within}/${encodeURIComponent(resourceOf(describedObject))}/${encodeURIComponent(describedObject.name)}`;
		return request('custom.metrics.k8s.io', `${object}/${encodeURIComponent(metric.name)}`, {metricLabelSelector: selectorQuery(metric.selector)});
	}
	if (spec.type === 'External' && spec.external !== undefined) {
		const {metric} = spec.external;
		return request('external.metrics.k8s.io', `${within}/${encodeURIComponent(metric.name)}`, {labelSelector: selectorQuery(metric.selector)});
	}
	return undefined;
}

function request(group: MetricsGroup, path: string, all: Readonly<Record<string, string>>): MetricRequest {
	const query = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
	return {key: `${group} ${path}?${new URLSearchParams(query)}`, group, path, query};
}

function selectorQuery(selector: LabelSelector | undefined): string {
	if (selector === undefined) return '';
	const parts = [...selector.matchLabels].map(([key, value]) => `${key}=${value}`);
	for (const {key, operator, values} of selector.matchExpressions) {
		if (operator === 'Exists') parts.push(key);
		else if (operator === 'DoesNotExist') parts.push(`!${key}`);
		else parts.push(`${key} ${operator.toLowerCase()} (${[...values].sort().join(',')})`);
	}
	return parts.sort().join(',');
}

/**
 * `services`, `deployments.apps`: the resource of a kind, guessed by its spelling.
 * Source: k8s.io/apimachinery v0.37.2 pkg/api/meta/restmapper.go, UnsafeGuessKindToResource.
 */
function resourceOf({kind, apiVersion}: {readonly kind: string; readonly apiVersion: string}): string {
	const singular = kind.toLowerCase();
	const plural =
		singular === 'endpoints' ? singular : singular.endsWith('s') ? `${singular}es` : singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`;
	const slash = apiVersion.indexOf('/');
	return slash < 0 ? plural : `${plural}.${apiVersion.slice(0, slash)}`;
}
