import {type Node, nodes} from '../../kube/resources/nodes.ts';
import {keyOf} from '../../kube/schema.ts';
import type {Frame, UsageState} from '../../observe/frame.ts';
import type {Snapshot} from '../../store/store.ts';
import {NodeEntry} from './node-entry.ts';
import type {PodBook} from './pod-book.ts';

export type NodeChanges = {readonly isEverything: boolean; readonly changed: ReadonlySet<NodeEntry>; readonly removed: readonly NodeEntry[]};

/** The nodes of a session, kept up to date by what changes: they, their samples, their pods. */
export type NodeBook = {update(frame: Frame): NodeChanges; readonly entries: ReadonlyMap<string, NodeEntry>};

/** An empty book, to be updated after the book of the pods. */
export function createNodeBook(book: PodBook): NodeBook {
	const entries = new Map<string, NodeEntry>();
	let snapshot: Snapshot<Node> | undefined;
	let usage: UsageState | undefined;

	return {
		entries,
		update(frame) {
			const next: Snapshot<Node> = frame.snapshot(nodes);
			const changed = new Set<NodeEntry>();
			const removed: NodeEntry[] = [];
			let isEverything = snapshot === undefined;

			const take = (node: Node): void => {
				const key = keyOf(node);
				let entry = entries.get(key);
				if (entry === undefined) {
					entry = new NodeEntry(node, frame.usage.nodes.get(key), name => book.onNode(name));
					entries.set(key, entry);
				} else entry.setNode(node);
				changed.add(entry);
			};

			if (next !== snapshot) {
				const delta = snapshot === undefined ? ({kind: 'everything'} as const) : next.changedSince(snapshot.sequence);
				if (delta.kind === 'everything') {
					isEverything = true;
					for (const key of [...entries.keys()]) if (!next.objects.has(key)) entries.delete(key);
					for (const node of next.objects.values()) take(node);
				} else {
					for (const node of delta.deleted) {
						const entry = entries.get(keyOf(node));
						if (entry === undefined || next.objects.has(entry.key)) continue;
						entries.delete(entry.key);
						removed.push(entry);
					}
					for (const node of delta.applied) take(node);
				}
				snapshot = next;
			}

			if (frame.usage !== usage) {
				const names = (usage === undefined ? undefined : frame.usage.changedSince(usage.sequence)?.nodes) ?? entries.keys();
				for (const name of names) {
					const entry = entries.get(name);
					if (entry === undefined) continue;
					entry.setSample(frame.usage.nodes.get(name));
					changed.add(entry);
				}
				usage = frame.usage;
			}

			for (const name of book.dirtyNodes) {
				const entry = entries.get(name);
				if (entry === undefined) continue;
				entry.forgetPods();
				changed.add(entry);
			}
			return {isEverything, changed, removed};
		},
	};
}
