import {isDeepStrictEqual} from 'node:util';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {RESOURCES} from '../../src/kube/registry.ts';
import {measure} from '../../src/kube/quantity.ts';
import {nodemetrics, podmetrics} from '../../src/kube/resources/metrics.ts';
import type {Pod} from '../../src/kube/resources/pods.ts';
import type {Field, Fields, Listed, Resource} from '../../src/kube/schema.ts';
import {absentValueOf} from '../../src/wire/empty.ts';
import {Wire} from '../../src/wire/wire.ts';
import {answerIn, list, watch} from './fixtures.ts';
import {delimited, encodeEvent, encodeList, enveloped, namedTwinOf} from './reference-encoder.ts';

const ALL: readonly Listed[] = [...(RESOURCES as readonly Resource[]), podmetrics, nodemetrics];

/** Fields that no recorded object has set: a server writes them later, or not in a fresh cluster. Checked by eye against generated.proto. */
const NEVER_RECORDED = ['pods.spec.hostnameOverride', 'pods.spec.priorityClassName', 'pods.spec.overhead', 'pods.status.resize', 'jobs.status.completionTime'];

type Values = ReadonlyArray<Readonly<Record<string, unknown>>>;

/** Calls back for each field of each table, wherever it is used. The same field may be reached by several paths. */
function visit(fields: Fields, objects: Values, path: string, found: (field: Field<unknown>, path: string, isSet: boolean) => void): void {
	for (const [name, field] of Object.entries(fields)) {
		const values = objects.map(object => object[name]).filter(value => value !== undefined && !isDeepStrictEqual(value, absentValueOf(field)));
		found(field, `${path}.${name}`, values.length > 0);
		if (field.kind === 'message') visit(field.fields!, values.flat() as Values, `${path}.${name}`, found);
	}
}

describe('what a real server answers', () => {
	test.each(RESOURCES.map(resource => [resource.id, resource] as const))('%s are the same objects in protobuf and in JSON', (id, resource) => {
		const fromProtobuf = list('protobuf', resource, [answerIn('protobuf', `${id}.list`)]);
		const fromJson = list('json', resource, [answerIn('json', `${id}.list`)]);
		expect(fromProtobuf).toMatchObject({failure: undefined});
		expect(fromProtobuf.objects.length).toBeGreaterThan(0);
		expect(fromProtobuf.objects).toEqual(fromJson.objects);
		expect(fromProtobuf.meta?.resourceVersion).toMatch(/^\d+$/);
	});

	test.each(RESOURCES.map(resource => [resource.id, resource] as const))(
		'%s are streamed as they are listed, up to the bookmark that ends them',
		(id, resource) => {
			const {objects} = list('json', resource, [answerIn('json', `${id}.list`)]);
			for (const encoding of ['protobuf', 'json'] as const) {
				const {events, failure} = watch(encoding, resource, [answerIn(encoding, `${id}.watch`)]);
				expect(failure).toBeUndefined();
				const streamed = events.flatMap(event => (event.kind === 'apply' ? [event.object] : []));
				expect(new Map(streamed.map(object => [object.metadata.uid, object]))).toEqual(new Map(objects.map(object => [object.metadata.uid, object])));
				expect(events.find(event => event.kind === 'bookmark')).toEqual({
					kind: 'bookmark',
					resourceVersion: expect.stringMatching(/^\d+$/),
					initialEventsEnd: true,
				});
			}
		},
	);

	test('so nearly every number in the tables has been seen to be right', () => {
		const seen = new Set<Field<unknown>>();
		const firstPaths = new Map<Field<unknown>, string>();
		for (const resource of RESOURCES as readonly Resource[]) {
			const {objects} = list('protobuf', resource, [answerIn('protobuf', `${resource.id}.list`)]);
			visit(resource.fields, objects as unknown as Values, resource.id, (field, path, isSet) => {
				if (isSet) seen.add(field);
				if (!firstPaths.has(field)) firstPaths.set(field, path);
			});
		}
		expect([...firstPaths].flatMap(([field, path]) => (seen.has(field) ? [] : [path]))).toEqual(NEVER_RECORDED);
	});

	test('a pod keeps what is read of it, washed, and nothing that is secret', () => {
		const {objects} = list('protobuf', RESOURCES[0], [answerIn('protobuf', 'pods.list')]);
		const pod = objects.find(object => object.metadata.name === 'web-1') as Pod;
		expect(pod.spec.containers[0]).toEqual({
			name: 'web',
			image: 'registry.example/web:1',
			ports: [{name: 'http', containerPort: 8080, protocol: 'TCP'}],
			resources: {
				limits: new Map([
					['cpu', '1'],
					['memory', '1Gi'],
				]),
				requests: new Map([
					['cpu', '250m'],
					['memory', '128974848'],
				]),
			},
			restartPolicy: undefined,
		});
		expect(pod.metadata.ownerReferences).toEqual([
			{apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: '11111111-2222-3333-4444-555555555555', controller: true},
		]);
		expect(pod.metadata.annotations).toEqual(new Map([['kubectl.kubernetes.io/default-container', 'web']]));
		expect(pod.status.startTime).toBe(Date.parse('2026-11-20T10:11:12Z'));
		expect(pod.status.containerStatuses[0]!.lastState.terminated).toMatchObject({exitCode: 137, message: 'killed by the kernel \ufffd[31m \ufffd'});
		expect(pod.status.containerStatuses[1]!.lastState.terminated).toMatchObject({exitCode: -1, startedAt: undefined});
		expect(JSON.stringify(pod, (_, value) => (value instanceof Map ? [...value] : value))).not.toContain('never-keep-this');
	});
});

