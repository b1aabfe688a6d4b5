import type {Tone} from '../theme/tone.ts';

/** A piece of one line of the screen. Text holds no control characters and no newline. */
export type Span = {readonly text: string; readonly tone: Tone};

/**
 * One line of the screen. What the early painter writes and what an Ink `<Text>` draws are made from the
 * same lines, so that Ink takes over without a flicker.
 */
export type Line = readonly Span[];
