import {beforeAll, describe, expect, test} from 'vitest';
import {pods} from '../../src/kube/resources/pods.ts';
import type {Frame} from '../../src/observe/frame.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import {fakeClock} from '../observe/fake-clock.ts';
import {openReplay, plainFrame, recorded} from './rig.ts';

let file: string;

beforeAll(async () => {
	file = await recorded({pods: 25, seconds: 80, rate: 4});
});

describe('while it plays', () => {
	test('the cursor goes as fast as it was told, and frames come ten times a second', () => {
		const clock = fakeClock();
		const replay = openReplay(file, clock);
		const frames: Frame[] = [];
		replay.frames.subscribe(() => frames.push(replay.frames.getFrame()));
		const start = replay.at();
		replay.play();
		clock.advance(2000);
		expect(replay.at() - start).toBe(2000);
		expect(frames.length).toBe(20);
		for (let times = 0; times < 9; times++) replay.faster(1);
		expect(replay.speed()).toBe(60);
		clock.advance(500);
		expect(replay.at() - start).toBe(32_000);
		for (let times = 0; times < 9; times++) replay.faster(-1);
		expect(replay.speed()).toBe(0.5);
		replay.pause();
		const still = replay.at();
		clock.advance(5000);
		expect(replay.at()).toBe(still);
		expect(clock.pending).toBe(0);
	});

	test('it stops at the end, or begins again in a loop', () => {
		const clock = fakeClock();
		const once = openReplay(file, clock);
		once.play();
		clock.advance(200_000);
		expect(once.isAtEnd).toBe(true);
		expect(once.at()).toBe(once.range().to);

		const loop = openReplay(file, clock, true);
		loop.play();
		const length = loop.range().to - loop.range().from;
		clock.advance(length + 10_000);
		expect(loop.isAtEnd).toBe(false);
		expect(loop.at() - loop.range().from).toBeLessThan(11_000);
	});
});

describe('step by step', () => {
	test('one change on and one change back lead to the same frame', () => {
		const replay = openReplay(file);
		replay.skip(30_000);
		const before = plainFrame(replay.frames.getFrame());
		const seen: unknown[] = [];
		for (let times = 0; times < 8; times++) {
			seen.push(plainFrame(replay.frames.getFrame()));
			expect(replay.step(1)).toBe(true);
		}
		expect(seen[0]).toEqual(before);
		const orders = seen.map(frame => (frame as {order: number}).order);
		expect(new Set(orders).size).toBe(8);
		for (let times = 7; times > 0; times--) {
			expect(replay.step(-1)).toBe(true);
			expect(plainFrame(replay.frames.getFrame())).toEqual(seen[times]);
		}
	});

	test('before the first change and behind the last one there is none', () => {
		const replay = openReplay(file);
		// The first moment holds the whole first list.
		while (replay.step(-1)) expect(replay.at()).toBe(replay.range().from);
		expect(replay.frames.getFrame().snapshot(pods).objects.size).toBe(0);
		replay.skip(1e9);
		expect(replay.step(1)).toBe(false);
		expect(replay.step(-1)).toBe(true);
	});

	test('to the next change of one object', () => {
		const replay = openReplay(file);
		replay.skip(20_000);
		const key = [
			...(plainFrame(replay.frames.getFrame()) as {stores: {pods: {objects: Array<[string, {metadata: {resourceVersion: string}}]>}}}).stores.pods.objects,
		][3]!;
		const versionNow = (): string | undefined =>
			(plainFrame(replay.frames.getFrame()) as {stores: {pods: {objects: Array<[string, {metadata: {resourceVersion: string}}]>}}}).stores.pods.objects.find(
				([name]) => name === key[0],
			)?.[1].metadata.resourceVersion;
		expect(versionNow()).toBe(key[1].metadata.resourceVersion);
		expect(replay.nextChangeOf('pods', key[0])).toBe(true);
		expect(versionNow()).not.toBe(key[1].metadata.resourceVersion);
		expect(replay.nextChangeOf('pods', 'nobody/at-all')).toBe(false);
	});
});

test('beyond its ends, a seek means the ends; time is the server’s', () => {
	const replay = openReplay(file);
	replay.seek(epochMs(0));
	expect(replay.at()).toBe(replay.range().from);
	replay.seek(epochMs(1e15));
	expect(replay.at()).toBe(replay.range().to);
	// The server's clock is a minute and a half ahead in the rig.
	expect(replay.at() - replay.recording.range().to).toBeGreaterThan(89_000);
	const middle = epochMs(replay.at() - 20_000);
	replay.seek(middle);
	expect(replay.frames.getFrame().at).toBe(middle);
});

test('a resource that was not recorded says so', () => {
	const frame = openReplay(file).frames.getFrame();
	expect([...frame.freshness('pods').values()].map(({kind}) => kind)).not.toContain('notRecorded');
	expect([...frame.freshness('nodes')]).toEqual([['', {kind: 'notRecorded', until: undefined}]]);
});

test('marks are known before the cursor reaches them', () => {
	const replay = openReplay(file);
	expect(replay.frames.getFrame().marks).toEqual([]);
	expect(replay.recording.marks().map(({text}) => text)).toEqual(['mark 3', 'mark 28', 'mark 53', 'mark 78']);
	replay.seek(replay.recording.marks()[1]!.at);
	expect(replay.frames.getFrame().marks.map(({text}) => text)).toEqual(['mark 3', 'mark 28']);
});

test('readers that knew another moment are told to read everything', () => {
	const replay = openReplay(file);
	replay.skip(40_000);
	const late = replay.frames.getFrame().usage.sequence;
	replay.skip(-30_000);
	expect(replay.frames.getFrame().usage.changedSince(late)).toBeUndefined();
});
