import os from 'node:os';
import {chordsFromBytes} from '../keymap/chord.ts';
import {builtinKeymap} from '../keymap/keymap.ts';
import type {Place} from '../state/place.ts';
import {initialUi} from '../state/ui-state.ts';
import {themeFor} from '../theme/theme.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {createPainter} from '../viewmodel/paint-screen.ts';
import {type AccessError, openSession, type PluginActivity} from '../workbench/open-session.ts';
import {realClock} from '../workbench/real-clock.ts';
import type {ClusterSession} from '../workbench/session.ts';
import type {Canvas} from '../workbench/handle.ts';
import {createWorkbench, type Workbench} from '../workbench/workbench.ts';
import type {WorkbenchSession} from '../workbench/workbench-session.ts';
import {EXIT} from './exit-code.ts';
import {sayNoAccess} from './say-no-access.ts';
import type {Settings} from './settings.ts';
import {type HeldTerminal, holdTerminal} from './terminal.ts';
import {VERSION} from './version.ts';

/** Ink, which takes 0.1 s to load, is loaded when the first list is whole, or after so long. */
const INK_AT_LATEST_MS = 2500;
/** Share of the machine's memory, and the most, that kwb takes for its own without being told. */
const MEMORY_SHARE = 0.25;
const MOST_MEMORY = 2 * 1024 ** 3;

/** The interactive program, until somebody leaves it. */
export async function openScreen(settings: Settings, place: Place | undefined): Promise<number> {
	let workbench: Workbench | undefined;
	let isHeld = false;
	const onActivity = (activity: PluginActivity): void => workbench?.notice(activity.kind === 'idle' ? undefined : now => noticeOf(activity, now));
	/** For a plugin that asks: before the screen is there it just runs, later the screen is left for it. */
	const runInteractive = <T>(run: () => Promise<T>): Promise<T> => (isHeld ? workbench!.lend(run) : run());
	const open = (context: string | undefined) =>
		openSession({...settings, access: {...settings.access, context: context ?? settings.access.context}}, {version: VERSION, onActivity, runInteractive});

	const opened = open(place?.context);
	if (!opened.ok) return sayNoAccess(opened.error);
	const session = opened.value;
	const login = await loginFirst(session);
	if (login !== undefined) return sayNoAccess(login);

	return runScreen(
		settings,
		finish => {
			workbench = createWorkbench({
				...shared(settings, finish),
				ui: initialUi({context: undefined, namespace: settings.namespaces?.length === 1 ? settings.namespaces[0] : undefined}),
				place,
				session,
				watched: settings.watchesHpas ? ['hpa'] : [],
				openSession: context => {
					const next = open(context);
					return next.ok ? {session: next.value} : {error: next.error.message};
				},
				startRecorder: async (recorded, onChange) => {
					const {recorderOf} = await import('../workbench/record-session.ts');
					return recorderOf(recorded, {clock: realClock, version: VERSION, namespaces: settings.namespaces, ring: settings.ring, onChange});
				},
				recordingName: () => `kwb-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}.kwb`,
			});
			return workbench;
		},
		() => {
			isHeld = true;
		},
	);
}

/** The same screen on a recording. */
export async function openReplayScreen(settings: Settings, place: Place | undefined, session: WorkbenchSession): Promise<number> {
	return runScreen({...settings, recordTo: undefined}, finish =>
		createWorkbench({
			...shared(settings, finish),
			ui: initialUi({context: undefined, namespace: settings.namespaces?.length === 1 ? settings.namespaces[0] : undefined}),
			place,
			session,
			openSession: () => ({error: 'a recording has no other contexts'}),
		}),
	);
}

/** What a workbench has of this process, whatever it shows. */
function shared(settings: Settings, finish: (error?: Error) => void) {
	return {
		clock: realClock,
		theme: themeFor(process.env),
		keymap: builtinKeymap(),
		size: {columns: process.stdout.columns, rows: process.stdout.rows},
		mode: {isReadonly: settings.isReadonly, mayWrite: settings.mayWrite && !settings.isReadonly},
		residentBytes: () => process.memoryUsage.rss(),
		memoryBudget: settings.memoryBudget ?? Math.min(os.totalmem() * MEMORY_SHARE, MOST_MEMORY),
		stopProcess,
		quit: finish,
	};
}

/** Starts the workbench, holds the terminal for it, and gives everything back when somebody leaves. */
async function runScreen(settings: Settings, create: (finish: (error?: Error) => void) => Workbench, onHeld: () => void = () => {}): Promise<number> {
	let finish: (error: Error | undefined) => void = () => {};
	const finished = new Promise<Error | undefined>(resolve => {
		finish = resolve;
	});
	const workbench = create(error => finish(error));
	// The first request leaves before anything is drawn: what it waits for then goes on meanwhile.
	workbench.start();
	await new Promise(resolve => setImmediate(resolve));
	if (settings.recordTo !== undefined) {
		const problem = await workbench.record(settings.recordTo);
		if (problem !== undefined) {
			await workbench.close();
			process.stderr.write(`kwb: ${problem}\n`);
			return EXIT.failure;
		}
	}

	const terminal = holdTerminal(process.stdin, process.stdout);
	onHeld();
	const end = {exitCode: EXIT.fine as number};
	const stopListening = listenForTheEnd(workbench, end);
	const canvas: Canvas = {painter: createPainter(terminal.write, workbench.theme), lend: terminal.lend};
	const early = drawUntilInk(workbench, terminal, canvas, error => finish(error));
	const drawn = early.isDrawn.then(() => draw(workbench, terminal, canvas, early));
	// The recorder is loaded when rows are on the screen; it begins with all that is known then.
	if (settings.recordTo === undefined) void early.isDrawn.then(() => workbench.record());
	const error = await Promise.race([finished, drawn]);
	stopListening();
	early.stop();
	terminal.release();
	await Promise.race([workbench.close(), new Promise(resolve => setTimeout(resolve, 500).unref())]);
	if (error !== undefined) process.stderr.write(`kwb: ${settings.isVerbose ? (error.stack ?? error.message) : error.message}\n`);
	return error === undefined ? end.exitCode : EXIT.failure;
}

