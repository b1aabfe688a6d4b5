import {mkdtempSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {RESOURCES, resourceById} from '../../src/kube/registry.ts';
import {createStream, type Stream} from '../../src/observe/create-stream.ts';
import type {Frame, UsageState} from '../../src/observe/frame.ts';
import {createRecorder, type Recorder, type RecorderOptions} from '../../src/record/recorder.ts';
import {createReplay, type Replay} from '../../src/record/replay.ts';
import {recordingHeader} from '../../src/record/fields-of.ts';
import {openRecording} from '../../src/record/open-recording.ts';
import {type FakeClock, fakeClock, settled} from '../observe/fake-clock.ts';
import {syntheticCluster} from './synthetic.ts';

export const HEADER = recordingHeader({program: 'kwb test', cluster: 'test', namespaces: undefined, resources: RESOURCES});

export function scratchFile(name = 'recording.kwb'): string {
	return path.join(mkdtempSync(path.join(os.tmpdir(), 'kwb-record-')), name);
}

/** A replay on a clock that stands still; throws where the file cannot be opened. */
export function openReplay(file: string, clock = fakeClock(), isLoop = false): Replay {
	const recording = openRecording(file, resourceById);
	if (!recording.ok) throw new Error(recording.error.message);
	return createReplay({recording: recording.value, clock, resourceOf: resourceById, firstSequence: 2 ** 40, isLoop});
}

/** A recording of some pods, made anew. */
export async function recorded({
	pods = 30,
	seconds = 90,
	rate = 8,
	seed = 1,
}: {
	readonly pods?: number;
	readonly seconds?: number;
	readonly rate?: number;
	readonly seed?: number;
} = {}): Promise<string> {
	const it = rig();
	await live(it, {pods, seconds, rate, seed});
	const file = scratchFile();
	await it.recorder.saveTo(file);
	await it.recorder.close();
	return file;
}

/** The same observations written down anew: a recording of today's format, whatever the file is. */
export async function rerecorded(file: string, keyframes = {atEarliestMs: 20_000, observations: 200}): Promise<string> {
	const old = openRecording(file, resourceById);
	if (!old.ok) throw new Error(old.error.message);
	const {from} = old.value.range();
	const clock = fakeClock(from);
	const stream = createStream({clock, resourceOf: resourceById});
	const step = old.value.walk({at: from});
	const first = step();
	if (first.kind === 'restore') stream.restore(first.saved);
	const recorder = createRecorder({stream, clock, header: HEADER, ring: {milliseconds: 1e9, bytes: 1e9}, keyframes});
	for (let next = step(); next.kind === 'observation'; next = step()) {
		clock.advance(Math.max(0, next.at - clock.now()));
		stream.replay(next.observation);
	}
	const fresh = scratchFile('again.kwb');
	await recorder.saveTo(fresh);
	await recorder.close();
	old.value.close();
	return fresh;
}

export type Rig = {readonly clock: FakeClock; readonly stream: Stream; readonly recorder: Recorder};

export function rig(
	ring: {readonly milliseconds: number; readonly bytes: number} | 'none' = {milliseconds: 1e9, bytes: 1e9},
	more: Pick<RecorderOptions, 'openFile' | 'mostWaiting' | 'onChange'> = {},
): Rig {
	const clock = fakeClock();
	const stream = createStream({clock, resourceOf: resourceById});
	return {clock, stream, recorder: createRecorder({stream, clock, header: HEADER, ring: ring === 'none' ? undefined : ring, ...more})};
}

/** Lets a synthetic cluster live for so many seconds, so many changes a second, samples every 15. */
export async function live(
	{clock, stream, recorder}: Rig,
	{pods, seconds, rate, seed = 1}: {readonly pods: number; readonly seconds: number; readonly rate: number; readonly seed?: number},
): Promise<void> {
	const cluster = syntheticCluster(pods, seed);
	stream.noteServerDate(clock.now() + 90_000, 10);
	stream.observe({kind: 'fact', fact: {name: 'serverVersion', gitVersion: 'v1.37.2', major: 1, minor: 37}});
	for (const body of cluster.first(clock.now())) stream.observe(body);
	for (let second = 0; second < seconds; second++) {
		for (let change = 0; change < rate; change++) {
			clock.advance(Math.floor(1000 / rate));
			stream.observe(cluster.change(clock.now()));
		}
		clock.advance(1000 - rate * Math.floor(1000 / rate));
		if (second % 15 === 5) stream.observe(cluster.samples(clock.now()));
		if (second % 20 === 7) stream.observe({kind: 'fault', fault: {source: 'metrics', code: 'unavailable', message: `the server is busy (${second})`}});
		if (second % 25 === 3) stream.observe({kind: 'mark', text: `mark ${second}`});
		if (second % 10 === 0) await settled();
	}
	await recorder.flush();
}

/** A frame as plain data, without the order in which a store happens to keep its objects, and without sequences. */
export function plainFrame(frame: Frame): unknown {
	return {
		at: frame.at,
		order: frame.order,
		stores: Object.fromEntries(
			RESOURCES.map(resource => {
				const {objects, hasSynced, resourceVersion} = frame.snapshot(resource as never);
				return [resource.id, {hasSynced, resourceVersion, objects: [...(objects as ReadonlyMap<string, unknown>)].sort(byKey)}];
			}),
		),
		freshness: Object.fromEntries(RESOURCES.map(({id}) => [id, [...frame.freshness(id)].sort(byKey)])),
		usage: plainUsage(frame.usage),
		facts: {...frame.facts, metricsApi: [...frame.facts.metricsApi], notes: [...frame.facts.notes]},
		faults: frame.faults,
		marks: frame.marks,
		metricValues: [...frame.metricValues],
		hpas: {...frame.hpas, records: [...frame.hpas.records].sort(byKey)},
	};
}

function plainUsage(usage: UsageState): unknown {
	return {
		cadenceMs: usage.cadenceMs,
		pods: [...usage.pods].sort(byKey),
		nodes: [...usage.nodes].sort(byKey),
		series: [...usage.pods.keys()].sort().map(key => usage.podSeries(key)),
	};
}

function byKey(one: readonly [string, unknown], other: readonly [string, unknown]): number {
	return one[0] < other[0] ? -1 : 1;
}
