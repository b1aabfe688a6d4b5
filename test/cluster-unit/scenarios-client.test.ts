import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, describe, expect, test} from 'vitest';
import {ApiError, Client, collectionPath, pathOf} from '../cluster/client.ts';

type Asked = {readonly method: string | undefined; readonly url: string | undefined; readonly body: string};
type Answered = {readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string>};

const cleanups: (() => void)[] = [];
afterEach(() => {
	for (const each of cleanups.splice(0)) each();
});

/** A client of a server that gives these answers in order, the last one for ever, and notes what it was asked. */
async function clientOf(...answers: readonly Answered[]): Promise<{readonly client: Client; readonly asked: Asked[]}> {
	const asked: Asked[] = [];
	const server = createServer((request, response) => {
		let body = '';
		request.on('data', chunk => {
			body += chunk;
		});
		request.on('end', () => {
			const answer = answers[Math.min(asked.length, answers.length - 1)]!;
			asked.push({method: request.method, url: request.url, body});
			response.writeHead(answer.status, answer.headers).end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
		});
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	const client = new Client(
		{server: new URL(`http://127.0.0.1:${port}`), hasProxy: false, tls: {rejectUnauthorized: true}, token: undefined},
		{concurrency: 1},
	);
	cleanups.push(
		() => client.close(),
		() => server.close(),
	);
	return {client, asked};
}

const pod = {apiVersion: 'v1', kind: 'Pod', metadata: {namespace: 'shop', name: 'web'}};

describe('paths', () => {
	test.each([
		[collectionPath('pods'), '/api/v1/pods'],
		[collectionPath('pods', 'shop'), '/api/v1/namespaces/shop/pods'],
		[collectionPath('apps/v1/deployments', 'shop'), '/apis/apps/v1/namespaces/shop/deployments'],
		[pathOf(pod), '/api/v1/namespaces/shop/pods/web'],
		[pathOf({apiVersion: 'v1', kind: 'Node', metadata: {name: 'n1'}}), '/api/v1/nodes/n1'],
		[
			pathOf({apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: {namespace: 'shop', name: 'web'}}),
			'/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web',
		],
	])('%s', (made, expected) => expect(made).toBe(expected));
});

describe('the client', () => {
	test('makes what is not there, and applies over what is', async () => {
		const fresh = await clientOf({status: 201, body: pod});
		await fresh.client.apply(pod);
		expect(fresh.asked.map(({method}) => method)).toEqual(['POST']);
		const there = await clientOf({status: 409}, {status: 200, body: pod});
		await there.client.apply(pod);
		expect(there.asked[1]).toMatchObject({
			method: 'PATCH',
			url: '/api/v1/namespaces/shop/pods/web?fieldManager=kwb-scenario&force=true',
			body: JSON.stringify(pod),
		});
	});

	test('a DELETE with a body leaves the connection fit for the next request', async () => {
		const {client, asked} = await clientOf({status: 200});
		await client.delete(pathOf(pod), {gracePeriodSeconds: 0});
		await client.get('/version');
		expect(asked).toEqual([
			{method: 'DELETE', url: pathOf(pod), body: '{"gracePeriodSeconds":0}'},
			{method: 'GET', url: '/version', body: ''},
		]);
	});

	test('follows pages to the end, and takes a list of null for an empty one', async () => {
		const {client, asked} = await clientOf({status: 200, body: {metadata: {continue: 'next'}, items: [pod]}}, {status: 200, body: {metadata: {}, items: null}});
		expect((await client.list(collectionPath('pods'))).items).toEqual([pod]);
		expect(asked[1]?.url).toContain('continue=next');
	});

	test('asks again after a 429, and takes one as the answer where it is one', async () => {
		const {client, asked} = await clientOf({status: 429, headers: {'retry-after': '0.01'}}, {status: 200, body: pod});
		expect(await client.get(pathOf(pod))).toEqual(pod);
		expect(asked).toHaveLength(2);
		const refused = await clientOf({status: 429});
		expect((await refused.client.request('POST', `${pathOf(pod)}/eviction`, {isFinal: true})).status).toBe(429);
		expect(refused.asked).toHaveLength(1);
	});

	test("an answer that was not expected is an error with the server's words, JSON or not", async () => {
		const {client} = await clientOf({status: 422, body: {kind: 'Status', message: 'spec is wrong'}}, {status: 500, body: 'no JSON at all'});
		const error = await client.get('/a').catch((each: unknown) => each);
		expect(error).toBeInstanceOf(ApiError);
		expect(error).toMatchObject({status: 422, message: 'GET /a: 422 spec is wrong'});
		await expect(client.get('/b')).rejects.toThrow('GET /b: 500 no JSON at all');
	});

	test('what is gone is false or undefined, not an error', async () => {
		const {client} = await clientOf({status: 404});
		expect(await client.find('/a')).toBeUndefined();
		expect(await client.delete('/a')).toBe(false);
		expect(await client.patchIfThere('/a', {})).toBe(false);
	});

	test('a watch gives each event, and rejects when it breaks off within one', async () => {
		const event = JSON.stringify({type: 'ADDED', object: pod});
		const whole = await clientOf({status: 200, body: `${event}\n${event}\n`});
		const seen: unknown[] = [];
		await whole.client.watch(collectionPath('pods'), each => seen.push(each.type), {});
		expect(seen).toEqual(['ADDED', 'ADDED']);
		const torn = await clientOf({status: 200, body: `${event}\n${event.slice(0, 20)}`});
		await expect(torn.client.watch(collectionPath('pods'), () => undefined, {})).rejects.toThrow('broke off');
	});
});
