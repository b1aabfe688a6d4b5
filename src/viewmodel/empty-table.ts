import type {Within} from '../state/ui-state.ts';
import {assertNever} from '../util/assert-never.ts';
import type {Line} from './line.ts';
import {lineOf} from './line-tools.ts';
import {countText} from './status-bar.ts';
import type {TableModel} from './table-model.ts';

/** What hides rows, as somebody has set it. */
export type Hiding = {readonly filter: string; readonly namespace: string | undefined; readonly within: Within | undefined};

/**
 * What stands in place of rows when there are none: still coming, hidden, forbidden, not served and truly empty each
 * look different.
 *
 * @param noun What the rows are: `pods`.
 */
export function emptyTable({state, total}: Pick<TableModel, 'state' | 'total'>, noun: string, hiding: Hiding): readonly Line[] {
	switch (state.kind) {
		case 'connecting':
			return [lineOf('connecting …', 'warn')];
		case 'syncing':
			return [lineOf(`syncing ${countText(state.received)} ${noun} …`, 'warn'), ...(state.received === 0 ? [] : hidingLines(hiding, 'none so far under'))];
		case 'forbidden':
			return [
				lineOf(
					`forbidden: you may not ${state.verb} ${state.resource} ${state.namespace === undefined ? 'in the whole cluster' : `in namespace "${state.namespace}"`}`,
					'bad',
				),
				lineOf(
					`n picks a namespace that you may see · kubectl auth can-i ${state.verb} ${state.resource}${state.namespace === undefined ? ' -A' : ` -n ${state.namespace}`}`,
					'muted',
				),
			];
		case 'absent':
			return [lineOf(`this server does not serve ${state.resource}`, 'warn')];
		case 'notRecorded':
			return [lineOf(`the recording has no ${noun}`, 'warn')];
		case 'stale':
			return [lineOf(`stale: ${state.why}`, 'bad'), ...(total === 0 ? [lineOf(`no ${noun} were known before`, 'muted')] : noMatch(noun, total, hiding))];
		case 'ready':
			return total === 0 && hiding.filter === '' && hiding.within === undefined
				? [lineOf(`there are no ${noun}${hiding.namespace === undefined ? '' : ` in namespace "${hiding.namespace}"`}`, 'muted')]
				: noMatch(noun, total, hiding);
		default:
			return assertNever(state);
	}
}

function noMatch(noun: string, total: number, hiding: Hiding): readonly Line[] {
	return [lineOf(total === 0 ? `no ${noun} match` : `no ${noun} match; ${countText(total)} are hidden`, 'warn'), ...hidingLines(hiding, 'by')];
}

function hidingLines({filter, namespace, within}: Hiding, lead: string): readonly Line[] {
	return [
		...(filter === '' ? [] : [lineOf(`  ${lead} the filter "${filter}"  (Esc clears it)`, 'muted')]),
		...(namespace === undefined ? [] : [lineOf(`  ${lead} the namespace "${namespace}"  (0 shows all)`, 'muted')]),
		...(within === undefined ? [] : [lineOf(`  ${lead} the ${within.by} "${within.key}"  (Esc goes back)`, 'muted')]),
	];
}
