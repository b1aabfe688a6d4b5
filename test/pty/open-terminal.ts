import {spawn} from '@lydell/node-pty';
import xterm from '@xterm/headless';

export type OpenTerminal = {
	readonly pid: number;
	type(text: string): void;
	resize(columns: number, rows: number): void;
	kill(signal: string): void;
	/** The screen as a person sees it, right-trimmed lines. */
	screen(): string;
	/** Everything that was written, escape sequences too. */
	raw(): string;
	/** Is the second screen open? */
	isAlternate(): boolean;
	/** Resolves with the screen of which this is true; fails, with the screen, when it does not become so. */
	until(seen: (screen: string) => boolean, what?: string): Promise<string>;
	readonly exitCode: Promise<number>;
};

const PATIENCE_MS = 20_000;

/** A program in a real pseudo-terminal with a terminal emulator behind it. Wait for conditions, never for durations. */
export function openTerminal(
	file: string,
	args: readonly string[],
	{columns, rows, env}: {columns: number; rows: number; env: Record<string, string | undefined>},
): OpenTerminal {
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true});
	const surroundings = Object.fromEntries(
		Object.entries<string | undefined>({...process.env, CI: undefined, NO_COLOR: undefined, ...env}).filter(
			(entry): entry is [string, string] => entry[1] !== undefined,
		),
	);
	const pty = spawn(file, [...args], {name: 'xterm-256color', cols: columns, rows, env: surroundings});
	const waiting = new Set<() => void>();
	let raw = '';
	let hasExited = false;
	pty.onData(text => {
		raw += text;
		terminal.write(text, () => {
			for (const check of [...waiting]) check();
		});
	});
	const exitCode = new Promise<number>(resolve =>
		pty.onExit(event => {
			hasExited = true;
			// What was written last is still on its way through the emulator.
			terminal.write('', () => {
				for (const check of [...waiting]) check();
				resolve(event.signal ? 128 + event.signal : event.exitCode);
			});
		}),
	);

	function screen(): string {
		const buffer = terminal.buffer.active;
		return Array.from({length: terminal.rows}, (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? '')
			.join('\n')
			.trimEnd();
	}

	return {
		pid: pty.pid,
		type: text => pty.write(text),
		resize(nextColumns, nextRows) {
			terminal.resize(nextColumns, nextRows);
			pty.resize(nextColumns, nextRows);
		},
		kill: signal => process.kill(pty.pid, signal),
		screen,
		raw: () => raw,
		isAlternate: () => terminal.buffer.active.type === 'alternate',
		exitCode,
		until: (seen, what = seen.toString()) =>
			new Promise((resolve, reject) => {
				const done = (act: () => void): void => {
					clearTimeout(timer);
					waiting.delete(check);
					act();
				};
				const check = (): void => {
					const now = screen();
					if (seen(now)) done(() => resolve(now));
				};
				const timer = setTimeout(() => done(() => reject(new Error(`never ${what}${hasExited ? ' (it has exited)' : ''}:\n${screen()}`))), PATIENCE_MS);
				waiting.add(check);
				check();
			}),
	};
}
