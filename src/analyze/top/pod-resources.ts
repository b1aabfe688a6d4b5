import type {Citation, Explanation, Step} from '../../explain/explanation.ts';
import type {Container, ContainerStatus, Pod, ResourceRequirements} from '../../kube/resources/pods.ts';
import {type Amounts, amountsOf, type ReadAmounts, type ResourceList} from './amounts.ts';

/** Requests and limits of a whole pod, as the scheduler sees them. */
export type PodResources = {
	readonly requests: Amounts;
	/** Holds a name when at least one container limits it; see {@link partlyLimited}. */
	readonly limits: Amounts;
	/** Resources (of cpu and memory) that some of the containers running together limit and others do not: the sum is no limit of the pod. */
	readonly partlyLimited: ReadonlySet<string>;
};

export type ResourceKind = 'requests' | 'limits';

/**
 * Requests and limits of a pod: containers, sidecars, the peak of the init sequence, pod-level resources, overhead,
 * and a resize under way (the most of what the spec asks for, what was allocated and what is in force).
 * Node-allocatable claims of dynamic resource allocation are not counted (alpha, off by default).
 *
 * Source: k8s.io/component-helpers v0.37.2, resource/helpers.go, PodRequests and PodLimits with UseStatusResources and
 * InPlacePodLevelResourcesVerticalScalingEnabled, as the scheduler calls them.
 */
export function podResources(pod: Pod, read: ReadAmounts = amountsOf): PodResources {
	return {requests: podRequests(pod, read), limits: podLimits(pod, read), partlyLimited: partlyLimited(pod, read)};
}

/** What one container asks for or may use, a resize under way included: the most of spec and status. */
export function containerResources(pod: Pod, container: Container, read: ReadAmounts = amountsOf): {readonly requests: Amounts; readonly limits: Amounts} {
	const status = statusOf(pod, container.name);
	const isInfeasible = isResizeInfeasible(pod);
	const most = (kind: ResourceKind): Amounts => {
		const lists = kind === 'requests' ? [allocatedRequests, actuatedRequests] : [actuatedLimits];
		const inForce = lists.map(pick => read(pick(container, status, isInfeasible)));
		return largest(isInfeasible ? inForce : [read(container.resources[kind]), ...inForce]);
	};
	return {requests: most('requests'), limits: most('limits')};
}

/** A sidecar: starts in its turn among the init containers, and stays. */
export function isSidecar(container: Pick<Container, 'restartPolicy'>): boolean {
	return container.restartPolicy === 'Always';
}

function podRequests(pod: Pod, read: ReadAmounts): Amounts {
	const requests = new Map(largest(containerTotals(pod, 'requests', read).map(([, amounts]) => amounts)));
	for (const [name, amount] of podLevel(pod, 'requests', read)) requests.set(name, amount);
	if (pod.spec.overhead.size > 0) add(requests, read(pod.spec.overhead));
	return requests;
}

function podLimits(pod: Pod, read: ReadAmounts): Amounts {
	const limits = new Map(largest(containerTotals(pod, 'limits', read).map(([, amounts]) => amounts)));
	for (const [name, amount] of podLevel(pod, 'limits', read)) limits.set(name, amount);
	for (const [name, amount] of read(pod.spec.overhead)) {
		const limit = limits.get(name) ?? 0;
		// No limit, or one of zero, stays what it is.
		if (limit !== 0) limits.set(name, limit + amount);
	}
	return limits;
}

type Sight = 'spec' | 'allocated' | 'actuated';

/** Totals over the containers by everything that may be in force: the largest of each name counts. */
function containerTotals(pod: Pod, kind: ResourceKind, read: ReadAmounts): ReadonlyArray<readonly [Sight, Amounts]> {
	const totals: Array<readonly [Sight, Amounts]> = [];
	if (!isResizeInfeasible(pod)) totals.push(['spec', overContainers(pod, kind === 'requests' ? specRequests : specLimits, read)]);

	const {allocatedResources, resources} = pod.status;
	if (kind === 'requests') {
		// Filled at pod level, they already hold the sums.
		if (allocatedResources.size > 0 && resources !== undefined && resources.requests.size > 0) {
			totals.push(['allocated', read(allocatedResources)], ['actuated', read(resources.requests)]);
		} else totals.push(['allocated', overContainers(pod, allocatedRequests, read)], ['actuated', overContainers(pod, actuatedRequests, read)]);
	} else if (resources !== undefined && resources.limits.size > 0) totals.push(['actuated', read(resources.limits)]);
	else totals.push(['actuated', overContainers(pod, actuatedLimits, read)]);
	return totals;
}

type PickList = (container: Container, status: ContainerStatus | undefined, isInfeasible: boolean) => ResourceList;

const NOTHING: ResourceList = new Map();
const specRequests: PickList = container => container.resources.requests;
const specLimits: PickList = container => container.resources.limits;

