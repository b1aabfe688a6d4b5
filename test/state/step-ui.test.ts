import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {COMMANDS, type CommandId} from '../../src/keymap/commands.ts';
import {formatAddress} from '../../src/state/address.ts';
import {placeOf} from '../../src/state/place.ts';
import {selectedIndexIn} from '../../src/state/step-list.ts';
import type {Action, StepContext} from '../../src/state/step.ts';
import {missingNeeds, pasteText, settleUi, stepUi} from '../../src/state/step-ui.ts';
import {initialUi, listOf, scopesOf, type UiState, withList} from '../../src/state/ui-state.ts';
import {chords, press} from './press.ts';
import {contextOf, keysOf} from './step-context.ts';

const ROWS = keysOf(20);
const CONTEXT = contextOf(ROWS);
const START = initialUi();

/** Where a state is, as an address: the shortest way to say what a test expects. */
const addressOf = (state: UiState): string => formatAddress(placeOf(state));
const pressed = (keys: string | readonly string[], state = START, context = CONTEXT): UiState =>
	press(state, typeof keys === 'string' ? chords(keys) : keys, context).state;
const actionsOf = (keys: string | readonly string[], state = START, context = CONTEXT): readonly Action[] =>
	press(state, typeof keys === 'string' ? chords(keys) : keys, context).actions;
const overlayText = ({overlay}: UiState): string | undefined => (overlay !== undefined && 'field' in overlay ? overlay.field.text : undefined);

describe('the filter', () => {
	test('/web⏎ in one read is a filter', () => {
		const state = pressed('/web\r');
		expect(listOf(state).filter).toBe('web');
		expect(state.overlay).toBeUndefined();
	});

	test('counts while it is written', () => expect(listOf(pressed('/we')).filter).toBe('we'));

	test('keys in it are text, not commands', () => {
		const state = pressed('/qjk?:[0 ');
		expect(overlayText(state)).toBe('qjk?:[0 ');
		expect(state.namespace).toBeUndefined();
	});

	test('Esc brings back the filter that was there before', () => {
		expect(listOf(pressed(['/', 'x', 'esc'], pressed('/web\r'))).filter).toBe('web');
		expect(listOf(pressed(['/', 'x', 'esc'])).filter).toBe('');
	});

	test('Esc on the list clears it', () => expect(listOf(pressed(['esc'], pressed('/web\r'))).filter).toBe(''));

	test('Backspace in an empty field leaves it', () => expect(pressed(['/', 'backspace']).overlay).toBeUndefined());

	test('hides the selected object, and gives it back', () => {
		const selected = pressed('jjj');
		const hidden = contextOf(ROWS.slice(10));
		const filtered = settleUi(pressed('/x\r', selected, hidden), hidden);
		expect(selectedIndexIn(listOf(filtered), hidden)).toBe(0);
		const cleared = settleUi(pressed(['esc'], filtered, hidden), CONTEXT);
		expect(selectedIndexIn(listOf(cleared), CONTEXT)).toBe(3);
	});

	test('arrows move the selection while it is written', () => {
		expect(selectedIndexIn(listOf(pressed(['/', 'w', 'down', 'down', 'up'])), CONTEXT)).toBe(1);
	});
});

