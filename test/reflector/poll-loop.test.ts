import {expect, test} from 'vitest';
import {createPollLoop} from '../../src/reflector/poll-loop.ts';
import {fakeClock, settled} from '../observe/fake-clock.ts';

function counted(step: () => number | Promise<number> = () => 1000) {
	const clock = fakeClock();
	const signals: AbortSignal[] = [];
	const loop = createPollLoop(clock, signal => {
		signals.push(signal);
		return step();
	});
	return {clock, loop, signals};
}

test('a step is done again after what it said', async () => {
	const {clock, loop, signals} = counted();
	loop.start();
	loop.start();
	expect(signals).toHaveLength(1);
	await clock.advanceAsync(999);
	expect(signals).toHaveLength(1);
	await clock.advanceAsync(1);
	expect(signals).toHaveLength(2);
});

test('a wake right after the start is heard', async () => {
	const {loop, signals} = counted();
	loop.start();
	loop.wake();
	await settled();
	expect(signals).toHaveLength(2);
});

test('a step that is under way is told of the end, and nothing follows it', async () => {
	let finish = (_wait: number): void => {};
	const {clock, loop, signals} = counted(
		() =>
			new Promise(resolve => {
				finish = resolve;
			}),
	);
	loop.start();
	loop.stop();
	expect(signals[0]!.aborted).toBe(true);
	finish(1);
	await clock.advanceAsync(10_000);
	expect(signals).toHaveLength(1);
	expect(clock.pending).toBe(0);
});

test('it begins again after an end', async () => {
	const {loop, signals} = counted();
	loop.start();
	loop.stop();
	loop.start();
	expect(signals.map(({aborted}) => aborted)).toEqual([true, false]);
	loop.stop();
});