function allocatedRequests(container: Container, status: ContainerStatus | undefined, isInfeasible: boolean): ResourceList {
	if (status !== undefined && status.allocatedResources.size > 0) return status.allocatedResources;
	return isInfeasible ? NOTHING : container.resources.requests;
}

function actuatedRequests(container: Container, status: ContainerStatus | undefined, isInfeasible: boolean): ResourceList {
	if (status?.resources !== undefined && status.resources.requests.size > 0) return status.resources.requests;
	return allocatedRequests(container, status, isInfeasible);
}

function actuatedLimits(container: Container, status: ContainerStatus | undefined, isInfeasible: boolean): ResourceList {
	if (status?.resources !== undefined && status.resources.limits.size > 0) return status.resources.limits;
	return isInfeasible ? NOTHING : container.resources.limits;
}

/** aggregateContainerResourcesByFn: what runs together, or the peak while it starts, whichever is more. */
function overContainers(pod: Pod, pick: PickList, read: ReadAmounts): Amounts {
	const isInfeasible = isResizeInfeasible(pod);
	const amountsFor = (container: Container): Amounts => read(pick(container, statusOf(pod, container.name), isInfeasible));
	const {containers, initContainers} = pod.spec;
	if (containers.length === 1 && initContainers.length === 0) return amountsFor(containers[0]!);

	const together = new Map<string, number>();
	for (const container of containers) add(together, amountsFor(container));

	const sidecars = new Map<string, number>();
	const peak = new Map<string, number>();
	for (const container of initContainers) {
		const amounts = amountsFor(container);
		if (isSidecar(container)) {
			add(together, amounts);
			add(sidecars, amounts);
			raise(peak, sidecars);
		} else {
			const step = new Map(amounts);
			add(step, sidecars);
			raise(peak, step);
		}
	}
	raise(together, peak);
	return together;
}

/** What is said for the whole pod, which replaces the containers' sum. */
function podLevel(pod: Pod, kind: ResourceKind, read: ReadAmounts): Amounts {
	const {resources} = pod.spec;
	if (resources === undefined || !isPodLevelSet(resources, kind)) return NO_AMOUNTS;
	const inStatus = pod.status.resources;
	const lists: Amounts[] = isResizeInfeasible(pod) && inStatus !== undefined ? [] : [read(resources[kind])];
	if (inStatus !== undefined) {
		lists.push(read(inStatus[kind]));
		if (kind === 'requests') lists.push(read(pod.status.allocatedResources));
	}
	const supported = new Map<string, number>();
	for (const [name, amount] of largest(lists)) if (isSupportedAtPodLevel(name)) supported.set(name, amount);
	return supported;
}

const NO_AMOUNTS: Amounts = new Map();

/** Requests count when some are set for the pod; limits when anything is. */
function isPodLevelSet(resources: ResourceRequirements, kind: ResourceKind): boolean {
	const names = kind === 'requests' ? [...resources.requests.keys()] : [...resources.requests.keys(), ...resources.limits.keys()];
	return names.some(isSupportedAtPodLevel);
}

