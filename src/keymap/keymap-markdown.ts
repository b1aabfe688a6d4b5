import {type Chord, labelOf} from './chord.ts';
import type {KnownCommand, Scope} from './commands.ts';
import type {Keymap} from './keymap.ts';

/** Scopes as a person meets them, in the order of the help. */
export const SCOPE_TITLES: Readonly<Record<Scope, string>> = {
	list: 'In a list',
	workbench: 'Everywhere',
	detail: 'In the details and the chart',
	logs: 'In a log',
	field: 'In a field or a picker',
	help: 'In the help',
	confirm: 'At a question',
	global: 'At any time',
};

export const SCOPES = Object.keys(SCOPE_TITLES) as readonly Scope[];

/** `j ↓`, and `1…9` for a row of digits. */
export function chordsLabel(chords: readonly Chord[]): string {
	const isRow = chords.length > 2 && chords.every((chord, index) => /^\d$/.test(chord) && Number(chord) === Number(chords[0]) + index);
	return isRow ? `${chords[0]}…${chords.at(-1)}` : chords.map(labelOf).join(' ');
}

/** docs/keys.md, all of it. */
export function keymapMarkdown(keymap: Keymap): string {
	const lines = ['<!-- Written by scripts/docs-keys.ts from src/keymap/commands.ts. Do not edit. -->', '', '# Keys', ''];
	lines.push('The innermost place that knows a key has it: a field before the pane behind it, a pane before the screen.', '');
	for (const scope of SCOPES) {
		const commands = keymap.commands.filter(command => command.scope === scope && command.chords.length > 0);
		if (commands.length === 0) continue;
		lines.push(`## ${SCOPE_TITLES[scope]}`, '', '| Keys | What they do | Command | Touches |', '| --- | --- | --- | --- |', ...commands.map(rowOf), '');
	}
	return lines.join('\n');
}

const TOUCHES = {ui: 'the screen', read: 'the API, reading', exec: 'a container', write: 'the cluster'} as const;

function rowOf(command: KnownCommand): string {
	const keys = isRow(command) ? `\`${chordsLabel(command.chords)}\`` : command.chords.map(chord => `\`${labelOf(chord)}\``).join(' ');
	const needs = command.needs === undefined ? '' : ` (needs ${command.needs})`;
	return `| ${keys} | ${command.does}${needs} | \`${command.id}\` | ${TOUCHES[command.effect]} |`;
}

function isRow(command: KnownCommand): boolean {
	return chordsLabel(command.chords).includes('…');
}
