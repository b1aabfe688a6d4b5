import type {Encoding} from '../../src/wire/wire-event.ts';
import {contentType, encodeEvent, encodeList, encodeStatus, type ModelEvent, type ModelObject, type ModelStatus, watchContentType} from './wire-writer.ts';

/** A request as far as the model looks at it. */
export type ModelRequest = {readonly path: string; readonly query: Readonly<Record<string, string | undefined>>; readonly accept: string};

/** Where an answer goes: a socket, or a body in memory. */
export type Sink = {
	head(status: number, headers: Readonly<Record<string, string>>): void;
	write(bytes: Uint8Array): void;
	end(): void;
	/** The connection breaks. */
	reset(): void;
};

type Change = {readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly version: number; readonly object: ModelObject};
type Watcher = {readonly sink: Sink; readonly encoding: Encoding; readonly namespace: string | undefined};

/** What a server may do with the streamed list. */
export type StreamedLists = 'supported' | 'refused' | 'brokenStorage' | 'ignored';

/**
 * A small API server for pods that keeps its whole history: LIST with pages, WATCH, streamed
 * lists, bookmarks, compaction, a restore from a backup. It behaves; misbehaviour is `intercept`'s.
 */
export type ModelServer = ReturnType<typeof createModelServer>;

export function createModelServer({streamedLists = 'supported', encoding}: {streamedLists?: StreamedLists; encoding?: Encoding} = {}) {
	let history: Change[] = [];
	let version = 100;
	let floor = 0;
	let lives = 0;
	const watchers = new Set<Watcher>();
	const pages = new Map<string, {readonly version: number; readonly rest: readonly ModelObject[]}>();
	const requests: ModelRequest[] = [];
	let mode = streamedLists;
	/** Answers in the server's place when it gives true. */
	let intercept: ((request: ModelRequest, sink: Sink) => boolean) | undefined;

	function stateAt(at: number): Map<string, ModelObject> {
		const state = new Map<string, ModelObject>();
		for (const change of history) {
			if (change.version > at) break;
			const key = `${change.object.namespace}/${change.object.name}`;
			if (change.type === 'DELETED') state.delete(key);
			else state.set(key, change.object);
		}
		return state;
	}

	function change(type: Change['type'], object: ModelObject): void {
		const made = {type, version, object};
		history.push(made);
		for (const watcher of [...watchers]) if (isIn(watcher.namespace, object)) watcher.sink.write(encodeEvent(watcher.encoding, made));
	}

	function refuse(sink: Sink, format: Encoding, status: ModelStatus): void {
		sink.head(status.code, {'content-type': contentType(format)});
		sink.write(encodeStatus(format, status));
		sink.end();
	}

	function list({query}: ModelRequest, namespace: string | undefined, format: Encoding, sink: Sink) {
		const asked = query.resourceVersion === undefined || query.resourceVersion === '' ? 0 : Number(query.resourceVersion);
		if (asked > version) return refuse(sink, format, TOO_LARGE);
		const limit = query.resourceVersion === '0' ? 0 : Number(query.limit ?? 0);
		const continued = query.continue === undefined ? undefined : pages.get(query.continue);
		if (query.continue !== undefined && continued === undefined)
			return refuse(sink, format, {code: 400, reason: 'BadRequest', message: 'continue key is not valid'});
		if (continued !== undefined && continued.version < floor) return refuse(sink, format, EXPIRED);
		const at = continued?.version ?? version;
		const items = continued?.rest ?? [...stateAt(at).values()].filter(each => isIn(namespace, each));
		const page = limit > 0 ? items.slice(0, limit) : items;
		const rest = items.slice(page.length);
		const token = rest.length === 0 ? '' : `token-${pages.size}`;
		if (token !== '') pages.set(token, {version: at, rest});
		sink.head(200, {'content-type': contentType(format)});
		sink.write(encodeList(format, {resourceVersion: `${at}`, continueToken: token}, page));
		sink.end();
	}

	function watch({query}: ModelRequest, namespace: string | undefined, format: Encoding, sink: Sink) {
		const wantsInitial = query.sendInitialEvents === 'true';
		if (wantsInitial && mode === 'refused') return refuse(sink, format, NOT_STREAMED);
		sink.head(200, {'content-type': watchContentType(format)});
		const send = (event: ModelEvent): void => sink.write(encodeEvent(format, event));
		if (wantsInitial && mode === 'brokenStorage') {
			send({type: 'ERROR', status: {code: 500, reason: 'InternalError', message: 'etcd: RequestWatchProgress is disabled'}});
			sink.end();
			return;
		}
		const isFromStart = query.resourceVersion === undefined || query.resourceVersion === '' || query.resourceVersion === '0';
		const from = Number(query.resourceVersion ?? 0);
		if (!isFromStart && from < floor) {
			send({type: 'ERROR', status: EXPIRED});
			sink.end();
			return;
		}
		if (isFromStart) for (const object of stateAt(version).values()) if (isIn(namespace, object)) send({type: 'ADDED', object});
		if (wantsInitial && mode === 'supported') send({type: 'BOOKMARK', resourceVersion: `${version}`, isEnd: true});
		if (!isFromStart) for (const each of history) if (each.version > from && isIn(namespace, each.object)) send(each);
		watchers.add({sink, encoding: format, namespace});
	}

	return {
		/** Takes a request; the sink is told when the client has gone by {@link leave}. */
		handle(request: ModelRequest, sink: Sink) {
			requests.push(request);
			if (intercept?.(request, sink)) return;
			const format: Encoding = encoding ?? (request.accept.includes('protobuf') ? 'protobuf' : 'json');
			const match = /^\/api\/v1\/(?:namespaces\/([^/]+)\/)?pods$/.exec(request.path);
			if (match === null) return refuse(sink, 'json', {code: 404, reason: 'NotFound', message: 'the server could not find the requested resource'});
			if (request.query.watch === '1') watch(request, match[1], format, sink);
			else list(request, match[1], format, sink);
		},
		leave(sink: Sink): void {
			for (const watcher of watchers) if (watcher.sink === sink) watchers.delete(watcher);
		},
		/** Creates or changes a pod. */
		put(name: string, namespace = 'shop', nodeName = 'n1'): void {
			const before = stateAt(version).get(`${namespace}/${name}`);
			version++;
			const uid = before?.uid ?? `uid-${++lives}`;
			change(before === undefined ? 'ADDED' : 'MODIFIED', {name, namespace, uid, nodeName, resourceVersion: `${version}`});
		},
		delete(name: string, namespace = 'shop'): void {
			const before = stateAt(version).get(`${namespace}/${name}`);
			if (before === undefined) return;
			version++;
			change('DELETED', {...before, resourceVersion: `${version}`});
		},
		bookmark(): void {
			for (const watcher of [...watchers]) watcher.sink.write(encodeEvent(watcher.encoding, {type: 'BOOKMARK', resourceVersion: `${version}`}));
		},
		/** Sends something to every watch as it is. */
		send(bytes: (format: Encoding) => Uint8Array): void {
			for (const watcher of [...watchers]) watcher.sink.write(bytes(watcher.encoding));
		},
		/** Ends every watch in good order, as at a timeout. */
		endAll(): void {
			for (const {sink} of [...watchers]) sink.end();
			watchers.clear();
		},
		cutAll(): void {
			for (const {sink} of [...watchers]) sink.reset();
			watchers.clear();
		},
		/** Forgets the history up to now: older versions are 410. */
		compact(): void {
			version++;
			floor = version;
		},
		/** Goes back to an earlier state, as after a restore of etcd; every connection is lost. */
		restore(steps: number): void {
			const kept = history.slice(0, Math.max(0, history.length - steps));
			history = kept;
			version = kept.at(-1)?.version ?? 100;
			floor = Math.min(floor, version);
			for (const {sink} of [...watchers]) sink.reset();
			watchers.clear();
		},
		setStreamedLists(to: StreamedLists): void {
			mode = to;
		},
		setIntercept(to: typeof intercept): void {
			intercept = to;
		},
		/** `namespace/name` → `uid@resourceVersion`. */
		contents(namespace?: string): ReadonlyMap<string, string> {
			return new Map([...stateAt(version)].filter(([, each]) => isIn(namespace, each)).map(([key, each]) => [key, `${each.uid}@${each.resourceVersion}`]));
		},
		get version() {
			return version;
		},
		get watching() {
			return watchers.size;
		},
		requests,
	};
}

const EXPIRED: ModelStatus = {code: 410, reason: 'Expired', message: 'The resourceVersion for the provided watch is too old.'};
const TOO_LARGE: ModelStatus = {
	code: 504,
	reason: 'Timeout',
	message: 'Timeout: Too large resource version',
	causes: [{reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: ''}],
};
const NOT_STREAMED: ModelStatus = {
	code: 422,
	reason: 'Invalid',
	message:
		'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
	causes: [
		{
			reason: 'FieldValueForbidden',
			message: 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
			field: 'sendInitialEvents',
		},
	],
};

function isIn(namespace: string | undefined, object: ModelObject): boolean {
	return namespace === undefined || object.namespace === namespace;
}
