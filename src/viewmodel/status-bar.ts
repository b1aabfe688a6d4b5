import type {ScopeFreshness} from '../observe/frame.ts';
import type {Freshness} from '../observe/observation.ts';
import type {Tone} from '../theme/tone.ts';
import {assertNever} from '../util/assert-never.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import {humanDuration} from './format/age.ts';
import type {Line, Span} from './line.ts';
import {fitLine, lineWidth, span} from './line-tools.ts';

/** What the status bar tells, apart from what the UI state knows. */
export type StatusInput = {
	readonly context: string;
	readonly user: string | undefined;
	/** The moment on the screen. */
	readonly at: EpochMs;
	/** Each store that the open tab reads, with the name a person knows it by (`pods`, `usage`). */
	readonly stores: ReadonlyArray<{readonly name: string; readonly scopes: ScopeFreshness}>;
	/** What kwb itself asks of the API server. */
	readonly load: {readonly requests: number; readonly openWatches: number; readonly bytes: number};
	/** `memory 480 of 512 MB: n picks a namespace`. */
	readonly memoryWarning: string | undefined;
	/** What is being waited for: `running aws … 2 s`. */
	readonly notice: string | undefined;
	readonly mode: 'readonly' | 'write' | undefined;
	/** Where the cursor of a replay stands; undefined: this is live. */
	readonly replay?: {readonly speed: number; readonly isPlaying: boolean; readonly isAtEnd: boolean} | undefined;
	/** What is being recorded; undefined: nothing yet, or a replay. */
	readonly recording?:
		| {readonly since: EpochMs | undefined; readonly file: {readonly name: string; readonly bytes: number; readonly isBroken: boolean} | undefined}
		| undefined;
};

