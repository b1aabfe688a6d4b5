import type {ReadStream, WriteStream} from 'node:tty';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';

/** The terminal as kwb holds it: the second screen and raw keys, given back whatever happens. */
export type HeldTerminal = {
	/** Writes as long as the terminal is ours. */
	write(text: string): void;
	/** Takes keys until Ink does. */
	onKeys(listener: (bytes: Uint8Array) => void): void;
	/** Gives the terminal away as it was, and takes it back when the promise settles. */
	lend<T>(run: () => Promise<T>): Promise<T>;
	/** Ink takes over: keys are its own from now on, and the screen it enters is the one it finds. */
	handOver(): WriteStream;
	/** Gives the terminal back. More than once does no harm. */
	release(): void;
};

/** Enters the second screen. Until {@link HeldTerminal.release}, which the end of the process calls at the latest. */
export function holdTerminal(stdin: ReadStream, stdout: WriteStream): HeldTerminal {
	let isHeld = true;
	let isLent = false;
	let listener: (() => void) | undefined;
	take();

	function take(): void {
		stdin.setRawMode(true);
		stdout.write(ENTER);
	}

	function give(): void {
		stdin.setRawMode(false);
		stdout.write(LEAVE);
	}

	function listen(next: () => void): void {
		listener = next;
		stdin.on('readable', listener);
	}

	function dropKeys(): void {
		if (listener === undefined) return;
		stdin.off('readable', listener);
		listener = undefined;
	}

	function release(): void {
		if (!isHeld) return;
		isHeld = false;
		dropKeys();
		process.off('exit', release);
		try {
			give();
		} catch {
			// The terminal is gone: there is nobody to give it back to.
		}
	}

	process.on('exit', release);
	return {
		write(text) {
			if (isHeld && !isLent) stdout.write(text);
		},
		async lend(run) {
			const keys = listener;
			dropKeys();
			give();
			isLent = true;
			try {
				return await run();
			} finally {
				isLent = false;
				if (isHeld) {
					take();
					if (keys !== undefined) listen(keys);
				}
			}
		},
		onKeys(take) {
			// As Ink reads it: a stream that was read by 'data' and paused does not become readable again.
			listen(() => {
				for (let bytes = stdin.read() as Uint8Array | null; bytes !== null; bytes = stdin.read() as Uint8Array | null) take(bytes);
			});
		},
		handOver() {
			dropKeys();
			return withoutEntering(stdout);
		},
		release,
	};
}

/**
 * The same stream, but that entering the second screen, which we are on already, is not written again: some terminals
 * clear it then, and the rows that are there would flicker.
 */
function withoutEntering(stdout: WriteStream): WriteStream {
	return new Proxy(stdout, {
		get(target, name) {
			const value: unknown = Reflect.get(target, name, target);
			if (name === 'write') {
				return (...args: Parameters<WriteStream['write']>): boolean => (args[0] === '\x1b[?1049h' ? target.write('\x1b[H') : target.write(...args));
			}
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
}