describe('one step back', () => {
	test.each<{name: string; keys: readonly string[]; address: string; quits?: boolean}>([
		{name: 'q at the root leaves', keys: ['q'], address: 'top', quits: true},
		{name: 'Esc at the root does nothing', keys: ['esc'], address: 'top'},
		{name: 'q closes the pane first', keys: ['d', 'q'], address: 'top/*/shop/web-0'},
		{name: 'then q leaves', keys: ['d', 'q', 'q'], address: 'top/*/shop/web-0', quits: true},
		{name: 'the pane with the keys goes before the filter', keys: ['/', 'w', 'enter', 'd', 'esc'], address: 'top/*/shop/web-0?filter=w'},
		{
			name: 'a list with the keys loses its filter first',
			keys: ['/', 'w', 'enter', 'd', 'shift-tab', 'esc'],
			address: 'top/*/shop/web-0?pane=describe',
			quits: false,
		},
		{name: 'Esc goes to the place before', keys: ['n', 's', 'h', 'o', 'p', 'enter', 'esc'], address: 'top'},
		{name: '] goes there again', keys: ['n', 's', 'h', 'o', 'p', 'enter', '[', ']'], address: 'top/shop'},
		{name: 'q closes the help and no more', keys: ['?', 'q'], address: 'top'},
		{name: 'ctrl-c leaves from a field', keys: ['/', 'w', 'ctrl-c'], address: 'top?filter=w', quits: true},
		{name: 'ctrl-c leaves from the help', keys: ['?', 'ctrl-c'], address: 'top', quits: true},
	])('$name', ({keys, address, quits}) => {
		const {state, actions} = press(START, keys, CONTEXT);
		expect(addressOf(state)).toBe(address);
		expect(actions.some(({kind}) => kind === 'quit')).toBe(quits ?? false);
	});

	test('Esc often enough always leads to where nothing is open', () => {
		const anyKeys = fc.array(
			fc.constantFrom(...COMMANDS.flatMap(({chords: each}) => each as readonly string[]).filter(chord => chord !== 'ctrl-c'), 'a', 'shop'),
			{maxLength: 40},
		);
		fc.assert(
			fc.property(anyKeys, keys => {
				let state = pressed(keys);
				for (let step = 0; step < 200; step++) state = pressed(['esc'], state);
				const list = listOf(state);
				expect([state.overlay, list.detail, list.filter, list.isZoomed, list.focus, state.back.length]).toEqual([undefined, undefined, '', false, 'list', 0]);
			}),
			{numRuns: 200},
		);
	});
});

describe('panes', () => {
	test.each([
		['d', 'describe'],
		['y', 'yaml'],
		['e', 'events'],
		['l', 'logs'],
		['o', 'related'],
		['x', 'explain'],
	])('%s opens %s of the selected row, goes there, and asks for what it needs', (key, kind) => {
		const {state, actions} = press(START, ['j', key], CONTEXT);
		expect(listOf(state).detail).toMatchObject({kind, key: 'shop/web-1'});
		expect(listOf(state).focus).toBe('detail');
		expect(actions).toEqual([{kind: 'load', detail: kind, key: 'shop/web-1', isPrevious: false}]);
	});

	test('an open pane goes with the selection', () => {
		const {state, actions} = press(pressed(['d', 'shift-tab']), ['j'], CONTEXT);
		expect(listOf(state).detail?.key).toBe('shop/web-1');
		expect(actions).toEqual([{kind: 'load', detail: 'describe', key: 'shop/web-1', isPrevious: false}]);
	});

	test('and stays when its object goes away by itself', () => {
		const gone = contextOf(ROWS.slice(1));
		const state = settleUi(pressed('l'), gone);
		expect(listOf(state).detail?.key).toBe('shop/web-0');
		expect(listOf(pressed(['e'], state, gone)).detail).toMatchObject({kind: 'events', key: 'shop/web-0'});
	});

	test('closing it stops what was fetched', () => expect(actionsOf(['l', 'esc']).at(-1)).toEqual({kind: 'unload'}));

	test('the same key again asks for nothing', () => expect(actionsOf('dd')).toHaveLength(1));

	test('Tab goes round, list, details, chart, and shift-Tab the other way', () => {
		const focus = (keys: readonly string[]) => listOf(pressed(['d', ...keys])).focus;
		expect([[], ['tab'], ['tab', 'tab'], ['shift-tab'], ['shift-tab', 'shift-tab']].map(focus)).toEqual(['detail', 'chart', 'list', 'list', 'chart']);
		expect(listOf(pressed(['d', 'tab'], START, contextOf(ROWS, {hasChart: false}))).focus).toBe('list');
		expect(listOf(pressed(['tab'])).focus).toBe('list');
	});

	test('j scrolls what has the keys', () => {
		expect(listOf(pressed(['d', 'j', 'j'])).detail?.scroll).toBe(2);
		expect(listOf(pressed(['d', 'tab', 'tab', 'j'])).detail).toMatchObject({scroll: 0, key: 'shop/web-1'});
	});

	test.each<[readonly string[], number]>([
		[['G'], 30],
		[['G', 'k'], 29],
		[['pagedown', 'ctrl-d'], 15],
		[['G', 'pageup', 'ctrl-u'], 15],
		[['pagedown', 'g'], 0],
		[['k'], 0],
		[['G', 'j'], 30],
	])('%j scrolls to line %i of 40 in a pane of 10', (keys, scroll) => {
		expect(listOf(pressed(['d', ...keys])).detail?.scroll).toBe(scroll);
	});

	test('a log follows its end until somebody scrolls up, and again from its end', () => {
		const log = settleUi(pressed('l'), CONTEXT);
		expect(listOf(log).detail).toMatchObject({isFollowing: true, scroll: 30});
		expect(listOf(settleUi(log, contextOf(ROWS, {paneLines: 100}))).detail).toMatchObject({isFollowing: true, scroll: 90});
		const up = pressed('k', log);
		expect(listOf(up).detail).toMatchObject({isFollowing: false, scroll: 29});
		expect(settleUi(up, contextOf(ROWS, {paneLines: 100}))).toBe(up);
		expect(listOf(pressed('j', up)).detail).toMatchObject({isFollowing: true, scroll: 30});
		expect(listOf(pressed('f', log)).detail?.isFollowing).toBe(false);
		expect(listOf(pressed('ff', log)).detail?.isFollowing).toBe(true);
	});

	test('p asks for the log before the restart, and back', () => {
		expect(actionsOf('lpp').map(action => action.kind === 'load' && action.isPrevious)).toEqual([false, true, false]);
	});

	test('a pane is as it was after a look at another tab', () => {
		const state = pressed(['j', 'd', 'j', 'j', ':', 'a', 'p', 'i', 'enter', '1']);
		expect(listOf(state).detail).toMatchObject({kind: 'describe', key: 'shop/web-1', scroll: 2});
		expect(selectedIndexIn(listOf(state), CONTEXT)).toBe(1);
	});

	test('z gives a pane the whole screen', () => {
		expect(listOf(pressed('dz')).isZoomed).toBe(true);
		expect(listOf(pressed('dzz')).isZoomed).toBe(false);
	});
});

