import type {ResourceId} from '../kube/schema.ts';
import {namespaces as namespacesResource} from '../kube/resources/namespaces.ts';
import type {Frame} from '../observe/frame.ts';
import type {Action} from '../state/step-ui.ts';
import {listOf, type UiState} from '../state/ui-state.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {type ApiLoad, apiLines} from '../viewmodel/api-pane.ts';
import type {PaneContent} from '../viewmodel/pane-content.ts';
import type {Rect} from '../viewmodel/screen-layout.ts';
import type {StatusInput} from '../viewmodel/status-bar.ts';
import type {TableModel} from '../viewmodel/table-model.ts';
import {createTopRows} from '../viewmodel/top/create-top-rows.ts';
import {topQueryOf} from '../viewmodel/top/top-query.ts';
import {createPaneLoader} from './pane-loader.ts';
import type {ClusterSession} from './session.ts';
import {loadOf} from './session-load.ts';
import {targetOfRow} from './target-of-row.ts';

type LoadAction = Extract<Action, {readonly kind: 'load'}>;

/** The models behind the open tab, for one session. */
export type TabModels = {
	table(frame: Frame, ui: UiState): TableModel;
	/** The open detail pane. */
	detail(frame: Frame, ui: UiState, width: number): PaneContent | undefined;
	hasChart(frame: Frame, ui: UiState): boolean;
	chart(frame: Frame, ui: UiState, rect: Rect): PaneContent | undefined;
	api(frame: Frame, since: EpochMs, width: number, memory: ApiLoad['memory']): PaneContent;
	/** Names for pickers. */
	namespaces(frame: Frame): readonly string[];
	freshness(frame: Frame, ui: UiState): StatusInput['stores'];
	/** Fetches what the detail pane needs beyond the frame. */
	load(frame: Frame, ui: UiState, action: LoadAction): void;
	unload(): void;
	/** The UI state has changed. */
	follow(ui: UiState): void;
};

export function createTabs({session, onChange}: {readonly session: ClusterSession; readonly onChange: () => void}): TabModels {
	const top = createTopRows();
	const loader = createPaneLoader({transport: session.transport, onChange});
	let names: {readonly sequence: string; readonly list: readonly string[]} | undefined;

	return {
		table: (frame, ui) => top.model(frame, topQueryOf(ui)),
		detail(_frame, ui) {
			const {detail} = listOf(ui);
			if (detail === undefined) return undefined;
			if (detail.kind === 'yaml' || detail.kind === 'logs') return loader.content();
			return {kind: 'lines', lines: []};
		},
		hasChart: () => false,
		chart: () => undefined,
		api: (frame, since, width, memory) => ({kind: 'lines', lines: apiLines(loadOf(session, frame, since, memory), frame.at, width)}),
		namespaces(frame) {
			const snapshot = frame.snapshot(namespacesResource);
			const sequence = String(snapshot.sequence);
			if (names?.sequence !== sequence) names = {sequence, list: Array.from(snapshot.objects.keys()).sort()};
			return names.list;
		},
		freshness: (frame, ui) => storesOf(ui).map(name => ({name, scopes: frame.freshness(name)})),
		load(frame, ui, {detail, key, isPrevious}) {
			const table = top.model(frame, topQueryOf(ui));
			const row = table.rows.at(table.rows.indexOf(key));
			const target = row === undefined ? undefined : targetOfRow(row);
			if (target === undefined) return loader.unload();
			if (detail === 'yaml') loader.yaml(target);
			else if (detail === 'logs') loader.logs(target, isPrevious);
			else loader.unload();
		},
		unload: () => loader.unload(),
		follow() {},
	};
}

/** The stores whose freshness the open tab tells. */
function storesOf(ui: UiState): readonly ResourceId[] {
	const {view, sumBy} = listOf(ui);
	if (view === 'nodes' && sumBy === undefined) return ['nodes', 'pods'];
	return ['pods', 'nodes'];
}
