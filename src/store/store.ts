import type {ObjectKey, Stored} from '../kube/schema.ts';

/**
 * What may be said to a store, in the order in which it was learned. `scope` is the namespace
 * of the reflector that speaks, undefined for the whole cluster: a list speaks for its scope alone.
 */
export type StoreEvent<T extends Stored = Stored> =
	/** A list begins, or begins again. Into a scope that never synced it writes at once; a relist is gathered apart. */
	| {readonly kind: 'begin'}
	| {readonly kind: 'apply'; readonly object: T}
	| {readonly kind: 'delete'; readonly object: T}
	| {readonly kind: 'bookmark'; readonly resourceVersion: string}
	/** The list is whole: what it did not name is gone. A relist becomes visible here, in one step. */
	| {readonly kind: 'synced'; readonly resourceVersion: string}
	/** The scope is no longer followed (namespace gone, access lost for good, other cluster): its objects leave. */
	| {readonly kind: 'drop'};

/** A store at one instant. Never changes; a later instant is another object. */
export type Snapshot<T extends Stored = Stored, Index extends string = string> = {
	/** Grows with every change. Compare these, never resource versions. */
	readonly sequence: number;
	/** The server's. Opaque: hand it back, never do arithmetic on it. */
	readonly resourceVersion: string;
	/** False while the first list is still coming: there are rows, but no totals. */
	readonly hasSynced: boolean;
	readonly objects: ReadonlyMap<ObjectKey, T>;
	byIndex(index: Index, value: string): readonly T[];
	changedSince(sequence: number): Delta<T>;
};

/** What happened between two moments of a store, once per object. */
export type Delta<T> =
	| {readonly kind: 'changes'; readonly applied: readonly T[]; readonly deleted: readonly T[]}
	/** Too long ago, or from another time: read it all. */
	| {readonly kind: 'everything'};
