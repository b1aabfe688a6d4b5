import {expect, test} from 'vitest';
import {pods} from '../../src/kube/resources/pods.ts';
import {keyOf} from '../../src/kube/schema.ts';
import type {HpaSources} from '../../src/observe/hpa-sources.ts';
import type {Observation} from '../../src/observe/observation.ts';
import {createRecentPods} from '../../src/observe/recent-pods.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import {applied, deleted, newStream, opening, podObject, sampleOf, stamped, START} from './hpa-world.ts';

const selector = [{key: 'app', operator: 'in' as const, values: ['web']}];

function world() {
	const stream = newStream();
	const recent = createRecentPods();
	const sources = (): HpaSources => stream.frame(epochMs(START));
	const tell = (all: readonly Observation[]): void => {
		for (const each of all) {
			stream.replay(each);
			if (each.kind === 'object' && each.resource === 'pods')
				recent.note(each.at, sources(), each.event.kind === 'apply' || each.event.kind === 'delete' ? keyOf(each.event.object) : undefined);
		}
	};
	tell(stamped([...opening(), sampleOf(0, 40, START), sampleOf(1, 60, START)], 10));
	return {recent, tell, now: () => [...sources().snapshot(pods).objects.values()], sources};
}
const names = (all: ReadonlyArray<{readonly pods: ReadonlyArray<{readonly metadata: {readonly name: string}}>}>) =>
	all.map(each => each.pods.map(({metadata}) => metadata.name));

test('pods are as they were before each change, the latest first, with the samples of those that went', () => {
	const {recent, tell, now} = world();
	tell(stamped([applied('pods', podObject(2)), deleted('pods', podObject(0))], 10, START + 10_000));
	const earlier = recent.earlier('shop', selector, now());
	expect(names(earlier).slice(0, 2)).toEqual([
		['web-0', 'web-1', 'web-2'],
		['web-0', 'web-1'],
	]);
	expect(earlier[0]?.samples).toMatchObject([{name: 'web-0'}]);
});

test('what does not concern the selector, or is long ago, changes nothing', () => {
	const {recent, tell, now} = world();
	tell(stamped([applied('pods', podObject(0, 'other'))], 10, START + 10_000));
	expect(recent.earlier('shop', selector, now())).toEqual([]);
	expect(recent.earlier('elsewhere', selector, now())).toEqual([]);
});

test('saved and restored it remembers the same', () => {
	const {recent, tell, now, sources} = world();
	tell(stamped([applied('pods', podObject(2))], 10, START + 10_000));
	const other = createRecentPods();
	other.restore(recent.save(), sources());
	expect(other.earlier('shop', selector, now())).toEqual(recent.earlier('shop', selector, now()));
});
