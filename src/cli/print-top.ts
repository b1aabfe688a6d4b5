import type {Place} from '../state/place.ts';
import {EXIT, type ExitCode} from './exit-code.ts';
import type {Invocation} from './options.ts';
import type {Settings} from './settings.ts';

/** Prints what Top shows, without a screen. */
export async function printTop(_settings: Settings, _place: Place | undefined, _invocation: Invocation): Promise<ExitCode> {
	return EXIT.failure;
}
