import path from 'node:path';
import {resourceById} from '../kube/registry.ts';
import {openRecording} from '../record/open-recording.ts';
import {createReplay} from '../record/replay.ts';
import type {TransportCounters} from '../transport/transport.ts';
import type {Clock} from '../util/clock.ts';
import {err, ok, type Result} from '../util/result.ts';
import type {WorkbenchSession} from './workbench-session.ts';

/** Sequences of a replay lie beyond those of any live session. */
const FIRST_SEQUENCE = 2 ** 48;

const NOTHING_ASKED: TransportCounters = {
	requests: 0,
	requestsByKind: new Map(),
	openStreams: 0,
	openSockets: 0,
	bytesRead: 0,
	bytesWritten: 0,
	throttled: 0,
};

/** A session whose cluster is a recording: nothing is asked of anybody. */
export type ReplaySession = WorkbenchSession & {readonly replay: NonNullable<WorkbenchSession['replay']>};

/** @returns The error as one line. */
export function openReplaySession(file: string, {clock, isLoop}: {readonly clock: Clock; readonly isLoop: boolean}): Result<ReplaySession, string> {
	const opened = openRecording(file, resourceById);
	if (!opened.ok) return err(`${file} ${opened.error.message}`);
	const replay = createReplay({recording: opened.value, clock, resourceOf: resourceById, firstSequence: FIRST_SEQUENCE, isLoop});
	const {cluster} = opened.value.header;
	return ok({
		replay,
		stream: replay.stream,
		frames: replay.frames,
		access: {contextName: cluster === '' ? path.basename(file) : cluster, clusterName: cluster, userName: ''},
		credentials: {runInTerminal: undefined},
		transport: {
			stream: async () => err({kind: 'connection', code: 'REPLAY', message: 'a recording has no cluster behind it'}),
			counters: () => NOTHING_ASKED,
		},
		context: {
			counters: {read: () => new Map()},
			encodings: {entries: () => new Map(), acceptFor: () => ''},
			watchLists: {unsupported: () => undefined},
		},
		need() {},
		setNamespaces() {},
		retryNow() {},
		close: async () => replay.close(),
	});
}
