import {spawn} from 'node:child_process';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {expect, test} from 'vitest';
import {openRecording} from '../../src/record/open-recording.ts';
import {resourceById} from '../../src/kube/registry.ts';
import {scratchFile} from '../record/rig.ts';
import {seeded} from '../record/synthetic.ts';

const KILLS = 20;
const AT_ONCE = 5;

/** A second, and what a loaded machine may be late with it. */
const LOST_MS = 1500;

/** The last thing it said, and when it said its first. */
type Said = {readonly order: number; readonly at: number; readonly firstAt: number};

/** Kills the process as soon as it has said so many lines; gives the last one that it said. */
function recordAndKill(file: string, seed: number, afterLines: number): Promise<Said> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [path.join(import.meta.dirname, '../record/record-until-killed.ts'), file, String(seed)], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		let lines = 0;
		let last: Said | undefined;
		createInterface({input: child.stdout}).on('line', line => {
			const [order, at] = line.split(' ').map(Number);
			last = {order: order!, at: at!, firstAt: last?.firstAt ?? at!};
			if (++lines === afterLines) child.kill('SIGKILL');
		});
		child.on('close', (_code, signal) => (signal === 'SIGKILL' && last !== undefined ? resolve(last) : reject(new Error('it ended by itself'))));
	});
}

test(`killed at ${KILLS} random moments, a recording opens and lacks no more than the last second`, {timeout: 120_000}, async () => {
	const random = seeded(42);
	const cases = Array.from({length: KILLS}, (_, index) => ({file: scratchFile(), seed: index + 1, afterLines: 5 + Math.floor(random() * 400)}));
	let keyframes = 0;
	for (let from = 0; from < KILLS; from += AT_ONCE) {
		await Promise.all(
			cases.slice(from, from + AT_ONCE).map(async ({file, seed, afterLines}) => {
				const said = await recordAndKill(file, seed, afterLines);
				const opened = openRecording(file, resourceById);
				if (!opened.ok) {
					// Killed before its first second was written: that second is what may be lost.
					expect(opened.error.message).toContain('its first second was not written');
					expect(said.at - said.firstAt).toBeLessThanOrEqual(LOST_MS);
					return;
				}
				const recording = opened.value;
				const step = recording.walk({at: recording.range().from});
				let order = 0;
				let at = 0;
				for (let next = step(); next.kind !== 'end'; next = step()) {
					const reached = next.kind === 'restore' ? next.saved.order : next.observation.order;
					if (next.kind === 'observation') expect(reached).toBe(order + 1);
					order = reached;
					at = next.at;
				}
				expect(recording.losses()).toEqual([]);
				expect(said.at - at).toBeLessThanOrEqual(LOST_MS);
				if (recording.keyframeBefore(recording.range().to) > recording.range().from) keyframes++;
				recording.close();
			}),
		);
	}
	// Some of them had more than the keyframe they began with.
	expect(keyframes).toBeGreaterThan(3);
});
