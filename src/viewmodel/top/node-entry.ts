import {type NodeLedger, nodeLedger} from '../../analyze/top/node-ledger.ts';
import {nodeStatus} from '../../analyze/top/node-status.ts';
import type {NodeSample} from '../../analyze/top/sample.ts';
import type {Node} from '../../kube/resources/nodes.ts';
import type {PodEntry} from './pod-entry.ts';

/** A node and what is worked out of it and its pods, when it is asked for. */
export class NodeEntry {
	readonly key: string;
	#node: Node;
	#sample: NodeSample | undefined;
	readonly #podsOn: (name: string) => Iterable<PodEntry>;
	#status: ReturnType<typeof nodeStatus> | undefined;
	#cpu: NodeLedger | undefined;
	#memory: NodeLedger | undefined;
	#haystack: string | undefined;

	constructor(node: Node, sample: NodeSample | undefined, podsOn: (name: string) => Iterable<PodEntry>) {
		this.key = node.metadata.name;
		this.#node = node;
		this.#sample = sample;
		this.#podsOn = podsOn;
	}

	get node(): Node {
		return this.#node;
	}

	setNode(node: Node): void {
		this.#node = node;
		this.#status = undefined;
		this.#haystack = undefined;
		this.forgetPods();
	}

	get sample(): NodeSample | undefined {
		return this.#sample;
	}

	setSample(sample: NodeSample | undefined): void {
		this.#sample = sample;
		this.forgetPods();
	}

	/** Something about its pods has changed: the sums are made again when they are asked for. */
	forgetPods(): void {
		this.#cpu = undefined;
		this.#memory = undefined;
	}

	get pods(): Iterable<PodEntry> {
		return this.#podsOn(this.key);
	}

	get status(): ReturnType<typeof nodeStatus> {
		this.#status ??= nodeStatus(this.#node);
		return this.#status;
	}

	get cpu(): NodeLedger {
		this.#cpu ??= nodeLedger(this.#node, 'cpu', this.pods, this.#sample?.usage.cpu);
		return this.#cpu;
	}

	get memory(): NodeLedger {
		this.#memory ??= nodeLedger(this.#node, 'memory', this.pods, this.#sample?.usage.memory);
		return this.#memory;
	}

	get haystack(): string {
		this.#haystack ??= `${this.key} ${this.status.status} ${this.status.roles.join(',')} ${this.#node.status.nodeInfo.kubeletVersion}`.toLowerCase();
		return this.#haystack;
	}
}
