import type {Resource, ResourceId} from '../kube/schema.ts';
import type {Cancel} from '../util/clock.ts';
import {epochMs} from '../util/epoch-ms.ts';
import {createReflector, type Reflector} from './create-reflector.ts';
import type {ReflectorContext} from './reflector-context.ts';
import type {Rights} from './rights.ts';

/** Reflectors of one resource that run at once where the cluster as a whole may not be seen. */
const MOST_NAMESPACES = 10;
/** A resource that no tab needs is followed for so long, in case somebody comes back. */
const LINGER_MS = 120_000;
/** After a sleep the watches come back one after another. */
const STAGGER_MS = 2000;
/** A reflector that was forbidden asks again by itself after this (cluster-wide and per namespace alike). */
const ASK_AGAIN_MS = 600_000;

/** Follows resources for the tabs that need them, in the scopes that the user may see. */
export type Followers = {
	/** Needed from now on; any number of users. */
	follow(resource: Resource): void;
	/** One user less. The last one's leaving stops it a while later. */
	unfollow(resource: Resource): void;
	/** Looks at one namespace, or (undefined) at all. What is shown stays until the new scope has answered. */
	setNamespace(namespace: string | undefined): void;
	readonly followed: readonly ResourceId[];
	/** Namespaces in which a resource is followed because the cluster as a whole may not be; empty when it may. */
	namespacesOf(resource: ResourceId): readonly string[];
	/** The user's `r`. */
	retryNow(): void;
	/** The machine slept: every connection is taken for dead, one after another. */
	reconnect(): void;
	/** Another cluster answers: nothing that is held is of it. */
	startOver(): void;
	stop(): Promise<void>;
};

export type FollowersOptions = {
	readonly rights: Rights;
	/** undefined: all namespaces. */
	readonly namespace?: string | undefined;
	/** What is on the screen goes first. Larger is sooner. */
	readonly urgencyOf?: (resource: ResourceId) => number;
};

/** The reflectors of one resource: the one the user asked for, and those that stand in for it or that it will replace. */
type Follower = {
	readonly resource: Resource;
	users: number;
	/** Of the scope that was asked for. */
	main: Reflector;
	scope: string | undefined;
	/** By namespace (undefined: the cluster): standing in while `main` is forbidden, or shown until it has answered. */
	readonly others: Map<string | undefined, Reflector>;
	readonly synced: Set<Reflector>;
	readonly controller: AbortController;
	cancelLinger: Cancel | undefined;
};

