import type {Outcome} from '../../explain/explanation.ts';
import type {HpaStep, StepInput} from './hpa-step.ts';

/** The trace as lines of text, one a step, indented by depth; inputs only when asked for. */
export function traceText(steps: readonly HpaStep[], options: {readonly inputs: boolean; readonly citations: boolean}, depth = 0): readonly string[] {
	const marks: Readonly<Record<Outcome, string>> = {passed: '✓', failed: '✗', unknown: '?', skipped: '-'};
	const indent = '  '.repeat(depth);
	return steps.flatMap(each => [
		`${indent}${each.outcome === undefined ? '·' : marks[each.outcome]} ${each.working}`,
		...(options.inputs ? each.inputs.map(input => `${indent}    ${inputText(input)}`) : []),
		...(options.citations && each.citation !== undefined ? [`${indent}    ${each.citation.file}, ${each.citation.symbol} (${each.citation.release})`] : []),
		...traceText(each.steps, options, depth + 1),
	]);
}

function inputText({name, value, object, field, provenance, at}: StepInput): string {
	const where = [object, field].filter(part => part !== undefined && part !== '').join(', ');
	return `${name} = ${value}${where === '' ? '' : ` (${where})`}, ${provenance}${at === undefined ? '' : ` at ${new Date(at).toISOString().slice(11, 19)}`}`;
}
