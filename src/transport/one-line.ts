import {wash} from '../wire/wash.ts';

/** A screen's worth, in characters. */
const LONGEST = 300;

/** Text from outside as one line for a person: washed, without colours, single spaces, cut where it is too long. */
export function oneLine(text: string, longest = LONGEST): string {
	const line = wash(text.replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, ''))
		.replace(/\s+/g, ' ')
		.trim();
	return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
