import {err, ok, type Result} from '../util/result.ts';
import type {LabelSelector} from './resources/meta.ts';

export type Labels = ReadonlyMap<string, string>;

/** One thing that a selector wants of labels, whether it was written as text or as an object. `gt` and `lt` are written as text only. */
export type Requirement = {
	readonly key: string;
	readonly operator: 'in' | 'notin' | 'exists' | 'absent' | 'gt' | 'lt';
	readonly values: readonly string[];
};

/**
 * Makes a predicate of a selector.
 *
 * @param selector undefined selects nothing, an empty one everything.
 * @returns An error for an unknown operator, or for values where none (or at least one) belong; the API server refuses those too.
 */
export function compileSelector(selector: LabelSelector | undefined): Result<(labels: Labels) => boolean, string> {
	if (selector === undefined) return ok(() => false);
	const requirements = requirementsOf(selector);
	return requirements.ok ? ok(labels => matches(requirements.value, labels)) : requirements;
}

/**
 * What a selector wants of labels.
 *
 * @returns An error for an unknown operator, or for values where none (or at least one) belong.
 * Source: k8s.io/apimachinery v0.37.2, pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector.
 */
export function requirementsOf({matchLabels, matchExpressions}: LabelSelector): Result<readonly Requirement[], string> {
	const requirements: Requirement[] = [...matchLabels].map(([key, value]) => ({key, operator: 'in', values: [value]}));
	for (const {key, operator, values} of matchExpressions) {
		const known = OPERATORS.get(operator);
		if (known === undefined) return err(`${JSON.stringify(operator)} is not a valid label selector operator`);
		const wantsValues = known === 'in' || known === 'notin';
		if (wantsValues && values.length === 0) return err(`${operator} without values`);
		if (!wantsValues && values.length > 0) return err(`${operator} with values`);
		requirements.push({key, operator: known, values});
	}
	return ok(requirements);
}

const OPERATORS: ReadonlyMap<string, Requirement['operator']> = new Map([
	['In', 'in'],
	['NotIn', 'notin'],
	['Exists', 'exists'],
	['DoesNotExist', 'absent'],
]);

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

/**
 * Do the labels meet every requirement? No requirement is met by everything.
 * Source: k8s.io/apimachinery v0.37.2, pkg/labels/selector.go, Requirement.Matches.
 */
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

/** A selector as kubectl writes one: `app=web,tier in (a,b),!canary`; `<none>` when it selects nothing or everything. */
export function selectorText(selector: LabelSelector | undefined): string {
	if (selector === undefined) return '<none>';
	const parts = [...selector.matchLabels].map(([key, value]) => `${key}=${value}`);
	for (const {key, operator, values} of selector.matchExpressions) {
		if (operator === 'Exists') parts.push(key);
		else if (operator === 'DoesNotExist') parts.push(`!${key}`);
		else parts.push(`${key} ${operator.toLowerCase()} (${[...values].sort().join(',')})`);
	}
	return parts.length === 0 ? '<none>' : parts.sort().join(',');
}
