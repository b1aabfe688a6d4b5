import type {ResourceId} from '../kube/schema.ts';
import type {Frame} from '../observe/frame.ts';
import type {Freshness} from '../observe/observation.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {createTopRows} from '../viewmodel/top/create-top-rows.ts';
import {type TopJson, topJson} from '../viewmodel/top/top-json.ts';
import {plainQuery, topTable, type TopWhat} from '../viewmodel/top/top-text.ts';
import type {WorkbenchSession} from './workbench-session.ts';

export type TopOnce = {
	/** Lines of a table; `notes` belong on stderr. */
	table(frame: Frame, options: TopOnceOptions): {readonly lines: readonly string[]; readonly notes: readonly string[]};
	json(frame: Frame, options: TopOnceOptions): TopJson;
};

export type TopOnceOptions = {
	readonly what: TopWhat;
	readonly isWide: boolean;
	readonly namespace: string | undefined;
	readonly filter: string;
	readonly sort: string | undefined;
};

/** Top without a screen. */
export function topOnce(): TopOnce {
	const top = createTopRows();
	return {
		table(frame, {what, isWide, namespace, filter, sort}) {
			const query = plainQuery(what, {wide: isWide, namespace, filter});
			return topTable(frame, top, sort === undefined ? query : {...query, sort: {column: sort.replace(/^-/, ''), isReversed: sort.startsWith('-')}});
		},
		json: (frame, {what, namespace, filter}) => topJson(frame, top, what, {namespace, filter}),
	};
}

/** What Top reads. */
export const TOP_NEEDS: readonly ResourceId[] = ['pods', 'nodes', 'replicasets', 'jobs'];

/** Why there is nothing to print. */
export type NotReady = {readonly message: string};

/** How long the namespaces of somebody who may not see the cluster may take. */
const LAST_WORD_MS = 2000;
/** What is refused and asked again within this is not refused yet. */
const SOON_MS = 10_000;
const LONGEST_TIMER_MS = 0x7fffffff;

/**
 * Waits until what was asked for is there: both lists whole, and the metrics API has answered, well or badly.
 *
 * @returns undefined when there is something to print; an error when the main list cannot be had within the time.
 */
export function whenReady(session: Pick<WorkbenchSession, 'frames'>, what: TopWhat, limitMs: number): Promise<NotReady | undefined> {
	const main = what === 'nodes' ? 'nodes' : 'pods';
	const other = main === 'pods' ? 'nodes' : 'pods';
	return new Promise(resolve => {
		let lastWord: NodeJS.Timeout | undefined;
		const scopesOf = (resource: ResourceId): readonly Freshness[] => [...session.frames.getFrame().freshness(resource).values()];
		const check = (): void => {
			const scopes = scopesOf(main);
			const [first] = scopes;
			const broken = scopes.find(scope => scope.kind === 'stale');
			if (broken?.kind === 'stale') return done({message: broken.why});
			if (scopes.some(scope => scope.kind === 'absent')) return done({message: `the server does not serve ${main}`});
			if (first?.kind === 'forbidden' && scopes.every(scope => scope.kind === 'forbidden')) {
				// A server that has just started refuses everybody: it is being asked again.
				if (scopes.some(scope => isAskedAgainSoon(scope, session.frames.getFrame().at))) return;
				// Namespaces that may be seen are being asked for.
				lastWord ??= setTimeout(
					() => done({message: `may not ${first.verb} ${first.resource}${first.namespace === undefined ? '' : ` in ${first.namespace}`}`}),
					LAST_WORD_MS,
				);
				return;
			}
			clearTimeout(lastWord);
			lastWord = undefined;
			const isListed = scopes.some(scope => scope.kind === 'live') && scopes.every(scope => scope.kind === 'live' || scope.kind === 'forbidden');
			const isOtherSettled = scopesOf(other).some(scope => scope.kind !== 'connecting' && scope.kind !== 'syncing');
			if (isListed && isOtherSettled && hasUsageAnswer(session.frames.getFrame())) done(undefined);
		};
		const done = (outcome: NotReady | undefined): void => {
			clearTimeout(timer);
			clearTimeout(lastWord);
			unsubscribe();
			resolve(outcome);
		};
		const timer = setTimeout(() => done({message: `no whole answer for ${main} within ${Math.round(limitMs / 1000)} s`}), Math.min(limitMs, LONGEST_TIMER_MS));
		const unsubscribe = session.frames.subscribe(check);
		check();
	});
}

/** A server that has just started refuses everybody, and is asked again within seconds. */
export function isAskedAgainSoon(freshness: Freshness, now: EpochMs): boolean {
	return freshness.kind === 'forbidden' && freshness.nextTryAt !== undefined && freshness.nextTryAt - now < SOON_MS;
}

/** The metrics API has answered, well or badly, for pods and for nodes. */
function hasUsageAnswer({facts}: Frame): boolean {
	const keys = [...facts.metricsApi.keys()];
	return keys.some(key => key.startsWith('pod')) && keys.some(key => key.startsWith('node'));
}
