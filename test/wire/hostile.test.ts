import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {nodes} from '../../src/kube/resources/nodes.ts';
import {poddisruptionbudgets} from '../../src/kube/resources/poddisruptionbudgets.ts';
import type {Pod} from '../../src/kube/resources/pods.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import type {Field, Fields} from '../../src/kube/schema.ts';
import {MAX_RECORD_BYTES} from '../../src/wire/malformed.ts';
import {decodeStatus, encodingOf, Wire} from '../../src/wire/wire.ts';
import {answer, answerIn, CONTENT_TYPES, ENCODINGS, list, watch} from './fixtures.ts';
import {delimited, encodeEvent, enveloped, frame, varint} from './reference-encoder.ts';

const METADATA = delimited(1, delimited(1, Buffer.from('web')));

/** A watch of one ADDED pod with this message. */
function added(message: Uint8Array, kind = 'Pod', apiVersion = 'v1', type = 'ADDED'): Buffer {
	return frame(Buffer.concat([delimited(1, Buffer.from(type)), delimited(2, delimited(1, enveloped(apiVersion, kind, message)))]));
}

/** Metadata {1: name, field: bytes}. */
const withMetadata = (...fields: Uint8Array[]) => delimited(1, Buffer.concat([delimited(1, Buffer.from('web')), ...fields]));

/** What is wrong with the shape of a decoded value, by the conventions of kube/schema. */
function complaintsAbout(field: Field<unknown>, value: unknown, path: string): readonly string[] {
	if (value === undefined) return field.cardinality === 'optional' || field.kind === 'time' ? [] : [`${path} is undefined`];
	if (field.cardinality === 'repeated')
		return (value as unknown[]).flatMap((item, index) => complaintsAbout({...field, cardinality: 'plain'}, item, `${path}[${index}]`));
	if (field.cardinality === 'map') {
		return [...(value as Map<unknown, unknown>)].flatMap(([key, item]) => [
			...complaintsAbout({number: 1, kind: 'string', cardinality: 'plain'}, key, `${path} key`),
			...complaintsAbout({...field, cardinality: 'plain'}, item, `${path}.${String(key)}`),
		]);
	}
	if (field.kind === 'message')
		return Object.entries(field.fields!).flatMap(([name, part]) => complaintsAbout(part, (value as Record<string, unknown>)[name], `${path}.${name}`));
	const isText = typeof value === 'string' && !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/.test(value) && value.isWellFormed();
	const fits = {
		string: isText,
		word: isText,
		quantity: isText,
		int: Number.isInteger(value),
		double: typeof value === 'number',
		bool: typeof value === 'boolean',
		time: typeof value === 'number' && !Number.isNaN(value),
		duration: typeof value === 'number',
		intOrString: isText || Number.isInteger(value),
		usage: typeof value === 'object',
	}[field.kind];
	return fits ? [] : [`${path} is ${JSON.stringify(value)}`];
}

function shapeComplaints(fields: Fields, object: unknown): readonly string[] {
	return complaintsAbout({number: 1, kind: 'message', cardinality: 'plain', fields}, object, '');
}

