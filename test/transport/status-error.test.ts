import {describe, expect, test} from 'vitest';
import {type DecodedStatus, type FailedResponse, statusError} from '../../src/transport/status-error.ts';

const NOW = Date.UTC(2026, 0, 1);

function errorOf(more: Partial<Omit<FailedResponse, 'body'>> & {readonly text?: string}, decoded?: DecodedStatus) {
	const {text = '', ...rest} = more;
	return statusError(
		{status: 500, contentType: 'text/plain', retryAfter: undefined, location: undefined, body: Buffer.from(text), now: NOW, ...rest},
		() => decoded,
	);
}

const STATUS = {kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'too old', reason: 'Expired', code: 410};
const json = (body: object) => ({contentType: 'application/json', text: JSON.stringify(body)});

describe('the message', () => {
	test.each<[string, Parameters<typeof errorOf>[0], string]>([
		['of a Status is its own', json(STATUS), 'too old'],
		['of JSON that is no Status says the number', json({error: 'x'}), 'the server answered 500'],
		['of broken JSON says the number', {contentType: 'application/json', text: '{"kind":"Sta'}, 'the server answered 500'],
		['of a Status without a message says the number', json({kind: 'Status'}), 'the server answered 500'],
		['of an empty body says the number', {status: 502}, 'the server answered 502'],
		['of text says it', {text: 'no healthy upstream\n'}, 'the server answered 500: no healthy upstream'],
		['of text is one line', {text: 'a\n\tb\r\n\r\nc'}, 'the server answered 500: a b c'],
		['of text loses its escape sequences', {text: '\u001b[31mred\u001b[0m'}, 'the server answered 500: red'],
		[
			'of a page is its title',
			{contentType: 'text/html; charset=utf-8', text: '<title>502 Bad &amp; Gateway</title><p>x'},
			'the server answered 500: 502 Bad & Gateway',
		],
		['of a page without a title is its text', {contentType: 'text/html', text: '<style>p{}</style><h1>Oh</h1><p>no</p'}, 'the server answered 500: Oh no'],
		['of a page that calls itself text is its title', {text: '<!DOCTYPE html><title>Blocked</title>'}, 'the server answered 500: Blocked'],
		['of a redirect says where to', {status: 307, location: 'https://x.test'}, 'the server sends us elsewhere (307, to https://x.test)'],
		['of protobuf that is no Status says the number', {contentType: 'application/vnd.kubernetes.protobuf', text: 'k8s\0…'}, 'the server answered 500'],
	])('%s', (_name, response, message) => expect(errorOf(response).message).toBe(message));

	test('is cut when it is long', () => expect(errorOf({text: 'x'.repeat(10_000)}).message.length).toBeLessThan(350));
	test('names https to one who speaks http to it', () =>
		expect(errorOf({status: 400, text: 'Client sent an HTTP request to an HTTPS server.\n'}).hint).toBe(
			'the server in the kubeconfig must begin with https://',
		));
});

describe('how long to wait', () => {
	test.each<[string, Parameters<typeof errorOf>[0], number | undefined]>([
		['nobody says', {}, undefined],
		['seconds in the header', {retryAfter: '7'}, 7_000],
		['no seconds in the header', {retryAfter: '0'}, 0],
		['a date in the header', {retryAfter: 'Thu, 01 Jan 2026 00:00:30 GMT'}, 30_000],
		['a date that is past', {retryAfter: 'Wed, 31 Dec 2025 00:00:00 GMT'}, 0],
		['rubbish in the header', {retryAfter: 'soon'}, undefined],
		['seconds in the Status', json({...STATUS, details: {retryAfterSeconds: 3}}), 3_000],
		['both: the header', {...json({...STATUS, details: {retryAfterSeconds: 3}}), retryAfter: '9'}, 9_000],
	])('%s', (_name, response, expected) => expect(errorOf(response).retryAfterMs).toBe(expected));
});

test('causes and reason of a Status are kept', () =>
	expect(
		errorOf({status: 504, ...json({...STATUS, reason: 'Timeout', details: {causes: [{reason: 'ResourceVersionTooLarge', message: 'Too large'}, null]}})}),
	).toMatchObject({
		kind: 'status',
		status: 504,
		reason: 'Timeout',
		causes: [
			{reason: 'ResourceVersionTooLarge', message: 'Too large', field: ''},
			{reason: '', message: '', field: ''},
		],
	}));

test('a Status in protobuf counts as one in JSON', () =>
	expect(
		errorOf(
			{contentType: 'application/vnd.kubernetes.protobuf'},
			{reason: 'Forbidden', message: 'no\u0007', retryAfterSeconds: 2, causes: [{reason: 'r', message: 'm', field: 'f'}]},
		),
	).toMatchObject({reason: 'Forbidden', message: 'no\ufffd', retryAfterMs: 2_000, causes: [{reason: 'r', message: 'm', field: 'f'}]}));
