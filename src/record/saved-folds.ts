import type {Stored} from '../kube/schema.ts';
import {emptyFolds, FOLD_VERSIONS, type SavedFolds} from '../observe/create-stream.ts';
import type {SavedHpas} from '../observe/hpa-fold.ts';
import {type FirstSavedUsage, fromFirstSavedUsage} from '../observe/usage-fold.ts';
import type {Complete} from './segment-codec.ts';

type FoldName = keyof SavedFolds;

/** For a person. */
const IN_WORDS: Readonly<Record<FoldName, string>> = {
	freshness: 'how fresh the tables are',
	usage: 'usage',
	facts: 'facts about the cluster',
	faults: 'faults',
	marks: 'marks',
	metricValues: 'custom and external metrics',
	hpas: 'autoscalers',
};

/** How what an older kwb wrote down is said today: from that version to the present one. */
const OLDER: {readonly [name in FoldName]?: Readonly<Record<number, (saved: unknown) => unknown>>} = {
	usage: {1: saved => fromFirstSavedUsage(saved as FirstSavedUsage)},
};

/**
 * The folds of a keyframe as this release can restore them.
 *
 * @param written The version of each, as the header says it; before format 1.1 all of them were 1.
 * @param complete For the objects that a fold holds.
 * @returns What no version of ours fits begins empty, and is named among the `dropped` ones.
 */
export function fittingFolds(
	saved: Readonly<Record<string, unknown>>,
	written: Readonly<Record<string, number>> | undefined,
	complete: Complete,
): {readonly folds: SavedFolds; readonly dropped: readonly FoldName[]} {
	const folds: Partial<Record<FoldName, unknown>> = emptyFolds();
	const dropped: FoldName[] = [];
	for (const name of Object.keys(FOLD_VERSIONS) as FoldName[]) {
		const version = written?.[name] ?? 1;
		if (saved[name] === undefined) dropped.push(name);
		else if (version === FOLD_VERSIONS[name]) folds[name] = saved[name];
		else {
			const understand = OLDER[name]?.[version];
			if (understand === undefined) dropped.push(name);
			else folds[name] = understand(saved[name]);
		}
	}
	const fitting = folds as SavedFolds;
	return {folds: {...fitting, hpas: completeHpas(fitting.hpas, complete)}, dropped};
}

function completeHpas({kept, recent, ...rest}: SavedHpas, complete: Complete): SavedHpas {
	type Frozen = SavedHpas['kept'][number]['frozen'];
	const hpa = <T extends Stored>(object: T): T => complete('horizontalpodautoscalers', object) as T;
	const pod = <T extends Stored>(object: T): T => complete('pods', object) as T;
	const frozenOf = <F extends Frozen>(frozen: F): F => (frozen === null ? frozen : {...frozen, pods: frozen.pods.map(pod)});
	return {
		...rest,
		kept: kept.map(each => ({
			...each,
			hpa: hpa(each.hpa),
			frozen: frozenOf(each.frozen),
			undecided:
				each.undecided === null
					? null
					: {...each.undecided, previous: hpa(each.undecided.previous), next: hpa(each.undecided.next), before: frozenOf(each.undecided.before)},
		})),
		...(recent === undefined
			? {}
			: {
					recent: recent.map(change => ({
						...change,
						before: change.before === null ? null : pod(change.before),
						after: change.after === null ? null : pod(change.after),
					})),
				}),
	};
}

/** What a person is told of it. */
export function droppedText(name: FoldName, program: string): string {
	return `what ${program} remembered of ${IN_WORDS[name]} is not understood by this kwb: it is what happened since the last keyframe`;
}