describe('protobuf that is not what it should be', () => {
	test.each<{name: string; bytes: Buffer; detail: RegExp}>([
		{
			name: 'a length past the end of its message',
			bytes: added(Buffer.concat([METADATA, varint(18), varint(200), Buffer.alloc(3)])),
			detail: /length goes past/,
		},
		{name: 'a length of 4 GB', bytes: added(Buffer.concat([METADATA, varint(18), varint(2 ** 32 - 1)])), detail: /length goes past/},
		{
			name: 'a nested length past the end of its message, though not of the whole',
			bytes: added(Buffer.concat([delimited(1, Buffer.concat([varint(10), varint(9)])), delimited(2, Buffer.alloc(20))])),
			detail: /past the end of its message|tag|field number/,
		},
		{name: 'a name cut off', bytes: added(delimited(1, Buffer.concat([varint(10), varint(5), Buffer.from('we')]))), detail: /length goes past|past the end/},
		{name: 'a varint of eleven bytes', bytes: added(withMetadata(varint(7 * 8), Buffer.alloc(10, 0xff), Buffer.from([1]))), detail: /more than 64 bits/},
		{name: 'a tag of six bytes', bytes: added(Buffer.concat([METADATA, Buffer.alloc(5, 0xff), Buffer.from([1])])), detail: /32-bit/},
		{name: 'field number 0', bytes: added(Buffer.concat([METADATA, Buffer.from([2, 0])])), detail: /field number 0/},
		{name: 'a known field in another wire type', bytes: added(delimited(1, Buffer.concat([varint(8), varint(7)]))), detail: /field 1 has wire type 0/},
		{name: 'a group', bytes: added(Buffer.concat([METADATA, varint(99 * 8 + 3)])), detail: /wire type 3/},
		{name: 'wire type 7', bytes: added(Buffer.concat([METADATA, varint(99 * 8 + 7)])), detail: /wire type 7/},
		{name: 'a fixed64 cut off', bytes: added(Buffer.concat([METADATA, varint(99 * 8 + 1), Buffer.alloc(7)])), detail: /cut off|past the end/},
		{
			name: 'an object without magic',
			bytes: frame(Buffer.concat([delimited(1, Buffer.from('ADDED')), delimited(2, delimited(1, Buffer.from('{"kind":"Pod"}')))])),
			detail: /k8s/,
		},
		{name: 'an event without an object', bytes: frame(delimited(1, Buffer.from('ADDED'))), detail: /without an object/},
		{name: 'an empty event', bytes: frame(Buffer.alloc(0)), detail: /without an object/},
		{name: 'an unknown event', bytes: added(METADATA, 'Pod', 'v1', 'CHANGED'), detail: /type CHANGED/},
		{name: 'an object of another kind', bytes: added(METADATA, 'Node'), detail: /expected Pod v1, got Node v1/},
		{name: 'an object of a version that the table does not describe', bytes: added(METADATA, 'Pod', 'v2'), detail: /expected Pod v1, got Pod v2/},
		{name: 'a Table', bytes: added(METADATA, 'Table', 'meta.k8s.io/v1'), detail: /got Table/},
		{name: 'an object without a name', bytes: added(Buffer.alloc(0)), detail: /without a name/},
		{name: 'an ERROR that holds a pod', bytes: added(METADATA, 'Pod', 'v1', 'ERROR'), detail: /ERROR event that holds a Pod/},
		{name: 'a frame over the limit', bytes: Buffer.from([1, 0, 0, 1]), detail: /16777217 bytes/},
		{name: 'HTML', bytes: Buffer.from('<html><body>502 Bad Gateway</body></html>'), detail: /bytes/},
	])('$name is one clear error', ({bytes, detail}) => {
		const {events, failure} = watch('protobuf', pods, [added(METADATA), bytes]);
		expect(events).toHaveLength(1);
		expect(failure).toMatchObject({kind: 'malformed', encoding: 'protobuf', detail: expect.stringMatching(detail)});
	});

	test('a known field in the wrong place of a run does not hide in what is shared', () => {
		const label = (value: string) => delimited(11, Buffer.concat([delimited(1, Buffer.from('app')), delimited(2, Buffer.from(value))]));
		const bytes = Buffer.concat([added(withMetadata(label('a'))), added(withMetadata(label('a'), varint(11 * 8), varint(1)))]);
		expect(watch('protobuf', pods, [bytes])).toMatchObject({
			events: [{object: {metadata: {labels: new Map([['app', 'a']])}}}],
			failure: {detail: expect.stringMatching(/field 11 has wire type 0/)},
		});
	});

	test('a map whose entries are torn apart by another field is one map', () => {
		const label = (key: string, value: string) => delimited(11, Buffer.concat([delimited(1, Buffer.from(key)), delimited(2, Buffer.from(value))]));
		const bytes = added(withMetadata(label('a', '1'), delimited(3, Buffer.from('shop')), label('b', '2')));
		expect(watch('protobuf', pods, [bytes]).events).toMatchObject([
			{
				object: {
					metadata: {
						namespace: 'shop',
						labels: new Map([
							['a', '1'],
							['b', '2'],
						]),
					},
				},
			},
		]);
	});

	test('a run ends with its message, though the next field of the parent has the same tag', () => {
		// spec 2 {containers 2 {name 1, resources 8 {requests 2 {…}}}, containers 2 {name 1}}
		const requests = delimited(2, Buffer.concat([delimited(1, Buffer.from('cpu')), delimited(2, delimited(1, Buffer.from('1')))]));
		const container = (name: string, ...rest: Uint8Array[]) => delimited(2, Buffer.concat([delimited(1, Buffer.from(name)), ...rest]));
		const bytes = added(Buffer.concat([METADATA, delimited(2, Buffer.concat([container('a', delimited(8, requests)), container('b')]))]));
		const {events, failure} = watch('protobuf', pods, [bytes]);
		expect(failure).toBeUndefined();
		expect(events).toMatchObject([
			{
				object: {
					spec: {
						containers: [
							{name: 'a', resources: {requests: new Map([['cpu', '1']])}},
							{name: 'b', resources: {requests: new Map()}},
						],
					},
				},
			},
		]);
	});

	test('a negative number travels as ten bytes', () => {
		const minusOne = Buffer.concat([Buffer.alloc(9, 0xff), Buffer.from([1])]);
		const terminated = delimited(3, Buffer.concat([varint(8), minusOne]));
		const bytes = added(Buffer.concat([METADATA, delimited(3, delimited(8, delimited(3, terminated)))]));
		const {events} = watch('protobuf', pods, [bytes]);
		expect(events).toMatchObject([{object: {status: {containerStatuses: [{lastState: {terminated: {exitCode: -1}}}]}}}]);
	});

	test('invalid UTF-8 is shown as such', () => {
		const {events} = watch('protobuf', pods, [added(delimited(1, delimited(1, Buffer.from([0x61, 0xff, 0xc3, 0x62]))))]);
		expect(events).toMatchObject([{object: {metadata: {name: 'a\ufffd\ufffdb'}}}]);
	});

	test('whatever byte is changed, nothing is thrown, and what is given out has the shape of the table', () => {
		const stream = answerIn('protobuf', 'pods.watch');
		const wire = new Wire();
		let refused = 0;
		fc.assert(
			fc.property(fc.nat(stream.length - 1), fc.nat(255), (place, byte) => {
				const changed = Buffer.from(stream);
				changed[place] = byte;
				const {events, failure} = watch('protobuf', pods, [changed], wire);
				if (failure !== undefined) refused++;
				for (const event of events) if (event.kind === 'apply') expect(shapeComplaints(pods.fields, event.object)).toEqual([]);
			}),
			{numRuns: 600},
		);
		expect(refused).toBeGreaterThan(0);
		// What one session saw of broken bytes does not spoil what it reads later.
		expect(watch('protobuf', pods, [stream], wire)).toEqual(watch('protobuf', pods, [stream]));
	});

	test('random bytes are refused', () => {
		fc.assert(
			fc.property(fc.uint8Array({minLength: 5, maxLength: 200}), bytes => {
				expect(list('protobuf', pods, [bytes]).failure).toMatchObject({kind: 'malformed'});
				expect(watch('protobuf', pods, [frame(bytes)]).events).toEqual([]);
			}),
			{numRuns: 200},
		);
	});
});

