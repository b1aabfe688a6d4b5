import {traceHpa} from '../analyze/hpa/trace-hpa.ts';
import {traceText} from '../analyze/hpa/trace-text.ts';
import {releaseText, warmthText, whyHpa} from '../analyze/hpa/why-hpa.ts';
import {horizontalpodautoscalers} from '../kube/resources/horizontalpodautoscalers.ts';
import {pods} from '../kube/resources/pods.ts';
import type {Frame} from '../observe/frame.ts';
import {scaleTopic} from '../observe/hpa-scale-notes.ts';
import {metricRequestsOf, scaleTargetsOf} from '../observe/hpa-target.ts';
import {createHpaRows} from '../viewmodel/hpa/create-hpa-rows.ts';
import type {EvaluatedHpa} from '../viewmodel/hpa/hpa-evaluations.ts';
import {hpasJson, type HpasJson} from '../viewmodel/hpa/hpa-json.ts';
import {emptyTable} from '../viewmodel/empty-table.ts';
import {textOfLine} from '../viewmodel/line-tools.ts';
import {tableText} from '../viewmodel/table-text.ts';
import {err, ok, type Result} from '../util/result.ts';
import {hpaNeeds} from './hpa-tab.ts';
import type {ClusterSession} from './session.ts';
import {isAskedAgainSoon} from './top-once.ts';

export type HpaOnceOptions = {
	readonly isWide: boolean;
	readonly namespace: string | undefined;
	/** `name` or `namespace/name`; undefined: all. */
	readonly name: string | undefined;
	readonly filter: string;
	readonly sort: string | undefined;
};

/** HPAs without a screen, from any frame: a live one, or one of a recording. */
export type HpaOnce = {
	table(frame: Frame, options: HpaOnceOptions): Result<{readonly lines: readonly string[]; readonly notes: readonly string[]}, string>;
	json(frame: Frame, options: HpaOnceOptions): Result<HpasJson, string>;
	/** The trace of one autoscaler as text. */
	explain(frame: Frame, options: HpaOnceOptions): Result<readonly string[], string>;
};

export function hpaOnce(): HpaOnce {
	const rows = createHpaRows();
	const {evaluations} = rows;

	/** @returns Those that are meant; an error when a name is nobody's, or of several. */
	function named(frame: Frame, {name, namespace}: HpaOnceOptions): Result<readonly EvaluatedHpa[], string> {
		evaluations.update(frame);
		const all = [...evaluations.all.values()]
			.filter(({entry}) => namespace === undefined || entry.hpa.metadata.namespace === namespace)
			.sort((a, b) => (a.key < b.key ? -1 : 1));
		if (name === undefined) return ok(all);
		const found = all.filter(({key, entry}) => (name.includes('/') ? key === name : entry.hpa.metadata.name === name));
		if (found.length === 0) return err(`there is no autoscaler ${JSON.stringify(name)}${namespace === undefined ? '' : ` in namespace ${namespace}`}`);
		if (found.length > 1) return err(`${found.map(({key}) => key).join(' and ')} have this name: say which, or -n NAMESPACE`);
		return ok(found);
	}

	return {
		table(frame, options) {
			const meant = named(frame, options);
			if (!meant.ok) return meant;
			const {isWide, namespace, name, filter, sort} = options;
			const model = rows.model(frame, {
				view: 'autoscalers',
				within: name === undefined ? undefined : meant.value[0]!.key,
				namespace,
				filter,
				sort: sort === undefined ? undefined : {column: sort.replace(/^-/, ''), isReversed: sort.startsWith('-')},
				isWide,
				expanded: [],
			});
			const notes = model.notes.map(textOfLine);
			if (model.rows.length === 0)
				return ok({lines: [], notes: [...emptyTable(model, 'autoscalers', {filter, namespace, within: undefined}).map(textOfLine), ...notes]});
			return ok({lines: tableText(model, id => id === 'band' && !isWide), notes});
		},
		json(frame, options) {
			const meant = named(frame, options);
			return meant.ok ? ok(hpasJson(frame, evaluations, meant.value, {namespace: options.namespace, withSteps: options.name !== undefined})) : meant;
		},
		explain(frame, options) {
			const meant = named(frame, options);
			if (!meant.ok) return meant;
			const hpa = meant.value[0]!;
			const {explanation} = hpa;
			const more = [explanation.release === undefined ? undefined : `It ${releaseText(explanation.release)}.`, warmthText(explanation)].filter(
				part => part !== undefined,
			);
			return ok([
				whyHpa(explanation),
				...more,
				'',
				...traceText(traceHpa(explanation), {inputs: true, citations: true}),
				...evaluations.findingsOf(frame, hpa).flatMap(({text, advice}) => ['', `! ${text}`, `  ${advice}`]),
			]);
		},
	};
}

