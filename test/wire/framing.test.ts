import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {pods} from '../../src/kube/resources/pods.ts';
import type {Encoding} from '../../src/wire/wire-event.ts';
import {answerIn, cutAt, ENCODINGS, inPieces, list, watch} from './fixtures.ts';
import {encodeEvent, encodeList} from './reference-encoder.ts';

const named = (name: string) => ({proto: {metadata: {name, namespace: 'shop'}}, json: {metadata: {name, namespace: 'shop'}}});
const eventsOf = (encoding: Encoding) => Buffer.concat(['a', 'b', 'c'].map(name => encodeEvent(encoding, pods, 'ADDED', named(name))));
const namesOf = (watched: ReturnType<typeof watch>) => watched.events.map(event => (event.kind === 'apply' ? event.object.metadata.name : event.kind));

describe.each(ENCODINGS)('in %s', encoding => {
	const stream = answerIn(encoding, 'pods.watch');
	const body = answerIn(encoding, 'pods.list');
	const wholeStream = watch(encoding, pods, [stream]);
	const wholeList = list(encoding, pods, [body]);

	test('several events in one chunk are several events', () => {
		expect(namesOf(watch(encoding, pods, [eventsOf(encoding)]))).toEqual(['a', 'b', 'c']);
	});

	test('an event is given out with the chunk that completes it, not later', () => {
		const bytes = eventsOf(encoding);
		const oneEvent = encodeEvent(encoding, pods, 'ADDED', named('a')).length;
		expect(namesOf(watch(encoding, pods, [bytes.subarray(0, oneEvent)]))).toEqual(['a']);
		expect(namesOf(watch(encoding, pods, [bytes.subarray(0, oneEvent - 1)]))).toEqual([]);
	});

	test.each([1, 2, 3, 7, 64, 1000])('a watch in chunks of %d bytes gives what it gives whole', size => {
		expect(watch(encoding, pods, inPieces(stream, size))).toEqual(wholeStream);
	});

	test.each([1, 2, 3, 7, 64, 1000])('a list in chunks of %d bytes gives what it gives whole', size => {
		expect(list(encoding, pods, inPieces(body, size))).toEqual(wholeList);
	});

	test('wherever the chunks are cut, empty ones among them, nothing is lost or doubled', () => {
		fc.assert(
			fc.property(fc.array(fc.nat(stream.length), {maxLength: 6}), places => {
				expect(watch(encoding, pods, cutAt(stream, places))).toEqual(wholeStream);
				expect(list(encoding, pods, cutAt(body, places))).toEqual(wholeList);
			}),
			{numRuns: 150},
		);
	});

	test('a watch cut off anywhere gives a beginning of its events, and says that it is cut', () => {
		const bytes = eventsOf(encoding);
		const whole = watch(encoding, pods, [bytes]).events;
		const ends = new Set(
			['', 'a', 'ab', 'abc'].map(names => [...names].reduce((sum, name) => sum + encodeEvent(encoding, pods, 'ADDED', named(name)).length, 0)),
		);
		for (let length = 0; length <= bytes.length; length++) {
			const {events, failure} = watch(encoding, pods, [bytes.subarray(0, length)]);
			expect(events).toEqual(whole.slice(0, events.length));
			expect(failure === undefined, `${length}`).toBe(ends.has(length));
		}
	});

	test('a list cut off anywhere gives a beginning of its objects, and never ends well', () => {
		const bytes = encodeList(encoding, pods, ['a', 'b'].map(named), '7');
		const whole = list(encoding, pods, [bytes]);
		expect(whole).toMatchObject({failure: undefined, meta: {resourceVersion: '7'}, objects: [{metadata: {name: 'a'}}, {metadata: {name: 'b'}}]});
		// What follows `raw` in protobuf are two empty fields, of two bytes each, that may be missing.
		const optionalTail = encoding === 'protobuf' ? 4 : 0;
		for (let length = 0; length < bytes.length - optionalTail; length++) {
			const {objects, failure} = list(encoding, pods, [bytes.subarray(0, length)]);
			expect(objects).toEqual(whole.objects.slice(0, objects.length));
			expect(failure, `${length}`).toBeDefined();
		}
	});

	test('an object of 1.5 MiB in chunks of 64 KiB is one object, and so is what follows it', () => {
		const large = {...named('large'), proto: {metadata: {name: 'large'}, status: {message: 'x'.repeat(1_572_864)}}};
		const twins = [{...large, json: large.proto}, named('b')];
		const events = Buffer.concat(twins.map(twin => encodeEvent(encoding, pods, 'ADDED', twin)));
		expect(namesOf(watch(encoding, pods, inPieces(events, 65_536)))).toEqual(['large', 'b']);
		const {objects, failure} = list(encoding, pods, inPieces(encodeList(encoding, pods, twins, '1'), 65_536));
		expect(failure).toBeUndefined();
		expect(objects.map(object => object.metadata.name)).toEqual(['large', 'b']);
	});

	test('an empty list is a list', () => {
		expect(list(encoding, pods, [encodeList(encoding, pods, [], '9')])).toEqual({
			objects: [],
			meta: {resourceVersion: '9', continueToken: ''},
			failure: undefined,
		});
	});

	test('an empty body is no list', () => {
		expect(list(encoding, pods, []).failure).toMatchObject({kind: 'malformed', encoding});
	});
});

