/**
 * One press of a key, by name: a printable character stands for itself (`j`, `G`, `?`, `é`), the others are
 * `up down left right home end pageup pagedown enter esc tab backspace delete space`, with `ctrl-` or `shift-` in
 * front where the terminal tells (`ctrl-c`, `shift-tab`).
 */
export type Chord = string;

/** What Ink's `useInput` says of a key; the part that is read here. */
export type InkKey = {
	readonly upArrow: boolean;
	readonly downArrow: boolean;
	readonly leftArrow: boolean;
	readonly rightArrow: boolean;
	readonly pageDown: boolean;
	readonly pageUp: boolean;
	readonly home: boolean;
	readonly end: boolean;
	readonly return: boolean;
	readonly escape: boolean;
	readonly ctrl: boolean;
	readonly shift: boolean;
	readonly tab: boolean;
	readonly backspace: boolean;
	readonly delete: boolean;
	readonly meta: boolean;
	readonly eventType?: 'press' | 'repeat' | 'release' | undefined;
};

/**
 * The chords in one call of Ink's `useInput`, which may hold several keys (`jjj`, `/web\r`).
 *
 * A terminal sends Alt and a key as Esc and the key, just as somebody does who types fast. Nothing is bound to Alt,
 * so both are read as Esc, then the key, like vi does.
 */
export function chordsOf(input: string, key: InkKey): readonly Chord[] {
	if (key.eventType === 'release') return [];
	if (key.escape) return key.meta ? ['esc', 'esc'] : ['esc'];
	const before: readonly Chord[] = key.meta ? ['esc'] : [];
	const named = nameOf(key);
	if (named !== undefined) return [...before, `${modifiersOf(key)}${named}`];
	if (key.ctrl) {
		if (input === ' ') return [...before, 'ctrl-space'];
		return input.length === 1 ? [...before, `ctrl-${input.toLowerCase()}`] : before;
	}
	return [...before, ...chordsOfText(input)];
}

function nameOf(key: InkKey): Chord | undefined {
	if (key.upArrow) return 'up';
	if (key.downArrow) return 'down';
	if (key.leftArrow) return 'left';
	if (key.rightArrow) return 'right';
	if (key.pageUp) return 'pageup';
	if (key.pageDown) return 'pagedown';
	if (key.home) return 'home';
	if (key.end) return 'end';
	if (key.return) return 'enter';
	if (key.tab) return 'tab';
	if (key.backspace) return 'backspace';
	if (key.delete) return 'delete';
	return undefined;
}

function modifiersOf(key: InkKey): string {
	return `${key.ctrl ? 'ctrl-' : ''}${key.shift ? 'shift-' : ''}`;
}

/** Chords of plain text: a control character is the key that makes it. */
function chordsOfText(text: string): readonly Chord[] {
	return Array.from(text, character => {
		const code = character.codePointAt(0)!;
		if (character === '\r' || character === '\n') return 'enter';
		if (character === '\t') return 'tab';
		if (character === '\b' || character === '\x7f') return 'backspace';
		if (character === ' ') return 'space';
		if (code === 0) return 'ctrl-space';
		if (code < 32) return `ctrl-${String.fromCharCode(code <= 26 ? code + 96 : code + 64)}`;
		return character;
	});
}

/** The text a chord writes into a field; undefined for keys that write nothing. */
export function textOf(chord: Chord): string | undefined {
	if (chord === 'space') return ' ';
	const point = chord.codePointAt(0);
	if (point === undefined || point < 32 || (point >= 0x7f && point < 0xa0)) return undefined;
	return chord.length === (point > 0xffff ? 2 : 1) ? chord : undefined;
}

/** Final parts of `ESC [ …` and `ESC O …` that name a key; the modifier digit is taken out before. */
const SEQUENCES: ReadonlyMap<string, Chord> = new Map([
	['A', 'up'],
	['B', 'down'],
	['C', 'right'],
	['D', 'left'],
	['F', 'end'],
	['H', 'home'],
	['Z', 'shift-tab'],
	['M', 'enter'],
	['1~', 'home'],
	['3~', 'delete'],
	['4~', 'end'],
	['5~', 'pageup'],
	['6~', 'pagedown'],
	['7~', 'home'],
	['8~', 'end'],
]);

// ESC, once more for Alt, then a control sequence; or a bracketed paste, which is nobody's command.
const ESCAPE = /\x1b\[200~[\s\S]*?(?:\x1b\[201~|$)|\x1b\x1b?(?:\[\[?([0-9;?<]*)([\x40-\x5a\x5c-\x7e])|O([A-Za-z]))|\x1b/y;

/**
 * The chords in one read of standard input: for the moments before Ink listens. The same chords as `chordsOf` gives
 * for the same bytes; a sequence that the read cuts in two is taken as it stands.
 */
export function chordsFromBytes(bytes: Uint8Array): readonly Chord[] {
	const text = new TextDecoder().decode(bytes);
	const chords: Chord[] = [];
	let at = 0;
	while (at < text.length) {
		if (text[at] !== '\x1b') {
			const next = text.indexOf('\x1b', at);
			const end = next === -1 ? text.length : next;
			chords.push(...chordsOfText(text.slice(at, end)));
			at = end;
			continue;
		}
		ESCAPE.lastIndex = at;
		const [whole, parameters, final, ss3] = ESCAPE.exec(text)!;
		at += whole.length;
		if (whole === '\x1b') chords.push('esc');
		else if (!whole.startsWith('\x1b[200~')) {
			const chord = ss3 === undefined ? chordOfSequence(parameters ?? '', final ?? '') : SEQUENCES.get(ss3);
			if (chord !== undefined) chords.push(...(whole.startsWith('\x1b\x1b') ? ['esc', chord] : [chord]));
		}
	}
	return chords;
}

/** `1;5` and `A` is ctrl-up: the second parameter is 1 + shift 1 + alt 2 + ctrl 4. */
function chordOfSequence(parameters: string, final: string): Chord | undefined {
	const [first = '', second = '1'] = parameters.split(';');
	const name = SEQUENCES.get(final === '~' ? `${first}~` : final);
	if (name === undefined || (final === 'M' && parameters !== '')) return undefined;
	const modifier = Math.max(0, Number(second) - 1);
	return `${modifier & 4 ? 'ctrl-' : ''}${modifier & 1 ? 'shift-' : ''}${name}`;
}

const LABELS: ReadonlyMap<Chord, string> = new Map([
	['up', '↑'],
	['down', '↓'],
	['left', '←'],
	['right', '→'],
	['home', 'Home'],
	['end', 'End'],
	['pageup', 'PgUp'],
	['pagedown', 'PgDn'],
	['enter', 'Enter'],
	['esc', 'Esc'],
	['tab', 'Tab'],
	['shift-tab', 'shift-Tab'],
	['backspace', 'Backspace'],
	['delete', 'Del'],
	['space', 'Space'],
]);

/** A chord as it is written in the footer, the help and the documentation. */
export function labelOf(chord: Chord): string {
	return LABELS.get(chord) ?? chord;
}