describe('a protobuf list that is not what it should be', () => {
	const item = (name: string) => delimited(2, delimited(1, delimited(1, Buffer.from(name))));
	const body = (raw: Uint8Array, kind = 'PodList') => enveloped('v1', kind, raw);

	test.each<{name: string; bytes: Buffer; detail: RegExp}>([
		{name: 'another kind', bytes: body(item('a'), 'NodeList'), detail: /expected PodList v1, got NodeList v1/},
		{name: 'one object', bytes: enveloped('v1', 'Pod', METADATA), detail: /got Pod/},
		{name: 'an item past the end of the list', bytes: body(Buffer.concat([item('a'), varint(18), varint(100)])), detail: /past the end of its list/},
		{
			name: 'an item over the limit',
			bytes: Buffer.concat([
				enveloped('v1', 'PodList', Buffer.alloc(0)).subarray(0, 4 + 15),
				varint(18),
				varint(2 ** 31),
				varint(18),
				varint(MAX_RECORD_BYTES),
			]),
			detail: /bytes/,
		},
		{name: 'a list field that is a number', bytes: body(Buffer.concat([item('a'), varint(8), varint(1)])), detail: /tag 8/},
		{name: 'an item without a name', bytes: body(delimited(2, Buffer.alloc(0))), detail: /without a name/},
		{name: 'a list without a kind', bytes: Buffer.concat([Buffer.from('k8s\0'), delimited(2, item('a'))]), detail: /kind first/},
		{name: 'more after its end', bytes: Buffer.concat([body(item('a')), body(item('b'))]), detail: /tag|list field/},
		{name: 'JSON', bytes: Buffer.from('{"kind":"PodList"}'), detail: /k8s/},
	])('$name is one clear error', ({bytes, detail}) => {
		expect(list('protobuf', pods, [bytes]).failure).toMatchObject({kind: 'malformed', encoding: 'protobuf', detail: expect.stringMatching(detail)});
	});
});

