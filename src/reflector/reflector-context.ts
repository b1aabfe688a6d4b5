import type {Observe} from '../observe/observation.ts';
import type {Transport} from '../transport/transport.ts';
import type {Clock, Random} from '../util/clock.ts';
import type {Wire} from '../wire/wire.ts';
import {createEncodingMemory, type EncodingMemory} from './encoding-memory.ts';
import {createGate, type Gate} from './gate.ts';
import {createReflectorCounters, type ReflectorCounters} from './reflector-counters.ts';
import {createServerVersion, type ServerVersion} from './server-version.ts';
import {createWatchListMemory, type Unsupported, type WatchListMemory} from './watch-list-memory.ts';

/** LISTs under way at once. */
const LISTS = 4;
/** Relists under way at once, so that an API server's restart does not set off forty. */
const RELISTS = 2;
/** Short requests (reviews, probes, discovery) at once. */
const SHORT_REQUESTS = 8;

/** The decoders of a session (see wire). What they give must not come back to one of them at once. */
export type Decoders = Pick<Wire, 'watchDecoder' | 'listDecoder'>;

/** What all reflectors and pollers of one cluster and user share. Made by {@link createReflectorContext}. */
export type ReflectorContext = {
	readonly transport: Pick<Transport, 'stream'>;
	readonly decoders: Decoders;
	readonly observe: Observe;
	readonly clock: Clock;
	readonly random: Random;
	/** Every answer's Date, for the server's clock. */
	readonly noteServerDate: (date: number, roundTripMs: number) => void;
	readonly version: ServerVersion;
	readonly watchLists: WatchListMemory;
	readonly encodings: EncodingMemory;
	readonly lists: Gate;
	readonly relists: Gate;
	readonly shortRequests: Gate;
	readonly counters: ReflectorCounters;
	/** A watch is back after its connection was lost: what was learned once may be of another server. */
	readonly onReconnect: () => void;
};

export type ReflectorContextOptions = Pick<ReflectorContext, 'transport' | 'decoders' | 'observe' | 'clock' | 'random' | 'noteServerDate'> & {
	readonly onReconnect?: () => void;
	/** `--wire json`. */
	readonly encoding?: 'json' | undefined;
	/** What was remembered of this server before (a file in the cache directory), and where it goes when it changes. */
	readonly unsupportedWatchLists?: readonly Unsupported[];
	readonly saveUnsupportedWatchLists?: (entries: readonly Unsupported[]) => void;
};

/** One for each cluster and user. */
export function createReflectorContext({
	encoding,
	unsupportedWatchLists,
	saveUnsupportedWatchLists,
	onReconnect = () => undefined,
	...given
}: ReflectorContextOptions): ReflectorContext {
	const version = createServerVersion();
	return {
		...given,
		onReconnect,
		version,
		watchLists: createWatchListMemory({
			clock: given.clock,
			version,
			...(unsupportedWatchLists === undefined ? {} : {saved: unsupportedWatchLists}),
			...(saveUnsupportedWatchLists === undefined ? {} : {save: saveUnsupportedWatchLists}),
		}),
		encodings: createEncodingMemory(encoding),
		lists: createGate(LISTS),
		relists: createGate(RELISTS),
		shortRequests: createGate(SHORT_REQUESTS),
		counters: createReflectorCounters(),
	};
}
