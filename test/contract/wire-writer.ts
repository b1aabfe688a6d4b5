import protobuf from 'protobufjs/minimal.js';
import type {Encoding} from '../../src/wire/wire-event.ts';

/** As much of a pod as a model server knows. */
export type ModelObject = {
	readonly name: string;
	readonly namespace: string;
	readonly uid: string;
	readonly resourceVersion: string;
	readonly nodeName: string;
};

export type ModelStatus = {
	readonly code: number;
	readonly reason: string;
	readonly message: string;
	readonly retryAfterSeconds?: number;
	readonly causes?: ReadonlyArray<{readonly reason: string; readonly message: string; readonly field: string}>;
};

export type ModelEvent =
	| {readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ModelObject}
	| {readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly isEnd?: boolean}
	| {readonly type: 'ERROR'; readonly status: ModelStatus};

const MAGIC = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);
const text = new TextEncoder();

export function watchContentType(encoding: Encoding): string {
	return encoding === 'json' ? 'application/json' : 'application/vnd.kubernetes.protobuf;stream=watch';
}

export function contentType(encoding: Encoding): string {
	return encoding === 'json' ? 'application/json' : 'application/vnd.kubernetes.protobuf';
}

/** One event of a watch, framed as its encoding wants it. */
export function encodeEvent(encoding: Encoding, event: ModelEvent): Uint8Array {
	if (encoding === 'json') return text.encode(`${JSON.stringify({type: event.type, object: jsonOfEvent(event)})}\n`);
	return framed(event.type, protoOfEvent(event));
}

/** A WatchEvent behind its length. */
function framed(type: string, object: Uint8Array): Uint8Array {
	const raw = protobuf.Writer.create().uint32(10).bytes(object).finish();
	const event = protobuf.Writer.create().uint32(10).string(type).uint32(18).bytes(raw).finish();
	const bytes = new Uint8Array(4 + event.length);
	new DataView(bytes.buffer).setUint32(0, event.length);
	bytes.set(event, 4);
	return bytes;
}

/** An ADDED event whose object carries so much managed fields. */
export function heavyEvent(encoding: Encoding, object: ModelObject, ballast: string): Uint8Array {
	if (encoding === 'json') {
		const {metadata, ...rest} = jsonOfObject(object) as {readonly metadata: object};
		const heavy = {...rest, metadata: {...metadata, managedFields: [{manager: ballast}]}};
		return text.encode(`${JSON.stringify({type: 'ADDED', object: heavy})}\n`);
	}
	const managed = protobuf.Writer.create().uint32(10).string(ballast).finish();
	return framed('ADDED', envelope('v1', 'Pod', protoOfObject(object, managed)));
}

export function encodeList(
	encoding: Encoding,
	meta: {readonly resourceVersion: string; readonly continueToken: string},
	items: readonly ModelObject[],
): Uint8Array {
	if (encoding === 'json') {
		const metadata = {resourceVersion: meta.resourceVersion, ...(meta.continueToken === '' ? {} : {continue: meta.continueToken})};
		return text.encode(
			JSON.stringify({
				kind: 'PodList',
				apiVersion: 'v1',
				metadata,
				items: items.map(each => ({...jsonOfObject(each), kind: undefined, apiVersion: undefined})),
			}),
		);
	}
	const writer = protobuf.Writer.create();
	writer
		.uint32(10)
		.bytes(protobuf.Writer.create().uint32(10).string('').uint32(18).string(meta.resourceVersion).uint32(26).string(meta.continueToken).finish());
	for (const item of items) writer.uint32(18).bytes(protoOfObject(item));
	return envelope('v1', 'PodList', writer.finish());
}

export function encodeStatus(encoding: Encoding, status: ModelStatus): Uint8Array {
	return encoding === 'json' ? text.encode(JSON.stringify(jsonOfStatus(status))) : envelope('v1', 'Status', protoOfStatus(status));
}

function envelope(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
	const typeMeta = protobuf.Writer.create().uint32(10).string(apiVersion).uint32(18).string(kind).finish();
	const unknown = protobuf.Writer.create().uint32(10).bytes(typeMeta).uint32(18).bytes(raw).uint32(26).string('').uint32(34).string('').finish();
	return Buffer.concat([MAGIC, unknown]);
}

function jsonOfEvent(event: ModelEvent): unknown {
	switch (event.type) {
		case 'BOOKMARK':
			return {
				kind: 'Pod',
				apiVersion: 'v1',
				metadata: {resourceVersion: event.resourceVersion, ...(event.isEnd ? {annotations: {'k8s.io/initial-events-end': 'true'}} : {})},
			};
		case 'ERROR':
			return jsonOfStatus(event.status);
		default:
			return jsonOfObject(event.object);
	}
}

function protoOfEvent(event: ModelEvent): Uint8Array {
	switch (event.type) {
		case 'BOOKMARK': {
			const metadata = protobuf.Writer.create().uint32(50).string(event.resourceVersion);
			if (event.isEnd) metadata.uint32(98).bytes(protobuf.Writer.create().uint32(10).string('k8s.io/initial-events-end').uint32(18).string('true').finish());
			return envelope('v1', 'Pod', protobuf.Writer.create().uint32(10).bytes(metadata.finish()).finish());
		}
		case 'ERROR':
			return envelope('v1', 'Status', protoOfStatus(event.status));
		default:
			return envelope('v1', 'Pod', protoOfObject(event.object));
	}
}

function jsonOfObject({name, namespace, uid, resourceVersion, nodeName}: ModelObject): Record<string, unknown> {
	return {kind: 'Pod', apiVersion: 'v1', metadata: {name, namespace, uid, resourceVersion}, spec: {nodeName}, status: {}};
}

function protoOfObject({name, namespace, uid, resourceVersion, nodeName}: ModelObject, managedFields?: Uint8Array): Uint8Array {
	const metadata = protobuf.Writer.create().uint32(10).string(name).uint32(26).string(namespace).uint32(42).string(uid).uint32(50).string(resourceVersion);
	if (managedFields !== undefined) metadata.uint32(138).bytes(managedFields);
	const spec = protobuf.Writer.create().uint32(82).string(nodeName).finish();
	return protobuf.Writer.create().uint32(10).bytes(metadata.finish()).uint32(18).bytes(spec).uint32(26).bytes(new Uint8Array()).finish();
}

function jsonOfStatus({code, reason, message, retryAfterSeconds, causes}: ModelStatus): unknown {
	return {kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message, details: {retryAfterSeconds, causes}};
}

function protoOfStatus({code, reason, message, retryAfterSeconds = 0, causes = []}: ModelStatus): Uint8Array {
	const details = protobuf.Writer.create();
	for (const cause of causes)
		details.uint32(34).bytes(protobuf.Writer.create().uint32(10).string(cause.reason).uint32(18).string(cause.message).uint32(26).string(cause.field).finish());
	details.uint32(40).int32(retryAfterSeconds);
	return protobuf.Writer.create()
		.uint32(18)
		.string('Failure')
		.uint32(26)
		.string(message)
		.uint32(34)
		.string(reason)
		.uint32(42)
		.bytes(details.finish())
		.uint32(48)
		.int32(code)
		.finish();
}
