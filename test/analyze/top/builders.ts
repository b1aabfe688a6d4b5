import {type Node, nodes} from '../../../src/kube/resources/nodes.ts';
import {type Pod, pods} from '../../../src/kube/resources/pods.ts';
import type {Fields, ObjectOf} from '../../../src/kube/schema.ts';
import {epochMs} from '../../../src/util/epoch-ms.ts';
import {decodeJson, Words} from '../../../src/wire/decode-json.ts';

/** 2026-11-24T12:00:00Z: now, in these tests. */
export const NOW = epochMs(Date.UTC(2026, 10, 24, 12));

/** A moment so many seconds before now, as the API writes it. */
export function ago(seconds: number): string {
	return new Date(NOW - seconds * 1000).toISOString().replace('.000Z', 'Z');
}

type Json = {readonly [name: string]: unknown};

/** A pod as kwb holds it, of the JSON that the API would send. */
export function pod({metadata = {}, spec = {}, status = {}}: {metadata?: Json; spec?: Json; status?: Json} = {}): Pod {
	return decoded(pods.fields, {
		metadata: {name: 'web-1', namespace: 'shop', uid: 'u-web-1', creationTimestamp: ago(3600), ...metadata},
		spec: {nodeName: 'n1', containers: [{name: 'app'}], ...spec},
		status: {phase: 'Running', startTime: ago(3590), ...status},
	});
}

/** A node as kwb holds it. */
export function node({metadata = {}, spec = {}, status = {}}: {metadata?: Json; spec?: Json; status?: Json} = {}): Node {
	return decoded(nodes.fields, {
		metadata: {name: 'n1', uid: 'u-n1', creationTimestamp: ago(86_400), ...metadata},
		spec,
		status: {
			capacity: {cpu: '4', memory: '16Gi', pods: '110'},
			allocatable: {cpu: '3800m', memory: '15Gi', pods: '110'},
			conditions: [{type: 'Ready', status: 'True', reason: 'KubeletReady'}],
			...status,
		},
	});
}

function decoded<F extends Fields>(fields: F, json: unknown): ObjectOf<F> {
	const result = decodeJson(fields, json, new Words());
	if (!result.ok) throw new Error(result.error);
	return result.value;
}
