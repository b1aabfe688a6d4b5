import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {parseAddress} from '../../src/state/address.ts';
import {openPlace} from '../../src/state/navigate.ts';
import {settleUi, stepText, stepUi} from '../../src/state/step-ui.ts';
import {initialUi, scopesOf, type UiState} from '../../src/state/ui-state.ts';
import {builtinKeymap, commandFor} from '../../src/keymap/keymap.ts';
import {COMMANDS} from '../../src/keymap/commands.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import type {Line} from '../../src/viewmodel/line.ts';
import {lineWidth} from '../../src/viewmodel/line-tools.ts';
import {keepScreen, type ScreenInput, screenOf} from '../../src/viewmodel/screen.ts';
import {noteLines} from '../../src/viewmodel/screen-layout.ts';
import {stepContextOf} from '../../src/viewmodel/step-context.ts';
import type {PaneContent} from '../../src/viewmodel/pane-content.ts';
import type {TableState} from '../../src/viewmodel/table-model.ts';
import {drawn, FREE, inputOf, NOW, podRow, podRows, STATUS, store, tableOf, textOfScreen} from './screen-fixture.ts';

const KEYMAP = builtinKeymap();

/** The state after some chords, over the same input. */
function pressed(chords: readonly string[], rest: Partial<ScreenInput> = {}): UiState {
	let ui = rest.ui ?? initialUi();
	for (const chord of chords) {
		const input = inputOf({...rest, ui});
		const command = commandFor(KEYMAP, chord, scopesOf(ui));
		ui = command === undefined ? stepText(ui, chord).state : stepUi(ui, command.id, stepContextOf(input, chord)).state;
		ui = settleUi(ui, stepContextOf({...input, ui}, ''));
	}
	return ui;
}

function placed(address: string): UiState {
	const place = parseAddress(address);
	if (!place.ok) throw new Error(place.error);
	return openPlace(initialUi(), place.value).state;
}

const TEXT: PaneContent = {kind: 'lines', lines: Array.from({length: 30}, (_, index) => [{text: `Condition ${index}`, tone: 'plain'}])};

