import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {open} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {resourceById} from '../../src/kube/registry.ts';
import {BLOCK, BLOCK_HEADER, BLOCK_MAGIC, headerBytes, parseBlockHeader, parseHeader} from '../../src/record/file-format.ts';
import {openFileSink} from '../../src/record/file-sink.ts';
import {openRecording, type Recording} from '../../src/record/open-recording.ts';
import {HEADER, live, openReplay, plainFrame, recorded, rerecorded, rig, scratchFile} from './rig.ts';
import {seeded} from './synthetic.ts';

function openedBytes(bytes: Uint8Array): ReturnType<typeof openRecording> {
	const file = scratchFile();
	writeFileSync(file, bytes);
	return openRecording(file, resourceById);
}

/** Reads all of it; gives the orders that came. */
function walked(recording: Recording): readonly number[] {
	const step = recording.walk({at: recording.range().from});
	const orders: number[] = [];
	for (let next = step(); next.kind !== 'end'; next = step()) orders.push(next.kind === 'restore' ? next.saved.order : next.observation.order);
	return orders;
}

const whole = readFileSync(await recorded({pods: 20, seconds: 130, rate: 5}));

describe('what is no recording is one clear line', () => {
	const header = headerBytes(HEADER);
	const newer = Buffer.from(whole);
	newer.writeUInt16LE(2, 8);
	const damagedHeader = Buffer.from(whole);
	damagedHeader[30]! ^= 0xff;
	test.each([
		['an empty file', new Uint8Array(), 'is empty'],
		['a text', Buffer.from('apiVersion: v1\nkind: List\n'), 'is not a recording of kwb'],
		['random bytes', Uint8Array.from({length: 5000}, (_, index) => (index * 7919) % 256), 'is not a recording of kwb'],
		['half a header', header.subarray(0, 100), 'ends within its header'],
		['a header alone', header, 'holds nothing yet: its first second was not written'],
		['a damaged header', damagedHeader, 'has a damaged header'],
		['a newer major version', newer, 'has format 2.1, this kwb reads 1.x: a newer kwb opens it'],
	])('%s', (_, bytes, message) => {
		const opened = openedBytes(bytes);
		expect(opened.ok ? 'opened' : opened.error.message).toBe(message);
	});

	test('a file that is not there, a directory', () => {
		const missing = openRecording('/nowhere/at/all.kwb', resourceById);
		expect(missing.ok ? 'opened' : missing.error.message).toBe('does not exist');
		const directory = openRecording('/', resourceById);
		expect(directory.ok ? 'opened' : directory.error.message).toBe('is no file');
	});
});

test('a newer minor version opens, and blocks and notes of a kind nobody knows are skipped', () => {
	const newer = Buffer.from(whole);
	newer.writeUInt16LE(9, 10);
	const parsed = parseHeader(newer);
	if (!parsed.ok) throw new Error(parsed.error.message);
	const first = parseBlockHeader(newer.subarray(parsed.value.length))!;
	expect(first.storedBytes).toBeGreaterThan(0);
	const opened = openedBytes(newer);
	if (!opened.ok) throw new Error(opened.error.message);
	expect(walked(opened.value).length).toBeGreaterThan(500);
	expect(opened.value.losses()).toEqual([]);
});

test('cut off anywhere, it opens with what is whole before the cut', () => {
	const random = seeded(3);
	const all = openedBytes(whole);
	if (!all.ok) throw new Error(all.error.message);
	const orders = walked(all.value);
	let opened = 0;
	for (let round = 0; round < 40; round++) {
		const cut = openedBytes(whole.subarray(0, Math.floor(random() * whole.length)));
		if (!cut.ok) continue;
		opened++;
		const some = walked(cut.value);
		expect(some).toEqual(orders.slice(0, some.length));
		expect(cut.value.losses()).toEqual([]);
	}
	expect(opened).toBeGreaterThan(20);
});

