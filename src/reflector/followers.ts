import type {Resource, ResourceId} from '../kube/schema.ts';
import type {Cancel} from '../util/clock.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {type Answer, createReflector, type Reflector} from './create-reflector.ts';
import type {ReflectorContext} from './reflector-context.ts';
import type {Rights} from './rights.ts';

/** Reflectors of one resource that run at once where the cluster as a whole may not be seen. */
const MOST_NAMESPACES = 10;
/** A resource that no tab needs is followed for so long, in case somebody comes back. */
const LINGER_MS = 120_000;
/** After a sleep the watches come back one after another. */
const STAGGER_MS = 2000;

/** Follows resources for the tabs that need them, in the scopes that the user may see. */
export type Followers = {
	/** From now on these are followed. Others go on for a while, in case somebody comes back, then stop where they are. */
	need(resources: Iterable<Resource>): void;
	/** Looks at these namespaces, or (undefined) at all. What is shown stays until the new scopes have answered. */
	setNamespaces(namespaces: readonly string[] | undefined): void;
	/** Namespaces in which a resource is followed because the cluster as a whole may not be seen; empty when it may. */
	standInsFor(resource: ResourceId): readonly string[];
	/** The user's `r`. */
	retryNow(): void;
	/** The server answers again: nobody waits for it any longer. */
	reachable(): void;
	/** The machine slept: every connection is taken for dead, one after another. */
	reconnect(): void;
	/** Another cluster answers: nothing that is held is of it. */
	startOver(): void;
	stop(): Promise<void>;
};

export type FollowersOptions = {
	readonly rights: Rights;
	/** undefined: all of them. */
	readonly namespaces?: readonly string[] | undefined;
	/** Label selector of a resource; undefined: everything. */
	readonly selectorOf?: (resource: ResourceId) => string | undefined;
	/** The only namespaces in which a resource is of interest, whatever the user looks at; undefined: no such limit. */
	readonly onlyIn?: (resource: ResourceId) => readonly string[] | undefined;
	/** Namespaces stand in for the cluster from now on: for whoever else asks by namespace. */
	readonly onStandIns?: (resource: ResourceId) => void;
	/** What is on the screen goes first. Larger is sooner. */
	readonly urgencyOf?: (resource: ResourceId) => number;
};

/** A namespace, or (undefined) the cluster. */
type Scope = string | undefined;

/** `nextTryAt`: when its reflector asks again by itself. */
type Answered = {readonly answer: Answer; readonly nextTryAt: EpochMs | undefined};

/** The reflectors of one resource. */
type Follower = {
	readonly resource: Resource;
	/** What was asked for. Other scopes stand in for the cluster, or are shown until these have answered. */
	wanted: ReadonlySet<Scope>;
	readonly reflectors: Map<Scope, Reflector>;
	/** Scopes that were seen, or may not be. */
	readonly answered: Map<Scope, Answered>;
	readonly controller: AbortController;
	leaving: Cancel | undefined;
};

