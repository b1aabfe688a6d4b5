import {readFileSync} from 'node:fs';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';
import type {Encoding} from '../../src/wire/wire-event.ts';

const FIXTURES = path.join(import.meta.dirname, '../../test/fixtures/wire');
const PODS_PER_OWNER = 5;
const NODES = 100;
const NAMESPACES = 200;

const padded = (number: number, width: number) => String(number).padStart(width, '0');

/** The recorded pod under another name: all that is replaced keeps its length, so that protobuf's lengths stay right. */
function renamed(pod: string, index: number): string {
	const owner = Math.floor(index / PODS_PER_OWNER);
	return pod
		.replaceAll('frontend-00000-6f9c4d8b76-00000', `frontend-${padded(owner, 5)}-6f9c4d8b76-${padded(index, 5)}`)
		.replaceAll('frontend-00000', `frontend-${padded(owner, 5)}`)
		.replaceAll('node-000', `node-${padded(index % NODES, 3)}`)
		.replaceAll('bench-000', `bench-${padded(owner % NAMESPACES, 3)}`)
		.replaceAll('kube-api-access-00000', `kube-api-access-${padded(index, 5)}`)
		.replaceAll('00000000-aaaa-4bbb', `${padded(owner, 8)}-aaaa-4bbb`)
		.replaceAll('10.244.100.100', `10.244.${100 + (index % 100)}.${100 + (Math.floor(index / 100) % 100)}`);
}

export type PodEvents = {
	/** One event of one pod. Another round is another resourceVersion and another node, so that something of it can be seen. */
	event(type: 'ADDED' | 'MODIFIED', index: number, round: number): Buffer;
};

/** Events of a recorded pod, under as many names as are wanted. */
export function podEvents(encoding: Encoding): PodEvents {
	const recorded = gunzipSync(readFileSync(path.join(FIXTURES, `bench-pod.${encoding === 'protobuf' ? 'pb' : 'json'}.gz`)))
		.toString('latin1')
		.trimEnd();
	const json = JSON.parse(gunzipSync(readFileSync(path.join(FIXTURES, 'bench-pod.json.gz'))).toString('utf8')) as {metadata: {resourceVersion: string}};
	const version = json.metadata.resourceVersion;
	const uid =
		/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/.exec(
			recorded.slice(0, recorded.indexOf('00000000-aaaa-4bbb') > 400 ? undefined : 400),
		)?.[0] ?? '';
	return {
		event(type, index, round) {
			const moved =
				round === 0
					? recorded
					: recorded
							.replace(version, padded((Number(version) + round) % 10 ** version.length, version.length))
							.replaceAll('node-000', `node-${padded((index + round) % NODES, 3)}`);
			const pod = renamed(moved, index).replaceAll(uid, `${uid.slice(0, 24)}${padded(index, 12)}`);
			return encoding === 'protobuf' ? framed(type, Buffer.from(pod, 'latin1')) : Buffer.from(`{"type":"${type}","object":${pod}}\n`, 'latin1');
		},
	};
}

/** A streamed list of pods as the server sends it, without its end: one recorded pod, many times renamed. */
export function podStream(encoding: Encoding, pods: number): Buffer {
	const {event} = podEvents(encoding);
	return Buffer.concat(Array.from({length: pods}, (_, index) => event('ADDED', index, 0)));
}

function framed(type: string, object: Buffer): Buffer {
	const raw = Buffer.concat([Buffer.from([10]), varint(object.length), object]);
	const event = Buffer.concat([Buffer.from([10, type.length]), Buffer.from(type), Buffer.from([18]), varint(raw.length), raw]);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(event.length);
	return Buffer.concat([length, event]);
}

function varint(value: number): Buffer {
	return value < 128 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value & 127) | 128]), varint(value >>> 7)]);
}
