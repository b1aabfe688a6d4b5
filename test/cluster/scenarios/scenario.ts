import {setTimeout as delay} from 'node:timers/promises';
import type {Client} from '../client.ts';
import {ClusterFault} from '../fault.ts';
import type {MarkedCluster} from './marked-cluster.ts';

/** What a scenario may be told, as text, and what it is when nobody tells. */
export type ParameterTable = Readonly<Record<string, {readonly fallback: string; readonly does: string}>>;

/** A program that fills a cluster, changes it for a while, or breaks it. Run twice, it ends in the same state. */
export type Scenario<P extends ParameterTable = ParameterTable> = {
	readonly name: string;
	readonly does: string;
	readonly parameters: P;
	/** `adapter`: it refuses to start without the metrics adapter. */
	readonly needs: readonly 'adapter'[];
	run(context: ScenarioContext<P>): Promise<void>;
};

export type ScenarioContext<P extends ParameterTable = ParameterTable> = {
	readonly client: Client;
	readonly cluster: MarkedCluster;
	/** Every parameter of the table, given or not. */
	readonly parameters: Readonly<Record<keyof P & string, string>>;
	/** Ends the scenario early; a scenario that plays over time then stops, leaving what it made. */
	readonly signal: AbortSignal;
	readonly log: (line: string) => void;
};

/** Keeps the names of a scenario's parameters in its type, so that asking for another one does not compile. */
export function defineScenario<P extends ParameterTable>(scenario: Omit<Scenario<P>, 'needs'> & {readonly needs?: readonly 'adapter'[]}): Scenario<P> {
	return {needs: [], ...scenario};
}

/** Parameters as given, completed from the table. Throws a `ClusterFault` for one that the scenario does not have. */
export function parametersFor<P extends ParameterTable>(
	scenario: Scenario<P>,
	given: Readonly<Record<string, string>>,
): Readonly<Record<keyof P & string, string>> {
	const table: ParameterTable = scenario.parameters;
	const alien = Object.keys(given).find(name => table[name] === undefined);
	if (alien !== undefined)
		throw new ClusterFault(
			`scenario ${scenario.name} takes no --${alien}: ${
				Object.keys(table)
					.map(name => `--${name}`)
					.join(', ') || 'nothing'
			}`,
		);
	return Object.fromEntries(Object.entries(table).map(([name, {fallback}]) => [name, given[name] ?? fallback])) as Record<keyof P & string, string>;
}

/** A parameter that is a number of at least 0, or a `ClusterFault` that says which is not. */
export function numberOf<Name extends string>(parameters: Readonly<Record<Name, string>>, name: Name): number {
	const value = Number(parameters[name]);
	if (parameters[name].trim() === '' || !Number.isFinite(value) || value < 0) throw new ClusterFault(`--${name} ${parameters[name]}: a number of at least 0`);
	return value;
}

/** Waits, or returns early when the signal ends the scenario. */
export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
	if (signal.aborted) return;
	await delay(seconds * 1000, undefined, {signal}).catch(() => undefined);
}

/**
 * Asks again and again until the answer is "yes" (undefined) rather than what is still missing.
 * Throws a `ClusterFault` with what was missing last when the time is over, and an AbortError when the signal ends it.
 */
export async function until(
	check: () => Promise<string | undefined>,
	{
		signal,
		timeoutSeconds,
		everySeconds = 0.5,
		onMissing,
	}: {signal: AbortSignal; timeoutSeconds: number; everySeconds?: number; onMissing?: (missing: string) => void},
): Promise<void> {
	const giveUpAt = performance.now() + timeoutSeconds * 1000;
	for (;;) {
		signal.throwIfAborted();
		const missing = await check();
		if (missing === undefined) return;
		if (performance.now() > giveUpAt) throw new ClusterFault(`not within ${timeoutSeconds} s: ${missing}`);
		onMissing?.(missing);
		await pause(everySeconds, signal);
	}
}
