import {collectionPath} from '../kube/api-paths.ts';
import {type NodeMetrics, nodemetrics, type PodMetrics, podmetrics} from '../kube/resources/metrics.ts';
import type {MetricsAnswer} from '../observe/observation.ts';
import {createSamplesBuilder, isSameList, type Measured, measuredNode, measuredPod, type SamplesBuilder} from '../observe/samples.ts';
import {medianOf} from '../observe/server-clock.ts';
import {BrokenBody, type TransportError} from '../transport/transport.ts';
import {epochMs} from '../util/epoch-ms.ts';
import {NamedMap} from '../util/named-map.ts';
import {err, ok, type Result} from '../util/result.ts';
import {createGate} from './gate.ts';
import {createPollLoop} from './poll-loop.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {messageOf} from './short-request.ts';

/** metrics-server's deployed resolution (its --metric-resolution). */
const DEFAULT_CADENCE_MS = 15_000;
const SHORTEST_MS = 5000;
const LONGEST_MS = 60_000;
const LEAST_JITTER = 0.05;
const MOST_JITTER = 0.1;
/** Distances that must be known before polls are aligned: not within the first minute, whose requests are counted. */
const FEWEST_DISTANCES = 4;
const DISTANCES = 9;
/** How much sooner than what is known to be late enough we dare to ask: half of what is not known, and no more than this. */
const BOLDEST_MS = 4000;
/** What was too early becomes worth another try by so much a window. */
const DRIFT_MS = 100;
const ALIGNED_JITTER_MS = 300;
/** We were too early: again after this, so often, then at the ordinary pace. What is late here is late for whoever recomputes the HPA controller's passes. */
const TOO_EARLY_MS = 800;
const TOO_EARLY_TRIES = 3;
/** Refused, after it was allowed: again after this. */
const REFUSED_MS = 2500;
const FORBIDDEN_MS = 600_000;
const REFUSALS_UNTIL_BELIEVED = 4;
const RETRY_AFTER_JITTER_MS = 1000;
/** Requests at once for somebody who sees namespaces only. */
const NAMESPACES_AT_ONCE = 4;
/** What was seen is looked through once it is this many times what is answered and so much more … */
const SEEN_SHARE = 1.25;
const FEWEST_SEEN = 1000;
/** … and forgotten where it is so much older than the latest. */
const SEEN_MS = 120_000;
/** Samples that are taken in together, but for the first ones. */
const SAMPLES_AT_ONCE = 500;
const HEADERS_MS = 30_000;
const IDLE_MS = 30_000;

export type MetricsPollerOptions = {
	readonly of: 'pod' | 'node';
	/** Versions of metrics.k8s.io by discovery; undefined while it has not answered. */
	readonly versions: () => readonly string[] | undefined;
	/** The user looks at these; undefined: at all. */
	readonly namespaces?: () => readonly string[] | undefined;
	/** Where pods are followed when the cluster as a whole may not be seen; {@link MetricsPoller.pollNow} when that becomes known. */
	readonly standIns?: () => readonly string[];
};

/** Asks the metrics API for what cannot be watched: one LIST a window (or one a permitted namespace). */
export type MetricsPoller = {
	/** Asks at once, and then just after each new window. */
	start(): void;
	stop(): void;
	/** The user's `r`, or another namespace. */
	pollNow(): void;
};

/** Samples that came, and how many of them were new. */
type Poll = Result<{readonly items: number; readonly fresh: number}, TransportError>;

/**
 * Polls NodeMetrics or PodMetrics. The first request uses v1beta1, which every release serves, and
 * waits for nothing; v1 is used as soon as discovery has named it. Samples enter as they come:
 * which of them are new, the usage fold finds out by their timestamps.
 */
