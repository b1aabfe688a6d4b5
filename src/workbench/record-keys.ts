import path from 'node:path';
import type {Stream} from '../observe/create-stream.ts';
import type {Recorder} from '../record/recorder.ts';
import type {StatusInput} from '../viewmodel/status-bar.ts';
import type {StartRecorder, WorkbenchSession} from './workbench-session.ts';

type Say = (text: string, severity?: 'info' | 'warn' | 'error') => void;

export type RecordKeysOptions = {
	readonly start: StartRecorder;
	readonly stream: () => Pick<Stream, 'observe'>;
	readonly nameNow: () => string;
	/** Opens the field for a file's name. */
	readonly askForFile: (name: string) => void;
	readonly say: Say;
	readonly onChange: () => void;
};

/** What the keys `R` and `m` do, and what the status bar says of the recorder. */
export type RecordKeys = {
	start(session: WorkbenchSession): Promise<void>;
	stop(): Promise<void>;
	/** Asks for a file, or ends the one that is being written. */
	toggle(): void;
	save(file: string): void;
	/** @returns the error as one line. */
	saveTo(file: string): Promise<string | undefined>;
	mark(note: string): void;
	status(): StatusInput['recording'];
};

export function createRecordKeys({start, stream, nameNow, askForFile, say, onChange}: RecordKeysOptions): RecordKeys {
	let recorder: Recorder | undefined;
	let isBehind = false;

	/** Told once each way: what the disk is too slow for is not in the file. */
	function changed(): void {
		const file = recorder?.status().file;
		const isNow = file?.behindSince !== undefined;
		if (isNow && !isBehind) say('the disk is too slow: what happens now is not recorded', 'warn');
		if (!isNow && isBehind && file !== undefined) say('recording goes on, with a gap');
		isBehind = isNow;
		onChange();
	}

	async function saveTo(file: string): Promise<string | undefined> {
		const saved = await recorder?.saveTo(file);
		return saved === undefined ? 'nothing is recorded yet' : saved.ok ? undefined : saved.error.message;
	}

	return {
		async start(session) {
			recorder = session.replay === undefined ? await start(session, changed) : undefined;
			onChange();
		},
		async stop() {
			const ended = recorder;
			recorder = undefined;
			await ended?.close();
		},
		toggle() {
			const file = recorder?.status().file;
			if (recorder === undefined) return say('nothing is recorded yet', 'warn');
			if (file === undefined) return askForFile(nameNow());
			void recorder.stopSaving().then(ended => (ended.ok ? say(`recorded to ${file.path}; kwb replay shows it`) : say(ended.error.message, 'error')));
		},
		save(file) {
			if (file === '') return;
			void saveTo(file).then(error => (error === undefined ? say(`recording to ${file}, with what was seen so far; R ends it`) : say(error, 'error')));
		},
		saveTo,
		mark(note) {
			stream().observe({kind: 'mark', text: note});
			say(note === '' ? 'marked' : `marked: ${note}`);
		},
		status() {
			if (recorder === undefined) return undefined;
			const {since, file} = recorder.status();
			return {since, file: file === undefined ? undefined : {name: path.basename(file.path), bytes: file.bytes, isBroken: file.error !== undefined}};
		},
	};
}
