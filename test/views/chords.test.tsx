import fc from 'fast-check';
import {useInput} from 'ink';
import {expect, test} from 'vitest';
import {type Chord, chordsFromBytes, chordsOf} from '../../src/keymap/chord.ts';
import {drawWithInk} from './ink.tsx';

function Listener({hear}: {readonly hear: (chord: Chord) => void}): null {
	useInput((input, key) => {
		for (const chord of chordsOf(input, key)) hear(chord);
	});
	return null;
}

const key = fc.constantFrom(
	...['j', 'G', '/', ' ', '0', 'é', '中', '😀', '\r', '\t', '\x7f', '\x03', '\x04', '\x15', '\x1a'],
	...['\x1b[A', '\x1b[B', '\x1b[C', '\x1b[D', '\x1bOA', '\x1bOB', '\x1b[H', '\x1b[F', '\x1b[1~', '\x1b[4~', '\x1b[5~', '\x1b[6~', '\x1b[3~', '\x1b[Z'],
	...['\x1b[1;5A', '\x1b[1;2B', '\x1bj', '\x1b\x1b[A', '\x1bOP', '\x1b[15~', '\x1b[<0;10;5M', '\x1b[I'],
);

test('keys pressed before Ink listens mean what they mean to Ink', async () => {
	const heard: Chord[] = [];
	const screen = await drawWithInk(() => <Listener hear={chord => heard.push(chord)} />, {columns: 80, rows: 24});
	await fc.assert(
		fc.asyncProperty(fc.array(key, {minLength: 1, maxLength: 12}), async keys => {
			heard.length = 0;
			const text = keys.join('');
			await screen.type(text);
			expect([text, ...heard]).toEqual([text, ...chordsFromBytes(new TextEncoder().encode(text))]);
		}),
		{numRuns: 300},
	);
	screen.unmount();
});
