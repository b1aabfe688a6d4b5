import type {HpaStep, StepInput} from '../../analyze/hpa/hpa-step.ts';
import {traceHpa} from '../../analyze/hpa/trace-hpa.ts';
import type {Tone} from '../../theme/tone.ts';
import {timeText} from '../format/age.ts';
import type {Cell, Column} from '../table-model.ts';
import type {EvaluatedHpa} from './hpa-evaluations.ts';
import {replicasText, STATE_TONES, STATE_WORDS, stateOf} from './hpa-words.ts';

export const TRACE_COLUMNS: readonly Column[] = [
	{id: 'step', title: 'STEP', align: 'left', minWidth: 30, priority: 0, sortable: false, isSentence: true},
	{id: 'known', title: 'KNOWN', align: 'left', minWidth: 8, priority: 2, sortable: false},
	{id: 'from', title: 'FROM', align: 'left', minWidth: 12, maxWidth: 60, priority: 4, sortable: false},
];

/** One line of a decision: an autoscaler, a step, its rule, or a number that went into it. */
export type TraceRow = {
	/** `namespace/name`, and behind a `#` the way through the steps. */
	readonly key: string;
	readonly hpa: string;
	/** The step that a pane explains; undefined for the autoscaler itself. */
	readonly step: HpaStep | undefined;
	readonly depth: number;
	readonly fold: 'open' | 'closed' | undefined;
	readonly cells: readonly Cell[];
};

const MARKS = {passed: '✓', failed: '✗', unknown: '?', skipped: '-'} as const;
const TONES: Readonly<Record<keyof typeof MARKS, Tone>> = {passed: 'plain', failed: 'bad', unknown: 'warn', skipped: 'muted'};

/** The decision of one autoscaler as rows that unfold; what is folded is not made. */
export function traceRows(hpa: EvaluatedHpa, expanded: ReadonlySet<string>): readonly TraceRow[] {
	return traceHpa(hpa.explanation).flatMap((step, index) => stepRows(hpa.key, step, `${hpa.key}#${index}`, 0, expanded));
}

/** Autoscalers as roots, and their decisions below those that are unfolded. */
export function traceForest(hpas: readonly EvaluatedHpa[], expanded: ReadonlySet<string>): readonly TraceRow[] {
	return hpas.flatMap((hpa): readonly TraceRow[] => {
		const isOpen = expanded.has(hpa.key);
		const root: TraceRow = {
			key: hpa.key,
			hpa: hpa.key,
			step: undefined,
			depth: 0,
			fold: isOpen ? 'open' : 'closed',
			cells: [
				{text: `${hpa.key}  ${replicasText(hpa.explanation, hpa.entry.hpa.status.currentReplicas)}`, tone: 'plain'},
				{text: STATE_WORDS[stateOf(hpa)], tone: STATE_TONES[stateOf(hpa)]},
				{text: `${hpa.entry.hpa.spec.scaleTargetRef.kind} ${hpa.entry.hpa.spec.scaleTargetRef.name}`, tone: 'muted'},
			],
		};
		return isOpen ? [root, ...traceHpa(hpa.explanation).flatMap((step, index) => stepRows(hpa.key, step, `${hpa.key}#${index}`, 1, expanded))] : [root];
	});
}

function stepRows(hpa: string, step: HpaStep, key: string, depth: number, expanded: ReadonlySet<string>): readonly TraceRow[] {
	const isOpen = expanded.has(key);
	const tone = step.outcome === undefined ? 'plain' : TONES[step.outcome];
	const row: TraceRow = {
		key,
		hpa,
		step,
		depth,
		fold: isOpen ? 'open' : 'closed',
		cells: [
			{text: `${step.outcome === undefined ? '·' : MARKS[step.outcome]} ${step.working}`, tone},
			{text: step.provenance, tone: step.provenance === 'unknown' ? 'warn' : 'muted'},
			{text: step.citation === undefined ? '' : `${step.citation.file.slice(step.citation.file.lastIndexOf('/') + 1)}, ${step.citation.symbol}`, tone: 'muted'},
		],
	};
	if (!isOpen) return [row];
	const leaf = (id: string, cells: readonly Cell[]): TraceRow => ({key: `${key}.${id}`, hpa, step, depth: depth + 1, fold: undefined, cells});
	return [
		row,
		leaf('rule', [
			{text: `rule: ${step.rule}`, tone: 'muted'},
			{text: '', tone: 'muted'},
			{text: '', tone: 'muted'},
		]),
		...step.inputs.map((input, index) => leaf(`in${index}`, inputCells(input))),
		...step.steps.flatMap((each, index) => stepRows(hpa, each, `${key}.${index}`, depth + 1, expanded)),
	];
}

function inputCells({name, value, provenance, object, field, at}: StepInput): readonly Cell[] {
	const from = [object, field].filter(part => part !== undefined && part !== '').join(', ');
	return [
		{text: `${name} = ${value}`, tone: 'accent'},
		{text: provenance, tone: provenance === 'unknown' ? 'warn' : 'muted'},
		{text: `${from}${at === undefined ? '' : `${from === '' ? '' : ' '}at ${timeText(at).slice(11)}`}`, tone: 'muted'},
	];
}

/** The step behind a row's key. */
export function stepAt(hpa: EvaluatedHpa, key: string): HpaStep | undefined {
	const path = key.slice(key.indexOf('#') + 1).split('.');
	let steps: readonly HpaStep[] = traceHpa(hpa.explanation);
	let found: HpaStep | undefined;
	for (const part of path) {
		// The rule and the inputs of a step stand for the step.
		if (!/^\d+$/.test(part)) break;
		found = steps[Number(part)];
		steps = found?.steps ?? [];
	}
	return found;
}
