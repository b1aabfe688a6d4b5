import {nowhere, parseAddress} from '../state/address.ts';
import type {Place} from '../state/place.ts';
import {err, ok, type Result} from '../util/result.ts';
import {EXIT, type ExitCode} from './exit-code.ts';
import {hpaWordsOf} from './hpa-words.ts';
import {openScreen} from './open-screen.ts';
import type {Invocation} from './options.ts';
import {recordingWordsOf} from './recording-words.ts';
import {readSettings} from './settings.ts';
import {VERSION} from './version.ts';

/** Runs what the command line asks for. */
export async function runCommand(invocation: Invocation): Promise<number> {
	const {words, options} = invocation;
	if (words[0] === 'version') {
		process.stdout.write(`kwb ${VERSION}\n`);
		return EXIT.fine;
	}
	const settings = readSettings(options);
	if (!settings.ok) return refuse(settings.error);
	const recording = recordingWordsOf(words, options);
	if (recording !== undefined) return (await import('./recording-commands.ts')).runRecordingCommand(settings.value, recording, refuse);
	const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
	const hpa = hpaWordsOf(words);
	if (hpa !== undefined) {
		if ('error' in hpa) return refuse(hpa.error);
		if (hpa.isExplain || options.output !== undefined || options.from !== undefined || !isTerminal)
			return (await import('./print-hpa.ts')).printHpa(settings.value, hpa, invocation);
		if (hpa.name !== undefined) return openScreen(settings.value, {...nowhere('hpa'), filter: hpa.name});
	}
	const place = placeOfWords(words);
	if (!place.ok) return refuse(place.error);

	if (options.output === undefined && options.watch !== true && options.from === undefined && isTerminal) return openScreen(settings.value, place.value);
	const {printTop} = await import('./print-top.ts');
	return printTop(settings.value, place.value, invocation);
}

function refuse(message: string): ExitCode {
	process.stderr.write(`kwb: ${message} (kwb --help)\n`);
	return EXIT.usage;
}

/** `kwb`, `kwb ADDRESS`, and `kwb top pods`, which is a place too. */
function placeOfWords([first, second, ...rest]: readonly string[]): Result<Place | undefined, string> {
	if (first === undefined) return ok(undefined);
	if (rest.length > 0) return err(`too many words: ${rest.join(' ')}`);
	const address = parseAddress(first);
	if (!address.ok) return err(address.error);
	if (second === undefined) return ok(address.value);
	if (first !== 'top') return err(`unexpected ${JSON.stringify(second)} after ${JSON.stringify(first)}`);
	switch (second) {
		case 'nodes':
		case 'pods':
		case 'containers':
			return ok({...address.value, view: second});
		default:
			return err(`top what? ${JSON.stringify(second)} is none of nodes, pods, containers`);
	}
}
