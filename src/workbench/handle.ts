import type {Chord} from '../keymap/chord.ts';
import type {Theme} from '../theme/theme.ts';
import type {Painter} from '../viewmodel/paint-screen.ts';
import type {ScreenModel} from '../viewmodel/screen.ts';
import type {Size} from '../viewmodel/screen-layout.ts';

/** The terminal as kwb holds it, for those who draw. */
export type Canvas = {
	readonly painter: Painter;
	/** Gives the terminal away as it was before, and takes it back when the promise settles. What was on the screen is gone then. */
	lend<T>(run: () => Promise<T>): Promise<T>;
};

/** What the drawn screen can do for the workbench. */
export type TerminalHooks = {
	/** Ends the drawing; with an error when something broke. Whoever waits for the end learns of it. */
	exit(error?: Error): void;
	/** Gives the terminal away (`ctrl-z`, an editor) until the promise settles, then draws everything again. */
	suspend(meanwhile: () => Promise<void>): Promise<void>;
	/** Draws everything again. */
	redraw(): void;
};

/** The workbench as the drawn screen sees it. All is composed behind it; App draws what it publishes. */
export type WorkbenchHandle = {
	readonly theme: Theme;
	/** The published screen: the same object until the next one. */
	getScreen(): ScreenModel;
	subscribe(listener: () => void): () => void;
	press(chord: Chord): void;
	/** Pasted text: for the open field, never commands. */
	paste(text: string): void;
	resize(size: Size): void;
	/** Called once the screen is drawn. The answer takes the hooks back. */
	attach(terminal: TerminalHooks): () => void;
	/** A component threw. The screen ends with this error: exit code 1, the message on stderr when the terminal is as it was. */
	failed(error: Error): void;
};
