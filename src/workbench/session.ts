import {resourceById} from '../kube/registry.ts';
import {podmetrics} from '../kube/resources/metrics.ts';
import {nodes} from '../kube/resources/nodes.ts';
import {pods} from '../kube/resources/pods.ts';
import {horizontalpodautoscalers} from '../kube/resources/horizontalpodautoscalers.ts';
import {leases} from '../kube/resources/leases.ts';
import type {ObjectKey, ResourceId} from '../kube/schema.ts';
import {createFrameSource, type LiveFrameSource} from '../observe/create-frame-source.ts';
import {createStream, type Stream} from '../observe/create-stream.ts';
import {cycleOf} from '../observe/hpa-controller.ts';
import {manualChangesIn} from '../observe/hpa-managers.ts';
import {metricRequestsOf, scaleTargetsOf} from '../observe/hpa-target.ts';
import {noteFlags, readControllerFlags} from '../reflector/controller-flags.ts';
import {createCustomMetricsPoller} from '../reflector/custom-metrics-poller.ts';
import {createFollowers} from '../reflector/followers.ts';
import {watchMetricsApiService} from '../reflector/metrics-api-service.ts';
import {createMetricsPoller} from '../reflector/metrics-poller.ts';
import {createReflectorContext, type ReflectorContext} from '../reflector/reflector-context.ts';
import {readReplicaManagers} from '../reflector/replica-managers.ts';
import {createRights} from '../reflector/rights.ts';
import {createScalePoller} from '../reflector/scale-poller.ts';
import {createServerFacts} from '../reflector/server-facts.ts';
import {watchForWake} from '../reflector/wake-detector.ts';
import type {Unsupported} from '../reflector/watch-list-memory.ts';
import type {Access, Environment, ReadFile} from '../transport/access.ts';
import type {Credentials} from '../transport/credential.ts';
import {createCredentials} from '../transport/credentials.ts';
import type {PluginActivity} from '../transport/exec-credentials.ts';
import {firstAlone} from '../transport/first-alone.ts';
import {createHttpsTransport} from '../transport/https-transport.ts';
import type {DecodedStatus} from '../transport/status-error.ts';
import type {Transport} from '../transport/transport.ts';
import type {Clock, Random} from '../util/clock.ts';
import {decodeStatus, Wire} from '../wire/wire.ts';

/** Between two rounds of questions about metrics that only HPAs use. */
const MOST_VALUES_MS = 15_000;
const LEAST_VALUES_MS = 2000;
/** Samples are asked for out of turn no oftener than this. */
const HURRY_EVERY_MS = 3000;
/** What is on the screen first is asked for first. */
const URGENCY: Readonly<Record<ResourceId, number>> = {[pods.id]: 2, [nodes.id]: 1};

export type SessionOptions = {
	readonly access: Access;
	readonly clock: Clock;
	readonly random: Random;
	readonly env: Environment;
	readonly readFile: ReadFile;
	readonly userAgent: string;
	/** undefined: the whole cluster, else these alone. */
	readonly namespaces: readonly string[] | undefined;
	/** Label selector for pods. */
	readonly selector: string | undefined;
	readonly encoding: 'json' | undefined;
	/** For every request that has an end; undefined: the limits that each has by itself. */
	readonly requestTimeoutMs?: number | undefined;
	/** Flags of kube-controller-manager, where they are not to be read from its pod. */
	readonly controllerFlags?: readonly string[] | undefined;
	/** Called whenever a credential plugin starts, says something or ends. */
	readonly onActivity: (activity: PluginActivity) => void;
	/** Leaves the screen, calls `run`, comes back; undefined: there is no terminal. */
	readonly runInteractive: (<T>(run: () => Promise<T>) => Promise<T>) | undefined;
	readonly unsupportedWatchLists: readonly Unsupported[];
	readonly saveUnsupportedWatchLists: (entries: readonly Unsupported[]) => void;
	readonly firstSequence?: number;
};

/** The Status in a protobuf body, as the transport wants it. */
function statusOfProtobuf(body: Uint8Array): DecodedStatus | undefined {
	const status = decodeStatus('application/vnd.kubernetes.protobuf', body);
	if (status === undefined) return undefined;
	const {reason, message, details} = status;
	return {reason, message, retryAfterSeconds: details.retryAfterSeconds, causes: details.causes};
}