describe('views', () => {
	test('v goes through them and comes back', () => {
		expect(
			[...'vvvv'].reduce<{state: UiState; seen: unknown[]}>(
				({state, seen}, key) => {
					const next = pressed(key, state);
					return {state: next, seen: [...seen, listOf(next).view]};
				},
				{state: START, seen: []},
			).seen,
		).toEqual(['containers', 'tree', 'nodes', 'pods']);
	});

	test('h adds up by namespace, owner, node, and not', () => {
		expect(['h', 'hh', 'hhh', 'hhhh'].map(keys => listOf(pressed(keys)).sumBy)).toEqual(['namespace', 'owner', 'node', undefined]);
	});

	test('each view keeps its own selection', () => {
		const nodes = contextOf(['node-0', 'node-1', 'node-2']);
		const pods = pressed('jjj');
		const other = pressed('j', pressed('vvv', pods), nodes);
		expect(selectedIndexIn(listOf(other), nodes)).toBe(1);
		expect(selectedIndexIn(listOf(pressed('v', other, nodes)), CONTEXT)).toBe(3);
	});

	test('Enter on a node shows its pods, and Esc goes back to the node', () => {
		const nodes = contextOf(['node-0', 'node-1']);
		const inside = pressed(['v', 'v', 'v', 'j', 'enter'], START, nodes);
		expect(addressOf(inside)).toBe('top?in=node:node-1');
		const back = pressed(['esc'], inside);
		expect(addressOf(back)).toBe('top/-/node-1?view=nodes');
		expect(selectedIndexIn(listOf(back), nodes)).toBe(1);
	});

	test('Enter on a sum shows what was added up', () => {
		expect(addressOf(pressed(['h', 'enter'], START, contextOf(['shop'])))).toBe('top?in=namespace:shop');
	});

	test('Enter on a pod opens its details, and again goes there', () => {
		expect(listOf(pressed(['enter'])).detail?.kind).toBe('describe');
		expect(listOf(pressed(['enter', 'tab', 'tab', 'enter'])).focus).toBe('detail');
		expect(listOf(pressed(['enter', 'enter'])).focus).toBe('chart');
	});

	describe('a tree', () => {
		const tree = pressed('vv');
		const context = (expanded: readonly string[]) => {
			const rows = ['node-0', ...(expanded.includes('node-0') ? ['shop/a', 'shop/b'] : []), 'node-1'];
			return contextOf(rows, {foldAt: index => (rows[index]!.startsWith('node') ? (expanded.includes(rows[index]!) ? 'open' : 'closed') : undefined)});
		};

		test('→ unfolds, ← folds, Enter does either', () => {
			expect(listOf(pressed(['right'], tree, context([]))).expanded).toEqual(['node-0']);
			expect(listOf(pressed(['enter'], tree, context([]))).expanded).toEqual(['node-0']);
			const open = withList(tree, {...listOf(tree), expanded: ['node-0']});
			expect(listOf(pressed(['left'], open, context(['node-0']))).expanded).toEqual([]);
			expect(listOf(pressed(['enter'], open, context(['node-0']))).expanded).toEqual([]);
		});

		test('← on a leaf goes to its branch', () => {
			const open = withList(tree, {...listOf(tree), expanded: ['node-0']});
			expect(selectedIndexIn(listOf(pressed(['j', 'j', 'left'], open, context(['node-0']))), context(['node-0']))).toBe(0);
		});
	});

	test('arrows scroll columns, no further than there are', () => {
		expect(listOf(pressed(['right', 'right', 'left'])).columnOffset).toBe(1);
		expect(listOf(pressed(Array.from({length: 20}, () => 'right'))).columnOffset).toBe(5);
		expect(listOf(pressed(['left'])).columnOffset).toBe(0);
	});

	test('s picks a column by its name, S turns the order round', () => {
		expect(listOf(pressed(['s', 'm', 'e', 'm', 'enter'])).sort).toEqual({column: 'memory', isReversed: false});
		expect(listOf(pressed(['s', 'down', 'enter'])).sort).toEqual({column: 'memory', isReversed: false});
		expect(listOf(pressed('S')).sort).toEqual({column: 'cpu', isReversed: true});
		expect(listOf(pressed('SS')).sort).toEqual({column: 'cpu', isReversed: false});
	});
});

