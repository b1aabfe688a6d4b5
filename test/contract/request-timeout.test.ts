import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {openSession} from '../../src/workbench/open-session.ts';
import {serve, until} from './transport-rig.ts';

test('with --request-timeout the screen gives up what has an end and is not answered, and nothing else', async () => {
	// Nothing is ever answered.
	const rig = await serve(() => {});
	const directory = mkdtempSync(path.join(os.tmpdir(), 'kwb-timeout-'));
	onTestFinished(() => rmSync(directory, {recursive: true}));
	const kubeconfig = path.join(directory, 'config');
	writeFileSync(
		kubeconfig,
		JSON.stringify({
			'current-context': 'x',
			clusters: [{name: 'x', cluster: {server: rig.url}}],
			contexts: [{name: 'x', context: {cluster: 'x', user: ''}}],
		}),
	);
	const opened = openSession(
		{access: {kubeconfig}, namespaces: undefined, selector: undefined, encoding: undefined, requestTimeoutMs: 300},
		{version: '0.0.0', onActivity: () => undefined, runInteractive: undefined},
	);
	if (!opened.ok) throw new Error(opened.error.message);
	const session = opened.value;
	onTestFinished(() => session.close());
	session.need(['pods']);

	const answers = () => [...session.frames.getFrame().facts.metricsApi.values()].map(({answer}) => answer);
	await until(() => answers().length === 2);
	const gaveUp = {kind: 'failed', message: expect.stringContaining('within 0.3 s (--request-timeout)')};
	expect(answers()).toEqual([expect.objectContaining(gaveUp), expect.objectContaining(gaveUp)]);
	// The streamed list is a watch, and is still waited for.
	await new Promise(resolve => setTimeout(resolve, 400));
	expect(session.frames.getFrame().freshness('pods').get('')?.kind).toBe('connecting');
	expect(rig.requests.filter(({url}) => url?.startsWith('/api/v1/pods'))).toHaveLength(1);
});