/** `3,100`. */
export function countText(count: number): string {
	return String(Math.trunc(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `41 MB`: decimal, as network traffic is counted. */
export function trafficText(bytes: number): string {
	if (bytes < 1000) return `${bytes} B`;
	const units = ['kB', 'MB', 'GB', 'TB'];
	let value = bytes / 1000;
	let unit = 0;
	while (value >= 999.5 && unit < units.length - 1) {
		value /= 1000;
		unit++;
	}
	return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `14:03:22 UTC`. */
export function clockText(at: EpochMs): string {
	return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}

/** When a text of the status line changes by itself: the minute, or the second where a duration is shown. */
export function statusChangesAt({stores, at}: Pick<StatusInput, 'stores' | 'at'>, isPaused: boolean): EpochMs | undefined {
	if (isPaused) return undefined;
	const countsSeconds = stores.some(({scopes}) => worstOf(scopes)?.freshness.kind === 'stale');
	const unit = countsSeconds ? 1000 : 60_000;
	return epochMs((Math.floor(at / unit) + 1) * unit);
}

/** Worse comes first. */
const RANK: Readonly<Record<Freshness['kind'], number>> = {forbidden: 0, stale: 1, absent: 2, connecting: 3, syncing: 4, resyncing: 5, notRecorded: 6, live: 7};

/** The scope of a store that most needs to be known. */
export function worstOf(scopes: ScopeFreshness): {readonly namespace: string; readonly freshness: Freshness} | undefined {
	let worst: {readonly namespace: string; readonly freshness: Freshness} | undefined;
	let received = 0;
	for (const [namespace, freshness] of scopes) {
		if (freshness.kind === 'syncing') received += freshness.received;
		if (worst === undefined || RANK[freshness.kind] < RANK[worst.freshness.kind]) worst = {namespace, freshness};
	}
	return worst?.freshness.kind === 'syncing' ? {...worst, freshness: {kind: 'syncing', received}} : worst;
}

/** How fresh a store is, in a few words, and in more where there is room. */
function freshnessTexts(name: string, freshness: Freshness, at: EpochMs): {readonly short: string; readonly long: string; readonly tone: Tone} {
	switch (freshness.kind) {
		case 'connecting':
			return both(`${name} connecting`, 'warn');
		case 'syncing':
			return both(`syncing ${countText(freshness.received)} ${name}`, 'warn');
		case 'live':
			return both(`${name} live`, 'good');
		case 'stale': {
			const next = freshness.nextTryAt === undefined ? '' : `, next try ${inSeconds(freshness.nextTryAt, at)}`;
			return {
				short: `${name} stale ${humanDuration(at - freshness.since)}`,
				long: `${name} stale since ${clockText(freshness.since).slice(0, 8)}: ${freshness.why}${next}`,
				tone: 'bad',
			};
		}
		case 'resyncing':
			return both(`${name} listing again ${countText(freshness.received)}`, 'warn');
		case 'forbidden':
			return {
				short: `${name} forbidden`,
				long: `may not ${freshness.verb} ${freshness.resource}${freshness.namespace === undefined ? '' : ` in ${freshness.namespace}`}`,
				tone: 'bad',
			};
		case 'absent':
			return both(`${name} not served`, 'warn');
		case 'notRecorded':
			return both(`${name} not recorded`, 'muted');
		default:
			return assertNever(freshness);
	}
}

function both(text: string, tone: Tone): {readonly short: string; readonly long: string; readonly tone: Tone} {
	return {short: text, long: text, tone};
}

function inSeconds(moment: EpochMs, at: EpochMs): string {
	return moment <= at ? 'now' : `in ${humanDuration(moment - at)}`;
}

/** A part of the bar: how it is written, longest first; when it is shortened, and when it goes. The highest number of all is first; without one it never happens. */
type Segment = {readonly forms: readonly Line[]; readonly shortens?: number; readonly goes?: number};

const SEPARATOR: Span = {text: ' · ', tone: 'muted'};

/** The second line of the screen: whose cluster, which part of it, how fresh, at what cost. */
export function statusBar(status: StatusInput, namespace: string | undefined, width: number): Line {
	const segments: Segment[] = [
		...replaySegments(status),
		{forms: [[span(status.context, 'title')]]},
		...(status.user === undefined ? [] : [{forms: [[span(status.user, 'muted')]], goes: 4}]),
		{forms: [[span(namespace ?? 'all namespaces', 'accent')]], goes: 1},
		...(status.notice === undefined ? [] : [{forms: [[span(status.notice, 'warn')]]}]),
		...(status.memoryWarning === undefined ? [] : [{forms: [[span(status.memoryWarning, 'bad')]]}]),
		...freshnessSegments(status),
		...recordingSegments(status),
		...(status.replay === undefined ? [{forms: loadForms(status.load), shortens: 5, goes: 3}] : []),
	];
	return fitLine([span(' '), ...joined(fitted(segments, width - 1))], width);
}

function freshnessSegments({stores, at}: StatusInput): readonly Segment[] {
	const told = stores.map(({name, scopes}) => freshnessTexts(name, worstOf(scopes)?.freshness ?? {kind: 'connecting'}, at));
	const live = told.filter(({tone}) => tone === 'good');
	const others = told.filter(({tone}) => tone !== 'good');
	const named = live.flatMap(({long}, index) => [...(index === 0 ? [] : [SEPARATOR]), span(long, 'good')]);
	const counted = [span(others.length === 0 ? 'live' : `${live.length} live`, 'good')];
	return [
		...others.map(({long, short, tone}): Segment => ({forms: long === short ? [[span(long, tone)]] : [[span(long, tone)], [span(short, tone)]], shortens: 1})),
		...(live.length === 0 ? [] : [{forms: live.length === 1 ? [named] : [named, counted], shortens: 6, ...(others.length === 0 ? {} : {goes: 2})}]),
	];
}

/** A recording is never taken for what is now. */
function replaySegments({replay, at}: StatusInput): readonly Segment[] {
	if (replay === undefined) return [];
	const {speed, isPlaying, isAtEnd} = replay;
	const how = isAtEnd ? 'end' : isPlaying ? `${speed}x` : `paused, ${speed}x`;
	const moment = new Date(at).toISOString();
	const long = `REPLAY ${moment.slice(0, 10)} ${moment.slice(11, 19)} UTC ${how}`;
	return [{forms: [[span(long, 'warn')], [span(`REPLAY ${clockText(at)} ${how}`, 'warn')]], shortens: 7}];
}

function recordingSegments({recording, at}: StatusInput): readonly Segment[] {
	if (recording === undefined) return [];
	const {file, since} = recording;
	if (file !== undefined) {
		const long = file.isBroken ? `REC stopped: ${file.name}` : `REC ${file.name} ${trafficText(file.bytes)}`;
		return [{forms: [[span(long, 'bad')], [span(file.isBroken ? 'REC stopped' : 'REC', 'bad')]], shortens: 5}];
	}
	return since === undefined ? [] : [{forms: [[span(`seen since ${humanDuration(Math.max(0, at - since))}`, 'muted')]], goes: 5}];
}

function loadForms({requests, openWatches, bytes}: StatusInput['load']): readonly Line[] {
	return [
		[span(`api ${countText(requests)} requests, ${openWatches} ${openWatches === 1 ? 'watch' : 'watches'}, ${trafficText(bytes)}`, 'muted')],
		[span(`api ${countText(requests)} req ${trafficText(bytes)}`, 'muted')],
	];
}

/** Shortens, then drops, until all fits. */
function fitted(segments: readonly Segment[], width: number): readonly Line[] {
	let kept = segments.map(segment => ({...segment, form: 0}));
	while (lineWidth(joined(kept.map(({forms, form}) => forms[form]!))) > width) {
		const longest = first(kept, shortensAt);
		const least = first(kept, ({goes}) => goes);
		if (longest !== undefined && shortensAt(longest)! >= (least?.goes ?? 0)) longest.form++;
		else if (least !== undefined) kept = kept.filter(each => each !== least);
		else break;
	}
	return kept.map(({forms, form}) => forms[form]!);
}

function shortensAt({forms, form, shortens}: Segment & {readonly form: number}): number | undefined {
	return form < forms.length - 1 ? shortens : undefined;
}

/** The one with the highest rank; those without one do not count. */
function first<T>(all: readonly T[], rankOf: (each: T) => number | undefined): T | undefined {
	return all.reduce<T | undefined>(
		(best, each) => (rankOf(each) !== undefined && (best === undefined || rankOf(each)! > rankOf(best)!) ? each : best),
		undefined,
	);
}

function joined(lines: readonly Line[]): Line {
	return lines.flatMap((line, index) => (index === 0 ? line : [SEPARATOR, ...line]));
}
