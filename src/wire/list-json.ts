import {Buffer} from 'node:buffer';
import type {Fields, Named} from '../kube/schema.ts';
import type {Result} from '../util/result.ts';
import {err, ok} from '../util/result.ts';
import type {Words} from './decode-json.ts';
import {decodeJson} from './decode-json.ts';
import type {Expected} from './expected.ts';
import {isJsonObject, parseJson} from './json-text.ts';
import {MAX_RECORD_BYTES, malformed} from './malformed.ts';
import type {ListDecoder, ListMeta, Malformed} from './wire-event.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const ITEMS_KEY = /[{,]\s*"items"\s*:\s*$/;
/** Longest tail of the frame that the key of `items` may need, with some white space. */
const KEY_TAIL = 64;

/**
 * A list as one JSON body, decoded object by object as it comes. The objects in the list's
 * `items` are cut out by counting braces and parsed one by one; in what remains, the frame, each
 * leaves a 0 behind, so that parsing the frame at the end proves the rest of the syntax.
 */
export class JsonListDecoder<T extends Named> implements ListDecoder {
	readonly encoding = 'json';
	readonly #fields: Fields;
	readonly #words: Words;
	readonly #expected: Expected;
	readonly #onObject: (object: T) => void;
	#frame = '';
	/** Pieces of the object that is being cut out. */
	#parts: Buffer[] = [];
	#partBytes = 0;
	#depth = 0;
	#isInString = false;
	#isEscaped = false;
	#isInItems = false;
	#isInObject = false;
	#count = 0;
	/** Objects that came before the list had said what it is; undefined once it has. */
	#heldBack: T[] | undefined = [];

	constructor(fields: Fields, words: Words, expected: Expected, onObject: (object: T) => void) {
		this.#fields = fields;
		this.#words = words;
		this.#expected = expected;
		this.#onObject = onObject;
	}

	push(chunk: Uint8Array): Malformed | undefined {
		const failure = this.#push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
		return failure === undefined ? undefined : malformed('json', failure);
	}

	end(): Result<ListMeta, Malformed> {
		const frame = parseJson(this.#frame);
		if (!frame.ok || this.#isInObject) return err(malformed('json', 'the list is no whole JSON'));
		if (!isJsonObject(frame.value)) return err(malformed('json', 'the list is no object'));
		const {kind, apiVersion, metadata, items} = frame.value;
		const complaint = this.#expected.complaintAbout(apiVersion, kind);
		if (complaint !== undefined) return err(malformed('json', complaint));
		if (items !== undefined && items !== null && !(Array.isArray(items) && items.length === this.#count && items.every(item => item === 0))) {
			return err(malformed('json', 'a list with items that are no objects'));
		}
		for (const object of this.#heldBack ?? []) this.#onObject(object);
		const {resourceVersion, continue: continueToken} = isJsonObject(metadata) ? metadata : {};
		return ok({
			resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
			continueToken: typeof continueToken === 'string' ? continueToken : '',
		});
	}

	#push(chunk: Buffer): string | undefined {
		// Where, in this chunk, that begins which belongs to the frame or to the object being cut out.
		let from = 0;
		for (let at = 0; at < chunk.length; at++) {
			const byte = chunk[at]!;
			if (this.#isInString) {
				if (this.#isEscaped) this.#isEscaped = false;
				else if (byte === BACKSLASH) this.#isEscaped = true;
				else if (byte === QUOTE) this.#isInString = false;
				continue;
			}
			if (byte === QUOTE) this.#isInString = true;
			else if (byte === OPEN_BRACE) {
				if (this.#isInItems && this.#depth === 2) {
					this.#addToFrame(chunk, from, at);
					this.#frame += '0';
					this.#isInObject = true;
					from = at;
				}
				this.#depth++;
			} else if (byte === OPEN_BRACKET) {
				if (this.#depth === 1) {
					this.#addToFrame(chunk, from, at);
					from = at;
					if (ITEMS_KEY.test(this.#frame.slice(-KEY_TAIL))) {
						this.#isInItems = true;
						const complaint = this.#checkKind();
						if (complaint !== undefined) return complaint;
					}
				}
				this.#depth++;
			} else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
				this.#depth--;
				if (this.#isInObject && this.#depth === 2) {
					const failure = this.#object(chunk, from, at + 1);
					if (failure !== undefined) return failure;
					from = at + 1;
				} else if (this.#isInItems && this.#depth === 1) this.#isInItems = false;
				else if (this.#depth < 0) return 'no JSON: a bracket too many';
			}
		}
		if (this.#isInObject) this.#addPart(chunk, from, chunk.length);
		else this.#addToFrame(chunk, from, chunk.length);
		return Math.max(this.#partBytes, this.#frame.length) > MAX_RECORD_BYTES ? `an object of more than ${MAX_RECORD_BYTES} bytes` : undefined;
	}

	/** The frame is text that may be cut within a character; what is read of it is ASCII. */
	#addToFrame(chunk: Buffer, from: number, to: number): void {
		this.#frame += chunk.toString('latin1', from, to);
	}

	#addPart(chunk: Buffer, from: number, to: number): void {
		this.#parts.push(Buffer.from(chunk.subarray(from, to)));
		this.#partBytes += to - from;
	}

	#object(chunk: Buffer, from: number, to: number): string | undefined {
		this.#isInObject = false;
		let text: string;
		if (this.#parts.length === 0) text = chunk.toString('utf8', from, to);
		else {
			this.#addPart(chunk, from, to);
			text = Buffer.concat(this.#parts).toString('utf8');
			this.#parts = [];
			this.#partBytes = 0;
		}
		if (text.length > MAX_RECORD_BYTES) return `an object of more than ${MAX_RECORD_BYTES} bytes`;
		const parsed = parseJson(text);
		if (!parsed.ok) return parsed.error;
		const object = decodeJson(this.#fields, parsed.value, this.#words);
		if (!object.ok) return object.error;
		const stored = object.value as unknown as T;
		if (stored.metadata.name === '') return 'an object without a name';
		this.#count++;
		if (this.#heldBack === undefined) this.#onObject(stored);
		else this.#heldBack.push(stored);
		return undefined;
	}

	/** Kind and version come before the items from every known server; where they do not, the objects wait for them. */
	#checkKind(): string | undefined {
		const frame = parseJson(`${this.#frame}[]}`);
		if (!frame.ok || !isJsonObject(frame.value)) return 'the list is no JSON';
		const {kind, apiVersion} = frame.value;
		if (kind === undefined || apiVersion === undefined) return undefined;
		this.#heldBack = undefined;
		return this.#expected.complaintAbout(apiVersion, kind);
	}
}