function isSupportedAtPodLevel(name: string): boolean {
	return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

/** The kubelet has said that it cannot: then the spec is a wish. */
function isResizeInfeasible(pod: Pod): boolean {
	return pod.status.conditions.find(condition => condition.type === 'PodResizePending')?.reason === 'Infeasible';
}

function statusOf(pod: Pod, name: string): ContainerStatus | undefined {
	return pod.status.containerStatuses.find(status => status.name === name) ?? pod.status.initContainerStatuses.find(status => status.name === name);
}

function partlyLimited(pod: Pod, read: ReadAmounts): ReadonlySet<string> {
	const partly = new Set<string>();
	const staying = pod.spec.initContainers.length === 0 ? pod.spec.containers : [...pod.spec.containers, ...pod.spec.initContainers.filter(isSidecar)];
	for (const name of ['cpu', 'memory']) {
		const limited = staying.filter(container => (read(container.resources.limits).get(name) ?? 0) !== 0).length;
		if (limited > 0 && limited < staying.length && pod.spec.resources?.limits.has(name) !== true) partly.add(name);
	}
	return partly.size === 0 ? FULLY : partly;
}

const FULLY: ReadonlySet<string> = new Set();

function add(into: Map<string, number>, amounts: Amounts): void {
	for (const [name, amount] of amounts) into.set(name, (into.get(name) ?? 0) + amount);
}

function raise(into: Map<string, number>, amounts: Amounts): void {
	for (const [name, amount] of amounts) {
		const held = into.get(name);
		if (held === undefined || amount > held) into.set(name, amount);
	}
}

/** The most of each name. Where all lists are one object, that object. */
function largest(lists: readonly Amounts[]): Amounts {
	const [first = NO_AMOUNTS] = lists;
	if (lists.every(list => list === first)) return first;
	const most = new Map(first);
	for (const list of lists.slice(1)) raise(most, list);
	return most;
}

// ---- the working ---------------------------------------------------------------------

export type PodResourceStepId = 'containers' | 'initPeak' | Sight | 'inForce' | 'podLevel' | 'overhead' | 'total';

const helpers = (symbol: string): Citation => ({project: 'component-helpers', release: 'v0.37.2', file: 'resource/helpers.go', symbol});

/**
 * How a pod's request or limit of one resource comes about, step by step.
 *
 * @param write Writes an amount for a person: the working's numbers are in the resource's unit otherwise.
 * @returns The last step is `total`; its value is undefined where nothing is set.
 */
export function explainPodResources(
	pod: Pod,
	kind: ResourceKind,
	name: string,
	write: (amount: number | undefined) => string,
): Explanation<PodResourceStepId, number | undefined> {
	const steps: Array<Step<PodResourceStepId, number | undefined>> = [];
	const {containers, initContainers} = pod.spec;
	const amount = (container: Container): number | undefined => amountsOf(container.resources[kind]).get(name);
	const list = (of: readonly Container[]): string => of.map(container => `${container.name} ${write(amount(container))}`).join(' + ');
	const sum = (of: readonly Container[]): number | undefined =>
		of.some(container => amount(container) !== undefined) ? of.reduce((total, container) => total + (amount(container) ?? 0), 0) : undefined;
	const sidecars = initContainers.filter(isSidecar);
	const symbol = 'aggregateContainerResourcesByFn';

	const staying = [...containers, ...sidecars];
	steps.push({
		id: 'containers',
		working: `containers${sidecars.length > 0 ? ' and sidecars' : ''}: ${list(staying)}`,
		value: sum(staying),
		citation: helpers(symbol),
	});

	if (initContainers.some(container => !isSidecar(container))) {
		let peak: {readonly value: number; readonly working: string} | undefined;
		initContainers.forEach((container, index) => {
			const before = initContainers.slice(0, index).filter(isSidecar);
			const running = [container, ...before];
			const value = sum(running);
			if (value !== undefined && (peak === undefined || value > peak.value)) peak = {value, working: list(running)};
		});
		steps.push({
			id: 'initPeak',
			working: peak === undefined ? 'init containers: none sets it' : `largest step of the init sequence: ${peak.working}`,
			value: peak?.value,
			citation: helpers(symbol),
		});
	}

	const totals = containerTotals(pod, kind, amountsOf).map(([sight, amounts]) => [sight, amounts.get(name)] as const);
	const inForce = most(totals.map(([, value]) => value));
	if (totals[0]?.[0] !== 'spec' || totals.some(([, value]) => value !== totals[0]?.[1])) {
		for (const [id, value] of totals)
			steps.push({
				id,
				working: `${SIGHTS[id]}: ${write(value)}`,
				value,
				citation: helpers(kind === 'requests' ? 'AggregateContainerRequests' : 'AggregateContainerLimits'),
			});
		const because = isResizeInfeasible(pod)
			? 'the resize is infeasible, so what the spec asks for does not count'
			: 'a resize is under way: the most of these counts';
		steps.push({id: 'inForce', working: because, value: inForce, citation: helpers('IsPodResizeInfeasible')});
	}

	let total = inForce;
	const replaced = podLevel(pod, kind, amountsOf).get(name);
	if (replaced !== undefined) {
		steps.push({
			id: 'podLevel',
			working: `set for the whole pod: ${write(replaced)}, instead of the containers' ${write(total)}`,
			value: replaced,
			citation: helpers('applyPodLevelResources'),
		});
		total = replaced;
	}

	const overhead = amountsOf(pod.spec.overhead).get(name);
	if (overhead !== undefined) {
		const counts = kind === 'requests' || (total ?? 0) !== 0;
		steps.push({
			id: 'overhead',
			working: counts ? `overhead of the runtime class: ${write(overhead)}` : 'overhead of the runtime class does not count: there is no limit',
			value: counts ? overhead : 0,
			citation: helpers(kind === 'requests' ? 'PodRequests' : 'PodLimits'),
		});
		if (counts) total = (total ?? 0) + overhead;
	}

	steps.push({id: 'total', working: `${name} ${kind}: ${write(total)}`, value: total, citation: helpers(kind === 'requests' ? 'PodRequests' : 'PodLimits')});
	const isPartly = kind === 'limits' && partlyLimited(pod, amountsOf).has(name);
	const noun = kind === 'requests' ? 'request' : 'limit';
	if (total === undefined) return {verdict: {kind: 'warn', text: `no ${name} ${noun}`}, steps};
	if (isPartly) return {verdict: {kind: 'warn', text: `${name} limit ${write(total)}, of some containers only: the pod is not fully limited`}, steps};
	return {verdict: {kind: 'good', text: `${name} ${noun} ${write(total)}`}, steps};
}

const SIGHTS: Readonly<Record<Sight, string>> = {spec: 'by the spec', allocated: 'allocated by the kubelet', actuated: 'in force'};

function most(values: ReadonlyArray<number | undefined>): number | undefined {
	const known = values.filter(value => value !== undefined);
	return known.length === 0 ? undefined : Math.max(...known);
}
