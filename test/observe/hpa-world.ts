import {resourceById} from '../../src/kube/registry.ts';
import {deployments} from '../../src/kube/resources/deployments.ts';
import {horizontalpodautoscalers} from '../../src/kube/resources/horizontalpodautoscalers.ts';
import {leases} from '../../src/kube/resources/leases.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import type {Fields, ObjectOf, Stored} from '../../src/kube/schema.ts';
import {createStream, type Stream} from '../../src/observe/create-stream.ts';
import type {Observation, ObservationBody} from '../../src/observe/observation.ts';
import {samplesOf} from '../../src/observe/samples.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../../src/util/units.ts';
import {decodeJson, Words} from '../../src/wire/decode-json.ts';
import {fakeClock} from './fake-clock.ts';

export const START = Date.UTC(2026, 10, 24, 12);

const words = new Words();
let version = 1;

function decoded<F extends Fields>(fields: F, json: unknown): ObjectOf<F> & Stored {
	const result = decodeJson(fields, json, words);
	if (!result.ok) throw new Error(result.error);
	return result.value as ObjectOf<F> & Stored;
}

const time = (moment: number): string => new Date(moment).toISOString();
const metadata = (namespace: string, name: string, more: object = {}): object => ({
	namespace,
	name,
	uid: `${namespace}-${name}`,
	resourceVersion: String(version++),
	creationTimestamp: time(START - 3_600_000),
	...more,
});

export type HpaOptions = {
	readonly name?: string;
	readonly current?: number;
	readonly desired?: number;
	readonly utilization?: number | undefined;
	readonly lastScaleTime?: number | undefined;
	readonly reason?: string;
	readonly metrics?: readonly unknown[];
	readonly max?: number;
	readonly target?: {readonly kind: string; readonly name: string; readonly apiVersion: string};
};

/** An HPA on cpu at 50%, as a pass left it. */
export function hpaObject({
	name = 'web',
	current = 2,
	desired = current,
	utilization = 50,
	lastScaleTime,
	reason = 'ReadyForNewScale',
	metrics,
	max = 10,
	target,
}: HpaOptions = {}) {
	return decoded(horizontalpodautoscalers.fields, {
		metadata: metadata('shop', name),
		spec: {
			scaleTargetRef: target ?? {kind: 'Deployment', name, apiVersion: 'apps/v1'},
			minReplicas: 1,
			maxReplicas: max,
			metrics: metrics ?? [{type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization', averageUtilization: 50}}}],
		},
		status: {
			currentReplicas: current,
			desiredReplicas: desired,
			...(lastScaleTime === undefined ? {} : {lastScaleTime: time(lastScaleTime)}),
			currentMetrics: [{type: 'Resource', resource: {name: 'cpu', current: {averageUtilization: utilization, averageValue: `${utilization}m`}}}],
			conditions: [
				{type: 'AbleToScale', status: 'True', reason, message: '', lastTransitionTime: time(START)},
				{type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', message: '', lastTransitionTime: time(START)},
				{type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange', message: '', lastTransitionTime: time(START)},
			],
		},
	});
}

export function deploymentObject(replicas: number, name = 'web') {
	return decoded(deployments.fields, {
		metadata: metadata('shop', name),
		spec: {replicas, selector: {matchLabels: {app: name}}},
		status: {replicas},
	});
}

export function podObject(index: number, app = 'web') {
	return decoded(pods.fields, {
		metadata: metadata('shop', `${app}-${index}`, {labels: {app}}),
		spec: {containers: [{name: 'app', resources: {requests: {cpu: '100m', memory: '128Mi'}}}]},
		status: {phase: 'Running', startTime: time(START - 3_600_000), conditions: [{type: 'Ready', status: 'True', lastTransitionTime: time(START - 3_500_000)}]},
	});
}

export function leaseObject(holder: string, transitions: number) {
	return decoded(leases.fields, {
		metadata: metadata('kube-system', 'kube-controller-manager'),
		spec: {holderIdentity: holder, leaseTransitions: transitions, acquireTime: time(START), renewTime: time(START)},
	});
}

export function sampleOf(index: number, milli: number, timestamp: number, app = 'web'): ObservationBody {
	return {
		kind: 'sample',
		samples: samplesOf([
			{
				of: 'pod',
				namespace: 'shop',
				name: `${app}-${index}`,
				timestamp: epochMs(timestamp),
				windowMs: 15_000,
				containers: [{name: 'app', cpu: (milli * 1e6) as NanoCores, memory: (64 * 2 ** 20) as Bytes}],
			},
		]),
	};
}

export const applied = (resource: string, object: Stored): ObservationBody => ({
	kind: 'object',
	resource,
	namespace: undefined,
	event: {kind: 'apply', object},
});
export const deleted = (resource: string, object: Stored): ObservationBody => ({
	kind: 'object',
	resource,
	namespace: undefined,
	event: {kind: 'delete', object},
});

export const metricsAnswered: ObservationBody = {
	kind: 'fact',
	fact: {name: 'metricsApi', of: 'pod', namespace: undefined, answer: {kind: 'ok', version: 'v1', items: 2, newSamples: 2, at: epochMs(START)}},
};

/** Everything listed and whole: one HPA on a Deployment of two pods, each at 50m of 100m. */
export function opening(): readonly ObservationBody[] {
	const resources = ['horizontalpodautoscalers', 'deployments', 'pods', 'leases'];
	return [
		...resources.map((resource): ObservationBody => ({kind: 'object', resource, namespace: undefined, event: {kind: 'begin'}})),
		applied('deployments', deploymentObject(2)),
		applied('pods', podObject(0)),
		applied('pods', podObject(1)),
		applied('horizontalpodautoscalers', hpaObject()),
		applied('leases', leaseObject('one', 1)),
		sampleOf(0, 50, START),
		sampleOf(1, 50, START),
		metricsAnswered,
		...resources.map((resource): ObservationBody => ({kind: 'object', resource, namespace: undefined, event: {kind: 'synced', resourceVersion: '1'}})),
	];
}

/** The bodies as observations, so many milliseconds apart. */
export function stamped(bodies: readonly ObservationBody[], everyMs: number, from = START): readonly Observation[] {
	return bodies.map((each, index) => ({order: index + 1, at: epochMs(from + index * everyMs), serverAt: undefined, ...each}));
}

export function newStream(firstSequence = 0): Stream {
	return createStream({clock: fakeClock(START), resourceOf: resourceById, firstSequence});
}
