import {resourceById} from '../src/kube/registry.ts';
import {nodes} from '../src/kube/resources/nodes.ts';
import {type Pod, pods} from '../src/kube/resources/pods.ts';
import type {Fields, ObjectOf} from '../src/kube/schema.ts';
import {createStream} from '../src/observe/create-stream.ts';
import type {UsageSample} from '../src/observe/observation.ts';
import {samplesOf} from '../src/observe/samples.ts';
import type {Clock} from '../src/util/clock.ts';
import {epochMs} from '../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../src/util/units.ts';
import {createTopRows} from '../src/viewmodel/top/create-top-rows.ts';
import type {TopQuery} from '../src/viewmodel/top/top-query.ts';
import {decodeJson, Words} from '../src/wire/decode-json.ts';

// node scripts/node24.cjs bench/top-viewmodel.ts [pods] [nodes]: what Top's rows cost, in ms of CPU a frame. A frame is fifty rows on the
// screen, at 500 changes a second and ten frames a second fifty changed pods.

const POD_COUNT = Number(process.argv[2] ?? 10_000);
const NODE_COUNT = Number(process.argv[3] ?? 100);
const CHANGES = 50;
const SCREEN = 50;
const FRAMES = 200;

const words = new Words();
const start = Date.UTC(2026, 10, 24, 12);
let wall = start;
const clock: Clock = {now: () => epochMs(wall), monotonic: () => wall - start, after: () => () => {}};
const stream = createStream({clock, resourceOf: resourceById});
let version = 1;

function decoded<F extends Fields>(fields: F, json: unknown): ObjectOf<F> {
	const result = decodeJson(fields, json, words);
	if (!result.ok) throw new Error(result.error);
	return result.value;
}

function pod(id: number, restarts: number): Pod {
	const namespace = `ns-${id % 40}`;
	const requests = {cpu: `${100 + (id % 10) * 50}m`, memory: `${64 + (id % 8) * 32}Mi`};
	const limits = {cpu: '1', memory: '512Mi'};
	return decoded(pods.fields, {
		metadata: {
			name: `web-${id % 700}-5d4f8c7b9d-${id.toString(36)}`,
			namespace,
			uid: `uid-${id}`,
			resourceVersion: String(++version),
			creationTimestamp: new Date(start - id * 60_000).toISOString(),
			labels: {app: `web-${id % 700}`, 'pod-template-hash': '5d4f8c7b9d'},
			ownerReferences: [{apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `web-${id % 700}-5d4f8c7b9d`, uid: `rs-${id % 700}`, controller: true}],
		},
		spec: {
			nodeName: `node-${id % NODE_COUNT}`,
			containers: [{name: 'app', resources: {requests, limits}}, ...(id % 4 === 0 ? [{name: 'proxy', resources: {requests}}] : [])],
		},
		status: {
			phase: 'Running',
			qosClass: 'Burstable',
			startTime: new Date(start - id * 60_000).toISOString(),
			conditions: [{type: 'Ready', status: 'True'}],
			containerStatuses: [
				{
					name: 'app',
					ready: true,
					restartCount: restarts,
					state: {running: {startedAt: new Date(start - id * 60_000).toISOString()}},
					allocatedResources: requests,
					resources: {requests, limits},
				},
			],
		},
	});
}

function poll(round: number): void {
	const samples: UsageSample[] = [];
	for (let id = 0; id < POD_COUNT; id++) {
		const {metadata} = all[id]!;
		const cpu = ((((id * 7919 + round * 104_729) % 1000) + 1) * 1e6) as NanoCores;
		samples.push({
			of: 'pod',
			namespace: metadata.namespace,
			name: metadata.name,
			timestamp: epochMs(wall),
			windowMs: 15_000,
			containers: [{name: 'app', cpu, memory: ((id % 500) * 2 ** 20) as Bytes}],
		});
	}
	for (let id = 0; id < NODE_COUNT; id++)
		samples.push({
			of: 'node',
			name: `node-${id}`,
			timestamp: epochMs(wall),
			windowMs: 15_000,
			usage: {cpu: (2e9 + id) as NanoCores, memory: (2 ** 33) as Bytes},
		});
	stream.observe({kind: 'sample', samples: samplesOf(samples)});
}

