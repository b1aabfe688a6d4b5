import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {matches, parseSelector, podFinder} from '../../../src/analyze/hpa/label-selector.ts';

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
		expect(parsed.ok && matches(parsed.value, labels(text))).toBe(fits);
	});

	test.each(['app in web', 'app in (a', '=web', 'app=-web', 'a b', 'app=web,', 'app>x', '!'])('%s is none', selector =>
		expect(parseSelector(selector).ok).toBe(false),
	);
});

test('the finder finds what looking at every pod finds', () => {
	const arbitraryLabels = fc.dictionary(fc.constantFrom('app', 'tier', 'canary'), fc.constantFrom('a', 'b', ''));
	fc.assert(
		fc.property(
			fc.array(fc.record({namespace: fc.constantFrom('x', 'y'), labels: arbitraryLabels}), {maxLength: 20}),
			fc.constantFrom('app=a', 'app=a,tier=b', 'app in (a,b),!canary', 'tier!=a', ''),
			(list, selector) => {
				const pods = list.map((each, index) => ({metadata: {name: String(index), namespace: each.namespace, labels: new Map(Object.entries(each.labels))}}));
				const parsed = parseSelector(selector);
				if (!parsed.ok) throw new Error(parsed.error);
				const slow = pods.filter(({metadata}) => metadata.namespace === 'x' && matches(parsed.value, metadata.labels));
				expect(podFinder(pods)('x', parsed.value)).toEqual(slow);
			},
		),
	);
});
