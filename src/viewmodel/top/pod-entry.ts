import type {Amounts, ReadAmounts} from '../../analyze/top/amounts.ts';
import {type Exit, lastExit, lastExitOf} from '../../analyze/top/last-exit.ts';
import {type PodLoad, podLoad} from '../../analyze/top/pod-load.ts';
import {containerResources, isSidecar, podResources, type PodResources} from '../../analyze/top/pod-resources.ts';
import {type PodStatus, podStatus} from '../../analyze/top/pod-status.ts';
import {ownSample, type PodSample, type PodUsage, podUsage, sampleSum} from '../../analyze/top/sample.ts';
import type {OwnerLink} from '../../analyze/top/owner-chain.ts';
import type {Container, ContainerStatus, Pod} from '../../kube/resources/pods.ts';
import type {ObjectKey} from '../../kube/schema.ts';

export type Workload = Pick<OwnerLink, 'kind' | 'namespace' | 'name' | 'isInferred'>;

/**
 * A pod and what is worked out of it, each thing when it is first asked for and once until the pod changes: of ten thousand pods
 * a screen shows fifty.
 */
export class PodEntry {
	readonly key: ObjectKey;
	#pod: Pod;
	/** The latest of this name; null: not looked for since it may have become another. */
	#sample: PodSample | undefined | null = null;
	readonly #latest: (key: ObjectKey) => PodSample | undefined;
	readonly #read: ReadAmounts;
	readonly #workloadOf: (pod: Pod) => Workload;
	#status: PodStatus | undefined;
	#resources: PodResources | undefined;
	#usage: PodUsage | undefined;
	#load: PodLoad | undefined;
	#exit: Exit | undefined | null = null;
	#workload: Workload | undefined;
	#haystack: string | undefined;
	#containers: readonly ContainerEntry[] | undefined;

	/** @param latest The latest sample of this name, as of the last word that it may be another. */
	constructor(key: ObjectKey, pod: Pod, latest: (key: ObjectKey) => PodSample | undefined, read: ReadAmounts, workloadOf: (pod: Pod) => Workload) {
		this.key = key;
		this.#pod = pod;
		this.#latest = latest;
		this.#read = read;
		this.#workloadOf = workloadOf;
	}

	get pod(): Pod {
		return this.#pod;
	}

	/** Takes a later version of the pod. */
	setPod(pod: Pod): void {
		this.#pod = pod;
		this.#status = undefined;
		this.#resources = undefined;
		this.#exit = null;
		this.#workload = undefined;
		this.#haystack = undefined;
		this.#containers = undefined;
		this.#usage = undefined;
		this.#load = undefined;
	}

	/** There may be a later sample. */
	forgetSample(): void {
		this.#sample = null;
		this.#usage = undefined;
		this.#load = undefined;
	}

	/** Owners became known, or others. */
	forgetWorkload(): void {
		this.#workload = undefined;
		this.#haystack = undefined;
	}

