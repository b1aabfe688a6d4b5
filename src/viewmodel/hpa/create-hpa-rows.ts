import type {ControllerConfig, Setting} from '../../analyze/hpa/controller-config.ts';
import {durationText} from '../../analyze/hpa/amount-text.ts';
import {releaseText, warmthText, whyHpa} from '../../analyze/hpa/why-hpa.ts';
import {horizontalpodautoscalers} from '../../kube/resources/horizontalpodautoscalers.ts';
import type {Frame} from '../../observe/frame.ts';
import type {Line} from '../line.ts';
import {lineOf} from '../line-tools.ts';
import type {Row, Rows, TableModel} from '../table-model.ts';
import {tableStateFrom} from '../table-freshness.ts';
import {createRowCache, matcherOf} from '../top/view-engine.ts';
import {HPA_COLUMNS} from './hpa-columns.ts';
import {createHpaEvaluations, type EvaluatedHpa, type HpaEvaluations} from './hpa-evaluations.ts';
import {GROUP_COLUMNS, groupRows} from './hpa-group-rows.ts';
import type {HpaQuery} from './hpa-query.ts';
import {stateOf} from './hpa-words.ts';
import {TRACE_COLUMNS, traceForest, traceRows} from './hpa-trace-rows.ts';

/** The HPA tab's rows for one session. */
export type HpaRows = {
	/** The same object for the same frame and query. */
	model(frame: Frame, query: HpaQuery): TableModel;
	readonly evaluations: HpaEvaluations;
};

type Sortable<E> = {readonly id: string; readonly sortable: boolean; readonly descendingFirst?: boolean; rank(entry: E): number | string | undefined};

export function createHpaRows(): HpaRows {
	const evaluations = createHpaEvaluations();
	const rowOf = createRowCache();
	let seen: Frame | undefined;
	let last: {readonly frame: Frame; readonly query: HpaQuery; readonly model: TableModel} | undefined;

	function listed(query: HpaQuery): readonly EvaluatedHpa[] {
		return [...evaluations.all.values()].filter(
			({key, entry}) =>
				(query.within === undefined || query.within === key) && (query.namespace === undefined || entry.hpa.metadata.namespace === query.namespace),
		);
	}

	function autoscalers(query: HpaQuery): Parts {
		const columns = HPA_COLUMNS.filter(({id, wideOnly}) => (query.isWide || wideOnly !== true) && (id !== 'namespace' || query.namespace === undefined));
		const matches = matcherOf(query.filter);
		const {ordered, sort} = sorted(listed(query).filter(matches), HPA_COLUMNS, query, 'state', ({key}) => key);
		return {
			columns,
			sort,
			total: evaluations.all.size,
			keys: ordered.map(({key}) => key),
			rowAt: index => {
				const hpa = ordered[index]!;
				return rowOf(
					hpa.key,
					{kind: 'hpa', resource: horizontalpodautoscalers.id, objectKey: hpa.key},
					columns.map(column => column.cell(hpa)),
				);
			},
		};
	}

	function trace(frame: Frame, query: HpaQuery): Parts {
		const expanded = new Set(query.expanded);
		const matches = matcherOf(query.filter);
		const hpas = listed(query).filter(hpa => query.within !== undefined || matches(hpa));
		const fresh = query.within === undefined ? undefined : evaluations.fresh(frame, query.within);
		const {ordered, sort} = sorted(hpas, HPA_COLUMNS, {...query, sort: undefined}, 'state', ({key}) => key);
		const all = fresh === undefined ? traceForest(ordered, expanded) : traceRows(fresh, expanded);
		// Within one decision the filter looks for words in its steps.
		const words = matcherOf(query.within === undefined ? '' : query.filter);
		const rows =
			query.within === undefined
				? all
				: all.filter(row =>
						words({
							haystack: row.cells
								.map(({text}) => text)
								.join(' ')
								.toLowerCase(),
						}),
					);
		return {
			columns: TRACE_COLUMNS,
			sort,
			total: all.length,
			keys: rows.map(({key}) => key),
			rowAt: index => {
				const {key, hpa, step, cells, depth, fold} = rows[index]!;
				const subject =
					step === undefined
						? {kind: 'hpa' as const, resource: horizontalpodautoscalers.id, objectKey: hpa}
						: {kind: 'step' as const, resource: horizontalpodautoscalers.id, objectKey: hpa, step: key};
				return rowOf(key, subject, cells, {depth, fold});
			},
		};
	}

	function groups(query: HpaQuery): Parts {
		const columns = GROUP_COLUMNS.filter(({id}) => id !== 'hpa' || query.within === undefined);
		const all = listed(query).flatMap(groupRows);
		const {ordered, sort} = sorted(all.filter(matcherOf(query.filter)), GROUP_COLUMNS, query, 'group', ({key}) => key);
		return {
			columns,
			sort,
			total: all.length,
			keys: ordered.map(({key}) => key),
			rowAt: index => {
				const row = ordered[index]!;
				const {namespace, name} = row.pod.pod.metadata;
				return rowOf(
					row.key,
					{kind: 'pod', resource: 'pods', objectKey: `${namespace}/${name}`},
					columns.map(column => column.cell(row)),
				);
			},
		};
	}

	return {
		evaluations,
		model(frame, query) {
			if (last?.frame === frame && isSameQuery(last.query, query)) return last.model;
			if (seen !== frame) {
				evaluations.update(frame);
				seen = frame;
			}
			const parts = query.view === 'autoscalers' ? autoscalers(query) : query.view === 'trace' ? trace(frame, query) : groups(query);
			const model: TableModel = {
				columns: parts.columns,
				rows: rowsOf(parts),
				total: parts.total,
				shown: parts.keys.length,
				sort: parts.sort,
				state: tableStateFrom(frame, horizontalpodautoscalers, query.namespace),
				notes: notesOf(frame, query, evaluations),
			};
			last = {frame, query, model};
			return model;
		},
	};
}

