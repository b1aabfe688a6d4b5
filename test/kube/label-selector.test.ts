import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {compileSelector, matches as meetsAll, parseSelector, selectorText} from '../../src/kube/label-selector.ts';
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

const labels = (text: string): ReadonlyMap<string, string> => new Map(text === '' ? [] : text.split(' ').map(pair => pair.split('=') as [string, string]));

describe('a selector as text', () => {
	test.each<[selector: string, labels: string, fits: boolean]>([
		['app=web', 'app=web tier=a', true],
		['app==web', 'app=web', true],
		['app=web', 'app=api', false],
		['app!=web', '', true],
		['app!=web', 'app=web', false],
		['tier in (a, b),app=web', 'app=web tier=b', true],
		['tier in (a,b)', 'tier=c', false],
		['tier notin (a,b)', '', true],
		['canary', 'canary=', true],
		['!canary', 'canary=1', false],
		['!canary,app=web', 'app=web', true],
		['generation>3', 'generation=10', true],
		['generation<3', 'generation=10', false],
		['generation>3', 'generation=x', false],
		['example.com/app.kubernetes=a_b.c', 'example.com/app.kubernetes=a_b.c', true],
		['app=', 'app=', true],
		['', '', true],
	])('%s on {%s}: %s', (selector, text, fits) => {
		const parsed = parseSelector(selector);
		expect(parsed.ok && meetsAll(parsed.value, labels(text))).toBe(fits);
	});

	test.each(['app in web', 'app in (a', '=web', 'app=-web', 'a b', 'app=web,', 'app>x', '!'])('%s is none', selector =>
		expect(parseSelector(selector).ok).toBe(false),
	);
});

test('written as text and read again, a selector selects the same', () => {
	const name = fc.constantFrom('app', 'tier', 'example.com/canary');
	const value = fc.constantFrom('a', 'b', 'c');
	const expression = fc.oneof(
		fc.tuple(name, fc.constantFrom('In', 'NotIn'), fc.uniqueArray(value, {minLength: 1})),
		fc.tuple(name, fc.constantFrom('Exists', 'DoesNotExist'), fc.constant<string[]>([])),
	);
	fc.assert(
		fc.property(fc.dictionary(name, value), fc.array(expression, {maxLength: 3}), fc.dictionary(name, value), (matchLabels, expressions, labelled) => {
			fc.pre(Object.keys(matchLabels).length + expressions.length > 0);
			const of = selector(matchLabels, ...expressions.map(([key, operator, values]) => [key, operator, ...values] as const));
			const read = parseSelector(selectorText(of));
			expect(read.ok && meetsAll(read.value, new Map(Object.entries(labelled)))).toBe(matches(of, labelled));
		}),
	);
});
