import {type Exit, exitText} from '../../analyze/top/last-exit.ts';
import {sampleAge, sampleAgeChangesAt, type SampleAge} from '../../analyze/top/sample.ts';
import type {Frame, UsageSeries} from '../../observe/frame.ts';
import type {Tone} from '../../theme/tone.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';
import {shortDuration} from '../format/age.ts';
import {cpuText, memoryText, percentText, shareOf} from '../format/amount.ts';
import type {Moment} from '../format/moment.ts';
import {type Glyphs, sparkline} from '../format/sparkline.ts';
import {type Cell, UNKNOWN} from '../table-model.ts';

/** What cells are drawn from besides their entry. */
export type See = {
	readonly frame: Frame;
	readonly at: Moment;
	readonly glyphs: Glyphs;
	/** Trends drawn before, by their latest sample. */
	readonly trends: WeakMap<object, Map<string, Cell>>;
};

export type Resource = 'cpu' | 'memory';

const WRITERS = {cpu: cpuText, memory: memoryText} as const;
/** Characters of a trend: at 15 s a sample, the last three minutes. */
export const TREND_WIDTH = 12;

export function plain(text: string, tone: Tone = 'plain'): Cell {
	return {text, tone};
}

/** The node that a pod is on; a pod that is not scheduled has none. */
export function nodeCell(nodeName: string): Cell {
	return nodeName === '' ? UNKNOWN : plain(nodeName, 'muted');
}

/** Usage; `≥` where only a part of it was measured, dimmed when the sample is old. */
export function usageCell(
	resource: Resource,
	amount: number | undefined,
	options: {readonly isPartial: boolean; readonly timestamp: EpochMs | undefined; readonly see: Pick<See, 'frame' | 'at'>},
): Cell {
	if (amount === undefined || Number.isNaN(amount)) return UNKNOWN;
	const {isPartial, timestamp, see} = options;
	return {text: `${isPartial ? '≥' : ''}${WRITERS[resource](amount)}`, tone: isOld(timestamp, see) ? 'muted' : 'plain'};
}

/** An amount that stands in a spec; nothing set is `–`. */
export function amountCell(resource: Resource, amount: number | undefined, mark = ''): Cell {
	return amount === undefined ? UNKNOWN : {text: `${mark}${WRITERS[resource](amount)}`, tone: 'plain'};
}

/** A share in percent, with a tone from these shares on. */
export function shareCell(part: number | undefined, base: number | undefined, warnFrom: number, badFrom: number): Cell {
	const share = shareOf(part, base);
	if (share === undefined) return UNKNOWN;
	return {text: percentText(part, base), tone: share >= badFrom ? 'bad' : share >= warnFrom ? 'warn' : 'plain'};
}

/** READY `2/3`: warns when some are not and the pod is meant to run. */
export function readyCell(ready: number, all: number, isMeant: boolean): Cell {
	return {text: `${ready}/${all}`, tone: ready < all && isMeant ? 'warn' : 'plain'};
}

/** STATUS as kubectl says it. The word carries the meaning, the tone only points. */
export function statusCell(status: string): Cell {
	return {text: status === '' ? '–' : status, tone: toneOfStatus(status)};
}

function toneOfStatus(status: string): Tone {
	switch (status) {
		case 'Running':
		case 'Ready':
			return 'good';
		case 'Completed':
		case 'Succeeded':
			return 'muted';
		case 'Pending':
		case 'ContainerCreating':
		case 'PodInitializing':
		case 'Terminating':
		case 'NotReady':
		case 'SchedulingGated':
		case 'Waiting':
		case 'Ready,SchedulingDisabled':
			return 'warn';
		default:
			return /^Init:\d+\/\d+$/.test(status) ? 'warn' : 'bad';
	}
}

/** `3 (5m ago)`. */
export function restartsCell(restarts: number, lastAt: EpochMs | undefined, at: Moment): Cell {
	if (restarts === 0) return {text: '0', tone: 'plain'};
	const isRecent = lastAt !== undefined && at.now - lastAt < 3_600_000;
	return {text: lastAt === undefined ? String(restarts) : `${restarts} (${at.since(lastAt)} ago)`, tone: isRecent ? 'warn' : 'plain'};
}

/** `OOMKilled 5m`. */
export function exitCell(exit: Exit | undefined, at: Moment): Cell {
	if (exit === undefined) return UNKNOWN;
	const isFine = exit.exitCode === 0;
	return {
		text: `${exitText(exit)}${exit.at === undefined ? '' : ` ${at.since(exit.at)}`}`,
		tone: isFine ? 'muted' : exit.reason === 'OOMKilled' ? 'bad' : 'warn',
	};
}

export function ageCell(since: EpochMs | undefined, at: Moment): Cell {
	return since === undefined ? UNKNOWN : {text: at.since(since), tone: 'plain'};
}

/** How old the sample is; warns when new ones ought to have come. */
export function sampleCell(timestamp: EpochMs | undefined, see: See): Cell {
	if (timestamp === undefined) return UNKNOWN;
	const kind = ageKind(timestamp, see);
	return {text: see.at.since(timestamp), tone: kind === 'fresh' ? 'plain' : kind === 'late' ? 'warn' : 'bad'};
}

export function windowCell(windowMs: number | undefined): Cell {
	return windowMs === undefined ? UNKNOWN : {text: shortDuration(windowMs), tone: 'plain'};
}

/**
 * CPU over time. A series changes only when a sample comes, so a trend is drawn once a sample.
 *
 * @param sample The latest one; undefined: there is none of this very object.
 * @param name Tells apart what has one sample together: the containers of a pod.
 */
export function trendCell(sample: object | undefined, name: string, read: () => UsageSeries | undefined, see: See): Cell {
	if (sample === undefined) return NO_TREND;
	let drawn = see.trends.get(sample);
	if (drawn === undefined) {
		drawn = new Map();
		see.trends.set(sample, drawn);
	}
	const key = `${see.glyphs} ${name}`;
	let cell = drawn.get(key);
	if (cell === undefined) {
		const series = read();
		// One sample is a number, not a trend.
		cell = series === undefined || series.cpu.length < 2 ? NO_TREND : {text: sparkline(series.cpu, TREND_WIDTH, see.glyphs), tone: 'accent'};
		drawn.set(key, cell);
	}
	return cell;
}

const NO_TREND: Cell = {text: '', tone: 'muted'};

function isOld(timestamp: EpochMs | undefined, see: Pick<See, 'frame' | 'at'>): boolean {
	return timestamp !== undefined && ageKind(timestamp, see) === 'stale';
}

function ageKind(timestamp: EpochMs, {at, frame}: Pick<See, 'frame' | 'at'>): SampleAge['kind'] {
	const {cadenceMs} = frame.usage;
	at.changesNoLaterThan(sampleAgeChangesAt(timestamp, at.now, cadenceMs) ?? Number.POSITIVE_INFINITY);
	return sampleAge(timestamp, at.now, cadenceMs).kind;
}
