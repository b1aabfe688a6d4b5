import {groupVersionPath, objectPath} from '../kube/api-paths.ts';
import {type NotedScale, type ScaleTarget, scaleTopic} from '../observe/hpa-scale-notes.ts';
import type {TransportError} from '../transport/transport.ts';
import {err, ok, type Result} from '../util/result.ts';
import {isJsonObject, parseJson} from '../wire/json-text.ts';
import {createGate} from './gate.ts';
import {createPassPoller} from './pass-poller.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {messageOf, shortRequest} from './short-request.ts';

const AT_ONCE = 4;
/** What is refused or not there is asked again after this; so is what a group serves. */
const REST_MS = 300_000;

/** The plural of a kind, and whether it has a scale. */
type ServedKind = {readonly plural: string; readonly isNamespaced: boolean; readonly hasScale: boolean};
type Failure = {readonly message: string; readonly isOurs: boolean};

export type ScalePollerOptions = {
	/** Targets that have to be asked for their scale, and in how many ms the next pass will ask; undefined: nobody knows. */
	readonly targets: () => ReadonlyArray<{readonly target: ScaleTarget; readonly nextPassInMs: number | undefined}>;
	/** Between two answers of one target, ms. */
	readonly periodMs: () => number;
};

/** Asks targets for their scale as the HPA controller does, one GET of each a period, as long as somebody looks. */
export type ScalePoller = {start(): void; stop(): void; pollNow(): void};

/**
 * For kinds whose objects are not watched: custom resources, and whatever else somebody scales. What a kind is called in
 * paths is asked once for its group and version.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, scaleForResourceMappings.
 */
export function createScalePoller(context: ReflectorContext, {targets, periodMs}: ScalePollerOptions): ScalePoller {
	const {clock} = context;
	const gate = createGate(AT_ONCE);
	/** What a group and version serves, by kind, and until when that is believed (monotonic). */
	const served = new Map<string, {readonly kinds: Promise<Result<ReadonlyMap<string, ServedKind>, Failure>>; readonly until: number}>();
	const {start, stop, pollNow, rest} = createPassPoller<ScaleTarget>(clock, {
		questions: () => targets().map(({target, nextPassInMs}) => ({key: scaleTopic(target), question: target, nextPassInMs})),
		periodMs,
		ask,
	});

	function kindsOf(group: string, version: string, signal: AbortSignal): Promise<Result<ReadonlyMap<string, ServedKind>, Failure>> {
		const path = groupVersionPath(group, version);
		const known = served.get(path);
		if (known !== undefined && known.until > clock.monotonic()) return known.kinds;
		const kinds = shortRequest(context, {path, accept: 'application/json', counted: {verb: 'get', resource: 'discovery'}}, signal).then(
			(answer): Result<ReadonlyMap<string, ServedKind>, Failure> =>
				answer.ok ? ok(readKinds(answer.value.text)) : err(failureOf(`get ${path}`, answer.error)),
		);
		served.set(path, {kinds, until: clock.monotonic() + REST_MS});
		return kinds;
	}

	async function ask(target: ScaleTarget, signal: AbortSignal): Promise<void> {
		const leave = await gate.enter(() => 0, signal);
		if (leave === undefined) return;
		try {
			const outcome = await scaleOf(target, signal);
			if (signal.aborted) return;
			// What the server did not answer at all is asked for again with the next pass.
			if (!outcome.ok) rest(scaleTopic(target), REST_MS);
			const at = clock.now();
			const noted: NotedScale = outcome.ok ? {at, kind: 'read', ...outcome.value} : {at, kind: 'failed', ...outcome.error};
			context.observe({kind: 'fact', fact: {name: 'note', topic: scaleTopic(target), value: JSON.stringify(noted)}});
		} finally {
			leave();
		}
	}

	async function scaleOf({apiVersion, kind, namespace, name}: ScaleTarget, signal: AbortSignal): Promise<Result<ReadScale, Failure>> {
		const slash = apiVersion.indexOf('/');
		const group = slash < 0 ? '' : apiVersion.slice(0, slash);
		const version = apiVersion.slice(slash + 1);
		const kinds = await kindsOf(group, version, signal);
		if (!kinds.ok) return kinds;
		const found = kinds.value.get(kind);
		if (found === undefined) return err({message: `no kind ${kind} is served in ${apiVersion}`, isOurs: false});
		const resource = `${found.plural}${group === '' ? '' : `.${group}`}/scale`;
		if (!found.hasScale) return err({message: `get ${resource}: a ${kind} has no scale`, isOurs: false});
		const path = objectPath({id: found.plural, group, scope: found.isNamespaced ? 'namespaced' : 'cluster'}, version, namespace, name, 'scale');
		const answer = await shortRequest(context, {path, accept: 'application/json', counted: {verb: 'get', resource}}, signal);
		if (!answer.ok) return err(failureOf(`get ${resource}`, answer.error));
		const scale = readScale(answer.value.text);
		return scale === undefined ? err({message: `get ${resource}: the answer is no scale`, isOurs: true}) : ok(scale);
	}

	return {
		start,
		stop,
		pollNow() {
			served.clear();
			pollNow();
		},
	};
}

/** A refusal is ours alone; what is not there is not there for the controller either. */
function failureOf(what: string, error: TransportError): Failure {
	if (error.kind !== 'status') return {message: `${what}: ${messageOf(error)}`, isOurs: true};
	return {message: `${what}: ${error.status} ${error.message}`, isOurs: error.status !== 404};
}

type ReadScale = {readonly specReplicas: number; readonly statusReplicas: number; readonly selector: string};

/** An autoscaling/v1 Scale; what it leaves out is zero or empty. */
export function readScale(text: string): ReadScale | undefined {
	const parsed = parseJson(text);
	if (!parsed.ok || !isJsonObject(parsed.value) || parsed.value.kind !== 'Scale') return undefined;
	const {spec, status} = parsed.value;
	const count = (from: unknown): number => (isJsonObject(from) && typeof from.replicas === 'number' ? from.replicas : 0);
	const selector = isJsonObject(status) ? status.selector : undefined;
	return {specReplicas: count(spec), statusReplicas: count(status), selector: typeof selector === 'string' ? selector : ''};
}

/** The kinds of an APIResourceList. */
export function readKinds(text: string): ReadonlyMap<string, ServedKind> {
	const parsed = parseJson(text);
	const resources = parsed.ok && isJsonObject(parsed.value) && Array.isArray(parsed.value.resources) ? parsed.value.resources.filter(isJsonObject) : [];
	const names = new Set(resources.map(({name}) => name));
	return new Map(
		resources.flatMap(({name, kind, namespaced}) =>
			typeof name !== 'string' || typeof kind !== 'string' || name.includes('/')
				? []
				: [[kind, {plural: name, isNamespaced: namespaced === true, hasScale: names.has(`${name}/scale`)}] as const],
		),
	);
}