describe('random objects through a reference encoder', () => {
	test.each(ALL.map(resource => [resource.kind, resource] as const))('%s: protobuf and JSON give the same object, unknown fields or not', (_, resource) => {
		// One session for all of them: what it shares between objects must not leak from one into another.
		const wire = new Wire();
		fc.assert(
			fc.property(fc.array(namedTwinOf(resource), {minLength: 1, maxLength: 3}), twins => {
				const fromProtobuf = list('protobuf', resource, [encodeList('protobuf', resource, twins, '7')], wire);
				const fromJson = list('json', resource, [encodeList('json', resource, twins, '7')]);
				expect(fromJson.failure).toBeUndefined();
				expect(fromProtobuf).toEqual(fromJson);
				expect(fromProtobuf.objects).toHaveLength(twins.length);
			}),
			{numRuns: 60},
		);
	});

	test('usage that comes in pieces, between other fields, is one usage: the last word of each counts', () => {
		const entry = (key: string, text: string) => delimited(2, Buffer.concat([delimited(1, Buffer.from(key)), delimited(2, delimited(1, Buffer.from(text)))]));
		const container = Buffer.concat([
			entry('cpu', '9007199254740993n'),
			entry('memory', '2Ki'),
			delimited(1, Buffer.from('app')),
			entry('memory', '3Ki'),
			delimited(99, Buffer.alloc(1)),
			entry('pods', '1'),
		]);
		const item = Buffer.concat([delimited(1, delimited(1, Buffer.from('a'))), delimited(4, container)]);
		const bytes = enveloped('metrics.k8s.io/v1', 'PodMetricsList', delimited(2, item));
		expect(list('protobuf', podmetrics, [bytes]).objects).toMatchObject([
			{
				containers: [
					{name: 'app', usage: {cpu: measure('9007199254740993n', 'nano')?.amount, memory: 3072, texts: {cpuText: '9007199254740993n', memoryText: undefined}}},
				],
			},
		]);
	});

	test('events are told apart by their type', () => {
		fc.assert(
			fc.property(namedTwinOf(RESOURCES[0]), fc.constantFrom('ADDED', 'MODIFIED', 'DELETED'), (twin, type) => {
				const fromProtobuf = watch('protobuf', RESOURCES[0], [encodeEvent('protobuf', RESOURCES[0], type, twin)]);
				expect(fromProtobuf).toEqual(watch('json', RESOURCES[0], [encodeEvent('json', RESOURCES[0], type, twin)]));
				expect(fromProtobuf.events[0]?.kind).toBe(type === 'DELETED' ? 'delete' : 'apply');
			}),
			{numRuns: 40},
		);
	});
});
