import path from 'node:path';
import type {Frame} from '../../src/observe/frame.ts';
import {openRecorded} from '../../src/workbench/recorded-session.ts';

/** The recording that comes with kwb. */
export const DEMO = path.join(import.meta.dirname, '../../demo/demo.kwb');

/** A frame of a recording at a moment, as `--at` takes it: `frameOf(DEMO, '+8m')`. */
export function frameOf(file: string, at: string): Frame {
	const opened = openRecorded(file, at);
	if (!opened.ok) throw new Error(opened.error);
	const frame = opened.value.frames.getFrame();
	opened.value.replay.close();
	return frame;
}
