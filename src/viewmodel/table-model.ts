import type {ObjectKey, ResourceId} from '../kube/schema.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {Tone} from '../theme/tone.ts';
import type {Line} from './line.ts';

/** What one cell says, and how it is meant. Text holds no control characters and no newline. */
export type Cell = {readonly text: string; readonly tone: Tone};

/** The cell of a value that nobody knows. Never 0, never empty. */
export const UNKNOWN: Cell = {text: '–', tone: 'muted'};

export type Align = 'left' | 'right';

/** One column of a table, as the view model offers it; the layout decides which fit. */
export type Column = {
	/** Stable: addresses (`sort=cpu`) and saved settings name it. */
	readonly id: string;
	readonly title: string;
	readonly align: Align;
	/** Cells narrower than this are padded; a column that cannot have so many is left out. */
	readonly minWidth: number;
	/** Wider texts are cut; undefined: as wide as its widest visible text. */
	readonly maxWidth?: number;
	/** On a narrow screen the highest number goes first; 0 never goes. */
	readonly priority: number;
	/** Shown in wide mode (`w`) only. */
	readonly wideOnly?: boolean;
	readonly sortable: boolean;
	/** Sorting begins with the largest (numbers, ages) or the smallest (names). */
	readonly descendingFirst?: boolean;
	/** A sentence loses its end where it does not fit; names keep theirs. */
	readonly isSentence?: boolean;
};

/** What a row stands for: enough for its detail pane, its owner, and its address. */
export type RowSubject = {
	/** `sum` rows stand for many objects and have no object of their own. */
	readonly kind: 'node' | 'pod' | 'container' | 'sum' | 'hpa' | 'step';
	/** Where the object can be had; undefined for sums. */
	readonly resource: ResourceId | undefined;
	/** Key of the object (of the pod, for a container); for a sum, what it sums by. */
	readonly objectKey: ObjectKey;
	readonly container?: string;
	/** Of a step of a decision: which one; `objectKey` is the autoscaler's. */
	readonly step?: string;
	/** Of a sum: what is added up. */
	readonly by?: 'namespace' | 'owner' | 'node';
};

/** One row. The same object as before unless something in it changed, so that views can compare rows by identity. */
export type Row = {
	/** Stable while the object lives, whatever its place: selection follows it. */
	readonly key: string;
	/** Nesting in a tree; 0 or undefined at the root. */
	readonly depth?: number;
	/** In the order of the columns, one each. */
	readonly cells: readonly Cell[];
	readonly subject: RowSubject;
	/** In a tree: has children, and are they shown? */
	readonly fold?: 'open' | 'closed';
};

/** Rows in their order, made when they are asked for: only what is visible costs. */
export type Rows = {
	readonly length: number;
	/** undefined outside 0…length-1. */
	at(index: number): Row | undefined;
	/** -1 when there is no such row (any more, or under this filter). */
	indexOf(key: string): number;
};

/** Why a table shows what it shows; each looks different from empty. */
export type TableState =
	| {readonly kind: 'connecting'}
	/** The first list is coming; so many objects so far. */
	| {readonly kind: 'syncing'; readonly received: number}
	| {readonly kind: 'ready'}
	| {readonly kind: 'stale'; readonly why: string}
	| {readonly kind: 'forbidden'; readonly verb: string; readonly resource: string; readonly namespace: string | undefined}
	| {readonly kind: 'absent'; readonly resource: string}
	| {readonly kind: 'notRecorded'};

/** A table before it is laid out. The same object as before unless something in it changed. */
export type TableModel = {
	readonly columns: readonly Column[];
	readonly rows: Rows;
	/** Rows before filter and namespace. */
	readonly total: number;
	/** Rows after them: rows.length. */
	readonly shown: number;
	readonly sort: {readonly column: string; readonly descending: boolean};
	readonly state: TableState;
	/** Below the title: what hides rows, how old the samples are, what is wrong with them. */
	readonly notes: readonly Line[];
	/** When anything that was read of it until now will say something else by itself; undefined: nothing will. */
	readonly changesAt?: () => EpochMs | undefined;
};
