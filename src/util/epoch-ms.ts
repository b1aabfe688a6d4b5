import type {Brand} from './brand.ts';

/** A moment: milliseconds since 1970, UTC. May have a fraction where the wire gave microseconds. */
export type EpochMs = Brand<number, 'EpochMs'>;

/** Makes a moment of a number. Only clocks and parsers call it. */
export function epochMs(milliseconds: number): EpochMs {
	return milliseconds as EpochMs;
}
