import {expect, test} from 'vitest';
import {syntheticCluster} from './synthetic.ts';
import {live, openReplay, plainFrame, rig, scratchFile} from './rig.ts';

test('the ring keeps no more than it may, and what it keeps opens', async () => {
	const bytes = 60_000;
	const it = rig({milliseconds: 1e9, bytes});
	await live(it, {pods: 30, seconds: 600, rate: 10});
	const {ringBytes, since} = it.recorder.status();
	// The last segments are kept whole.
	expect(ringBytes).toBeLessThan(bytes * 1.5);
	expect(it.clock.now() - since!).toBeLessThan(600_000);
	const file = scratchFile();
	expect((await it.recorder.saveTo(file)).ok).toBe(true);
	const replay = openReplay(file);
	expect(replay.recording.range().from).toBe(since);
	replay.skip(1e9);
	expect(plainFrame(replay.stream.frame(replay.at()))).toEqual(plainFrame(it.stream.frame(replay.at())));
});

test('it reaches back no longer than it may', async () => {
	const it = rig({milliseconds: 60_000, bytes: 1e9});
	await live(it, {pods: 20, seconds: 300, rate: 20});
	const reach = it.clock.now() - it.recorder.status().since!;
	expect(reach).toBeGreaterThanOrEqual(59_000);
	// A segment longer, since what is shown at its oldest moment needs the keyframe before.
	expect(reach).toBeLessThan(60_000 + 65_000);
});

test('saved after the fact, a recording goes on, and ends when it is told', async () => {
	const it = rig();
	await live(it, {pods: 10, seconds: 20, rate: 5});
	const file = scratchFile();
	await it.recorder.saveTo(file);
	expect((await it.recorder.saveTo(scratchFile('other.kwb'))).ok).toBe(false);
	it.stream.observe({kind: 'mark', text: 'while recording'});
	expect((await it.recorder.stopSaving()).ok).toBe(true);
	it.stream.observe({kind: 'mark', text: 'after'});
	await it.recorder.flush();
	expect(
		openReplay(file)
			.recording.marks()
			.map(({text}) => text),
	).toEqual(['mark 3', 'while recording']);
	expect(it.recorder.status().file).toBeUndefined();

	const again = scratchFile('again.kwb');
	await it.recorder.saveTo(again);
	await it.recorder.close();
	expect(
		openReplay(again)
			.recording.marks()
			.map(({text}) => text),
	).toEqual(['mark 3', 'while recording', 'after']);
});

test('without a ring, a file begins with all that is known', async () => {
	const it = rig('none');
	expect(it.recorder.status().since).toBeUndefined();
	const cluster = syntheticCluster(15);
	for (const body of cluster.first(it.clock.now())) it.stream.observe(body);
	const file = scratchFile();
	await it.recorder.saveTo(file);
	it.stream.observe(cluster.change(it.clock.now()));
	await it.recorder.close();
	expect(it.recorder.status().since).toBeUndefined();
	const replay = openReplay(file);
	replay.skip(1e9);
	expect(plainFrame(replay.stream.frame(replay.at()))).toEqual(plainFrame(it.stream.frame(replay.at())));
});

test('nothing is armed while nothing happens', async () => {
	const it = rig();
	await live(it, {pods: 5, seconds: 3, rate: 2});
	expect(it.clock.pending).toBe(0);
	await it.recorder.close();
});