describe('golden screens', () => {
	test('80×24: pods', () => {
		expect(drawn({table: tableOf(podRows(6))})).toMatchInlineSnapshot(`
			" kwb ▐ 1 Top ▌  2 HPA                                                 14:03 UTC
			 prod-eu · admin · all namespaces · live · api 12 requests, 3 watches, 41 MB
			━ Pods 6 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 3→ · 1/6 ━
			  NAME                 NAMESPACE  READY  STATUS            CPU▼   MEMORY    AGE
			▸ web-7d9f8b6c5-xxxx0  kube-sys…    1/1  Running           950m    512Mi     1d
			  web-7d9f8b6c5-xxxx1  shop         1/1  Running           943m    511Mi     2d
			  web-7d9f8b6c5-xxxx2  shop         1/1  Running           936m    510Mi     3d
			  web-7d9f8b6c5-xxxx3  kube-sys…    0/1  CrashLoopBack…    929m    509Mi     4d
			  web-7d9f8b6c5-xxxx4  shop         1/1  Running              –    508Mi     5d
			  web-7d9f8b6c5-xxxx5  shop         1/1  Running           915m    507Mi     6d













			 Enter open  / filter  n namespace  v view  d describe  y yaml  ? help  q quit"
		`);
	});

	test('60×15: the same, degraded', () => {
		expect(drawn({size: {columns: 60, rows: 15}, table: tableOf(podRows(30))})).toMatchInlineSnapshot(`
			" kwb ▐ 1 Top ▌  2 HPA                             14:03 UTC
			 prod-eu · admin · all namespaces · live · api 12 req 41 MB
			━ Pods 30 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 6→ · 1/30 ━
			  NAME                 STATUS              CPU▼   MEMORY
			▸ web-7d9f8b6c5-xxxx0  Running             950m    512Mi
			  web-7d9f8b6c5-xxxx1  Running             943m    511Mi
			  web-7d9f8b6c5-xxxx2  Running             936m    510Mi
			  web-7d9f8b6c5-xxxx3  CrashLoopBackOff    929m    509Mi
			  web-7d9f8b6c5-xxxx4  Running                –    508Mi
			  web-7d9f8b6c5-xxxx5  Running             915m    507Mi
			  web-7d9f8b6c5-xxxx6  Running             908m    506Mi
			  web-7d9f8b6c5-xxxx7  Running             901m    505Mi
			  web-7d9f8b6c5-xxxx8  Running             894m    504Mi
			  web-7d9f8b6c5-xxxx9  Running                –    503Mi
			 Enter open  / filter  n namespace  v view  ? help  q quit"
		`);
	});

	test('80×24: details below the list', () => {
		const rest: Partial<ScreenInput> = {detail: TEXT, table: tableOf(podRows(40))};
		expect(drawn({...rest, ui: pressed(['j', 'd'], rest)})).toMatchInlineSnapshot(`
			" kwb ▐ 1 Top ▌  2 HPA                                                 14:03 UTC
			 prod-eu · admin · all namespaces · live · api 12 requests, 3 watches, 41 MB
			─ Pods 40 ────────────────────────────────────────────────────────── 3→ · 2/40 ─
			  NAME                 NAMESPACE  READY  STATUS            CPU▼   MEMORY    AGE
			  web-7d9f8b6c5-xxxx0  kube-sys…    1/1  Running           950m    512Mi     1d
			▸ web-7d9f8b6c5-xxxx1  shop         1/1  Running           943m    511Mi     2d
			  web-7d9f8b6c5-xxxx2  shop         1/1  Running           936m    510Mi     3d
			  web-7d9f8b6c5-xxxx3  kube-sys…    0/1  CrashLoopBack…    929m    509Mi     4d
			  web-7d9f8b6c5-xxxx4  shop         1/1  Running              –    508Mi     5d
			  web-7d9f8b6c5-xxxx5  shop         1/1  Running           915m    507Mi     6d
			  web-7d9f8b6c5-xxxx6  kube-sys…    1/1  Running           908m    506Mi     7d
			━ Describe shop/web-7d9f8b6c5-xxxx1 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1–11 of 30 ━
			  Condition 0
			  Condition 1
			  Condition 2
			  Condition 3
			  Condition 4
			  Condition 5
			  Condition 6
			  Condition 7
			  Condition 8
			  Condition 9
			  Condition 10
			 j down  k up  / search  n namespace  v view  d describe  ? help  Esc back"
		`);
	});

	test('140×15: details beside the list', () => {
		const rest: Partial<ScreenInput> = {detail: TEXT, table: tableOf(podRows(40)), size: {columns: 140, rows: 15}};
		expect(drawn({...rest, ui: pressed(['j', 'd', 'tab'], rest)})).toMatchInlineSnapshot(`
			" kwb ▐ 1 Top ▌  2 HPA                                                                                                             14:03 UTC
			 prod-eu · admin · all namespaces · pods live · nodes live · usage live · api 12 requests, 3 watches, 41 MB
			━ Pods 40 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 4→ · 2/40 ━│─ Describe shop/web-7d9f8b6c5-xxxx1 ────────────────── 1–11 of 30 ─
			  NAME                 NAMESPACE  STATUS           CPU▼   MEMORY    AGE │  Condition 0
			  web-7d9f8b6c5-xxxx0  kube-sys…  Running          950m    512Mi     1d │  Condition 1
			▸ web-7d9f8b6c5-xxxx1  shop       Running          943m    511Mi     2d │  Condition 2
			  web-7d9f8b6c5-xxxx2  shop       Running          936m    510Mi     3d │  Condition 3
			  web-7d9f8b6c5-xxxx3  kube-sys…  CrashLoopBac…    929m    509Mi     4d │  Condition 4
			  web-7d9f8b6c5-xxxx4  shop       Running             –    508Mi     5d │  Condition 5
			  web-7d9f8b6c5-xxxx5  shop       Running          915m    507Mi     6d │  Condition 6
			  web-7d9f8b6c5-xxxx6  kube-sys…  Running          908m    506Mi     7d │  Condition 7
			  web-7d9f8b6c5-xxxx7  shop       Running          901m    505Mi     8d │  Condition 8
			  web-7d9f8b6c5-xxxx8  shop       Running          894m    504Mi     9d │  Condition 9
			  web-7d9f8b6c5-xxxx9  kube-sys…  Running             –    503Mi    10d │  Condition 10
			 Enter open  / filter  n namespace  v view  d describe  y yaml  l logs  e events  x explain  o owner  h sums  s sort  ? help  Esc back"
		`);
	});

	test('80×24: the namespace picker', () => {
		expect(drawn({ui: pressed(['n', 's', 'h'])})).toMatchInlineSnapshot(`
			" kwb ▐ 1 Top ▌  2 HPA                                                 14:03 UTC
			 prod-eu · admin · all namespaces · live · api 12 requests, 3 watches, 41 MB
			━ Pick a namespace ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 3 ━
			  namespace: sh

			▸ shop
			  shop-eu
			  sh (not in the list)















			 Enter take  Esc cancel  ↓ next  Tab complete"
		`);
	});

	test('a question', () => {
		expect(
			drawn({ui: {...initialUi(), overlay: {kind: 'confirm', question: 'run commands in containers, this session?', command: 'app.quit'}}})
				.split('\n')
				.at(-1),
		).toBe(' run commands in containers, this session? y yes  n no');
	});
});

