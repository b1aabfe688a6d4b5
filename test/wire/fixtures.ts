import {readFileSync} from 'node:fs';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';
import type {Listed, Named, Resource, Stored} from '../../src/kube/schema.ts';
import type {Encoding, ListMeta, Malformed, WireEvent} from '../../src/wire/wire-event.ts';
import {Wire} from '../../src/wire/wire.ts';

export const CONTENT_TYPES = {protobuf: 'application/vnd.kubernetes.protobuf', json: 'application/json'} as const;
export const ENCODINGS: readonly Encoding[] = ['protobuf', 'json'];

/** Bytes that kube-apiserver 1.37.2 answered (record-fixtures.ts). */
export function answer(name: string): Buffer {
	return gunzipSync(readFileSync(path.join(import.meta.dirname, '../fixtures/wire', `${name}.gz`)));
}

export function answerIn(encoding: Encoding, name: string): Buffer {
	return answer(`${name}.${encoding === 'protobuf' ? 'pb' : 'json'}`);
}

export type Watched = {readonly events: readonly WireEvent[]; readonly failure: Malformed | undefined};

/** Feeds chunks to a watch decoder of its own, as one body. Each chunk is overwritten once it was pushed. */
export function watch(encoding: Encoding, resource: Resource, chunks: Iterable<Uint8Array>, wire = new Wire()): Watched {
	const events: WireEvent[] = [];
	const decoder = wire.watchDecoder(CONTENT_TYPES[encoding], resource, event => events.push(event));
	if (!decoder.ok) throw new Error(decoder.error.detail);
	for (const chunk of chunks) {
		const copy = Buffer.from(chunk);
		const failure = decoder.value.push(copy);
		copy.fill(0xff);
		if (failure !== undefined) return {events, failure};
	}
	return {events, failure: decoder.value.end()};
}

export type ListRead<T extends Named = Stored> = {readonly objects: readonly T[]; readonly meta: ListMeta | undefined; readonly failure: Malformed | undefined};

/** The same for a list. */
export function list<T extends Named = Stored>(encoding: Encoding, resource: Listed, chunks: Iterable<Uint8Array>, wire = new Wire()): ListRead<T> {
	const objects: T[] = [];
	const decoder = wire.listDecoder(CONTENT_TYPES[encoding], resource, (object: T) => objects.push(object));
	if (!decoder.ok) throw new Error(decoder.error.detail);
	for (const chunk of chunks) {
		const copy = Buffer.from(chunk);
		const failure = decoder.value.push(copy);
		copy.fill(0xff);
		if (failure !== undefined) return {objects, meta: undefined, failure};
	}
	const end = decoder.value.end();
	return end.ok ? {objects, meta: end.value, failure: undefined} : {objects, meta: undefined, failure: end.error};
}

/** The bytes in pieces of at most so many. */
export function* inPieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The bytes cut at these places. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
	const cuts = [0, ...places.map(place => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
	return cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
}
