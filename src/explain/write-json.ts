import type {Citation, Explanation, Outcome} from './explanation.ts';

/** An explanation as plain JSON data. Numbers beyond 2^53 become decimal text, what is unknown becomes null. */
export type ExplanationJson = {
	readonly verdict: {readonly kind: string; readonly text: string};
	readonly steps: ReadonlyArray<{
		readonly id: string;
		readonly working: string;
		readonly value: unknown;
		readonly outcome?: Outcome;
		readonly citation?: Citation;
	}>;
};

/** Makes data of an explanation that `JSON.stringify` writes without loss. */
export function writeExplanationJson({verdict, steps}: Explanation): ExplanationJson {
	return {
		verdict: {kind: verdict.kind, text: verdict.text},
		steps: steps.map(({id, working, value, outcome, citation}) => ({
			id,
			working,
			value: typeof value === 'bigint' ? String(value) : typeof value === 'number' && !Number.isFinite(value) ? null : (value ?? null),
			...(outcome === undefined ? {} : {outcome}),
			...(citation === undefined ? {} : {citation}),
		})),
	};
}
