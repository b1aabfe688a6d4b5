import {randomBytes} from 'node:crypto';
import {rmSync, writeFileSync} from 'node:fs';
import {homedir} from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {type Api, apiOf} from './api.ts';
import {binariesFor} from './binaries.ts';
import {directoriesFrom, type Layout, layoutOf, type Surroundings} from './directories.ts';
import {ClusterFault} from './fault.ts';
import {AUTHORITY, kubeconfigFrom, makeCertificates} from './keys.ts';
import {withLock} from './lock.ts';
import {choosePorts, isFreeOnLoopback} from './ports.ts';
import {METRIC_RESOLUTION_SECONDS, portOf} from './process-arguments.ts';
import {findMarked, isAlive, MARKER, stopAll} from './processes.ts';
import {type Addon, DEFAULT_SETTINGS, differences, type ProcessName, processesOf, type Settings, type Variant} from './settings.ts';
import {logHint, startCluster, startRecorded, waitUntilUp} from './starting.ts';
import {type ClusterState, readState, readStates, writeState} from './state.ts';

/** The surroundings of this process. */
export function surroundingsOf(report: (line: string) => void = () => {}): Surroundings {
	return {environment: process.env, directories: directoriesFrom(process.env, homedir()), report};
}

export type UpOptions = {
	readonly name: string;
	/** What was asked for; the rest stays as it was, or is the default. */
	readonly wanted?: Partial<Settings>;
};

/** What came of an `up`. */
export type UpResult = {
	readonly state: ClusterState;
	/** Path of the admin's kubeconfig. */
	readonly kubeconfig: string;
	/** `already`: nothing had to be done. */
	readonly how: 'started' | 'repaired' | 'already';
};

/** Time for a process to end in good order. */
const GRACE_MS = 3000;

/**
 * Makes the cluster of that name run: builds what is missing, cleans up what an earlier command left,
 * starts what is not running. A cluster that runs is left as it is.
 *
 * @throws ClusterFault when something is asked of a running cluster that needs a new start, when a build
 * fails, or when a process does not come up (then everything that was started is stopped again).
 */
export async function upCluster({name, wanted = {}}: UpOptions, surroundings: Surroundings = surroundingsOf()): Promise<UpResult> {
	const layout = layoutFor(name, surroundings);
	return exclusively(name, surroundings, async () => {
		const before = readState(layout.state);
		const settings: Settings = {...DEFAULT_SETTINGS, ...before?.settings, ...wanted, addons: addonsOf(before, wanted)};
		if (before?.hasRun === true && before.settings.kubernetes !== settings.kubernetes) {
			throw new ClusterFault(`cluster ${name} was made with Kubernetes ${before.settings.kubernetes}: reset it, or take another --name`);
		}
		const isRunning = before?.phase === 'running' && isHealthy(before);
		if (before !== undefined && isRunning && (await isReady(before, layout))) {
			const different = differences(before.settings, wanted);
			if (different.length > 0) throw new ClusterFault(`cluster ${name} runs already, and its ${different.join(', ')}: cluster:down it first`);
			if (settings.addons.every(addon => before.settings.addons.includes(addon)))
				return {state: before, kubeconfig: layout.kubeconfig('admin'), how: 'already'};
			return {state: await startCluster({...before, settings}, layout, surroundings), kubeconfig: layout.kubeconfig('admin'), how: 'repaired'};
		}

		const keepsData = before?.hasRun === true;
		const left = await stopEverything(before, layout, keepsData ? GRACE_MS : 0);
		if (left > 0) surroundings.report(`stopped ${left} process${left === 1 ? '' : 'es'} that an earlier command had left`);
		if (!keepsData) rmSync(layout.directory, {recursive: true, force: true});

		const state: ClusterState =
			before?.hasRun === true
				? {...before, settings, phase: 'starting', processes: {}}
				: {
						name,
						directory: layout.directory,
						phase: 'starting',
						hasRun: false,
						settings,
						ports: await choosePorts(new Set(readStates(surroundings.directories).flatMap(each => Object.values(each.ports))), Math.random),
						mark: randomBytes(16).toString('hex'),
						token: randomBytes(24).toString('base64url'),
						createdAt: Date.now(),
						processes: {},
					};
		for (const process of processesOf(settings)) {
			if (!(await isFreeOnLoopback(portOf(process, state.ports)))) {
				throw new ClusterFault(
					`port ${portOf(process, state.ports)} of cluster ${name} (${process}) is in use by another program: cluster:reset chooses new ports`,
				);
			}
		}
		try {
			return {
				state: await startCluster(state, layout, surroundings),
				kubeconfig: layout.kubeconfig('admin'),
				how: before?.hasRun === true ? 'repaired' : 'started',
			};
		} catch (error) {
			await stopEverything(readState(layout.state), layout, GRACE_MS);
			throw error;
		}
	});
}