describe('JSON only', () => {
	const line = (name: string) => encodeEvent('json', pods, 'ADDED', named(name)).toString().trimEnd();

	test('CRLF and empty lines do no harm', () => {
		expect(namesOf(watch('json', pods, [Buffer.from(`${line('a')}\r\n\r\n\n${line('b')}\n  \n`)]))).toEqual(['a', 'b']);
	});

	test('a line ends at a line feed and nowhere else', () => {
		const odd = line('a').replace('"shop"', '"sh\u2028o\u0085p"');
		expect(watch('json', pods, [Buffer.from(`${odd}\n`)]).events).toMatchObject([{object: {metadata: {namespace: 'sh o p'}}}]);
	});

	test('a last line without its line feed is cut off, even if it is whole', () => {
		expect(watch('json', pods, [Buffer.from(line('a'))])).toEqual({
			events: [],
			failure: {kind: 'malformed', encoding: 'json', detail: 'the stream ended within a watch event'},
		});
	});

	test('braces, quotes and the word items within text do not mislead a list', () => {
		const twin = {proto: {}, json: {metadata: {name: 'a', labels: {'"items":[{': '}]}\\"'}}, items: [{metadata: {name: 'not me'}}]}};
		const body = encodeList('json', pods, [twin], '1');
		for (const size of [1, body.length]) {
			const {objects, failure} = list('json', pods, inPieces(body, size));
			expect(failure).toBeUndefined();
			expect(objects.map(object => [object.metadata.name, [...object.metadata.labels]])).toEqual([['a', [['"items":[{', '}]}\\"']]]]);
		}
	});

	test('a list that says its kind last is held back until then', () => {
		const items = '"items":[{"metadata":{"name":"a"}}]';
		expect(list('json', pods, [Buffer.from(`{${items},"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"3"}}`)])).toMatchObject({
			objects: [{metadata: {name: 'a'}}],
			meta: {resourceVersion: '3'},
		});
		expect(list('json', pods, [Buffer.from(`{${items},"kind":"NodeList","apiVersion":"v1"}`)])).toMatchObject({objects: [], failure: {kind: 'malformed'}});
	});

	test.each([
		'[{"metadata":{"name":"a"}}{"metadata":{"name":"b"}}]',
		'[{"metadata":{"name":"a"}},]',
		'[null]',
		'[0]',
		'[[]]',
		'{}',
		'[{"metadata":{"name":"a"}}',
	])('items %s are no list', items => {
		expect(list('json', pods, [Buffer.from(`{"kind":"PodList","apiVersion":"v1","items":${items}}`)]).failure).toMatchObject({kind: 'malformed'});
	});

	test('items may be null', () => {
		expect(list('json', pods, [Buffer.from('{"kind":"PodList","apiVersion":"v1","metadata":{},"items":null}')])).toMatchObject({
			objects: [],
			failure: undefined,
		});
	});
});
