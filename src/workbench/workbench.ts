import type {Chord} from '../keymap/chord.ts';
import {A_CLUSTER, A_RECORDING} from '../keymap/commands.ts';
import type {Allowance} from '../keymap/gate.ts';
import {gate} from '../keymap/gate.ts';
import {commandFor, type Keymap} from '../keymap/keymap.ts';
import type {Frame} from '../observe/frame.ts';
import {openPlace} from '../state/navigate.ts';
import type {Action, Step, StepContext} from '../state/step.ts';
import {missingNeeds, pasteText, settleUi, stepText, stepUi} from '../state/step-ui.ts';
import type {Place} from '../state/place.ts';
import type {TabId} from '../state/tabs.ts';
import {fieldOf} from '../state/text-field.ts';
import {scopesOf, showsLines, type UiState} from '../state/ui-state.ts';
import type {Theme} from '../theme/theme.ts';
import type {Cancel, Clock} from '../util/clock.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import type {PaneContent} from '../viewmodel/pane-content.ts';
import {keepScreen, layoutFor, type ScreenInput, type ScreenModel, screenOf} from '../viewmodel/screen.ts';
import type {Size} from '../viewmodel/screen-layout.ts';
import {type StatusInput, statusChangesAt} from '../viewmodel/status-bar.ts';
import {stepContextOf} from '../viewmodel/step-context.ts';
import type {TerminalHooks, WorkbenchHandle} from './handle.ts';
import {createTabs, type TabModels} from './tab-models.ts';
import {createTimeKeys} from './replay-keys.ts';
import {createRecordKeys} from './record-keys.ts';
import type {StartRecorder, WorkbenchSession} from './workbench-session.ts';

export type WorkbenchOptions = {
	readonly clock: Clock;
	readonly theme: Theme;
	readonly keymap: Keymap;
	readonly size: Size;
	readonly ui: UiState;
	readonly place: Place | undefined;
	readonly session: WorkbenchSession;
	/** Tabs whose background set is watched from the start. */
	readonly watched?: readonly TabId[];
	/** Another context was asked for. An error is one line for the screen. */
	readonly openSession: (context: string) => {readonly session: WorkbenchSession} | {readonly error: string};
	/** Begins to write down what a live session sees. */
	readonly startRecorder?: StartRecorder;
	/** The name of a new recording, offered when one is saved. */
	readonly recordingName?: () => string;
	readonly mode: {readonly isReadonly: boolean; readonly mayWrite: boolean};
	/** Resident bytes of the process now. */
	readonly residentBytes: () => number;
	readonly memoryBudget: number;
	/** Stops the process as a shell would, and resolves when it goes on. */
	readonly stopProcess: () => Promise<void>;
	readonly quit: (error?: Error) => void;
};

/** The workbench behind the screen: takes keys and frames, publishes screens. */
export type Workbench = WorkbenchHandle & {
	/** Requests what the first tab needs. Nothing is sent before. */
	start(): void;
	/** What is being waited for (a credential plugin), as a text that may count seconds; undefined: nothing. */
	notice(textAt: ((now: EpochMs) => string) | undefined): void;
	/** Leaves the drawn screen, calls `run`, comes back. */
	lend<T>(run: () => Promise<T>): Promise<T>;
	readonly session: () => WorkbenchSession;
	/** Records from now on; to this file, where there is one. @returns the error as one line. */
	record(path?: string): Promise<string | undefined>;
	/** Ends the screen, whoever draws it; with an error when something broke. */
	quit(error?: Error): void;
	/** Is the first list whole, or known not to come? */
	hasSettled(): boolean;
	close(): Promise<void>;
};

/** Share of the memory budget from which a word about it is on the screen. */
const NEAR_BUDGET = 0.9;

