import {explainSample, type MetricsRoad} from '../../analyze/top/missing-sample.ts';
import type {Frame} from '../../observe/frame.ts';
import {nodes} from '../../kube/resources/nodes.ts';
import {pods} from '../../kube/resources/pods.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';
import {humanDuration} from '../format/age.ts';
import type {Moment} from '../format/moment.ts';
import type {Line} from '../line.ts';
import type {TableState} from '../table-model.ts';
import {tableStateFrom} from '../table-freshness.ts';
import type {TopQuery} from './top-query.ts';

/** Why the table shows what it shows, by the freshness of what it lists. */
export function tableStateOf(frame: Frame, query: TopQuery): TableState {
	return subjectOf(query) === 'node' ? tableStateFrom(frame, nodes, query.namespace) : tableStateFrom(frame, pods, query.namespace);
}

/** What hides rows, and how it stands with usage. */
export function notesOf(
	frame: Frame,
	query: TopQuery,
	at: Moment,
	{shown, total, newest}: {readonly shown: number; readonly total: number /** Timestamp of the latest sample. */; readonly newest: EpochMs | undefined},
): readonly Line[] {
	const notes: Line[] = [];
	if (shown < total) {
		const hidden = `${total - shown} of ${total} hidden by`;
		const by = [
			...(query.filter.trim() === '' ? [] : [`filter “${query.filter.trim()}”`]),
			...(query.namespace === undefined ? [] : [`namespace ${query.namespace}`]),
			...(query.within === undefined ? [] : [`${query.within.by} ${query.within.key}`]),
		];
		if (by.length > 0) notes.push([{text: `${hidden} ${by.join(', ')}`, tone: 'muted'}]);
	}
	const usage = usageNote(frame, query, at, newest);
	if (usage !== undefined) notes.push(usage);
	return notes;
}

/** One line when usage cannot be had at all; what a single row lacks is for its explanation to say. */
function usageNote(frame: Frame, query: TopQuery, at: Moment, newest: EpochMs | undefined): Line | undefined {
	const road = metricsRoad(frame, subjectOf(query), query.namespace);
	const {answer, versions} = road;
	if (answer?.kind === 'ok' && answer.items > 0) {
		return newest === undefined
			? undefined
			: [
					{
						text: `usage: newest sample ${at.since(newest)} old${road.cadenceMs === undefined ? '' : `, every ${humanDuration(road.cadenceMs)}`}`,
						tone: 'muted',
					},
				];
	}
	if (answer === undefined && (versions === undefined || versions.length > 0)) return undefined;
	const {verdict} = explainSample({kind: 'api'}, road);
	return [{text: `usage: ${verdict.text}`, tone: 'warn'}];
}

/** What a query is about: nodes or pods. */
export function subjectOf({view, sumBy}: TopQuery): 'node' | 'pod' {
	return view === 'nodes' && sumBy === undefined ? 'node' : 'pod';
}

/** What the frame knows of the road that samples take. */
export function metricsRoad(frame: Frame, of: 'node' | 'pod', namespace: string | undefined): MetricsRoad {
	const {discovery, metricsApi, notes} = frame.facts;
	const fact = (namespace === undefined ? undefined : metricsApi.get(`${of}/${namespace}`)) ?? metricsApi.get(of);
	const condition = notes.get('apiservice/metrics.k8s.io');
	return {
		versions: discovery === undefined ? undefined : (discovery.groups.find(({group}) => group === 'metrics.k8s.io')?.versions ?? []),
		answer: fact?.answer,
		apiService: condition === undefined ? undefined : readCondition(condition),
		cadenceMs: frame.usage.cadenceMs,
		now: frame.at,
	};
}

/** The note `apiservice/metrics.k8s.io` holds `status reason message`. */
function readCondition(note: string): MetricsRoad['apiService'] {
	const [status = '', reason = '', ...message] = note.split(' ');
	return {status, reason, message: message.join(' ')};
}
