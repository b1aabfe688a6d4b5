import type {Row} from '../viewmodel/table-model.ts';
import type {PaneTarget} from './pane-loader.ts';

/** The object behind a row, as a path needs it; undefined for sums. */
export function targetOfRow({subject}: Row): PaneTarget | undefined {
	if (subject.resource !== 'pods' && subject.resource !== 'nodes') return undefined;
	const slash = subject.objectKey.indexOf('/');
	return {
		resource: subject.resource,
		namespace: slash < 0 ? undefined : subject.objectKey.slice(0, slash),
		name: subject.objectKey.slice(slash + 1),
		container: subject.container,
	};
}
