import {explainHpa, type HpaExplanation} from '../../analyze/hpa/explain-hpa.ts';
import {
	type Finding,
	findFlapping,
	findManualChange,
	findOverlaps,
	findProblems,
	findSharedTargets,
	overlapsOf,
	type ReplicaManager,
} from '../../analyze/hpa/find-problems.ts';
import type {ObjectKey} from '../../kube/schema.ts';
import type {Frame} from '../../observe/frame.ts';
import {createHpaBook, type HpaBook, type HpaEntry} from '../../observe/hpa-book.ts';
import type {HpaFoldState, HpaRecord} from '../../observe/hpa-fold.ts';
import {notedManagers, SETTLED_MS} from '../../observe/hpa-managers.ts';
import {targetKeyOf} from '../../observe/hpa-target.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';

/** An HPA explained for a moment. Another object when it was explained anew. */
export type EvaluatedHpa = {
	readonly key: ObjectKey;
	readonly entry: HpaEntry;
	readonly explanation: HpaExplanation;
	readonly record: HpaRecord | undefined;
	/** Lower case: what a filter looks in. */
	readonly haystack: string;
	/** kwb cannot read the scale of the target; the controller may. */
	readonly isForeign: boolean;
};

/** All HPAs of a session, explained; only what changed is explained again. */
export type HpaEvaluations = {
	/** @returns Whether any of them is another now. */
	update(frame: Frame): boolean;
	readonly all: ReadonlyMap<ObjectKey, EvaluatedHpa>;
	/** Explained for this very moment, for panes that count seconds. */
	fresh(frame: Frame, key: ObjectKey): EvaluatedHpa | undefined;
	/** What a person should know of one of them, and of it together with others. */
	findingsOf(frame: Frame, hpa: EvaluatedHpa): readonly Finding[];
	/** How many were explained since the start. */
	readonly explained: number;
};

/** Something held, limited or about to move is looked at again after this; what is at rest once a period. */
const RESTLESS_MS = 1000;

export function createHpaEvaluations(): HpaEvaluations {
	const book: HpaBook = createHpaBook();
	const all = new Map<ObjectKey, EvaluatedHpa>();
	const dueAt = new Map<ObjectKey, number>();
	let hpas: HpaFoldState | undefined;
	let explained = 0;
	let shared: {readonly of: unknown; readonly findings: readonly Finding[]} | undefined;

	function explain(frame: Frame, key: ObjectKey): EvaluatedHpa | undefined {
		const entry = book.entries.get(key);
		const record = frame.hpas.records.get(key);
		const input = book.inputOf(key, {now: frame.at, memory: record?.memory, controller: frame.hpas.controller});
		if (entry === undefined || input === undefined) return undefined;
		explained++;
		const explanation = explainHpa(input);
		const {kind, name} = entry.hpa.spec.scaleTargetRef;
		return {
			key,
			entry,
			explanation,
			record,
			haystack: `${key} ${kind}/${name} ${explanation.state} ${explanation.limiting} ${explanation.metrics.map(({label}) => label).join(' ')}`.toLowerCase(),
			isForeign: entry.scale.kind === 'failed' && entry.scale.isOurs === true,
		};
	}

	function take(frame: Frame, key: ObjectKey): void {
		const evaluated = explain(frame, key);
		if (evaluated === undefined) return;
		all.set(key, evaluated);
		const isAtRest = evaluated.explanation.state === 'steady' || evaluated.explanation.state === 'atMin' || evaluated.explanation.state === 'paused';
		dueAt.set(key, frame.at + (isAtRest ? frame.hpas.controller.syncPeriodMs.value : RESTLESS_MS));
	}

	return {
		update(frame) {
			const {changed, removed, isEverything} = book.update(frame);
			for (const key of removed) {
				all.delete(key);
				dueAt.delete(key);
			}
			const isOtherController = hpas?.controller !== frame.hpas.controller;
			const todo = new Set<ObjectKey>(isEverything || isOtherController ? book.entries.keys() : changed);
			if (hpas !== frame.hpas) {
				for (const [key, record] of frame.hpas.records) if (hpas?.records.get(key) !== record) todo.add(key);
				hpas = frame.hpas;
			}
			// A replay may go back in time: what was explained for later is explained again.
			for (const [key, due] of dueAt) if (due <= frame.at || (all.get(key)?.explanation.at ?? 0) > frame.at) todo.add(key);
			for (const key of todo) take(frame, key);
			return todo.size > 0 || removed.size > 0;
		},
		all,
		fresh(frame, key) {
			const known = all.get(key);
			return known === undefined || known.explanation.at === frame.at ? known : explain(frame, key);
		},
		findingsOf(frame, {key, entry, explanation, record}) {
			const listed = frame.hpas.records;
			if (shared?.of !== listed) {
				const entries = [...book.entries.values()];
				const overlaps = overlapsOf(
					entries.filter(entry => book.overlapsOf(entry.key).length > 0).map(entry => ({hpa: entry.hpa, pods: book.podsOf(entry.key)})),
				);
				shared = {of: listed, findings: [...findSharedTargets(entries.map(({hpa}) => hpa)), ...findOverlaps(overlaps)]};
			}
			return [
				...shared.findings.filter(({hpas: concerned}) => concerned.includes(key)),
				...findProblems(explanation),
				...(record === undefined ? [] : movesOf(key, record, explanation, notedManagers(frame.facts, targetKeyOf(entry.hpa)), frame.at)),
			];
		},
		get explained() {
			return explained;
		},
	};
}

function movesOf(
	key: ObjectKey,
	{memory, changes}: HpaRecord,
	{window}: HpaExplanation,
	managers: readonly ReplicaManager[],
	now: EpochMs,
): readonly Finding[] {
	const manual = changes
		.filter(({seenAt}) => now - seenAt > SETTLED_MS)
		.flatMap(change => findManualChange(key, change, memory.rescales, managers) ?? [])
		.slice(-1);
	const flapping = findFlapping(key, memory.rescales, now, Math.max(window.neededMs, 60_000));
	return flapping === undefined ? manual : [...manual, flapping];
}
