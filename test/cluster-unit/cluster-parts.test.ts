import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {directoriesFrom, layoutOf} from '../cluster/directories.ts';
import {kubeconfigText} from '../cluster/keys.ts';
import {withLock} from '../cluster/lock.ts';
import {objectsOf} from '../cluster/objects.ts';
import {choosePorts, PORT_NAMES, type Ports} from '../cluster/ports.ts';
import {argumentsOf, type Plan} from '../cluster/process-arguments.ts';
import {isAlive, procStat, startTimeOf} from '../cluster/processes.ts';
import {DEFAULT_SETTINGS, differences, PROCESSES, processesOf, type Settings} from '../cluster/settings.ts';
import {asState, type ClusterState, readState, writeState} from '../cluster/state.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'kwb-cluster-unit-'));
afterAll(() => rmSync(directory, {recursive: true}));

const PORTS = Object.fromEntries(PORT_NAMES.map((name, index) => [name, 20_000 + index])) as Ports;
const plan = (changed: Partial<Settings> = {}): Plan => ({layout: layoutOf('/data/c'), ports: PORTS, settings: {...DEFAULT_SETTINGS, ...changed}});
const STATE: ClusterState = {
	name: 'c',
	directory: '/data/c',
	phase: 'running',
	hasRun: true,
	settings: DEFAULT_SETTINGS,
	ports: PORTS,
	mark: 'm',
	token: 't',
	createdAt: 1,
	processes: {etcd: {pid: 1, startTime: '2', executable: '/bin/etcd', args: [], startedAt: 3, isStopped: false}},
};

describe('where things are kept', () => {
	test.each([
		{name: 'an absolute XDG_CACHE_HOME is used', environment: {XDG_CACHE_HOME: '/x'}, clusters: '/x/kwb/clusters'},
		{name: 'a relative one is ignored, as the specification says', environment: {XDG_CACHE_HOME: 'x'}, clusters: '/home/u/.cache/kwb/clusters'},
		{name: 'without one it is ~/.cache', environment: {}, clusters: '/home/u/.cache/kwb/clusters'},
	])('$name', ({environment, clusters}) => expect(directoriesFrom(environment, '/home/u').clusters).toBe(clusters));
});

describe('the arguments of a process', () => {
	test('stock leaves the controllers their defaults, quick shortens them', () => {
		const hpa = (settings: Partial<Settings>) => argumentsOf('kube-controller-manager', plan(settings)).filter(flag => flag.startsWith('--horizontal-pod'));
		expect(hpa({profile: 'stock'})).toEqual([]);
		expect(hpa({profile: 'quick'})).toContain('--horizontal-pod-autoscaler-sync-period=2s');
	});

	test('scale raises client rates and nothing else, whatever the profile', () => {
		for (const profile of ['quick', 'stock'] as const) {
			const plain = argumentsOf('kube-scheduler', plan({profile}));
			expect(argumentsOf('kube-scheduler', plan({profile, isScaled: true}))).toEqual([...plain, '--kube-api-qps=500', '--kube-api-burst=1000']);
		}
	});

	test.each([
		{variant: 'nocache', flag: '--watch-cache=false'},
		{variant: 'nowatchlist', flag: '--feature-gates=WatchList=false'},
		{variant: 'tight', flag: '--max-requests-inflight=2'},
	] as const)('the variant $variant is $flag of the API server alone', ({variant, flag}) => {
		const has = PROCESSES.filter(process => argumentsOf(process, plan({variant})).includes(flag));
		expect(has).toEqual(['kube-apiserver']);
	});

	test('extra flags come last, so they win', () => expect(argumentsOf('etcd', plan(), ['--x']).at(-1)).toBe('--x'));

	test('every pass of the HPA controller is logged', () => expect(argumentsOf('kube-controller-manager', plan())).toContain('--vmodule=horizontal=4'));

	test('nothing listens anywhere but on loopback', () => {
		for (const process of PROCESSES) {
			for (const flag of argumentsOf(process, plan())) {
				const value = flag.slice(flag.indexOf('=') + 1);
				if (/-address=|-urls=|-ip=/.test(flag)) expect(value, `${process} ${flag}`).toMatch(/127\.0\.0\.1/);
				expect(flag).not.toContain('0.0.0.0');
			}
		}
	});

	test('the release manifest resolution of metrics-server is kept in stock', () => {
		expect(argumentsOf('metrics-server', plan({profile: 'stock'}))).toContain('--metric-resolution=15s');
	});
});

describe('settings', () => {
	test('only what was asked for counts as a difference', () => {
		expect(differences(DEFAULT_SETTINGS, {})).toEqual([]);
		expect(differences(DEFAULT_SETTINGS, {profile: 'quick'})).toEqual([]);
		expect(differences(DEFAULT_SETTINGS, {profile: 'stock', isScaled: true})).toEqual(['profile is quick, not stock', 'scale is off, not on']);
		expect(differences({...DEFAULT_SETTINGS, variant: 'tight'}, {variant: undefined})).toEqual(['variant is tight, not none']);
	});

	test('a missing addon is no difference: it can be added to a running cluster', () =>
		expect(differences(DEFAULT_SETTINGS, {addons: ['adapter']})).toEqual([]));

	test('etcd comes first and the adapter only when asked for', () => {
		expect(processesOf(DEFAULT_SETTINGS)[0]).toBe('etcd');
		expect(processesOf(DEFAULT_SETTINGS)).not.toContain('adapter');
	});
});

