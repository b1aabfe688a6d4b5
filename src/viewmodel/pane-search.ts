import type {PaneMatch} from '../state/step.ts';
import type {PaneSearch} from '../state/ui-state.ts';
import type {Line, Span} from './line.ts';
import {span, textOfLine} from './line-tools.ts';
import {displayWidth} from './text-width.ts';

/** What a search has found in the lines of a pane. */
export type Found = {
	readonly matches: readonly PaneMatch[];
	/** The one that somebody is at. */
	readonly current: PaneMatch | undefined;
	/** `match 3 of 12`. */
	readonly label: string;
};

/** Where a text is in these lines, whether in upper or lower case. */
export function matchesIn(lines: readonly Line[], text: string): readonly PaneMatch[] {
	if (text === '') return [];
	const pattern = new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'giu');
	return lines.flatMap((line, index) =>
		Array.from(textOfLine(line).matchAll(pattern), match => ({line: index, from: match.index, to: match.index + match[0].length})),
	);
}

/** What there is to be said and drawn of a search; undefined: nothing is searched for. */
export function foundIn(lines: readonly Line[], search: PaneSearch | undefined): Found | undefined {
	if (search === undefined) return undefined;
	const matches = matchesIn(lines, search.text);
	const at = search.at === undefined || matches.length === 0 ? undefined : Math.min(search.at, matches.length - 1);
	const label =
		matches.length === 0 ? `no match for "${search.text}"` : at === undefined ? `${matches.length} matches` : `match ${at + 1} of ${matches.length}`;
	return {matches, current: at === undefined ? undefined : matches[at], label};
}

/** Columns of the line before a match. */
export function columnOfMatch(lines: readonly Line[], {line, from}: PaneMatch): number {
	return displayWidth(textOfLine(lines[line] ?? []).slice(0, from));
}

/** The line with its matches in a tone of their own, and that of `current` as a bar. */
export function withMatches(line: Line, matches: readonly PaneMatch[], current: PaneMatch | undefined): Line {
	if (matches.length === 0) return line;
	const out: Span[] = [];
	let start = 0;
	for (const {text, tone} of line) {
		const end = start + text.length;
		let at = start;
		for (const match of matches) {
			const from = Math.max(match.from, at);
			const to = Math.min(match.to, end);
			if (from >= to) continue;
			if (from > at) out.push(span(text.slice(at - start, from - start), tone));
			out.push(span(text.slice(from - start, to - start), match === current ? 'selected' : 'match'));
			at = to;
		}
		if (at < end) out.push(span(text.slice(at - start), tone));
		start = end;
	}
	return out;
}
