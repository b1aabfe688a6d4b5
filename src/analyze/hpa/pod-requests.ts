import {parseQuantity} from '../../kube/quantity.ts';
import {err, ok, type Result} from '../../util/result.ts';
import type {HpaContainer, HpaPod, Requests} from './hpa-input.ts';
import type {HpaRules} from './hpa-rules.ts';
import {int64} from './int-arithmetic.ts';
import {type Milli, milliOf} from './milli.ts';

/** What keeps a pod's request from being known, and with it the whole metric from being computed. */
export type RequestGap = {
	readonly pod: string;
	/** undefined: the gap is the pod's as a whole. */
	readonly container: string | undefined;
	/** The controller's own text. */
	readonly message: string;
};

/** Requests that were read already. Pods of one template share theirs, so it is worth remembering while one metric is computed. */
export type RequestCache = Map<Requests, Result<Milli | undefined, string>>;

type RequestRules = Pick<HpaRules, 'podLevelRequests' | 'excludeOverhead' | 'absentContainerRequest'>;

/**
 * A pod's request of a resource, in milli-units.
 *
 * @param container The container of a ContainerResource metric; undefined for the whole pod.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/replica_calculator.go, calculateRequests,
 * calculatePodLevelRequests and calculatePodRequestsFromContainers; k8s.io/component-helpers v0.37.2 resource/helpers.go, PodRequests.
 */
export function podRequest(
	pod: HpaPod,
	resource: string,
	container: string | undefined,
	rules: RequestRules,
	cache: RequestCache = new Map(),
): Result<Milli, RequestGap> {
	if (container === undefined && rules.podLevelRequests && hasPodLevelRequests(pod)) return podLevelRequest(pod, resource, rules);
	return requestOfContainers(pod, resource, container, rules, cache);
}

function requestOfContainers(pod: HpaPod, resource: string, only: string | undefined, rules: RequestRules, cache: RequestCache): Result<Milli, RequestGap> {
	let sum = 0n;
	// The controller appends the restartable init containers to the others.
	for (const container of pod.spec.containers) {
		if (only !== undefined && container.name !== only) continue;
		const request = requestOf(pod, container, resource, cache);
		if (!request.ok || only !== undefined) return request;
		sum += request.value;
	}
	for (const container of pod.spec.initContainers) {
		if (container.restartPolicy !== 'Always' || (only !== undefined && container.name !== only)) continue;
		const request = requestOf(pod, container, resource, cache);
		if (!request.ok || only !== undefined) return request;
		sum += request.value;
	}
	if (only !== undefined && rules.absentContainerRequest === 'fails') return gap(pod, only, `container ${only} not found in Pod ${pod.metadata.name}`);
	return ok(int64(sum));
}

function requestOf(pod: HpaPod, {name, resources: {requests}}: HpaContainer, resource: string, cache: RequestCache): Result<Milli, RequestGap> {
	let request = cache.get(requests);
	if (request === undefined) {
		const text = requests.get(resource);
		request = text === undefined ? ok(undefined) : milliOf(text);
		cache.set(requests, request);
	}
	if (request.ok && request.value !== undefined) return ok(request.value);
	const where = `request for ${resource} in container ${name} of Pod ${pod.metadata.name}`;
	return gap(pod, name, request.ok ? `missing ${where}` : `unreadable ${where}: ${request.error}`);
}

const SUPPORTED_AT_POD_LEVEL = /^(cpu|memory|hugepages-.*)$/;

function hasPodLevelRequests(pod: HpaPod): boolean {
	if (pod.spec.resources === undefined) return false;
	for (const name of pod.spec.resources.requests.keys()) if (SUPPORTED_AT_POD_LEVEL.test(name)) return true;
	return false;
}

/** The scheduler's sum over containers, overwritten by what stands at pod level. Exact, and rounded to milli once, at the end. */
function podLevelRequest(pod: HpaPod, resource: string, rules: RequestRules): Result<Milli, RequestGap> {
	const missing = `missing pod-level request for ${resource} in Pod ${pod.metadata.name}`;
	const ofContainers = aggregateRequest(pod, resource);
	const ofPod = pod.spec.resources === undefined || !SUPPORTED_AT_POD_LEVEL.test(resource) ? undefined : nanoOf(pod.spec.resources.requests, resource);
	const request = ofPod ?? ofContainers;
	const overhead = rules.excludeOverhead ? undefined : nanoOf(pod.spec.overhead, resource);
	if (request === undefined && overhead === undefined) return gap(pod, undefined, missing);
	const nano = (request ?? 0n) + (overhead ?? 0n);
	return ok(int64(nano > 0n ? (nano + 999_999n) / 1_000_000n : nano / 1_000_000n));
}

/** Containers and restartable init containers together, but at least the largest step of the init sequence. In nano-units. */
function aggregateRequest(pod: HpaPod, resource: string): bigint | undefined {
	let sum: bigint | undefined;
	const add = (container: HpaContainer): bigint | undefined => {
		const nano = nanoOf(container.resources.requests, resource);
		if (nano !== undefined) sum = (sum ?? 0n) + nano;
		return nano;
	};
	for (const container of pod.spec.containers) add(container);

	let restartable: bigint | undefined;
	let largestStep: bigint | undefined;
	for (const container of pod.spec.initContainers) {
		let step: bigint | undefined;
		if (container.restartPolicy === 'Always') {
			const nano = add(container);
			if (nano !== undefined) restartable = (restartable ?? 0n) + nano;
			step = restartable;
		} else {
			const nano = nanoOf(container.resources.requests, resource);
			step = nano === undefined ? restartable : nano + (restartable ?? 0n);
		}
		if (step !== undefined && (largestStep === undefined || step > largestStep)) largestStep = step;
	}
	if (sum === undefined) return largestStep;
	return largestStep !== undefined && largestStep > sum ? largestStep : sum;
}

function nanoOf(requests: Requests, resource: string): bigint | undefined {
	const text = requests.get(resource);
	if (text === undefined) return undefined;
	const quantity = parseQuantity(text);
	return quantity.ok ? quantity.value.nano : undefined;
}

function gap(pod: HpaPod, container: string | undefined, message: string): {readonly ok: false; readonly error: RequestGap} {
	return err({pod: pod.metadata.name, container, message});
}
