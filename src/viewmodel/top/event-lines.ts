import {type FoldedEvent, foldEvents} from '../../analyze/top/fold-events.ts';
import {type Event, events, involvedNameOf} from '../../kube/resources/events.ts';
import type {Frame} from '../../observe/frame.ts';
import {ageText} from '../format/age.ts';
import type {Line} from '../line.ts';
import {lineOf, span} from '../line-tools.ts';
import type {RowSubject} from '../table-model.ts';
import type {DetailInput} from './detail-lines.ts';
import {heading, paragraph} from './line-blocks.ts';

/** The events of an object, one line a reason, newest first, with the newest message of each. */
export function eventLines({frame, subject, top, width}: DetailInput): readonly Line[] {
	if (subject.kind === 'sum') return [lineOf('events are of one object; open a pod or a node', 'muted')];
	const folded = foldEvents(eventsOf(frame, subject, top.podOf(subject.objectKey)?.pod.metadata.uid));
	const state = eventsState(frame, subject);
	if (folded.length === 0) return [lineOf(state ?? 'no events; the API server keeps them for an hour', state === undefined ? 'muted' : 'warn')];
	return [
		...(state === undefined ? [] : [lineOf(state, 'warn')]),
		...folded.flatMap(event => [headOf(event, frame), ...paragraph(event.message, width, 'plain', 4)]),
	];
}

/** The newest reasons, for the description. */
export function eventSection(input: DetailInput, limit: number): readonly Line[] {
	const {frame, subject, top} = input;
	const folded = foldEvents(eventsOf(frame, subject, top.podOf(subject.objectKey)?.pod.metadata.uid));
	const state = eventsState(frame, subject);
	if (folded.length === 0) return [...heading('Events'), lineOf(`  ${state ?? 'none in the last hour'}`, 'muted')];
	return [
		...heading('Events'),
		...folded.slice(0, limit).flatMap(event => [headOf(event, frame), ...paragraph(event.message, input.width, 'plain', 4)]),
		...(folded.length > limit ? [lineOf(`  … ${folded.length - limit} more reasons; e shows them`, 'muted')] : []),
	];
}

function headOf({type, reason, count, lastAt, firstAt, from, otherMessages}: FoldedEvent, frame: Frame): Line {
	const over = count > 1 && firstAt !== undefined && firstAt !== lastAt ? `, first ${ageText(firstAt, frame.at)} ago` : '';
	return [
		span('  '),
		span(reason, type === 'Warning' ? 'warn' : 'plain'),
		span(`  ${type}  ${ageText(lastAt, frame.at)} ago${count > 1 ? `  ×${count}` : ''}${over}${from === '' ? '' : `  ${from}`}`, 'muted'),
		...(otherMessages === 0 ? [] : [span(`  (newest of ${otherMessages + 1} messages)`, 'muted')]),
	];
}

/** By uid, which tells an object from its predecessor; nodes are named by name, since their events carry no real uid. */
function eventsOf(frame: Frame, {kind, objectKey, container}: RowSubject, uid: string | undefined): readonly Event[] {
	const snapshot = frame.snapshot(events);
	if (kind === 'node') return snapshot.byIndex('involvedName', involvedNameOf('Node', '', objectKey));
	if (uid === undefined) return [];
	const all = snapshot.byIndex('involvedUid', uid);
	return container === undefined
		? all
		: all.filter(event => event.involvedObject.fieldPath === '' || event.involvedObject.fieldPath.includes(`{${container}}`));
}

/** Why there may be more events than are shown; undefined when all are here. */
function eventsState(frame: Frame, {kind, objectKey}: RowSubject): string | undefined {
	const scopes = frame.freshness('events');
	const namespace = kind === 'node' ? '' : objectKey.slice(0, Math.max(0, objectKey.indexOf('/')));
	const freshness = scopes.get(namespace) ?? scopes.get('');
	switch (freshness?.kind) {
		case undefined:
		case 'connecting':
			return 'events are not here yet';
		case 'syncing':
			return `events are still coming (${freshness.received} so far)`;
		case 'forbidden':
			return `you may not ${freshness.verb} events${freshness.namespace === undefined ? '' : ` in ${freshness.namespace}`}`;
		case 'stale':
			return `events are old: ${freshness.why}`;
		case 'absent':
			return 'the server does not serve events';
		case 'notRecorded':
			return 'events are not in the recording';
		case 'live':
		case 'resyncing':
			return undefined;
	}
}
