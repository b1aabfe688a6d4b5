import type {ObjectKey, ObjectOf, Resource, ResourceFields, ResourceId, Stored} from '../kube/schema.ts';
import type {Snapshot} from '../store/store.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {HpaFoldState} from './hpa-fold.ts';
import type {MetricValuesState} from './hpa-values-fold.ts';
import type {Fact, Fault, Freshness, UsageSample} from './observation.ts';

/** Freshness of every scope of a resource; the key is the namespace, '' for the whole cluster. Empty: nobody asked for it yet. */
export type ScopeFreshness = ReadonlyMap<string, Freshness>;

/** Samples of one object that kwb has seen, oldest first. NaN stands where a sample did not say. Never changes. */
export type UsageSeries = {
	/** Sample timestamps, EpochMs. */
	readonly times: Float64Array;
	/** NanoCores. */
	readonly cpu: Float64Array;
	/** Bytes. */
	readonly memory: Float64Array;
};

export type PodSample = Extract<UsageSample, {readonly of: 'pod'}>;
export type NodeSample = Extract<UsageSample, {readonly of: 'node'}>;

/** Who has new samples. */
export type SampledSince = {readonly pods: readonly ObjectKey[] /** Names. */; readonly nodes: readonly string[]};

/** What the usage fold knows. The same object until a new sample came. */
export type UsageState = {
	/** Grows with every new sample. */
	readonly sequence: number;
	/** The latest sample by pod key (`namespace/name`), made when it is asked for. A pod recreated under the same name still shows the old one: compare timestamp with status.startTime. */
	readonly pods: ReadonlyMap<ObjectKey, PodSample>;
	readonly nodes: ReadonlyMap<string, NodeSample>;
	/** The latest timestamp of the samples of pods, or of nodes; undefined: there is none. */
	newest(of: 'pod' | 'node'): EpochMs | undefined;
	/** Sums over the containers of a pod, as far back as is kept; undefined where nothing is. */
	podSeries(key: ObjectKey): UsageSeries | undefined;
	containerSeries(key: ObjectKey, container: string): UsageSeries | undefined;
	nodeSeries(name: string): UsageSeries | undefined;
	/** Who has a new sample since then, some of them perhaps twice; undefined: too long ago, read all. */
	changedSince(sequence: number): SampledSince | undefined;
	/** Median distance of distinct sample timestamps, ms; undefined until 4 were seen. */
	readonly cadenceMs: number | undefined;
};

export type FaultEntry = {readonly fault: Fault; readonly firstAt: EpochMs; readonly lastAt: EpochMs; readonly count: number};

/** The latest fact of each name (and, for metricsApi and note, of each scope and topic). */
export type FactsState = {
	readonly serverVersion: Extract<Fact, {readonly name: 'serverVersion'}> | undefined;
	readonly discovery: Extract<Fact, {readonly name: 'discovery'}> | undefined;
	readonly clusterIdentity: Extract<Fact, {readonly name: 'clusterIdentity'}> | undefined;
	/** Key: `node` or `pod`, then `/` and the namespace where it is one. */
	readonly metricsApi: ReadonlyMap<string, Extract<Fact, {readonly name: 'metricsApi'}>>;
	readonly notes: ReadonlyMap<string, string>;
};

/** Every fold at one instant. All tabs draw from the same one. Never changes. */
export type Frame = {
	/** The moment the frame shows, by the server's clock as far as we know it. */
	readonly at: EpochMs;
	/** The last observation in it. */
	readonly order: number;
	/** An unwatched resource gives an empty snapshot that has not synced. */
	snapshot<F extends ResourceFields, Index extends string>(resource: Resource<F, Index>): Snapshot<ObjectOf<F> & Stored, Index>;
	freshness(resource: ResourceId): ScopeFreshness;
	readonly usage: UsageState;
	readonly facts: FactsState;
	/** Answers of the custom and external metrics APIs. */
	readonly metricValues: MetricValuesState;
	/** What the HPA controller remembers, as far as it showed. */
	readonly hpas: HpaFoldState;
	/** Folded by source and code, latest first, a bounded number of them. */
	readonly faults: readonly FaultEntry[];
	readonly marks: ReadonlyArray<{readonly at: EpochMs; readonly text: string}>;
};

/** Where frames come from. Live, paused and replay look the same to every tab. */
export type FrameSource<F = Frame> = {
	/** The same object until the next one is published. */
	getFrame(): F;
	subscribe(listener: () => void): () => void;
	/** Only where there is a past to go to. */
	seek?(to: EpochMs): Promise<void>;
};