describe('every screen', () => {
	const chord = fc.constantFrom(...COMMANDS.flatMap(({chords}) => chords as readonly string[]), 'a', '中');
	const size = fc.record({columns: fc.integer({min: 1, max: 220}), rows: fc.integer({min: 1, max: 70})});

	test('has as many lines as the window, each as wide, whatever was pressed', () => {
		fc.assert(
			fc.property(fc.array(chord, {maxLength: 25}), size, fc.nat(60), fc.boolean(), (chords, window, rows, hasChart) => {
				const rest: Partial<ScreenInput> = {size: window, table: tableOf(podRows(rows)), detail: TEXT, chart: hasChart ? TEXT : undefined};
				const {lines, cursor} = screenOf(inputOf({...rest, ui: pressed(chords, rest)}));
				expect(lines).toHaveLength(window.rows);
				for (const line of lines) expect(lineWidth(line)).toBe(window.columns);
				if (cursor !== undefined) {
					expect(cursor.x).toBeLessThan(window.columns);
					expect(cursor.y).toBeLessThan(window.rows);
				}
			}),
			{numRuns: 300},
		);
	});

	test('shows the selected row, wherever it is', () => {
		fc.assert(
			fc.property(fc.array(fc.constantFrom('j', 'k', 'G', 'g', 'pagedown', 'pageup', 'ctrl-d', 'd', 'tab'), {maxLength: 30}), chords => {
				const rest: Partial<ScreenInput> = {table: tableOf(podRows(50)), detail: TEXT};
				expect(
					drawn({...rest, ui: pressed(chords, rest)})
						.split('\n')
						.filter(line => line.startsWith('▸')),
				).toHaveLength(1);
			}),
			{numRuns: 100},
		);
	});

	test('is the same for the same input', () => {
		const input = inputOf();
		expect(screenOf(input)).toEqual(screenOf(input));
	});
});

describe('what is published', () => {
	test('is the screen before, when nothing on it changed', () => {
		const before = screenOf(inputOf());
		expect(keepScreen(before, screenOf(inputOf({status: {...STATUS, at: epochMs(NOW + 1000)}})))).toBe(before);
		expect(keepScreen(undefined, before)).toBe(before);
	});

	test.each<[string, Partial<ScreenInput>]>([
		['a number', {status: {...STATUS, load: {...STATUS.load, requests: 13}}}],
		['the minute', {status: {...STATUS, at: epochMs(NOW + 60_000)}}],
		['the window', {size: {columns: 81, rows: 24}}],
		['the cursor', {ui: pressed(['/'])}],
	])('is another when %s changed', (_what, rest) => {
		const next = screenOf(inputOf(rest));
		expect(keepScreen(screenOf(inputOf()), next)).toBe(next);
	});
});