const all = Array.from({length: POD_COUNT}, (_, id) => pod(id, 0));
for (let id = 0; id < NODE_COUNT; id++) {
	const object = decoded(nodes.fields, {
		metadata: {name: `node-${id}`, resourceVersion: '1'},
		status: {allocatable: {cpu: '16', memory: '64Gi'}, conditions: [{type: 'Ready', status: 'True'}]},
	});
	stream.observe({kind: 'object', resource: 'nodes', namespace: undefined, event: {kind: 'apply', object}});
}
stream.observe({kind: 'object', resource: 'pods', namespace: undefined, event: {kind: 'begin'}});
for (const object of all) stream.observe({kind: 'object', resource: 'pods', namespace: undefined, event: {kind: 'apply', object}});
stream.observe({kind: 'object', resource: 'pods', namespace: undefined, event: {kind: 'synced', resourceVersion: '1'}});
poll(0);

const QUERY: TopQuery = {
	view: 'pods',
	sumBy: undefined,
	within: undefined,
	namespace: undefined,
	filter: '',
	sort: undefined,
	isWide: false,
	expanded: [],
	glyphs: 'blocks',
};
const QUERIES: ReadonlyArray<readonly [string, TopQuery]> = [
	['pods', QUERY],
	['pods, wide, by memory of limit', {...QUERY, isWide: true, sort: {column: 'memoryOfLimit', isReversed: false}}],
	['pods, filtered', {...QUERY, filter: 'web-1 node-3'}],
	['containers', {...QUERY, view: 'containers'}],
	['nodes', {...QUERY, view: 'nodes'}],
	['tree, ten nodes open', {...QUERY, view: 'tree', expanded: Array.from({length: 10}, (_, id) => `node-${id}`)}],
	['sums by namespace', {...QUERY, sumBy: 'namespace'}],
	['sums by owner', {...QUERY, sumBy: 'owner'}],
];

/** CPU time of the process in ms: on a busy machine the clock on the wall measures the others. */
function timed(work: () => void): number {
	const before = process.cpuUsage();
	work();
	const {user, system} = process.cpuUsage(before);
	return (user + system) / 1000;
}

function median(values: readonly number[], share = 0.5): string {
	return values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) * share)]!.toFixed(2);
}

console.log(`${POD_COUNT} pods on ${NODE_COUNT} nodes; ms of CPU`);
console.log('view                              first   50 changed p50   p99   all samples new   a moment later');
let round = 0;
for (const [name, query] of QUERIES) {
	const top = createTopRows();
	const draw = (): void => {
		const model = top.model(stream.frame(stream.now()), query);
		const from = Math.max(0, Math.floor(model.rows.length / 2) - SCREEN);
		for (let index = from; index < from + SCREEN; index++) model.rows.at(index);
	};
	const first = timed(draw);
	const changed: number[] = [];
	const sampled: number[] = [];
	const idle: number[] = [];
	for (let frame = 0; frame < FRAMES; frame++) {
		wall += 100;
		for (let change = 0; change < CHANGES; change++) {
			const id = (frame * CHANGES + change * 37) % POD_COUNT;
			stream.observe({kind: 'object', resource: 'pods', namespace: undefined, event: {kind: 'apply', object: pod(id, frame % 5)}});
		}
		changed.push(timed(draw));
		wall += 100;
		idle.push(timed(draw));
		if (frame % 20 === 0) {
			wall += 15_000;
			poll(++round);
			sampled.push(timed(draw));
		}
	}
	console.log(
		`${name.padEnd(32)} ${first.toFixed(1).padStart(6)} ${median(changed).padStart(16)} ${median(changed, 0.99).padStart(5)} ${median(sampled).padStart(17)} ${median(idle).padStart(16)}`,
	);
}
