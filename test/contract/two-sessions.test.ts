import {mkdtempSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, expect, test, vi} from 'vitest';
import {pods} from '../../src/kube/resources/pods.ts';
import {openSession} from '../../src/workbench/open-session.ts';
import type {ClusterSession} from '../../src/workbench/session.ts';
import {type SmallApiServer, smallPod, startSmallApiServer} from '../pty/small-api-server.ts';

const closing: Array<() => Promise<void>> = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

async function serverWith(...names: readonly string[]): Promise<SmallApiServer> {
	const server = await startSmallApiServer({pods: names.map(name => smallPod(name))});
	closing.push(() => server.close());
	return server;
}

function sessionOn(url: string, cluster: object = {}): ClusterSession {
	const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'kwb-sessions-')), 'kubeconfig');
	writeFileSync(
		file,
		JSON.stringify({
			'current-context': 'x',
			clusters: [{name: 'x', cluster: {server: url, ...cluster}}],
			users: [{name: 'x', user: {}}],
			contexts: [{name: 'x', context: {cluster: 'x', user: 'x'}}],
		}),
	);
	const opened = openSession(
		{access: {kubeconfig: file}, namespaces: undefined, selector: undefined, encoding: undefined},
		{version: '0.0.0', onActivity: () => undefined, runInteractive: undefined},
	);
	if (!opened.ok) throw new Error(opened.error.message);
	closing.push(() => opened.value.close());
	return opened.value;
}

const namesIn = (session: ClusterSession): readonly string[] => [...session.frames.getFrame().snapshot(pods).objects.keys()].sort();

function until(session: ClusterSession, seen: () => boolean): Promise<void> {
	return new Promise(resolve => {
		const unsubscribe = session.frames.subscribe(() => {
			if (!seen()) return;
			unsubscribe();
			resolve();
		});
		if (seen()) resolve();
	});
}

test('two sessions in one process each see their own cluster, and closing one leaves the other alive', async () => {
	const first = await serverWith('one', 'two');
	const second = await serverWith('three');
	const [a, b] = [sessionOn(first.url), sessionOn(second.url)];
	a.need(['pods']);
	b.need(['pods']);
	await until(a, () => a.frames.getFrame().snapshot(pods).hasSynced);
	await until(b, () => b.frames.getFrame().snapshot(pods).hasSynced);
	expect(namesIn(a)).toEqual(['shop/one', 'shop/two']);
	expect(namesIn(b)).toEqual(['shop/three']);

	await a.close();
	second.send('ADDED', smallPod('four', {version: 101}));
	await until(b, () => namesIn(b).length === 2);
	expect(namesIn(b)).toEqual(['shop/four', 'shop/three']);
	expect(namesIn(a)).toEqual(['shop/one', 'shop/two']);
});

test('nothing is sent before something is needed, and closing leaves no socket', async () => {
	const server = await serverWith('one');
	const session = sessionOn(server.url);
	await new Promise(resolve => setImmediate(resolve));
	expect(server.requests).toEqual([]);
	session.need(['pods']);
	await until(session, () => session.frames.getFrame().snapshot(pods).hasSynced);
	expect(server.requests[0]).toMatch(/^GET \/api\/v1\/pods\?.*sendInitialEvents=true/);
	await session.close();
	expect(session.transport.counters().openStreams).toBe(0);
	// A socket that was destroyed says so a turn of the event loop later.
	await vi.waitFor(() => expect(session.transport.counters().openSockets).toBe(0));
});

test('what is odd about the kubeconfig is among the faults, once', async () => {
	const server = await serverWith('one');
	const session = sessionOn(server.url, {'certificate-authority': 'ca.crt', 'certificate-authority-data': 'Q0E='});
	session.need(['pods']);
	session.need(['pods']);
	await until(session, () => session.frames.getFrame().snapshot(pods).hasSynced);
	expect(session.frames.getFrame().faults.map(({fault, count}) => [fault.source, fault.message, count])).toEqual([
		['kubeconfig', 'cluster x: certificate-authority-data is used, the file certificate-authority is not', 1],
	]);
});
