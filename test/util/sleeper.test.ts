import {expect, test} from 'vitest';
import {createSleeper} from '../../src/util/sleeper.ts';
import {fakeClock, settled} from '../observe/fake-clock.ts';

function asleep(milliseconds: number | undefined, signal = new AbortController().signal) {
	const clock = fakeClock();
	const sleeper = createSleeper(clock);
	let isAwake = false;
	void sleeper.sleep(milliseconds, signal).then(() => {
		isAwake = true;
	});
	return {clock, sleeper, isAwake: () => isAwake};
}

test('sleeps as long as it was told', async () => {
	const {clock, isAwake} = asleep(1000);
	await clock.advanceAsync(999);
	expect(isAwake()).toBe(false);
	await clock.advanceAsync(1);
	expect(isAwake()).toBe(true);
});

test('somebody impatient ends it, and leaves no timer; waking nobody does no harm', async () => {
	const {clock, sleeper, isAwake} = asleep(1000);
	sleeper.wake();
	await settled();
	expect(isAwake()).toBe(true);
	expect(clock.pending).toBe(0);
	sleeper.wake();
});

test('without an end it waits for a signal or a wake', async () => {
	const controller = new AbortController();
	const {clock, isAwake} = asleep(undefined, controller.signal);
	await clock.advanceAsync(1e9);
	expect(isAwake()).toBe(false);
	controller.abort();
	await settled();
	expect(isAwake()).toBe(true);
});

test('a signal that came before is no wait', async () => {
	const {clock, isAwake} = asleep(1000, AbortSignal.abort());
	await settled();
	expect(isAwake()).toBe(true);
	expect(clock.pending).toBe(0);
});
