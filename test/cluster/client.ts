import {readFileSync} from 'node:fs';
import {Agent as HttpAgent, request as httpRequest} from 'node:http';
import {Agent as HttpsAgent, request as httpsRequest} from 'node:https';
import {createInterface} from 'node:readline';
import {setTimeout as delay} from 'node:timers/promises';
import type {SecureContextOptions} from 'node:tls';
import {KubeConfig} from '@kubernetes/client-node';

/** A Kubernetes object as far as this client cares. What builders make is more; what the server sends is checked by who reads it. */
export type KubeObject = {
	readonly apiVersion?: string;
	readonly kind?: string;
	readonly metadata?: {
		readonly name?: string;
		readonly namespace?: string;
		readonly uid?: string;
		readonly labels?: Readonly<Record<string, string>>;
		readonly annotations?: Readonly<Record<string, string>>;
		readonly resourceVersion?: string;
	};
};

export type KubeList<T extends KubeObject> = {readonly metadata: {readonly resourceVersion?: string; readonly continue?: string}; readonly items: readonly T[]};
export type WatchEvent<T extends KubeObject> = {readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; readonly object: T};

/** Whom to talk to, and as whom: one context of a kubeconfig, resolved. */
export type Target = {
	readonly server: URL;
	/** The context goes through a proxy, so the server's address says nothing about where the server is. */
	readonly hasProxy: boolean;
	readonly tls: SecureContextOptions & {readonly servername?: string; readonly rejectUnauthorized: boolean};
	readonly token: string | undefined;
};

export type Answer = {readonly status: number; readonly body: string; readonly retryAfterSeconds: number | undefined};
export type RequestOptions = {
	readonly body?: unknown;
	readonly contentType?: string;
	readonly accept?: string;
	/** Take the first answer as it is, where 429 is one: an eviction that a budget does not allow. */
	readonly isFinal?: boolean;
};

/** What the API server said to a request that the caller did not expect to fail. */
export class ApiError extends Error {
	readonly status: number;

	constructor(method: string, path: string, answer: Answer) {
		super(`${method} ${path}: ${answer.status} ${messageIn(answer.body)}`);
		this.name = 'ApiError';
		this.status = answer.status;
	}
}

const MERGE_PATCH = 'application/merge-patch+json';
/** Accepts no more of an object than its metadata. */
export const ONLY_METADATA = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
/** JSON is YAML. */
const APPLY_PATCH = 'application/apply-patch+yaml';

/** Kind → its plural and whether it lives in a namespace; what scenarios make and nothing else. */
const KINDS: Readonly<Record<string, {readonly plural: string; readonly isNamespaced: boolean}>> = {
	APIService: {plural: 'apiservices', isNamespaced: false},
	ConfigMap: {plural: 'configmaps', isNamespaced: true},
	DaemonSet: {plural: 'daemonsets', isNamespaced: true},
	Deployment: {plural: 'deployments', isNamespaced: true},
	HorizontalPodAutoscaler: {plural: 'horizontalpodautoscalers', isNamespaced: true},
	Job: {plural: 'jobs', isNamespaced: true},
	Lease: {plural: 'leases', isNamespaced: true},
	Namespace: {plural: 'namespaces', isNamespaced: false},
	Node: {plural: 'nodes', isNamespaced: false},
	Pod: {plural: 'pods', isNamespaced: true},
	PodDisruptionBudget: {plural: 'poddisruptionbudgets', isNamespaced: true},
	Service: {plural: 'services', isNamespaced: true},
	ServiceAccount: {plural: 'serviceaccounts', isNamespaced: true},
	StatefulSet: {plural: 'statefulsets', isNamespaced: true},
};

/**
 * The path of a collection.
 *
 * @param resource `pods`, `apps/v1/deployments`: group and version only where there is a group.
 */
export function collectionPath(resource: string, namespace?: string): string {
	const parts = resource.split('/');
	const plural = parts.at(-1)!;
	const base = parts.length === 1 ? '/api/v1' : `/apis/${parts[0]}/${parts[1]}`;
	return namespace === undefined ? `${base}/${plural}` : `${base}/namespaces/${namespace}/${plural}`;
}

/** The path of the collection that an object belongs to, by its apiVersion and kind. Throws for a kind that no scenario makes. */
export function collectionPathOf(object: KubeObject): string {
	const kind = KINDS[object.kind ?? ''];
	if (kind === undefined) throw new Error(`the scenario client does not know the kind ${object.kind}`);
	const resource = object.apiVersion === 'v1' ? kind.plural : `${object.apiVersion}/${kind.plural}`;
	return collectionPath(resource, kind.isNamespaced ? (object.metadata?.namespace ?? 'default') : undefined);
}

/** The path of the object itself. */
export function pathOf(object: KubeObject): string {
	return `${collectionPathOf(object)}/${object.metadata?.name}`;
}

