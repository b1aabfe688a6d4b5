import {objectPath} from '../kube/api-paths.ts';
import {pods} from '../kube/resources/pods.ts';
import {BrokenBody, type Transport, type TransportError} from '../transport/transport.ts';
import {wash} from '../wire/wash.ts';

/** Lines asked for on the way in. */
const TAIL_LINES = 1000;
/** A log is a ring: older lines are dropped beyond either bound. */
const MOST_LINES = 5000;
const MOST_CHARACTERS = 2 * 1024 * 1024;
/** A longer line is cut: nobody reads it on a screen, and a binary log must not eat the memory. */
const LONGEST_LINE = 8 * 1024;
/** A silent container is no fault: only a connection that is dead for an hour is given up. */
const LOG_IDLE_MS = 3_600_000;

/** What is known of a log. The same array until lines come. */
export type LogState = {
	readonly lines: readonly string[];
	/** Lines that were dropped to stay within bounds. */
	readonly dropped: number;
	readonly isOpen: boolean;
	readonly error: TransportError | undefined;
};

export type LogTarget = {readonly namespace: string; readonly pod: string; readonly container: string | undefined; readonly isPrevious: boolean};

/** Follows a container's log until the signal. `onChange` is called at most once a chunk. Escape sequences are washed out. */
export async function followLog(
	transport: Pick<Transport, 'stream'>,
	target: LogTarget,
	signal: AbortSignal,
	onChange: (state: LogState) => void,
): Promise<void> {
	const ring = createLineRing();
	const tell = (isOpen: boolean, error?: TransportError): void => {
		if (!signal.aborted) onChange({lines: ring.lines(), dropped: ring.dropped(), isOpen, error});
	};
	const outcome = await transport.stream(
		{
			path: objectPath(pods, 'v1', target.namespace, target.pod, 'log'),
			query: {
				container: target.container,
				tailLines: String(TAIL_LINES),
				...(target.isPrevious ? {previous: 'true'} : {follow: 'true'}),
			},
			accept: 'text/plain, */*',
			headersTimeoutMs: 30_000,
			idleTimeoutMs: LOG_IDLE_MS,
			isOpenEnded: !target.isPrevious,
			counted: {verb: 'get', resource: 'pods/log'},
		},
		signal,
	);
	if (!outcome.ok) return tell(false, outcome.error);
	const decoder = new TextDecoder();
	tell(true);
	try {
		for await (const chunk of outcome.value.body) {
			ring.push(decoder.decode(chunk, {stream: true}));
			tell(true);
		}
		ring.push(decoder.decode());
		ring.end();
		tell(false);
	} catch (error) {
		if (!(error instanceof BrokenBody)) throw error;
		ring.end();
		tell(false, error.error);
	}
}

/** Splits text at line feeds and keeps the last lines within bounds. */
export function createLineRing(): {
	push(text: string): void;
	/** The last line has come without its line feed. */
	end(): void;
	lines(): readonly string[];
	dropped(): number;
} {
	let lines: string[] = [];
	let characters = 0;
	let dropped = 0;
	let partial = '';

	function add(line: string): void {
		const clean = wash(line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line);
		lines.push(clean);
		characters += clean.length;
	}

	function trim(): void {
		let from = Math.max(0, lines.length - MOST_LINES);
		for (let at = 0; at < from; at++) characters -= lines[at]!.length;
		while (characters > MOST_CHARACTERS && from < lines.length - 1) characters -= lines[from++]!.length;
		dropped += from;
		if (from > 0) lines = lines.slice(from);
	}

	return {
		push(text) {
			const parts = (partial + text).split('\n');
			partial = parts.pop() ?? '';
			if (partial.length > LONGEST_LINE * 2) partial = partial.slice(0, LONGEST_LINE * 2);
			if (parts.length === 0) return;
			lines = lines.slice(); // what was given out before must not change
			for (const part of parts) add(part.endsWith('\r') ? part.slice(0, -1) : part);
			trim();
		},
		end() {
			if (partial === '') return;
			lines = lines.slice();
			add(partial);
			trim();
			partial = '';
		},
		lines: () => lines,
		dropped: () => dropped,
	};
}
