import type {ObjectKey, Resource} from '../../src/kube/schema.ts';
import type {Freshness, MetricsAnswer} from '../../src/observe/observation.ts';
import type {AccessFlags} from '../../src/transport/access.ts';
import type {Unsupported} from '../../src/reflector/watch-list-memory.ts';
import {openAccess, readTextFile} from '../../src/workbench/open-access.ts';
import {realClock} from '../../src/workbench/real-clock.ts';
import {type ClusterSession, createSession} from '../../src/workbench/session.ts';

export type LiveSessionOptions = {
	readonly access: AccessFlags;
	readonly namespaces?: readonly string[];
	readonly remembered?: readonly Unsupported[];
	readonly remember?: (entries: readonly Unsupported[]) => void;
};

/** A session as kwb opens it, that leaves nothing in this machine's cache directory. */
export function openLiveSession({access: flags, namespaces, remembered = [], remember = () => undefined}: LiveSessionOptions): ClusterSession {
	const access = openAccess(flags);
	if (!access.ok) throw new Error(access.error.message);
	return createSession({
		access: access.value,
		clock: realClock,
		random: Math.random,
		env: {},
		readFile: readTextFile,
		userAgent: 'kwb-live-test',
		namespaces,
		selector: undefined,
		encoding: undefined,
		onActivity: () => undefined,
		runInteractive: undefined,
		unsupportedWatchLists: remembered,
		saveUnsupportedWatchLists: remember,
	});
}

/** How current a scope is now; not as the last frame had it. @param namespace '' is the whole cluster. */
export function freshnessIn(session: ClusterSession, resource: Resource, namespace = ''): Freshness | undefined {
	return session.stream.frame(session.stream.now()).freshness(resource.id).get(namespace);
}

/** Keys of what is held of a resource, sorted. */
export function keysIn(session: ClusterSession, resource: Resource): readonly string[] {
	return [...session.stream.frame(session.stream.now()).snapshot(resource).objects.keys()].sort();
}

/** uid and resourceVersion by key, as `versionsOnServer` has them. */
export function versionsIn(session: ClusterSession, resource: Resource): ReadonlyMap<ObjectKey, string> {
	const {objects} = session.stream.frame(session.stream.now()).snapshot(resource);
	return new Map(Array.from(objects, ([key, {metadata}]) => [key, `${metadata.uid} ${metadata.resourceVersion}`]));
}

/** How the metrics API answered last. @param scope `pod`, `node`, or with a namespace `pod/NAME`. */
export function metricsAnswer(session: ClusterSession, scope: string): MetricsAnswer | undefined {
	return session.stream.frame(session.stream.now()).facts.metricsApi.get(scope)?.answer;
}
