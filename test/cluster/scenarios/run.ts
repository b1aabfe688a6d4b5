import {ClusterFault} from '../fault.ts';
import {broken} from './broken.ts';
import {churn} from './churn.ts';
import {demo} from './demo.ts';
import {faults} from './faults-scenario.ts';
import {fill} from './fill.ts';
import {hpaScenario} from './hpa.ts';
import {openMarkedCluster} from './marked-cluster.ts';
import {outage} from './outage.ts';
import {parametersFor, type Scenario} from './scenario.ts';
import {smoke} from './smoke.ts';

/** All scenarios, in the order in which help lists them. */
const SCENARIOS: readonly Scenario[] = [smoke, fill, churn, broken, outage, faults, hpaScenario, demo] as readonly Scenario[];

export type ScenarioRun = {
	readonly kubeconfig: string;
	readonly name: string;
	/** The scenario's own parameters, `{pods: '1000'}`. */
	readonly options?: Readonly<Record<string, string>>;
	/** Ends it early. */
	readonly signal?: AbortSignal;
	/** Hears what it does, a line at a time. */
	readonly log?: (line: string) => void;
};

/**
 * Runs a scenario on a cluster of `cluster:up`.
 *
 * Throws a `ClusterFault` of one line for a name or a parameter that does not exist, and for any other cluster: nothing has been written then.
 */
export async function runScenario({
	kubeconfig,
	name,
	options = {},
	signal = new AbortController().signal,
	log = line => process.stdout.write(`${line}\n`),
}: ScenarioRun): Promise<void> {
	const scenario = SCENARIOS.find(each => each.name === name);
	if (scenario === undefined) throw new ClusterFault(`no scenario "${name}": one of ${SCENARIOS.map(each => each.name).join(', ')}`);
	const parameters = parametersFor(scenario, options);
	const {client, cluster} = await openMarkedCluster(kubeconfig);
	try {
		if (scenario.needs.includes('adapter') && cluster.adapterControl === undefined)
			throw new ClusterFault(`scenario ${name} needs the metrics adapter: cluster:up --name ${cluster.name} --with adapter`);
		await scenario.run({client, cluster, parameters, signal, log});
	} finally {
		client.close();
	}
}

/** What there is to run, for help and documentation. */
export function listScenarios(): readonly Pick<Scenario, 'name' | 'does' | 'parameters' | 'needs'>[] {
	return SCENARIOS.map(({name, does, parameters, needs}) => ({name, does, parameters, needs}));
}