/**
 * Stops every process of the cluster, including what a killed command left, and nothing else.
 *
 * @param deletes Also its data, keys and logs. Without it the next `up` goes on where this one stopped.
 * @returns How many processes were stopped; 0 when there was nothing.
 */
export async function downCluster(
	name: string,
	{deletes = false}: {readonly deletes?: boolean} = {},
	surroundings: Surroundings = surroundingsOf(),
): Promise<number> {
	const layout = layoutFor(name, surroundings);
	return exclusively(name, surroundings, async () => {
		const state = readState(layout.state);
		const keepsData = !deletes && state?.hasRun === true;
		const stopped = await stopEverything(state, layout, keepsData ? GRACE_MS : 0);
		if (keepsData) writeState(layout.state, {...state, phase: 'stopped', processes: {}});
		else rmSync(layout.directory, {recursive: true, force: true});
		return stopped;
	});
}

/** What is known of a cluster, or undefined when there is none of that name. */
export function stateOf(name: string, surroundings: Surroundings = surroundingsOf()): ClusterState | undefined {
	return readState(layoutFor(name, surroundings).state);
}

/** Where the files of a cluster are, whether it exists or not. */
export function layoutFor(name: string, surroundings: Surroundings = surroundingsOf()): Layout {
	return layoutOf(path.join(surroundings.directories.clusters, name));
}

/** Ends one process, for a fault; `startProcess` or the next `up` brings it back. @param graceMs 0 kills it. */
export async function stopProcess(
	name: string,
	process: ProcessName,
	{graceMs = GRACE_MS}: {readonly graceMs?: number} = {},
	surroundings: Surroundings = surroundingsOf(),
): Promise<void> {
	await exclusively(name, surroundings, async () => {
		const layout = layoutFor(name, surroundings);
		const state = existing(name, layout);
		const started = state.processes[process];
		if (started === undefined) throw new ClusterFault(`cluster ${name} has no ${process}`);
		await stopAll([started], graceMs);
		writeState(layout.state, {...state, processes: {...state.processes, [process]: {...started, isStopped: true}}});
	});
}

export type StartProcessOptions = {
	/** Flags after all others, for this start only. */
	readonly extraArgs?: readonly string[];
	/** For kube-apiserver: remembered, so that a later `up` keeps it. `undefined` said outright takes it away. */
	readonly variant?: Variant | undefined;
};

/** Starts one process again, where it was, and returns when it answers. Does nothing when it runs and nothing else is asked for. */
export async function startProcess(
	name: string,
	process: ProcessName,
	options: StartProcessOptions = {},
	surroundings: Surroundings = surroundingsOf(),
): Promise<void> {
	await exclusively(name, surroundings, () => startOne(name, process, options, surroundings));
}

