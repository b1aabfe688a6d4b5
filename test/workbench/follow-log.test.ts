import {describe, expect, test} from 'vitest';
import type {RequestSpec} from '../../src/transport/transport.ts';
import {createLineRing, followLog} from '../../src/workbench/follow-log.ts';
import {fakeTransport} from '../reflector/fake-transport.ts';

describe('a log', () => {
	test.each([
		{isPrevious: false, query: {follow: 'true'}, isOpenEnded: true},
		{isPrevious: true, query: {previous: 'true'}, isOpenEnded: false},
	])('is followed without end, and that of the container before has one (previous: $isPrevious)', async ({isPrevious, query, isOpenEnded}) => {
		let spec: RequestSpec | undefined;
		const transport = fakeTransport(asked => {
			spec = asked.spec;
			asked.respond('text/plain').end();
		});
		await followLog(transport, {namespace: 'shop', pod: 'web', container: 'app', isPrevious}, new AbortController().signal, () => undefined);
		expect(spec).toMatchObject({query, isOpenEnded});
	});
});

describe('the ring of a log', () => {
	test('a line that comes in pieces is one line', () => {
		const ring = createLineRing();
		ring.push('one\ntw');
		ring.push('o\r\nthree');
		expect(ring.lines()).toEqual(['one', 'two']);
		ring.end();
		expect(ring.lines()).toEqual(['one', 'two', 'three']);
	});

	test('escape sequences never reach the terminal', () => {
		const ring = createLineRing();
		ring.push('\u001b]0;owned\u0007\u001b[31mred\u009b\n');
		expect(ring.lines().join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
	});

	test('what was given out before does not change', () => {
		const ring = createLineRing();
		ring.push('a\n');
		const before = ring.lines();
		ring.push('b\n');
		ring.push('c');
		ring.end();
		expect(before).toEqual(['a']);
		expect(ring.lines()).toEqual(['a', 'b', 'c']);
	});

	test('memory is bounded in lines and in characters, and what was dropped is counted', () => {
		const ring = createLineRing();
		ring.push('x\n'.repeat(6000));
		expect(ring.lines()).toHaveLength(5000);
		expect(ring.dropped()).toBe(1000);
		ring.push(`${'y'.repeat(8000)}\n`.repeat(1000));
		expect(ring.lines().reduce((sum, line) => sum + line.length, 0)).toBeLessThanOrEqual(2 * 1024 * 1024);
		expect(ring.lines().length + ring.dropped()).toBe(7000);
	});

	test('a line without an end does not grow without bound', () => {
		const ring = createLineRing();
		for (let at = 0; at < 100; at++) ring.push('z'.repeat(10_000));
		ring.end();
		expect(ring.lines()).toHaveLength(1);
		expect(ring.lines()[0]!.length).toBeLessThan(10_000);
	});
});
