import {EventEmitter} from 'node:events';
import {render} from 'ink';
import type {ReactElement} from 'react';
import type {Size} from '../../src/viewmodel/screen-layout.ts';

/** A standard output of any size that keeps the last frame; Ink draws whole frames into it. */
class FakeStdout extends EventEmitter {
	readonly isTTY = true;
	readonly frames: string[] = [];
	columns: number;
	rows: number;

	constructor({columns, rows}: Size) {
		super();
		this.columns = columns;
		this.rows = rows;
	}

	write(text: string, ...rest: readonly unknown[]): boolean {
		this.frames.push(text);
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
	/** The last frame, with its escape sequences. */
	frame(): string;
	/** One turn of the event loop, in which effects and subscriptions settle. */
	settled(): Promise<void>;
	readonly exited: Promise<unknown>;
	unmount(): void;
};

/** Draws a component at a size, as ink-testing-library does, which knows no size but 100 columns. */
export async function drawWithInk(tree: ReactElement, size: Size): Promise<InkScreen> {
	const stdout = new FakeStdout(size);
	const stdin = new FakeStdin();
	const instance = render(tree, {
		stdout: stdout as unknown as NodeJS.WriteStream,
		stderr: new FakeStdout(size) as unknown as NodeJS.WriteStream,
		stdin: stdin as unknown as NodeJS.ReadStream,
		debug: true,
		exitOnCtrlC: false,
		patchConsole: false,
	});
	const exited = instance.waitUntilExit();
	exited.catch(() => {});
	const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
	await settled();
	return {
		async type(text) {
			stdin.write(text);
			await settled();
		},
		async resize({columns, rows}) {
			stdout.columns = columns;
			stdout.rows = rows;
			stdout.emit('resize');
			await settled();
		},
		frame: () => stdout.frames.findLast(text => text !== '' && !text.startsWith('\x1b[?')) ?? '',
		settled,
		exited,
		unmount: () => instance.unmount(),
	};
}
