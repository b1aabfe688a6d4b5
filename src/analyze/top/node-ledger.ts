import type {Citation, Explanation, Step} from '../../explain/explanation.ts';
import type {Node} from '../../kube/resources/nodes.ts';
import type {Pod} from '../../kube/resources/pods.ts';
import {amountsOf} from './amounts.ts';
import type {PodLoad} from './pod-load.ts';

/** A pod of a node with what was worked out of it. */
export type LedgerPod = {readonly pod: Pod; readonly load: PodLoad};

/** One resource of a node, reconciled. Nano-cores or bytes. */
export type NodeLedger = {
	/** What pods may use; capacity where the node does not say. */
	readonly allocatable: number | undefined;
	readonly requests: number;
	readonly limits: number;
	/** Pods that count and have no full limit: `limits` says nothing of them. */
	readonly unlimitedPods: number;
	/** Sum over the pods with a sample; undefined when none has one. */
	readonly podUsage: number | undefined;
	/** Running pods without a sample, or with only a part: `podUsage` is at least so much. */
	readonly unmeasuredPods: number;
	readonly nodeUsage: number | undefined;
	/**
	 * Used on the node by no pod that we know of: the system, the runtime, the kubelet, and pods without a sample. Negative when the
	 * two were measured over different intervals. undefined where one of both is not known.
	 */
	readonly unaccounted: number | undefined;
};

/**
 * Reconciles one resource of a node with the pods bound to it.
 *
 * @param pods All pods with `spec.nodeName` of this node; which of them count is decided here.
 * Source: k8s.io/kubectl v0.37.2, pkg/describe/describe.go, describeNodeResource (which pods, allocatable or capacity). The sums are
 * the scheduler's, so that a resize under way counts; getPodsTotalRequestsAndLimits there adds up specs alone.
 */
export function nodeLedger(node: Node, name: 'cpu' | 'memory', pods: Iterable<Pick<LedgerPod, 'load'>>, nodeUsage: number | undefined): NodeLedger {
	let requests = 0;
	let limits = 0;
	let unlimitedPods = 0;
	let podUsage: number | undefined;
	let unmeasuredPods = 0;
	for (const {load} of pods) {
		if (!load.holdsRoom) continue;
		const {request, limit, isFullyLimited, used, isUnmeasured} = load[name];
		requests += request;
		limits += limit;
		if (!isFullyLimited) unlimitedPods++;
		if (used !== undefined) podUsage = (podUsage ?? 0) + used;
		if (isUnmeasured) unmeasuredPods++;
	}
	return {
		allocatable: allocatableOf(node, name),
		requests,
		limits,
		unlimitedPods,
		podUsage,
		unmeasuredPods,
		nodeUsage,
		unaccounted: nodeUsage === undefined || podUsage === undefined ? undefined : nodeUsage - podUsage,
	};
}

/** What the node offers to pods of a resource; its capacity where it does not say. */
export function allocatableOf({status}: Node, name: string): number | undefined {
	return amountsOf(status.allocatable.size > 0 ? status.allocatable : status.capacity).get(name);
}

export type LedgerStepId = 'allocatable' | 'pods' | 'requests' | 'limits' | 'podUsage' | 'nodeUsage' | 'unaccounted';

const describe = (symbol: string): Citation => ({project: 'kubectl', release: 'v0.37.2', file: 'pkg/describe/describe.go', symbol});

/** The ledger of one resource with its working. */
export function explainNodeLedger(
	node: Node,
	name: 'cpu' | 'memory',
	pods: readonly LedgerPod[],
	nodeUsage: number | undefined,
	write: (amount: number | undefined) => string,
): Explanation<LedgerStepId, number | undefined> {
	const ledger = nodeLedger(node, name, pods, nodeUsage);
	const counted = pods.filter(({load}) => load.holdsRoom);
	const terminating = counted.filter(({pod}) => pod.metadata.deletionTimestamp !== undefined).length;
	const of = (part: number | undefined): string =>
		part === undefined || ledger.allocatable === undefined || ledger.allocatable === 0
			? ''
			: ` (${Math.trunc((part / ledger.allocatable) * 100)}% of allocatable)`;

	const steps: Array<Step<LedgerStepId, number | undefined>> = [
		{
			id: 'allocatable',
			working: `allocatable ${write(ledger.allocatable)} of a capacity of ${write(amountsOf(node.status.capacity).get(name))}`,
			value: ledger.allocatable,
			citation: describe('describeNodeResource'),
		},
		{
			id: 'pods',
			working: `${counted.length} of ${pods.length} pods bound here count: ${pods.length - counted.length} finished, ${terminating} terminating and still holding their room`,
			value: counted.length,
			citation: describe('describeNodeResource'),
		},
		{
			id: 'requests',
			working: `requests add up to ${write(ledger.requests)}${of(ledger.requests)}`,
			value: ledger.requests,
			citation: {project: 'component-helpers', release: 'v0.37.2', file: 'resource/helpers.go', symbol: 'PodRequests'},
		},
		{
			id: 'limits',
			working: `limits add up to ${write(ledger.limits)}${of(ledger.limits)}${ledger.unlimitedPods === 0 ? '' : `; pods without a full limit: ${ledger.unlimitedPods}`}`,
			value: ledger.limits,
			citation: {project: 'component-helpers', release: 'v0.37.2', file: 'resource/helpers.go', symbol: 'PodLimits'},
		},
		{
			id: 'podUsage',
			working: `the pods use ${ledger.unmeasuredPods === 0 ? '' : 'at least '}${write(ledger.podUsage)}${ledger.unmeasuredPods === 0 ? '' : `; running pods without a full sample: ${ledger.unmeasuredPods}`}`,
			value: ledger.podUsage,
		},
		{id: 'nodeUsage', working: `the node uses ${write(nodeUsage)}${of(nodeUsage)}`, value: nodeUsage},
		{
			id: 'unaccounted',
			working: `${write(nodeUsage)} − ${write(ledger.podUsage)} = ${write(ledger.unaccounted)} is used by no pod with a sample (system, kubelet, runtime)`,
			value: ledger.unaccounted,
		},
	];
	return {verdict: verdictOf(ledger, name, write), steps};
}

function verdictOf(
	{allocatable, requests, limits, nodeUsage}: NodeLedger,
	name: string,
	write: (amount: number | undefined) => string,
): Explanation['verdict'] {
	if (allocatable === undefined || allocatable === 0) return {kind: 'unknown', text: `the node does not say how much ${name} it has`};
	if (nodeUsage !== undefined && nodeUsage > allocatable)
		return {kind: 'bad', text: `${name}: more is used (${write(nodeUsage)}) than is allocatable (${write(allocatable)})`};
	if (requests > allocatable) return {kind: 'bad', text: `${name}: more is requested (${write(requests)}) than is allocatable (${write(allocatable)})`};
	if (limits > allocatable) return {kind: 'warn', text: `${name} is overcommitted: limits of ${write(limits)} on ${write(allocatable)}`};
	return {kind: 'good', text: `${name}: ${write(requests)} of ${write(allocatable)} requested`};
}