/** Nothing is followed yet. */
export function createFollowers(context: ReflectorContext, options: FollowersOptions): Followers {
	const {rights, selectorOf = () => undefined, onlyIn = () => undefined, urgencyOf = () => 0, onStandIns = () => undefined} = options;
	const followers = new Map<ResourceId, Follower>();
	let {namespaces} = options;

	function wantedScopes(resource: Resource): ReadonlySet<Scope> {
		const only = onlyIn(resource.id);
		if (only !== undefined) return new Set(only);
		return new Set(resource.scope === 'cluster' || namespaces === undefined ? [undefined] : namespaces);
	}

	function open(follower: Follower, scope: Scope): void {
		const {resource, reflectors} = follower;
		const reflector = createReflector(context, {
			resource,
			namespace: scope,
			selector: selectorOf(resource.id),
			urgency: () => urgencyOf(resource.id),
			onAnswer: (answer, nextTryAt) => followers.get(resource.id) === follower && take(follower, scope, {answer, nextTryAt}),
		});
		reflectors.set(scope, reflector);
		if (follower.leaving === undefined) reflector.start();
	}

	function take(follower: Follower, scope: Scope, heard: Answered): void {
		const {resource, wanted, answered, reflectors} = follower;
		const {answer} = heard;
		answered.set(scope, heard);
		if (answer === 'forbidden' && scope === undefined && wanted.has(scope) && resource.scope === 'namespaced') {
			void standIn(follower);
			return;
		}
		// One of several that may not be seen is not waited for.
		if (answer === 'forbidden' && reflectors.size > 1) leaveForbidden(follower, scope);
		dropReplaced(follower);
	}

	/** When all that was asked for has come, what was shown instead goes. */
	function dropReplaced({resource, wanted, answered, reflectors}: Follower): void {
		for (const scope of wanted) {
			const answer = answered.get(scope)?.answer;
			if (answer === undefined || (answer === 'forbidden' && scope === undefined)) return;
		}
		for (const [scope, reflector] of reflectors) {
			if (wanted.has(scope)) continue;
			reflectors.delete(scope);
			answered.delete(scope);
			void reflector.stop(true);
			drop(resource, scope);
		}
	}

	/** The cluster as a whole may not be seen: the namespaces that may. */
	async function standIn(follower: Follower): Promise<void> {
		const {resource, wanted, answered, reflectors, controller} = follower;
		const allowed = await rights.namespacesFor(resource, controller.signal);
		if (controller.signal.aborted || follower.wanted !== wanted || answered.get(undefined)?.answer !== 'forbidden') return;
		const news = allowed.slice(0, MOST_NAMESPACES).filter(scope => !reflectors.has(scope));
		for (const scope of news) open(follower, scope);
		if (reflectors.size === 1) return;
		leaveForbidden(follower, undefined);
		if (news.length > 0) onStandIns(resource.id);
	}

	/** A scope that may not be seen is not waited for; it stays known as forbidden. */
	function leaveForbidden({resource, answered}: Follower, scope: Scope): void {
		drop(resource, scope);
		const nextTryAt = answered.get(scope)?.nextTryAt;
		context.observe({
			kind: 'freshness',
			resource: resource.id,
			namespace: scope,
			freshness: {kind: 'forbidden', verb: 'list', resource: resource.id, namespace: scope, nextTryAt},
		});
	}

	function drop(resource: Resource, scope: Scope): void {
		context.observe({kind: 'object', resource: resource.id, namespace: scope, event: {kind: 'drop'}});
	}

	function all(): readonly Reflector[] {
		return [...followers.values()].flatMap(({reflectors}) => [...reflectors.values()]);
	}

	function begin(resource: Resource): void {
		const follower: Follower = {
			resource,
			wanted: wantedScopes(resource),
			reflectors: new Map(),
			answered: new Map(),
			controller: new AbortController(),
			leaving: undefined,
		};
		followers.set(resource.id, follower);
		for (const scope of follower.wanted) open(follower, scope);
	}

	/** @param isReplaced Another one follows at once. */
	function end({leaving, controller, reflectors}: Follower, isReplaced: boolean): Promise<unknown> {
		leaving?.();
		controller.abort();
		return Promise.all([...reflectors.values()].map(reflector => reflector.stop(isReplaced)));
	}

	function leave(follower: Follower): void {
		follower.leaving ??= context.clock.after(LINGER_MS, () => {
			for (const reflector of follower.reflectors.values()) void reflector.stop();
		});
	}

	function comeBack(follower: Follower): void {
		follower.leaving?.();
		follower.leaving = undefined;
		// They may have been stopped in the meantime: they go on where they were.
		for (const reflector of follower.reflectors.values()) reflector.start();
	}

	return {
		need(resources) {
			const needed = new Map(Array.from(resources, resource => [resource.id, resource]));
			for (const [id, follower] of followers) {
				if (needed.has(id)) comeBack(follower);
				else leave(follower);
			}
			for (const resource of needed.values()) if (!followers.has(resource.id)) begin(resource);
		},
		setNamespaces(to) {
			namespaces = to;
			for (const follower of followers.values()) {
				if (follower.resource.scope === 'cluster') continue;
				follower.wanted = wantedScopes(follower.resource);
				for (const scope of follower.wanted) if (!follower.reflectors.has(scope)) open(follower, scope);
				if (follower.wanted.has(undefined) && follower.answered.get(undefined)?.answer === 'forbidden') void standIn(follower);
				else dropReplaced(follower);
			}
		},
		standInsFor(id) {
			const follower = followers.get(id);
			return [...(follower?.reflectors.keys() ?? [])].filter(scope => scope !== undefined && !follower!.wanted.has(scope)).map(scope => scope!);
		},
		retryNow() {
			for (const reflector of all()) reflector.retryNow();
		},
		reachable() {
			for (const reflector of all()) reflector.reachable();
		},
		reconnect() {
			for (const reflector of all()) context.clock.after(context.random() * STAGGER_MS, () => reflector.reconnect());
		},
		startOver() {
			const before = [...followers.values()];
			followers.clear();
			for (const follower of before) {
				void end(follower, true);
				for (const scope of follower.reflectors.keys()) drop(follower.resource, scope);
				if (follower.leaving === undefined) begin(follower.resource);
			}
		},
		async stop() {
			const before = [...followers.values()];
			followers.clear();
			await Promise.all(before.map(follower => end(follower, false)));
		},
	};
}
