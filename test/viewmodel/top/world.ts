import {resourceById} from '../../../src/kube/registry.ts';
import type {ResourceId, Stored} from '../../../src/kube/schema.ts';
import {createStream} from '../../../src/observe/create-stream.ts';
import type {Frame} from '../../../src/observe/frame.ts';
import type {Fact, Freshness, UsageSample} from '../../../src/observe/observation.ts';
import {samplesOf} from '../../../src/observe/samples.ts';
import {epochMs} from '../../../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../../../src/util/units.ts';
import type {TableModel} from '../../../src/viewmodel/table-model.ts';
import type {TopQuery} from '../../../src/viewmodel/top/top-query.ts';
import {NOW} from '../../analyze/top/builders.ts';
import {fakeClock} from '../../observe/fake-clock.ts';

/** A session without a cluster: what is said to it goes through the real stream and its folds. */
export function createWorld() {
	const clock = fakeClock(NOW);
	const stream = createStream({clock, resourceOf: resourceById});
	return {
		clock,
		apply(resource: ResourceId, ...objects: readonly Stored[]): void {
			for (const object of objects) stream.observe({kind: 'object', resource, namespace: undefined, event: {kind: 'apply', object}});
		},
		remove(resource: ResourceId, object: Stored): void {
			stream.observe({kind: 'object', resource, namespace: undefined, event: {kind: 'delete', object}});
		},
		/** A list begins; `synced` ends it. */
		begin: (resource: ResourceId): void => stream.observe({kind: 'object', resource, namespace: undefined, event: {kind: 'begin'}}),
		synced(resource: ResourceId): void {
			stream.observe({kind: 'object', resource, namespace: undefined, event: {kind: 'synced', resourceVersion: '1'}});
		},
		freshness(resource: ResourceId, freshness: Freshness, namespace?: string): void {
			stream.observe({kind: 'freshness', resource, namespace, freshness});
		},
		samples: (...samples: readonly UsageSample[]): void => stream.observe({kind: 'sample', samples: samplesOf(samples)}),
		fact: (fact: Fact): void => stream.observe({kind: 'fact', fact}),
		frame: (): Frame => stream.frame(stream.now()),
	};
}

export type World = ReturnType<typeof createWorld>;

/** A sample of a pod, so many seconds before now; containers as `name: [milli-cores, MiB]`. */
export function podSample(
	key: string,
	secondsAgo: number,
	containers: Readonly<Record<string, readonly [milli: number | undefined, mebibytes: number | undefined]>>,
): UsageSample {
	const [namespace = '', name = ''] = key.split('/');
	return {
		of: 'pod',
		namespace,
		name,
		timestamp: epochMs(NOW - secondsAgo * 1000),
		windowMs: 15_000,
		containers: Object.entries(containers).map(([container, [milli, mebibytes]]) => ({name: container, ...usage(milli, mebibytes)})),
	};
}

export function nodeSample(name: string, secondsAgo: number, milli: number, mebibytes: number): UsageSample {
	return {of: 'node', name, timestamp: epochMs(NOW - secondsAgo * 1000), windowMs: 15_000, usage: usage(milli, mebibytes)};
}

function usage(milli: number | undefined, mebibytes: number | undefined) {
	return {
		cpu: milli === undefined ? undefined : ((milli * 1e6) as NanoCores),
		memory: mebibytes === undefined ? undefined : ((mebibytes * 2 ** 20) as Bytes),
	};
}

export const QUERY: TopQuery = {
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

/** Every row as `{column id: text}`, in order. */
export function texts(model: TableModel): ReadonlyArray<Readonly<Record<string, string>>> {
	return Array.from({length: model.rows.length}, (_, index) => {
		const row = model.rows.at(index)!;
		return Object.fromEntries(model.columns.map((column, at) => [column.id, row.cells[at]!.text]));
	});
}

export function keys(model: TableModel): readonly string[] {
	return Array.from({length: model.rows.length}, (_, index) => model.rows.at(index)!.key);
}