/** Reads one context of a kubeconfig: certificates and keys from files or from data, or a token. Throws if there is no such context. */
export function targetOf(kubeconfig: string, context?: string): Target {
	const config = new KubeConfig();
	config.loadFromFile(kubeconfig);
	if (context !== undefined) config.setCurrentContext(context);
	const cluster = config.getCurrentCluster();
	const user = config.getCurrentUser();
	if (cluster === null) throw new Error(`${kubeconfig}: no cluster for context ${config.getCurrentContext()}`);
	const ca = bytesOf(cluster.caData, cluster.caFile);
	const cert = bytesOf(user?.certData, user?.certFile);
	const key = bytesOf(user?.keyData, user?.keyFile);
	return {
		server: new URL(cluster.server),
		hasProxy: cluster.proxyUrl !== undefined,
		tls: {
			rejectUnauthorized: !cluster.skipTLSVerify,
			...(cluster.tlsServerName === undefined ? {} : {servername: cluster.tlsServerName}),
			...(ca === undefined ? {} : {ca}),
			...(cert === undefined ? {} : {cert}),
			...(key === undefined ? {} : {key}),
		},
		token: user?.token,
	};
}

/**
 * A small client for the scenarios' side: JSON over a few kept connections, which are also the limit on what runs at once.
 * What fails only for now (429, 503, a connection refused or reset, as at a restart of the API server) is tried again for a
 * while; anything else is the caller's, as an `Answer` from `request` and as an `ApiError` from the rest.
 */
export class Client {
	readonly server: URL;
	readonly #target: Target;
	/** `kubectl proxy` speaks plain HTTP. */
	readonly #send: typeof httpsRequest;
	readonly #agent: HttpAgent;
	/** Watches hold their connection, so they do not take from the others'. */
	readonly #watchAgent: HttpAgent;
	readonly #patienceMs: number;

	constructor(target: Target, {concurrency = 16, patienceMs = 30_000}: {readonly concurrency?: number; readonly patienceMs?: number} = {}) {
		this.server = target.server;
		this.#target = target;
		const isPlain = target.server.protocol === 'http:';
		const Agent = isPlain ? HttpAgent : HttpsAgent;
		this.#send = isPlain ? httpRequest : httpsRequest;
		this.#agent = new Agent({keepAlive: true, maxSockets: concurrency});
		this.#watchAgent = new Agent({keepAlive: false});
		this.#patienceMs = patienceMs;
	}

	/** Closes the connections. */
	close(): void {
		this.#agent.destroy();
		this.#watchAgent.destroy();
	}

	/** One request and its answer, whatever the status. Throws only when the server could not be reached for as long as we have patience. */
	async request(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
		const giveUpAt = performance.now() + this.#patienceMs;
		for (let attempt = 0; ; attempt++) {
			const outcome = await this.#once(method, path, options).catch((error: unknown) => error);
			const hasTime = performance.now() < giveUpAt;
			if (isAnswer(outcome)) {
				if (!hasTime || options.isFinal || (outcome.status !== 429 && outcome.status !== 503)) return outcome;
				await delay((outcome.retryAfterSeconds ?? 1) * 1000);
			} else {
				if (!hasTime || !isPassing(outcome)) throw outcome;
				await delay(Math.min(2000, 100 * 2 ** attempt));
			}
		}
	}

	/** An object or list; undefined if there is none. */
	async find<T extends KubeObject>(path: string): Promise<T | undefined> {
		const answer = await this.request('GET', path);
		return answer.status === 404 ? undefined : parsed<T>('GET', path, answer);
	}

	/** An object, where there must be one. */
	async get<T extends KubeObject>(path: string): Promise<T> {
		return parsed('GET', path, await this.request('GET', path));
	}

	/** All objects of a collection, page by page. */
	async list<T extends KubeObject>(
		path: string,
		{labelSelector, fieldSelector, metadataOnly = false}: {labelSelector?: string; fieldSelector?: string; metadataOnly?: boolean} = {},
	): Promise<KubeList<T>> {
		const accept = metadataOnly ? 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' : 'application/json';
		const items: T[] = [];
		let page: KubeList<T> | undefined;
		do {
			const query = new URLSearchParams({limit: '1000'});
			if (labelSelector !== undefined) query.set('labelSelector', labelSelector);
			if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
			if (page?.metadata.continue !== undefined) query.set('continue', page.metadata.continue);
			const full = `${path}?${query}`;
			page = parsed<KubeList<T>>('GET', full, await this.request('GET', full, {accept}));
			// An empty list of metadata alone comes as null.
			items.push(...((page.items as readonly T[] | null) ?? []));
		} while (page.metadata.continue);
		return {metadata: page.metadata, items};
	}

	/** Makes an object, or makes the one that is there look like it by a server-side apply, which leaves alone what others have added. */
	async apply<T extends KubeObject>(object: T): Promise<T> {
		const collection = collectionPathOf(object);
		const made = await this.request('POST', collection, {body: object});
		if (made.status !== 409) return parsed('POST', collection, made);
		const path = `${pathOf(object)}?fieldManager=kwb-scenario&force=true`;
		return parsed('PATCH', path, await this.request('PATCH', path, {body: object, contentType: APPLY_PATCH}));
	}

	/** A merge patch. */
	async patch<T extends KubeObject>(path: string, body: unknown): Promise<T> {
		return parsed('PATCH', path, await this.request('PATCH', path, {body, contentType: MERGE_PATCH}));
	}

