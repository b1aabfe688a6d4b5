import {openSession} from '../workbench/open-session.ts';
import {realClock} from '../workbench/real-clock.ts';
import {recorderOf, recordWithoutScreen} from '../workbench/record-session.ts';
import {EXIT, type ExitCode} from './exit-code.ts';
import {sayNoAccess} from './say-no-access.ts';
import {sayWarnings} from './say-warnings.ts';
import type {Settings} from './settings.ts';
import {VERSION} from './version.ts';

/** `kwb record FILE`: writes down all that is seen, without a screen, until it is ended or for so long. */
export async function record(settings: Settings, path: string, forMs: number | undefined): Promise<ExitCode> {
	const isTerminal = process.stderr.isTTY === true;
	const opened = openSession(settings, {version: VERSION, onActivity: () => undefined, runInteractive: process.stdin.isTTY ? run => run() : undefined});
	if (!opened.ok) return sayNoAccess(opened.error);
	sayWarnings(opened.value.access.warnings);
	const session = opened.value;
	const end = new AbortController();
	const onSignal = (): void => end.abort();
	process.on('SIGINT', onSignal);
	process.on('SIGTERM', onSignal);
	const recorder = recorderOf(session, {clock: realClock, version: VERSION, namespaces: settings.namespaces, ring: undefined});
	const started = Date.now();
	const onProgress = (bytes: number): void => {
		if (isTerminal)
			process.stderr.write(`\r\x1b[Krecording to ${path}: ${Math.round((Date.now() - started) / 1000)} s, ${Math.ceil(bytes / 1000)} kB, ctrl-c ends`);
	};
	try {
		const recorded = await recordWithoutScreen(session, recorder, {path, forMs, clock: realClock, signal: end.signal, onProgress});
		if (isTerminal) process.stderr.write('\r\x1b[K');
		if (!recorded.ok) {
			process.stderr.write(`kwb: ${recorded.error.message}\n`);
			return EXIT.failure;
		}
		const faults = session.stream.frame(session.stream.now()).faults.length;
		process.stderr.write(
			`kwb: recorded ${Math.round((Date.now() - started) / 1000)} s to ${path}${faults === 0 ? '' : `, with faults (${faults})`}; kwb replay ${path} shows it\n`,
		);
		return EXIT.fine;
	} finally {
		process.off('SIGINT', onSignal);
		process.off('SIGTERM', onSignal);
		await session.close();
	}
}
