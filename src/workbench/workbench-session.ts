import type {Recorder} from '../record/recorder.ts';
import type {Replay} from '../record/replay.ts';
import type {ReflectorContext} from '../reflector/reflector-context.ts';
import type {Access} from '../transport/access.ts';
import type {Credentials} from '../transport/credential.ts';
import type {Transport} from '../transport/transport.ts';
import type {ClusterSession} from './session.ts';

/** What the workbench needs of a session: of a cluster's, or of a recording's. */
export type WorkbenchSession = Pick<ClusterSession, 'stream' | 'frames' | 'need' | 'setNamespaces' | 'retryNow' | 'close'> & {
	readonly access: Pick<Access, 'contextName' | 'clusterName' | 'userName'>;
	readonly credentials: Pick<Credentials, 'runInTerminal'>;
	readonly transport: Pick<Transport, 'stream' | 'counters'>;
	readonly context: {
		readonly counters: Pick<ReflectorContext['counters'], 'read'>;
		readonly encodings: Pick<ReflectorContext['encodings'], 'entries' | 'acceptFor'>;
		readonly watchLists: Pick<ReflectorContext['watchLists'], 'unsupported'>;
	};
	/** Where time is a cursor; a live session has none. */
	readonly replay?: Replay;
};

/** Writes down what a live session sees. `onChange` is called whenever what can be saved reaches back to another moment. */
export type StartRecorder = (session: WorkbenchSession, onChange: () => void) => Promise<Recorder | undefined>;
