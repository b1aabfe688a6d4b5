import {readFileSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {emptyFolds, FOLD_VERSIONS} from '../../src/observe/create-stream.ts';
import {headerBytes, parseHeader} from '../../src/record/file-format.ts';
import {fittingFolds} from '../../src/record/saved-folds.ts';
import {listOf} from '../observe/sample-list.ts';
import {DEMO} from './demo.ts';
import {openReplay, plainFrame, recorded, rerecorded, scratchFile} from './rig.ts';

const EMPTY = emptyFolds();
const asItIs = <T>(_resource: string, object: T): T => object;
const MARKS = [{at: 1, text: 'here'}];

describe('what a fold wrote down', () => {
	test('in our version is restored as it is', () => {
		const {folds, dropped} = fittingFolds({...EMPTY, marks: MARKS}, FOLD_VERSIONS, asItIs);
		expect(folds.marks).toBe(MARKS);
		expect(dropped).toEqual([]);
	});

	test.each([
		['a later version', {...EMPTY, marks: {text: 'of another shape'}}, {...FOLD_VERSIONS, marks: 99}],
		['a version of before that nobody reads any more', {...EMPTY, marks: MARKS}, {...FOLD_VERSIONS, marks: 0}],
		['nothing: that kwb had no such fold', {...EMPTY, marks: undefined}, FOLD_VERSIONS],
	])('in %s is left out and named, and the others are not touched', (_, saved, written) => {
		const {folds, dropped} = fittingFolds(saved, written, asItIs);
		expect(folds).toEqual(EMPTY);
		expect(dropped).toEqual(['marks']);
	});

	test('in format 1.0 all versions were 1, and usage of then is understood', () => {
		const sample = {of: 'pod', namespace: 'shop', name: 'a', timestamp: 1_000_000, windowMs: 1, containers: [{name: 'app', cpu: 3, memory: 4}]};
		const values = Float32Array.of(0, 1, 2, 15_000, 3, 4);
		const kind = {reference: null, distances: [], newest: 1_000_000, sweptAt: null};
		const pods = {...kind, objects: [{sample, series: [{names: ['app'], startMs: 985_000, capacity: 24, values}], olderPolls: 2}]};
		const {folds, dropped} = fittingFolds({...EMPTY, usage: {pods, nodes: {...kind, objects: []}}}, undefined, asItIs);
		expect(dropped).toEqual([]);
		expect(listOf(folds.usage.pods.samples)).toEqual([sample]);
		expect(folds.usage.pods.olderPolls).toEqual([['shop/a', 2]]);
		expect(folds.usage.log.pages.map(({words}) => words.length)).toEqual([8]);
	});
});

test('a recording with the memory of autoscalers of another kwb opens, lacks that memory, and says so', async () => {
	const bytes = readFileSync(await rerecorded(DEMO));
	const parsed = parseHeader(bytes);
	if (!parsed.ok) throw new Error(parsed.error.message);
	const {header, length} = parsed.value;
	const file = scratchFile();
	writeFileSync(file, Buffer.concat([headerBytes({...header, folds: {...header.folds, hpas: 99}}), bytes.subarray(length)]));
	const replay = openReplay(file);
	replay.skip(replay.recording.keyframeBefore(replay.range().to) - replay.recording.range().from);
	const frame = replay.frames.getFrame();
	expect(frame.hpas.records.size).toBe(0);
	expect(frame.usage.pods.size).toBeGreaterThan(50);
	expect(frame.faults[0]?.fault).toEqual({
		source: 'recording',
		code: 'notUnderstood',
		message: 'what kwb test remembered of autoscalers is not understood by this kwb: it is what happened since the last keyframe',
	});
});

test('the HPAs and pods that the memory of autoscalers holds are completed, like those of the stores', () => {
	const [hpa, pod] = [{metadata: {name: 'web'}}, {metadata: {name: 'web-1'}}];
	const frozen = {at: 1, specReplicas: 1, statusReplicas: 1, readings: [], pods: [pod]};
	const undecided = {previous: hpa, next: hpa, seenAt: 1, before: frozen};
	const recent = [{at: 1, key: 'shop/web-1', before: pod, after: null, sample: null}];
	const hpas = {...EMPTY.hpas, kept: [{hpa, record: null, frozen, undecided}], recent} as never;
	const seen: string[] = [];
	const {folds} = fittingFolds({...EMPTY, hpas}, FOLD_VERSIONS, (resource, object) => {
		seen.push(`${resource} ${object.metadata.name}`);
		return {...object, isWhole: true} as never;
	});
	expect(seen.toSorted()).toEqual([...Array(3).fill('horizontalpodautoscalers web'), ...Array(3).fill('pods web-1')]);
	expect(JSON.stringify(folds.hpas).split('"isWhole":true').length - 1).toBe(6);
});

test('a recording that is understood says nothing of the kind', async () => {
	const replay = openReplay(await recorded({pods: 5, seconds: 20}));
	replay.skip(1e9);
	expect(replay.recording.dropped()).toEqual([]);
});

test('the demo, whatever its format, has the sparklines of before the moment that is gone to', {timeout: 120_000}, () => {
	const [sought, played] = [openReplay(DEMO), openReplay(DEMO)];
	const to = 8 * 60_000;
	sought.skip(to);
	for (let at = 0; at < to; at += 5000) played.skip(5000);
	expect(plainFrame(sought.frames.getFrame())).toEqual(plainFrame(played.frames.getFrame()));
	const {usage} = sought.frames.getFrame();
	expect(usage.podSeries([...usage.pods.keys()][0]!)!.times.length).toBeGreaterThan(10);
});