describe('sizes', () => {
	test.each([
		[60, 15, true],
		[59, 15, false],
		[60, 14, false],
	])('%i×%i is enough: %s', (columns, rows, isEnough) => {
		expect(drawn({size: {columns, rows}}).includes('kwb needs 60×15')).toBe(!isEnough);
	});

	test('below two screens of rows only the pane with the keys is drawn', () => {
		const rest: Partial<ScreenInput> = {size: {columns: 60, rows: 15}, detail: TEXT};
		const open = pressed(['d'], rest);
		expect(drawn({...rest, ui: open})).toContain('━ Describe');
		expect(drawn({...rest, ui: open})).not.toContain('Pods 46');
		expect(drawn({...rest, ui: pressed(['tab'], {...rest, ui: open})})).not.toContain('Describe');
	});

	test('zoom gives the pane with the keys the whole body', () => {
		const rest: Partial<ScreenInput> = {size: {columns: 200, rows: 60}, detail: TEXT};
		expect(drawn({...rest, ui: pressed(['d'], rest)})).toContain('Pods 46');
		expect(drawn({...rest, ui: pressed(['d', 'z'], rest)})).not.toContain('Pods 46');
	});

	test('the chart stands below the details where there is room, else Tab brings it', () => {
		const rest: Partial<ScreenInput> = {detail: TEXT, chart: {kind: 'lines', lines: [[{text: 'CPU 250m', tone: 'plain'}]]}};
		expect(drawn({...rest, size: {columns: 200, rows: 60}, ui: pressed(['d'], rest)})).toContain('CPU 250m');
		expect(drawn({...rest, ui: pressed(['d'], rest)})).not.toContain('CPU 250m');
		expect(drawn({...rest, ui: pressed(['d', 'tab'], rest)})).toContain('CPU 250m');
	});
});

describe('a table without rows', () => {
	const empty = (state: TableState, rest: {total?: number; address?: string} = {}): string =>
		drawn({table: tableOf([], {state, total: rest.total ?? 0}), ui: placed(rest.address ?? 'top')});

	test.each<{name: string; state: TableState; total?: number; address?: string; says: readonly string[]}>([
		{name: 'connecting', state: {kind: 'connecting'}, says: ['connecting …']},
		{name: 'syncing is never an empty table', state: {kind: 'syncing', received: 3100}, says: ['syncing 3,100 pods …', 'Pods · syncing 3,100']},
		{
			name: 'syncing under a filter says that none came so far',
			state: {kind: 'syncing', received: 3100},
			address: 'top?filter=web',
			says: ['none so far under the filter "web"'],
		},
		{
			name: 'a namespace that hides all is named',
			state: {kind: 'ready'},
			total: 46,
			address: 'top/shop',
			says: ['no pods match; 46 are hidden', 'by the namespace "shop"  (0 shows all)'],
		},
		{name: 'a filter that hides all is named', state: {kind: 'ready'}, total: 46, address: 'top?filter=web', says: ['by the filter "web"  (Esc clears it)']},
		{name: 'a node that has none is named', state: {kind: 'ready'}, total: 46, address: 'top?in=node:node-1', says: ['by the node "node-1"  (Esc goes back)']},
		{name: 'nothing hidden, nothing there', state: {kind: 'ready'}, says: ['there are no pods']},
		{
			name: 'forbidden names verb, resource and scope, and helps',
			state: {kind: 'forbidden', verb: 'list', resource: 'pods', namespace: 'shop'},
			says: ['forbidden: you may not list pods in namespace "shop"', 'kubectl auth can-i list pods -n shop'],
		},
		{
			name: 'forbidden in the whole cluster',
			state: {kind: 'forbidden', verb: 'watch', resource: 'nodes', namespace: undefined},
			says: ['you may not watch nodes in the whole cluster', 'n picks a namespace'],
		},
		{name: 'a resource that is not served', state: {kind: 'absent', resource: 'pods.metrics.k8s.io'}, says: ['this server does not serve pods.metrics.k8s.io']},
		{name: 'stale', state: {kind: 'stale', why: 'connection refused'}, says: ['stale: connection refused']},
		{name: 'not recorded', state: {kind: 'notRecorded'}, says: ['the recording has no pods']},
	])('$name', ({state, total, address, says}) => {
		const text = empty(state, {...(total === undefined ? {} : {total}), ...(address === undefined ? {} : {address})});
		for (const words of says) expect(text).toContain(words);
	});

	test('each state looks different from every other', () => {
		const states: readonly TableState[] = [
			{kind: 'connecting'},
			{kind: 'syncing', received: 0},
			{kind: 'ready'},
			{kind: 'stale', why: 'x'},
			{kind: 'forbidden', verb: 'list', resource: 'pods', namespace: undefined},
			{kind: 'absent', resource: 'pods'},
			{kind: 'notRecorded'},
		];
		expect(new Set(states.map(state => empty(state))).size).toBe(states.length);
	});
});

