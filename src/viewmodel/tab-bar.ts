import {TABS} from '../state/tabs.ts';
import {isPaused, type UiState} from '../state/ui-state.ts';
import type {Line, Span} from './line.ts';
import {fitLine, span, spread} from './line-tools.ts';
import {clockText, type StatusInput} from './status-bar.ts';

/** The first line of the screen: the tabs, and at its right what must not be overlooked, and the time. */
export function tabBar(ui: UiState, {mode, at}: Pick<StatusInput, 'mode' | 'at'>, width: number): Line {
	const left: Span[] = [span(' kwb ', 'title')];
	for (const {id, title, number} of TABS) {
		if (number === undefined && id !== ui.tab) continue;
		const label = number === undefined ? ` ${title} ` : ` ${number} ${title} `;
		// Brackets, so that the open tab shows without colour.
		left.push(...(id === ui.tab ? [span('▐', 'accent'), span(label, 'selected'), span('▌', 'accent')] : [span(' '), span(label, 'muted'), span(' ')]));
	}
	const right: Span[] = [];
	if (isPaused(ui)) right.push(span(' PAUSED ', 'selected'), span(' '));
	if (mode === 'readonly') right.push(span('READONLY', 'good'), span('  '));
	if (mode === 'write') right.push(span('WRITE', 'bad'), span('  '));
	// Seconds only where somebody looks at one moment: a clock that ticks would draw the screen anew for nothing.
	right.push(span(isPaused(ui) ? clockText(at) : `${clockText(at).slice(0, 5)} UTC`), span(' '));
	return fitLine(spread(left, right, width), width);
}
