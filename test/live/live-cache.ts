import {isDeepStrictEqual} from 'node:util';
import {resourceById} from '../../src/kube/registry.ts';
import type {ObjectKey, Resource, Stored} from '../../src/kube/schema.ts';
import {createStream, type Stream} from '../../src/observe/create-stream.ts';
import type {Freshness} from '../../src/observe/observation.ts';
import {createReflector, type Reflector} from '../../src/reflector/create-reflector.ts';
import {createReflectorContext, type ReflectorContext} from '../../src/reflector/reflector-context.ts';
import type {Unsupported} from '../../src/reflector/watch-list-memory.ts';
import {createCredentials} from '../../src/transport/credentials.ts';
import {createHttpsTransport} from '../../src/transport/https-transport.ts';
import type {RequestSpec, Transport} from '../../src/transport/transport.ts';
import type {Clock, Random} from '../../src/util/clock.ts';
import {decodeStatus, Wire} from '../../src/wire/wire.ts';
import {openAccess, readTextFile} from '../../src/workbench/open-access.ts';
import {realClock} from '../../src/workbench/real-clock.ts';

/** One request of a cache, and what the headers of its answer said. Times are monotonic. */
export type Sent = {
	readonly verb: string;
	readonly resource: string;
	readonly query: NonNullable<RequestSpec['query']>;
	readonly sentAt: number;
	readonly answeredAt: number;
	/** HTTP status, or the kind of failure. */
	readonly status: number | string;
	readonly contentType: string;
	readonly retryAfterMs: number | undefined;
};

/** Reflectors on a real server and what they feed: a session without its pollers and without anything learned beside them. */
export type LiveCache = {
	readonly stream: Stream;
	readonly context: ReflectorContext;
	readonly transport: Transport;
	/** Every answered request, in the order of the answers. */
	readonly sent: readonly Sent[];
	follow(resources: Iterable<Resource>): void;
	reflector(resource: Resource): Reflector;
	freshness(resource: Resource): Freshness | undefined;
	objects(resource: Resource): ReadonlyMap<ObjectKey, Stored>;
	/** uid and resourceVersion by key, as `versionsOnServer` has them. */
	versions(resource: Resource): ReadonlyMap<ObjectKey, string>;
	close(): Promise<void>;
};

export type LiveCacheOptions = {
	readonly kubeconfig: string;
	/** LIST and WATCH, in one piece or in pages; undefined: as kwb does, a streamed list. */
	readonly lists?: 'whole' | 'pages' | undefined;
	readonly encoding?: 'json' | undefined;
	readonly clock?: Clock;
	readonly random?: Random;
	readonly unsupportedWatchLists?: readonly Unsupported[];
	readonly saveUnsupportedWatchLists?: (entries: readonly Unsupported[]) => void;
};

/** Opens nothing by itself. */
export function openLiveCache({kubeconfig, lists, encoding, clock = realClock, random = Math.random, ...memory}: LiveCacheOptions): LiveCache {
	const access = openAccess({kubeconfig});
	if (!access.ok) throw new Error(access.error.message);
	const credentials = createCredentials(access.value, {
		clock,
		env: process.env,
		readFile: readTextFile,
		runPlugin: async run => (await import('../../src/transport/exec-plugin.ts')).runPlugin(run),
		onActivity: () => undefined,
		runInteractive: undefined,
	});
	const transport = createHttpsTransport({
		access: access.value,
		credentials,
		clock,
		readFile: readTextFile,
		env: {},
		userAgent: 'kwb-live-test',
		decodeStatus(body) {
			const status = decodeStatus('application/vnd.kubernetes.protobuf', body);
			return status && {reason: status.reason, message: status.message, retryAfterSeconds: status.details.retryAfterSeconds, causes: status.details.causes};
		},
	});
	const sent: Sent[] = [];
	const stream = createStream({clock, resourceOf: resourceById});
	const context = createReflectorContext({
		transport: {
			async stream(spec, signal) {
				const sentAt = performance.now();
				const answer = await transport.stream(spec, signal);
				const failure = answer.ok ? undefined : answer.error;
				sent.push({
					...spec.counted,
					query: spec.query ?? {},
					sentAt,
					answeredAt: performance.now(),
					status: answer.ok ? answer.value.status : failure?.kind === 'status' ? failure.status : failure!.kind,
					contentType: answer.ok ? answer.value.contentType : '',
					retryAfterMs: failure?.kind === 'status' ? failure.retryAfterMs : undefined,
				});
				return answer;
			},
		},
		decoders: new Wire(),
		observe: stream.observe,
		clock,
		random,
		noteServerDate: stream.noteServerDate,
		encoding,
		...(lists === undefined ? {} : {unsupportedWatchLists: [{group: '', gitVersion: undefined, how: 'the test says so', at: clock.now()}]}),
		...memory,
	});
	// The only thing that the release decides: from 1.33 on a list comes in one piece.
	if (lists === 'whole') context.version.set({gitVersion: 'v1.33.0', major: 1, minor: 33});
	const reflectors = new Map<Resource, Reflector>();
	const frame = () => stream.frame(stream.now());
	const objects = (resource: Resource): ReadonlyMap<ObjectKey, Stored> => frame().snapshot(resource).objects;

	return {
		stream,
		context,
		transport,
		sent,
		follow(resources) {
			for (const resource of resources) {
				const reflector = createReflector(context, {resource, namespace: undefined});
				reflectors.set(resource, reflector);
				reflector.start();
			}
		},
		reflector: resource => reflectors.get(resource)!,
		freshness: resource => frame().freshness(resource.id).get(''),
		objects,
		versions: resource => new Map(Array.from(objects(resource), ([key, {metadata}]) => [key, `${metadata.uid} ${metadata.resourceVersion}`])),
		async close() {
			const stopped = Array.from(reflectors.values(), reflector => reflector.stop());
			transport.close();
			credentials.close();
			await Promise.all(stopped);
		},
	};
}

/** The first object in which two stores differ, as both have it; undefined: they are deeply equal. */
export function firstDifference<T>(
	one: ReadonlyMap<ObjectKey, T>,
	other: ReadonlyMap<ObjectKey, T>,
): {readonly key: ObjectKey; readonly one: T | undefined; readonly other: T | undefined} | undefined {
	for (const key of new Set([...one.keys(), ...other.keys()])) {
		if (!isDeepStrictEqual(one.get(key), other.get(key))) return {key, one: one.get(key), other: other.get(key)};
	}
	return undefined;
}
