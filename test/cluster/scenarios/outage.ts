import {metricsOutage} from './faults.ts';
import {defineScenario, numberOf} from './scenario.ts';

export const outage = defineScenario({
	name: 'outage',
	does: 'metrics-server is gone for a while; what else there is stays as it is',
	parameters: {seconds: {fallback: '60', does: 'for how long'}},
	run: context => metricsOutage(context, numberOf(context.parameters, 'seconds')),
});