/** How long the values of other metrics APIs, and the flags, may take once all else is there. */
const VALUES_MS = 3000;

/**
 * Waits until autoscalers can be explained: they, their pods and targets are whole, and the metrics APIs have answered, well or badly.
 *
 * @returns undefined when there is something to print, else why not.
 */
export function whenHpasReady(session: Pick<ClusterSession, 'need' | 'frames'>, limitMs: number): Promise<{readonly message: string} | undefined> {
	const needs = hpaNeeds();
	const {frames} = session;
	let needed: readonly string[] = [];
	return new Promise(resolve => {
		let last: NodeJS.Timeout | undefined;
		const done = (outcome: {readonly message: string} | undefined): void => {
			clearTimeout(timer);
			clearTimeout(last);
			unsubscribe();
			resolve(outcome);
		};
		const check = (): void => {
			const frame = frames.getFrame();
			const next = needs(frame);
			if (next !== needed) {
				needed = next;
				session.need(next);
			}
			const problem = problemIn(frame);
			if (problem !== undefined) return done(problem);
			if (!isWhole(frame, next)) return;
			if (hasEveryValue(frame)) return done(undefined);
			last ??= setTimeout(() => done(undefined), VALUES_MS);
		};
		const timer = setTimeout(() => done({message: `no whole answer within ${Math.round(limitMs / 1000)} s`}), Math.min(limitMs, 0x7fffffff));
		const unsubscribe = frames.subscribe(check);
		check();
	});
}

function problemIn(frame: Frame): {readonly message: string} | undefined {
	for (const [, freshness] of frame.freshness(horizontalpodautoscalers.id)) {
		if (freshness.kind === 'forbidden' && !isAskedAgainSoon(freshness, frame.at))
			return {message: `may not ${freshness.verb} ${freshness.resource}${freshness.namespace === undefined ? '' : ` in ${freshness.namespace}`}`};
		if (freshness.kind === 'absent') return {message: 'the server does not serve autoscaling/v2'};
		if (freshness.kind === 'stale') return {message: freshness.why};
	}
	return undefined;
}

function isWhole(frame: Frame, needed: readonly string[]): boolean {
	if (!frame.snapshot(horizontalpodautoscalers).hasSynced || !frame.snapshot(pods).hasSynced) return false;
	// Leases of kube-system are not everybody's to see.
	return (
		needed.every(id => id === 'leases' || [...frame.freshness(id).values()].some(({kind}) => kind !== 'connecting' && kind !== 'syncing')) &&
		[...frame.facts.metricsApi.keys()].some(key => key.startsWith('pod'))
	);
}

/** Has every question to the other metrics APIs got an answer? */
function hasEveryValue(frame: Frame): boolean {
	return (
		frame.facts.discovery !== undefined &&
		scaleTargetsOf(frame).every(({target}) => frame.facts.notes.has(scaleTopic(target))) &&
		metricRequestsOf(frame).every(({request}) => frame.metricValues.has(request.key))
	);
}