/** Stops one process and starts it again, at once. @param graceMs As for `stopProcess`: an API server with open watches takes all of it. */
export async function restartProcess(
	name: string,
	process: ProcessName,
	{graceMs, ...options}: StartProcessOptions & {readonly graceMs?: number} = {},
	surroundings: Surroundings = surroundingsOf(),
): Promise<void> {
	await stopProcess(name, process, graceMs === undefined ? {} : {graceMs}, surroundings);
	await startProcess(name, process, options, surroundings);
}

/**
 * Compacts etcd at its present revision: in the variant `nocache` every older resourceVersion is expired at once.
 *
 * @returns The revision.
 */
export async function compactEtcd(name: string, surroundings: Surroundings = surroundingsOf()): Promise<string> {
	const {ports} = existing(name, layoutFor(name, surroundings));
	const call = async (method: string, body: unknown): Promise<{readonly header?: {readonly revision?: string}}> => {
		const response = await fetch(`http://127.0.0.1:${ports.etcd}/v3/kv/${method}`, {method: 'POST', body: JSON.stringify(body)});
		if (!response.ok) throw new ClusterFault(`etcd refuses ${method} (${response.status}): ${(await response.text()).slice(0, 200)}`);
		return (await response.json()) as {readonly header?: {readonly revision?: string}};
	};
	const revision = (await call('range', {key: Buffer.from('/registry').toString('base64'), limit: '1'})).header?.revision;
	if (revision === undefined) throw new ClusterFault('etcd does not tell its revision');
	await call('compaction', {revision, physical: true});
	return revision;
}

/**
 * A kubeconfig for any user and groups of a cluster, with a certificate made for it the first time.
 *
 * @returns Its path.
 */
export async function kubeconfigForUser(name: string, user: string, groups: readonly string[], surroundings: Surroundings = surroundingsOf()): Promise<string> {
	const layout = layoutFor(name, surroundings);
	const state = existing(name, layout);
	const certificate = `user-${Buffer.from(JSON.stringify([user, ...groups])).toString('base64url')}`.slice(0, 200);
	const pki = (await binariesFor(['pki'], state.settings.kubernetes, {...surroundings, markers: {[MARKER]: layout.directory}})).get('pki')!;
	await makeCertificates(pki, layout, [{name: certificate, authority: AUTHORITY, commonName: user, organizations: groups}]);
	const file = layout.kubeconfig(certificate);
	writeFileSync(file, kubeconfigFrom(layout, name, state.ports.apiserver, user, {kind: 'certificate', name: certificate}), {mode: 0o600});
	return file;
}

/** Longest wait for metrics: two scrapes, and what a busy machine adds. */
const METRICS_TIMEOUT_MS = 120_000;

/**
 * Waits until every node and every running pod that lets itself be measured has metrics.
 *
 * @returns How many of each; no nodes, no metrics: then it does not wait.
 * @throws ClusterFault when they do not come.
 */
export async function waitForMetrics(name: string, surroundings: Surroundings = surroundingsOf()): Promise<{readonly nodes: number; readonly pods: number}> {
	const layout = layoutFor(name, surroundings);
	const state = existing(name, layout);
	const api = apiOf(state, layout);
	try {
		const nodes = await countItems(api, '/api/v1/nodes');
		if (nodes === 0) return {nodes: 0, pods: 0};
		surroundings.report(`waiting for metrics: two scrapes, ${METRIC_RESOLUTION_SECONDS[state.settings.profile]} s apart`);
		let seen = {nodes: 0, pods: 0};
		const until = performance.now() + METRICS_TIMEOUT_MS;
		while (performance.now() < until) {
			const running = await countItems(api, '/api/v1/pods?fieldSelector=status.phase%3DRunning', isMeasured);
			seen = {nodes: await countItems(api, '/apis/metrics.k8s.io/v1beta1/nodes'), pods: await countItems(api, '/apis/metrics.k8s.io/v1beta1/pods')};
			if (seen.nodes >= 1 && seen.pods >= running) return seen;
			await delay(500);
		}
		throw new ClusterFault(
			`no metrics after ${METRICS_TIMEOUT_MS / 1000} s (${seen.nodes} of ${nodes} nodes, ${seen.pods} pods); ${logHint('metrics-server', layout)}`,
		);
	} finally {
		api.close();
	}
}

