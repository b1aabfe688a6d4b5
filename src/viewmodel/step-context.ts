import type {Chord} from '../keymap/chord.ts';
import {selectedIndexIn} from '../state/step-list.ts';
import type {StepContext} from '../state/step.ts';
import {listOf} from '../state/ui-state.ts';
import {helpLines} from './help.ts';
import {columnOfMatch, matchesIn} from './pane-search.ts';
import {layoutFor, type ScreenInput, sortableOf} from './screen.ts';
import {movableColumns} from './table-layout.ts';

/** What a reducer must know of the screen that this input makes. */
export function stepContextOf(input: ScreenInput, chord: Chord): StepContext {
	const {ui, size, table, detail, chart, names, status} = input;
	const list = listOf(ui);
	const layout = layoutFor(input);
	const rowCount = table?.rows.length ?? 0;
	const indexOf = (key: string): number => table?.rows.indexOf(key) ?? -1;
	const selected = table?.rows.at(selectedIndexIn(list, {rowCount, indexOf}));
	return {
		chord,
		rowCount,
		keyAt: index => table?.rows.at(index)?.key,
		indexOf,
		foldAt: index => table?.rows.at(index)?.fold,
		pageSize: layout.listPageSize,
		columnCount: table === undefined ? 0 : movableColumns(table, list.isWide),
		get namespaces() {
			return names.namespaces;
		},
		sortable: sortableOf(table),
		now: status.at,
		sortColumn: table?.sort.column ?? '',
		paneLines: detail?.kind === 'lines' ? detail.lines.length : 0,
		panePageSize: layout.panePageSize,
		paneColumns: layout.detailSize.columns,
		matchesOf: text => (detail?.kind === 'lines' ? matchesIn(detail.lines, text) : []),
		columnOf: match => (detail?.kind === 'lines' ? columnOfMatch(detail.lines, match) : 0),
		// Only the help asks how long the help is.
		get helpLines() {
			return helpLines(input.keymap, input.allowance, size.columns).length;
		},
		helpPageSize: layout.helpPageSize,
		hasChart: chart !== undefined,
		hasLog: selected?.subject.kind === 'pod' || selected?.subject.kind === 'container',
	};
}