/** Nothing is followed yet. */
export function createFollowers(context: ReflectorContext, {rights, namespace: firstNamespace, urgencyOf = () => 0}: FollowersOptions): Followers {
	const followers = new Map<ResourceId, Follower>();
	let namespace = firstNamespace;

	function wantedScope(resource: Resource): string | undefined {
		return resource.scope === 'cluster' ? undefined : namespace;
	}

	function reflectorOf(resource: Resource, scope: string | undefined): Reflector {
		const reflector: Reflector = createReflector(context, {
			resource,
			namespace: scope,
			urgency: () => urgencyOf(resource.id),
			onAnswer(answer) {
				const follower = followers.get(resource.id);
				if (follower === undefined) return;
				if (answer === 'synced') follower.synced.add(reflector);
				else follower.synced.delete(reflector);
				if (follower.main !== reflector) {
					if (answer === 'forbidden' && follower.others.get(scope) === reflector) leaveForbidden(resource, scope);
				} else if (answer === 'synced') replaceOthers(follower);
				else if (answer === 'forbidden' && scope === undefined && resource.scope === 'namespaced') void standIn(follower);
			},
		});
		return reflector;
	}

	/** The scope that was asked for has come: what was shown instead goes. */
	function replaceOthers({resource, others}: Follower): void {
		const replaced = [...others];
		others.clear();
		for (const [scope, reflector] of replaced) {
			void reflector.stop(true);
			drop(resource, scope);
		}
	}

	/** The cluster as a whole may not be seen: the namespaces that may. */
	async function standIn(follower: Follower): Promise<void> {
		const {resource, main, others, controller} = follower;
		const allowed = await rights.namespacesFor(resource, controller.signal);
		if (controller.signal.aborted || follower.main !== main || follower.synced.has(main)) return;
		for (const scope of allowed.slice(0, MOST_NAMESPACES)) {
			if (others.has(scope)) continue;
			const reflector = reflectorOf(resource, scope);
			others.set(scope, reflector);
			if (follower.users > 0) reflector.start();
		}
		if (others.size > 0) leaveForbidden(resource, undefined);
	}

	/** A scope that may not be seen is not waited for; it stays known as forbidden. */
	function leaveForbidden(resource: Resource, scope: string | undefined): void {
		drop(resource, scope);
		const nextTryAt = epochMs(context.clock.now() + ASK_AGAIN_MS);
		context.observe({
			kind: 'freshness',
			resource: resource.id,
			namespace: scope,
			freshness: {kind: 'forbidden', verb: 'list', resource: resource.id, namespace: scope, nextTryAt},
		});
	}

	function drop(resource: Resource, scope: string | undefined): void {
		context.observe({kind: 'object', resource: resource.id, namespace: scope, event: {kind: 'drop'}});
	}

	function reflectorsOf({main, others}: Follower): readonly Reflector[] {
		return [main, ...others.values()];
	}

	function all(): readonly Reflector[] {
		return [...followers.values()].flatMap(reflectorsOf);
	}

	/** @param isReplaced Another one follows at once. */
	function end(follower: Follower, isReplaced: boolean): Promise<unknown> {
		follower.cancelLinger?.();
		follower.controller.abort();
		return Promise.all(reflectorsOf(follower).map(reflector => reflector.stop(isReplaced)));
	}

	function begin(resource: Resource, users: number): void {
		const scope = wantedScope(resource);
		const main = reflectorOf(resource, scope);
		followers.set(resource.id, {
			resource,
			users,
			main,
			scope,
			others: new Map(),
			synced: new Set(),
			controller: new AbortController(),
			cancelLinger: undefined,
		});
		main.start();
	}

	/** The former scope is shown until the new one has answered. */
	function turnTo(follower: Follower, scope: string | undefined): void {
		const {resource, main, others, synced} = follower;
		const known = others.get(scope);
		others.delete(scope);
		others.set(follower.scope, main);
		follower.scope = scope;
		follower.main = known ?? reflectorOf(resource, scope);
		if (synced.has(follower.main)) replaceOthers(follower);
		else if (follower.users > 0) follower.main.start();
	}

	return {
		follow(resource) {
			const follower = followers.get(resource.id);
			if (follower === undefined) {
				begin(resource, 1);
				return;
			}
			follower.users++;
			follower.cancelLinger?.();
			follower.cancelLinger = undefined;
			// They may have been stopped in the meantime: they go on where they were.
			for (const reflector of reflectorsOf(follower)) reflector.start();
		},
		unfollow(resource) {
			const follower = followers.get(resource.id);
			if (follower === undefined || follower.users === 0 || --follower.users > 0) return;
			follower.cancelLinger = context.clock.after(LINGER_MS, () => {
				for (const reflector of reflectorsOf(follower)) void reflector.stop();
			});
		},
		setNamespace(to) {
			if (to === namespace) return;
			namespace = to;
			for (const follower of followers.values()) if (follower.resource.scope === 'namespaced') turnTo(follower, to);
		},
		get followed() {
			return [...followers.values()].filter(each => each.users > 0).map(each => each.resource.id);
		},
		namespacesOf(id) {
			return [...(followers.get(id)?.others.keys() ?? [])].filter(scope => scope !== undefined);
		},
		retryNow() {
			for (const reflector of all()) reflector.retryNow();
		},
		reconnect() {
			for (const reflector of all()) context.clock.after(context.random() * STAGGER_MS, () => reflector.reconnect());
		},
		startOver() {
			const before = [...followers.values()];
			followers.clear();
			for (const follower of before) {
				void end(follower, true);
				for (const scope of [follower.scope, ...follower.others.keys()]) drop(follower.resource, scope);
				if (follower.users > 0) begin(follower.resource, follower.users);
			}
		},
		async stop() {
			const before = [...followers.values()];
			followers.clear();
			await Promise.all(before.map(follower => end(follower, false)));
		},
	};
}
