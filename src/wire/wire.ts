import type {Listed, Named, NamedFields, ObjectOf, Resource, ResourceFields, Stored} from '../kube/schema.ts';
import type {Result} from '../util/result.ts';
import {err, ok} from '../util/result.ts';
import type {MessageDecoder} from './compile-protobuf.ts';
import {ProtobufCompiler} from './compile-protobuf.ts';
import {decodeJson, Words} from './decode-json.ts';
import {Expected} from './expected.ts';
import {Interner} from './interner.ts';
import {isJsonObject, parseJson} from './json-text.ts';
import {JsonListDecoder} from './list-json.ts';
import {ProtobufListDecoder} from './list-protobuf.ts';
import {malformed} from './malformed.ts';
import {ProtoReader} from './proto-reader.ts';
import {ProtobufEnvelope} from './protobuf-envelope.ts';
import {JsonWatchDecoder} from './watch-json.ts';
import {ProtobufWatchDecoder} from './watch-protobuf.ts';
import type {Encoding, ListDecoder, Malformed, Status, WatchDecoder, WireEvent} from './wire-event.ts';
import {STATUS} from './wire-event.ts';

/** What to ask for: the server answers custom resources in JSON, all else in protobuf. */
export const ACCEPT_ANY = 'application/vnd.kubernetes.protobuf,application/json';
export const ACCEPT_ANY_WATCH = 'application/vnd.kubernetes.protobuf;stream=watch,application/json';
export const ACCEPT_JSON = 'application/json';

/** The object of a resource, known to have metadata. */
type ObjectIn<F extends ResourceFields> = ObjectOf<F> & Stored;

/** The encoding that a response's Content-Type names; undefined for anything else (HTML of a proxy, plain text of a 429). */
export function encodingOf(contentType: string): Encoding | undefined {
	switch (contentType.split(';', 1)[0]!.trim().toLowerCase()) {
		case 'application/vnd.kubernetes.protobuf':
			return 'protobuf';
		case 'application/json':
			return 'json';
		default:
			return undefined;
	}
}

/**
 * The decoders of one session. What they learn of texts and values that repeat is shared
 * between them, compiled tables too. Reading and decoding is by the response's Content-Type, never by what was asked.
 */
export class Wire {
	readonly #compiler = new ProtobufCompiler();
	readonly #reader = new ProtoReader(new Interner());
	readonly #words = new Words();

	/** A decoder for the body of a watch. @param onEvent must not call back into a decoder of this session. */
	watchDecoder<F extends ResourceFields>(
		contentType: string,
		resource: Resource<F>,
		onEvent: (event: WireEvent<ObjectIn<F>>) => void,
	): Result<WatchDecoder, Malformed> {
		const expected = new Expected(resource);
		switch (encodingOf(contentType)) {
			case 'protobuf':
				return ok(new ProtobufWatchDecoder(this.#reader, this.#compiler, this.#decoderOf(resource), expected, onEvent));
			case 'json':
				return ok(new JsonWatchDecoder(resource.fields, this.#words, expected, onEvent));
			case undefined:
				return err(unreadable(contentType));
		}
	}

	/** A decoder for the body of a list. @param onObject must not call back into a decoder of this session. */
	listDecoder<F extends NamedFields, T extends Named = ObjectOf<F> & Named>(
		contentType: string,
		resource: Listed<F>,
		onObject: (object: T) => void,
	): Result<ListDecoder, Malformed> {
		const expected = new Expected(resource, 'List');
		switch (encodingOf(contentType)) {
			case 'protobuf':
				return ok(new ProtobufListDecoder(this.#reader, this.#compiler, this.#decoderOf(resource), expected, onObject));
			case 'json':
				return ok(new JsonListDecoder(resource.fields, this.#words, expected, onObject));
			case undefined:
				return err(unreadable(contentType));
		}
	}

	/** One object, as GET, POST, PUT and PATCH answer. */
	object<F extends ResourceFields>(contentType: string, resource: Resource<F>, body: Uint8Array): Result<ObjectIn<F>, Malformed> {
		const expected = new Expected(resource);
		const encoding = encodingOf(contentType);
		if (encoding === undefined) return err(unreadable(contentType));
		const object =
			encoding === 'protobuf'
				? decodeProtobufBody<ObjectIn<F>>(this.#reader, body, this.#decoderOf(resource), expected)
				: decodeJsonBody(body, expected, value => decodeJson(resource.fields, value, this.#words) as Result<ObjectIn<F>, string>);
		if (!object.ok) return err(malformed(encoding, object.error));
		return object.value.metadata.name === '' ? err(malformed(encoding, 'an object without a name')) : object;
	}

	#decoderOf<T extends Named>({fields}: Pick<Listed, 'fields'>): MessageDecoder<T> {
		return this.#compiler.compile(fields) as unknown as MessageDecoder<T>;
	}
}

const STATUS_KIND = new Expected({kind: 'Status', group: '', versions: ['v1']});

/**
 * The Status in the body of a refusal.
 *
 * @returns undefined when the body holds none: proxies answer in HTML, a server over its limit in plain text.
 */
export function decodeStatus(contentType: string, body: Uint8Array): Status | undefined {
	const encoding = encodingOf(contentType);
	if (encoding === undefined) return undefined;
	const status =
		encoding === 'protobuf'
			? decodeProtobufBody(new ProtoReader(new Interner()), body, new ProtobufCompiler().compile(STATUS), STATUS_KIND)
			: decodeJsonBody(body, STATUS_KIND, value => decodeJson(STATUS, value, new Words()));
	return status.ok ? status.value : undefined;
}

function decodeProtobufBody<T>(reader: ProtoReader, body: Uint8Array, decode: MessageDecoder<T>, expected: Expected): Result<T, string> {
	const envelope = new ProtobufEnvelope();
	reader.open(body, 0, body.length);
	envelope.read(reader, body, body.length);
	const complaint = reader.failure ?? expected.complaintAbout(envelope.apiVersion, envelope.kind);
	if (complaint !== undefined) return err(complaint);
	reader.pos = envelope.start;
	const value = decode(reader, envelope.end);
	return reader.failure === undefined ? ok(value) : err(reader.failure);
}

function decodeJsonBody<T>(body: Uint8Array, expected: Expected, decode: (value: unknown) => Result<T, string>): Result<T, string> {
	const parsed = parseJson(new TextDecoder().decode(body));
	if (!parsed.ok) return parsed;
	if (!isJsonObject(parsed.value)) return err('no object');
	const complaint = expected.complaintAbout(parsed.value.apiVersion, parsed.value.kind);
	return complaint === undefined ? decode(parsed.value) : err(complaint);
}

function unreadable(contentType: string): Malformed {
	return malformed('other', `an answer in ${contentType === '' ? 'no content type' : contentType.slice(0, 80)}`);
}
