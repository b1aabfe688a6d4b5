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

/** A streamed list of pods as the server sends it, without its end: one recorded pod, many times renamed. */
export function podStream(encoding: Encoding, pods: number): Buffer {
	const recorded = gunzipSync(readFileSync(path.join(FIXTURES, `bench-pod.${encoding === 'protobuf' ? 'pb' : 'json'}.gz`)))
		.toString('latin1')
		.trimEnd();
	const uid =
		/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/.exec(
			recorded.slice(0, recorded.indexOf('00000000-aaaa-4bbb') > 400 ? undefined : 400),
		)?.[0] ?? '';
	const events = Array.from({length: pods}, (_, index) => {
		const pod = renamed(recorded, index).replaceAll(uid, `${uid.slice(0, 24)}${padded(index, 12)}`);
		return encoding === 'protobuf' ? framed(Buffer.from(pod, 'latin1')) : Buffer.from(`{"type":"ADDED","object":${pod}}\n`, 'latin1');
	});
	return Buffer.concat(events);
}

function framed(object: Buffer): Buffer {
	const raw = Buffer.concat([Buffer.from([10]), varint(object.length), object]);
	const event = Buffer.concat([Buffer.from([10, 5]), Buffer.from('ADDED'), Buffer.from([18]), varint(raw.length), raw]);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(event.length);
	return Buffer.concat([length, event]);
}

function varint(value: number): Buffer {
	return value < 128 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value & 127) | 128]), varint(value >>> 7)]);
}
