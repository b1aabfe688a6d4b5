import type {ResourceId} from '../kube/schema.ts';
import type {Frame} from '../observe/frame.ts';
import type {DetailKind} from '../state/ui-state.ts';
import type {UiState} from '../state/ui-state.ts';
import type {Line} from '../viewmodel/line.ts';
import type {Size} from '../viewmodel/screen-layout.ts';
import type {RowSubject, TableModel} from '../viewmodel/table-model.ts';

/** What a pane needs to know beside what it is about. */
export type PaneRequest = {readonly frame: Frame; readonly ui: UiState; readonly subject: RowSubject; readonly size: Size};

/** One tab with rows, for one session. */
export type TabModel = {
	/** What the open tab and its panes read. */
	needs(frame: Frame, ui: UiState): readonly ResourceId[];
	/** What goes on being read once the tab was opened. */
	background(frame: Frame): readonly ResourceId[];
	/** The stores whose freshness the status bar tells while it is open. */
	stores(ui: UiState): readonly ResourceId[];
	table(frame: Frame, ui: UiState): TableModel;
	/** What a detail pane shows that needs nothing beyond the frame. */
	detail(kind: Exclude<DetailKind, 'yaml' | 'logs'>, request: PaneRequest): readonly Line[];
	hasChart(request: Omit<PaneRequest, 'size'>): boolean;
	chart(request: PaneRequest): readonly Line[];
	/** Does a text on it change by the second though nothing is learned? */
	countsSeconds(ui: UiState): boolean;
};