test('damaged in the middle, it goes on at the next keyframe and says what is lost', () => {
	const random = seeded(5);
	const all = openedBytes(whole);
	if (!all.ok) throw new Error(all.error.message);
	const orders = new Set(walked(all.value));
	let harmed = 0;
	for (let round = 0; round < 60; round++) {
		const bytes = Buffer.from(whole);
		const at = 1000 + Math.floor(random() * (bytes.length - 1000));
		for (let index = at; index < Math.min(bytes.length, at + 1 + Math.floor(random() * 200)); index++) bytes[index]! ^= 1 + Math.floor(random() * 255);
		const opened = openedBytes(bytes);
		if (!opened.ok) continue;
		const some = walked(opened.value);
		for (const [index, order] of some.entries()) {
			expect(orders.has(order)).toBe(true);
			if (index > 0) expect(order).toBeGreaterThan(some[index - 1]!);
		}
		const isComplete = some.length >= orders.size;
		if (isComplete) continue;
		harmed++;
		const last = all.value.range().to;
		// Either a loss is told, or the end is missing.
		if (opened.value.losses().length === 0) expect(opened.value.range().to).toBeLessThan(last);
		for (const {from, to} of opened.value.losses()) expect(from).toBeLessThanOrEqual(to);
	}
	expect(harmed).toBeGreaterThan(30);
});

test('behind the damage everything is as it was', async () => {
	const replay = openReplay(await recorded({pods: 20, seconds: 130, rate: 5}));
	replay.skip(1e9);
	const last = plainFrame(replay.stream.frame(replay.at()));
	const bytes = Buffer.from(whole);
	// The second block of observations: its segment is lost, the next one is not.
	let seen = 0;
	for (let at = bytes.indexOf(BLOCK_MAGIC); at !== -1; at = bytes.indexOf(BLOCK_MAGIC, at + 1)) {
		if (parseBlockHeader(bytes.subarray(at, at + BLOCK_HEADER))?.type !== 2 || ++seen < 2) continue;
		bytes[at + BLOCK_HEADER + 10]! ^= 0xff;
		break;
	}
	const file = scratchFile();
	writeFileSync(file, bytes);
	const damaged = openReplay(file);
	damaged.skip(1e9);
	expect(plainFrame(damaged.stream.frame(replay.at()))).toEqual(last);
	const told = damaged.recording.losses();
	damaged.skip(-1e9);
	damaged.skip(30_000);
	const faults = damaged.frames.getFrame().faults;
	expect([...told, ...damaged.recording.losses()].length).toBeGreaterThan(0);
	expect(faults[0]?.fault.code).toBe('lost');
	expect(faults[0]?.fault.message).toMatch(/^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d is missing: the file is damaged$/);
});

test('a damaged stretch of the usage series shortens sparklines, is told once, and harms nothing else', async () => {
	const path = await rerecorded(await recorded({pods: 20, seconds: 200, rate: 5}), {atEarliestMs: 15_000, observations: 40});
	const bytes = readFileSync(path);
	const stretches: number[] = [];
	for (let at = bytes.indexOf(BLOCK_MAGIC); at !== -1; at = bytes.indexOf(BLOCK_MAGIC, at + 1)) {
		if (parseBlockHeader(bytes.subarray(at, at + BLOCK_HEADER))?.type === BLOCK.series) stretches.push(at);
	}
	expect(stretches.length).toBeGreaterThan(6);
	bytes[stretches[4]! + BLOCK_HEADER + 3]! ^= 0xff;
	const file = scratchFile();
	writeFileSync(file, bytes);
	const [damaged, sound] = [openReplay(file), openReplay(path)];
	for (const replay of [damaged, sound]) {
		replay.skip(1e9);
		// Twice, from different keyframes.
		replay.skip(-30_000);
	}
	expect(damaged.recording.losses().map(({why}) => why)).toEqual(['the file is damaged (usage in sparklines)']);
	const [less, all] = [damaged.frames.getFrame(), sound.frames.getFrame()];
	const key = [...all.usage.pods.keys()].find(each => all.usage.podSeries(each)!.times.length > 9)!;
	const [some, whole] = [less.usage.podSeries(key)!, all.usage.podSeries(key)!];
	expect(some.times.length).toBeGreaterThan(1);
	expect(some.times.length).toBeLessThan(whole.times.length);
	expect([...some.cpu]).toEqual([...whole.cpu].slice(-some.times.length));
	expect(less.usage.pods.get(key)).toEqual(all.usage.pods.get(key));
});

