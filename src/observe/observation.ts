import type {ResourceId, Stored} from '../kube/schema.ts';
import type {StoreEvent} from '../store/store.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../util/units.ts';
import type {Samples} from './samples.ts';

/** How current a scope of a resource is. Never inferred from data: the reflector says it. */
export type Freshness =
	| {readonly kind: 'connecting'}
	/** The first list is coming; so many objects so far. */
	| {readonly kind: 'syncing'; readonly received: number}
	| {readonly kind: 'live'}
	/** What is shown is old. `why` is a sentence; `nextTryAt` is when we ask again. */
	| {readonly kind: 'stale'; readonly since: EpochMs; readonly why: string; readonly nextTryAt: EpochMs | undefined}
	/** A relist is on its way; the old contents are shown meanwhile. */
	| {readonly kind: 'resyncing'; readonly since: EpochMs; readonly received: number}
	| {
			readonly kind: 'forbidden';
			readonly verb: string;
			readonly resource: string;
			readonly namespace: string | undefined;
			readonly nextTryAt: EpochMs | undefined;
	  }
	/** The server does not serve this resource (404). */
	| {readonly kind: 'absent'}
	/** In a replay: the recording does not hold this resource (before `until`, where it begins later). */
	| {readonly kind: 'notRecorded'; readonly until: EpochMs | undefined};

/** Use of one container, of a node, or of whatever a metrics backend measured. */
export type Usage = {
	/** undefined: the sample does not say. Never 0 for unknown. */
	readonly cpu: NanoCores | undefined;
	readonly memory: Bytes | undefined;
	/** The server's text, only where the double above is not exact. */
	readonly cpuText?: string;
	readonly memoryText?: string;
};

export type ContainerUsage = Usage & {readonly name: string};

/** One sample of the metrics API. The interval is [timestamp - windowMs, timestamp]. */
export type UsageSample =
	| {readonly of: 'node'; readonly name: string; readonly timestamp: EpochMs; readonly windowMs: number; readonly usage: Usage}
	| {
			readonly of: 'pod';
			readonly namespace: string;
			readonly name: string;
			readonly timestamp: EpochMs;
			readonly windowMs: number;
			readonly containers: readonly ContainerUsage[];
	  };

/** Something that went wrong and that a person can act on. */
export type Fault = {
	/** Where: 'pods', 'metrics', 'credentials', 'decoder', … */
	readonly source: string;
	/** Stable name, for tests and for folding equal ones. */
	readonly code: string;
	/** One line: what happened. */
	readonly message: string;
	/** One line: what to do, where something can be done. */
	readonly hint?: string;
};

/** A thing learned once, by name. The latest of a name counts. */
export type Fact =
	| {readonly name: 'serverVersion'; readonly gitVersion: string; readonly major: number; readonly minor: number}
	| {readonly name: 'discovery'; readonly groups: ReadonlyArray<{readonly group: string; readonly versions: readonly string[]}>}
	/** How the metrics API answered last: the state of the poller, per scope (undefined: whole cluster). */
	| {readonly name: 'metricsApi'; readonly of: 'node' | 'pod'; readonly namespace: string | undefined; readonly answer: MetricsAnswer}
	| {readonly name: 'clusterIdentity'; readonly uid: string}
	/** Something a later tab wants kept; small, without secrets. */
	| {readonly name: 'note'; readonly topic: string; readonly value: string};

export type MetricsAnswer =
	| {readonly kind: 'ok'; readonly version: string; readonly items: number; readonly newSamples: number; readonly at: EpochMs}
	| {readonly kind: 'failed'; readonly status: number | undefined; readonly message: string; readonly at: EpochMs; readonly nextTryAt: EpochMs};

/** One value of a metric that somebody but the metrics API measures. `object` is the pod's name, where it is one pod's. */
export type MetricValue = {readonly object: string; readonly value: string; readonly timestamp: EpochMs | undefined};

/** What the custom or external metrics API answered to one question. */
export type MetricValuesAnswer =
	| {readonly kind: 'values'; readonly values: readonly MetricValue[]}
	/** The adapter answered with an error. Whoever else asks gets the same. */
	| {readonly kind: 'failed'; readonly message: string}
	/** Not served, or not for this user; others may get an answer. */
	| {readonly kind: 'unreadable'; readonly because: string};

/** A reflector's word about one object or about its list. */
export type ObjectEvent = {
	readonly kind: 'object';
	readonly resource: ResourceId;
	/** Scope of the reflector: a namespace, or undefined for the whole cluster. */
	readonly namespace: string | undefined;
	readonly event: StoreEvent<Stored>;
};

/** What an observation says, without when. */
export type ObservationBody =
	| ObjectEvent
	| {readonly kind: 'sample'; readonly samples: Samples}
	/** `request` names the question (see hpa-metric-requests). */
	| {readonly kind: 'metricValues'; readonly request: string; readonly answer: MetricValuesAnswer}
	| {readonly kind: 'freshness'; readonly resource: ResourceId; readonly namespace: string | undefined; readonly freshness: Freshness}
	| {readonly kind: 'fault'; readonly fault: Fault}
	| {readonly kind: 'fact'; readonly fact: Fact}
	| {readonly kind: 'mark'; readonly text: string};

/** One thing learned from outside, with our clock and, where it gave one, the server's. */
export type Observation = {
	/** Grows by one with every observation of a session. */
	readonly order: number;
	readonly at: EpochMs;
	/** The server's clock at about that moment (from the last `Date` header); undefined before the first answer. */
	readonly serverAt: EpochMs | undefined;
} & ObservationBody;

/** Where reflectors, pollers and actions put what they learn. */
export type Observe = (body: ObservationBody) => void;

/** Anything that remembers: fed by the stream alone, read by anyone, able to write itself down and go on from there. */
export type Fold<State, Saved> = {
	apply(observation: Observation): void;
	/** The same object as before unless something in it changed. */
	read(): State;
	save(): Saved;
	restore(saved: Saved): void;
};
