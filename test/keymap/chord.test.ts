import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {chordsFromBytes, chordsOf, type InkKey, textOf} from '../../src/keymap/chord.ts';

const NO_KEY: InkKey = {
	upArrow: false,
	downArrow: false,
	leftArrow: false,
	rightArrow: false,
	pageDown: false,
	pageUp: false,
	home: false,
	end: false,
	return: false,
	escape: false,
	ctrl: false,
	shift: false,
	tab: false,
	backspace: false,
	delete: false,
	meta: false,
};

describe('chords of what Ink says', () => {
	test.each<{name: string; input: string; key?: Partial<InkKey>; chords: readonly string[]}>([
		{name: 'keys that come in one read are all there', input: 'jjj', chords: ['j', 'j', 'j']},
		{name: 'Enter inside a read is Enter', input: '/web\r', chords: ['/', 'w', 'e', 'b', 'enter']},
		{name: 'a capital letter is itself', input: 'G', key: {shift: true}, chords: ['G']},
		{name: 'a space has a name', input: ' ', chords: ['space']},
		{name: 'ctrl and a letter', input: 'c', key: {ctrl: true}, chords: ['ctrl-c']},
		{name: 'a control character in a longer read', input: 'j\x04', chords: ['j', 'ctrl-d']},
		{name: 'arrows', input: '', key: {downArrow: true}, chords: ['down']},
		{name: 'shift and Tab', input: '', key: {tab: true, shift: true}, chords: ['shift-tab']},
		{name: 'Esc', input: '', key: {escape: true}, chords: ['esc']},
		{name: 'Alt and a key is Esc, then the key', input: 'j', key: {meta: true}, chords: ['esc', 'j']},
		{name: 'a function key is nothing', input: '', chords: []},
		{name: 'letting a key go is nothing', input: 'j', key: {eventType: 'release'}, chords: []},
		{name: 'characters outside the first plane are one key', input: 'é😀', chords: ['é', '😀']},
	])('$name', ({input, key, chords}) => {
		expect(chordsOf(input, {...NO_KEY, ...key})).toEqual(chords);
	});
});

describe('chords of bytes', () => {
	test.each<[string, readonly string[]]>([
		['jjj', ['j', 'j', 'j']],
		['/web\r', ['/', 'w', 'e', 'b', 'enter']],
		['\x1b', ['esc']],
		['\x1b\x1b', ['esc', 'esc']],
		['\x1bj', ['esc', 'j']],
		['\x1b[A\x1b[B\x1bOC\x1bOD', ['up', 'down', 'right', 'left']],
		['\x1b[5~\x1b[6~\x1b[H\x1b[4~\x1b[3~', ['pageup', 'pagedown', 'home', 'end', 'delete']],
		['\x1b[Z\t', ['shift-tab', 'tab']],
		['\x1b[1;5A', ['ctrl-up']],
		['\x03\x0c\x1a\x04', ['ctrl-c', 'ctrl-l', 'ctrl-z', 'ctrl-d']],
		['\x7f\b', ['backspace', 'backspace']],
		['\x1b[15~j\x1bOP', ['j']],
		['\x1b[200~rm -rf\r\x1b[201~j', ['j']],
		['\x1b[<0;10;5Mj', ['j']],
		['ä😀', ['ä', '😀']],
	])('%j', (text, chords) => {
		expect(chordsFromBytes(new TextEncoder().encode(text))).toEqual(chords);
	});

	test('any bytes are read to their end', () => {
		fc.assert(
			fc.property(fc.uint8Array({maxLength: 200}), bytes => {
				expect(Array.isArray(chordsFromBytes(bytes))).toBe(true);
			}),
		);
	});
});

test.each([
	['j', 'j'],
	['space', ' '],
	['é', 'é'],
	['😀', '😀'],
	['up', undefined],
	['ctrl-c', undefined],
	['enter', undefined],
])('%s writes %j into a field', (chord, text) => {
	expect(textOf(chord)).toBe(text);
});
