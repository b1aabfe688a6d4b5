import type {Chord} from './chord.ts';
import {COMMANDS, type KnownCommand, type Scope} from './commands.ts';

/** Commands with the chords that count for this user. */
export type Keymap = {
	readonly commands: readonly KnownCommand[];
	/** The command of a chord in one scope. */
	lookup(scope: Scope, chord: Chord): KnownCommand | undefined;
};

/** Chords by command id, as a user's configuration gives them. An empty list takes the keys of a command away. */
export type Bindings = Readonly<Record<string, readonly Chord[]>>;

/**
 * The keymap with a user's bindings over the built-in ones. A chord that is bound anew leaves the command of the same
 * scope that had it.
 *
 * @returns `problems` names what could not be used, a line each; the rest counts.
 */
export function keymapWith(bindings: Bindings): {readonly keymap: Keymap; readonly problems: readonly string[]} {
	const problems: string[] = [];
	const taken = new Map<string, string>();
	for (const [id, chords] of Object.entries(bindings)) {
		const command = COMMANDS.find(each => each.id === id);
		if (command === undefined) {
			problems.push(`no command is called "${id}"`);
			continue;
		}
		for (const chord of chords) {
			const owner = taken.get(`${command.scope} ${chord}`);
			if (owner !== undefined) problems.push(`"${chord}" is bound to ${owner} and to ${id}`);
			else taken.set(`${command.scope} ${chord}`, id);
		}
	}
	const commands = COMMANDS.map((command: KnownCommand): KnownCommand => {
		const wanted = bindings[command.id] ?? command.chords;
		return {
			...command,
			chords: wanted.filter(chord => {
				const owner = taken.get(`${command.scope} ${chord}`);
				return owner === undefined || owner === command.id;
			}),
		};
	});
	return {keymap: keymapOf(commands), problems};
}

/** The keymap as it comes. */
export function builtinKeymap(): Keymap {
	return keymapOf(COMMANDS);
}

function keymapOf(commands: readonly KnownCommand[]): Keymap {
	const byChord = new Map<string, KnownCommand>();
	for (const command of commands) for (const chord of command.chords) byChord.set(`${command.scope} ${chord}`, command);
	return {commands, lookup: (scope, chord) => byChord.get(`${scope} ${chord}`)};
}

/** The command that a chord means where these scopes are open, innermost first. */
export function commandFor(keymap: Keymap, chord: Chord, scopes: readonly Scope[]): KnownCommand | undefined {
	for (const scope of scopes) {
		const command = keymap.lookup(scope, chord);
		if (command !== undefined) return command;
	}
	return undefined;
}
