import type {Citation, Explanation, Outcome} from './explanation.ts';

const MARKS: Readonly<Record<Outcome, string>> = {passed: '✓', failed: '✗', unknown: '?', skipped: '-'};

/** An explanation as lines of plain text: the verdict, then a line a step. Citations only when asked for. */
export function writeExplanationText({verdict, steps}: Explanation, options: {readonly citations: boolean}): readonly string[] {
	return [
		verdict.text,
		...steps.flatMap(step => {
			const line = `  ${step.outcome === undefined ? '·' : MARKS[step.outcome]} ${step.working}`;
			return options.citations && step.citation !== undefined ? [line, `      ${citationText(step.citation)}`] : [line];
		}),
	];
}

/** `kubernetes v1.37.2 pkg/…/helpers.go, PodRequests`. */
export function citationText({project, release, file, symbol}: Citation): string {
	return `${project} ${release} ${file}, ${symbol}`;
}
