import {mkdtempSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {countByVerb, readAudit, requestsIn, requestsWithin} from '../cluster/audit.ts';

type Stage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete';
type Line = {
	id: string;
	stage?: Stage;
	verb?: string;
	uri?: string;
	user?: string;
	second?: number;
	code?: number;
	objectRef?: Record<string, string> | undefined;
};

/** A line as the API server of 1.37.2 writes it. */
function line({
	id,
	stage = 'RequestReceived',
	verb = 'list',
	uri = '/api/v1/pods',
	user = 'bench',
	second = 0,
	code,
	objectRef = {resource: 'pods', apiVersion: 'v1'},
}: Line): string {
	const at = new Date(Date.UTC(2026, 10, 24, 21, 2, second)).toISOString();
	return JSON.stringify({
		kind: 'Event',
		apiVersion: 'audit.k8s.io/v1',
		level: 'Metadata',
		auditID: id,
		stage,
		requestURI: uri,
		verb,
		user: {username: user},
		userAgent: 'kwb',
		...(objectRef === undefined ? {} : {objectRef}),
		...(code === undefined ? {} : {responseStatus: {metadata: {}, code}}),
		requestReceivedTimestamp: at,
		stageTimestamp: at,
	});
}

const at = (second: number) => Date.UTC(2026, 10, 24, 21, 2, second);

describe('the audit log', () => {
	test('the stages of one request count once, and its status is the last one said', () => {
		const requests = requestsIn(
			[line({id: 'a'}), line({id: 'a', stage: 'ResponseStarted', code: 200}), line({id: 'a', stage: 'ResponseComplete', code: 504})].join('\n'),
		);
		expect(requests).toMatchObject([{id: 'a', verb: 'list', resource: 'pods', status: 504, endedAt: at(0)}]);
	});

	test('a watch that still runs counts, and has no end', () => {
		const requests = requestsIn(
			[line({id: 'a', verb: 'watch', uri: '/api/v1/pods?watch=true'}), line({id: 'a', verb: 'watch', stage: 'ResponseStarted', code: 200})].join('\n'),
		);
		expect(requests).toMatchObject([{verb: 'watch', status: 200, endedAt: undefined}]);
	});

	test.each<{name: string; given: Line; verb: string; resource: string}>([
		{name: 'a list is a list', given: {id: 'a'}, verb: 'list', resource: 'pods'},
		{name: 'a watch is a watch', given: {id: 'a', verb: 'watch', uri: '/api/v1/pods?watch=1'}, verb: 'watch', resource: 'pods'},
		{
			name: 'a watch that asks for the initial objects is a streamed list',
			given: {id: 'a', verb: 'watch', uri: '/api/v1/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan'},
			verb: 'streamed list',
			resource: 'pods',
		},
		{
			name: 'a group is part of the resource',
			given: {id: 'a', objectRef: {resource: 'deployments', apiGroup: 'apps'}},
			verb: 'list',
			resource: 'deployments.apps',
		},
		{
			name: 'and so is a subresource',
			given: {id: 'a', verb: 'create', objectRef: {resource: 'pods', subresource: 'eviction'}},
			verb: 'create',
			resource: 'pods/eviction',
		},
	])('$name', ({given, verb, resource}) => {
		expect(countByVerb(requestsIn(line(given)))).toEqual([{verb, resource, count: 1}]);
	});

	test('a request for no resource is counted by its path, without the query', () => {
		const {objectRef: _, ...event} = JSON.parse(line({id: 'a', verb: 'get', uri: '/version?timeout=32s'})) as Record<string, unknown>;
		expect(countByVerb(requestsIn(JSON.stringify(event)))).toEqual([{verb: 'get', resource: '/version', count: 1}]);
	});

	test('an interval takes in its first moment and leaves out its last, and another user counts apart', () => {
		const requests = requestsIn(
			[line({id: 'a', second: 1}), line({id: 'b', second: 2}), line({id: 'c', second: 3}), line({id: 'd', second: 2, user: 'admin'})].join('\n'),
		);
		expect(requestsWithin(requests, {from: at(2), to: at(3), user: 'bench'}).map(each => each.id)).toEqual(['b']);
	});

	test('counts come with the most first', () => {
		const requests = requestsIn([line({id: 'a', verb: 'watch'}), line({id: 'b'}), line({id: 'c'})].join('\n'));
		expect(countByVerb(requests).map(({verb, count}) => `${count} ${verb}`)).toEqual(['2 list', '1 watch']);
	});

	test('a file gives the same as its text, and a line that is still being written is left out', async () => {
		const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'kwb-audit-')), 'audit.log');
		const text = `${line({id: 'b', second: 2})}\n${line({id: 'a', second: 1})}\n`;
		writeFileSync(file, text + line({id: 'c'}).slice(0, 100));
		expect(await readAudit(file)).toEqual(requestsIn(text));
		expect((await readAudit(file)).map(each => each.id)).toEqual(['a', 'b']);
	});
});
