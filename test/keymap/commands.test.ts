import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {COMMANDS} from '../../src/keymap/commands.ts';
import {builtinKeymap, commandFor, keymapWith} from '../../src/keymap/keymap.ts';
import {keymapMarkdown, SCOPES} from '../../src/keymap/keymap-markdown.ts';

describe('the table of commands', () => {
	test('no chord stands twice in a scope', () => {
		for (const scope of SCOPES) {
			const chords = COMMANDS.filter(command => command.scope === scope).flatMap(command => [...command.chords]);
			expect(chords, scope).toEqual([...new Set(chords)]);
		}
	});

	test('no id stands twice, and every command says what it does and has a key', () => {
		expect(new Set(COMMANDS.map(({id}) => id)).size).toBe(COMMANDS.length);
		for (const command of COMMANDS) {
			expect(command.does, command.id).toMatch(/^[^.]+$/);
			expect(command.chords.length, command.id).toBeGreaterThan(0);
		}
	});

	test('a key of the workbench is hidden by no list and no pane', () => {
		const workbench = new Set<string>(COMMANDS.filter(({scope}) => scope === 'workbench').flatMap(({chords}) => [...chords]));
		for (const command of COMMANDS.filter(({scope}) => scope === 'list' || scope === 'detail' || scope === 'logs')) {
			for (const chord of command.chords) expect(workbench.has(chord), `${command.id} ${chord}`).toBe(false);
		}
	});

	test('ctrl-c, ctrl-l and ctrl-z mean the same in every scope', () => {
		for (const chord of ['ctrl-c', 'ctrl-l', 'ctrl-z']) {
			for (const scope of SCOPES) expect(commandFor(builtinKeymap(), chord, [scope, 'global'])?.scope).toBe('global');
		}
	});

	test.each<[string, readonly string[]]>([
		['list.next', ['j', 'down']],
		['list.halfDown', ['ctrl-d']],
		['list.pageUp', ['pageup', 'ctrl-b']],
		['pane.previous', ['shift-tab']],
		['place.back', ['[']],
		['time.pause', ['space']],
		['list.sums', ['h']],
		['logs.follow', ['f']],
	])('%s has the keys that are reserved for it', (id, chords) => {
		expect(COMMANDS.find(command => command.id === id)?.chords).toEqual(chords);
	});

	test('docs/keys.md is what the table says', () => {
		expect(readFileSync(new URL('../../docs/keys.md', import.meta.url), 'utf8')).toBe(keymapMarkdown(builtinKeymap()));
	});
});

describe('bindings of a user', () => {
	test('take a chord away from the command that had it', () => {
		const {keymap, problems} = keymapWith({'list.next': ['n'], 'app.help': ['y']});
		expect(problems).toEqual([]);
		expect(commandFor(keymap, 'n', ['list', 'workbench'])?.id).toBe('list.next');
		expect(commandFor(keymap, 'j', ['list', 'workbench'])).toBeUndefined();
		expect(commandFor(keymap, 'y', ['workbench'])?.id).toBe('app.help');
		expect(commandFor(keymap, '?', ['workbench'])).toBeUndefined();
	});

	test('say what is wrong with them, and the rest counts', () => {
		const {keymap, problems} = keymapWith({'list.nxet': ['n'], 'list.next': ['n'], 'list.previous': ['n', 'p']});
		expect(problems).toEqual(['no command is called "list.nxet"', '"n" is bound to list.next and to list.previous']);
		expect(commandFor(keymap, 'p', ['list'])?.id).toBe('list.previous');
		expect(commandFor(keymap, 'n', ['list'])?.id).toBe('list.next');
	});
});
