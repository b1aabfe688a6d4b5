import {describe, expect, test} from 'vitest';
import {createFrameSource} from '../../src/observe/create-frame-source.ts';
import {createStream} from '../../src/observe/create-stream.ts';
import {samplesOf} from '../../src/observe/samples.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import {thing} from '../store/thing.ts';
import {fakeClock, START} from './fake-clock.ts';

function setUp() {
	const clock = fakeClock();
	const stream = createStream({clock, resourceOf: () => undefined});
	const source = createFrameSource({stream, clock});
	let published = 0;
	source.subscribe(() => published++);
	return {
		clock,
		stream,
		source,
		published: () => published,
		apply: (name: string, resource = 'pods') => stream.observe({kind: 'object', resource, namespace: undefined, event: {kind: 'apply', object: thing(name)}}),
	};
}

describe('the live frame source', () => {
	test('any number of observations arm one tick', () => {
		const {clock, published, apply} = setUp();
		apply('first');
		clock.advance(0);
		for (let index = 0; index < 1000; index++) apply(`p${index}`);
		expect(clock.pending).toBe(1);
		clock.advance(15);
		expect(published()).toBe(1);
		clock.advance(1);
		expect(published()).toBe(2);
	});

	test('the frames after the first objects of a resource follow closer: each twice as far from the last, up to ten a second', () => {
		const {clock, published, apply} = setUp();
		const at: number[] = [];
		for (let step = 0, before = 0; step <= 420; step++) {
			apply(step < 300 ? `p${step}` : `n${step}`, step < 300 ? 'pods' : 'nodes');
			clock.advance(0);
			if (published() > before) at.push(step);
			before = published();
			clock.advance(1);
		}
		expect(at).toEqual([0, 16, 48, 112, 212, 300, 316, 348, 412]);
	});

	test('the samples of one answer are one frame; the first ones of a session do not wait', () => {
		const {clock, stream, published} = setUp();
		const sampled = (name: string): void =>
			stream.observe({
				kind: 'sample',
				samples: samplesOf([{of: 'node', name, timestamp: epochMs(START), windowMs: 15_000, usage: {cpu: undefined, memory: undefined}}]),
			});
		sampled('first');
		clock.advance(0);
		expect(published()).toBe(1);
		clock.advance(15_000);
		for (let batch = 0; batch < 6; batch++) {
			sampled(`n${batch}`);
			clock.advance(15);
		}
		expect(published()).toBe(1);
		clock.advance(10);
		expect(published()).toBe(2);
		clock.advance(1000);
		expect(published()).toBe(2);
	});

	test('publishes ten frames a second under churn', () => {
		const {clock, published, apply} = setUp();
		apply('first');
		clock.advance(1000);
		const before = published();
		for (let step = 0; step < 500; step++) {
			apply(`p${step}`);
			clock.advance(2);
		}
		expect(published() - before).toBeGreaterThanOrEqual(10);
		expect(published() - before).toBeLessThanOrEqual(13);
	});

	test('the first rows wait only for the chunk that brings them, whatever was published before', () => {
		const {clock, stream, source, published, apply} = setUp();
		stream.observe({kind: 'freshness', resource: 'pods', namespace: undefined, freshness: {kind: 'connecting'}});
		clock.advance(30);
		expect(published()).toBe(1);
		for (const name of ['a', 'b', 'c']) apply(name);
		clock.advance(0);
		expect(published()).toBe(2);
		expect(source.getFrame().snapshot({id: 'pods'} as never).objects.size).toBe(3);
	});

	test('the frame stays the same object until the next is published', () => {
		const {clock, source, apply} = setUp();
		const before = source.getFrame();
		apply('a');
		expect(source.getFrame()).toBe(before);
		clock.advance(0);
		expect(source.getFrame()).not.toBe(before);
		expect(source.getFrame().order).toBe(1);
	});

	test('with nothing to tell, nothing ticks', () => expect(setUp().clock.pending).toBe(0));

	test('paused keeps its frame while the stream goes on; resuming shows what came', () => {
		const {clock, source, published, apply} = setUp();
		apply('a');
		clock.advance(0);
		const frame = source.getFrame();
		apply('b');
		source.pause();
		apply('c');
		source.nudge(epochMs(START + 1));
		clock.advance(10_000);
		expect(source.getFrame()).toBe(frame);
		expect(clock.pending).toBe(0);
		expect(published()).toBe(1);
		source.resume();
		expect(source.getFrame().snapshot({id: 'pods'} as never).objects.size).toBe(3);
		expect(source.getFrame().at).toBe(START + 10_000);
	});

	test('a nudge moves time when a visible text is due, and the earliest counts', () => {
		const {clock, source, published} = setUp();
		source.nudge(epochMs(START + 5_000));
		source.nudge(epochMs(START + 1_000));
		source.nudge(epochMs(START + 9_000));
		expect(clock.pending).toBe(1);
		clock.advance(999);
		expect(published()).toBe(0);
		clock.advance(1);
		expect(source.getFrame().at).toBe(START + 1_000);
		clock.advance(60_000);
		expect(published()).toBe(1);
	});

	test('a frame that is published anyway forgets older nudges', () => {
		const {clock, source, published, apply} = setUp();
		source.nudge(epochMs(START + 1_000));
		apply('a');
		clock.advance(60_000);
		expect(published()).toBe(1);
	});

	test('stopped, it leaves no timer behind', () => {
		const {clock, source, published, apply} = setUp();
		apply('a');
		source.nudge(epochMs(START + 1_000));
		source.stop();
		apply('b');
		clock.advance(60_000);
		expect(clock.pending).toBe(0);
		expect(published()).toBe(0);
	});
});
