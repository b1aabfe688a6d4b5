import type {FaultEntry} from '../observe/frame.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {humanDuration} from './format/age.ts';
import type {Line} from './line.ts';
import {lineOf, span, wrapText} from './line-tools.ts';
import {clockText, countText, trafficText} from './status-bar.ts';
import {fitText} from './text-width.ts';

/** What kwb asks of the API server, counted by the session itself. */
export type ApiLoad = {
	readonly serverVersion: string | undefined;
	readonly since: EpochMs;
	readonly requests: number;
	/** By `verb resource`. */
	readonly byKind: ReadonlyArray<{readonly kind: string; readonly requests: number}>;
	readonly openWatches: number;
	readonly openSockets: number;
	readonly bytes: number;
	readonly relists: number;
	/** Answers 429. */
	readonly throttled: number;
	readonly decodeMs: number;
	/** What became of each resource that was asked for. */
	readonly wires: ReadonlyArray<{
		readonly resource: string;
		readonly objects: number;
		readonly encoding: string;
		/** `streamed`, or why lists are not. */
		readonly lists: string;
		readonly events: number;
		readonly relists: number;
		readonly malformed: number;
		readonly decodeMs: number;
		readonly state: string;
	}>;
	readonly faults: readonly FaultEntry[];
	/** Bytes: resident, and the budget. */
	readonly memory: {readonly resident: number; readonly budget: number} | undefined;
};

/** The API pane (`:api`). */
export function apiLines(load: ApiLoad, now: EpochMs, width: number): readonly Line[] {
	const minutes = Math.max(1 / 60, (now - load.since) / 60_000);
	const facts: ReadonlyArray<readonly [string, string]> = [
		['server', load.serverVersion ?? '– (not answered yet)'],
		['requests', `${countText(load.requests)} in ${humanDuration(now - load.since)}  (${(load.requests / minutes).toFixed(1)} a minute)`],
		[
			'open',
			`${load.openWatches} ${load.openWatches === 1 ? 'watch' : 'watches'} on ${load.openSockets} ${load.openSockets === 1 ? 'connection' : 'connections'}`,
		],
		['received', trafficText(load.bytes)],
		['relists', countText(load.relists)],
		['throttled', `${countText(load.throttled)} ${load.throttled === 1 ? 'answer' : 'answers'} of 429`],
		['decoding', `${countText(Math.round(load.decodeMs))} ms`],
		...(load.memory === undefined ? [] : [['memory', `${trafficText(load.memory.resident)} of ${trafficText(load.memory.budget)}`] as const]),
	];
	return [
		...facts.map(([name, value]): Line => [span(`${fitText(name, 10)}  `, 'muted'), span(value, isBad(name, load) ? 'warn' : 'plain')]),
		[],
		lineOf('Requests by kind', 'title'),
		...grid(
			['kind', 'requests'],
			load.byKind.toSorted((one, other) => other.requests - one.requests).map(({kind, requests}) => [kind, countText(requests)]),
		),
		[],
		lineOf('How resources travel', 'title'),
		...grid(
			['resource', 'objects', 'events', 'relists', 'broken', 'decoding', 'encoding', 'lists', 'state'],
			load.wires.map(wire => [
				wire.resource,
				countText(wire.objects),
				countText(wire.events),
				countText(wire.relists),
				countText(wire.malformed),
				`${countText(Math.round(wire.decodeMs))} ms`,
				wire.encoding,
				wire.lists,
				wire.state,
			]),
			['left', 'right', 'right', 'right', 'right', 'right', 'left', 'left', 'left'],
		),
		[],
		lineOf('Faults', 'title'),
		...(load.faults.length === 0 ? [lineOf('none', 'muted')] : load.faults.flatMap(entry => faultLines(entry, width))),
	];
}

function isBad(name: string, {throttled}: ApiLoad): boolean {
	return name === 'throttled' && throttled > 0;
}

/** Columns as wide as their texts; numbers to the right unless said otherwise. */
function grid(titles: readonly string[], rows: readonly (readonly string[])[], aligns: readonly ('left' | 'right')[] = ['left', 'right']): readonly Line[] {
	if (rows.length === 0) return [lineOf('none yet', 'muted')];
	const widths = titles.map((title, index) => Math.max(title.length, ...rows.map(row => row[index]!.length)));
	const lay = (texts: readonly string[]): string => `${texts.map((text, index) => fitText(text, widths[index]!, aligns[index] ?? 'left')).join('  ')}`;
	return [lineOf(lay(titles), 'muted'), ...rows.map(row => lineOf(lay(row)))];
}

function faultLines({fault, firstAt, lastAt, count}: FaultEntry, width: number): readonly Line[] {
	const when = count === 1 ? clockText(lastAt) : `${clockText(lastAt)}, ${countText(count)} times since ${clockText(firstAt)}`;
	return [
		[span(fault.source, 'bad'), span(`  ${when}`, 'muted')],
		...wrapText(fault.message, width - 2).map(text => lineOf(`  ${text}`)),
		...(fault.hint === undefined ? [] : wrapText(fault.hint, width - 2).map(text => lineOf(`  ${text}`, 'muted'))),
	];
}
