import {type Client, collectionPath} from '../client.ts';
import {ClusterFault} from '../fault.ts';
import {compactHistory, metricsOutage, restartApiServer, startKubelet, stopKubelet} from './faults.ts';
import {defineScenario, numberOf, pause, type ScenarioContext} from './scenario.ts';

/** Each fault, for so many seconds where it lasts. */
const FAULTS: Readonly<Record<string, (context: ScenarioContext, seconds: number) => Promise<void>>> = {
	kubelet: async ({client, signal, log}, seconds) => {
		const node = await someNode(client);
		await stopKubelet(client, node);
		log(`the kubelet of ${node} is stopped for ${seconds} s`);
		try {
			await pause(seconds, signal);
		} finally {
			await startKubelet(client, node);
			log(`the kubelet of ${node} runs again`);
		}
	},
	metrics: metricsOutage,
	compact: context => compactHistory(context),
	restart: context => restartApiServer(context),
};

export const faults = defineScenario({
	name: 'faults',
	does: 'breaks a cluster that something else has filled, and mends it: a stopped kubelet, a metrics outage, a compaction of etcd, a restart of the API server',
	parameters: {
		what: {fallback: Object.keys(FAULTS).join(','), does: `which, in this order, of ${Object.keys(FAULTS).join(', ')}`},
		seconds: {fallback: '60', does: 'how long those last that last, and the time between two'},
	},
	async run(context) {
		const {parameters, signal} = context;
		const seconds = numberOf(parameters, 'seconds');
		const chosen = parameters.what.split(',').map(name => {
			const fault = FAULTS[name];
			if (fault === undefined) throw new ClusterFault(`--what ${name}: one or several of ${Object.keys(FAULTS).join(', ')}`);
			return fault;
		});
		for (const [index, fault] of chosen.entries()) {
			if (index > 0) await pause(seconds, signal);
			if (signal.aborted) return;
			await fault(context, seconds);
		}
	},
});

/** The first node by name: the same one each time. */
async function someNode(client: Client): Promise<string> {
	const {items} = await client.list(collectionPath('nodes'), {metadataOnly: true});
	const name = items[0]?.metadata?.name;
	if (name === undefined) throw new ClusterFault('there is no node whose kubelet could stop: run smoke or fill first');
	return name;
}
