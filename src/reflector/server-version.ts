import type {Cancel} from '../util/clock.ts';

export type KnownVersion = {readonly gitVersion: string; readonly major: number; readonly minor: number};

/** The server's version, which arrives beside the first requests and never before them. */
export type ServerVersion = {
	known(): KnownVersion | undefined;
	/** Called when it becomes known, or turns out to be another one. */
	onKnown(call: (version: KnownVersion) => void): Cancel;
	set(version: KnownVersion): void;
};

/** Not known yet. */
export function createServerVersion(): ServerVersion {
	const listeners = new Set<(version: KnownVersion) => void>();
	let known: KnownVersion | undefined;

	return {
		known: () => known,
		onKnown(call) {
			listeners.add(call);
			return () => listeners.delete(call);
		},
		set(version) {
			if (known?.gitVersion === version.gitVersion) return;
			known = version;
			for (const call of [...listeners]) call(version);
		},
	};
}

/** First release that may have the gate WatchList on without being asked. */
const STREAMS_LISTS = 32;
/** First release whose LIST is streamed while it is encoded, in both encodings, so that an unpaged one costs no more. */
const STREAMS_LIST_ENCODING = 33;

/** Is it known to be from before the streamed list (WatchList)? */
export function isTooOldToStream(version: KnownVersion | undefined): boolean {
	return isAtLeast(version, STREAMS_LISTS) === false;
}

/** Is it known to serve a LIST in one piece at no more cost than in pages? */
export function listsWhole(version: KnownVersion | undefined): boolean {
	return isAtLeast(version, STREAMS_LIST_ENCODING) === true;
}

function isAtLeast(version: KnownVersion | undefined, minor: number): boolean | undefined {
	return version === undefined ? undefined : version.major > 1 || version.minor >= minor;
}