describe('the status bar', () => {
	const line = (rest: Partial<ScreenInput['status']>, columns = 120): string =>
		drawn({status: {...STATUS, ...rest}, size: {columns, rows: 24}}).split('\n')[1]!;

	test.each<{name: string; rest: Partial<ScreenInput['status']>; columns?: number; says: string}>([
		{name: 'everything is live', rest: {}, says: ' prod-eu · admin · all namespaces · pods live · nodes live · usage live · api 12 requests, 3 watches, 41 MB'},
		{name: 'on a narrow screen what is well is said in a word', rest: {}, columns: 60, says: ' prod-eu · admin · all namespaces · live · api 12 req 41 MB'},
		{name: 'the first sync counts', rest: {stores: [store('pods', {kind: 'syncing', received: 3100})]}, says: 'syncing 3,100 pods'},
		{
			name: 'stale says since when, why, and when next',
			rest: {stores: [store('pods', {kind: 'stale', since: epochMs(NOW - 125_000), why: 'connection refused', nextTryAt: epochMs(NOW + 4000)})]},
			says: 'pods stale since 14:01:17: connection refused, next try in 4s',
		},
		{
			name: 'stale is the last thing to be shortened',
			rest: {stores: [store('pods', {kind: 'stale', since: epochMs(NOW - 125_000), why: 'connection refused', nextTryAt: undefined})]},
			columns: 80,
			says: 'stale since 14:01:17: connection refused',
		},
		{
			name: 'forbidden names verb, resource, namespace',
			rest: {stores: [store('pods', {kind: 'forbidden', verb: 'watch', resource: 'pods', namespace: 'shop', nextTryAt: undefined})]},
			says: 'may not watch pods in shop',
		},
		{name: 'a store that nobody has asked for yet', rest: {stores: [{name: 'pods', scopes: new Map()}]}, says: 'pods connecting'},
		{name: 'what is waited for', rest: {notice: 'running aws … 2 s'}, columns: 80, says: 'running aws … 2 s'},
		{name: 'memory', rest: {memoryWarning: 'memory 480 of 512 MB'}, columns: 80, says: 'memory 480 of 512 MB'},
	])('$name', ({rest, columns, says}) => expect(line(rest, columns)).toContain(says));

	test('scopes of one store: the worst is told, objects so far are added up', () => {
		const scopes = new Map([
			['shop', {kind: 'syncing', received: 10}],
			['web', {kind: 'syncing', received: 5}],
			['db', {kind: 'live'}],
		] as const);
		expect(line({stores: [{name: 'pods', scopes}]})).toContain('syncing 15 pods');
	});

	test.each([
		['readonly', 'READONLY'],
		['write', 'WRITE'],
	] as const)('mode %s is marked', (mode, mark) => expect(drawn({status: {...STATUS, mode}}).split('\n')[0]).toContain(mark));

	test('paused says so, and to the second when', () => {
		expect(drawn({ui: pressed(['space'])}).split('\n')[0]).toMatch(/PAUSED\s+14:03:22 UTC$/);
		expect(drawn().split('\n')[0]).toMatch(/14:03 UTC$/);
	});
});

