import type {RowSubject} from '../viewmodel/table-model.ts';

/** What a pane is about: an object, and for logs one of its containers. */
export type PaneTarget = {
	readonly resource: 'pods' | 'nodes' | 'horizontalpodautoscalers';
	readonly namespace: string | undefined;
	readonly name: string;
	readonly container: string | undefined;
};

/** The object behind a row, as a path needs it; undefined for sums. */
export function targetOf({resource, objectKey, container}: RowSubject): PaneTarget | undefined {
	if (resource !== 'pods' && resource !== 'nodes' && resource !== 'horizontalpodautoscalers') return undefined;
	const slash = objectKey.indexOf('/');
	return {resource, namespace: slash < 0 ? undefined : objectKey.slice(0, slash), name: objectKey.slice(slash + 1), container};
}
