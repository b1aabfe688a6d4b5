import {appendFileSync, readFileSync, writeFileSync, writeSync} from 'node:fs';
import {open} from 'node:fs/promises';
import {expect, test} from 'vitest';
import type {OpenFile} from '../../src/record/file-sink.ts';
import {createRecordKeys} from '../../src/workbench/record-keys.ts';
import {live, openReplay, plainFrame, recorded, rig, scratchFile} from './rig.ts';
import {seeded} from './synthetic.ts';

/** A file whose writes wait for as long as the disk hangs. */
function hangingDisk(): {readonly openFile: OpenFile; hang(): void; release(): void} {
	let released: Promise<void> = Promise.resolve();
	let release = (): void => {};
	return {
		openFile: async path => {
			const file = await open(path, 'wx', 0o600);
			const write = async (bytes: Buffer, from: number, length: number): Promise<unknown> => {
				await released;
				// At once: simulated minutes pass faster than a real disk writes.
				return {bytesWritten: writeSync(file.fd, bytes, from, length)};
			};
			return {write, sync: () => file.sync(), close: () => file.close()} as never;
		},
		hang() {
			released = new Promise(resolve => {
				release = resolve;
			});
		},
		release: () => release(),
	};
}

/** A disk with room for so many bytes. */
function smallDisk(room: number): OpenFile {
	return async path => {
		const file = await open(path, 'wx', 0o600);
		let left = room;
		const write = async (bytes: Buffer, from: number, length: number): Promise<unknown> => {
			if (left === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), {code: 'ENOSPC'});
			const written = await file.write(bytes, from, Math.min(left, length));
			left -= written.bytesWritten;
			return written;
		};
		return {write, sync: () => file.sync(), close: () => file.close()} as never;
	};
}

test('while the disk hangs no more than it may waits in memory; afterwards the file says what it lacks and goes on', async () => {
	const disk = hangingDisk();
	const told: Array<number | undefined> = [];
	const it = rig('none', {openFile: disk.openFile, mostWaiting: 40_000, onChange: () => told.push(it.recorder.status().file?.behindSince)});
	const file = scratchFile();
	expect((await it.recorder.saveTo(file)).ok).toBe(true);
	await live(it, {pods: 30, seconds: 60, rate: 10});
	expect(it.recorder.status().file?.behindSince).toBeUndefined();

	disk.hang();
	const hungAt = it.clock.now();
	await liveMeanwhile(it, 300);
	const {behindSince} = it.recorder.status().file!;
	expect(told).toEqual([behindSince]);
	expect(behindSince).toBeGreaterThan(hungAt);
	// From the first block that did not fit on, nothing is added. (The header, which waited first, comes on top.)
	expect(it.recorder.status().file!.waitingBytes).toBeLessThanOrEqual(41_000);

	disk.release();
	await it.recorder.flush();
	const goesOnAt = it.clock.now();
	await live(it, {pods: 30, seconds: 120, rate: 10, seed: 3});
	expect(it.recorder.status().file?.behindSince).toBeUndefined();
	expect(told).toEqual([behindSince, undefined]);
	const end = it.stream.frame(it.stream.now());
	await it.recorder.close();

	const replay = openReplay(file);
	const {from} = replay.recording.range();
	expect(replay.recording.losses()).toEqual([{from: behindSince, to: expect.any(Number), why: 'the disk was too slow'}]);
	expect(replay.recording.losses()[0]!.to).toBeGreaterThanOrEqual(goesOnAt);
	// Played through the gap, and gone to beyond it: the same, and as it was.
	for (let at = 0; at < replay.recording.range().to - from; at += 1000) replay.skip(1000);
	const sought = openReplay(file);
	sought.skip(1e9);
	const at = sought.at();
	expect(replay.recording.losses().length).toBe(1);
	expect(plainFrame(sought.stream.frame(at))).toEqual(plainFrame({...end, at}));
	expect(plainFrame(replay.stream.frame(at))).toEqual(plainFrame({...end, at}));
});

/** Without waiting for the disk at the end. */
function liveMeanwhile(it: ReturnType<typeof rig>, seconds: number): Promise<void> {
	return live({...it, recorder: {...it.recorder, flush: async () => undefined}}, {pods: 30, seconds, rate: 10, seed: 2});
}

test('no space left: the file ends, opens up to there, and everything else goes on', async () => {
	const it = rig({milliseconds: 1e9, bytes: 1e9}, {openFile: smallDisk(30_000)});
	const file = scratchFile();
	expect((await it.recorder.saveTo(file)).ok).toBe(true);
	await live(it, {pods: 30, seconds: 200, rate: 10});
	expect(it.recorder.status().file?.error).toEqual({kind: 'noSpace', message: `${file}: no space left, recording has stopped`});
	expect(it.recorder.status().file?.waitingBytes).toBe(0);
	const replay = openReplay(file);
	replay.skip(1e9);
	expect(replay.recording.losses()).toEqual([]);
	expect(replay.frames.getFrame().order).toBeGreaterThan(100);
	expect((await it.recorder.stopSaving()).ok).toBe(false);
	// The ring has it all.
	expect(it.clock.now() - it.recorder.status().since!).toBeGreaterThan(199_000);
});

test('a file that is read while it is written, a few bytes at a time, is never called damaged', async () => {
	const whole = readFileSync(await recorded({pods: 15, seconds: 90, rate: 5}));
	const random = seeded(9);
	const file = scratchFile();
	let given = 20_000;
	writeFileSync(file, whole.subarray(0, given));
	const replay = openReplay(file);
	let last = 0;
	let grown = 0;
	while (given < whole.length) {
		const next = Math.min(whole.length, given + 1 + Math.floor(random() * 900));
		appendFileSync(file, whole.subarray(given, next));
		given = next;
		if (replay.recording.refresh()) grown++;
		replay.skip(1e9);
		expect(replay.recording.losses()).toEqual([]);
		expect(replay.frames.getFrame().order).toBeGreaterThanOrEqual(last);
		last = replay.frames.getFrame().order;
	}
	expect(grown).toBeGreaterThan(10);
	const all = openReplay(file);
	all.skip(1e9);
	expect(plainFrame(replay.stream.frame(all.at()))).toEqual(plainFrame(all.stream.frame(all.at())));
});

test('the screen is told when the disk falls behind, and when it has caught up', async () => {
	let behindSince: number | undefined;
	let change = (): void => {};
	const said: string[] = [];
	const file = {path: '/tmp/x.kwb', bytes: 1, waitingBytes: 0, error: undefined};
	const keys = createRecordKeys({
		start: async (_, onChange) => {
			change = onChange!;
			return {status: () => ({since: undefined, ringBytes: 0, file: {...file, behindSince}})} as never;
		},
		stream: () => ({observe() {}}),
		nameNow: () => '',
		askForFile() {},
		say: text => said.push(text),
		onChange() {},
	});
	await keys.start({replay: undefined} as never);
	change();
	expect(said).toEqual([]);
	behindSince = 5;
	change();
	change();
	expect(said).toEqual(['the disk is too slow: what happens now is not recorded']);
	behindSince = undefined;
	change();
	expect(said.length).toBe(2);
});