describe('namespaces and names', () => {
	test.each<[string, readonly string[], string | undefined]>([
		['all of them are offered, the first is all', ['n', 'enter'], undefined],
		['arrows', ['n', 'down', 'down', 'enter'], 'shop'],
		['the beginning of a name', ['n', 'k', 'enter'], 'kube-system'],
		['names that begin so come first', ['n', 's', 'h', 'enter'], 'shop'],
		['any part of a name', ['n', '-', 'e', 'u', 'enter'], 'shop-eu'],
		['one that is not in the list', ['n', 'm', 'i', 'n', 'e', 'enter'], 'mine'],
	])('%s', (_name, keys, namespace) => expect(pressed(keys).namespace).toBe(namespace));

	test('what cannot be a namespace is said, and the field stays open', () => {
		const state = pressed(['n', 'A', '_', 'enter']);
		expect(state.message?.text).toBe('"A_" cannot be the name of a namespace');
		expect(overlayText(state)).toBe('A_');
		expect(pressed(['x'], state).message).toBeUndefined();
	});

	test('0 shows all', () => expect(pressed('0', {...START, namespace: 'shop'}).namespace).toBeUndefined());

	test.each<[string, string]>([
		['api', 'api'],
		['top', 'top'],
		['shop-eu', 'top/shop-eu'],
		['top/shop/web-1?view=containers', 'top/shop/web-1?view=containers'],
	])(':%s⏎ goes to %s', (text, address) => expect(addressOf(pressed([':', ...text, 'enter']))).toBe(address));

	test('Tab completes a name as far as it is the only way', () => {
		expect(overlayText(pressed([':', 's', 'tab']))).toBe('shop');
		expect(overlayText(pressed([':', 'k', 'tab']))).toBe('kube-system');
		expect(overlayText(pressed([':', 'x', 'tab']))).toBe('x');
	});

	test('an unknown name is said', () => {
		const state = pressed([':', 'z', 'enter']);
		expect(state.message?.text).toContain('nothing is called "z"');
		expect(state.overlay?.kind).toBe('palette');
	});

	test('a bad address is said', () => expect(pressed([':', ...'top?x=1', 'enter']).message?.text).toContain('an address has no "x"'));

	test(':q⏎ leaves, as hands know it', () => expect(actionsOf([':', 'q', 'enter'])).toEqual([{kind: 'quit'}]));

	test('an address with another context asks for it', () => {
		expect(actionsOf([':', ...'top?context=prod', 'enter'])).toEqual([{kind: 'switchContext', context: 'prod'}]);
	});
});

