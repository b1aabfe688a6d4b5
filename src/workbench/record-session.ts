import {RESOURCES} from '../kube/registry.ts';
import {recordingHeader} from '../record/fields-of.ts';
import type {RecordError} from '../record/file-sink.ts';
import {createRecorder, type Recorder} from '../record/recorder.ts';
import type {Clock} from '../util/clock.ts';
import type {Result} from '../util/result.ts';
import type {ClusterSession} from './session.ts';
import type {WorkbenchSession} from './workbench-session.ts';

export type RecordSettings = {
	readonly clock: Clock;
	readonly version: string;
	readonly namespaces: readonly string[] | undefined;
	/** undefined: no ring, what is not saved is gone. */
	readonly ring: {readonly milliseconds: number; readonly bytes: number} | undefined;
	readonly onChange?: () => void;
};

/** The recorder of a session, from now on. */
export function recorderOf(session: Pick<WorkbenchSession, 'stream' | 'access'>, {clock, version, namespaces, ring, onChange}: RecordSettings): Recorder {
	const {contextName, clusterName} = session.access;
	const header = recordingHeader({program: `kwb ${version}`, cluster: contextName === '' ? clusterName : contextName, namespaces, resources: RESOURCES});
	return createRecorder({stream: session.stream, clock, header, ring, ...(onChange === undefined ? {} : {onChange})});
}

/** Records every registered resource until the signal, or for so long. Says once a second how large the file is. */
export async function recordWithoutScreen(
	session: ClusterSession,
	recorder: Recorder,
	{
		path,
		forMs,
		clock,
		signal,
		onProgress,
	}: {
		readonly path: string;
		readonly forMs: number | undefined;
		readonly clock: Clock;
		readonly signal: AbortSignal;
		readonly onProgress: (bytes: number) => void;
	},
): Promise<Result<void, RecordError>> {
	const opened = await recorder.saveTo(path);
	if (!opened.ok) return opened;
	session.need(RESOURCES.map(({id}) => id));
	const started = clock.monotonic();
	await new Promise<void>(resolve => {
		const look = (): void => {
			const {file} = recorder.status();
			onProgress(file?.bytes ?? 0);
			const isOver = forMs !== undefined && clock.monotonic() - started >= forMs;
			if (signal.aborted || isOver || file?.error !== undefined) return resolve();
			cancel = clock.after(1000, look);
		};
		let cancel = clock.after(1000, look);
		signal.addEventListener('abort', () => {
			cancel();
			resolve();
		});
	});
	return recorder.close();
}