describe('the footer', () => {
	const last = (ui: UiState, rest: Partial<ScreenInput> = {}): string =>
		drawn({...rest, ui})
			.split('\n')
			.at(-1)!;

	test('offers what works here', () => {
		expect(last(initialUi())).toBe(' Enter open  / filter  n namespace  v view  d describe  y yaml  ? help  q quit');
		expect(last(pressed(['l'], {detail: TEXT}), {detail: TEXT})).toContain('p previous  f stop following');
	});

	test('does not offer what the gate refuses', () => {
		const missing = last(initialUi(), {allowance: {...FREE, missing: new Set(['a selected row', 'a pod or a container'])}, size: {columns: 200, rows: 24}});
		expect(missing).not.toContain('describe');
		expect(missing).not.toContain('logs');
		expect(missing).toContain('filter');
	});

	test('always tells the way out', () => {
		for (const columns of [60, 80, 200]) expect(last(initialUi(), {size: {columns, rows: 20}})).toMatch(/\? help {2}q quit\s*$/);
		expect(last(pressed(['d']))).toMatch(/Esc back\s*$/);
		expect(last(pressed(['?']))).toContain('Esc close');
		expect(last(pressed(['n']))).toContain('Esc cancel');
	});

	test('gives its line to a message until the next key', () => {
		const ui = pressed(['n', '_', 'enter']);
		expect(last(ui)).toBe(' "_" cannot be the name of a namespace');
		expect(last(pressed(['esc'], {ui}))).toContain('? help');
	});
});

test('the help gives the gate’s reason before the key is pressed', () => {
	const text = drawn({ui: pressed(['?']), allowance: {...FREE, missing: new Set(['a selected row'])}, size: {columns: 100, rows: 60}});
	expect(text).toContain('describe the selected object · needs a selected row');
});

test('the palette offers names that begin so', () => {
	expect(
		drawn({ui: pressed([':', 's', 'h'])})
			.split('\n')
			.at(-1),
	).toMatch(/^ :sh .* shop {2}shop-eu$/);
});

test('a column does not become narrower while one scrolls', () => {
	const rows = [podRow(0, 'a-very-long-name-of-a-pod'), ...podRows(40).slice(1)];
	const input = inputOf({table: tableOf(rows)});
	const first = screenOf(input);
	const next = screenOf({...input, ui: pressed(['G'], {table: tableOf(rows)}), drawn: first.drawn});
	const header = (screen: typeof first): string => textOfScreen(screen).split('\n')[3]!;
	expect(header(next)).toBe(header(first));
	expect(header(screenOf({...input, ui: pressed(['G'], {table: tableOf(rows)})}))).not.toBe(header(first));
});

test('what was drawn before is used again only where it would be drawn the same', () => {
	const rows = podRows(6);
	const first = screenOf(inputOf({table: tableOf(rows)}));
	const same = screenOf({...inputOf({table: tableOf(rows)}), drawn: first.drawn});
	expect(same.lines[5]).toBe(first.lines[5]);
	// A wider row has come among the same ones: everybody's columns are elsewhere.
	const wider = [...rows.slice(0, 5), podRow(5, 'a-name-that-is-longer-than-all-the-others')];
	const next = screenOf({...inputOf({table: tableOf(wider)}), drawn: same.drawn});
	expect(next.lines).toEqual(screenOf(inputOf({table: tableOf(wider)})).lines);
	expect(textOfScreen(next)).toContain('a-name-that-is-lon…');
});

describe('the notes above a table', () => {
	const long: Line = [{text: 'one two three four five six seven eight nine ten', tone: 'warn'}];
	const short: Line = [{text: 'short', tone: 'muted'}];
	const textsOf = (notes: readonly Line[], height: number): readonly string[] =>
		noteLines(notes, {width: 16, height}).map(line => line.map(({text}) => text).join(''));

	test('are wrapped where the list has room, the first ones first', () => {
		expect(textsOf([long, short], 20)).toEqual(['one two three', 'four five six', 'seven eight', 'nine ten', 'short']);
		expect(textsOf([long, long, short], 20)).toEqual([
			'one two three',
			'four five six',
			'seven eight',
			'nine ten',
			'one two three four five six seven eight nine ten',
			'short',
		]);
	});

	test('are one line on a low list', () => {
		expect(textsOf([long, short], 11)).toEqual(['one two three four five six seven eight nine ten']);
	});

	test('keep their tone', () => {
		expect(noteLines([long], {width: 16, height: 20}).map(([first]) => first?.tone)).toEqual(['warn', 'warn', 'warn', 'warn']);
	});
});
