import type {Clock} from '../util/clock.ts';
import type {ServerVersion} from './server-version.ts';

/** For so long a server is not asked again. */
const REMEMBERED_MS = 24 * 60 * 60 * 1000;

/** Groups that the API server serves itself: what one of them does not support, none does. */
const BUILT_IN: ReadonlySet<string> = new Set([
	'',
	'admissionregistration.k8s.io',
	'apiextensions.k8s.io',
	'apiregistration.k8s.io',
	'apps',
	'autoscaling',
	'batch',
	'certificates.k8s.io',
	'coordination.k8s.io',
	'discovery.k8s.io',
	'events.k8s.io',
	'networking.k8s.io',
	'node.k8s.io',
	'policy',
	'rbac.authorization.k8s.io',
	'resource.k8s.io',
	'scheduling.k8s.io',
	'storage.k8s.io',
]);

/** A server, or an aggregated group of it, that does not stream lists. */
export type Unsupported = {
	/** '' stands for the server itself. */
	readonly group: string;
	/** undefined: it was not known yet. */
	readonly gitVersion: string | undefined;
	/** How it showed, for a person. */
	readonly how: string;
	/** EpochMs. */
	readonly at: number;
};

/** Who does not support the streamed list (WatchList). That it is supported is the default and is not kept. */
export type WatchListMemory = {
	/** How it showed that this group's server does not; undefined: ask it. */
	unsupported(group: string): string | undefined;
	remember(group: string, how: string): void;
	/** All that is remembered, for `:api`. */
	entries(): readonly Unsupported[];
};

export type WatchListMemoryOptions = {
	readonly clock: Clock;
	readonly version: ServerVersion;
	/** What was remembered of this server's address before. */
	readonly saved?: readonly Unsupported[];
	/** Called with everything whenever it changes. */
	readonly save?: (entries: readonly Unsupported[]) => void;
};

/** Held for the session and for 24 hours; dropped at once when `/version` says something else. */
export function createWatchListMemory({clock, version, saved = [], save = () => undefined}: WatchListMemoryOptions): WatchListMemory {
	const entries = new Map(saved.filter(entry => isFresh(entry)).map(entry => [entry.group, entry]));

	function isFresh(entry: Unsupported): boolean {
		const age = clock.now() - entry.at;
		return age >= 0 && age < REMEMBERED_MS;
	}

	version.onKnown(({gitVersion}) => {
		let changed = false;
		for (const [group, entry] of entries) {
			if (entry.gitVersion === gitVersion) continue;
			changed = true;
			if (entry.gitVersion === undefined) entries.set(group, {...entry, gitVersion});
			else entries.delete(group);
		}
		if (changed) save([...entries.values()]);
	});

	const keyOfGroup = (group: string): string => (BUILT_IN.has(group) ? '' : group);

	return {
		unsupported(group) {
			const entry = entries.get(keyOfGroup(group));
			return entry !== undefined && isFresh(entry) ? entry.how : undefined;
		},
		remember(group, how) {
			entries.set(keyOfGroup(group), {group: keyOfGroup(group), gitVersion: version.known()?.gitVersion, how, at: clock.now()});
			save([...entries.values()]);
		},
		entries: () => [...entries.values()],
	};
}
