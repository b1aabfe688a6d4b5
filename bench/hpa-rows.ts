import {resourceById} from '../src/kube/registry.ts';
import {createStream} from '../src/observe/create-stream.ts';
import type {ObservationBody, UsageSample} from '../src/observe/observation.ts';
import {samplesOf} from '../src/observe/samples.ts';
import type {Clock} from '../src/util/clock.ts';
import {epochMs} from '../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../src/util/units.ts';
import {createHpaRows} from '../src/viewmodel/hpa/create-hpa-rows.ts';
import type {HpaQuery} from '../src/viewmodel/hpa/hpa-query.ts';
import {applied, deploymentObject, hpaObject, metricsAnswered, podObject, START} from '../test/observe/hpa-world.ts';

// node scripts/node24.cjs bench/hpa-rows.ts [autoscalers] [pods]: what the HPA tab costs, in ms of CPU: everything explained anew, and a frame at
// 500 changes a second (fifty changed pods); and what the memory costs of a pass.

const HPAS = Number(process.argv[2] ?? 500);
const PODS = Number(process.argv[3] ?? 10_000);
const EACH = PODS / HPAS;

let wall = START;
const clock: Clock = {now: () => epochMs(wall), monotonic: () => wall - START, after: () => () => {}};
const stream = createStream({clock, resourceOf: resourceById});
const tell = (body: ObservationBody): void => stream.observe(body);
const name = (hpa: number): string => `app-${hpa}`;
const listed = ['horizontalpodautoscalers', 'deployments', 'pods', 'leases'];

for (const resource of listed) tell({kind: 'object', resource, namespace: undefined, event: {kind: 'begin'}});
for (let hpa = 0; hpa < HPAS; hpa++) {
	tell(applied('deployments', deploymentObject(EACH, name(hpa))));
	tell(applied('horizontalpodautoscalers', hpaObject({name: name(hpa), current: EACH, max: 100})));
	for (let pod = 0; pod < EACH; pod++) tell(applied('pods', podObject(pod, name(hpa))));
}
tell(metricsAnswered);
sampleAll(50);
const beganAt = performance.now();
for (const resource of listed) tell({kind: 'object', resource, namespace: undefined, event: {kind: 'synced', resourceVersion: '1'}});
const begin = performance.now() - beganAt;

function sampleAll(milli: number): void {
	const samples: UsageSample[] = [];
	for (let hpa = 0; hpa < HPAS; hpa++)
		for (let pod = 0; pod < EACH; pod++)
			samples.push({
				of: 'pod',
				namespace: 'shop',
				name: `${name(hpa)}-${pod}`,
				timestamp: epochMs(wall),
				windowMs: 15_000,
				containers: [{name: 'app', cpu: ((milli + ((hpa + pod) % 7)) * 1e6) as NanoCores, memory: (64 * 2 ** 20) as Bytes}],
			});
	tell({kind: 'sample', samples: samplesOf(samples)});
}

const rows = createHpaRows();
const query: HpaQuery = {view: 'autoscalers', within: undefined, namespace: undefined, filter: '', sort: undefined, isWide: false, expanded: []};
const draw = (): number => {
	const frame = stream.frame(epochMs(wall));
	const before = process.cpuUsage();
	const {rows: shown} = rows.model(frame, query);
	for (let index = 0; index < 50; index++) shown.at(index);
	const {user, system} = process.cpuUsage(before);
	return (user + system) / 1000;
};
const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]!;
const most = (all: readonly number[]): number => Math.max(...all);

const first = draw();
const whole: number[] = [];
for (let round = 0; round < 30; round++) {
	wall += 15_000;
	sampleAll(40 + round);
	whole.push(draw());
}
const partly: number[] = [];
for (let round = 0; round < 200; round++) {
	wall += 100;
	for (let change = 0; change < 50; change++) {
		const id = (round * 50 + change) % PODS;
		tell(applied('pods', podObject(id % EACH, name(Math.floor(id / EACH)))));
	}
	partly.push(draw());
}
const passes: number[] = [];
for (let hpa = 0; hpa < HPAS; hpa++) {
	const object = hpaObject({name: name(hpa), current: EACH, max: 100, utilization: 52 + (hpa % 5)});
	const started = performance.now();
	tell(applied('horizontalpodautoscalers', object));
	passes.push(performance.now() - started);
}
const text = (value: number): string => value.toFixed(1).padStart(7);
process.stdout.write(
	[
		`${HPAS} autoscalers, ${PODS} pods`,
		`the memory of all begins          ${text(begin)} ms`,
		`first drawing                     ${text(first)} ms`,
		`all explained anew, 50 rows drawn ${text(median(whole))} ms (most ${most(whole).toFixed(1)})`,
		`50 pods changed                   ${text(median(partly))} ms (most ${most(partly).toFixed(1)})`,
		`a pass remembered                 ${text(median(passes))} ms (most ${most(passes).toFixed(1)})`,
		'',
	].join('\n'),
);
