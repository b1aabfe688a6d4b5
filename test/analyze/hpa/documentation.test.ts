import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {DEFAULT_CONTROLLER} from '../../../src/analyze/hpa/controller-config.ts';
import {explainHpa} from '../../../src/analyze/hpa/explain-hpa.ts';
import type {HpaInput} from '../../../src/analyze/hpa/hpa-input.ts';
import {traceHpa} from '../../../src/analyze/hpa/trace-hpa.ts';
import {traceText} from '../../../src/analyze/hpa/trace-text.ts';
import {whyHpa} from '../../../src/analyze/hpa/why-hpa.ts';
import {ago, cpuAverage, freshMemory, hpa, input, pod, pods, samples} from './builders.ts';

const page = readFileSync(new URL('../../../docs/algorithms/hpa.md', import.meta.url), 'utf8');
const average = hpa({metrics: [cpuAverage('100m')]});
const heldMemory = {
	...freshMemory(),
	runs: [{low: 4, high: 4, first: {from: ago(500), to: ago(500)}, last: {from: ago(190), to: ago(190)}}],
	lastPass: {from: ago(5), to: ago(5), raw: {low: 2, high: 2}},
};
/** The moment of the recorded run that the page shows, with the flags of that cluster. */
const slowStart = ['2fvhz', '882dn', 'jjk88', 'kbrrt', 'v6hg4', 'xrlmd'].map(id =>
	pod(`slow-start-7979886cbc-${id}`, id === 'xrlmd' ? {cpuRequest: '100m'} : {cpuRequest: '100m', ready: 'False', startedAgo: 22, readyAgo: 22}),
);
const sampled = slowStart.filter(({metadata}) => /882dn|v6hg4|xrlmd/.test(metadata.name));
const quick = (value: number) => ({value, source: 'option' as const});

test.each<{name: string; given: HpaInput}>([
	{name: '200m against 100m doubles', given: input({replicas: 3, hpa: average, readings: [samples(pods(3), 200)]})},
	{name: '50m against 100m halves', given: input({replicas: 4, hpa: average, readings: [samples(pods(4), 50)], memory: heldMemory})},
	{
		name: 'where the status misleads',
		given: {
			...input({
				replicas: 6,
				pods: slowStart,
				readings: [samples(sampled, 9)],
				controller: {
					...DEFAULT_CONTROLLER,
					downscaleStabilizationMs: quick(10_000),
					cpuInitializationPeriodMs: quick(5000),
					initialReadinessDelayMs: quick(2000),
				},
			}),
			scale: {kind: 'read', specReplicas: 6, statusReplicas: 6, selector: 'app=slow-start', from: '', at: undefined},
		},
	},
])('docs/algorithms/hpa.md shows what the analyzer says: $name', ({given}) => {
	const explanation = explainHpa(given);
	const text = [whyHpa(explanation), ...traceText(traceHpa(explanation), {inputs: false, citations: false})].join('\n');
	expect(page).toContain(`\`\`\`\n${text}\n\`\`\``);
});
