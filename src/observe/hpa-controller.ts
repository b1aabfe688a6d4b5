import {controllerFlags, type ControllerConfig, DEFAULT_CONTROLLER} from '../analyze/hpa/controller-config.ts';
import type {FlagHint} from '../analyze/hpa/compare-pass.ts';
import type {FactsState} from './frame.ts';
import {medianOf} from './server-clock.ts';

/** Topic of the note that holds the controller-manager's flags, as far as they concern HPAs. */
export const CONTROLLER_FLAGS = 'hpa/controllerFlags';

/** What the note holds, as JSON. `source` says who named the flags. */
export type NotedFlags = {readonly source: 'option' | 'observed'; readonly words: readonly string[]};

/** Of a command line, what an HPA's decision depends on: its flags and the feature gates. Nothing else is kept. */
export function keptFlags(words: readonly string[]): readonly string[] {
	return words.flatMap((word, index) => {
		const name = /^--?([a-z-]+)(=?)/.exec(word);
		if (name === null || !/^(horizontal-pod-autoscaler-[a-z-]+|feature-gates)$/.test(name[1]!)) return [];
		const next = words[index + 1];
		return name[2] === '=' || next === undefined || next.startsWith('-') ? [word] : [`${word}=${next}`];
	});
}

/** The settings of the controller by what was said of them; without a note, the defaults. */
export function notedController({notes}: Pick<FactsState, 'notes'>): ControllerConfig {
	const note = notes.get(CONTROLLER_FLAGS);
	if (note === undefined) return DEFAULT_CONTROLLER;
	try {
		const {source, words} = JSON.parse(note) as NotedFlags;
		return controllerFlags(words, source).config;
	} catch {
		return DEFAULT_CONTROLLER;
	}
}

/** What passes have told of flags that nobody named. Plain data. */
export type FlagEvidence = {
	/** The tolerance is at least this (an imbalance that did not move anything), and below that (one that did). */
	readonly toleranceAtLeast: number | undefined;
	readonly toleranceBelow: number | undefined;
	/** How many passes said so. */
	readonly toleranceHints: number;
	/** Distances of passes of one HPA that followed each other, ms, the latest last. */
	readonly gaps: readonly number[];
};

export const NO_EVIDENCE: FlagEvidence = {toleranceAtLeast: undefined, toleranceBelow: undefined, toleranceHints: 0, gaps: []};

const GAPS_KEPT = 64;
/** One pass may have been explained wrongly; so many do not agree by chance. */
const FEWEST_HINTS = 3;
const FEWEST_GAPS = 12;
/** A tenth of the gaps may be shorter than a period: the moments when a status is seen waver. */
const LOW_QUANTILE = 0.25;
const CLEARLY_SHORTER = 0.7;
/** What people set the tolerance to. */
const USUAL_TOLERANCES = [0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5];

export function withHint(evidence: FlagEvidence, hint: FlagHint | undefined): FlagEvidence {
	if (hint?.flag !== 'tolerance') return evidence;
	const {toleranceAtLeast: least, toleranceBelow: below} = evidence;
	return {
		...evidence,
		toleranceHints: evidence.toleranceHints + 1,
		toleranceAtLeast: hint.atLeast === undefined ? least : Math.max(least ?? 0, hint.atLeast),
		toleranceBelow: hint.below === undefined ? below : Math.min(below ?? Number.POSITIVE_INFINITY, hint.below),
	};
}

export function withGap(evidence: FlagEvidence, gapMs: number): FlagEvidence {
	return {...evidence, gaps: [...evidence.gaps.slice(1 - GAPS_KEPT), gapMs]};
}

/** Passes further apart than so many periods had too many in between to tell how long each took. */
const MOST_CYCLES = 8;
/** A pass that takes longer than this share of a period is an exception. */
const LONGEST_PASS = 0.25;

/** From pass to pass: the period, and what a pass itself takes, as far as the gaps between passes tell it. */
export function cycleOf({gaps}: FlagEvidence, periodMs: number): number {
	const excess = gaps.flatMap(gap => {
		const cycles = Math.round(gap / periodMs);
		return cycles < 1 || cycles > MOST_CYCLES ? [] : [gap / cycles - periodMs];
	});
	return excess.length < FEWEST_GAPS ? periodMs : periodMs + Math.min(periodMs * LONGEST_PASS, Math.max(0, medianOf(excess)));
}

/** The settings with what the evidence leaves as the only possibility, in place of what was only assumed. */
export function inferredController(config: ControllerConfig, evidence: FlagEvidence): ControllerConfig {
	const tolerance = config.tolerance.source === 'assumed' ? inferredTolerance(config.tolerance.value, evidence) : undefined;
	const syncPeriodMs = config.syncPeriodMs.source === 'assumed' ? inferredPeriod(config.syncPeriodMs.value, evidence.gaps) : undefined;
	if (tolerance === undefined && syncPeriodMs === undefined) return config;
	return {
		...config,
		...(tolerance === undefined ? {} : {tolerance: {value: tolerance, source: 'inferred'}}),
		...(syncPeriodMs === undefined ? {} : {syncPeriodMs: {value: syncPeriodMs, source: 'inferred'}}),
	};
}

function inferredTolerance(assumed: number, {toleranceAtLeast, toleranceBelow, toleranceHints}: FlagEvidence): number | undefined {
	const [low, high] = [toleranceAtLeast ?? 0, toleranceBelow ?? Number.POSITIVE_INFINITY];
	if (toleranceHints < FEWEST_HINTS || low >= high || (assumed >= low && assumed < high)) return undefined;
	const usual = USUAL_TOLERANCES.filter(each => each >= low && each < high);
	return (assumed < low ? usual.at(0) : usual.at(-1)) ?? (Number.isFinite(high) ? (low + high) / 2 : low);
}

function inferredPeriod(assumedMs: number, gaps: readonly number[]): number | undefined {
	if (gaps.length < FEWEST_GAPS) return undefined;
	const low = [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length * LOW_QUANTILE)]!;
	return low >= assumedMs * CLEARLY_SHORTER ? undefined : Math.max(500, Math.round(low / 500) * 500);
}
