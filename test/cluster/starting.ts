import {existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {apiOf} from './api.ts';
import {binariesFor, lastLines, programsFor} from './binaries.ts';
import type {Layout, Surroundings} from './directories.ts';
import {ClusterFault} from './fault.ts';
import {AUTHORITY, CERTIFICATES, type Credential, kubeconfigFrom, makeCertificates, USERS} from './keys.ts';
import {applyObjects, objectsOf} from './objects.ts';
import {argumentsOf, type Plan, portOf} from './process-arguments.ts';
import {isAlive, MARKER, type ProcessIdentity, ROLE_MARKER, startDetached} from './processes.ts';
import {type ProcessName, processesOf} from './settings.ts';
import {type ClusterState, type StartedProcess, writeState} from './state.ts';

/** A kube-apiserver on a machine with two busy cores. */
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** Builds, writes the files, and starts what does not run; each step may be the last, so the state is written before and after it. */
export async function startCluster(initial: ClusterState, layout: Layout, surroundings: Surroundings): Promise<ClusterState> {
	const {report} = surroundings;
	const needsKubectl = !isOnPath('kubectl', surroundings.environment);
	const programs = [...programsFor(initial.settings), ...(needsKubectl ? ['kubectl'] : [])];
	const binaries = await binariesFor(programs, initial.settings.kubernetes, {...surroundings, markers: {[MARKER]: layout.directory}});
	const startedAt = performance.now();
	writeState(layout.state, initial);
	await writeFiles(initial, binaries.get('pki')!, layout);
	if (needsKubectl) linkTo(binaries.get('kubectl')!, layout.kubectl);

	let state = initial;
	const ensure = async (process: ProcessName): Promise<void> => {
		const running = state.processes[process];
		if (running !== undefined && isAlive(running)) return;
		state = startRecorded(state, process, binaries.get(process)!, layout, surroundings);
	};

	await ensure('etcd');
	await waitUntilUp('etcd', state, layout);
	await ensure('kube-apiserver');
	await waitUntilUp('kube-apiserver', state, layout);
	const api = apiOf(state, layout);
	try {
		report(`API server ready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
		await applyObjects(api, objectsOf({...state, authority: readFileSync(layout.certificate(AUTHORITY), 'utf8')}));
		// The lease of a controller-manager that is gone: a new one would wait until it runs out.
		const old = state.processes['kube-controller-manager'];
		if (old === undefined || !isAlive(old)) await api.send('DELETE', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager');
		const others = processesOf(state.settings).filter(process => process !== 'etcd' && process !== 'kube-apiserver');
		for (const process of others) await ensure(process);
		for (const process of others) await waitUntilUp(process, state, layout);
		await waitFor('kube-controller-manager', state.processes['kube-controller-manager']!, layout, async () => {
			return (await api.send('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200; // pods cannot be made before
		});
	} finally {
		api.close();
	}
	const done: ClusterState = {...state, phase: 'running', hasRun: true};
	writeState(layout.state, done);
	return done;
}

/** Starts a process and writes it down; the marker in its environment covers the moment between the two. */
export function startRecorded(
	state: ClusterState,
	process: ProcessName,
	executable: string,
	layout: Layout,
	{environment}: Surroundings,
	extraArgs: readonly string[] = [],
): ClusterState {
	const plan: Plan = {layout, ports: state.ports, settings: state.settings};
	const args = argumentsOf(process, plan, extraArgs);
	const identity = startDetached({
		executable,
		args,
		log: layout.log(process),
		directory: layout.directory,
		environment: {PATH: environment.PATH ?? '', HOME: layout.directory, [MARKER]: layout.directory, [ROLE_MARKER]: process},
	});
	const started: StartedProcess = {...identity, executable, args, startedAt: Date.now(), isStopped: false};
	const next: ClusterState = {...state, processes: {...state.processes, [process]: started}};
	writeState(layout.state, next);
	return next;
}

/**
 * Waits until a process that was started answers.
 *
 * @throws ClusterFault that names it and shows the end of its log, when it ends or the time is up.
 */
export async function waitUntilUp(process: ProcessName, state: ClusterState, layout: Layout): Promise<void> {
	const identity = state.processes[process]!;
	await waitFor(process, identity, layout, () => isListening(portOf(process, state.ports)));
	if (process !== 'kube-apiserver') return;
	const api = apiOf(state, layout);
	try {
		// Status 200, not the words: the body lists "ping ok" long before the server is ready, and a controller-manager started then dies.
		await waitFor(process, identity, layout, async () => (await api.send('GET', '/readyz')).status === 200);
	} finally {
		api.close();
	}
}

async function writeFiles(state: ClusterState, pki: string, layout: Layout): Promise<void> {
	mkdirSync(layout.logs, {recursive: true});
	if (!CERTIFICATES.every(({name}) => existsSync(layout.certificate(name)))) await makeCertificates(pki, layout, CERTIFICATES);
	const credentials: [string, Credential][] = [
		...Object.keys(USERS).map((name): [string, Credential] => [name, {kind: 'certificate', name}]),
		['token', {kind: 'token', token: state.token}],
	];
	for (const [user, credential] of credentials) {
		writeFileSync(layout.kubeconfig(user), kubeconfigFrom(layout, state.name, state.ports.apiserver, user, credential), {mode: 0o600});
	}
	writeFileSync(layout.tokens, `${state.token},token,token,"kwb:readers"\n`, {mode: 0o600});
	// Counts exactly the requests of one client: whoever measures takes bench.kubeconfig.
	writeFileSync(layout.auditPolicy, `${JSON.stringify({apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{level: 'Metadata', users: ['bench']}]})}\n`);
	const parts = ['nodes', 'pods', 'metrics', ...(state.settings.isScaled ? ['scale'] : [])];
	writeFileSync(layout.kwokConfig, parts.map(part => readFileSync(path.join(import.meta.dirname, 'kwok', `${part}.yaml`), 'utf8')).join('---\n'));
}

function isOnPath(program: string, environment: Surroundings['environment']): boolean {
	return (environment.PATH ?? '').split(path.delimiter).some(folder => existsSync(path.join(folder, program)));
}

function linkTo(target: string, link: string): void {
	mkdirSync(path.dirname(link), {recursive: true});
	rmSync(link, {force: true});
	symlinkSync(target, link);
}

async function waitFor(process: ProcessName, identity: ProcessIdentity, layout: Layout, isThere: () => Promise<boolean>): Promise<void> {
	const until = performance.now() + READY_TIMEOUT_MS;
	while (!(await isThere().catch(() => false))) {
		if (!isAlive(identity)) throw new ClusterFault(`${process} ended while it was starting; ${logHint(process, layout)}`);
		if (performance.now() > until) throw new ClusterFault(`${process} is not ready after ${READY_TIMEOUT_MS / 1000} s; ${logHint(process, layout)}`);
		await delay(POLL_MS);
	}
}

/** For the end of a message: where a process's log is, and its last lines. */
export function logHint(process: string, layout: Layout): string {
	return `the last lines of ${layout.log(process)}:\n${lastLines(layout.log(process), 12)}`;
}

function isListening(port: number): Promise<boolean> {
	return new Promise(resolve => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => resolve(false));
	});
}
