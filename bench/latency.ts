/**
 * From a key to the frame that answers it, at rest and while 500 changes a second come in, and what 1,000, 10,000 and 30,000 pods
 * cost; from the bundle, in a 200x50 terminal, on a server of recorded, renamed objects (bench/pods-server.ts).
 *
 *   npm run bench:latency [-- --keys 200]
 */
import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtempSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {runInTerminal, type TerminalRun} from './terminal-run.ts';

const SIZE = {columns: 200, rows: 50};
const {values: flags} = parseArgs({options: {keys: {type: 'string', default: '200'}}});
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

async function startServer(pods: number, rate: number): Promise<{readonly process: ChildProcess; readonly kubeconfig: string}> {
	const child = spawn(process.execPath, ['bench/pods-server.ts', String(pods), String(rate)], {stdio: ['ignore', 'pipe', 'inherit']});
	const url = await new Promise<string>(resolve => child.stdout!.once('data', chunk => resolve(String(chunk).trim())));
	const kubeconfig = path.join(mkdtempSync(path.join(os.tmpdir(), 'kwb-latency-')), 'kubeconfig');
	writeFileSync(
		kubeconfig,
		JSON.stringify({
			'current-context': 'bench',
			clusters: [{name: 'bench', cluster: {server: url}}],
			users: [{name: 'bench', user: {}}],
			contexts: [{name: 'bench', context: {cluster: 'bench', user: 'bench'}}],
		}),
	);
	return {process: child, kubeconfig};
}

/** Milliseconds from writing a key to the first chunk with the mark of the selected row in it. */
async function keyLatencies(run: TerminalRun, count: number): Promise<readonly number[]> {
	const latencies: number[] = [];
	for (let key = 0; key < count; key++) {
		const from = run.chunks.length;
		const sentAt = run.now();
		run.type(key % 60 < 30 ? 'j' : 'k');
		while (!run.chunks.slice(from).some(({text}) => text.includes('▸')) && run.now() - sentAt < 2000) await sleep(1);
		const answer = run.chunks.slice(from).find(({text}) => text.includes('▸'));
		latencies.push((answer?.at ?? run.now()) - sentAt);
		await sleep(40 + (key % 7) * 13);
	}
	return latencies.toSorted((a, b) => a - b);
}

const percentile = (sorted: readonly number[], p: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;

async function measure(pods: number, rate: number, keys: number): Promise<Record<string, string>> {
	const server = await startServer(pods, rate);
	const run = runInTerminal(path.resolve('bin/kwb.js'), [], {...SIZE, env: {KUBECONFIG: server.kubeconfig}});
	const rows = await run.until(raw => (raw.match(/frontend-\d{5}/g) ?? []).length >= 20, 20_000);
	// Ink takes over when the list is whole; give it, and the first samples, their time.
	await sleep(8000 + pods / 10);
	const before = {cpu: run.figures()!.cpuSeconds, at: run.now()};
	const latencies = keys > 0 ? await keyLatencies(run, keys) : [];
	if (keys === 0) await sleep(5000);
	const after = run.figures()!;
	const figures = {
		pods: String(pods),
		'changes/s': String(rate),
		'rows ms': rows?.toFixed(0) ?? '–',
		'key p50 ms': keys === 0 ? '–' : percentile(latencies, 0.5).toFixed(1),
		'key p99 ms': keys === 0 ? '–' : percentile(latencies, 0.99).toFixed(1),
		'CPU %': (((after.cpuSeconds - before.cpu) / ((run.now() - before.at) / 1000)) * 100).toFixed(0),
		'CPU before s': before.cpu.toFixed(2),
		'resident MB': after.rssMb.toFixed(0),
		'peak MB': after.peakMb.toFixed(0),
	};
	run.type('\u0003');
	await Promise.race([run.exited, sleep(2000)]);
	run.kill('SIGKILL');
	server.process.kill();
	return figures;
}

const table: Array<Record<string, string>> = [];
for (const [pods, rate, keys] of [
	[10_000, 0, Number(flags.keys)],
	[10_000, 500, Number(flags.keys)],
	[1000, 0, 0],
	[10_000, 0, 0],
	[30_000, 0, 0],
] as const) {
	table.push(await measure(pods, rate, keys));
}
console.table(table);
process.exit(0);