export function createMetricsPoller(
	context: ReflectorContext,
	{of, versions, namespaces = () => undefined, standIns = () => []}: MetricsPollerOptions,
): MetricsPoller {
	const {clock, random} = context;
	const resource = of === 'pod' ? podmetrics : nodemetrics;
	const gate = createGate(NAMESPACES_AT_ONCE);
	const seen = createSeenSamples();
	/** The last list of containers: pods of one owner come one after the other and have one list together. */
	let containersBefore: readonly string[] = [];
	let failures = 0;
	/** 403s in a row. */
	let refusals = 0;
	/** The cluster as a whole may not be seen; asked again after this (monotonic). */
	let forbiddenUntil = Number.NEGATIVE_INFINITY;
	/** The other version is tried when one is not served and discovery does not say. */
	let guess: 'v1beta1' | 'v1' = 'v1beta1';
	/** Latest timestamp of all up to the last poll. */
	let newest = Number.NEGATIVE_INFINITY;
	/** After the end of a window (monotonic time minus its timestamp): late enough to find it, and too early. */
	let lateEnough = Number.POSITIVE_INFINITY;
	let tooEarly = Number.NEGATIVE_INFINITY;
	let distances: readonly number[] = [];
	let misses = 0;

	function versionNow(): string {
		const served = versions();
		if (served === undefined || served.length === 0) return guess;
		return ['v1', 'v1beta1'].find(version => served.includes(version)) ?? guess;
	}

	async function fetchScope(version: string, scope: string | undefined, signal: AbortSignal): Promise<Poll> {
		const leave = await gate.enter(() => 0, signal);
		if (leave === undefined) return err({kind: 'aborted'});
		const encodingKey = `metrics ${resource.id}`;
		try {
			const answer = await context.transport.stream(
				{
					path: collectionPath(resource, version, scope),
					accept: context.encodings.acceptFor(encodingKey, 'list'),
					compressed: true,
					headersTimeoutMs: HEADERS_MS,
					idleTimeoutMs: IDLE_MS,
					counted: {verb: 'list', resource: `${resource.id}.metrics.k8s.io`},
				},
				signal,
			);
			if (!answer.ok) return answer;
			const {contentType, serverDate, roundTripMs, body} = answer.value;
			if (serverDate !== undefined) context.noteServerDate(serverDate, roundTripMs);
			const samples = createSamplesBuilder();
			let items = 0;
			let fresh = 0;
			const takeAll = (): void => {
				if (samples.size === 0) return;
				items += samples.size;
				context.observe({kind: 'sample', samples: samples.take()});
			};
			const decoder =
				of === 'pod'
					? context.decoders.listDecoder(contentType, podmetrics, object => {
							if (addPod(object, samples)) fresh++;
						})
					: context.decoders.listDecoder(contentType, nodemetrics, object => {
							if (addNode(object, samples)) fresh++;
						});
			if (!decoder.ok) return err(unreadable(decoder.error.detail));
			try {
				for await (const chunk of body) {
					const failure = decoder.value.push(chunk);
					// Taken in some hundreds at a time, so that thousands of samples do not hold up the screen; the first ones at once.
					if (items === 0 || samples.size >= SAMPLES_AT_ONCE) takeAll();
					if (failure === undefined) continue;
					if (failure.encoding === 'protobuf') context.encodings.preferJson(encodingKey, failure.detail);
					return err(unreadable(failure.detail));
				}
			} finally {
				// What came before a connection broke has come.
				takeAll();
			}
			const end = decoder.value.end();
			// A list that says at its end what it is gives its samples then.
			takeAll();
			return end.ok ? ok({items, fresh}) : err(unreadable(end.error.detail));
		} catch (error) {
			if (error instanceof BrokenBody) return err(error.error);
			throw error;
		} finally {
			leave();
		}
	}

	/** One poll of all scopes. @returns ms until the next. */
	async function poll(signal: AbortSignal): Promise<number> {
		const version = versionNow();
		const wanted = of === 'node' ? undefined : namespaces();
		if (wanted !== undefined) return pollScopes(version, wanted, signal);
		const instead = clock.monotonic() < forbiddenUntil ? standIns() : [];
		if (instead.length > 0) return pollScopes(version, instead, signal);
		const whole = await fetchScope(version, undefined, signal);
		if (of === 'pod' && !whole.ok && whole.error.kind === 'status' && whole.error.status === 403) {
			forbiddenUntil = clock.monotonic() + FORBIDDEN_MS;
			if (standIns().length > 0) return pollScopes(version, standIns(), signal);
		}
		return settle(version, [{scope: undefined, poll: whole}], signal);
	}

	async function pollScopes(version: string, scopes: readonly string[], signal: AbortSignal): Promise<number> {
		return settle(version, await Promise.all(scopes.map(async scope => ({scope, poll: await fetchScope(version, scope, signal)}))), signal);
	}

	function settle(version: string, polls: ReadonlyArray<{readonly scope: string | undefined; readonly poll: Poll}>, signal: AbortSignal): number {
		if (signal.aborted) return LONGEST_MS;
		const failed = polls.flatMap(({poll: each}) => (each.ok ? [] : [each.error]));
		const items = polls.reduce((sum, {poll: each}) => sum + (each.ok ? each.value.items : 0), 0);
		const fresh = polls.reduce((sum, {poll: each}) => sum + (each.ok ? each.value.fresh : 0), 0);
		// A few stragglers are not the next window.
		const isFresh = fresh > 0 && fresh >= items / 4;
		seen.forgetGone(items);
		if (isFresh) learn();
		const wait = failed.length === polls.length ? waitAfterFailure(failed[0]!) : waitForNext(isFresh);
		for (const {scope, poll: each} of polls) {
			const answer: MetricsAnswer = each.ok
				? {kind: 'ok', version, items: each.value.items, newSamples: each.value.fresh, at: clock.now()}
				: {
						kind: 'failed',
						status: each.error.kind === 'status' ? each.error.status : undefined,
						message: messageOf(each.error),
						at: clock.now(),
						nextTryAt: epochMs(clock.now() + wait),
					};
			context.observe({kind: 'fact', fact: {name: 'metricsApi', of, namespace: scope, answer}});
		}
		return wait;
	}

	function containersOf(containers: PodMetrics['containers']): readonly string[] {
		const names = containers.map(({name}) => name).sort();
		if (!isSameList(names, containersBefore)) containersBefore = names;
		return containersBefore;
	}

	/** Adds what is said of a pod; without a time it says nothing. @returns Whether it is new. */
	function addPod({metadata: {namespace, name}, timestamp, window, containers}: PodMetrics, samples: SamplesBuilder): boolean {
		if (timestamp === undefined) return false;
		const entry = seen.entryOf(namespace, name) ?? seen.add(namespace, name, measuredPod(namespace, name, containersOf(containers)));
		// In the order of their names: the answer has them in none.
		const ordered = isInOrder(entry.measured.names, containers) ? containers : containers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
		if (ordered !== containers && !isInOrder(entry.measured.names, ordered)) entry.measured = measuredPod(namespace, name, containersOf(containers));
		samples.add(entry.measured, timestamp, window ?? 0);
		for (let at = 0; at < ordered.length; at++) samples.figure(at, ordered[at]!.usage);
		return seen.isNew(entry, timestamp);
	}

	/** Adds what is said of a node; see {@link addPod}. */
	function addNode({metadata: {name}, timestamp, window, usage}: NodeMetrics, samples: SamplesBuilder): boolean {
		if (timestamp === undefined) return false;
		const entry = seen.entryOf('', name) ?? seen.add('', name, measuredNode(name));
		samples.add(entry.measured, timestamp, window ?? 0);
		samples.figure(0, usage);
		return seen.isNew(entry, timestamp);
	}

	/** Has a new window come: how far from the one before, and how soon after its end did we see it? */
	function learn(): void {
		const {latest} = seen;
		if (latest <= newest) return;
		if (Number.isFinite(newest)) distances = [...distances, latest - newest].slice(-DISTANCES);
		newest = latest;
		const foundAfter = clock.monotonic() - latest;
		lateEnough = misses > 0 ? foundAfter : Math.min(lateEnough, foundAfter);
		tooEarly = Math.min(tooEarly - DRIFT_MS, lateEnough);
	}

	function waitForNext(isFresh: boolean): number {
		failures = 0;
		refusals = 0;
		const cadence = distances.length < FEWEST_DISTANCES ? DEFAULT_CADENCE_MS : Math.min(LONGEST_MS, Math.max(SHORTEST_MS, medianOf(distances)));
		const ordinary = cadence * (1 + LEAST_JITTER + (MOST_JITTER - LEAST_JITTER) * random());
		misses = isFresh ? 0 : misses + 1;
		if (distances.length < FEWEST_DISTANCES || misses > TOO_EARLY_TRIES) return ordinary;
		if (misses > 0) {
			tooEarly = Math.max(tooEarly, clock.monotonic() - newest - cadence);
			return TOO_EARLY_MS;
		}
		const boldness = Math.min(BOLDEST_MS, (lateEnough - tooEarly) / 2);
		const aligned = newest + cadence + lateEnough - boldness + ALIGNED_JITTER_MS * random() - clock.monotonic();
		return aligned >= SHORTEST_MS ? Math.min(aligned, LONGEST_MS * (1 + MOST_JITTER)) : ordinary;
	}

	function waitAfterFailure(error: TransportError): number {
		if (error.kind === 'status') {
			// A server that has just come back refuses everybody until it knows its roles.
			if (error.status === 403) return ++refusals < REFUSALS_UNTIL_BELIEVED ? REFUSED_MS : FORBIDDEN_MS;
			if (error.retryAfterMs !== undefined) return error.retryAfterMs + random() * RETRY_AFTER_JITTER_MS;
			if (error.status === 404 && versions() === undefined) guess = guess === 'v1' ? 'v1beta1' : 'v1';
		}
		const wait = Math.min(LONGEST_MS, DEFAULT_CADENCE_MS * 2 ** failures);
		failures++;
		return wait * (1 + MOST_JITTER * random());
	}

	const {start, stop, wake} = createPollLoop(clock, poll);
	return {start, stop, pollNow: wake};
}