type Item = {readonly metadata?: {readonly annotations?: Readonly<Record<string, string>>}; readonly spec?: {readonly nodeName?: string}};

function isMeasured(item: Item): boolean {
	return item.metadata?.annotations?.['kwb.test/no-metrics'] === undefined && item.spec?.nodeName !== undefined;
}

async function countItems(api: Api, at: string, counts: (item: Item) => boolean = () => true): Promise<number> {
	const answer = await api.send('GET', at);
	if (answer.status !== 200) return 0;
	return (JSON.parse(answer.text) as {readonly items: readonly Item[]}).items.filter(counts).length;
}

function addonsOf(before: ClusterState | undefined, wanted: Partial<Settings>): readonly Addon[] {
	return [...new Set([...(before?.settings.addons ?? []), ...(wanted.addons ?? [])])];
}

function exclusively<T>(name: string, {directories, report}: Surroundings, work: () => Promise<T>): Promise<T> {
	return withLock(path.join(directories.clusters, `${name}.lock`), work, () => report(`waiting: another command works on cluster ${name}`));
}

function existing(name: string, layout: Layout): ClusterState {
	const state = readState(layout.state);
	if (state === undefined) throw new ClusterFault(`there is no cluster ${name}: npm run cluster:up${name === 'default' ? '' : ` -- --name ${name}`}`);
	return state;
}

/** Whether every process that should run does. */
export function isHealthy(state: ClusterState): boolean {
	return processesOf(state.settings).every(process => {
		const started = state.processes[process];
		return started !== undefined && isAlive(started);
	});
}

async function isReady(state: ClusterState, layout: Layout): Promise<boolean> {
	const api = apiOf(state, layout);
	try {
		return (await api.send('GET', '/readyz')).status === 200;
	} catch {
		return false;
	} finally {
		api.close();
	}
}

/**
 * By what the state knows and by the marker in the environment, so that a command killed before it could write is covered. etcd last: the API server wants to say goodbye to it.
 *
 * @param graceMs 0 where the data goes as well: there is nothing to end in good order.
 */
async function stopEverything(state: ClusterState | undefined, layout: Layout, graceMs: number): Promise<number> {
	const known = Object.entries(state?.processes ?? {}).map(([role, started]) => ({...started, role}));
	const marked = findMarked(MARKER, layout.directory).filter(each => !known.some(one => one.pid === each.pid));
	const all = [...known, ...marked].filter(isAlive);
	await stopAll(
		all.filter(each => each.role !== 'etcd'),
		graceMs,
	);
	await stopAll(
		all.filter(each => each.role === 'etcd'),
		graceMs,
	);
	return all.length;
}

async function startOne(name: string, process: ProcessName, options: StartProcessOptions, surroundings: Surroundings): Promise<void> {
	const layout = layoutFor(name, surroundings);
	const before = existing(name, layout);
	if (!processesOf(before.settings).includes(process)) throw new ClusterFault(`cluster ${name} has no ${process}: cluster:up --with ${process}`);
	const settings = 'variant' in options ? {...before.settings, variant: options.variant} : before.settings;
	const running = before.processes[process];
	if (running !== undefined && isAlive(running)) {
		if (settings.variant === before.settings.variant && options.extraArgs === undefined) return;
		throw new ClusterFault(`${process} runs already: restart it`);
	}
	const executable =
		running?.executable ?? (await binariesFor([process], settings.kubernetes, {...surroundings, markers: {[MARKER]: layout.directory}})).get(process)!;
	const state = startRecorded({...before, settings}, process, executable, layout, surroundings, options.extraArgs);
	await waitUntilUp(process, state, layout);
}
