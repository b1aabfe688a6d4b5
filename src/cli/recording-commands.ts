import {existsSync} from 'node:fs';
import path from 'node:path';
import {parseAddress} from '../state/address.ts';
import type {Place} from '../state/place.ts';
import {ok, type Result} from '../util/result.ts';
import {realClock} from '../workbench/real-clock.ts';
import {openReplaySession} from '../workbench/replay-session.ts';
import {EXIT, type ExitCode} from './exit-code.ts';
import type {RecordingWords} from './recording-words.ts';
import type {Settings} from './settings.ts';

/** By then everything in the demo has been measured once: its first screen has numbers. */
const DEMO_START_MS = 60_000;

/** Runs `record`, `replay` or `demo`. */
export async function runRecordingCommand(settings: Settings, words: RecordingWords, refuse: (message: string) => ExitCode): Promise<number> {
	switch (words.command) {
		case 'wrong':
			return refuse(words.error);
		case 'record':
			return (await import('./record-command.ts')).record(settings, words.file, settings.recordForMs);
		case 'replay':
			return show(settings, words.file, words.address, {isLoop: false, startMs: 0, refuse});
		case 'demo':
			return show(settings, demoFile(), words.address, {isLoop: true, startMs: DEMO_START_MS, refuse});
	}
}

async function show(
	settings: Settings,
	file: string,
	address: string | undefined,
	{isLoop, startMs, refuse}: {readonly isLoop: boolean; readonly startMs: number; readonly refuse: (message: string) => ExitCode},
): Promise<number> {
	const place: Result<Place | undefined, string> = address === undefined ? ok(undefined) : parseAddress(address);
	if (!place.ok) return refuse(place.error);
	if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) return refuse('this needs a terminal; kwb top --from FILE prints');
	const opened = openReplaySession(file, {clock: realClock, isLoop});
	if (!opened.ok) {
		process.stderr.write(`kwb: ${opened.error}\n`);
		return EXIT.failure;
	}
	const session = opened.value;
	// A place at a moment holds still there; otherwise it plays.
	if (place.value?.at === undefined) {
		session.replay.skip(startMs);
		session.replay.play();
	}
	return (await import('./open-screen.ts')).openReplayScreen(settings, place.value, session);
}

/** The recording that comes with the package: beside `dist`, or, run from its sources, beside `src`. */
function demoFile(): string {
	const candidates = ['..', '../..'].map(up => path.join(import.meta.dirname, up, 'demo', 'demo.kwb'));
	return candidates.find(existsSync) ?? candidates[0]!;
}
