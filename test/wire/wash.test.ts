import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {wash} from '../../src/wire/wash.ts';

describe('wash', () => {
	test.each([
		['plain text', 'Back-off 5m0s', 'Back-off 5m0s'],
		['letters and emoji', 'überprüft ✓ 🚀 日本', 'überprüft ✓ 🚀 日本'],
		['an escape sequence is disarmed, and seen', '\u001b[31mred', '\ufffd[31mred'],
		['a C1 introducer too', '\u009b31m', '\ufffd31m'],
		['bell, backspace, delete', 'a\u0007b\u0008c\u007f', 'a\ufffdb\ufffdc\ufffd'],
		['line breaks and tabs become one space', 'one\r\n\ttwo', 'one two'],
		['with the spaces around them', 'one  \n  two', 'one two'],
		['spaces alone stay', 'one  two', 'one  two'],
		['separators that some terminals break at', 'a\u2028b\u2029c\u0085d', 'a b c d'],
		['text that reads backwards is disarmed', 'user\u202eexe.txt', 'user\ufffdexe.txt'],
		['isolates and marks too', '\u2066a\u2069\u200e\u200f\u061c', '\ufffda\ufffd\ufffd\ufffd\ufffd'],
		['half a surrogate pair', 'a\ud800b', 'a\ufffdb'],
		['nothing', '', ''],
	])('%s', (_, text, washed) => {
		expect(wash(text)).toBe(washed);
	});

	test('leaves nothing behind that it would wash again, and never a control', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), text => {
				const washed = wash(text);
				expect(wash(washed)).toBe(washed);
				expect(washed).not.toMatch(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
				expect(washed.isWellFormed()).toBe(true);
			}),
		);
	});
});
