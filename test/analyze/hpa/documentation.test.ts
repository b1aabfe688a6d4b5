import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {explainHpa} from '../../../src/analyze/hpa/explain-hpa.ts';
import type {HpaInput} from '../../../src/analyze/hpa/hpa-input.ts';
import {traceHpa} from '../../../src/analyze/hpa/trace-hpa.ts';
import {traceText} from '../../../src/analyze/hpa/trace-text.ts';
import {whyHpa} from '../../../src/analyze/hpa/why-hpa.ts';
import {ago, cpuAverage, cpuUtilization, freshMemory, hpa, input, pod, pods, samples} from './builders.ts';

const page = readFileSync(new URL('../../../docs/algorithms/hpa.md', import.meta.url), 'utf8');
const average = hpa({metrics: [cpuAverage('100m')]});
const heldMemory = {
	...freshMemory(),
	runs: [{low: 4, high: 4, first: {from: ago(500), to: ago(500)}, last: {from: ago(190), to: ago(190)}}],
	lastPass: {from: ago(5), to: ago(5), raw: {low: 2, high: 2}},
};
const pending = [3, 4, 5].map(index => pod(`web-${index}`, {phase: 'Pending', cpuRequest: '1'}));

test.each<{name: string; given: HpaInput}>([
	{name: '200m against 100m doubles', given: input({replicas: 3, hpa: average, readings: [samples(pods(3), 200)]})},
	{name: '50m against 100m halves', given: input({replicas: 4, hpa: average, readings: [samples(pods(4), 50)], memory: heldMemory})},
	{
		name: 'where the status misleads',
		given: input({
			replicas: 6,
			hpa: hpa({metrics: [cpuUtilization(60)]}),
			pods: [...pods(3, {cpuRequest: '1'}), ...pending],
			readings: [samples(pods(3), 900)],
		}),
	},
])('docs/algorithms/hpa.md shows what the analyzer says: $name', ({given}) => {
	const explanation = explainHpa(given);
	const text = [whyHpa(explanation), ...traceText(traceHpa(explanation), {inputs: false, citations: false})].join('\n');
	expect(page).toContain(`\`\`\`\n${text}\n\`\`\``);
});