describe('JSON that is not what it should be', () => {
	const event = (object: unknown, type: unknown = 'ADDED') => Buffer.from(`${JSON.stringify({type, object})}\n`);
	const pod = (rest: object) => ({kind: 'Pod', apiVersion: 'v1', metadata: {name: 'web'}, ...rest});

	test.each<{name: string; bytes: Buffer; detail: RegExp}>([
		{name: 'half an object', bytes: Buffer.from('{"type":"ADDED","object":{\n'), detail: /no JSON/},
		{name: 'a list', bytes: Buffer.from('[]\n'), detail: /no object/},
		{name: 'null', bytes: Buffer.from('null\n'), detail: /no object/},
		{name: 'HTML', bytes: Buffer.from('<html>\n'), detail: /no JSON/},
		{name: 'no object', bytes: event(undefined), detail: /without an object/},
		{name: 'an unknown type', bytes: event(pod({}), 'CHANGED'), detail: /type CHANGED/},
		{name: 'a type that is a number', bytes: event(pod({}), 7), detail: /type number/},
		{name: 'another kind', bytes: event({...pod({}), kind: 'Node'}), detail: /expected Pod v1, got Node v1/},
		{name: 'a kind that is an object', bytes: event({...pod({}), kind: {}}), detail: /got object v1/},
		{name: 'no name', bytes: event(pod({metadata: {}})), detail: /without a name/},
		{name: 'no metadata', bytes: event(pod({metadata: undefined})), detail: /without a name/},
		{name: 'a name that is a number', bytes: event(pod({metadata: {name: 7}})), detail: /metadata\.name is not text/},
		{name: 'a list that is an object', bytes: event(pod({spec: {containers: {}}})), detail: /spec\.containers is not a list/},
		{name: 'an item that is text', bytes: event(pod({spec: {containers: ['x']}})), detail: /spec\.containers is not an object/},
		{name: 'a map that is a list', bytes: event(pod({metadata: {name: 'web', labels: []}})), detail: /metadata\.labels is not an object/},
		{name: 'a time that is none', bytes: event(pod({status: {startTime: 'yesterday'}})), detail: /status\.startTime is not a time/},
		{name: 'a count with a fraction', bytes: event(pod({metadata: {name: 'web', generation: 1.5}})), detail: /metadata\.generation is not a whole number/},
		{name: 'a bool that is text', bytes: event(pod({spec: {hostNetwork: 'true'}})), detail: /spec\.hostNetwork is not true or false/},
		{name: 'an ERROR that holds a pod', bytes: event(pod({}), 'ERROR'), detail: /holds no Status/},
	])('$name is one clear error', ({bytes, detail}) => {
		const {events, failure} = watch('json', pods, [event(pod({})), bytes]);
		expect(events).toHaveLength(1);
		expect(failure).toMatchObject({kind: 'malformed', encoding: 'json', detail: expect.stringMatching(detail)});
	});

	test('null is absent', () => {
		const {events} = watch('json', pods, [
			event(pod({spec: null, status: {startTime: null, conditions: null}, metadata: {name: 'web', labels: null, uid: null}})),
		]);
		expect(events).toEqual(watch('json', pods, [event(pod({}))]).events);
	});

	test('names of JavaScript objects are nothing special', () => {
		const bytes = Buffer.from(
			'{"type":"ADDED","object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","labels":{"__proto__":"x","constructor":"y"}}}}\n',
		);
		const {events} = watch('json', pods, [bytes]);
		expect((events[0] as unknown as {object: Pod}).object.metadata.labels).toEqual(
			new Map([
				['__proto__', 'x'],
				['constructor', 'y'],
			]),
		);
	});

	test('a Table is refused', () => {
		expect(list('json', pods, [answer('pods.table.json')]).failure).toMatchObject({
			detail: expect.stringMatching(/expected PodList v1, got Table meta.k8s.io\/v1/),
		});
	});

	test('a line over the limit is refused, whether its end comes or not', () => {
		const chunk = Buffer.alloc(MAX_RECORD_BYTES / 2 + 1, 0x20);
		expect(watch('json', pods, [chunk, chunk])).toMatchObject({events: [], failure: {detail: expect.stringMatching(/more than 16777216 bytes/)}});
	});

	test('random texts are refused', () => {
		fc.assert(
			fc.property(
				fc.string({minLength: 1}).filter(text => text.trim() !== ''),
				text => {
					expect(watch('json', pods, [Buffer.from(`${text}\n`)]).events).toEqual([]);
					expect(list('json', pods, [Buffer.from(text)]).failure).toMatchObject({kind: 'malformed', encoding: 'json'});
				},
			),
		);
	});
});

