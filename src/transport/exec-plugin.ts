import type {ChildProcess} from 'node:child_process';
import type {Clock} from '../util/clock.ts';
import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import {err, ok, type Result} from '../util/result.ts';
import type {Access, Environment, ExecConfig, ReadFile} from './access.ts';
import {bearer, type Credential, type CredentialError, credentialError} from './credential.ts';
import {oneLine} from './one-line.ts';

/** What a plugin answered. */
export type PluginAnswer = {
	readonly credential: Credential;
	/** undefined: it does not say, so it is good until the server refuses it. */
	readonly expiresAt: EpochMs | undefined;
};

/** One run of a plugin. */
export type PluginRun = {
	readonly exec: ExecConfig;
	/** kwb's own, with KUBERNETES_EXEC_INFO. */
	readonly env: Environment;
	/** With the terminal as stdin and stderr and without a time limit; else without stdin and beside the screen. */
	readonly isInteractive: boolean;
	readonly clock: Clock;
	/** Called with the last lines of stderr whenever there are new ones; never in an interactive run. */
	readonly onStderr: (lines: readonly string[]) => void;
	/** Kills it. */
	readonly signal: AbortSignal;
};

/** How long a plugin may take when nobody can answer its questions, in ms. */
const LIMIT_MS = 15_000;
/** How long its output may stay open after it has ended, held by a process it left behind, in ms. */
const LINGER_MS = 250;
const STDERR_LINES = 5;
const MAX_STDERR = 8_192;
const MAX_STDOUT = 1 << 20;

/**
 * The environment of a plugin: kwb's own, the entry's, and KUBERNETES_EXEC_INFO.
 *
 * @returns An error when the cluster is to be told and its CA file cannot be read.
 * Source: k8s.io/client-go plugin/pkg/client/auth/exec/exec.go (refreshCredsLocked), tools/auth/exec/exec.go, 0.37.
 */
export function pluginEnvironment(
	exec: ExecConfig,
	access: Access,
	isInteractive: boolean,
	env: Environment,
	readFile: ReadFile,
): Result<Environment, CredentialError> {
	const cluster = exec.provideClusterInfo ? clusterInfoOf(exec, access, readFile) : ok(undefined);
	if (!cluster.ok) return cluster;
	const info = {
		apiVersion: exec.apiVersion,
		kind: 'ExecCredential',
		spec: {...(cluster.value === undefined ? {} : {cluster: cluster.value}), interactive: isInteractive},
	};
	return ok({...env, ...Object.fromEntries(exec.env.map(({name, value}) => [name, value])), KUBERNETES_EXEC_INFO: JSON.stringify(info)});
}

function clusterInfoOf(exec: ExecConfig, {server, tls, proxyUrl, disableCompression}: Access, readFile: ReadFile): Result<object, CredentialError> {
	let ca: string | undefined;
	try {
		ca = tls.ca === undefined ? undefined : tls.ca.kind === 'inline' ? tls.ca.pem : readFile(tls.ca.path);
	} catch (error) {
		return err(credentialError(`certificate authority cannot be read: ${oneLine((error as Error).message)}`));
	}
	return ok({
		server,
		...(tls.serverName === undefined ? {} : {'tls-server-name': tls.serverName}),
		...(tls.insecure ? {'insecure-skip-tls-verify': true} : {}),
		...(ca === undefined ? {} : {'certificate-authority-data': Buffer.from(ca).toString('base64')}),
		...(proxyUrl === undefined ? {} : {'proxy-url': proxyUrl}),
		...(disableCompression ? {'disable-compression': true} : {}),
		...(exec.clusterConfig === undefined ? {} : {config: exec.clusterConfig}),
	});
}

/**
 * Runs a credential plugin once. Beside the screen it has its own process group, which is killed as a whole at
 * the limit and when the signal says so; with the terminal it stays in kwb's, so that it may read from it.
 *
 * @returns The error names the command and shows stderr's last line; it never shows stdout.
 */
