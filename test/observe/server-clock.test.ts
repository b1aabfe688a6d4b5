import {describe, expect, test} from 'vitest';
import {createServerClock, medianOf} from '../../src/observe/server-clock.ts';
import {fakeClock, START} from './fake-clock.ts';

const HOUR = 3_600_000;
/** What a server whose clock is off by so much writes into its Date header. */
const dateOf = (now: number, skewMs: number): number => Math.floor((now + skewMs) / 1000) * 1000;

describe('the server clock', () => {
	test('is unknown before the first answer', () => expect(createServerClock(fakeClock()).now()).toBeUndefined());

	test('is our own where the header cannot tell a difference', () => {
		const clock = fakeClock(START + 700);
		const server = createServerClock(clock);
		server.note(dateOf(clock.now(), 0), 20);
		expect(server.now()).toBe(clock.now());
	});

	test.each([-2 * HOUR, -90_000, 90_000, 2 * HOUR])('follows a server that is %d ms off within half a second', skew => {
		const clock = fakeClock(START);
		const server = createServerClock(clock);
		for (let round = 0; round < 20; round++) {
			clock.advance(1_370);
			server.note(dateOf(clock.now() - 15, skew), 30);
		}
		expect(Math.abs(server.now()! - (clock.now() + skew))).toBeLessThanOrEqual(500);
	});

	test.each([-HOUR, HOUR])('does not move when somebody sets the local clock by %d ms', jump => {
		const clock = fakeClock(START);
		const server = createServerClock(clock);
		server.note(dateOf(clock.now(), 0), 10);
		const before = server.now()!;
		clock.setWall(START + jump);
		expect(Math.abs(server.now()! - before)).toBeLessThanOrEqual(1000);
	});

	test('one strange answer changes nothing, two alike are believed (the machine slept)', () => {
		const clock = fakeClock(START);
		const server = createServerClock(clock);
		for (let round = 0; round < 15; round++) server.note(dateOf(clock.now(), 0), 10);
		server.note(dateOf(clock.now(), HOUR), 10);
		expect(server.now()).toBe(clock.now());
		server.note(dateOf(clock.now(), HOUR), 10);
		expect(Math.abs(server.now()! - (clock.now() + HOUR))).toBeLessThanOrEqual(510);
	});

	test('an answer that took too long says nothing', () => {
		const server = createServerClock(fakeClock());
		server.note(START, 6_000);
		expect(server.now()).toBeUndefined();
	});

	test.each([
		[[], Number.NaN],
		[[3], 3],
		[[4, 1], 1],
		[[9, 1, 5], 5],
	])('the median of %j is %d', (numbers, median) => expect(medianOf(numbers)).toBe(median));
});
