import type {Tone} from './tone.ts';

/** Escape sequences around a text of one tone. Both empty: the tone has no look of its own. */
export type Style = {readonly open: string; readonly close: string};

/** What tones look like. Chosen once, where the parts are put together. */
export type Theme = {readonly name: 'colour' | 'mono' | 'bare'; readonly styles: Readonly<Record<Tone, Style>>};

const NONE: Style = {open: '', close: ''};
const BOLD: Style = sgr('1', '22');
const DIM: Style = sgr('2', '22');
const UNDERLINE: Style = sgr('4', '24');
const INVERSE: Style = sgr('7', '27');

function sgr(open: string, close: string): Style {
	return {open: `\x1b[${open}m`, close: `\x1b[${close}m`};
}

/** The sixteen named colours, which follow the terminal's own scheme, light or dark. */
const COLOUR: Theme = {
	name: 'colour',
	styles: {
		plain: NONE,
		// Not bright black: some schemes give it the colour of the background.
		muted: DIM,
		good: sgr('32', '39'),
		warn: sgr('33', '39'),
		bad: sgr('31', '39'),
		accent: sgr('36', '39'),
		title: BOLD,
		selected: INVERSE,
		key: sgr('36', '39'),
		match: sgr('33;4', '39;24'),
	},
};

/** No colour, but bold, dim and inverse, which `NO_COLOR` does not speak of. */
const MONO: Theme = {
	name: 'mono',
	styles: {plain: NONE, muted: DIM, good: NONE, warn: BOLD, bad: BOLD, accent: BOLD, title: BOLD, selected: INVERSE, key: BOLD, match: UNDERLINE},
};

/** Text alone, for terminals that know nothing else. */
const BARE: Theme = {
	name: 'bare',
	styles: {plain: NONE, muted: NONE, good: NONE, warn: NONE, bad: NONE, accent: NONE, title: NONE, selected: NONE, key: NONE, match: NONE},
};

const THEMES = {colour: COLOUR, mono: MONO, bare: BARE} as const;

/** A theme by its name. */
export function themeNamed(name: Theme['name']): Theme {
	return THEMES[name];
}

/** The theme that the environment asks for: any `NO_COLOR` that is not empty turns colour off, `TERM=dumb` everything. */
export function themeFor({NO_COLOR, TERM}: {readonly NO_COLOR?: string | undefined; readonly TERM?: string | undefined}): Theme {
	if (TERM === 'dumb') return BARE;
	return NO_COLOR === undefined || NO_COLOR === '' ? COLOUR : MONO;
}

/** A text in its tone. */
export function styled(theme: Theme, tone: Tone, text: string): string {
	const {open, close} = theme.styles[tone];
	return open === '' || text === '' ? text : `${open}${text}${close}`;
}
