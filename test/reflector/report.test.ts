import {describe, expect, test} from 'vitest';
import type {ObservationBody} from '../../src/observe/observation.ts';
import {createReport} from '../../src/reflector/report.ts';
import {fakeClock, START} from '../observe/fake-clock.ts';

function setUp() {
	const clock = fakeClock();
	const said: ObservationBody[] = [];
	const report = createReport({clock, observe: each => said.push(each)}, {id: 'pods'}, 'shop');
	return {clock, report, said, kinds: () => said.map(each => (each.kind === 'freshness' ? each.freshness.kind : each.kind))};
}

describe('what a reflector says of its freshness', () => {
	test('live is said once', () => {
		const {report, kinds} = setUp();
		report.live();
		report.live();
		expect(kinds()).toEqual(['live']);
	});

	test('a loss of less than 5 s of something live is not mentioned; a longer one is dated from its beginning', () => {
		const {clock, report, said, kinds} = setUp();
		report.live();
		report.lost('reset', undefined);
		clock.advance(4999);
		report.live();
		clock.advance(10_000);
		expect(kinds()).toEqual(['live']);
		report.lost('reset', undefined);
		clock.advance(3000);
		report.lost('refused', undefined);
		clock.advance(2000);
		expect(said.at(-1)).toMatchObject({freshness: {kind: 'stale', since: START + 14_999, why: 'refused'}});
	});

	test('a loss of something that was not live is said at once', () => {
		const {report, kinds} = setUp();
		report.say({kind: 'connecting'});
		report.lost('refused', undefined);
		expect(kinds()).toEqual(['connecting', 'stale']);
	});

	test('whoever leaves says so, then nothing more, until it begins again', () => {
		const {report, kinds} = setUp();
		report.live();
		report.leave(false);
		report.live();
		report.tell({kind: 'begin'});
		report.say({kind: 'connecting'});
		expect(kinds()).toEqual(['live', 'stale']);
		report.begin();
		report.tell({kind: 'begin'});
		expect(kinds()).toEqual(['live', 'stale', 'object']);
	});

	test.each(['replaced', 'forbidden', 'absent'])('leaving is no word worth when %s', how => {
		const {report, said} = setUp();
		if (how === 'forbidden') report.say({kind: 'forbidden', verb: 'list', resource: 'pods', namespace: 'shop', nextTryAt: undefined});
		else if (how === 'absent') report.say({kind: 'absent'});
		else report.live();
		report.leave(how === 'replaced');
		expect(said).toHaveLength(1);
	});
});
