import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {RESOURCES, resourceById} from '../src/kube/registry.ts';
import {createStream} from '../src/observe/create-stream.ts';
import {recordingHeader} from '../src/record/fields-of.ts';
import {BLOCK, BLOCK_HEADER, parseBlockHeader, parseHeader} from '../src/record/file-format.ts';
import {openRecording} from '../src/record/open-recording.ts';
import {createRecorder} from '../src/record/recorder.ts';
import {createReplay} from '../src/record/replay.ts';
import {epochMs} from '../src/util/epoch-ms.ts';
import {realClock} from '../src/workbench/real-clock.ts';
import {fakeClock} from '../test/observe/fake-clock.ts';
import {seeded, syntheticCluster} from '../test/record/synthetic.ts';

// The flight recorder's promises (docs/performance.md): `node bench/recorder.ts`. Ten minutes of a cluster pass as
// fast as they can be computed, once without and once with ring and recorder, each in a process of its own; what
// recording costs is the difference, as a share of the ten minutes; memory is that of their second half, when the ring
// is full. Processes have the flags of bin/kwb.js, garbage is collected when V8 likes.

const PODS = 10_000;
const RATE = 500;
const SECONDS = Number(process.env.SECONDS ?? 600);
const LAUNCHER = readFileSync(path.join(import.meta.dirname, '..', 'bin', 'kwb.js'), 'utf8');
/** Of a live session, and of a replay. */
const [LIVE_FLAGS, REPLAY_FLAGS] = Array.from(LAUNCHER.matchAll(/v="([^"]*)"/g), ([, flags]) => flags!.split(' ')) as [string[], string[]];

/** Lives through the minutes; tells what it cost. */
async function run(file: string | undefined): Promise<void> {
	const clock = fakeClock();
	const stream = createStream({clock, resourceOf: resourceById});
	const header = recordingHeader({program: 'kwb bench', cluster: 'bench', namespaces: undefined, resources: RESOURCES});
	const recorder = file === undefined ? undefined : createRecorder({stream, clock, header, ring: {milliseconds: 30 * 60_000, bytes: 24_000_000}});
	if (file !== undefined) await recorder!.saveTo(file);
	const cluster = syntheticCluster(PODS);
	stream.noteServerDate(clock.now(), 10);
	for (const body of cluster.first(clock.now())) stream.observe(body);
	await recorder?.flush();
	const rss: number[] = [];
	const before = process.cpuUsage();
	let longest = 0;
	for (let second = 0; second < SECONDS; second++) {
		for (let change = 0; change < RATE; change++) {
			stream.observe(cluster.change(clock.now()));
			if (change % 5 === 4) {
				const start = cpuMs();
				clock.advance(10);
				longest = Math.max(longest, cpuMs() - start);
			}
		}
		if (second % 15 === 0) stream.observe(cluster.samples(clock.now()));
		if (second % 10 === 0) stream.frame(clock.now()).usage.pods.size;
		await new Promise(setImmediate);
		await recorder?.flush();
		if (second % 5 === 0 && second > SECONDS / 2) rss.push(process.memoryUsage.rss());
	}
	const {user, system} = process.cpuUsage(before);
	const reach = recorder?.status().since === undefined ? 0 : clock.now() - recorder.status().since!;
	await recorder?.close();
	rss.sort((a, b) => a - b);
	console.log(JSON.stringify({cpuMs: (user + system) / 1000, rssMedian: rss[rss.length >> 1], rssMost: rss.at(-1), longest, reach}));
}

/** Runs this file again, as kwb is run. @returns what it wrote. */
function again(words: readonly string[]): string {
	const {stdout, stderr} = spawnSync(process.execPath, [...(words[0] === 'read' ? REPLAY_FLAGS : LIVE_FLAGS), import.meta.filename, ...words], {
		encoding: 'utf8',
		env: {...process.env, MALLOC_ARENA_MAX: '1', SECONDS: String(SECONDS)},
	});
	if (stderr !== '') process.stderr.write(stderr);
	return stdout;
}

type Cost = {readonly cpuMs: number; readonly rssMedian: number; readonly rssMost: number; readonly longest: number; readonly reach: number};

function costOf(file: string): Cost {
	return JSON.parse(again(['run', file])) as Cost;
}