	/** A merge patch of something that may be gone by now: false if it is. Asks for no more than the metadata back. */
	async patchIfThere(path: string, body: unknown): Promise<boolean> {
		const answer = await this.request('PATCH', path, {body, contentType: MERGE_PATCH, accept: ONLY_METADATA});
		if (answer.status === 404 || answer.status === 409) return false;
		parsed('PATCH', path, answer);
		return true;
	}

	/** Deletes; false if it was not there. */
	async delete(path: string, body?: unknown): Promise<boolean> {
		const answer = await this.request('DELETE', path, body === undefined ? {} : {body});
		if (answer.status === 404) return false;
		parsed('DELETE', path, answer);
		return true;
	}

	/**
	 * One watch, until the server or the signal ends it. Resolves at its end and rejects if it breaks.
	 *
	 * @param path With its query: `watch=1` is added.
	 */
	async watch<T extends KubeObject>(
		path: string,
		onEvent: (event: WatchEvent<T>) => void,
		{signal, metadataOnly = false}: {signal?: AbortSignal; metadataOnly?: boolean},
	): Promise<void> {
		const accept = metadataOnly ? ONLY_METADATA : 'application/json';
		const full = `${path}${path.includes('?') ? '&' : '?'}watch=1`;
		const {promise, resolve, reject} = Promise.withResolvers<void>();
		const request = this.#send({...this.#options('GET', full, {accept}), agent: this.#watchAgent, ...(signal === undefined ? {} : {signal})});
		request.on('error', error => (signal?.aborted ? resolve() : reject(error)));
		request.on('response', response => {
			if (response.statusCode !== 200) {
				response.resume();
				reject(new Error(`watch ${path}: ${response.statusCode}`));
				return;
			}
			// A stream that breaks off tells both the response and the lines read from it.
			response.on('error', error => (signal?.aborted ? resolve() : reject(error)));
			const lines = createInterface({input: response, crlfDelay: Number.POSITIVE_INFINITY});
			lines.on('error', error => (signal?.aborted ? resolve() : reject(error)));
			lines.on('line', line => {
				const event = eventIn<T>(line);
				if (event === undefined) reject(new Error(`watch ${path}: broke off within an event`));
				else onEvent(event);
			});
			lines.on('close', resolve);
		});
		request.end();
		return promise;
	}

	#options(method: string, path: string, {contentType = 'application/json', accept = 'application/json'}: RequestOptions) {
		const {server, tls, token} = this.#target;
		return {
			...tls,
			method,
			host: server.hostname.replace(/^\[|\]$/g, ''),
			port: server.port || (server.protocol === 'http:' ? 80 : 443),
			path: server.pathname.replace(/\/$/, '') + path,
			headers: {accept, 'content-type': contentType, ...(token === undefined ? {} : {authorization: `Bearer ${token}`})},
		};
	}

	#once(method: string, path: string, options: RequestOptions): Promise<Answer> {
		const {promise, resolve, reject} = Promise.withResolvers<Answer>();
		const body = options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body));
		const request = this.#send({...this.#options(method, path, options), agent: this.#agent}, response => {
			const chunks: Buffer[] = [];
			response.on('data', (chunk: Buffer) => chunks.push(chunk));
			response.on('error', reject);
			response.on('end', () => {
				const retryAfter = Number(response.headers['retry-after']);
				resolve({status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8'), retryAfterSeconds: retryAfter > 0 ? retryAfter : undefined});
			});
		});
		request.on('error', reject);
		// Said outright: Node frames no body of a DELETE by itself, and the next request on the connection would begin with it.
		if (body !== undefined) request.setHeader('content-length', body.length);
		request.end(body);
		return promise;
	}
}

function parsed<T>(method: string, path: string, answer: Answer): T {
	if (answer.status < 200 || answer.status > 299) throw new ApiError(method, path, answer);
	return JSON.parse(answer.body) as T;
}

/** The event of a line; undefined for the torn last line of a stream that broke off. */
function eventIn<T extends KubeObject>(line: string): WatchEvent<T> | undefined {
	try {
		return JSON.parse(line) as WatchEvent<T>;
	} catch {
		return undefined;
	}
}

/** The message of a Status object, or the text itself. */
function messageIn(body: string): string {
	try {
		const status: unknown = JSON.parse(body);
		if (typeof status === 'object' && status !== null && 'message' in status && typeof status.message === 'string') return status.message;
	} catch {
		// Not JSON: a proxy's or the server's own plain text.
	}
	return body.slice(0, 300).trim();
}

function isAnswer(outcome: unknown): outcome is Answer {
	return typeof outcome === 'object' && outcome !== null && 'status' in outcome && 'body' in outcome;
}

/** Whether a failed connection may well succeed in a moment: the server is restarting, or closed a kept connection under us. */
function isPassing(error: unknown): boolean {
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	return code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'EPIPE';
}

function bytesOf(data: string | undefined, file: string | undefined): Buffer | undefined {
	if (data !== undefined) return Buffer.from(data, 'base64');
	return file === undefined ? undefined : readFileSync(file);
}
