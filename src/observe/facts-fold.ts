import type {FactsState} from './frame.ts';
import type {Fact, Fold} from './observation.ts';

/** The latest fact of each name; of `metricsApi` the latest of each scope, of `note` the latest of each topic. */
export function createFactsFold(): Fold<FactsState, readonly Fact[]> {
	const facts = new Map<string, Fact>();
	let state: FactsState | undefined;

	function keep(fact: Fact): void {
		facts.set(nameOf(fact), fact);
		state = undefined;
	}

	function latest<Name extends Fact['name']>(name: Name): Extract<Fact, {readonly name: Name}> | undefined {
		return facts.get(name) as Extract<Fact, {readonly name: Name}> | undefined;
	}

	function stateNow(): FactsState {
		const metricsApi = new Map<string, Extract<Fact, {readonly name: 'metricsApi'}>>();
		const notes = new Map<string, string>();
		for (const fact of facts.values()) {
			if (fact.name === 'metricsApi') metricsApi.set(metricsScope(fact), fact);
			if (fact.name === 'note') notes.set(fact.topic, fact.value);
		}
		return {serverVersion: latest('serverVersion'), discovery: latest('discovery'), clusterIdentity: latest('clusterIdentity'), metricsApi, notes};
	}

	return {
		apply(observation) {
			if (observation.kind === 'fact') keep(observation.fact);
		},
		read() {
			state ??= stateNow();
			return state;
		},
		save: () => [...facts.values()],
		restore(saved) {
			facts.clear();
			state = undefined;
			for (const fact of saved) keep(fact);
		},
	};
}

function metricsScope({of, namespace}: {readonly of: 'node' | 'pod'; readonly namespace: string | undefined}): string {
	return namespace === undefined ? of : `${of}/${namespace}`;
}

function nameOf(fact: Fact): string {
	if (fact.name === 'metricsApi') return `metricsApi ${metricsScope(fact)}`;
	return fact.name === 'note' ? `note ${fact.topic}` : fact.name;
}