describe('the state of a cluster', () => {
	test('what is written is what is read, and no temporary file stays', () => {
		const file = path.join(directory, 'state', 'state.json');
		writeState(file, STATE);
		expect(readState(file)).toEqual(STATE);
		expect(readdirSync(path.dirname(file))).toEqual(['state.json']);
	});

	test.each([
		{name: 'no object', value: 3},
		{name: 'null', value: null},
		{name: 'no name', value: {...STATE, name: undefined}},
		{name: 'a port too few', value: {...STATE, ports: {...PORTS, etcd: undefined}}},
		{name: 'a process nobody knows', value: {...STATE, processes: {kubelet: STATE.processes.etcd}}},
	])('$name is no state', ({value}) => expect(asState(value)).toBeUndefined());

	test('a file that is not there is no state', () => expect(readState(path.join(directory, 'none.json'))).toBeUndefined());
});

describe('processes', () => {
	test('a process is recognised by number and start time together', () => {
		const startTime = startTimeOf(process.pid);
		expect(startTime).toBeDefined();
		expect(isAlive({pid: process.pid, startTime: startTime!})).toBe(true);
		expect(isAlive({pid: process.pid, startTime: `${startTime}0`})).toBe(false);
	});

	test.each([
		{name: 'an ordinary line', text: '7 (etcd) S 1 7 7 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 9 0 4242 1 2', startTime: '4242'},
		{name: 'a command with blanks and parentheses', text: '7 (a) b (c)) R 1 7 7 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 9 0 99 1 2', startTime: '99'},
		{name: 'a zombie is gone', text: '7 (etcd) Z 1 7 7 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 9 0 4242 1 2', startTime: undefined},
		{name: 'no file, no process', text: undefined, startTime: undefined},
	])('$name', ({text, startTime}) => expect(procStat(text)).toBe(startTime));
});

describe('ports', () => {
	test('no port twice, none that another cluster has, none in use', async () => {
		let calls = 0;
		// 0.00, 0.00, 0.01, 0.01, …: every number comes twice.
		const random = () => Math.floor(calls++ / 2) / 100;
		const ports = Object.values(await choosePorts(new Set([20_000]), random, async port => port !== 20_100));
		expect(new Set(ports).size).toBe(PORT_NAMES.length);
		expect(ports).not.toContain(20_000);
		expect(ports).not.toContain(20_100);
	});

	test('lowest and highest are below the range from which outgoing connections take theirs', async () => {
		for (const start of [0, 0.998]) {
			let step = 0;
			const ports = await choosePorts(
				new Set(),
				() => start + step++ * 0.0002,
				async () => true,
			);
			for (const port of Object.values(ports)) expect(port).toBeLessThan(32_768);
			for (const port of Object.values(ports)) expect(port).toBeGreaterThan(1024);
		}
	});

	test('gives up when nothing is free', async () => {
		await expect(choosePorts(new Set(), Math.random, async () => false)).rejects.toThrow('no free ports');
	});
});

describe('the lock', () => {
	test('two holders never overlap, and the second hears that it waits', async () => {
		const file = path.join(directory, 'a.lock');
		const order: string[] = [];
		const {promise: released, resolve: release} = Promise.withResolvers<void>();
		const first = withLock(file, async () => {
			order.push('first in');
			await released;
			order.push('first out');
		});
		const second = withLock(
			file,
			async () => {
				order.push('second in');
			},
			() => {
				order.push('second waits');
				release();
			},
		);
		await Promise.all([first, second]);
		expect(order).toEqual(['first in', 'second waits', 'first out', 'second in']);
	});

	test('is free again after an error', async () => {
		const file = path.join(directory, 'b.lock');
		await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
		expect(await withLock(file, async () => 'free')).toBe('free');
	});
});

describe('a kubeconfig', () => {
	const base = {cluster: 'c', server: 'https://127.0.0.1:1', authority: 'CA', user: 'jane: "x"'};

	test('holds the certificate itself, so it can be copied away', () => {
		const text = kubeconfigText({...base, credential: {kind: 'certificate', certificate: 'CERT', key: 'KEY'}});
		expect(text).toContain(`client-certificate-data: ${Buffer.from('CERT').toString('base64')}`);
		expect(text).toContain('current-context: kwb-c');
		expect(text).toContain('user: "jane: \\"x\\""');
	});

	test('or a token, and then no certificate', () => {
		const text = kubeconfigText({...base, credential: {kind: 'token', token: 'T'}});
		expect(text).toContain('token: "T"');
		expect(text).not.toContain('client-certificate');
	});
});

describe('the objects of a cluster', () => {
	const objects = (settings: Partial<Settings>) =>
		objectsOf({name: 'c', directory: '/data/c', mark: 'random', settings: {...DEFAULT_SETTINGS, ...settings}, ports: PORTS, authority: 'CA'});
	const mark = (settings: Partial<Settings>) => objects(settings).find(each => each.object.metadata.name === 'kwb-test-cluster')?.object;

	test('the mark names the cluster, and the adapter where there is one', () => {
		expect(mark({})).toMatchObject({kind: 'ConfigMap', data: {cluster: 'c', mark: 'random'}});
		expect(mark({})).not.toMatchObject({data: {adapterControl: expect.anything()}});
		expect(mark({addons: ['adapter']})).toMatchObject({data: {adapterControl: `http://127.0.0.1:${PORTS.adapterControl}`}});
	});

	test('every API service reaches its server by the port, since an ExternalName has none', () => {
		const services = objects({addons: ['adapter']}).filter(each => each.object.kind === 'APIService');
		expect(services.map(each => each.object.metadata.name)).toEqual([
			'v1beta1.metrics.k8s.io',
			'v1beta2.custom.metrics.k8s.io',
			'v1beta1.external.metrics.k8s.io',
		]);
		for (const {object} of services) expect(object).toMatchObject({spec: {service: {port: expect.any(Number)}}});
	});
});
