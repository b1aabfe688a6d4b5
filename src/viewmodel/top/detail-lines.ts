import type {Frame} from '../../observe/frame.ts';
import type {DetailKind} from '../../state/ui-state.ts';
import type {Line} from '../line.ts';
import {lineOf} from '../line-tools.ts';
import type {RowSubject} from '../table-model.ts';
import type {TopRows} from './create-top-rows.ts';
import {describeLines} from './describe-lines.ts';
import {eventLines} from './event-lines.ts';
import {explainLines} from './explain-lines.ts';
import {relatedLines} from './related-lines.ts';

/** What the detail panes that need nothing beyond the frame have to read. */
export type DetailInput = {
	readonly frame: Frame;
	/** Of the same session, brought up to the frame by `model`. */
	readonly top: Pick<TopRows, 'podOf' | 'nodeOf' | 'containerOf' | 'podsOf'>;
	readonly subject: RowSubject;
	/** Columns to wrap long texts at. */
	readonly width: number;
};

/** The lines of a detail pane. An object that is gone says so. */
export function detailLines(kind: Exclude<DetailKind, 'yaml' | 'logs'>, input: DetailInput): readonly Line[] {
	const {top, subject} = input;
	const isGone =
		(subject.kind === 'pod' && top.podOf(subject.objectKey) === undefined) ||
		(subject.kind === 'container' && top.containerOf(`${subject.objectKey}/${subject.container}`) === undefined) ||
		(subject.kind === 'node' && top.nodeOf(subject.objectKey) === undefined);
	if (isGone) return [lineOf(`${subject.kind} ${subject.objectKey} is gone`, 'warn')];
	switch (kind) {
		case 'describe':
			return describeLines(input);
		case 'events':
			return eventLines(input);
		case 'related':
			return relatedLines(input);
		case 'explain':
			return explainLines(input);
	}
}
