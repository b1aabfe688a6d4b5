import type {ResourceId} from '../kube/schema.ts';
import {pods as podsResource} from '../kube/resources/pods.ts';
import {namespaces as namespacesResource} from '../kube/resources/namespaces.ts';
import type {Frame} from '../observe/frame.ts';
import type {Action} from '../state/step-ui.ts';
import {listOf, type UiState} from '../state/ui-state.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {type ApiLoad, apiLines} from '../viewmodel/api-pane.ts';
import {chartLines} from '../viewmodel/chart.ts';
import type {PaneContent} from '../viewmodel/pane-content.ts';
import type {Size} from '../viewmodel/screen-layout.ts';
import type {StatusInput} from '../viewmodel/status-bar.ts';
import type {RowSubject, TableModel} from '../viewmodel/table-model.ts';
import {createTopRows} from '../viewmodel/top/create-top-rows.ts';
import {detailLines} from '../viewmodel/top/detail-lines.ts';
import {topCharts} from '../viewmodel/top/top-charts.ts';
import {topQueryOf} from '../viewmodel/top/top-query.ts';
import {createPaneLoader} from './pane-loader.ts';
import type {ClusterSession} from './session.ts';
import {loadOf} from './session-load.ts';
import {targetOf} from './pane-target.ts';

type LoadAction = Extract<Action, {readonly kind: 'load'}>;

/** The models behind the open tab, for one session. */
export type TabModels = {
	table(frame: Frame, ui: UiState): TableModel;
	/** The open detail pane. */
	detail(frame: Frame, ui: UiState, size: Size): PaneContent | undefined;
	hasChart(frame: Frame, ui: UiState): boolean;
	chart(frame: Frame, ui: UiState, size: Size): PaneContent | undefined;
	api(frame: Frame, since: EpochMs, width: number, memory: ApiLoad['memory']): PaneContent;
	/** Names for pickers. */
	namespaces(frame: Frame): readonly string[];
	freshness(frame: Frame, ui: UiState): StatusInput['stores'];
	/** Fetches what the detail pane needs beyond the frame. */
	load(frame: Frame, ui: UiState, action: LoadAction): void;
	unload(): void;
};

export function createTabs({session, onChange}: {readonly session: ClusterSession; readonly onChange: () => void}): TabModels {
	const top = createTopRows();
	const loader = createPaneLoader({transport: session.transport, onChange});
	let memo: {readonly frame: Frame; readonly kind: string; readonly key: string; readonly columns: number; readonly content: PaneContent} | undefined;
	let subjects: {readonly key: string; readonly subject: RowSubject} | undefined;
	let names: {readonly stamp: string; readonly list: readonly string[]} | undefined;

	/** What a row stands for. It is remembered, so that a pane can say that its object is gone. */
	function subjectOf(frame: Frame, ui: UiState, key: string): RowSubject | undefined {
		const {rows} = top.model(frame, topQueryOf(ui));
		const subject = rows.at(rows.indexOf(key))?.subject;
		if (subject !== undefined) subjects = {key, subject};
		return subjects?.key === key ? subjects.subject : undefined;
	}

	function chartsOf(frame: Frame, ui: UiState): ReturnType<typeof topCharts> {
		const {detail} = listOf(ui);
		const subject = detail === undefined ? undefined : subjectOf(frame, ui, detail.key);
		return subject === undefined ? undefined : topCharts(frame, top, subject);
	}

	return {
		table: (frame, ui) => top.model(frame, topQueryOf(ui)),
		detail(frame, ui, {columns}) {
			const {detail} = listOf(ui);
			if (detail === undefined) return undefined;
			if (detail.kind === 'yaml' || detail.kind === 'logs') return loader.content();
			const subject = subjectOf(frame, ui, detail.key);
			if (subject === undefined) return {kind: 'failed', message: `${detail.key} is gone`};
			if (memo?.frame === frame && memo.kind === detail.kind && memo.key === detail.key && memo.columns === columns) return memo.content;
			const content: PaneContent = {kind: 'lines', lines: detailLines(detail.kind, {frame, top, subject, width: columns})};
			memo = {frame, kind: detail.kind, key: detail.key, columns, content};
			return content;
		},
		hasChart: (frame, ui) => chartsOf(frame, ui) !== undefined,
		chart(frame, ui, {columns, rows}) {
			const charts = chartsOf(frame, ui);
			if (charts === undefined) return undefined;
			const height = Math.floor(rows / charts.length);
			return {kind: 'lines', lines: charts.flatMap(chart => chartLines({...chart, width: columns, height}))};
		},
		api: (frame, since, width, memory) => ({kind: 'lines', lines: apiLines(loadOf(session, frame, since, memory), frame.at, width)}),
		namespaces(frame) {
			const listed = frame.snapshot(namespacesResource);
			const seen = frame.snapshot(podsResource);
			// While the server's own list is not there, the namespaces of the pods: better than nothing to pick from.
			const isListed = listed.hasSynced;
			const stamp = isListed ? `n${listed.sequence}` : `p${seen.hasSynced}${seen.objects.size}`;
			if (names?.stamp !== stamp) {
				const found = isListed ? listed.objects.keys() : new Set(Array.from(seen.objects.values(), pod => pod.metadata.namespace));
				names = {stamp, list: Array.from(found).sort()};
			}
			return names.list;
		},
		freshness: (frame, ui) => storesOf(ui).map(name => ({name, scopes: frame.freshness(name)})),
		load(frame, ui, {detail, key, isPrevious}) {
			const subject = subjectOf(frame, ui, key);
			const target = subject === undefined ? undefined : targetOf(subject);
			if (target === undefined) return loader.unload();
			if (detail === 'yaml') loader.yaml(target);
			else if (detail === 'logs') loader.logs(target, isPrevious);
			else loader.unload();
		},
		unload: () => loader.unload(),
	};
}

/** The stores whose freshness the open tab tells. */
function storesOf(ui: UiState): readonly ResourceId[] {
	const {view, sumBy} = listOf(ui);
	if (view === 'nodes' && sumBy === undefined) return ['nodes', 'pods'];
	return ['pods', 'nodes'];
}
