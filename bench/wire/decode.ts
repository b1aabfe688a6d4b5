/**
 * How long it takes to decode a streamed list of pods, in chunks as a socket gives them, and
 * what stays in memory. One process a run, or the second would find warm code.
 *
 * node --expose-gc --max-semi-space-size=8 bench/wire/decode.ts [pods] [protobuf|json]
 */
import {pods} from '../../src/kube/resources/pods.ts';
import type {Stored} from '../../src/kube/schema.ts';
import {Wire} from '../../src/wire/wire.ts';
import type {Encoding} from '../../src/wire/wire-event.ts';
import {podStream} from './pod-stream.ts';

const CHUNK_BYTES = 64 * 1024;

const count = Number(process.argv[2] ?? 10_000);
const encoding: Encoding = process.argv[3] === 'json' ? 'json' : 'protobuf';
const contentType = encoding === 'json' ? 'application/json' : 'application/vnd.kubernetes.protobuf;stream=watch';

const stream = podStream(encoding, count);
globalThis.gc?.();
const before = process.memoryUsage();

const cpuBefore = process.cpuUsage();
const start = performance.now();
const objects: Stored[] = [];
const decoder = new Wire().watchDecoder(contentType, pods, event => event.kind === 'apply' && objects.push(event.object));
if (!decoder.ok) throw new Error(decoder.error.detail);
let longest = 0;
let first = 0;
for (let at = 0; at < stream.length; at += CHUNK_BYTES) {
	const begin = performance.now();
	const failure = decoder.value.push(stream.subarray(at, at + CHUNK_BYTES));
	if (failure !== undefined) throw new Error(failure.detail);
	const took = performance.now() - begin;
	if (at === 0) first = performance.now() - start;
	longest = Math.max(longest, took);
}
const took = performance.now() - start;
const cpu = process.cpuUsage(cpuBefore);
const peak = process.memoryUsage();
globalThis.gc?.();
const after = process.memoryUsage();

const mega = (bytes: number) => Number((bytes / 1e6).toFixed(1));
console.log(
	JSON.stringify({
		encoding,
		pods: objects.length,
		megabytes: mega(stream.length),
		ms: Math.round(took),
		cpuMs: Math.round((cpu.user + cpu.system) / 1000),
		firstChunkMs: Number(first.toFixed(1)),
		longestChunkMs: Number(longest.toFixed(1)),
		heapPerPodBytes: Math.round((after.heapUsed - before.heapUsed) / objects.length),
		rssGrownMB: mega(peak.rss - before.rss),
	}),
);
