import {resourceById} from '../kube/registry.ts';
import type {Resource, ResourceId} from '../kube/schema.ts';
import {createFrameSource, type LiveFrameSource} from '../observe/create-frame-source.ts';
import {createStream, type Stream} from '../observe/create-stream.ts';
import {createReflector, type Reflector} from '../reflector/create-reflector.ts';
import {createReflectorContext, type ReflectorContext} from '../reflector/reflector-context.ts';
import type {Unsupported} from '../reflector/watch-list-memory.ts';
import type {Access, Environment, ReadFile} from '../transport/access.ts';
import type {Credentials} from '../transport/credential.ts';
import {createCredentials} from '../transport/credentials.ts';
import type {PluginActivity} from '../transport/exec-credentials.ts';
import {createHttpsTransport} from '../transport/https-transport.ts';
import type {DecodedStatus} from '../transport/status-error.ts';
import type {Transport} from '../transport/transport.ts';
import type {Cancel, Clock, Random} from '../util/clock.ts';
import {decodeStatus, Wire} from '../wire/wire.ts';

/** Resources that nobody needs any more are watched for a while: whoever looks away often looks back. */
const LINGER_MS = 120_000;

export type SessionOptions = {
	readonly access: Access;
	readonly clock: Clock;
	readonly random: Random;
	readonly env: Environment;
	readonly readFile: ReadFile;
	readonly userAgent: string;
	/** undefined: the whole cluster, else these alone. */
	readonly namespaces: readonly string[] | undefined;
	readonly encoding: 'json' | undefined;
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
	/** Whatever is being waited for is tried at once. */
	retryNow(): void;
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
	const transport = createHttpsTransport({access, credentials, clock, readFile, env, userAgent: options.userAgent, decodeStatus: statusOfProtobuf});
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
		encoding: options.encoding,
		unsupportedWatchLists: options.unsupportedWatchLists,
		saveUnsupportedWatchLists: options.saveUnsupportedWatchLists,
	});

	const followed = new Map<ResourceId, {readonly reflectors: readonly Reflector[]; leaving: Cancel | undefined}>();

	function follow(resource: Resource): void {
		const scopes = resource.scope === 'cluster' || options.namespaces === undefined ? [undefined] : options.namespaces;
		const reflectors = scopes.map(namespace => createReflector(context, {resource, namespace}));
		followed.set(resource.id, {reflectors, leaving: undefined});
		for (const reflector of reflectors) reflector.start();
	}

	return {
		access,
		credentials,
		transport,
		stream,
		frames,
		context,
		need(resources) {
			const wanted = new Set(resources);
			for (const id of wanted) {
				const entry = followed.get(id);
				if (entry !== undefined) {
					entry.leaving?.();
					entry.leaving = undefined;
					continue;
				}
				const resource = resourceById(id);
				if (resource !== undefined) follow(resource);
			}
			for (const [id, entry] of followed) {
				if (wanted.has(id) || entry.leaving !== undefined) continue;
				entry.leaving = clock.after(LINGER_MS, () => {
					followed.delete(id);
					for (const reflector of entry.reflectors) void reflector.stop();
				});
			}
		},
		retryNow() {
			credentials.forget();
			for (const {reflectors} of followed.values()) for (const reflector of reflectors) reflector.retryNow();
		},
		async close() {
			frames.stop();
			for (const {leaving} of followed.values()) leaving?.();
			const stopping = [...followed.values()].flatMap(({reflectors}) => reflectors.map(reflector => reflector.stop()));
			transport.close();
			credentials.close();
			await Promise.all(stopping);
		},
	};
}