/** All that belongs to one cluster and user. Two can live in one process. */
export type ClusterSession = {
	readonly access: Access;
	readonly credentials: Credentials;
	readonly transport: Transport;
	readonly stream: Stream;
	readonly frames: LiveFrameSource;
	readonly context: ReflectorContext;
	/** From now on these are watched; others go on for a while, then stop. */
	need(resources: Iterable<ResourceId>): void;
	/** Watches these namespaces alone, or (undefined) all. */
	setNamespaces(namespaces: readonly string[] | undefined): void;
	/**
	 * Whatever is being waited for is tried at once.
	 *
	 * @param isLoggedIn The credential is a new one: it is not asked for again.
	 */
	retryNow(isLoggedIn?: boolean): void;
	/** Every request is aborted, every timer cleared. */
	close(): Promise<void>;
};

/** Opens nothing by itself: the first request leaves with the first need. */
export function createSession(options: SessionOptions): ClusterSession {
	const {access, clock, random, env, readFile} = options;
	const credentials = createCredentials(access, {
		clock,
		env,
		readFile,
		runPlugin: async run => (await import('../transport/exec-plugin.ts')).runPlugin(run),
		onActivity: options.onActivity,
		runInteractive: options.runInteractive,
	});
	const transport = firstAlone(
		createHttpsTransport({
			access,
			credentials,
			clock,
			readFile,
			env,
			userAgent: options.userAgent,
			decodeStatus: statusOfProtobuf,
			requestTimeoutMs: options.requestTimeoutMs,
		}),
		clock,
	);
	const stream = createStream({clock, resourceOf: resourceById, ...(options.firstSequence === undefined ? {} : {firstSequence: options.firstSequence})});
	const frames = createFrameSource({stream, clock});
	const wire = new Wire();
	const context = createReflectorContext({
		transport,
		decoders: wire,
		observe: stream.observe,
		clock,
		random,
		noteServerDate: stream.noteServerDate,
		onReconnect() {
			followers.reachable();
			facts.refresh();
			podMetrics.pollNow();
			nodeMetrics.pollNow();
		},
		encoding: options.encoding,
		unsupportedWatchLists: options.unsupportedWatchLists,
		saveUnsupportedWatchLists: options.saveUnsupportedWatchLists,
	});

	const facts = createServerFacts(context, {onOtherCluster: () => followers.startOver()});
	const rights = createRights(context, () => [access.namespace]);
	const selector = options.selector;
	let podMetricsScope = options.namespaces;
	const followers = createFollowers(context, {
		rights,
		namespaces: options.namespaces,
		selectorOf: resource => (resource === pods.id ? selector : undefined),
		// Leases of nodes are renewed all the time; only the controller-manager's tells anything.
		onlyIn: resource => (resource === leases.id ? ['kube-system'] : undefined),
		urgencyOf: resource => URGENCY[resource] ?? 0,
		onStandIns: () => podMetrics.pollNow(),
	});
	const versions = (): readonly string[] | undefined => facts.versionsOf(podmetrics.group);
	const podMetrics = createMetricsPoller(context, {of: 'pod', versions, namespaces: () => podMetricsScope, standIns: () => followers.standInsFor(pods.id)});
	const nodeMetrics = createMetricsPoller(context, {of: 'node', versions});
	const stopLooking = watchMetricsApiService(context, stream.subscribe);
	const stopWaking = watchForWake(clock, () => followers.reconnect());
	/** In how many ms the next pass of an autoscaler is to be expected; undefined: nobody knows. */
	const nextPass = (): ((hpa: ObjectKey) => number | undefined) => {
		const {records, controller, evidence} = frames.getFrame().hpas;
		const cycle = cycleOf(evidence, controller.syncPeriodMs.value);
		const now = stream.now();
		return hpa => {
			const last = records.get(hpa)?.memory.lastPass?.to;
			return last === undefined ? undefined : cycle - ((now - last) % cycle);
		};
	};
	// As often as the controller itself asks, and no oftener than every two seconds.
	const periodMs = (): number => Math.min(MOST_VALUES_MS, Math.max(LEAST_VALUES_MS, frames.getFrame().hpas.controller.syncPeriodMs.value));
	const customMetrics = createCustomMetricsPoller(context, {
		versionsOf: group => facts.versionsOf(group),
		requests: () => {
			const nextPassInMs = nextPass();
			return metricRequestsOf(frames.getFrame()).map(({hpa, request}) => ({request, nextPassInMs: nextPassInMs(hpa)}));
		},
		periodMs,
	});
	const scales = createScalePoller(context, {
		targets: () => {
			const nextPassInMs = nextPass();
			return scaleTargetsOf(frames.getFrame()).map(({hpa, target}) => ({target, nextPassInMs: nextPassInMs(hpa)}));
		},
		periodMs,
	});
	/** The status of an autoscaler tells of newer samples than ours: they are there to be had. */
	let hurriedAt = Number.NEGATIVE_INFINITY;
	const stopHurrying = stream.subscribe(observation => {
		// Asked of autoscalers alone: a frame for each of ten thousand pods costs as much as decoding them.
		if (
			observation.kind !== 'object' ||
			observation.resource !== horizontalpodautoscalers.id ||
			clock.monotonic() - hurriedAt < HURRY_EVERY_MS ||
			stream.frame(stream.now()).hpas.undecided === 0
		)
			return;
		hurriedAt = clock.monotonic();
		podMetrics.pollNow();
	});
	/** Somebody else changed a count: the target says who. */
	const asked = new Set<string>();
	const stopAsking = frames.subscribe(() => {
		const frame = frames.getFrame();
		for (const {key, target, seenAt} of manualChangesIn(frame)) {
			if (asked.has(`${key} ${seenAt}`)) continue;
			asked.add(`${key} ${seenAt}`);
			void readReplicaManagers(context, target, controllerFlags.signal);
		}
	});
	const controllerFlags = new AbortController();
	let isOpen = false;
	let hasFlags = false;

	/** What autoscalers need beside objects, while somebody looks at them. */
	function followAutoscalers(isNeeded: boolean): void {
		if (!isNeeded) {
			customMetrics.stop();
			scales.stop();
			return;
		}
		customMetrics.start();
		scales.start();
		if (hasFlags) return;
		hasFlags = true;
		if (options.controllerFlags !== undefined) noteFlags(context, {source: 'option', words: options.controllerFlags});
		else void readControllerFlags(context, controllerFlags.signal);
	}

	/** Beside the first watch, never before it. */
	function open(): void {
		if (isOpen) return;
		isOpen = true;
		// Faults with one code would be taken for one.
		for (const [index, message] of access.warnings.entries()) stream.observe({kind: 'fault', fault: {source: 'kubeconfig', code: `warning-${index}`, message}});
		podMetrics.start();
		facts.start();
		nodeMetrics.start();
	}

	return {
		access,
		credentials,
		transport,
		stream,
		frames,
		context,
		need(ids) {
			const wanted = [...ids].flatMap(id => resourceById(id) ?? []);
			followers.need(wanted.toSorted((one, other) => (URGENCY[other.id] ?? 0) - (URGENCY[one.id] ?? 0)));
			open();
			followAutoscalers(wanted.some(({id}) => id === horizontalpodautoscalers.id));
		},
		setNamespaces(namespaces) {
			if (JSON.stringify(namespaces) === JSON.stringify(podMetricsScope)) return;
			podMetricsScope = namespaces;
			followers.setNamespaces(namespaces);
			podMetrics.pollNow();
		},
		retryNow(isLoggedIn = false) {
			if (!isLoggedIn) credentials.forget();
			followers.retryNow();
			facts.refresh();
			podMetrics.pollNow();
			nodeMetrics.pollNow();
			customMetrics.pollNow();
			scales.pollNow();
		},
		async close() {
			stopWaking();
			stopHurrying();
			stopAsking();
			stopLooking();
			frames.stop();
			podMetrics.stop();
			nodeMetrics.stop();
			customMetrics.stop();
			scales.stop();
			controllerFlags.abort();
			facts.stop();
			const stopped = followers.stop();
			transport.close();
			credentials.close();
			await stopped;
		},
	};
}
