import {describe, expect, test} from 'vitest';
import {formatAddress} from '../../src/state/address.ts';
import {openPlace} from '../../src/state/navigate.ts';
import {placeOf} from '../../src/state/place.ts';
import type {StepContext} from '../../src/state/step.ts';
import {settleUi} from '../../src/state/step-ui.ts';
import {initialUi, listOf, type UiState} from '../../src/state/ui-state.ts';
import {chords, press} from './press.ts';
import {contextOf, keysOf} from './step-context.ts';

/** A pane of 40 lines, 10 of which fit, with `x` in some of them. */
const paneWith = (lines: readonly number[], rest: Partial<StepContext> = {}): StepContext =>
	contextOf(keysOf(20), {matchesOf: text => (text === 'x' ? lines.map(line => ({line, from: 4, to: 5})) : []), ...rest});

/** Presses keys, and lets the state settle after each, as drawing does. */
function pressed(keys: string | readonly string[], context: StepContext, state: UiState = initialUi()): UiState {
	return (typeof keys === 'string' ? chords(keys) : keys).reduce((now, key) => settleUi(press(now, [key], context).state, context), state);
}

const at = (state: UiState): readonly [search: string | undefined, at: number | undefined, scroll: number | undefined] => {
	const {search, detail} = listOf(state);
	return [search?.text, search?.at, detail?.scroll];
};

describe('/ in a pane', () => {
	test('goes to the first match as it is written, and does not filter the list', () => {
		const state = pressed('d/x', paneWith([3, 20, 33]));
		expect(at(state)).toEqual(['x', 0, 0]);
		expect(listOf(state).filter).toBe('');
	});

	test('a match out of sight is scrolled to, with lines before it', () => expect(at(pressed('d/x', paneWith([20])))).toEqual(['x', 0, 17]));

	test('begins with what is in sight, and goes back only when nothing is below', () => {
		expect(at(pressed(['d', 'pagedown', '/', 'x'], paneWith([3, 12, 33])))).toEqual(['x', 1, 10]);
		expect(at(pressed(['d', 'G', '/', 'x'], paneWith([3, 12])))).toEqual(['x', 1, 9]);
	});

	test('↓ and ↑ go through the matches while it is written, ctrl-n and ctrl-p after it, round and round', () => {
		const context = paneWith([3, 20, 33]);
		const written = pressed(['d', '/', 'x', 'down'], context);
		expect(at(written)).toEqual(['x', 1, 17]);
		const kept = pressed(['enter', 'ctrl-n'], context, written);
		expect(at(kept)).toEqual(['x', 2, 30]);
		expect(at(pressed(['ctrl-n'], context, kept))).toEqual(['x', 0, 0]);
		expect(at(pressed(['ctrl-n', 'ctrl-p', 'ctrl-p'], context, kept))).toEqual(['x', 1, 17]);
	});

	test('keys that arrive in one read all count', () => {
		expect(at(press(initialUi(), [...chords('d/x\r'), 'ctrl-n'], paneWith([3, 20, 33])).state)).toEqual(['x', 1, 17]);
	});

	test('Esc in the field brings back what was there before; then it leaves the search, then the pane', () => {
		const context = paneWith([20, 33]);
		const before = pressed(['d', 'j', 'j'], context);
		expect(at(pressed(['/', 'x', 'down', 'esc'], context, before))).toEqual([undefined, undefined, 2]);
		const kept = pressed(['/', 'x', 'enter'], context, before);
		const left = pressed(['esc'], context, kept);
		expect(at(left)).toEqual([undefined, undefined, 17]);
		expect(listOf(pressed(['esc'], context, left)).detail).toBeUndefined();
	});

	test('an empty text is no search', () => expect(listOf(pressed(['d', '/', 'x', 'backspace', 'enter'], paneWith([3]))).search).toBeUndefined());

	test('without a match nothing moves, and what comes later does not either', () => {
		const none = pressed(['d', 'j', '/', 'x', 'enter'], paneWith([]));
		expect(at(none)).toEqual(['x', 0, 1]);
		expect(at(settleUi(none, paneWith([30])))).toEqual(['x', 0, 1]);
	});

	test('what is still loading is searched when it has come', () => {
		const loading = pressed(['y', '/', 'x', 'enter'], paneWith([], {paneLines: 0}));
		expect(at(settleUi(loading, paneWith([25])))).toEqual(['x', 0, 22]);
	});

	test('a log is followed on while its match is in sight, and not when it is not', () => {
		expect(listOf(pressed('l/x', paneWith([35]))).detail?.isFollowing).toBe(true);
		expect(listOf(pressed('l/x', paneWith([5]))).detail).toMatchObject({isFollowing: false, scroll: 2});
	});

	test('lines that are not wrapped are scrolled sideways to a match', () => {
		const far = contextOf(keysOf(3), {matchesOf: () => [{line: 3, from: 200, to: 201}]});
		expect(listOf(pressed('y/x', far)).detail?.column).toBe(170);
		expect(listOf(pressed('d/x', far)).detail?.column).toBe(0);
	});

	test('the same is searched for in the next object and in another pane', () => {
		const context = paneWith([20]);
		const next = pressed(['d', '/', 'x', 'enter', 'shift-tab', 'j'], context);
		expect(at(next)).toEqual(['x', 0, 17]);
		expect(at(pressed(['tab', 'e'], context, next))).toEqual(['x', 0, 17]);
	});

	test('searches the tab that shows lines', () => {
		const context = paneWith([20, 33]);
		const api = pressed([':', 'a', 'p', 'i', 'enter', '/', 'x', 'enter', 'ctrl-n'], context);
		expect(listOf(api).search).toEqual({text: 'x', at: 1});
		expect(listOf(api).cursors.lines?.top).toBe(30);
		expect(listOf(pressed(['esc'], context, api)).search).toBeUndefined();
	});

	test('is part of the address, and is found there again', () => {
		const context = paneWith([20]);
		const address = formatAddress(placeOf(pressed(['d', '/', 'x', 'enter'], context)));
		expect(address).toBe('top/*/shop/web-0?pane=describe&search=x');
		expect(at(settleUi(openPlace(initialUi(), placeOf(pressed(['d', '/', 'x', 'enter'], context))).state, context))).toEqual(['x', 0, 17]);
	});
});
