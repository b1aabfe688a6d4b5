import type {ObjectOf} from '../schema.ts';
import {defineResource, int, message, messages, OBJECT_META, optional, quantity, string, time, word} from '../schema.ts';
import {LABEL_SELECTOR, namespaceOf} from './meta.ts';

const OBJECT_REFERENCE = {kind: word(1), name: word(2), apiVersion: word(3)} as const;
const METRIC_IDENTIFIER = {name: word(1), selector: optional(message(2, LABEL_SELECTOR))} as const;
const METRIC_TARGET = {type: word(1), value: optional(quantity(2)), averageValue: optional(quantity(3)), averageUtilization: optional(int(4))} as const;
const METRIC_VALUE = {value: optional(quantity(1)), averageValue: optional(quantity(2)), averageUtilization: optional(int(3))} as const;

const SCALING_RULES = {
	selectPolicy: optional(word(1)),
	policies: messages(2, {type: word(1), value: int(2), periodSeconds: int(3)}),
	stabilizationWindowSeconds: optional(int(3)),
	tolerance: optional(quantity(4)),
} as const;

const METRIC_SPEC = {
	type: word(1),
	object: optional(message(2, {describedObject: message(1, OBJECT_REFERENCE), target: message(2, METRIC_TARGET), metric: message(3, METRIC_IDENTIFIER)})),
	pods: optional(message(3, {metric: message(1, METRIC_IDENTIFIER), target: message(2, METRIC_TARGET)})),
	resource: optional(message(4, {name: word(1), target: message(2, METRIC_TARGET)})),
	external: optional(message(5, {metric: message(1, METRIC_IDENTIFIER), target: message(2, METRIC_TARGET)})),
	containerResource: optional(message(7, {name: word(1), target: message(2, METRIC_TARGET), container: word(3)})),
} as const;

const METRIC_STATUS = {
	type: word(1),
	object: optional(message(2, {metric: message(1, METRIC_IDENTIFIER), current: message(2, METRIC_VALUE), describedObject: message(3, OBJECT_REFERENCE)})),
	pods: optional(message(3, {metric: message(1, METRIC_IDENTIFIER), current: message(2, METRIC_VALUE)})),
	resource: optional(message(4, {name: word(1), current: message(2, METRIC_VALUE)})),
	external: optional(message(5, {metric: message(1, METRIC_IDENTIFIER), current: message(2, METRIC_VALUE)})),
	containerResource: optional(message(7, {name: word(1), current: message(2, METRIC_VALUE), container: word(3)})),
} as const;

/** autoscaling/v2 alone: v1 hides most of it in annotations. */
export const horizontalpodautoscalers = defineResource({
	id: 'horizontalpodautoscalers',
	kind: 'HorizontalPodAutoscaler',
	group: 'autoscaling',
	versions: ['v2'],
	scope: 'namespaced',
	fields: {
		metadata: message(1, OBJECT_META),
		spec: message(2, {
			scaleTargetRef: message(1, OBJECT_REFERENCE),
			minReplicas: optional(int(2)),
			maxReplicas: int(3),
			metrics: messages(4, METRIC_SPEC),
			behavior: optional(message(5, {scaleUp: optional(message(1, SCALING_RULES)), scaleDown: optional(message(2, SCALING_RULES))})),
		}),
		status: message(3, {
			observedGeneration: optional(int(1)),
			lastScaleTime: time(2),
			currentReplicas: int(3),
			desiredReplicas: int(4),
			currentMetrics: messages(5, METRIC_STATUS),
			conditions: messages(6, {
				type: word(1),
				status: word(2),
				lastTransitionTime: time(3),
				reason: word(4),
				message: string(5),
				observedGeneration: optional(int(6)),
			}),
		}),
	},
	indexes: {
		namespace: namespaceOf,
		/** `Kind/namespace/name` of what it scales. */
		target: hpa => `${hpa.spec.scaleTargetRef.kind}/${hpa.metadata.namespace}/${hpa.spec.scaleTargetRef.name}`,
	},
});

export type HorizontalPodAutoscaler = ObjectOf<typeof horizontalpodautoscalers.fields>;
export type MetricSpec = HorizontalPodAutoscaler['spec']['metrics'][number];
export type MetricStatus = HorizontalPodAutoscaler['status']['currentMetrics'][number];
export type MetricTarget = ObjectOf<typeof METRIC_TARGET>;
export type MetricValueStatus = ObjectOf<typeof METRIC_VALUE>;
export type ScalingRules = ObjectOf<typeof SCALING_RULES>;