/** Puts keys, frames and panes together. Everything it shows follows from the UI state, the frame and the window's size. */
export function createWorkbench(options: WorkbenchOptions): Workbench {
	const {clock, theme, keymap, mode} = options;
	const listeners = new Set<() => void>();
	let session = options.session;
	let tabs: TabModels = createTabs({session, onChange: invalidate, watched: options.watched ?? []});
	let ui = options.ui;
	let size = options.size;
	let frame: Frame = session.frames.getFrame();
	let notice: ((now: EpochMs) => string) | undefined;
	let terminal: TerminalHooks | undefined;
	let screen: ScreenModel | undefined;
	/** The input of the published screen, and whether anything it is made of has changed since. */
	let isStale = true;
	let isAnnounced = false;
	/** What was asked for last; undefined before the start. */
	let needs: {readonly session: WorkbenchSession; readonly stamp: string} | undefined;
	let unsubscribe: Cancel = session.frames.subscribe(onFrame);
	const startedAt = clock.now();
	/** Was the recorder asked for? Then the next session is recorded, too. */
	let hasRecorded = false;
	const recording = createRecordKeys({
		start: options.startRecorder ?? (async () => undefined),
		stream: () => session.stream,
		nameNow: options.recordingName ?? (() => 'recording.kwb'),
		askForFile: name => {
			ui = {...ui, overlay: {kind: 'ask', for: 'file', field: fieldOf(name)}};
			invalidate();
		},
		say,
		onChange: invalidate,
	});
	const time = createTimeKeys({
		replay: () => session.replay,
		selected: () => tabs.selected(frame, ui),
		/** The screen holds still at the cursor, or goes on with it. */
		onMoved: () => {
			ui = {...ui, at: session.replay?.isPlaying === false ? frame.at : undefined};
			invalidate();
		},
		say,
	});

	/** Watches what is needed now, where that is something else than before. */
	function follow(): void {
		const needed = tabs.needs(frame, ui);
		const stamp = needed.join(' ');
		if (needs?.session === session && needs.stamp === stamp) return;
		needs = {session, stamp};
		session.need(needed);
	}

	function onFrame(): void {
		frame = session.frames.getFrame();
		// What the objects themselves call for (the kinds that autoscalers scale).
		if (needs !== undefined) follow();
		invalidate();
	}

	/** Something that the screen is made of has changed: those who draw are told, once for any number of changes. */
	function invalidate(): void {
		isStale = true;
		if (isAnnounced) return;
		isAnnounced = true;
		queueMicrotask(() => {
			isAnnounced = false;
			const before = screen;
			if (compose() === before) return; // nothing that can be seen has changed
			for (const listener of listeners) listener();
		});
	}

	function allowanceOf(context: Pick<StepContext, 'rowCount' | 'hasLog'>): Allowance {
		const isReplay = session.replay !== undefined;
		const missing = new Set([...missingNeeds(context), isReplay ? A_CLUSTER : A_RECORDING]);
		return {isReadonly: mode.isReadonly, isReplay, mayWrite: mode.mayWrite, mayExec: false, missing};
	}

	function inputOf(state: UiState): ScreenInput {
		const table = showsLines(state) ? undefined : tabs.table(frame, state);
		const base = {ui: state, size, table, chart: tabs.hasChart(frame, state) ? EMPTY_PANE : undefined};
		const layout = layoutFor(base);
		const chart = layout.chart === undefined ? base.chart : tabs.chart(frame, state, layout.chartSize);
		const input: ScreenInput = {
			...base,
			chart,
			keymap,
			allowance: NOTHING_MISSING,
			status: statusOf(state),
			detail: showsLines(state) ? tabs.api(frame, startedAt, layout.detailSize.columns, memoryOf()) : tabs.detail(frame, state, layout.detailSize),
			names: {
				// Gathered only while somebody picks one.
				get namespaces() {
					return tabs.namespaces(frame);
				},
			},
			drawn: screen?.drawn,
		};
		return input;
	}

	function statusOf(state: UiState): StatusInput {
		const counters = session.transport.counters();
		return {
			context: session.access.contextName === '' ? session.access.clusterName : session.access.contextName,
			user: session.replay === undefined ? session.access.userName : undefined,
			at: session.replay === undefined ? (state.at ?? frame.at) : frame.at,
			stores: tabs.freshness(frame, state),
			load: {requests: counters.requests, openWatches: counters.openStreams, bytes: counters.bytesRead},
			memoryWarning: memoryWarning(),
			notice: notice?.(clock.now()),
			mode: mode.isReadonly ? 'readonly' : mode.mayWrite ? 'write' : undefined,
			replay: session.replay === undefined ? undefined : {speed: session.replay.speed(), isPlaying: session.replay.isPlaying, isAtEnd: session.replay.isAtEnd},
			recording: recording.status(),
		};
	}

	function memoryOf(): {readonly resident: number; readonly budget: number} {
		return {resident: options.residentBytes(), budget: options.memoryBudget};
	}

	function memoryWarning(): string | undefined {
		const {resident, budget} = memoryOf();
		if (resident < budget * NEAR_BUDGET) return undefined;
		const megabytes = (bytes: number): string => Math.round(bytes / 1e6).toString();
		return `memory ${megabytes(resident)} of ${megabytes(budget)} MB: n picks a namespace`;
	}

	/** Composes the screen, and lets the state follow what the data or the window did by themselves. */
	function compose(): ScreenModel {
		if (!isStale && screen !== undefined) return screen;
		let input = inputOf(ui);
		let context = stepContextOf(input, '');
		const settled = settleUi(ui, context);
		if (settled !== ui) {
			ui = settled;
			input = inputOf(ui);
			context = stepContextOf(input, '');
		}
		screen = keepScreen(screen, screenOf({...input, allowance: allowanceOf(context)}));
		isStale = false;
		const due = tickAt(input, tabs.countsSeconds(ui));
		if (due !== undefined) session.frames.nudge(due);
		return screen;
	}

	function take({state, actions}: Step): void {
		if (state !== ui) {
			narrow(ui, state);
			// A place may be of another moment; in a replay that is somewhere to go.
			if (state.at !== ui.at && state.at !== undefined && state.at !== frame.at) session.replay?.seek(state.at);
			ui = state;
			follow();
			invalidate();
		}
		for (const action of actions) perform(action);
	}

	function perform(action: Action): void {
		switch (action.kind) {
			case 'quit':
				return quit();
			case 'suspend':
				void terminal?.suspend(options.stopProcess);
				return;
			case 'redraw':
				return terminal?.redraw();
			case 'retry':
				return retry();
			case 'pause':
				session.frames.pause();
				return invalidate();
			case 'resume':
				session.frames.resume();
				return invalidate();
			case 'time':
				return time.press(action.command);
			case 'record':
				return recording.toggle();
			case 'asked':
				if (action.for === 'time') return time.goTo(action.text);
				return action.for === 'mark' ? recording.mark(action.text) : recording.save(action.text);
			case 'load':
				return tabs.load(frame, ui, action);
			case 'unload':
				return tabs.unload();
			case 'switchContext':
				return switchContext(action.context);
			case 'confirmed':
				return;
		}
	}

	/** Again, now. Where no login could be had without a terminal, the plugin gets it. */
	function retry(): void {
		const {runInTerminal} = session.credentials;
		const isLoggedIn = session.transport.counters().openStreams > 0;
		if (runInTerminal === undefined || isLoggedIn) return session.retryNow();
		const {retryNow} = session;
		void runInTerminal().then(outcome => {
			if (outcome.ok) retryNow(true);
			else say(outcome.error.message, 'error');
		});
	}

	/** What may not be seen as a whole, or is too much to hold, is watched in the namespace that was picked. */
	function narrow(before: UiState, after: UiState): void {
		if (before.namespace === after.namespace) return;
		const wide = frame.freshness('pods').get('');
		if (after.namespace === undefined) session.setNamespaces(undefined);
		else if (wide?.kind === 'forbidden' || memoryWarning() !== undefined) session.setNamespaces([after.namespace]);
	}

	function switchContext(context: string): void {
		const opened = options.openSession(context);
		if ('error' in opened) {
			ui = {...ui, message: {text: opened.error, severity: 'error'}};
			return invalidate();
		}
		const old = session;
		unsubscribe();
		tabs.unload();
		session = opened.session;
		tabs = createTabs({session, onChange: invalidate, watched: options.watched ?? []});
		unsubscribe = session.frames.subscribe(onFrame);
		void recording.stop().then(() => old.close());
		follow();
		onFrame();
		if (hasRecorded) void recording.start(session);
	}

	/** A word until the next key. */
	function say(text: string, severity: 'info' | 'warn' | 'error' = 'info'): void {
		ui = {...ui, message: {text, severity}};
		invalidate();
	}

	function quit(error?: Error): void {
		if (terminal === undefined) options.quit(error);
		else terminal.exit(error);
	}

	return {
		theme,
		getScreen: compose,
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		press(chord: Chord) {
			const input = inputOf(ui);
			const context = stepContextOf(input, chord);
			const command = commandFor(keymap, chord, scopesOf(ui));
			if (command === undefined) return take(stepText(ui, chord));
			const ruling = gate(command, allowanceOf(context));
			if (ruling.kind === 'allow') return take(stepUi(ui, command.id, context));
			const text = ruling.kind === 'refuse' ? `${command.does}: ${ruling.because}` : ruling.question;
			ui = ruling.kind === 'refuse' ? {...ui, message: {text, severity: 'warn'}} : {...ui, overlay: {kind: 'confirm', question: text, command: command.id}};
			invalidate();
		},
		paste: text => take(pasteText(ui, text)),
		resize(next) {
			if (next.columns === size.columns && next.rows === size.rows) return;
			size = next;
			invalidate();
		},
		attach(hooks) {
			terminal = hooks;
			return () => {
				if (terminal === hooks) terminal = undefined;
			};
		},
		failed: error => options.quit(error),
		async record(path) {
			hasRecorded = true;
			await recording.start(session);
			return path === undefined ? undefined : recording.saveTo(path);
		},
		start() {
			if (options.place !== undefined) take(openPlace(ui, options.place));
			follow();
		},
		notice(textAt) {
			notice = textAt;
			invalidate();
		},
		async lend<T>(run: () => Promise<T>) {
			if (terminal === undefined) return run();
			let outcome: Promise<T> | undefined;
			await terminal.suspend(async () => {
				outcome = run();
				await outcome.catch(() => undefined);
			});
			return outcome!;
		},
		session: () => session,
		quit,
		hasSettled() {
			if (showsLines(ui)) return true;
			const {kind} = tabs.table(frame, ui).state;
			return kind !== 'connecting' && kind !== 'syncing';
		},
		async close() {
			unsubscribe();
			tabs.unload();
			await recording.stop();
			await session.close();
		},
	};
}

const EMPTY_PANE: PaneContent = {kind: 'lines', lines: []};
const NOTHING_MISSING: Allowance = {isReadonly: false, isReplay: false, mayWrite: false, mayExec: false, missing: new Set()};

/** When a text on the screen is due to change though nothing is learned: ages by the second only where somebody looks at them. */
function tickAt({ui, status, table}: ScreenInput, countsSeconds: boolean): EpochMs | undefined {
	const isPaused = ui.at !== undefined;
	const changes = statusChangesAt(status, isPaused);
	if (isPaused) return changes;
	if (countsSeconds || status.notice !== undefined) return epochMs((Math.floor(status.at / 1000) + 1) * 1000);
	const rows = table?.changesAt?.();
	return rows === undefined || (changes !== undefined && changes < rows) ? changes : rows;
}
