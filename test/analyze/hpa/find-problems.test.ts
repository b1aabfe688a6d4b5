import {describe, expect, test} from 'vitest';
import {explainHpa} from '../../../src/analyze/hpa/explain-hpa.ts';
import {findFlapping, findManualChange, findOverlaps, findProblems, findSharedTargets, overlapsOf} from '../../../src/analyze/hpa/find-problems.ts';
import type {Rescale} from '../../../src/analyze/hpa/memory.ts';
import {ago, hpa, type InputParts, input, NOW, pod, pods, sample} from './builders.ts';

describe('one HPA', () => {
	test.each<{name: string; given: InputParts; ids: readonly string[]; says: RegExp}>([
		{name: 'a healthy one has nothing', given: {}, ids: [], says: /^$/},
		{
			name: 'a missing request is named',
			given: {pods: [...pods(3), pod('web-9', {cpuRequest: ''})]},
			ids: ['missingRequests'],
			says: /container app of Pod web-9/,
		},
		{name: 'an API that fails', given: {readings: [{kind: 'failed', message: 'service unavailable'}]}, ids: ['unreadableAdapter'], says: /service unavailable/},
		{
			name: 'pods without a sample',
			given: {readings: [{kind: 'podMetrics', samples: [sample('web-0', 300)]}]},
			ids: ['missingMetrics'],
			says: /3 of 4 pods \(web-1, web-2, web-3\)/,
		},
		{name: 'nobody ready', given: {pods: pods(4, {phase: 'Pending'})}, ids: ['missingMetrics'], says: /pods might be unready/},
		{
			name: 'an old sample',
			given: {
				readings: [{kind: 'podMetrics', samples: pods(4).map((each, index) => ({...sample(each.metadata.name, 300), timestamp: ago(index === 0 ? 200 : 10)}))}],
			},
			ids: ['staleMetrics'],
			says: /3m20s old/,
		},
		{
			name: 'a sample of the future',
			given: {readings: [{kind: 'podMetrics', samples: pods(4).map(each => ({...sample(each.metadata.name, 300), timestamp: ago(-30)}))}]},
			ids: ['futureMetrics'],
			says: /30s ahead/,
		},
	])('$name', ({given, ids, says}) => {
		const findings = findProblems(explainHpa(input(given)));
		expect(findings.map(({id}) => id)).toEqual(ids);
		expect(findings.map(({text}) => text).join('\n')).toMatch(says);
	});
});

describe('several', () => {
	test('two that scale one target', () => {
		const findings = findSharedTargets([hpa({name: 'b'}), hpa({name: 'a'}), hpa({name: 'c', target: 'api'}), hpa({name: 'd', namespace: 'other'})]);
		expect(findings.map(({hpas, text}) => [hpas, text])).toEqual([[['shop/a', 'shop/b'], '2 HPAs scale Deployment shop/web: shop/a, shop/b']]);
	});

	test('selectors that share a pod, told once', () => {
		const shared = pod('web-0');
		const overlaps = overlapsOf([
			{hpa: hpa({name: 'a'}), pods: [shared, pod('web-1')]},
			{hpa: hpa({name: 'b'}), pods: [shared]},
			{hpa: hpa({name: 'c'}), pods: [pod('web-2')]},
		]);
		expect([...overlaps]).toEqual([
			['shop/b', ['shop/a']],
			['shop/a', ['shop/b']],
		]);
		expect(findOverlaps(overlaps).map(({hpas}) => hpas)).toEqual([['shop/a', 'shop/b']]);
	});
});

describe('changes of the count', () => {
	const rescale = (from: number, to: number, secondsAgo: number): Rescale => ({from, to, at: {from: ago(secondsAgo + 1), to: ago(secondsAgo)}});

	test('somebody else is named, the latest writer of the field', () => {
		const finding = findManualChange(
			'shop/web',
			{from: 7, to: 3, seenAt: NOW},
			[rescale(6, 7, 100)],
			[
				{manager: 'kube-controller-manager', subresource: 'scale', operation: 'Update', time: ago(100)},
				{manager: 'kubectl-client-side-apply', subresource: '', operation: 'Update', time: ago(2)},
				{manager: 'helm', subresource: '', operation: 'Update', time: ago(2000)},
			],
		);
		expect(finding?.text).toBe('somebody else changed the replicas 7 → 3: kubectl-client-side-apply (update)');
	});

	test("the controller's own are none", () => {
		expect(findManualChange('shop/web', {from: 6, to: 7, seenAt: ago(99)}, [rescale(6, 7, 100)], [])).toBeUndefined();
		expect(findManualChange('shop/web', {from: 6, to: 7, seenAt: ago(9)}, [rescale(6, 7, 100)], [])?.text).toBe('somebody else changed the replicas 6 → 7');
	});

	test('both ways within a window is flapping, one way is not', () => {
		expect(findFlapping('shop/web', [rescale(4, 8, 250), rescale(8, 4, 130), rescale(4, 7, 20)], NOW, 300_000)?.text).toBe(
			'2 up and 1 down within 5m: 4 → 8 → 4 → 7',
		);
		expect(findFlapping('shop/web', [rescale(4, 8, 250), rescale(8, 9, 20)], NOW, 300_000)).toBeUndefined();
		expect(findFlapping('shop/web', [rescale(9, 8, 301), rescale(8, 9, 20)], NOW, 300_000)).toBeUndefined();
	});
});
