import type {PaneSearch} from '../state/ui-state.ts';
import type {Tone} from '../theme/tone.ts';
import type {Line, Span} from './line.ts';
import {fitLine, lineOf, sliceLine, span} from './line-tools.ts';
import type {PaneContent} from './pane-content.ts';
import {type Found, foundIn, withMatches} from './pane-search.ts';
import {PANE_INDENT, type Rect} from './screen-layout.ts';
import {countText} from './status-bar.ts';
import {displayWidth, truncateEnd} from './text-width.ts';

/** A pane of lines, and how it is looked at. */
export type Pane = {
	readonly title: string;
	/** First line and first column to be seen. */
	readonly scroll: number;
	readonly column: number;
	/** Has it the keys? */
	readonly isFocused: boolean;
	readonly search?: PaneSearch | undefined;
};

/** The line above a pane. A heavy rule, and bold, says which pane has the keys. */
export function paneTitle(title: string, right: string, width: number, isFocused: boolean): Line {
	const rule = isFocused ? '━' : '─';
	const tone: Tone = isFocused ? 'accent' : 'muted';
	const room = width - 5 - (right === '' ? 0 : displayWidth(right) + 2);
	const text = truncateEnd(title, Math.max(0, room));
	const fill = Math.max(0, width - displayWidth(text) - 4 - (right === '' ? 0 : displayWidth(right) + 2));
	const tail: readonly Span[] = right === '' ? [span(rule, tone)] : [span(` ${right} `, 'muted'), span(rule, tone)];
	return fitLine([span(`${rule} `, tone), span(text, isFocused ? 'title' : 'plain'), span(` ${rule.repeat(fill)}`, tone), ...tail], width);
}

/** A pane and what it holds, in a rectangle: a title, and the lines that are scrolled to. */
export function contentPane(pane: Pane, content: PaneContent | undefined, rect: Rect): readonly Line[] {
	const lines = contentLines(content);
	return paneOf(pane, lines, rect, {indent: PANE_INDENT, found: content?.kind === 'lines' ? foundIn(content.lines, pane.search) : undefined});
}

function contentLines(content: PaneContent | undefined): readonly Line[] {
	switch (content?.kind) {
		case undefined:
			return [];
		case 'loading':
			return [lineOf(`loading ${content.what} …`, 'warn')];
		case 'lines':
			return content.lines.length === 0 ? [lineOf('nothing', 'muted')] : content.lines;
		case 'failed':
			return [lineOf(content.message, 'bad'), ...(content.hint === undefined ? [] : [lineOf(content.hint, 'muted')])];
	}
}

/** The same of lines that are there. */
export function paneOf(
	{title, scroll, column, isFocused}: Pane,
	lines: readonly Line[],
	{width, height}: Rect,
	{indent = 0, found}: {readonly indent?: number; readonly found?: Found | undefined} = {},
): readonly Line[] {
	const page = Math.max(1, height - 1);
	const top = Math.min(Math.max(0, scroll), Math.max(0, lines.length - page));
	const place = lines.length > page ? `${countText(top + 1)}–${countText(Math.min(lines.length, top + page))} of ${countText(lines.length)}` : '';
	const shown = lines.slice(top, top + page).map((line, row) => {
		const matches = found?.matches.filter(match => match.line === top + row) ?? [];
		const marked = withMatches(line, matches, found?.current);
		const scrolled = column === 0 ? marked : sliceLine(marked, column, width);
		if (indent === 0) return scrolled;
		const isCurrent = found?.current !== undefined && matches.includes(found.current);
		return fitLine([span((isCurrent ? '▸' : '').padEnd(indent)), ...scrolled], width);
	});
	return [paneTitle(title, [found?.label ?? '', place].filter(text => text !== '').join(' · '), width, isFocused), ...shown];
}
