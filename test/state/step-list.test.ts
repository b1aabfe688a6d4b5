import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {selectedIndexIn, settleList, stepList} from '../../src/state/step-list.ts';
import {cursorOf, initialUi, listOf} from '../../src/state/ui-state.ts';
import type {CommandId} from '../../src/keymap/commands.ts';
import {press, chords} from './press.ts';
import {contextOf, keysOf} from './step-context.ts';

const LIST = listOf(initialUi());
const MOVES = [
	'list.next',
	'list.previous',
	'list.first',
	'list.last',
	'list.pageDown',
	'list.pageUp',
	'list.halfDown',
	'list.halfUp',
] as const satisfies readonly CommandId[];

describe('moving', () => {
	test.each<{name: string; keys: string; rows: number; selected: number; top: number}>([
		{name: 'jjj is three rows on', keys: 'jjj', rows: 20, selected: 3, top: 0},
		{name: 'j stops at the last row', keys: 'jjjjj', rows: 3, selected: 2, top: 0},
		{name: 'k stops at the first row', keys: 'jkkk', rows: 3, selected: 0, top: 0},
		{name: 'the screen scrolls when the selection leaves it', keys: 'jjjjjj', rows: 20, selected: 6, top: 2},
		{name: 'and not before it does', keys: 'jjjjjjkkkk', rows: 20, selected: 2, top: 2},
		{name: 'G goes to the end, the page full', keys: 'G', rows: 20, selected: 19, top: 15},
		{name: 'g goes back', keys: 'Gg', rows: 20, selected: 0, top: 0},
	])('$name', ({keys, rows, selected, top}) => {
		const context = contextOf(keysOf(rows));
		const {state} = press(initialUi(), chords(keys), context);
		expect(selectedIndexIn(listOf(state), context)).toBe(selected);
		expect(cursorOf(listOf(state)).top).toBe(top);
	});

	test.each<[readonly string[], number]>([
		[['pagedown'], 5],
		[['ctrl-f', 'ctrl-f'], 10],
		[['ctrl-d'], 3],
		[['end', 'pageup'], 14],
		[['end', 'ctrl-u'], 16],
		[['end', 'home', 'down', 'up'], 0],
	])('%j selects row %i', (keys, selected) => {
		const context = contextOf(keysOf(20));
		expect(selectedIndexIn(listOf(press(initialUi(), keys, context).state), context)).toBe(selected);
	});

	test('an empty list takes every key and stays as it is', () => {
		for (const command of MOVES) expect(stepList(LIST, command, contextOf([]))).toBe(LIST);
		expect(selectedIndexIn(LIST, contextOf([]))).toBe(-1);
	});

	test('the selected row is always one that is there, and on the screen', () => {
		fc.assert(
			fc.property(fc.array(fc.constantFrom(...MOVES)), fc.nat(30), fc.nat(30), fc.integer({min: 1, max: 12}), (moves, before, after, pageSize) => {
				let list = LIST;
				for (const move of moves) list = stepList(list, move, contextOf(keysOf(before), {pageSize}));
				const later = contextOf(keysOf(after), {pageSize});
				list = settleList(list, later);
				const selected = selectedIndexIn(list, later);
				const {top} = cursorOf(list);
				if (after === 0) expect(selected).toBe(-1);
				else {
					expect(selected).toBeGreaterThanOrEqual(top);
					expect(selected).toBeLessThan(Math.min(after, top + pageSize));
				}
			}),
		);
	});
});

describe('when rows move by themselves', () => {
	const at = (keys: readonly string[], index: number) =>
		stepList(stepList(LIST, 'list.first', contextOf(keys)), 'list.first', contextOf(keys, {keyAt: () => keys[index], indexOf: key => keys.indexOf(key)}));
	const selectedKey = (list: typeof LIST, keys: readonly string[]) => keys[selectedIndexIn(list, contextOf(keys))];

	test('the selection follows its object, whatever the order', () => {
		fc.assert(
			fc.property(fc.uniqueArray(fc.string({minLength: 1}), {minLength: 1, maxLength: 20}), fc.nat(), fc.infiniteStream(fc.nat()), (keys, pick, random) => {
				const key = keys[pick % keys.length]!;
				const shuffled = keys
					.map(each => [random.next().value, each] as const)
					.sort(([left], [right]) => left - right)
					.map(([, each]) => each);
				const list = settleList(at(keys, pick % keys.length), contextOf(keys));
				expect(selectedKey(settleList(list, contextOf(shuffled)), shuffled)).toBe(key);
			}),
		);
	});

	test('a deleted object leaves the selection on the row that comes to its place, which it then follows', () => {
		const keys = ['a', 'b', 'c', 'd'];
		let list = settleList(at(keys, 1), contextOf(keys));
		list = settleList(list, contextOf(['a', 'c', 'd']));
		expect(selectedKey(list, ['a', 'c', 'd'])).toBe('c');
		list = settleList(list, contextOf(['d', 'a', 'c']));
		expect(selectedKey(list, ['d', 'a', 'c'])).toBe('c');
	});

	test('the place of a deleted object is where it was last, not where it was selected', () => {
		let list = settleList(at(['a', 'b', 'c', 'd'], 0), contextOf(['a', 'b', 'c', 'd']));
		list = settleList(list, contextOf(['b', 'c', 'd', 'a']));
		list = settleList(list, contextOf(['b', 'c', 'd']));
		expect(selectedKey(list, ['b', 'c', 'd'])).toBe('d');
	});

	test('an empty list in between loses nothing', () => {
		let list = settleList(at(['a', 'b', 'c'], 2), contextOf(['a', 'b', 'c']));
		list = settleList(list, contextOf([]));
		list = settleList(list, contextOf(['a', 'b']));
		list = settleList(list, contextOf(['a', 'b', 'c']));
		expect(selectedKey(list, ['a', 'b', 'c'])).toBe('c');
	});

	test('before anybody moved, the first row is selected, whoever comes', () => {
		let list = settleList(LIST, contextOf(['m']));
		list = settleList(list, contextOf(['a', 'm']));
		expect(selectedKey(list, ['a', 'm'])).toBe('a');
	});

	test('nothing changes when nothing moved', () => {
		const list = settleList(at(['a', 'b', 'c'], 1), contextOf(['a', 'b', 'c']));
		expect(settleList(list, contextOf(['a', 'b', 'c']))).toBe(list);
	});
});
