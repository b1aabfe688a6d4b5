import {Buffer} from 'node:buffer';
import type {Fields, Stored} from '../kube/schema.ts';
import type {Words} from './decode-json.ts';
import {decodeJson} from './decode-json.ts';
import type {Expected} from './expected.ts';
import {isJsonObject, parseJson} from './json-text.ts';
import {MAX_RECORD_BYTES, malformed} from './malformed.ts';
import {Pieces} from './pieces.ts';
import {BOOKMARK, INITIAL_EVENTS_END} from './watch-protobuf.ts';
import type {Malformed, WatchDecoder, WireEvent} from './wire-event.ts';
import {STATUS} from './wire-event.ts';

const LINE_FEED = 10;

/** One JSON object a line, `{"type": …, "object": …}`; CRLF and empty lines do no harm. */
export class JsonWatchDecoder<T extends Stored> implements WatchDecoder {
	readonly encoding = 'json';
	readonly #pieces = new Pieces();
	readonly #fields: Fields;
	readonly #words: Words;
	readonly #expected: Expected;
	readonly #onEvent: (event: WireEvent<T>) => void;

	constructor(fields: Fields, words: Words, expected: Expected, onEvent: (event: WireEvent<T>) => void) {
		this.#fields = fields;
		this.#words = words;
		this.#expected = expected;
		this.#onEvent = onEvent;
	}

	push(chunk: Uint8Array): Malformed | undefined {
		const pieces = this.#pieces;
		pieces.feed(chunk);
		for (;;) {
			const length = pieces.distanceTo(LINE_FEED);
			if (Math.max(length, length === -1 ? pieces.unread : 0) > MAX_RECORD_BYTES)
				return malformed('json', `a watch event of more than ${MAX_RECORD_BYTES} bytes`);
			if (length === -1) {
				pieces.keep();
				return undefined;
			}
			pieces.ensure(length + 1);
			const {bytes, start} = pieces;
			const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('utf8');
			pieces.take(length + 1);
			if (line.trim() === '') continue;
			const event = this.#event(line);
			if (typeof event === 'string') return malformed('json', event);
			this.#onEvent(event);
		}
	}

	end(): Malformed | undefined {
		return this.#pieces.unread === 0 ? undefined : malformed('json', 'the stream ended within a watch event');
	}

	/** The event, or what is wrong. */
	#event(line: string): WireEvent<T> | string {
		const event = parseJson(line);
		if (!event.ok) return event.error;
		if (!isJsonObject(event.value)) return 'a line that is no object';
		const {type, object} = event.value;
		if (!isJsonObject(object)) return 'a watch event without an object';
		if (type === 'ERROR') {
			if (object.kind !== 'Status') return 'an ERROR event that holds no Status';
			const status = decodeJson(STATUS, object, this.#words);
			return status.ok ? {kind: 'error', status: status.value} : status.error;
		}
		const complaint = this.#expected.complaintAbout(object.apiVersion, object.kind);
		if (complaint !== undefined) return complaint;
		switch (type) {
			case 'ADDED':
			case 'MODIFIED':
				return this.#objectEvent('apply', object);
			case 'DELETED':
				return this.#objectEvent('delete', object);
			case 'BOOKMARK': {
				const bookmark = decodeJson(BOOKMARK, object, this.#words);
				if (!bookmark.ok) return bookmark.error;
				const {resourceVersion, annotations} = bookmark.value.metadata;
				return {kind: 'bookmark', resourceVersion, initialEventsEnd: annotations.get(INITIAL_EVENTS_END) === 'true'};
			}
			default:
				return `a watch event of type ${typeof type === 'string' ? type.slice(0, 80) || 'nothing' : typeof type}`;
		}
	}

	#objectEvent(kind: 'apply' | 'delete', value: unknown): WireEvent<T> | string {
		const object = decodeJson(this.#fields, value, this.#words);
		if (!object.ok) return object.error;
		const stored = object.value as unknown as T;
		return stored.metadata.name === '' ? 'an object without a name' : {kind, object: stored};
	}
}
