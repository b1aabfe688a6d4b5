import {err, ok, type Result} from '../../util/result.ts';

/** One requirement of a selector that was written as text. */
export type Requirement = {
	readonly key: string;
	readonly operator: 'in' | 'notin' | 'exists' | 'absent' | 'gt' | 'lt';
	readonly values: readonly string[];
};

export type Labels = ReadonlyMap<string, string>;

const KEY = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/**
 * Reads a selector as `status.selector` of a scale has it: `app=web,tier in (a,b),!canary`.
 *
 * @returns The requirements, all of which must hold; an error that names the part that could not be read.
 * Source: k8s.io/apimachinery v0.37.2 pkg/labels/selector.go, Parse.
 */
export function parseSelector(text: string): Result<readonly Requirement[], string> {
	const requirements: Requirement[] = [];
	if (text.trim() === '') return ok(requirements);
	for (const part of splitOutsideParentheses(text)) {
		const requirement = requirementOf(part.trim());
		if (requirement === undefined) return err(`unable to parse requirement: ${JSON.stringify(part.trim())}`);
		requirements.push(requirement);
	}
	return ok(requirements);
}

function splitOutsideParentheses(text: string): readonly string[] {
	const parts: string[] = [];
	let depth = 0;
	let from = 0;
	for (let at = 0; at < text.length; at++) {
		const letter = text[at];
		if (letter === '(') depth++;
		else if (letter === ')') depth--;
		else if (letter === ',' && depth === 0) {
			parts.push(text.slice(from, at));
			from = at + 1;
		}
	}
	parts.push(text.slice(from));
	return parts;
}

function requirementOf(part: string): Requirement | undefined {
	const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
	if (set !== null) {
		const values = set[3]!.split(',').map(value => value.trim());
		return KEY.test(set[1]!) && values.every(value => VALUE.test(value)) ? {key: set[1]!, operator: set[2] as 'in' | 'notin', values} : undefined;
	}
	const compared = /^([^=!<>\s]+)\s*(==|=|!=|>|<)\s*(\S*)$/.exec(part);
	if (compared !== null) {
		const [, key = '', sign = '', value = ''] = compared;
		const isNumeric = sign === '>' || sign === '<';
		if (!KEY.test(key) || !VALUE.test(value) || (isNumeric && !/^[0-9]+$/.test(value))) return undefined;
		return {key, operator: sign === '!=' ? 'notin' : sign === '>' ? 'gt' : sign === '<' ? 'lt' : 'in', values: [value]};
	}
	const bare = /^(!?)\s*(\S+)$/.exec(part);
	return bare !== null && KEY.test(bare[2]!) ? {key: bare[2]!, operator: bare[1] === '!' ? 'absent' : 'exists', values: []} : undefined;
}

/** Do the labels meet every requirement? No requirement is met by everything. */
export function matches(requirements: readonly Requirement[], labels: Labels): boolean {
	return requirements.every(requirement => meets(requirement, labels.get(requirement.key)));
}

function meets({operator, values}: Requirement, value: string | undefined): boolean {
	switch (operator) {
		case 'in':
			return value !== undefined && values.includes(value);
		case 'notin':
			return value === undefined || !values.includes(value);
		case 'exists':
			return value !== undefined;
		case 'absent':
			return value === undefined;
		case 'gt':
			return value !== undefined && /^-?[0-9]+$/.test(value) && BigInt(value) > BigInt(values[0]!);
		case 'lt':
			return value !== undefined && /^-?[0-9]+$/.test(value) && BigInt(value) < BigInt(values[0]!);
	}
}

export type Labelled = {readonly metadata: {readonly name: string; readonly namespace: string; readonly labels: Labels}};

/** Finds pods by selector without looking at all of them: one bucket a namespace and label, made when first asked for. */
export type PodFinder<Pod> = (namespace: string, requirements: readonly Requirement[]) => readonly Pod[];

/**
 * Makes a finder over pods that do not change while it is in use.
 *
 * @returns Pods of the namespace that meet the requirements, in the order they came in.
 */
export function podFinder<Pod extends Labelled>(pods: Iterable<Pod>): PodFinder<Pod> {
	const byNamespace = new Map<string, Pod[]>();
	for (const pod of pods) {
		const list = byNamespace.get(pod.metadata.namespace);
		if (list === undefined) byNamespace.set(pod.metadata.namespace, [pod]);
		else list.push(pod);
	}
	/** namespace → label → value → pods. */
	const byLabel = new Map<string, Map<string, Map<string, Pod[]>>>();

	const bucketsOf = (namespace: string, key: string): ReadonlyMap<string, readonly Pod[]> => {
		const ofNamespace = byLabel.get(namespace) ?? new Map<string, Map<string, Pod[]>>();
		byLabel.set(namespace, ofNamespace);
		const known = ofNamespace.get(key);
		if (known !== undefined) return known;
		const buckets = new Map<string, Pod[]>();
		ofNamespace.set(key, buckets);
		for (const pod of byNamespace.get(namespace) ?? []) {
			const value = pod.metadata.labels.get(key);
			if (value === undefined) continue;
			const bucket = buckets.get(value);
			if (bucket === undefined) buckets.set(value, [pod]);
			else bucket.push(pod);
		}
		return buckets;
	};

	return (namespace, requirements) => {
		let smallest: readonly Pod[] = byNamespace.get(namespace) ?? [];
		for (const {key, operator, values} of requirements) {
			if (operator !== 'in' || values.length !== 1) continue;
			const bucket = bucketsOf(namespace, key).get(values[0]!) ?? [];
			if (bucket.length < smallest.length) smallest = bucket;
		}
		return smallest.filter(pod => matches(requirements, pod.metadata.labels));
	};
}
