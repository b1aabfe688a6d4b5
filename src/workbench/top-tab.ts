import type {ResourceId} from '../kube/schema.ts';
import {type DetailState, listOf, type UiState} from '../state/ui-state.ts';
import {chartLines} from '../viewmodel/chart.ts';
import {createTopRows} from '../viewmodel/top/create-top-rows.ts';
import {detailLines} from '../viewmodel/top/detail-lines.ts';
import {topCharts} from '../viewmodel/top/top-charts.ts';
import {topQueryOf} from '../viewmodel/top/top-query.ts';
import type {TabModel} from './tab-model.ts';

/** Panes in which ages stand. */
const COUNTING = new Set<DetailState['kind'] | undefined>(['describe', 'events', 'related', 'explain']);

/** Top: use of nodes, pods and containers. */
export function createTopTab(): TabModel {
	const top = createTopRows();
	return {
		needs: (_frame, ui) => topNeeds(ui),
		background: () => [],
		stores: topStores,
		table: (frame, ui) => top.model(frame, topQueryOf(ui)),
		detail: (kind, {frame, subject, size}) => detailLines(kind, {frame, top, subject, width: size.columns}),
		hasChart: ({frame, subject}) => topCharts(frame, top, subject) !== undefined,
		chart({frame, subject, size: {columns, rows}}) {
			const charts = topCharts(frame, top, subject) ?? [];
			const height = Math.floor(rows / Math.max(1, charts.length));
			return charts.flatMap(chart => chartLines({...chart, width: columns, height}));
		},
		// What the table itself counts, it tells.
		countsSeconds: ui => COUNTING.has(listOf(ui).detail?.kind),
	};
}

function topNeeds(ui: UiState): readonly ResourceId[] {
	const list = listOf(ui);
	const needs = ['pods', 'nodes'];
	if (list.view === 'tree' || list.sumBy === 'owner' || list.detail !== undefined) needs.push('replicasets', 'jobs');
	if (list.detail?.kind === 'describe' || list.detail?.kind === 'events' || list.detail?.kind === 'explain') needs.push('events');
	if (list.detail?.kind === 'related')
		needs.push('deployments', 'statefulsets', 'daemonsets', 'services', 'endpointslices', 'horizontalpodautoscalers', 'poddisruptionbudgets');
	return needs;
}

function topStores(ui: UiState): readonly ResourceId[] {
	const {view, sumBy} = listOf(ui);
	if (view === 'nodes' && sumBy === undefined) return ['nodes', 'pods'];
	return ['pods', 'nodes'];
}
