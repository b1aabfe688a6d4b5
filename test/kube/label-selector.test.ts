import {describe, expect, test} from 'vitest';
import {compileSelector, selectorText} from '../../src/kube/label-selector.ts';
import type {LabelSelector} from '../../src/kube/resources/meta.ts';

function selector(matchLabels: Readonly<Record<string, string>>, ...matchExpressions: ReadonlyArray<readonly [string, string, ...string[]]>): LabelSelector {
	return {matchLabels: new Map(Object.entries(matchLabels)), matchExpressions: matchExpressions.map(([key, operator, ...values]) => ({key, operator, values}))};
}

function matches(of: LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean {
	const compiled = compileSelector(of);
	if (!compiled.ok) throw new Error(compiled.error);
	return compiled.value(new Map(Object.entries(labels)));
}

describe('compileSelector', () => {
	test.each<{name: string; of: LabelSelector | undefined; labels: Readonly<Record<string, string>>; selected: boolean}>([
		{name: 'no selector selects nothing', of: undefined, labels: {app: 'web'}, selected: false},
		{name: 'an empty one selects everything', of: selector({}), labels: {}, selected: true},
		{name: 'a label must have the value', of: selector({app: 'web'}), labels: {app: 'web', x: 'y'}, selected: true},
		{name: 'another value is none', of: selector({app: 'web'}), labels: {app: 'api'}, selected: false},
		{name: 'all must hold', of: selector({app: 'web'}, ['tier', 'Exists']), labels: {app: 'web'}, selected: false},
		{name: 'In takes any of the values', of: selector({}, ['tier', 'In', 'a', 'b']), labels: {tier: 'b'}, selected: true},
		{name: 'In wants the label, even when one value is empty', of: selector({}, ['tier', 'In', '']), labels: {}, selected: false},
		{name: 'NotIn is content without the label', of: selector({}, ['tier', 'NotIn', 'a']), labels: {}, selected: true},
		{name: 'NotIn refuses the value', of: selector({}, ['tier', 'NotIn', 'a']), labels: {tier: 'a'}, selected: false},
		{name: 'Exists takes an empty value', of: selector({}, ['tier', 'Exists']), labels: {tier: ''}, selected: true},
		{name: 'DoesNotExist refuses it', of: selector({}, ['tier', 'DoesNotExist']), labels: {tier: ''}, selected: false},
	])('$name', ({of, labels, selected}) => expect(matches(of, labels)).toBe(selected));

	test.each([selector({}, ['tier', 'Like', 'a']), selector({}, ['tier', 'In']), selector({}, ['tier', 'Exists', 'a'])])(
		'what the API server refuses is an error',
		of => expect(compileSelector(of).ok).toBe(false),
	);
});

test('a selector is written as kubectl writes it', () => {
	expect(selectorText(selector({b: '2', a: '1'}, ['tier', 'In', 'y', 'x'], ['old', 'DoesNotExist'], ['new', 'Exists']))).toBe('!old,a=1,b=2,new,tier in (x,y)');
	expect(selectorText(undefined)).toBe('<none>');
});
