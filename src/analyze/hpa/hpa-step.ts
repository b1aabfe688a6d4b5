import type {Citation, Outcome, Step} from '../../explain/explanation.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';
import type {Setting} from './controller-config.ts';
import type {HpaExplanation} from './explain-hpa.ts';

/** How much a number can be relied on: read from an object, computed from such, or not to be had. */
export type Provenance = 'observed' | 'derived' | 'unknown';

/** A number that went into a step, and where it was read. */
export type StepInput = {
	readonly name: string;
	readonly value: string;
	readonly provenance: Provenance;
	/** `Deployment shop/web`, `Pod shop/web-1`, `flag`. */
	readonly object?: string;
	readonly field?: string;
	/** Time of the sample, where it is one. */
	readonly at?: EpochMs;
};

export type HpaStepId =
	| 'scale'
	| 'bounds'
	| 'selector'
	| 'metric'
	| 'target'
	| 'tolerance'
	| 'samples'
	| 'groups'
	| 'pod'
	| 'requests'
	| 'firstPass'
	| 'secondPass'
	| 'total'
	| 'keep'
	| 'proposal'
	| 'combine'
	| 'window'
	| 'policy'
	| 'limit'
	| 'result';

/** One step of the decision; the steps inside it are its working. */
export type HpaStep = Step<HpaStepId, number | string | bigint | undefined> & {
	/** The rule in words, whatever the numbers are. */
	readonly rule: string;
	readonly provenance: Provenance;
	readonly inputs: readonly StepInput[];
	readonly steps: readonly HpaStep[];
};

const RELEASE = 'v1.37.2';
const FOLDER = 'pkg/controller/podautoscaler';
export const cite = (file: string, symbol: string): Citation => ({project: 'kubernetes', release: RELEASE, file: `${FOLDER}/${file}`, symbol});
export const controller = (symbol: string): Citation => cite('horizontal.go', symbol);
export const calculator = (symbol: string): Citation => cite('replica_calculator.go', symbol);

type StepParts = Omit<HpaStep, 'inputs' | 'steps' | 'provenance' | 'outcome' | 'citation'> & {
	readonly provenance?: Provenance;
	readonly inputs?: readonly StepInput[];
	readonly steps?: readonly HpaStep[];
	readonly outcome?: Outcome | undefined;
	readonly citation?: Citation | undefined;
};

export function step({inputs = [], steps = [], provenance = 'derived', outcome, citation, ...rest}: StepParts): HpaStep {
	return {...rest, inputs, steps, provenance, ...(outcome === undefined ? {} : {outcome}), ...(citation === undefined ? {} : {citation})};
}

export function nameOf({namespace, name}: HpaExplanation): string {
	return `HorizontalPodAutoscaler ${namespace}/${name}`;
}

export function settingInput(name: string, {value, source}: Setting, flag: string): StepInput {
	return {
		name,
		value: String(value),
		provenance: source === 'observed' ? 'observed' : source === 'assumed' ? 'unknown' : 'derived',
		object: `flag, ${source}`,
		field: flag,
	};
}