function sizes(file: string): {readonly keyframes: number; readonly observations: number; readonly keyframeBytes: number; readonly observationBytes: number} {
	const opened = openRecording(file, resourceById);
	if (!opened.ok) throw new Error(opened.error.message);
	const bytes = new Map<number, number>();
	let keyframes = 0;
	const content = Buffer.from(readWhole(file));
	const header = parseHeader(content);
	if (!header.ok) throw new Error(header.error.message);
	for (let at = header.value.length; at < content.length; ) {
		const info = parseBlockHeader(content.subarray(at, at + BLOCK_HEADER))!;
		bytes.set(info.type, (bytes.get(info.type) ?? 0) + BLOCK_HEADER + info.storedBytes);
		if (info.type === BLOCK.keyframe && info.isLast) keyframes++;
		at += BLOCK_HEADER + info.storedBytes;
	}
	return {keyframes, observations: RATE * SECONDS, keyframeBytes: bytes.get(BLOCK.keyframe) ?? 0, observationBytes: bytes.get(BLOCK.observations) ?? 0};
}

function readWhole(file: string): Uint8Array {
	return new Uint8Array(readFileSync(file));
}

/** CPU time of this thread: on a busy machine the clock on the wall measures the others. */
function cpuMs(): number {
	const {user, system} = process.threadCpuUsage();
	return (user + system) / 1000;
}

function quantile(values: readonly number[], share: number): number {
	return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;
}

async function replayed(file: string): Promise<void> {
	const start = cpuMs();
	const opened = openRecording(file, resourceById);
	if (!opened.ok) throw new Error(opened.error.message);
	const replay = createReplay({recording: opened.value, clock: realClock, resourceOf: resourceById, firstSequence: 2 ** 40, isLoop: false});
	console.log(`opens on its first frame in ${(cpuMs() - start).toFixed(0)} ms`);
	const {from, to} = opened.value.range();
	const random = seeded(11);
	const seeks = Array.from({length: 40}, () => {
		const begun = cpuMs();
		replay.seek(epochMs(from + random() * (to - from)));
		return cpuMs() - begun;
	});
	console.log(`seek: median ${quantile(seeks, 0.5).toFixed(0)} ms, p95 ${quantile(seeks, 0.95).toFixed(0)} ms, most ${Math.max(...seeks).toFixed(0)} ms`);
	// All that this thread does for a frame, work ahead included: so long a key may wait.
	const frames: number[] = [];
	replay.seek(from);
	while (replay.speed() < 60) replay.faster(1);
	let last = cpuMs();
	replay.frames.subscribe(() => {
		const now = cpuMs();
		frames.push(now - last);
		last = now;
	});
	replay.play();
	while (!replay.isAtEnd) await new Promise(resolve => setTimeout(resolve, 200));
	console.log(`at 60x: work for a frame median ${quantile(frames, 0.5).toFixed(0)} ms, p99 ${quantile(frames, 0.99).toFixed(0)} ms, ${frames.length} frames`);
	replay.close();
}

if (process.argv[2] === 'read') await replayed(process.argv[3]!);
else if (process.argv[2] === 'run') await run(process.argv[3] === 'none' ? undefined : process.argv[3]);
else {
	const directory = mkdtempSync(path.join(os.tmpdir(), 'kwb-bench-'));
	const file = process.argv[2] ?? path.join(directory, 'bench.kwb');
	console.log(`${PODS} pods, ${RATE} changes/s, ${SECONDS} s; ${os.cpus()[0]?.model}, Node ${process.version}`);
	const without = costOf('none');
	const withIt = costOf(file);
	const mega = (bytes: number): string => (bytes / 1e6).toFixed(1);
	console.log(
		`CPU without ${(without.cpuMs / SECONDS / 10).toFixed(1)} % of a core, with ${(withIt.cpuMs / SECONDS / 10).toFixed(1)} %: ring and recorder cost ${((withIt.cpuMs - without.cpuMs) / SECONDS / 10).toFixed(1)} %`,
	);
	console.log(
		`memory without ${mega(without.rssMedian)} MB, with ${mega(withIt.rssMedian)} MB (most ${mega(without.rssMost)}, ${mega(withIt.rssMost)}): ${mega(withIt.rssMedian - without.rssMedian)} MB more`,
	);
	console.log(
		`longest stretch in timers ${withIt.longest.toFixed(0)} ms (without ${without.longest.toFixed(0)}); the ring reaches back ${(withIt.reach / 1000).toFixed(0)} s`,
	);
	const {keyframes, observations, keyframeBytes, observationBytes} = sizes(file);
	console.log(
		`file ${mega(statSync(file).size)} MB: ${keyframes} keyframes of ${mega(keyframeBytes / keyframes)} MB; ${(observationBytes / observations).toFixed(1)} bytes a change, samples among them`,
	);
	process.stdout.write(again(['read', file]));
	rmSync(directory, {recursive: true});
}
