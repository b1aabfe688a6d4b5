import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {themeNamed} from '../../src/theme/theme.ts';
import type {Line} from '../../src/viewmodel/line.ts';
import {lineOf, span, textOfLine} from '../../src/viewmodel/line-tools.ts';
import {contentPane} from '../../src/viewmodel/pane.ts';
import {columnOfMatch, foundIn, matchesIn, withMatches} from '../../src/viewmodel/pane-search.ts';

const LINES = ['Reason: OOMKilled', 'exit 137', 'oomkilled, oomkilled'].map(text => lineOf(text));

describe('what is found', () => {
	test.each<{text: string; found: ReadonlyArray<readonly [line: number, from: number]>}>([
		{
			text: 'oomKilled',
			found: [
				[0, 8],
				[2, 0],
				[2, 11],
			],
		},
		{text: 'exit 1', found: [[1, 0]]},
		{text: '.', found: []},
		{text: 'killed,', found: [[2, 3]]},
		{text: '', found: []},
	])('"$text" is a text, whatever its case, and no pattern', ({text, found}) => {
		expect(matchesIn(LINES, text).map(({line, from}) => [line, from])).toEqual(found);
	});

	test('is found across a change of tone, and after what is wide its column is counted in cells', () => {
		const lines: readonly Line[] = [[span('鍵 na', 'key'), span('me: web')]];
		const [match] = matchesIn(lines, 'name');
		expect(match).toEqual({line: 0, from: 2, to: 6});
		expect(columnOfMatch(lines, match!)).toBe(3);
	});

	test('any text that is in a line is found there', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), fc.string({minLength: 1, unit: 'binary'}), fc.string({unit: 'binary'}), (before, text, after) => {
				const [match] = matchesIn([lineOf(before + text + after)], text);
				expect(match?.from).toBeLessThanOrEqual(before.length);
			}),
		);
	});

	test.each([
		{search: {text: 'oom', at: 1}, label: 'match 2 of 3'},
		{search: {text: 'oom', at: 9}, label: 'match 3 of 3'},
		{search: {text: 'oom', at: undefined}, label: '3 matches'},
		{search: {text: 'nothing', at: 0}, label: 'no match for "nothing"'},
	])('$label', ({search, label}) => expect(foundIn(LINES, search)?.label).toBe(label));
});

describe('how it is drawn', () => {
	test('the characters of a line stay the same, wherever its matches are', () => {
		const spans = fc.array(fc.tuple(fc.string({minLength: 1, maxLength: 5, unit: fc.constantFrom('a', 'b', '鍵')}), fc.constantFrom('plain', 'bad')), {
			maxLength: 6,
		});
		fc.assert(
			fc.property(spans, fc.constantFrom('a', 'ab', 'b鍵', 'aa'), (parts, text) => {
				const line: Line = parts.map(([each, tone]) => span(each, tone as 'plain' | 'bad'));
				const matches = matchesIn([line], text);
				const drawn = withMatches(line, matches, matches[0]);
				expect(textOfLine(drawn)).toBe(textOfLine(line));
				const marked = drawn.filter(({tone}) => tone === 'match' || tone === 'selected').reduce((sum, {text: each}) => sum + each.length, 0);
				expect(marked).toBe(matches.reduce((sum, {from, to}) => sum + to - from, 0));
			}),
		);
	});

	test('a match is no matter of colour alone: underlined, the current one inverse, its line marked, and counted in the title', () => {
		for (const name of ['colour', 'mono'] as const) expect(themeNamed(name).styles.match.open).toMatch(/\b4m/);
		const pane = {title: 'Logs shop/web', scroll: 0, column: 0, isFocused: true, search: {text: 'oom', at: 1}};
		const drawn = contentPane(pane, {kind: 'lines', lines: LINES}, {x: 0, y: 0, width: 50, height: 4});
		expect(drawn.map(line => textOfLine(line).trimEnd())).toEqual([
			'━ Logs shop/web ━━━━━━━━━━━━━━━━━━━ match 2 of 3 ━',
			'  Reason: OOMKilled',
			'  exit 137',
			'▸ oomkilled, oomkilled',
		]);
		expect(drawn[3]).toEqual(expect.arrayContaining([span('oom', 'selected'), span('oom', 'match')]));
	});

	test('what is loading or failed is not searched', () => {
		const pane = {title: 'Logs', scroll: 0, column: 0, isFocused: true, search: {text: 'oom', at: 0}};
		const drawn = contentPane(pane, {kind: 'failed', message: 'oom'}, {x: 0, y: 0, width: 30, height: 3});
		expect(drawn.flat().filter(({tone}) => tone === 'match' || tone === 'selected')).toEqual([]);
	});
});
