import {expect, test} from 'vitest';
import {untilPast} from '../../src/reflector/until-past.ts';
import {fakeClock} from '../observe/fake-clock.ts';

test('a moment that moves away is waited for, with one timer', () => {
	const clock = fakeClock();
	let due = 1000;
	let calls = 0;
	untilPast(
		clock,
		() => due,
		() => calls++,
	);
	clock.advance(900);
	due = 1800;
	expect(clock.pending).toBe(1);
	clock.advance(899);
	expect(calls).toBe(0);
	clock.advance(1);
	expect(calls).toBe(1);
	expect(clock.pending).toBe(0);
});

test('what is no longer of interest, or cancelled, never comes', () => {
	const clock = fakeClock();
	let due: number | undefined = 1000;
	let calls = 0;
	const cancel = untilPast(
		clock,
		() => due,
		() => calls++,
	);
	untilPast(
		clock,
		() => 2000,
		() => calls++,
	)();
	due = undefined;
	clock.advance(10_000);
	cancel();
	expect(calls).toBe(0);
	expect(clock.pending).toBe(0);
});
