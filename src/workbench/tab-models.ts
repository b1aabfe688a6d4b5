import {namespaces as namespacesResource} from '../kube/resources/namespaces.ts';
import {pods as podsResource} from '../kube/resources/pods.ts';
import type {ObjectKey, ResourceId} from '../kube/schema.ts';
import type {Frame} from '../observe/frame.ts';
import type {Action} from '../state/step.ts';
import type {TabId} from '../state/tabs.ts';
import {cursorOf, listOf, type UiState} from '../state/ui-state.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {type ApiLoad, apiLines} from '../viewmodel/api-pane.ts';
import type {PaneContent} from '../viewmodel/pane-content.ts';
import type {Size} from '../viewmodel/screen-layout.ts';
import type {StatusInput} from '../viewmodel/status-bar.ts';
import type {RowSubject, TableModel} from '../viewmodel/table-model.ts';
import {createHpaTab} from './hpa-tab.ts';
import {createPaneLoader} from './pane-loader.ts';
import {targetOf} from './pane-target.ts';
import {loadOf} from './session-load.ts';
import type {TabModel} from './tab-model.ts';
import {createTopTab} from './top-tab.ts';
import type {WorkbenchSession} from './workbench-session.ts';

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
	/** What the open tab and its panes read, and what goes on in the background for tabs that were opened. */
	needs(frame: Frame, ui: UiState): readonly ResourceId[];
	/** Does a text of the open tab change by the second? */
	countsSeconds(ui: UiState): boolean;
	/** The object of the selected row. */
	selected(frame: Frame, ui: UiState): {readonly resource: ResourceId; readonly key: ObjectKey} | undefined;
	/** Fetches what the detail pane needs beyond the frame. */
	load(frame: Frame, ui: UiState, action: LoadAction): void;
	unload(): void;
};

export type TabOptions = {
	readonly session: Pick<WorkbenchSession, 'context' | 'transport'>;
	readonly onChange: () => void;
	/** Tabs whose background set is watched from the start. */
	readonly watched: readonly TabId[];
};

/** A model for every tab that has rows. */
type Models = Readonly<Record<Exclude<TabId, 'api'>, TabModel>>;

export function createTabs({session, onChange, watched}: TabOptions): TabModels {
	const models: Models = {top: createTopTab(), hpa: createHpaTab()};
	/** Tabs that were opened, or are watched all the same. */
	const opened = new Set<TabId>(watched);
	const loader = createPaneLoader({transport: session.transport, onChange});
	let memo: {readonly frame: Frame; readonly kind: string; readonly key: string; readonly columns: number; readonly content: PaneContent} | undefined;
	let subjects: {readonly tab: TabId; readonly key: string; readonly subject: RowSubject} | undefined;
	let names: {readonly stamp: string; readonly list: readonly string[]} | undefined;

	function modelOf({tab}: UiState): TabModel | undefined {
		return tab === 'api' ? undefined : models[tab];
	}

	/** What a row stands for. It is remembered, so that a pane can say that its object is gone. */
	function subjectOf(frame: Frame, ui: UiState, key: string): RowSubject | undefined {
		const rows = modelOf(ui)?.table(frame, ui).rows;
		const subject = rows?.at(rows.indexOf(key))?.subject;
		if (subject !== undefined) subjects = {tab: ui.tab, key, subject};
		return subjects?.key === key && subjects.tab === ui.tab ? subjects.subject : undefined;
	}

	/** The subject of the open pane. */
	function openSubject(frame: Frame, ui: UiState): RowSubject | undefined {
		const {detail} = listOf(ui);
		return detail === undefined ? undefined : subjectOf(frame, ui, detail.key);
	}

	return {
		table: (frame, ui) => modelOf(ui)!.table(frame, ui),
		detail(frame, ui, size) {
			const {detail} = listOf(ui);
			if (detail === undefined) return undefined;
			if (detail.kind === 'yaml' || detail.kind === 'logs') return loader.content();
			const subject = openSubject(frame, ui);
			const model = modelOf(ui);
			if (subject === undefined || model === undefined) return {kind: 'failed', message: `${detail.key} is gone`};
			if (memo?.frame === frame && memo.kind === detail.kind && memo.key === detail.key && memo.columns === size.columns) return memo.content;
			const content: PaneContent = {kind: 'lines', lines: model.detail(detail.kind, {frame, ui, subject, size})};
			memo = {frame, kind: detail.kind, key: detail.key, columns: size.columns, content};
			return content;
		},
		hasChart(frame, ui) {
			const subject = openSubject(frame, ui);
			return subject !== undefined && modelOf(ui)?.hasChart({frame, ui, subject}) === true;
		},
		chart(frame, ui, size) {
			const subject = openSubject(frame, ui);
			const model = modelOf(ui);
			if (subject === undefined || model?.hasChart({frame, ui, subject}) !== true) return undefined;
			return {kind: 'lines', lines: model.chart({frame, ui, subject, size})};
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
		freshness: (frame, ui) => (modelOf(ui) ?? models.top).stores(ui).map(name => ({name, scopes: frame.freshness(name)})),
		needs(frame, ui) {
			opened.add(ui.tab);
			// The API pane goes on with what it tells of.
			const needed = new Set((modelOf(ui) ?? models.top).needs(frame, ui));
			for (const tab of opened) if (tab !== 'api') for (const id of models[tab].background(frame)) needed.add(id);
			if (ui.overlay?.kind === 'pick' && ui.overlay.of === 'namespace') needed.add('namespaces');
			return [...needed];
		},
		countsSeconds: ui => modelOf(ui)?.countsSeconds(ui) ?? true,
		selected(frame, ui) {
			const {key, index} = cursorOf(listOf(ui));
			const rows = modelOf(ui)?.table(frame, ui).rows;
			const rowKey = key ?? rows?.at(index)?.key;
			const subject = rowKey === undefined ? undefined : subjectOf(frame, ui, rowKey);
			return subject?.resource === undefined ? undefined : {resource: subject.resource, key: subject.objectKey};
		},
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
