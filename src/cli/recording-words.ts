import type {Options} from './options.ts';

/** A command that is about a recording. */
export type RecordingWords =
	| {readonly command: 'record'; readonly file: string}
	| {readonly command: 'replay'; readonly file: string; readonly address: string | undefined}
	| {readonly command: 'demo'; readonly address: string | undefined}
	| {readonly command: 'wrong'; readonly error: string};

/** @returns undefined where the words are about something else. */
export function recordingWordsOf([command, first, second, ...rest]: readonly string[], {at}: Options = {}): RecordingWords | undefined {
	if (command !== 'record' && command !== 'replay' && command !== 'demo') return undefined;
	const surplus = command === 'replay' ? rest[0] : second;
	if (surplus !== undefined) return {command: 'wrong', error: `${command}: too many words: ${surplus}`};
	if (command === 'demo') return {command, address: first};
	if (first === undefined) return {command: 'wrong', error: `${command} which file?`};
	if (command === 'record') return at === undefined ? {command, file: first} : {command: 'wrong', error: '--at is for a recording that is there'};
	return {command, file: first, address: second};
}
