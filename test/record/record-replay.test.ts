import {statSync} from 'node:fs';
import {expect, test} from 'vitest';
import {epochMs} from '../../src/util/epoch-ms.ts';
import {fakeClock} from '../observe/fake-clock.ts';
import {DEMO} from './demo.ts';
import {live, openReplay as open, plainFrame, rerecorded, rig, scratchFile} from './rig.ts';
import {seeded} from './synthetic.ts';

test('the end of a recording is the frame that was live', async () => {
	const it = rig();
	await live(it, {pods: 60, seconds: 150, rate: 20});
	const path = scratchFile();
	expect(await it.recorder.saveTo(path)).toEqual({ok: true, value: undefined});
	await it.recorder.close();
	const replay = open(path);
	replay.skip(1e9);
	const {at} = replay.frames.getFrame();
	expect(plainFrame(replay.stream.frame(at))).toEqual(plainFrame(it.stream.frame(at)));
	expect(statSync(path).mode & 0o777).toBe(0o600);
});

async function synthetic(): Promise<string> {
	const it = rig();
	await live(it, {pods: 40, seconds: 400, rate: 12});
	const path = scratchFile();
	await it.recorder.saveTo(path);
	await it.recorder.close();
	return path;
}

// The demo has what a synthetic cluster has not: autoscalers and the metrics they ask for, of a real control plane.
test.each([
	['of many changes', synthetic],
	['of autoscalers and their metrics', () => rerecorded(DEMO)],
])('for 50 random moments of a recording %s, the frame reached by seeking is the frame reached by playing', {timeout: 180_000}, async (_, make) => {
	const path = await make();
	const {from, to} = open(path).recording.range();
	const random = seeded(7);
	const moments = Array.from({length: 50}, () => epochMs(Math.floor(from + random() * (to - from))));
	const played = new Map<number, unknown>();
	const player = open(path);
	let at: number = from;
	for (const moment of moments.toSorted((a, b) => a - b)) {
		// Small steps never leave a keyframe out.
		while (at < moment) {
			const next = Math.min(moment, at + 500);
			player.skip(next - at);
			at = next;
		}
		played.set(moment, plainFrame(player.frames.getFrame()));
	}
	const seeker = open(path);
	let cursor: number = from;
	for (const moment of moments) {
		seeker.skip(moment - cursor);
		cursor = moment;
		expect(plainFrame(seeker.frames.getFrame())).toEqual(played.get(moment));
	}
	if (make !== synthetic) {
		const {hpas, metricValues} = seeker.frames.getFrame();
		expect(hpas.records.size).toBeGreaterThan(1);
		expect(metricValues.size).toBeGreaterThan(0);
	}
	// And the clock's own way, ten frames a second, keyframes decoded ahead.
	const clock = fakeClock();
	const playing = open(path, clock);
	playing.play();
	for (let times = 0; times < 4; times++) playing.faster(1);
	clock.advance((to - from) / 10 + 1000);
	seeker.skip(1e9);
	expect(plainFrame(playing.frames.getFrame())).toEqual(plainFrame(seeker.frames.getFrame()));
	expect(new Set(moments.map(moment => seeker.recording.keyframeBefore(moment))).size).toBeGreaterThan(3);
});
