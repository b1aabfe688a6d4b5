import type {Line} from './line.ts';

/** What a pane (details, chart) shows. Filled by the workbench; a pane itself knows nothing of Kubernetes. */
export type PaneContent =
	/** `what` completes "loading …". */
	| {readonly kind: 'loading'; readonly what: string}
	| {readonly kind: 'lines'; readonly lines: readonly Line[]}
	| {readonly kind: 'failed'; readonly message: string; readonly hint?: string};