/** Who was answered, and of when the last answer was. */
type Seen = {measured: Measured; timestamp: number};

/** Everybody who was answered: who stays the same object, and of what is answered again it is known what is new. */
function createSeenSamples() {
	const entries = new NamedMap<Seen>();
	let latest = Number.NEGATIVE_INFINITY;
	return {
		/** Timestamp of the latest of all. */
		get latest() {
			return latest;
		},
		entryOf: (namespace: string, name: string): Seen | undefined => entries.get(namespace, name),
		add(namespace: string, name: string, measured: Measured): Seen {
			const entry = {measured, timestamp: Number.NEGATIVE_INFINITY};
			entries.set(namespace, name, entry);
			return entry;
		},
		isNew(entry: Seen, timestamp: number): boolean {
			const before = entry.timestamp;
			entry.timestamp = timestamp;
			latest = Math.max(latest, timestamp);
			return timestamp > before;
		},
		forgetGone(answered: number): void {
			if (entries.size >= SEEN_SHARE * answered + FEWEST_SEEN) entries.deleteWhere(({timestamp}) => timestamp < latest - SEEN_MS);
		},
	};
}

function isInOrder(names: readonly string[], containers: PodMetrics['containers']): boolean {
	if (names.length !== containers.length) return false;
	for (let at = 0; at < names.length; at++) if (containers[at]!.name !== names[at]) return false;
	return true;
}

function unreadable(detail: string): TransportError {
	return {kind: 'connection', code: 'MALFORMED', message: `the metrics API's answer cannot be read: ${detail}`};
}
