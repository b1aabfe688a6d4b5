const LONGEST = 300;

/**
 * Text from outside as one line for a person: control and bidirectional characters are gone, white space is
 * single spaces, and what is longer than a screen's worth is cut.
 */
export function oneLine(text: string, longest = LONGEST): string {
	const washed = text
		.replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, '')
		.replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
		.replace(/[\u0000-\u0020\u007f-\u009f\u2028\u2029]+/g, ' ')
		.trim();
	return washed.length > longest ? `${washed.slice(0, longest - 1)}…` : washed;
}
