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

/** Is it 1.`minor` or later? undefined: not known. */
export function isAtLeast(version: KnownVersion | undefined, minor: number): boolean | undefined {
	return version === undefined ? undefined : version.major > 1 || version.minor >= minor;
}
