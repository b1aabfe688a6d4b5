import type {Fact} from '../observe/observation.ts';
import type {Result} from '../util/result.ts';
import {err, ok} from '../util/result.ts';
import {createSleeper} from '../util/sleeper.ts';
import {ACCEPT_DISCOVERY, parseDiscovery, parseVersion} from '../wire/discovery.ts';
import {isJsonObject, parseJson} from '../wire/json-text.ts';
import {createBackoff} from './backoff.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {messageOf, type ShortRequest, shortRequest} from './short-request.ts';

/** After a reconnect the server may be another one, but it is not asked more often than this. */
const ASK_AGAIN_MS = 30_000;
/** First 403s that are no answer yet, and after how long, and up to twice that, one asks again. */
const REFUSALS_DOUBTED = 2;
const DOUBT_RETRY_MS = 1000;

const VERSION: ShortRequest = {path: '/version', accept: 'application/json', counted: {verb: 'get', resource: 'version'}};
const DISCOVERY: ShortRequest = {path: '/apis', accept: ACCEPT_DISCOVERY, counted: {verb: 'get', resource: 'discovery'}};
const IDENTITY: ShortRequest = {
	path: '/api/v1/namespaces/kube-system',
	accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
	counted: {verb: 'get', resource: 'namespaces'},
};

/** What is learned once of a server: its version, what it serves, which cluster it is. */
export type ServerFacts = {
	/** Sends the three requests; to be called beside the first watch, not before it. */
	start(): void;
	/** Asks again, but not twice within half a minute: after a lost connection, or by the user's wish. */
	refresh(): void;
	/** Versions of a group by discovery, the server's preference first; undefined while discovery has not answered. */
	versionsOf(group: string): readonly string[] | undefined;
	stop(): void;
};

export type ServerFactsOptions = {
	/** Another cluster answers at this address: nothing that is held is of it. */
	readonly onOtherCluster?: () => void;
};

/** Failures are tried again, ever more slowly; a refusal (403, 404) is an answer, but for the first ones, which a server that has just started gives everybody. */
export function createServerFacts(context: ReflectorContext, {onOtherCluster = () => undefined}: ServerFactsOptions = {}): ServerFacts {
	let controller: AbortController | undefined;
	let groups: ReadonlyMap<string, readonly string[]> | undefined;
	let uid: string | undefined;
	let askedAt = Number.NEGATIVE_INFINITY;
	let isAsking = false;

	function tell(fact: Fact): void {
		context.observe({kind: 'fact', fact});
	}

	async function ask(request: ShortRequest, take: (text: string) => Result<void, string>, signal: AbortSignal): Promise<void> {
		const backoff = createBackoff(context);
		const sleeper = createSleeper(context.clock);
		let refusals = 0;
		while (!signal.aborted) {
			const answer = await shortRequest(context, request, signal);
			if (signal.aborted) return;
			const outcome = answer.ok ? take(answer.value.text) : err(messageOf(answer.error));
			if (outcome.ok) return;
			const status = answer.ok || answer.error.kind !== 'status' ? undefined : answer.error.status;
			if (status === 403 && refusals++ < REFUSALS_DOUBTED) {
				await sleeper.sleep(DOUBT_RETRY_MS * (1 + context.random()), signal);
				continue;
			}
			// Many may not see kube-system: then it is not known which cluster this is, and nothing else is missing.
			if (status === 403 || status === 404) return;
			context.observe({kind: 'fault', fault: {source: request.counted.resource, code: 'unanswered', message: outcome.error}});
			const wait = (!answer.ok && answer.error.kind === 'status' && answer.error.retryAfterMs) || backoff.next();
			await sleeper.sleep(wait, signal);
		}
	}

	function takeVersion(text: string): Result<void, string> {
		const version = parseVersion(text);
		if (!version.ok) return version;
		context.version.set(version.value);
		tell({name: 'serverVersion', ...version.value});
		return ok(undefined);
	}

	function takeDiscovery(text: string): Result<void, string> {
		const discovered = parseDiscovery(text);
		if (!discovered.ok) return discovered;
		const served = discovered.value.map(({group, versions}) => ({group, versions: versions.map(({version}) => version)}));
		groups = new Map(served.map(({group, versions}) => [group, versions]));
		tell({name: 'discovery', groups: served});
		return ok(undefined);
	}

	function takeIdentity(text: string): Result<void, string> {
		const parsed = parseJson(text);
		const metadata = parsed.ok && isJsonObject(parsed.value) ? parsed.value.metadata : undefined;
		const found = isJsonObject(metadata) && typeof metadata.uid === 'string' ? metadata.uid : undefined;
		if (found === undefined) return err('the namespace kube-system has no uid');
		const isOther = uid !== undefined && uid !== found;
		uid = found;
		tell({name: 'clusterIdentity', uid: found});
		if (isOther) {
			context.observe({
				kind: 'fault',
				fault: {source: 'cluster', code: 'other-cluster', message: 'another cluster answers at this address', hint: 'everything is fetched anew'},
			});
			onOtherCluster();
		}
		return ok(undefined);
	}

	async function askAll(signal: AbortSignal): Promise<void> {
		if (isAsking) return;
		isAsking = true;
		askedAt = context.clock.monotonic();
		await Promise.all([ask(VERSION, takeVersion, signal), ask(DISCOVERY, takeDiscovery, signal), ask(IDENTITY, takeIdentity, signal)]);
		isAsking = false;
	}

	return {
		start() {
			if (controller !== undefined) return;
			controller = new AbortController();
			void askAll(controller.signal);
		},
		refresh() {
			if (controller !== undefined && context.clock.monotonic() - askedAt >= ASK_AGAIN_MS) void askAll(controller.signal);
		},
		versionsOf: group => (groups === undefined ? undefined : (groups.get(group) ?? [])),
		stop() {
			controller?.abort();
			controller = undefined;
		},
	};
}
