import {mkdtempSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {ClusterFault} from '../cluster/fault.ts';
import {isLoopback} from '../cluster/scenarios/marked-cluster.ts';
import {listScenarios, runScenario} from '../cluster/scenarios/run.ts';

/** A cluster that answers what a scenario asks before it begins, and notes what it is asked. */
type FakeCluster = {mark: Record<string, string> | undefined; nodes: {name: string; annotations?: Record<string, string>}[]; asked: string[]};

const FAKE = {'kwok.x-k8s.io/node': 'fake'};
const directory = mkdtempSync(path.join(os.tmpdir(), 'kwb-mark-'));
let server: Server;
let cluster: FakeCluster;

beforeAll(async () => {
	server = createServer((request, response) => {
		cluster.asked.push(`${request.method} ${request.url?.split('?')[0]}`);
		const answer = (status: number, body: unknown) => response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body));
		if (request.url === '/api/v1/namespaces/kube-system/configmaps/kwb-test-cluster')
			return cluster.mark === undefined ? answer(404, {message: 'not found'}) : answer(200, {metadata: {}, data: cluster.mark});
		if (request.url?.startsWith('/api/v1/nodes')) return answer(200, {metadata: {}, items: cluster.nodes.map(metadata => ({metadata}))});
		return answer(418, {message: 'written to'});
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());
beforeEach(() => {
	writeFileSync(path.join(directory, 'state.json'), JSON.stringify({mark: 'secret'}));
	cluster = {mark: {cluster: 'test', mark: 'secret', dataDir: directory}, nodes: [], asked: []};
});

function kubeconfigFor(address: string, extra = ''): string {
	const file = path.join(directory, 'kubeconfig');
	writeFileSync(
		file,
		`{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], users: [{name: u, user: {}}], clusters: [{name: c, cluster: {server: '${address}'${extra}}}]}`,
	);
	return file;
}

const own = () => kubeconfigFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
const refusalOf = async (kubeconfig: string, name = 'smoke', options = {}): Promise<string> =>
	runScenario({kubeconfig, name, options, log: () => undefined}).then(
		() => 'ran',
		(error: unknown) => (error instanceof ClusterFault ? error.message : `not a fault: ${error}`),
	);
const written = () => cluster.asked.filter(each => !each.startsWith('GET '));

describe('a scenario refuses', () => {
	test.each<{name: string; change: () => void; because: string}>([
		{
			name: 'a cluster without the mark',
			change: () => {
				cluster.mark = undefined;
			},
			because: 'does not carry the mark',
		},
		{
			name: 'an empty mark',
			change: () => {
				cluster.mark = {};
			},
			because: 'its mark is empty',
		},
		{
			name: 'a mark that was copied from elsewhere',
			change: () => writeFileSync(path.join(directory, 'state.json'), JSON.stringify({mark: 'another'})),
			because: 'not set on this machine',
		},
		{
			name: 'a mark whose directory is not here',
			change: () => {
				cluster.mark = {...cluster.mark, dataDir: path.join(directory, 'gone')};
			},
			because: 'not set on this machine',
		},
		{
			name: 'a directory with a torn state',
			change: () => writeFileSync(path.join(directory, 'state.json'), '{"mark": "sec'),
			because: 'not set on this machine',
		},
		{
			name: 'a cluster with a real node among fake ones',
			change: () => {
				cluster.nodes = [{name: 'a', annotations: FAKE}, {name: 'ip-10-0-0-1'}];
			},
			because: 'its node ip-10-0-0-1 is a real one',
		},
		{
			name: 'an adapter elsewhere',
			change: () => {
				cluster.mark = {...cluster.mark, adapterControl: 'http://10.0.0.1:80'};
			},
			because: 'its adapter is not on loopback',
		},
	])('$name, and has written nothing', async ({change, because}) => {
		change();
		const refusal = await refusalOf(own());
		expect(refusal).toContain(because);
		expect(refusal).not.toContain('\n');
		expect(written()).toEqual([]);
	});

	test.each([
		{name: 'an address off loopback', kubeconfig: () => kubeconfigFor('https://10.1.2.3:6443'), because: 'not on loopback'},
		{name: 'a name that only looks like loopback', kubeconfig: () => kubeconfigFor('https://127.0.0.1.example.com'), because: 'not on loopback'},
		{name: 'a proxy', kubeconfig: () => kubeconfigFor('https://127.0.0.1:1', ", proxy-url: 'http://127.0.0.1:3128'"), because: 'through a proxy'},
	])('$name, and has asked nothing', async ({kubeconfig, because}) => {
		expect(await refusalOf(kubeconfig())).toContain(because);
		expect(cluster.asked).toEqual([]);
	});

	test('a kubeconfig that is not there, in one line', async () => {
		expect(await refusalOf(path.join(directory, 'none'))).toMatch(/^.*none cannot be used: .*$/);
	});

	test('a name and a parameter that do not exist, and says which do', async () => {
		expect(await refusalOf(own(), 'smokes')).toContain('one of smoke, fill');
		expect(await refusalOf(own(), 'fill', {pod: '3'})).toContain('--pods');
		expect(cluster.asked).toEqual([]);
	});

	test('to run without the adapter that it needs', async () => {
		expect(await refusalOf(own(), 'hpa')).toContain('--with adapter');
		expect(written()).toEqual([]);
	});
});

test('a cluster that holds to all of it is written to', async () => {
	cluster.nodes = [{name: 'a', annotations: FAKE}];
	expect(await refusalOf(own())).toContain('written to');
	expect(written().length).toBeGreaterThan(0);
});

test.each([
	['localhost', true],
	['127.0.0.1', true],
	['127.8.9.1', true],
	['[::1]', true],
	['localhost.example.com', false],
	['127.0.0.1.nip.io', false],
	['10.0.0.1', false],
	['[::2]', false],
	['0.0.0.0', false],
])('%s is loopback: %s', (hostname, expected) => expect(isLoopback(hostname)).toBe(expected));

test('every scenario says what it does and what each parameter is', () => {
	expect(listScenarios().length).toBeGreaterThan(5);
	for (const {name, does, parameters} of listScenarios()) {
		expect(does, name).not.toBe('');
		for (const [parameter, {does: what}] of Object.entries(parameters)) expect(what, `${name} --${parameter}`).not.toBe('');
	}
});
