/**
 * What must not reach a terminal: C0 and C1 controls (escape sequences begin with one),
 * bidirectional marks and overrides (they make text read other than it is), line and paragraph
 * separators, and halves of surrogate pairs.
 */
const SUSPICIOUS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const BREAKS = /[ ]*[\t\n\v\f\r\u0085\u2028\u2029][ \t\n\v\f\r\u0085\u2028\u2029]*/g;
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text as it may be shown and kept: line breaks and tabs are one space, every other control and
 * bidirectional character and every half of a surrogate pair is U+FFFD. Washing twice changes nothing.
 */
export function wash(text: string): string {
	if (!SUSPICIOUS.test(text) && text.isWellFormed()) return text;
	return text.replace(BREAKS, ' ').replace(HIDDEN, '\ufffd').toWellFormed();
}