describe.each(ENCODINGS)('bookmarks and errors in %s', encoding => {
	const twin = (metadata: object) => ({proto: {metadata}, json: {metadata}});

	test('a bookmark tells whether it ends the initial events', () => {
		const end = encodeEvent(encoding, nodes, 'BOOKMARK', twin({resourceVersion: '12', annotations: {'k8s.io/initial-events-end': 'true'}}));
		const plain = encodeEvent(encoding, nodes, 'BOOKMARK', twin({resourceVersion: '13'}));
		expect(watch(encoding, nodes, [end, plain]).events).toEqual([
			{kind: 'bookmark', resourceVersion: '12', initialEventsEnd: true},
			{kind: 'bookmark', resourceVersion: '13', initialEventsEnd: false},
		]);
	});

	test('an ERROR event gives its Status, whatever the resource', () => {
		const status = {kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'too old resource version: 1 (2)', reason: 'Expired', code: 410};
		const message = Buffer.concat([
			delimited(2, Buffer.from('Failure')),
			delimited(3, Buffer.from(status.message)),
			delimited(4, Buffer.from('Expired')),
			delimited(5, Buffer.concat([varint(5 * 8), varint(0)])),
			varint(6 * 8),
			varint(410),
		]);
		const bytes = encoding === 'json' ? Buffer.from(`${JSON.stringify({type: 'ERROR', object: status})}\n`) : added(message, 'Status', 'v1', 'ERROR');
		expect(watch(encoding, poddisruptionbudgets, [bytes]).events).toEqual([
			{
				kind: 'error',
				status: {
					status: 'Failure',
					message: 'too old resource version: 1 (2)',
					reason: 'Expired',
					details: {name: '', group: '', kind: '', uid: '', causes: [], retryAfterSeconds: 0},
					code: 410,
				},
			},
		]);
	});

	test('the Status of a refusal is read with its causes', () => {
		expect(decodeStatus(CONTENT_TYPES[encoding], answerIn(encoding, 'invalid.status'))).toMatchObject({
			code: 422,
			reason: 'Invalid',
			details: {causes: [{reason: 'FieldValueForbidden', field: 'resourceVersionMatch'}]},
		});
		expect(decodeStatus(CONTENT_TYPES[encoding], answerIn(encoding, 'not-found.status'))).toMatchObject({
			code: 404,
			reason: 'NotFound',
			details: {name: 'none', kind: 'pods'},
		});
	});

	test('what is no Status is none', () => {
		for (const body of [Buffer.alloc(0), Buffer.from('<html>'), answerIn(encoding, 'bench-pod')])
			expect(decodeStatus(CONTENT_TYPES[encoding], body)).toBeUndefined();
	});

	test('one object is read by itself', () => {
		const wire = new Wire();
		const object = wire.object(CONTENT_TYPES[encoding], pods, answerIn(encoding, 'bench-pod'));
		expect(object).toMatchObject({ok: true, value: {metadata: {namespace: 'bench-000'}, spec: {nodeName: 'node-000'}}});
		expect(wire.object(CONTENT_TYPES[encoding], nodes, answerIn(encoding, 'bench-pod'))).toMatchObject({
			ok: false,
			error: {detail: expect.stringMatching(/expected Node v1, got Pod v1/)},
		});
	});
});

describe('the content type decides', () => {
	test.each([
		['application/vnd.kubernetes.protobuf;stream=watch', 'protobuf'],
		['application/vnd.kubernetes.protobuf', 'protobuf'],
		['application/json', 'json'],
		['Application/JSON; charset=utf-8', 'json'],
		['text/plain; charset=utf-8', undefined],
		['text/html', undefined],
		['application/cbor', undefined],
		['', undefined],
	])('%j is %s', (contentType, encoding) => {
		expect(encodingOf(contentType)).toBe(encoding);
	});

	test('an answer of a proxy is refused before a byte of it is read', () => {
		const wire = new Wire();
		for (const opened of [wire.watchDecoder('text/html', pods, () => {}), wire.listDecoder('text/html', pods, () => {})]) {
			expect(opened).toEqual({ok: false, error: {kind: 'malformed', encoding: 'other', detail: 'an answer in text/html'}});
		}
		expect(decodeStatus('text/plain', Buffer.from('Too many requests'))).toBeUndefined();
	});
});