/** A plugin that always asks something does so before the second screen opens. */
async function loginFirst({access: {credential}, credentials}: ClusterSession): Promise<AccessError | undefined> {
	if (credential.kind !== 'exec' || credential.exec.interactiveMode !== 'Always') return undefined;
	const outcome = await credentials.get();
	return outcome.ok ? undefined : {kind: 'unusable', message: outcome.error.message, ...(outcome.error.hint === undefined ? {} : {hint: outcome.error.hint})};
}

/** The screen before Ink is there. */
type EarlyScreen = {
	/** It is time to load Ink. */
	readonly isDrawn: Promise<void>;
	/** Nobody has the terminal but us: a login may take it, and be slower than what Ink is waited for. */
	isOurs(): Promise<void>;
	stop(): void;
};

/** Draws, and answers keys, until Ink is to be loaded. */
function drawUntilInk(workbench: Workbench, terminal: HeldTerminal, {painter, lend}: Canvas, exit: (error?: Error) => void): EarlyScreen {
	let lent: Promise<void> = Promise.resolve();
	let resolveDrawn: () => void = () => {};
	const isDrawn = new Promise<void>(resolve => {
		resolveDrawn = resolve;
	});
	const timer = setTimeout(() => resolveDrawn(), INK_AT_LATEST_MS);
	const paint = (): void => {
		painter.paint(workbench.getScreen());
		if (workbench.hasSettled()) setImmediate(resolveDrawn);
	};
	const unsubscribe = workbench.subscribe(paint);
	const detach = workbench.attach({
		exit,
		suspend(meanwhile) {
			lent = lend(meanwhile).finally(painter.repaint);
			return lent;
		},
		redraw: painter.repaint,
	});
	const onResize = (): void => workbench.resize({columns: process.stdout.columns, rows: process.stdout.rows});
	process.stdout.on('resize', onResize);
	terminal.onKeys(bytes => {
		for (const chord of chordsFromBytes(bytes)) workbench.press(chord);
	});
	paint();
	return {
		isDrawn,
		async isOurs() {
			for (let before: Promise<void> | undefined; before !== lent; ) {
				before = lent;
				await before.catch(() => undefined);
			}
		},
		stop() {
			clearTimeout(timer);
			unsubscribe();
			detach();
			process.stdout.off('resize', onResize);
		},
	};
}

/** Loads Ink and lets it hold the screen. Until then what there is goes on. */
async function draw(workbench: Workbench, terminal: HeldTerminal, canvas: Canvas, early: EarlyScreen): Promise<Error | undefined> {
	try {
		const {drawScreen} = await import('../../views/draw-screen.tsx');
		await early.isOurs();
		early.stop();
		await drawScreen(workbench, canvas, terminal.handOver());
		return undefined;
	} catch (error) {
		return error instanceof Error ? error : new Error(String(error));
	}
}

/** What a shell says of a program that a signal ended. */
const SIGNAL_CODES = {SIGHUP: 129, SIGINT: 130, SIGTERM: 143} as const;

/** Whatever ends the process, the terminal is given back first. */
function listenForTheEnd(workbench: Workbench, end: {exitCode: number}): () => void {
	const onError = (error: unknown): void => workbench.quit(error instanceof Error ? error : new Error(String(error)));
	// A reader that went away (a closed SSH connection) is no error to tell: there is nobody to tell it to.
	const onStdoutError = (): void => workbench.quit();
	const onSignals = Object.entries(SIGNAL_CODES).map(([signal, code]) => {
		const onSignal = (): void => {
			end.exitCode = code;
			workbench.quit();
		};
		process.on(signal, onSignal);
		return () => process.off(signal, onSignal);
	});
	process.on('uncaughtException', onError);
	process.on('unhandledRejection', onError);
	process.stdout.on('error', onStdoutError);
	return () => {
		for (const stop of onSignals) stop();
		process.off('uncaughtException', onError);
		process.off('unhandledRejection', onError);
	};
}

/** Stops like a shell program, and goes on when the shell says so. */
function stopProcess(): Promise<void> {
	return new Promise(resolve => {
		process.once('SIGCONT', () => resolve());
		process.kill(process.pid, 'SIGTSTP');
	});
}

/** `running aws … 2 s`, and what it said last. */
function noticeOf({command, since, stderr}: Extract<PluginActivity, {readonly kind: 'running'}>, now: EpochMs): string {
	const said = stderr.at(-1);
	return `running ${command} … ${Math.max(0, Math.floor((now - since) / 1000))} s${said === undefined ? '' : `: ${said}`}`;
}
