import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {type Answer, type Api, apiOf} from './api.ts';
import {eventually, run, runCluster, signalledWhen} from './command.ts';
import {compactEtcd, downCluster, kubeconfigForUser, layoutFor, restartProcess, startProcess, stateOf, stopProcess, upCluster} from './control.ts';
import {describeWithCluster} from './requirement.ts';
import type {Variant} from './settings.ts';

describeWithCluster('faults', () => {
	const name = 'faults';
	const layout = layoutFor(name);
	let admin: Api;

	/** The API server as somebody with ordinary rights: masters are exempt from its limits. */
	const asUser = (user: string): Api => apiOf(stateOf(name)!, layout, user);
	const restartAs = async (variant: Variant | undefined): Promise<void> => {
		admin.close();
		await restartProcess(name, 'kube-apiserver', {variant, graceMs: 500});
		admin = apiOf(stateOf(name)!, layout);
	};
	const resourceVersion = async (): Promise<string> => JSON.parse((await admin.send('GET', '/api/v1/configmaps')).text).metadata.resourceVersion;
	const change = (value: string): Promise<Answer> =>
		admin.send(
			'PATCH',
			'/api/v1/namespaces/default/configmaps/changing?fieldManager=test',
			{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'changing'}, data: {value}},
			'application/apply-patch+yaml',
		);

	beforeAll(async () => {
		await downCluster(name, {deletes: true});
		await upCluster({name, wanted: {variant: 'nocache'}});
		admin = apiOf(stateOf(name)!, layout);
	});
	afterAll(async () => {
		admin?.close();
		await downCluster(name, {deletes: true});
	});

	test('nocache: after a compaction every older watch is answered 410 at once', async () => {
		await change('1');
		const old = await resourceVersion();
		await change('2');
		await compactEtcd(name);
		const watch = await admin.send('GET', `/api/v1/configmaps?watch=1&resourceVersion=${Number(old) - 1}&timeoutSeconds=5`);
		expect(watch.status).toBe(200);
		expect(JSON.parse(watch.text)).toMatchObject({type: 'ERROR', object: {code: 410, reason: 'Expired'}});
	});

	test('nowatchlist: a streamed list is refused with 422', async () => {
		await restartAs('nowatchlist');
		const answer = await admin.send(
			'GET',
			'/api/v1/configmaps?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1',
		);
		expect(answer.status).toBe(422);
	});

	test('tight: short requests over the limit are answered 429, in text', async () => {
		await restartAs('tight');
		const bench = asUser('bench');
		try {
			const lists = () => Promise.all(Array.from({length: 40}, () => bench.send('GET', '/api/v1/events?limit=500')));
			const answers = await eventually(lists, all => all.some(answer => answer.status === 429), 20_000);
			expect(answers.find(answer => answer.status === 429)?.text).toContain('Too many requests');
		} finally {
			bench.close();
		}
	});

	test('the variant is remembered until it is taken away', async () => {
		expect(stateOf(name)?.settings.variant).toBe('tight');
		await restartAs(undefined);
		expect(stateOf(name)?.settings.variant).toBeUndefined();
	});

	test('the audit log counts the requests of bench and of nobody else', async () => {
		const bench = asUser('bench');
		await bench.send('GET', '/api/v1/namespaces/default/secrets');
		bench.close();
		await admin.send('GET', '/api/v1/namespaces/default/secrets');
		const lines = await eventually(
			async () => readFileSync(layout.audit, 'utf8').trim().split('\n'),
			all => all.some(line => line.includes('/secrets')),
			10_000,
		);
		expect(new Set(lines.map(line => (JSON.parse(line) as {user: {username: string}}).user.username))).toEqual(new Set(['bench']));
	});

	test('users have exactly the rights they are made for', async () => {
		const bench = asUser('bench');
		const limited = asUser('limited');
		try {
			expect((await bench.send('GET', '/api/v1/pods')).status).toBe(200);
			expect((await bench.send('DELETE', '/api/v1/namespaces/limited')).status).toBe(403);
			expect((await limited.send('GET', '/api/v1/namespaces/limited/pods')).status).toBe(200);
			expect((await limited.send('GET', '/api/v1/pods')).status).toBe(403);
		} finally {
			bench.close();
			limited.close();
		}
	});

	test('a kubeconfig can be had for any user and group', async () => {
		const file = await kubeconfigForUser(name, 'jane', ['kwb:readers']);
		expect(readFileSync(file, 'utf8')).toContain('user: "jane"');
		expect(await kubeconfigForUser(name, 'jane', ['kwb:readers'])).toBe(file);
		expect(await kubeconfigForUser(name, 'jane', [])).not.toBe(file);
	});

	test('a stopped metrics-server takes its API away, a started one brings it back', async () => {
		const status = async (): Promise<number> => (await admin.send('GET', '/apis/metrics.k8s.io/v1beta1/nodes')).status;
		await eventually(status, code => code === 200, 60_000);
		await stopProcess(name, 'metrics-server');
		expect(await eventually(status, code => code !== 200, 60_000)).toBe(503);
		expect((await runCluster(['status', '--name', name])).stdout).toMatch(/metrics-server .*stopped on purpose/);
		await startProcess(name, 'metrics-server');
		await eventually(status, code => code === 200, 60_000);
	});

	test('a scenario that is interrupted brings back what it had stopped', async () => {
		const isStopped = async (): Promise<boolean> => stateOf(name)?.processes['metrics-server']?.isStopped === true;
		const outage = ['scenario', 'outage', '--name', name, '--', '--seconds', '60'];
		expect(await signalledWhen(() => eventually(isStopped, Boolean, 30_000), outage, {signal: 'SIGINT'})).toBe(true);
		expect(await isStopped()).toBe(false);
	});

	test('up brings back whatever is missing', async () => {
		await stopProcess(name, 'kube-scheduler', {graceMs: 0});
		const again = await runCluster(['up', '--name', name]);
		expect(again.code, again.stderr).toBe(0);
		expect((await runCluster(['status', '--name', name])).stdout).not.toMatch(/stopped|dead|not started/);
	});

	test('a process that does not start is named, with the last lines of its log', async () => {
		await stopProcess(name, 'kube-scheduler');
		const started = await runCluster(['start', 'kube-scheduler', '--name', name, '--', '--no-such-flag']);
		expect(started.code).toBe(1);
		expect(started.stderr).toContain('kube-scheduler ended while it was starting; the last lines of');
		expect(started.stderr).toContain('unknown flag: --no-such-flag');
	});

	test('two clusters live side by side, and the end of one does not touch the other', async () => {
		await upCluster({name: 'faults-2'});
		try {
			const before = stateOf(name)?.processes['kube-apiserver']?.pid;
			await downCluster('faults-2', {deletes: true});
			expect((await admin.send('GET', '/readyz')).status).toBe(200);
			expect((await run('ps', ['-p', String(before)])).code).toBe(0);
		} finally {
			await downCluster('faults-2', {deletes: true});
		}
	});
});
