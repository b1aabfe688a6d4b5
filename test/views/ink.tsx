import {EventEmitter} from 'node:events';
import {Terminal} from '@xterm/headless';
import {render} from 'ink';
import type {ReactElement} from 'react';
import {themeNamed} from '../../src/theme/theme.ts';
import {createPainter} from '../../src/viewmodel/paint-screen.ts';
import type {Size} from '../../src/viewmodel/screen-layout.ts';
import type {Canvas} from '../../src/workbench/handle.ts';

/** A standard output of any size, for Ink: what it writes is nothing to us. */
class FakeStdout extends EventEmitter {
	readonly isTTY = true;
	columns: number;
	rows: number;

	constructor({columns, rows}: Size) {
		super();
		this.columns = columns;
		this.rows = rows;
	}

	write(_text: string, ...rest: readonly unknown[]): boolean {
		const done = rest.find(each => typeof each === 'function') as (() => void) | undefined;
		done?.();
		return true;
	}
}

class FakeStdin extends EventEmitter {
	readonly isTTY = true;
	private data: string | null = null;

	write(text: string): void {
		this.data = text;
		this.emit('readable');
	}

	read(): string | null {
		const {data} = this;
		this.data = null;
		return data;
	}

	setEncoding(): void {}
	setRawMode(): void {}
	resume(): void {}
	pause(): void {}
	ref(): void {}
	unref(): void {}
}

export type InkScreen = {
	/** What somebody types, as one read. */
	type(text: string): Promise<void>;
	resize(size: Size): Promise<void>;
	/** What the terminal shows, line by line, without looks. */
	frame(): string;
	/** One turn of the event loop, in which effects and subscriptions settle. */
	settled(): Promise<void>;
	readonly exited: Promise<unknown>;
	unmount(): void;
};

/** Draws a component at a size, as ink-testing-library does, which knows no size but 100 columns; onto a terminal that can be looked at. */
export async function drawWithInk(treeOn: (canvas: Canvas) => ReactElement, size: Size): Promise<InkScreen> {
	const terminal = new Terminal({cols: size.columns, rows: size.rows, allowProposedApi: true});
	const canvas: Canvas = {painter: createPainter(text => terminal.write(text), themeNamed('mono')), lend: run => run()};
	const tree = treeOn(canvas);
	const stdout = new FakeStdout(size);
	const stdin = new FakeStdin();
	const instance = render(tree, {
		stdout: stdout as unknown as NodeJS.WriteStream,
		stderr: new FakeStdout(size) as unknown as NodeJS.WriteStream,
		stdin: stdin as unknown as NodeJS.ReadStream,
		interactive: true,
		exitOnCtrlC: false,
		patchConsole: false,
	});
	const exited = instance.waitUntilExit();
	exited.catch(() => {});
	const settled = async (): Promise<void> => {
		await new Promise(resolve => setImmediate(resolve));
		await new Promise<void>(resolve => terminal.write('', resolve));
	};
	await settled();
	return {
		async type(text) {
			stdin.write(text);
			await settled();
		},
		async resize({columns, rows}) {
			stdout.columns = columns;
			stdout.rows = rows;
			terminal.resize(columns, rows);
			stdout.emit('resize');
			await settled();
		},
		frame: () =>
			Array.from({length: terminal.rows}, (_, row) => terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row)!.translateToString(true)).join(
				'\n',
			),
		settled,
		exited,
		unmount() {
			instance.unmount();
			terminal.dispose();
		},
	};
}