	/** The latest sample of this very pod. */
	get sample(): PodSample | undefined {
		if (this.#sample === null) this.#sample = this.#latest(this.key);
		return ownSample(this.#pod, this.#sample);
	}

	get usage(): PodUsage | undefined {
		const {sample} = this;
		if (this.#usage === undefined && sample !== undefined) this.#usage = podUsage(this.#pod, sample);
		return this.#usage;
	}

	/** Of `usage` the sum alone, without keeping what it is not asked for: by it ten thousand pods are ordered. */
	used(resource: 'cpu' | 'memory'): number | undefined {
		const sample = ownSample(this.#pod, this.#sample === null ? this.#latest(this.key) : this.#sample);
		return sample === undefined ? undefined : sampleSum(sample, resource);
	}

	get status(): PodStatus {
		this.#status ??= podStatus(this.#pod);
		return this.#status;
	}

	get resources(): PodResources {
		this.#resources ??= podResources(this.#pod, this.#read);
		return this.#resources;
	}

	/** In plain numbers, for sums. */
	get load(): PodLoad {
		this.#load ??= podLoad(this.#pod, this.status, this.resources, this.usage);
		return this.#load;
	}

	get exit(): Exit | undefined {
		if (this.#exit === null) this.#exit = lastExit(this.#pod);
		return this.#exit;
	}

	get workload(): Workload {
		this.#workload ??= this.#workloadOf(this.#pod);
		return this.#workload;
	}

	/** Lower-case text that a filter looks through. */
	get haystack(): string {
		if (this.#haystack === undefined) {
			const {metadata, spec, status} = this.#pod;
			const {kind, name} = this.workload;
			this.#haystack = `${metadata.namespace}/${metadata.name} ${spec.nodeName} ${this.status.status} ${status.qosClass} ${kind}/${name}`.toLowerCase();
		}
		return this.#haystack;
	}

	/** Its containers that run beside each other, sidecars first, then init containers that were not done or have failed. */
	get containers(): readonly ContainerEntry[] {
		this.#containers ??= containersOf(this, this.#read);
		return this.#containers;
	}
}

/** One container of a pod. */
export class ContainerEntry {
	readonly key: string;
	readonly owner: PodEntry;
	readonly container: Container;
	readonly kind: 'container' | 'sidecar' | 'init';
	readonly status: ContainerStatus | undefined;
	readonly #read: ReadAmounts;
	#resources: {readonly requests: Amounts; readonly limits: Amounts} | undefined;
	#haystack: string | undefined;

	constructor(owner: PodEntry, container: Container, kind: ContainerEntry['kind'], status: ContainerStatus | undefined, read: ReadAmounts) {
		this.key = `${owner.key}/${container.name}`;
		this.owner = owner;
		this.container = container;
		this.kind = kind;
		this.status = status;
		this.#read = read;
	}

	get name(): string {
		return this.container.name;
	}

	get resources(): {readonly requests: Amounts; readonly limits: Amounts} {
		this.#resources ??= containerResources(this.owner.pod, this.container, this.#read);
		return this.#resources;
	}

	/** undefined: no sample tells of this run of the container. */
	get usage(): PodSample['containers'][number] | undefined {
		const {sample} = this.owner;
		if (sample === undefined) return undefined;
		const startedAt = this.status?.state.running?.startedAt;
		if (startedAt !== undefined && startedAt > sample.timestamp) return undefined;
		return sample.containers.find(usage => usage.name === this.name);
	}

	used(resource: 'cpu' | 'memory'): number | undefined {
		return this.usage?.[resource];
	}

	get exit(): Exit | undefined {
		return this.status === undefined ? undefined : lastExitOf(this.status);
	}

	/** As kubectl would say it of a pod with this container alone. */
	get state(): string {
		const state = this.status?.state;
		if (state?.terminated !== undefined) {
			const {reason, signal, exitCode} = state.terminated;
			return reason !== '' ? reason : signal !== 0 ? `Signal:${signal}` : `ExitCode:${exitCode}`;
		}
		if (state?.running !== undefined) return 'Running';
		return state?.waiting === undefined || state.waiting.reason === '' ? 'Waiting' : state.waiting.reason;
	}

	get haystack(): string {
		this.#haystack ??= `${this.owner.key}/${this.name} ${this.owner.pod.spec.nodeName} ${this.state}`.toLowerCase();
		return this.#haystack;
	}
}

function containersOf(owner: PodEntry, read: ReadAmounts): readonly ContainerEntry[] {
	const {spec, status} = owner.pod;
	const entries: ContainerEntry[] = [];
	for (const container of spec.initContainers) {
		const itsStatus = status.initContainerStatuses.find(each => each.name === container.name);
		const isDone = itsStatus?.state.terminated?.exitCode === 0;
		if (isSidecar(container)) entries.push(new ContainerEntry(owner, container, 'sidecar', itsStatus, read));
		// Init containers that did their work are history: the detail pane tells of them.
		else if (!isDone && status.phase !== 'Succeeded') entries.push(new ContainerEntry(owner, container, 'init', itsStatus, read));
	}
	for (const container of spec.containers) {
		const itsStatus = status.containerStatuses.find(each => each.name === container.name);
		entries.push(new ContainerEntry(owner, container, 'container', itsStatus, read));
	}
	return entries;
}
