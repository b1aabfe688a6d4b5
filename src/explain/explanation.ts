/** Where a rule comes from. "As in Kubernetes" cannot be checked; a file can. */
export type Citation = {
	/** e.g. `kubernetes`, `metrics-server`. */
	readonly project: string;
	/** The release that was read, e.g. `v1.37.2`. */
	readonly release: string;
	readonly file: string;
	readonly symbol: string;
};

/** How a step that checks something came out. */
export type Outcome =
	| 'passed'
	| 'failed'
	/** Not looked at, not permitted to look, or not recorded: the walk goes on. */
	| 'unknown'
	/** Does not apply here. */
	| 'skipped';

/** One step of the working: a number or a check, in words with the numbers in them. */
export type Step<Id extends string = string, Value = unknown> = {
	/** Stable, for tests and JSON. */
	readonly id: Id;
	/** One line, e.g. `max(0, 5 − 3)`. */
	readonly working: string;
	/** What the step gives; undefined where it gives nothing or nobody knows. */
	readonly value: Value;
	readonly outcome?: Outcome;
	readonly citation?: Citation;
};

/** What it all comes to, in a sentence. */
export type Verdict = {readonly kind: 'good' | 'warn' | 'bad' | 'unknown'; readonly text: string};

/** An answer with its working. */
export type Explanation<Id extends string = string, Value = unknown> = {
	readonly verdict: Verdict;
	readonly steps: ReadonlyArray<Step<Id, Value>>;
};

/** `kubernetes v1.37.2 pkg/…/helpers.go, PodRequests`. */
export function citationText({project, release, file, symbol}: Citation): string {
	return `${project} ${release} ${file}, ${symbol}`;
}
