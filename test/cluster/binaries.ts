import {execFile, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {accessSync, closeSync, constants, globSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import type {Directories} from './directories.ts';
import {ClusterFault} from './fault.ts';
import {withLock} from './lock.ts';
import {findMarked, stopAll} from './processes.ts';
import {PROCESSES, processesOf, type Release, type Settings} from './settings.ts';

/** The oldest Go that builds every module here. */
export const GO_NEEDED = '1.26.4';

/** A program and the Go module it comes from. */
export type Program = {
	readonly name: string;
	/** Folder of the module, under this one. */
	readonly module: string;
	/** Go package; `.` is a program of our own. */
	readonly package: string;
	/** Seconds a first build takes on 2 cores, for the message. */
	readonly coldSeconds: number;
	/** Patch release that Kubernetes' own programs are stamped with; without it `/version` says v0.0.0-master. */
	readonly stamp?: string;
};

const STAMPS: Readonly<Record<Release, string>> = {'1.37': 'v1.37.2', '1.34': 'v1.34.4'};

/** Everything that can be built, by the name it is asked for. */
export function programsOf(release: Release): readonly Program[] {
	const module = `control-plane/kubernetes-${release}`;
	const kubernetes = (name: string, coldSeconds: number): Program => ({
		name,
		module,
		package: `k8s.io/kubernetes/cmd/${name}`,
		coldSeconds,
		stamp: STAMPS[release],
	});
	const autoscaler = (name: string): Program => ({
		name: `vpa-${name}`,
		module: 'control-plane/vertical-pod-autoscaler',
		package: `k8s.io/autoscaler/vertical-pod-autoscaler/pkg/${name}`,
		coldSeconds: 120,
	});
	return [
		{name: 'pki', module: 'pki', package: '.', coldSeconds: 10},
		{name: 'etcd', module: 'control-plane/etcd', package: 'go.etcd.io/etcd/server/v3', coldSeconds: 50},
		{name: 'etcdctl', module: 'control-plane/etcd', package: 'go.etcd.io/etcd/etcdctl/v3', coldSeconds: 20},
		kubernetes('kube-apiserver', 290),
		kubernetes('kube-controller-manager', 95),
		kubernetes('kube-scheduler', 10),
		// The 1.34 module has no kubectl: 1.37's talks to it as well.
		{...kubernetes('kubectl', 25), module: 'control-plane/kubernetes-1.37', stamp: STAMPS['1.37']},
		{name: 'kwok', module: 'control-plane/kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', coldSeconds: 70},
		{name: 'metrics-server', module: 'control-plane/metrics-server', package: 'sigs.k8s.io/metrics-server/cmd/metrics-server', coldSeconds: 105},
		{name: 'adapter', module: 'adapter', package: '.', coldSeconds: 140},
		autoscaler('recommender'),
		autoscaler('updater'),
		autoscaler('admission-controller'),
	];
}

/** The programs that a cluster with these settings runs, and the one that makes its keys. */
export function programsFor(settings: Settings): readonly string[] {
	return ['pki', ...processesOf(settings)];
}

/** The Go that is installed, as far as it decides what is built. */
export type GoToolchain = {readonly version: string; readonly os: string; readonly architecture: string};

/** Whether a `go env GOVERSION` is at least `needed`. Development builds ("devel …") pass. */
export function isGoRecentEnough(version: string, needed: string = GO_NEEDED): boolean {
	const [, major, minor, patch = '0'] = /^go(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? [];
	if (major === undefined) return version.startsWith('devel');
	const [neededMajor, neededMinor, neededPatch] = needed.split('.').map(Number);
	const found = [Number(major), Number(minor), Number(patch)];
	for (const [index, least] of [neededMajor!, neededMinor!, neededPatch!].entries()) {
		if (found[index]! !== least) return found[index]! > least;
	}
	return true;
}

/** The flags of one build, as the module files were tried with. */
export function buildFlags(program: Program): readonly string[] {
	const stamp =
		program.stamp === undefined
			? ''
			: ` -X k8s.io/component-base/version.gitVersion=${program.stamp}` +
				` -X k8s.io/component-base/version.gitMajor=${program.stamp.slice(1).split('.')[0]}` +
				` -X k8s.io/component-base/version.gitMinor=${program.stamp.split('.')[1]}`;
	return ['-trimpath', '-ldflags', `-s -w${stamp}`];
}

/**
 * The name of what a build would give, by everything that goes into it.
 *
 * @param sources File name and contents: the module's go.mod and go.sum and, for a program of our own, all its files.
 * @returns 16 hexadecimal digits; equal exactly when nothing differs. The order of the files does not matter.
 */
export function cacheKey(program: Program, toolchain: GoToolchain, sources: readonly (readonly [name: string, text: string | Buffer])[]): string {
	const hash = createHash('sha256');
	hash.update(JSON.stringify([program.name, program.package, buildFlags(program), toolchain.version, toolchain.os, toolchain.architecture]));
	for (const [name, text] of [...sources].sort(([one], [other]) => (one < other ? -1 : 1))) {
		hash.update(JSON.stringify([name, createHash('sha256').update(text).digest('hex')]));
	}
	return hash.digest('hex').slice(0, 16);
}

export type BinaryOptions = {
	readonly directories: Directories;
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** Marks the compiler's processes, so that whoever cleans up after a killed command finds them. */
	readonly markers: Readonly<Record<string, string>>;
	readonly report: (line: string) => void;
};

/** Put on the compiler's processes, with the directory they build into. */
const BUILD_MARKER = 'KWB_BUILD';

/**
 * Finds or builds programs. `KUBEBUILDER_ASSETS` comes first, program by program; what is not there is built once and kept.
 *
 * @returns The executable of each name.
 * @throws ClusterFault for an unknown name, no suitable Go, or a build that fails.
 */
export async function binariesFor(names: readonly string[], release: Release, options: BinaryOptions): Promise<ReadonlyMap<string, string>> {
	const found = new Map<string, string>();
	const missing: Program[] = [];
	for (const name of new Set(names)) {
		const program = programsOf(release).find(each => each.name === name);
		if (program === undefined) {
			throw new ClusterFault(
				`"${name}" cannot be built: one of ${programsOf(release)
					.map(each => each.name)
					.join(', ')}`,
			);
		}
		const asset = assetOf(name, options.environment);
		if (asset === undefined) missing.push(program);
		else found.set(name, asset);
	}
	if (missing.length === 0) return found;

	const toolchain = await goToolchain(options.environment);
	if ('problem' in toolchain) throw new ClusterFault(toolchain.problem);
	for (const program of missing) found.set(program.name, await buildOnce(program, toolchain, options));
	return found;
}

function assetOf(name: string, environment: Readonly<Record<string, string | undefined>>): string | undefined {
	const assets = environment.KUBEBUILDER_ASSETS;
	if (assets === undefined || assets === '') return undefined;
	const file = path.join(assets, name);
	try {
		accessSync(file, constants.X_OK);
		return file;
	} catch {
		return undefined;
	}
}

/** What stands in the way of running a cluster here, or undefined. Suites that need one ask this first. */
export async function missingPrerequisite(environment: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
	if (PROCESSES.every(process => process === 'adapter' || assetOf(process, environment) !== undefined) && assetOf('pki', environment) !== undefined)
		return undefined;
	const toolchain = await goToolchain(environment);
	return 'problem' in toolchain ? toolchain.problem : undefined;
}

/** Asks Go inside a module, so that a toolchain which fetches the version a module wants counts as that version. */
async function goToolchain(environment: Readonly<Record<string, string | undefined>>): Promise<GoToolchain | {readonly problem: string}> {
	const wanted = `install Go >= ${GO_NEEDED} (https://go.dev/dl/) to build the test control plane, or set KUBEBUILDER_ASSETS`;
	try {
		const {stdout} = await promisify(execFile)('go', ['env', '-json', 'GOVERSION', 'GOOS', 'GOARCH'], {
			cwd: path.join(import.meta.dirname, 'pki'),
			env: environment as NodeJS.ProcessEnv,
		});
		const {GOVERSION, GOOS, GOARCH} = JSON.parse(stdout) as Record<string, string>;
		if (!isGoRecentEnough(GOVERSION ?? '')) return {problem: `Go is ${GOVERSION}: ${wanted}`};
		return {version: GOVERSION!, os: GOOS!, architecture: GOARCH!};
	} catch {
		return {problem: `no Go: ${wanted}`};
	}
}

async function buildOnce(program: Program, toolchain: GoToolchain, options: BinaryOptions): Promise<string> {
	const {binaries} = options.directories;
	const key = cacheKey(program, toolchain, sourcesOf(program));
	const finished = path.join(binaries, key);
	const executable = path.join(finished, program.name);
	if (isFile(executable)) {
		utimesSync(finished, new Date(), new Date()); // it is in use: see dropUnused
		return executable;
	}
	return withLock(
		path.join(binaries, `${key}.lock`),
		async () => {
			if (isFile(executable)) return executable; // somebody else built it meanwhile
			const unfinished = path.join(binaries, `${key}.unfinished`);
			// Whoever began this one is dead, or it would hold the lock: its compilers go, then what they wrote.
			await stopAll(findMarked(BUILD_MARKER, unfinished), 1000);
			rmSync(unfinished, {recursive: true, force: true});
			mkdirSync(unfinished, {recursive: true});
			options.report(`building ${program.name} (the first time about ${program.coldSeconds} s on 2 cores)`);
			const startedAt = performance.now();
			await goBuild(program, unfinished, options);
			writeFileSync(path.join(unfinished, 'built.json'), `${JSON.stringify({program, toolchain, flags: buildFlags(program)}, null, '\t')}\n`);
			rmSync(finished, {recursive: true, force: true});
			renameSync(unfinished, finished);
			dropUnused(program, binaries);
			options.report(`built ${program.name} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
			return executable;
		},
		() => options.report(`waiting: somebody else builds ${program.name}`),
	);
}

/** Builds of the same program that nobody asked for in so long are taken away: 60 to 120 MB each. */
const UNUSED_MS = 14 * 24 * 3600 * 1000;

function dropUnused(program: Program, binaries: string): void {
	for (const other of globSync(`*/${program.name}`, {cwd: binaries}).map(file => path.join(binaries, path.dirname(file)))) {
		const usedAt = statSync(other, {throwIfNoEntry: false})?.mtimeMs;
		if (usedAt !== undefined && Date.now() - usedAt > UNUSED_MS) rmSync(other, {recursive: true, force: true});
	}
}

/** The files that decide what comes out: go.mod and go.sum, and for a program of our own everything beside them. */
function sourcesOf(program: Program): readonly (readonly [string, Buffer])[] {
	const folder = path.join(import.meta.dirname, program.module);
	const names = program.package === '.' ? globSync('**/*', {cwd: folder}).filter(name => isFile(path.join(folder, name))) : ['go.mod', 'go.sum'];
	return names.map(name => [name, readFileSync(path.join(folder, name))] as const);
}

async function goBuild(program: Program, into: string, {environment, markers}: BinaryOptions): Promise<void> {
	const log = path.join(into, 'build.log');
	const temporary = path.join(into, 'tmp');
	mkdirSync(temporary);
	const output = openSync(log, 'a');
	const child = spawn('go', ['build', ...buildFlags(program), '-o', path.join(into, program.name), program.package], {
		cwd: path.join(import.meta.dirname, program.module),
		env: {...environment, ...markers, CGO_ENABLED: '0', GOTMPDIR: temporary, [BUILD_MARKER]: into},
		stdio: ['ignore', output, output],
	});
	const code = await new Promise<number | string>((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', (exitCode, signal) => resolve(exitCode ?? signal ?? 'unknown'));
	}).finally(() => closeSync(output));
	rmSync(temporary, {recursive: true, force: true});
	if (code === 0) return;
	throw new ClusterFault(`building ${program.name} failed (${code}):\n${lastLines(log, 15)}`);
}

/** The end of a text file, each line indented; empty when there is none. */
export function lastLines(file: string, count: number): string {
	try {
		const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count);
		return lines.map(line => `  ${line.length > 400 ? `${line.slice(0, 400)}…` : line}`).join('\n');
	} catch {
		return '';
	}
}

function isFile(file: string): boolean {
	return statSync(file, {throwIfNoEntry: false})?.isFile() ?? false;
}