export function runPlugin({exec, env, isInteractive, clock, onStderr, signal}: PluginRun): Promise<Result<PluginAnswer, CredentialError>> {
	const name = oneLine(baseNameOf(exec.command));
	const child = spawnPlugin(exec, env, isInteractive);
	const stdout: Buffer[] = [];
	let stdoutSize = 0;
	let stderr = '';
	let killed: 'limit' | 'output' | 'signal' | undefined;

	return new Promise(resolve => {
		const kill = (why: NonNullable<typeof killed>) => {
			killed ??= why;
			killGroup(child, isInteractive);
		};
		const onAbort = () => kill('signal');
		signal.addEventListener('abort', onAbort);
		const cancelLimit = isInteractive ? () => {} : clock.after(LIMIT_MS, () => kill('limit'));
		let cancelLinger = () => {};
		let settled = false;
		const settle = (outcome: Result<PluginAnswer, CredentialError>) => {
			if (settled) return;
			settled = true;
			cancelLimit();
			cancelLinger();
			signal.removeEventListener('abort', onAbort);
			child.stdout?.destroy();
			child.stderr?.destroy();
			resolve(outcome);
		};
		const fail = (what: string, hint?: string) => {
			const said = lastLines(stderr).at(-1);
			settle(err(credentialError(`${name} ${what}${said === undefined ? '' : `: ${said}`}`, hint)));
		};
		const finish = (code: number | null, signalName: NodeJS.Signals | null) => {
			if (killed === 'limit') fail(`did not answer within ${LIMIT_MS / 1000} s and was stopped`);
			else if (killed === 'output') fail('wrote more than a credential can be and was stopped');
			else if (killed === 'signal') fail('was stopped');
			else if (code !== 0) fail(code === null ? `was ended by ${signalName}` : `failed with exit code ${code}`, exec.installHint);
			else settle(parseAnswer(Buffer.concat(stdout).toString('utf8'), exec.apiVersion, name));
		};

		child.stdout?.on('data', (chunk: Buffer) => {
			stdoutSize += chunk.length;
			if (stdoutSize > MAX_STDOUT) kill('output');
			else stdout.push(chunk);
		});
		child.stderr?.setEncoding('utf8').on('data', (text: string) => {
			stderr = (stderr + text).slice(-MAX_STDERR);
			onStderr(lastLines(stderr));
		});
		child.on('error', error => {
			const code = (error as NodeJS.ErrnoException).code;
			if (code === 'ENOENT') fail('is not installed', exec.installHint || 'install it, or put its directory into PATH');
			else fail(`could not be started (${code ?? oneLine(error.message)})`, exec.installHint);
		});
		child.on('exit', (code, signalName) => {
			cancelLinger = clock.after(LINGER_MS, () => finish(code, signalName));
		});
		child.on('close', finish);
		if (signal.aborted) onAbort();
	});
}

function spawnPlugin(exec: ExecConfig, env: Environment, isInteractive: boolean): ChildProcess {
	// Not imported above: most kubeconfigs run no plugin, and the first request waits for every import.
	const {spawn} = process.getBuiltinModule('node:child_process');
	return spawn(exec.command, exec.args, {
		env,
		stdio: isInteractive ? ['inherit', 'pipe', 'inherit'] : ['ignore', 'pipe', 'pipe'],
		detached: !isInteractive,
		windowsHide: true,
	});
}

function killGroup(child: ChildProcess, isInteractive: boolean): void {
	if (child.pid === undefined) return;
	try {
		if (isInteractive || process.platform === 'win32') child.kill('SIGTERM');
		else process.kill(-child.pid, 'SIGKILL');
	} catch {
		// It is gone already.
	}
}

/**
 * Reads what a plugin wrote.
 *
 * Source: k8s.io/client-go plugin/pkg/client/auth/exec/exec.go, refreshCredsLocked, 0.37.
 */
export function parseAnswer(stdout: string, apiVersion: string, name: string): Result<PluginAnswer, CredentialError> {
	const answer = objectOf(jsonOf(stdout));
	if (answer === undefined) return err(credentialError(`${name} did not print a credential`, 'run it by hand to see what it says'));
	if (answer.kind !== 'ExecCredential') return err(credentialError(`${name} did not print an ExecCredential`));
	if (answer.apiVersion !== apiVersion)
		return err(credentialError(`${name} answered in version ${oneLine(String(answer.apiVersion))}, the kubeconfig says ${apiVersion}`));
	const status = objectOf(answer.status);
	if (status === undefined) return err(credentialError(`${name} answered without a status`));

	const token = textOf(status.token);
	const certificate = textOf(status.clientCertificateData);
	const key = textOf(status.clientKeyData);
	if ((certificate === undefined) !== (key === undefined)) return err(credentialError(`${name} answered with a certificate or a key, but not both`));
	if (token === undefined && certificate === undefined) return err(credentialError(`${name} answered with neither a token nor a certificate`));

	const expiry = textOf(status.expirationTimestamp);
	const expiresAt = expiry === undefined ? undefined : Date.parse(expiry);
	if (expiresAt !== undefined && Number.isNaN(expiresAt)) return err(credentialError(`${name} answered with an expirationTimestamp that is no time`));
	return ok({
		credential: {
			authorization: token === undefined ? undefined : bearer(token).authorization,
			clientCertificate: certificate === undefined || key === undefined ? undefined : {certificate, key},
		},
		expiresAt: expiresAt === undefined ? undefined : epochMs(expiresAt),
	});
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function textOf(value: unknown): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined;
}

function lastLines(text: string): readonly string[] {
	return text
		.split(/[\r\n]+/)
		.map(line => oneLine(line))
		.filter(line => line !== '')
		.slice(-STDERR_LINES);
}

function baseNameOf(command: string): string {
	return command.slice(Math.max(command.lastIndexOf('/'), command.lastIndexOf('\\')) + 1);
}
