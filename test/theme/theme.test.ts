import {describe, expect, test} from 'vitest';
import {styled, themeFor, themeNamed} from '../../src/theme/theme.ts';
import {paintLine, paintScreen} from '../../src/viewmodel/paint-screen.ts';
import {screenOf} from '../../src/viewmodel/screen.ts';
import {inputOf} from '../viewmodel/screen-fixture.ts';

test.each([
	[{}, 'colour'],
	[{NO_COLOR: ''}, 'colour'],
	[{NO_COLOR: '1'}, 'mono'],
	[{TERM: 'dumb'}, 'bare'],
	[{TERM: 'dumb', NO_COLOR: '1'}, 'bare'],
	[{TERM: 'xterm-256color'}, 'colour'],
])('%j asks for %s', (env, name) => expect(themeFor(env).name).toBe(name));

describe('NO_COLOR', () => {
	test('sets no colour anywhere', () => {
		const screen = paintScreen(screenOf(inputOf()), themeNamed('mono'));
		for (const [, codes] of screen.matchAll(/\x1b\[([0-9;]*)m/g)) for (const code of codes!.split(';')) expect(['1', '2', '7', '22', '27']).toContain(code);
	});

	test('a dumb terminal gets no look at all', () => {
		expect(paintScreen(screenOf(inputOf()), themeNamed('bare'))).not.toMatch(/\x1b\[[0-9;]*m/);
	});
});

test('colours are the sixteen that follow the terminal', () => {
	for (const {open} of Object.values(themeNamed('colour').styles)) expect(open).toMatch(/^(?:\x1b\[(?:1|2|7|3[0-7]|9[0-7])(?:;4)?m)?$/);
});

test('text of one look is written as one', () => {
	expect(
		paintLine(
			[
				{text: 'a', tone: 'bad'},
				{text: 'b', tone: 'bad'},
				{text: 'c', tone: 'plain'},
			],
			themeNamed('colour'),
		),
	).toBe('\x1b[31mab\x1b[39mc');
	expect(styled(themeNamed('colour'), 'bad', '')).toBe('');
});

test('a control character never reaches the terminal', () => {
	expect(paintLine([{text: 'a\x1b]0;evil\x07b\x9bc', tone: 'plain'}], themeNamed('bare'))).toBe('a\ufffd]0;evil\ufffdb\ufffdc');
});
