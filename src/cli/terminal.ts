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
	/** Keys are Ink's from now on. It gets a stream that lets none of its drawing through. */
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
				await stopReading(stdin);
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
			return onlyPasteMode(stdout);
		},
		release,
	};
}

/** Without a listener Node reads on: whoever has the terminal now would share its keys with us. A stream pauses only once it has seen that nobody listens. */
async function stopReading(stdin: ReadStream): Promise<void> {
	await new Promise(resolve => setImmediate(resolve));
	stdin.pause();
	await new Promise(resolve => setImmediate(resolve));
}

const PASTE_MODE = /\x1b\[\?2004[hl]/g;

/** The same stream, but of what is written only the switching of bracketed paste gets through: what is on the screen is the painter's. */
function onlyPasteMode(stdout: WriteStream): WriteStream {
	return new Proxy(stdout, {
		get(target, name) {
			const value: unknown = Reflect.get(target, name, target);
			if (name === 'write') {
				return (text: string, ...rest: readonly unknown[]): boolean => {
					const done = rest.find(each => typeof each === 'function') as (() => void) | undefined;
					return target.write(text.match(PASTE_MODE)?.join('') ?? '', done);
				};
			}
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
}