type Parts = {
	readonly columns: TableModel['columns'];
	readonly sort: TableModel['sort'];
	readonly total: number;
	readonly keys: readonly string[];
	rowAt(index: number): Row;
};

function rowsOf({keys, rowAt}: Parts): Rows {
	let places: Map<string, number> | undefined;
	return {
		length: keys.length,
		at: index => (index < 0 || index >= keys.length ? undefined : rowAt(index)),
		indexOf(key) {
			places ??= new Map(keys.map((each, index) => [each, index]));
			return places.get(key) ?? -1;
		},
	};
}

function sorted<E>(
	entries: readonly E[],
	columns: ReadonlyArray<Sortable<E>>,
	query: Pick<HpaQuery, 'sort'>,
	defaultSort: string,
	keyOf: (entry: E) => string,
): {readonly ordered: readonly E[]; readonly sort: TableModel['sort']} {
	const by = columns.find(({id, sortable}) => sortable && id === query.sort?.column) ?? columns.find(({id}) => id === defaultSort)!;
	const isDescending = (by.descendingFirst === true) !== (query.sort?.isReversed === true);
	const way = isDescending ? -1 : 1;
	const ranked = entries.map(entry => ({entry, rank: by.rank(entry), key: keyOf(entry)}));
	ranked.sort((one, other) => {
		if (one.rank !== other.rank) {
			if (one.rank === undefined || Number.isNaN(one.rank)) return 1;
			if (other.rank === undefined || Number.isNaN(other.rank)) return -1;
			if (one.rank < other.rank) return -way;
			if (one.rank > other.rank) return way;
		}
		return one.key < other.key ? -1 : one.key > other.key ? 1 : 0;
	});
	return {ordered: ranked.map(({entry}) => entry), sort: {column: by.id, descending: isDescending}};
}

function isSameQuery(one: HpaQuery, other: HpaQuery): boolean {
	return (Object.keys(one) as Array<keyof HpaQuery>).every(name => one[name] === other[name]);
}

/** Within one autoscaler why it is where it is; for all of them how the controller is set, and what is not known. */
function notesOf(frame: Frame, query: HpaQuery, evaluations: HpaEvaluations): readonly Line[] {
	if (query.within !== undefined) {
		const hpa = evaluations.fresh(frame, query.within);
		if (hpa === undefined) return [lineOf(`${query.within} is not there`, 'warn')];
		const {explanation} = hpa;
		const more = [explanation.release === undefined ? undefined : releaseText(explanation.release), warmthText(explanation)].filter(part => part !== undefined);
		const findings = evaluations.findingsOf(frame, hpa);
		return [
			lineOf(whyHpa(explanation), stateOf(hpa) === 'failing' ? 'bad' : 'accent'),
			...(more.length === 0 ? [] : [lineOf(more.join(' · '), 'muted')]),
			...findings.slice(0, 2).map(({kind, text}) => lineOf(text, kind)),
		];
	}
	return [controllerNote(frame.hpas.controller)];
}

/** `controller: every 15s, tolerance 10%, down window 5m (assumed)`. */
export function controllerNote({syncPeriodMs, tolerance, downscaleStabilizationMs}: ControllerConfig): Line {
	const parts: ReadonlyArray<readonly [string, Setting]> = [
		[`a pass every ${durationText(syncPeriodMs.value)}`, syncPeriodMs],
		[`tolerance ${Number((tolerance.value * 100).toPrecision(6))}%`, tolerance],
		[`down window ${durationText(downscaleStabilizationMs.value)}`, downscaleStabilizationMs],
	];
	const sources = new Set(parts.map(([, {source}]) => source));
	const text =
		sources.size === 1 ? `${parts.map(([each]) => each).join(', ')} (${[...sources][0]})` : parts.map(([each, {source}]) => `${each} (${source})`).join(', ');
	return lineOf(`controller: ${text}`, 'muted');
}