test('a file that is being written is read as far as it goes, and then further', async () => {
	const it = rig();
	const file = scratchFile();
	expect((await it.recorder.saveTo(file)).ok).toBe(true);
	await live(it, {pods: 10, seconds: 10, rate: 5});
	const replay = openReplay(file);
	replay.skip(1e9);
	const before = replay.stream.frame(replay.at()).order;
	expect(replay.recording.refresh()).toBe(false);
	await live(it, {pods: 10, seconds: 10, rate: 5, seed: 2});
	expect(replay.recording.refresh()).toBe(true);
	replay.skip(1e9);
	expect(replay.stream.frame(replay.at()).order).toBeGreaterThan(before);
	expect(replay.stream.frame(replay.at()).order).toBe(it.stream.frame(it.stream.now()).order);
});

describe('a file that cannot be written is one clear line', () => {
	test('it exists, its directory does not, it is a directory', async () => {
		const {recorder} = rig();
		const there = scratchFile();
		writeFileSync(there, 'precious');
		expect(await recorder.saveTo(there)).toEqual({ok: false, error: {kind: 'exists', message: `${there} exists already`}});
		expect(readFileSync(there, 'utf8')).toBe('precious');
		expect(await recorder.saveTo('/nowhere/x.kwb')).toEqual({ok: false, error: {kind: 'unwritable', message: '/nowhere/x.kwb: its directory does not exist'}});
		const directory = path.join(path.dirname(there), 'dir');
		mkdirSync(directory);
		expect((await recorder.saveTo(directory)).ok).toBe(false);
		chmodSync(there, 0o600);
		// And it still can be saved somewhere else.
		expect((await recorder.saveTo(scratchFile())).ok).toBe(true);
	});

	test('no space left: it says so, once, and writes no more', async () => {
		// A device that is always full.
		const opened = await openFileSink('full.kwb', () => open('/dev/full', 'w'));
		if (!opened.ok) throw new Error(opened.error.message);
		opened.value.write(Buffer.from('some bytes'));
		await opened.value.flushed();
		const error = {kind: 'noSpace', message: 'full.kwb: no space left, recording has stopped'};
		expect(opened.value.error()).toEqual(error);
		opened.value.write(Buffer.from('more'));
		await opened.value.flushed();
		expect(opened.value.bytes()).toBe(0);
		expect(await opened.value.close()).toEqual({ok: false, error});
	});
});

test('what is shown on a terminal is washed, whoever wrote the file', async () => {
	const it = rig();
	const evil = 'a\u001b[2Jb\u202ec';
	it.stream.observe({kind: 'mark', text: evil});
	it.stream.observe({kind: 'fault', fault: {source: 'metrics', code: 'x', message: evil.repeat(30)}});
	const file = scratchFile();
	await it.recorder.saveTo(file);
	await it.recorder.close();
	const replay = openReplay(file);
	replay.skip(1e9);
	const {marks, faults} = replay.frames.getFrame();
	for (const text of [marks[0]!.text, faults[0]!.fault.message, replay.recording.marks()[0]!.text]) expect(text).not.toMatch(/[\u001b\u202e]/);
	expect(marks[0]!.text).toBe('a\ufffd[2Jb\ufffdc');
});
