import fc from 'fast-check';
import {expect, test} from 'vitest';
import {podFinder} from '../../../src/analyze/hpa/pod-finder.ts';
import {matches, parseSelector} from '../../../src/kube/label-selector.ts';

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