describe('text fields', () => {
	test.each<[readonly string[], string]>([
		[['a', 'b', 'left', 'x'], 'axb'],
		[['a', 'b', 'backspace'], 'a'],
		[['a', 'b', 'home', 'delete'], 'b'],
		[['a', 'b', 'ctrl-a', 'x', 'ctrl-e', 'y'], 'xaby'],
		[['a', 'space', 'b', 'c', 'ctrl-w'], 'a '],
		[['a', 'b', 'left', 'ctrl-u'], 'b'],
		[['é', '😀', 'backspace'], 'é'],
		[['f1', 'up', 'ctrl-x'], ''],
	])('%j writes %j', (keys, text) => expect(overlayText(pressed(['/', ...keys]))).toBe(text));

	test('pasted text goes into the open field, line ends become spaces', () => {
		expect(overlayText(pasteText(pressed('/a'), 'web\n-1\x1b[31m').state)).toBe('aweb -1 [31m');
		expect(listOf(pasteText(pressed('/'), 'web').state).filter).toBe('web');
	});

	test('pasted text without a field is nobody’s', () => {
		expect(pasteText(START, 'q').state).toBe(START);
		expect(pasteText(pressed('?'), 'q').actions).toEqual([]);
	});
});

describe('time', () => {
	test('Space holds the moment, and again goes on', () => {
		const paused = press(START, ['space'], CONTEXT);
		expect(paused).toMatchObject({state: {at: CONTEXT.now}, actions: [{kind: 'pause'}]});
		expect(press(paused.state, ['space'], CONTEXT)).toMatchObject({state: {at: undefined}, actions: [{kind: 'resume'}]});
	});

	test('places visited do not change it', () => {
		const state = pressed(['space', '0', 'n', 's', 'h', 'o', 'p', 'enter', 'space', '[']);
		expect(state.at).toBeUndefined();
	});
});

test('needs that are not met', () => {
	expect([...missingNeeds({rowCount: 0, hasLog: false})]).toEqual(['a selected row', 'a pod or a container']);
	expect([...missingNeeds({rowCount: 3, hasLog: false})]).toEqual(['a pod or a container']);
	expect([...missingNeeds({rowCount: 3, hasLog: true})]).toEqual([]);
});

describe('the law of the table', () => {
	/** States in which a command may have something to do. */
	const states: readonly UiState[] = [
		START,
		pressed('jjjjjjj'),
		pressed(['n', 's', 'h', 'o', 'p', 'enter']),
		pressed(['n', 's', 'h', 'o', 'p', 'enter', '[']),
		pressed(['y', 'pagedown', 'right']),
		pressed(['l', 'k']),
		pressed(['l', '/', 'x', 'enter']),
		pressed(['right']),
		pressed([':', 'a', 'p', 'i', 'enter']),
		pressed([':', 's', 'h']),
		pressed(['/', 'a', 'b', 'left']),
		pressed(['n', 'down']),
		pressed(['?']),
		pressed(['?', 'pagedown']),
		{...START, overlay: {kind: 'confirm', question: 'sure?', command: 'app.quit'}},
	];

	test.each(COMMANDS.map(({id}) => id as CommandId))('%s does something somewhere', id => {
		const command = COMMANDS.find(each => each.id === id)!;
		const done = states
			.filter(state => scopesOf(state).includes(command.scope))
			.some(state => {
				const context: StepContext = {...CONTEXT, chord: '1', matchesOf: () => [3, 20, 33].map(line => ({line, from: 0, to: 1}))};
				const step = stepUi(state, id, context);
				return step.actions.length > 0 || JSON.stringify(step.state) !== JSON.stringify(state);
			});
		expect(done).toBe(true);
	});

	test('no keys whatever break the state, and it stays plain data', () => {
		const anyChord = fc.constantFrom(...COMMANDS.flatMap(({chords: each}) => each as readonly string[]), 'a', 'é', 'f7');
		fc.assert(
			fc.property(fc.array(anyChord, {maxLength: 60}), fc.nat(8), (keys, rows) => {
				const state = pressed(keys, START, contextOf(keysOf(rows)));
				expect(JSON.parse(JSON.stringify(state))).toEqual(JSON.parse(JSON.stringify(structuredClone(state))));
			}),
		);
	});
});
