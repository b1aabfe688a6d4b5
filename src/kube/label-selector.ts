import {err, ok, type Result} from '../util/result.ts';
import type {LabelSelector} from './resources/meta.ts';

export type Labels = ReadonlyMap<string, string>;

/**
 * Makes a predicate of a selector.
 *
 * @param selector undefined selects nothing, an empty one everything.
 * @returns An error for an unknown operator, or for values where none (or at least one) belong; the API server refuses those too.
 * Source: k8s.io/apimachinery v0.37.2, pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector; pkg/labels/selector.go, Requirement.Matches.
 */
export function compileSelector(selector: LabelSelector | undefined): Result<(labels: Labels) => boolean, string> {
	if (selector === undefined) return ok(() => false);
	const requirements: Array<(labels: Labels) => boolean> = [];
	for (const [key, value] of selector.matchLabels) requirements.push(labels => labels.get(key) === value);
	for (const {key, operator, values} of selector.matchExpressions) {
		const wantsValues = operator === 'In' || operator === 'NotIn';
		if (wantsValues && values.length === 0) return err(`${operator} without values`);
		if (!wantsValues && values.length > 0) return err(`${operator} with values`);
		switch (operator) {
			case 'In':
				requirements.push(labels => values.includes(labels.get(key) ?? '') && labels.has(key));
				break;
			case 'NotIn':
				// An object without the label is not in any set of its values.
				requirements.push(labels => !labels.has(key) || !values.includes(labels.get(key) ?? ''));
				break;
			case 'Exists':
				requirements.push(labels => labels.has(key));
				break;
			case 'DoesNotExist':
				requirements.push(labels => !labels.has(key));
				break;
			default:
				return err(`${JSON.stringify(operator)} is not a valid label selector operator`);
		}
	}
	return ok(labels => requirements.every(matches => matches(labels)));
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
