import {describe, expect, test} from 'vitest';
import {ownSample, podUsage, sampleAge} from '../../../src/analyze/top/sample.ts';
import {epochMs} from '../../../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../../../src/util/units.ts';
import {ago, NOW, pod} from './builders.ts';

const msAgo = (ms: number) => epochMs(NOW - ms);

describe('how old a sample is', () => {
	test.each<[ageMs: number, cadenceMs: number | undefined, kind: string]>([
		[30_000, 15_000, 'fresh'],
		[30_001, 15_000, 'late'],
		// Three cadences or 90 s, whichever is longer.
		[90_000, 15_000, 'late'],
		[90_001, 15_000, 'stale'],
		[120_000, 60_000, 'fresh'],
		[180_000, 60_000, 'late'],
		[180_001, 60_000, 'stale'],
		// Until the cadence is known, 15 s is assumed.
		[30_000, undefined, 'fresh'],
		[90_001, undefined, 'stale'],
		// A clock that is a little behind the server's.
		[-500, 15_000, 'fresh'],
	])('%d ms at a cadence of %s ms is %s', (ageMs, cadenceMs, kind) => expect(sampleAge(msAgo(ageMs), NOW, cadenceMs)).toEqual({ageMs, kind}));
});

describe('whose sample it is', () => {
	const started = pod({status: {startTime: ago(100)}});
	test('one taken before the pod started is of its predecessor', () => expect(ownSample(started, {timestamp: msAgo(100_001)})).toBeUndefined());
	test('one taken in the second it started is its own', () => expect(ownSample(started, {timestamp: msAgo(100_000)})).toBeDefined());
	test('a pod that does not say when it started keeps what it is given', () => {
		expect(ownSample(pod({status: {startTime: null}}), {timestamp: msAgo(1e9)})).toBeDefined();
	});
});

describe('use of a whole pod', () => {
	const running = {running: {startedAt: ago(500)}};
	const two = pod({
		spec: {containers: [{name: 'app'}, {name: 'side'}]},
		status: {
			containerStatuses: [
				{name: 'app', state: running},
				{name: 'side', state: running},
			],
		},
	});
	const usage = (...containers: ReadonlyArray<readonly [name: string, cpu: number | undefined, memory: number | undefined]>) =>
		podUsage(two, {
			timestamp: NOW,
			windowMs: 15_000,
			containers: containers.map(([name, cpu, memory]) => ({name, cpu: cpu as NanoCores | undefined, memory: memory as Bytes | undefined})),
		});

	test('is the sum in nano-cores, rounded nowhere', () => expect(usage(['app', 1, 5], ['side', 2, 7])).toEqual({cpu: 3, memory: 12, missing: []}));
	test('names what runs and is not measured', () => expect(usage(['app', 1, 5])).toEqual({cpu: 1, memory: 5, missing: ['side']}));
	test('half a figure is a missing one', () => expect(usage(['app', 1, 5], ['side', 2, undefined])).toEqual({cpu: 3, memory: 5, missing: ['side']}));
	test('nothing said is unknown, not 0', () => expect(usage()).toEqual({cpu: undefined, memory: undefined, missing: ['app', 'side']}));
	test('a real 0 is 0', () => expect(usage(['app', 0, 5], ['side', 0, 7])).toEqual({cpu: 0, memory: 12, missing: []}));
	test('a container that has ended is not missed', () => {
		const ended = pod({
			status: {
				containerStatuses: [
					{name: 'app', state: running},
					{name: 'job', state: {terminated: {exitCode: 0}}},
				],
			},
		});
		expect(podUsage(ended, {timestamp: NOW, windowMs: 1, containers: [{name: 'app', cpu: 1 as NanoCores, memory: 1 as Bytes}]}).missing).toEqual([]);
	});
});
