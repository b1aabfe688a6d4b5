import type {Chord} from '../keymap/chord.ts';
import type {CommandId} from '../keymap/commands.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {NameContext} from './choices.ts';
import type {RowsContext} from './step-list.ts';
import {type Asked, type DetailKind, listOf, type UiState} from './ui-state.ts';

/** What a reducer must know of the screen: the rows as the open tab's view model has them, and how much fits. */
export type StepContext = RowsContext &
	NameContext & {
		/** The chord that was pressed. */
		readonly chord: Chord;
		/** The moment on the screen. */
		readonly now: EpochMs;
		/** The column that the rows are sorted by now. */
		readonly sortColumn: string;
		/** Lines of the open detail pane (or of a tab that shows lines), and how many fit. */
		readonly paneLines: number;
		readonly panePageSize: number;
		/** Columns of that pane's text. */
		readonly paneColumns: number;
		/** Where that pane has a text, from its first line on; and the column at which one of these begins. */
		readonly matchesOf: (text: string) => readonly PaneMatch[];
		readonly columnOf: (match: PaneMatch) => number;
		/** Lines of the help, and how many fit. */
		readonly helpLines: number;
		readonly helpPageSize: number;
		/** Is there a chart of the selected row? */
		readonly hasChart: boolean;
		/** Does the selected row have a log: a pod, a container? */
		readonly hasLog: boolean;
	};

/** What a reducer cannot do itself. */
export type Action =
	| {readonly kind: 'quit'}
	| {readonly kind: 'suspend'}
	| {readonly kind: 'redraw'}
	| {readonly kind: 'retry'}
	/** Hold this frame, or go on. The state says which. */
	| {readonly kind: 'pause'}
	| {readonly kind: 'resume'}
	/** The open detail pane is about something else now: fetch what it needs. */
	| {readonly kind: 'load'; readonly detail: DetailKind; readonly key: string; readonly isPrevious: boolean}
	/** It was closed: stop what was fetched for it. */
	| {readonly kind: 'unload'}
	/** In a replay: move the cursor, or play faster or slower. */
	| {readonly kind: 'time'; readonly command: TimeCommand}
	/** A field of its own was filled in: go there, mark with this note, record to this file. */
	| {readonly kind: 'asked'; readonly for: Asked; readonly text: string}
	/** Save and record, or stop recording. */
	| {readonly kind: 'record'}
	| {readonly kind: 'switchContext'; readonly context: string}
	/** A question was answered with yes: run this, it is allowed now. */
	| {readonly kind: 'confirmed'; readonly command: CommandId};

export type TimeCommand = Extract<
	CommandId,
	'time.changeBack' | 'time.changeOn' | 'time.secondsBack' | 'time.secondsOn' | 'time.minuteBack' | 'time.minuteOn' | 'time.slower' | 'time.faster'
>;

export type Step = {readonly state: UiState; readonly actions: readonly Action[]};

/** A text that was searched for, in a pane: its line, and where in it (in UTF-16 units). */
export type PaneMatch = {readonly line: number; readonly from: number; readonly to: number};

/** The step that asks for nothing. */
export function stay(state: UiState): Step {
	return {state, actions: []};
}

/** … but says something. */
export function say(state: UiState, text: string): Step {
	return stay({...state, message: {text, severity: 'warn'}});
}

/** … but asks for one thing. */
export function ask(state: UiState, kind: 'quit' | 'suspend' | 'redraw' | 'retry'): Step {
	return {state, actions: [{kind}]};
}

/** Adds what the detail pane needs when a step changed what it is about. */
export function withLoads(before: UiState, {state, actions}: Step): Step {
	const old = listOf(before).detail;
	const detail = listOf(state).detail;
	if (detail === undefined) return {state, actions: old === undefined ? actions : [...actions, {kind: 'unload'}]};
	if (old?.kind === detail.kind && old.key === detail.key && old.isPrevious === detail.isPrevious && before.tab === state.tab) return {state, actions};
	return {state, actions: [...actions, {kind: 'load', detail: detail.kind, key: detail.key, isPrevious: detail.isPrevious}]};
}
