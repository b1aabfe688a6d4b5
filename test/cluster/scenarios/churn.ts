import {type Client, collectionPath, type KubeObject, ONLY_METADATA} from '../client.ts';
import {ClusterFault} from '../fault.ts';
import {SCENARIO_LABEL} from './builders.ts';
import {LISTENERS, withoutProcesses} from './faults.ts';
import {defineScenario, numberOf, pause} from './scenario.ts';

const KINDS = ['annotation', 'label', 'status'] as const;
export type ChurnKind = (typeof KINDS)[number];

const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';

/** How many changes are due after a time at a rate, all told. Pure, so that a late timer makes up for itself and never runs away. */
export function dueBy(elapsedMs: number, ratePerSecond: number, totalAtMost: number): number {
	return Math.min(totalAtMost, Math.floor((elapsedMs / 1000) * ratePerSecond));
}

/**
 * Forgets who owns which field, and so the server need not work it out: a fifth of what a change costs it.
 * An object without owners stays so until somebody applies it (apimachinery v0.37.2, util/managedfields/internal/skipnonapplied.go).
 */
const NO_OWNERS = {managedFields: [{}]};

/** The n-th change of a pod: something small that no controller acts on, so that the rate is ours alone. */
export function changeOf(kind: ChurnKind, n: number): {readonly subresource: string; readonly body: unknown} {
	switch (kind) {
		case 'annotation':
			return {subresource: '', body: {metadata: {...NO_OWNERS, annotations: {'kwb.test/churn': String(n)}}}};
		case 'label':
			return {subresource: '', body: {metadata: {...NO_OWNERS, labels: {'kwb.test/churn': String(n)}}}};
		case 'status':
			return {
				subresource: '/status',
				body: {
					metadata: NO_OWNERS,
					status: {conditions: [{type: 'kwb.test/churn', status: n % 2 === 0 ? 'True' : 'False', message: String(n)}]},
				},
			};
	}
}

/**
 * Changes pods at a rate, each in turn, spread evenly in time.
 *
 * @returns What came of it: `done` counts what the server accepted. A server that does not keep up gets fewer, never a longer time.
 */
export async function churnPods(
	client: Client,
	pods: readonly KubeObject[],
	{kind, ratePerSecond, forSeconds, signal}: {kind: ChurnKind; ratePerSecond: number; forSeconds: number; signal: AbortSignal},
): Promise<{readonly done: number; readonly refused: number; readonly seconds: number}> {
	const startedAt = performance.now();
	const total = Math.floor(ratePerSecond * forSeconds);
	const running = new Set<Promise<void>>();
	let begun = 0;
	let done = 0;
	let refused = 0;
	while (begun < total && performance.now() - startedAt < forSeconds * 1000 && !signal.aborted) {
		const due = dueBy(performance.now() - startedAt, ratePerSecond, total);
		// As many at once as one second brings: beyond that the server does not keep up, and a growing queue would hide it.
		for (; begun < due && running.size < ratePerSecond; begun++) {
			const {metadata} = pods[begun % pods.length]!;
			const {subresource, body} = changeOf(kind, begun);
			const change = client
				// Nobody reads the warnings of a check of every field of the pod, which is a tenth of what a change costs the server.
				.request('PATCH', `${collectionPath('pods', metadata?.namespace)}/${metadata?.name}${subresource}?fieldValidation=Ignore`, {
					body,
					contentType: STRATEGIC_MERGE_PATCH,
					accept: ONLY_METADATA,
				})
				.then(({status}) => {
					if (status < 300) done++;
					else refused++;
				});
			running.add(change);
			void change.finally(() => running.delete(change)).catch(() => undefined);
		}
		await pause(0.01, signal);
	}
	await Promise.all(running);
	return {done, refused, seconds: (performance.now() - startedAt) / 1000};
}

export const churn = defineScenario({
	name: 'churn',
	does: 'changes the pods that are there at a steady rate, each in turn; a server that does not keep up gets fewer, and the last line says how many',
	parameters: {
		rate: {fallback: '500', does: 'changes a second'},
		seconds: {fallback: '60', does: 'for how long'},
		what: {fallback: 'annotation', does: `what is changed: ${KINDS.join(', ')}`},
		namespace: {fallback: '', does: 'only the pods of one namespace'},
		alone: {fallback: 'no', does: 'yes: those who only listen (controllers, scheduler, kwok, metrics-server) are stopped meanwhile'},
	},
	async run(context) {
		const {client, parameters, signal, log} = context;
		const kind = KINDS.find(each => each === parameters.what);
		if (kind === undefined) throw new ClusterFault(`--what ${parameters.what}: one of ${KINDS.join(', ')}`);
		if (!['yes', 'no'].includes(parameters.alone)) throw new ClusterFault(`--alone ${parameters.alone}: yes or no`);
		const ratePerSecond = numberOf(parameters, 'rate');
		const namespaces = await client.list('/api/v1/namespaces', {labelSelector: SCENARIO_LABEL, metadataOnly: true});
		const ours = namespaces.items.map(({metadata}) => metadata?.name).filter(name => parameters.namespace === '' || name === parameters.namespace);
		const pods = (await Promise.all(ours.map(name => client.list(collectionPath('pods', name), {metadataOnly: true})))).flatMap(({items}) => items);
		if (pods.length === 0) throw new ClusterFault('there are no pods of a scenario to change: run fill or smoke first');
		log(`${ratePerSecond} changes a second of ${pods.length} pods (${kind})`);
		const change = () => churnPods(client, pods, {kind, ratePerSecond, forSeconds: numberOf(parameters, 'seconds'), signal});
		if (parameters.alone === 'yes') log(`stopped meanwhile: ${LISTENERS.join(', ')}`);
		const {done, refused, seconds} = await (parameters.alone === 'yes' ? withoutProcesses(context, LISTENERS, change) : change());
		log(`${done} changes in ${seconds.toFixed(1)} s, ${(done / seconds).toFixed(0)} a second of ${ratePerSecond}; ${refused} refused`);
	},
});
