import {readFileSync} from 'node:fs';
import {spawn} from '@lydell/node-pty';
import xterm from '@xterm/headless';

/** What a program wrote, chunk by chunk, with the milliseconds since it was started. */
export type Chunk = {readonly at: number; readonly text: string};

export type ProcessFigures = {
	/** User and system time so far, seconds. */
	readonly cpuSeconds: number;
	readonly rssMb: number;
	readonly peakMb: number;
};

/** A program in a pseudo-terminal, from Enter to exit. Its output is kept with times and looked at afterwards, so that looking costs it nothing. */
export type TerminalRun = {
	readonly pid: number;
	readonly chunks: readonly Chunk[];
	type(text: string): void;
	/** Resolves with the ms at which `seen` was true of all raw output so far; undefined after the limit. */
	until(seen: (raw: string) => boolean, limitMs: number): Promise<number | undefined>;
	figures(): ProcessFigures | undefined;
	now(): number;
	kill(signal?: string): void;
	readonly exited: Promise<number>;
};

const CLOCK_TICKS = 100;

/** Starts `file` in a terminal of this size. Linux only: figures come from /proc. */
export function runInTerminal(
	file: string,
	args: readonly string[],
	{columns, rows, env, cwd}: {columns: number; rows: number; env?: Record<string, string>; cwd?: string},
): TerminalRun {
	const started = performance.now();
	const chunks: Chunk[] = [];
	let raw = '';
	const waiting = new Set<() => void>();
	const {CI: _ci, NO_COLOR: _noColor, ...inherited} = process.env as Record<string, string>;
	const pty = spawn(file, [...args], {name: 'xterm-256color', cols: columns, rows, env: {...inherited, ...env}, ...(cwd === undefined ? {} : {cwd})});
	pty.onData(text => {
		chunks.push({at: performance.now() - started, text});
		raw += text;
		for (const check of [...waiting]) check();
	});
	const exited = new Promise<number>(resolve => pty.onExit(({exitCode}) => resolve(exitCode)));

	return {
		pid: pty.pid,
		chunks,
		exited,
		type: text => pty.write(text),
		now: () => performance.now() - started,
		kill: signal => {
			try {
				pty.kill(signal);
			} catch {
				// It is gone already.
			}
		},
		figures: () => figuresOf(pty.pid),
		until: (seen, limitMs) =>
			new Promise(resolve => {
				const check = (): void => {
					if (!seen(raw)) return;
					done(performance.now() - started);
				};
				const timer = setTimeout(() => done(undefined), limitMs);
				const done = (value: number | undefined): void => {
					clearTimeout(timer);
					waiting.delete(check);
					resolve(value);
				};
				waiting.add(check);
				check();
			}),
	};
}

/** CPU and memory of a process and nothing of its children. */
export function figuresOf(pid: number): ProcessFigures | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		const status = readFileSync(`/proc/${pid}/status`, 'utf8');
		const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
		return {cpuSeconds: (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS, rssMb: kb('VmRSS') / 1024, peakMb: kb('VmHWM') / 1024};
	} catch {
		return undefined;
	}
}

/** Replays the chunks through a terminal emulator; gives the ms of the first chunk after which `seen` is true of the screen. */
export async function firstScreen(
	chunks: readonly Chunk[],
	size: {columns: number; rows: number},
	seen: (lines: readonly string[]) => boolean,
	from = 0,
): Promise<number | undefined> {
	const terminal = new xterm.Terminal({cols: size.columns, rows: size.rows, allowProposedApi: true});
	for (const {at, text} of chunks) {
		await new Promise<void>(resolve => terminal.write(text, resolve));
		if (at >= from && seen(linesOf(terminal, size.rows))) return at;
	}
	return undefined;
}

/** The screen after all chunks. */
export async function lastScreen(chunks: readonly Chunk[], size: {columns: number; rows: number}): Promise<readonly string[]> {
	const terminal = new xterm.Terminal({cols: size.columns, rows: size.rows, allowProposedApi: true});
	for (const {text} of chunks) await new Promise<void>(resolve => terminal.write(text, resolve));
	return linesOf(terminal, size.rows);
}

function linesOf(terminal: InstanceType<typeof xterm.Terminal>, rows: number): readonly string[] {
	const buffer = terminal.buffer.active;
	return Array.from({length: rows}, (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? '');
}

/** The middle one; of an even number the lower. */
export function median(values: readonly number[]): number {
	const sorted = values.filter(value => !Number.isNaN(value)).sort((a, b) => a - b);
	return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
