import type {Cancel, Clock} from '../util/clock.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {err, ok, type Result} from '../util/result.ts';
import type {Access, Environment, ExecConfig, ReadFile} from './access.ts';
import {type CredentialError, type CredentialOutcome, type Credentials, credentialError} from './credential.ts';
import {type PluginAnswer, type PluginRun, pluginEnvironment} from './exec-plugin.ts';
import {oneLine} from './one-line.ts';

/** What a plugin is doing, for the status bar. */
export type PluginActivity =
	| {readonly kind: 'idle'}
	| {
			readonly kind: 'running';
			readonly command: string;
			readonly since: EpochMs;
			/** It has the terminal. */
			readonly isInteractive: boolean;
			/** The last lines it wrote to stderr, washed. */
			readonly stderr: readonly string[];
	  };

/** What running a plugin depends on. */
export type PluginSurroundings = {
	readonly clock: Clock;
	readonly env: Environment;
	readonly readFile: ReadFile;
	readonly runPlugin: (run: PluginRun) => Promise<Result<PluginAnswer, CredentialError>>;
	readonly onActivity: (activity: PluginActivity) => void;
	/** Leaves the screen, calls `run`, comes back. undefined: there is no terminal. */
	readonly runInteractive: (<T>(run: () => Promise<T>) => Promise<T>) | undefined;
};

/** Part of a credential's lifetime after which it is renewed beside the work. */
const RENEW_AFTER = 0.8;
/** How long a failure is believed, and how old a credential must be for a 401 to start the plugin again, in ms. */
const PATIENCE_MS = 30_000;
/** A credential that comes expired is good for this long all the same, or every request would run the plugin. */
const SHORTEST_LIFE_MS = 10_000;
/** Timers cannot wait longer than 24 days: they look again after this long. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

/** Credentials from a plugin: one run at a time, whoever asks; renewed before they expire, and once after a 401. */
export function execCredentials(exec: ExecConfig, access: Access, surroundings: PluginSurroundings): Credentials {
	const {clock, onActivity, runInteractive} = surroundings;
	const stopping = new AbortController();
	let held: (PluginAnswer & {readonly heldSince: number}) | undefined;
	let failed: {readonly error: CredentialError; readonly at: number} | undefined;
	let running: Promise<CredentialOutcome> | undefined;
	/** Of the run that is under way. */
	let isInTerminal = false;
	let cancelRenewal: Cancel = () => {};
	let skewMs = 0;

	/** What is left of the held credential, in ms by the server's clock. */
	function remainingMs(expiresAt: EpochMs): number {
		return expiresAt - (clock.now() + skewMs);
	}

	function isValid({expiresAt, heldSince}: NonNullable<typeof held>): boolean {
		return expiresAt === undefined || remainingMs(expiresAt) >= 0 || clock.monotonic() - heldSince < SHORTEST_LIFE_MS;
	}

	/** Joins the run under way, or starts one. */
	function run(withTerminal: boolean): Promise<CredentialOutcome> {
		if (running === undefined) isInTerminal = withTerminal;
		running ??= start(withTerminal).finally(() => {
			running = undefined;
			onActivity({kind: 'idle'});
		});
		return running;
	}

	/** A run without the terminal that is under way is waited for: when it fails, too, it is the terminal's turn. */
	async function runInTerminal(): Promise<CredentialOutcome> {
		const underWay = isInTerminal ? undefined : await running;
		return underWay?.ok === true ? underWay : run(true);
	}

	async function start(withTerminal: boolean): Promise<CredentialOutcome> {
		if (stopping.signal.aborted) return err(credentialError('closed'));
		// Neither spawn nor the screen is ours: what they throw is a failure of the plugin.
		const outcome = await runOnce(withTerminal).catch((error: Error) =>
			err(credentialError(`${oneLine(exec.command)} could not be run: ${oneLine(error.message)}`)),
		);
		if (!outcome.ok) {
			failed = {error: outcome.error, at: clock.monotonic()};
			return outcome;
		}
		failed = undefined;
		held = {...outcome.value, heldSince: clock.monotonic()};
		scheduleRenewal();
		return ok(held.credential);
	}

	async function runOnce(withTerminal: boolean): Promise<Result<PluginAnswer, CredentialError>> {
		const command = oneLine([exec.command.slice(exec.command.lastIndexOf('/') + 1), ...exec.args].join(' '), 60);
		if (withTerminal && runInteractive === undefined) return err(credentialError(`${command} wants to ask something, and there is no terminal`));
		const env = pluginEnvironment(exec, access, withTerminal, surroundings.env, surroundings.readFile);
		if (!env.ok) return env;

		const since = clock.now();
		const tell = (stderr: readonly string[]) => onActivity({kind: 'running', command, since, isInteractive: withTerminal, stderr});
		const runIt = () => {
			tell([]);
			return surroundings.runPlugin({exec, env: env.value, isInteractive: withTerminal, clock, onStderr: tell, signal: stopping.signal});
		};
		return withTerminal && runInteractive !== undefined ? runInteractive(runIt) : runIt();
	}

	/** Beside the work, unless the plugin would take the terminal: that happens only when there is no other way. */
	function scheduleRenewal(): void {
		cancelRenewal();
		if (held?.expiresAt === undefined || exec.interactiveMode === 'Always' || stopping.signal.aborted) return;
		const age = clock.monotonic() - held.heldSince;
		const dueInMs = RENEW_AFTER * (remainingMs(held.expiresAt) + age) - age;
		cancelRenewal = clock.after(
			Math.min(Math.max(dueInMs, SHORTEST_LIFE_MS), LONGEST_WAIT_MS),
			dueInMs > LONGEST_WAIT_MS ? scheduleRenewal : renewInBackground,
		);
	}

	function renewInBackground(): void {
		void run(false).then(outcome => {
			if (!outcome.ok && held !== undefined && isValid(held) && !stopping.signal.aborted) cancelRenewal = clock.after(PATIENCE_MS, renewInBackground);
		});
	}

	return {
		async get() {
			if (held !== undefined && isValid(held)) return ok(held.credential);
			if (running === undefined && failed !== undefined && clock.monotonic() - failed.at < PATIENCE_MS) return err(failed.error);
			return run(exec.interactiveMode === 'Always');
		},
		async renew(rejected) {
			if (running === undefined && held !== undefined && held.credential !== rejected) return ok(held.credential);
			if (running === undefined && held !== undefined && clock.monotonic() - held.heldSince < PATIENCE_MS)
				return err(credentialError(`the server does not accept the credential that ${oneLine(exec.command)} has just given`));
			if (running === undefined && failed !== undefined && clock.monotonic() - failed.at < PATIENCE_MS) return err(failed.error);
			held = undefined;
			cancelRenewal();
			return run(exec.interactiveMode === 'Always');
		},
		forget() {
			held = undefined;
			failed = undefined;
			cancelRenewal();
		},
		get runInTerminal() {
			const isOfUse = runInteractive !== undefined && exec.interactiveMode !== 'Never' && !(held !== undefined && isValid(held));
			return isOfUse ? runInTerminal : undefined;
		},
		noteServerSkew(milliseconds) {
			skewMs = milliseconds;
		},
		close() {
			stopping.abort();
			cancelRenewal();
		},
	};
}
