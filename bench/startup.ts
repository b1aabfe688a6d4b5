/**
 * From Enter to a live screen on a real cluster: kwb from its bundle, beside `kubectl get pods -A` and, where they are
 * on the PATH, sofka and k9s, in a 200x50 terminal through the counting relay.
 *
 *   npm run bench:startup -- --cluster big [--runs 10] [--only kwb,sofka] [--idle]
 *
 * Every program runs in turn (A B A B …), so that a machine that drifts drifts for all. Prints medians with ranges and
 * writes them as JSON to bench/results/startup-PODS.json.
 */
import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {stateOf} from '../test/cluster/control.ts';
import {relayKubeconfig, startRelay} from '../test/cluster/relay.ts';
import {figuresOf, firstScreen, median, runInTerminal, type TerminalRun} from './terminal-run.ts';

const SIZE = {columns: 200, rows: 50};
const {values: flags} = parseArgs({
	options: {
		cluster: {type: 'string', default: 'big'},
		runs: {type: 'string', default: '10'},
		only: {type: 'string'},
		idle: {type: 'boolean', default: false},
		kubeconfig: {type: 'string'},
	},
});

type Sample = Record<string, number>;

type Program = {
	readonly name: string;
	readonly file: string;
	readonly args: readonly string[];
	/** Rows of pods on the screen. */
	readonly rowsSeen: (lines: readonly string[]) => boolean;
	readonly rowsInRaw: (raw: string) => boolean;
	/** Numbers of the metrics API on the screen. */
	readonly usageSeen?: (lines: readonly string[]) => boolean;
	readonly synced?: (lines: readonly string[]) => boolean;
	readonly key?: {readonly text: string; readonly answered: (before: readonly string[]) => (lines: readonly string[]) => boolean};
	readonly quit: string;
};

/** Names that the scenario `fill` gives its pods. */
const POD_ROW = /\b[a-z0-9-]+-[a-f0-9]{6,10}-[a-z0-9]{5}\b/;
const rowsAtLeast =
	(count: number) =>
	(lines: readonly string[]): boolean =>
		lines.filter(line => POD_ROW.test(line)).length >= count;
const namesInRaw = (raw: string): boolean => (raw.match(new RegExp(POD_ROW, 'g')) ?? []).length >= 20;

const which = (file: string): string | undefined => {
	try {
		return execFileSync('sh', ['-c', `command -v ${file}`], {encoding: 'utf8'}).trim();
	} catch {
		return undefined;
	}
};

function programs(): readonly Program[] {
	const all: Program[] = [
		{
			name: 'kwb',
			file: path.resolve('bin/kwb.js'),
			args: ['top'],
			rowsSeen: rowsAtLeast(20),
			rowsInRaw: namesInRaw,
			usageSeen: lines => lines.filter(line => POD_ROW.test(line) && /\b\d+(?:\.\d+)?m\b.*\b\d+(?:\.\d+)?[MG]i\b/.test(line)).length >= 20,
			synced: lines => rowsAtLeast(20)(lines) && !lines.some(line => /syncing|connecting/.test(line)),
			key: {text: 'j', answered: () => lines => lines.some((line, row) => line.includes('▸') && row > lines.findIndex(each => POD_ROW.test(each)))},
			quit: '\u0003',
		},
	];
	const sofka = which('sofka');
	if (sofka !== undefined) all.push({name: 'sofka', file: sofka, args: ['-A'], rowsSeen: rowsAtLeast(20), rowsInRaw: namesInRaw, quit: '\u0003'});
	const k9s = which('k9s');
	if (k9s !== undefined) all.push({name: 'k9s', file: k9s, args: ['-A', '-c', 'pods'], rowsSeen: rowsAtLeast(20), rowsInRaw: namesInRaw, quit: '\u0003'});
	return flags.only === undefined ? all : all.filter(({name}) => flags.only!.split(',').includes(name));
}

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** Waits for a second in which the cluster lets the machine be: every 15 s its fake kubelets answer a scrape with two seconds of CPU. */
async function machineIsIdle(limitMs = 20_000): Promise<void> {
	const times = (): {idle: number; all: number} => {
		const each = os.cpus().map(cpu => cpu.times);
		return {idle: each.reduce((sum, {idle}) => sum + idle, 0), all: each.reduce((sum, all) => sum + Object.values(all).reduce((a, b) => a + b, 0), 0)};
	};
	const until = performance.now() + limitMs;
	for (let quiet = 0; quiet < 2 && performance.now() < until; ) {
		const before = times();
		await sleep(500);
		const after = times();
		quiet = (after.idle - before.idle) / (after.all - before.all) > 0.85 ? quiet + 1 : 0;
	}
}

async function measure(program: Program, kubeconfig: string, relay: Awaited<ReturnType<typeof startRelay>>): Promise<Sample> {
	await machineIsIdle();
	const before = relay.counts();
	const run: TerminalRun = runInTerminal(program.file, program.args, {...SIZE, env: {KUBECONFIG: kubeconfig}});
	await run.until(program.rowsInRaw, 20_000);
	const keyAt = run.now();
	if (program.key !== undefined) run.type(program.key.text);
	let cpuAtSync = Number.NaN;
	let bytesBefore = -1;
	// Synced, seen from outside: nothing more comes through the relay for a while. CPU is read when that begins.
	for (let quiet = 0; quiet < 3 && run.now() < 30_000; ) {
		await sleep(100);
		const bytes = relay.counts().down;
		if (bytes === bytesBefore) quiet++;
		else {
			quiet = 0;
			cpuAtSync = run.figures()?.cpuSeconds ?? Number.NaN;
		}
		bytesBefore = bytes;
	}
	await sleep(Math.max(0, 4000 - run.now()));
	const bytes = relay.counts().down - before.down;
	const settled = await settle(run);
	const idle = flags.idle ? await idleMinutes(run, relay) : {};
	const {chunks} = run;
	run.type(program.quit);
	await Promise.race([run.exited, sleep(2000)]);
	run.kill('SIGKILL');

	const at = async (seen: ((lines: readonly string[]) => boolean) | undefined, from = 0): Promise<number> =>
		seen === undefined ? Number.NaN : ((await firstScreen(chunks, SIZE, seen, from)) ?? Number.NaN);
	const rows = await at(program.rowsSeen);
	return {
		rowsMs: rows,
		keysMs: program.key === undefined ? Number.NaN : await at(program.key.answered([]), keyAt),
		keyLatencyMs: program.key === undefined ? Number.NaN : (await at(program.key.answered([]), keyAt)) - keyAt,
		usageMs: await at(program.usageSeen),
		syncedMs: await at(program.synced),
		cpuToSyncS: cpuAtSync,
		settledMb: settled.rssMb,
		peakMb: settled.peakMb,
		megabytesRead: bytes / 1e6,
		terminalKb: chunks.filter(chunk => chunk.at < 4000).reduce((sum, chunk) => sum + chunk.text.length, 0) / 1000,
		...idle,
	};
}

async function settle(run: TerminalRun): Promise<{rssMb: number; peakMb: number}> {
	await sleep(Math.max(0, 8000 - run.now()));
	const figures = run.figures() ?? figuresOf(run.pid);
	return {rssMb: figures?.rssMb ?? Number.NaN, peakMb: figures?.peakMb ?? Number.NaN};
}

/** The first minute at rest, in which much is still compiled, and the three after it, with their keyframes. */
async function idleMinutes(run: TerminalRun, relay: Awaited<ReturnType<typeof startRelay>>): Promise<Sample> {
	const look = () => ({at: run.now(), cpu: run.figures()?.cpuSeconds ?? Number.NaN, bytes: relay.counts().down, rssMb: run.figures()?.rssMb ?? Number.NaN});
	const percent = (from: ReturnType<typeof look>, to: ReturnType<typeof look>): number => ((to.cpu - from.cpu) / ((to.at - from.at) / 1000)) * 100;
	const start = look();
	await sleep(60_000);
	const minute = look();
	await sleep(180_000);
	const end = look();
	return {
		idleCpuPercent: percent(start, minute),
		laterIdleCpuPercent: percent(minute, end),
		idleMegabytes: (minute.bytes - start.bytes) / 1e6,
		minuteRssMb: minute.rssMb,
		laterRssMb: end.rssMb,
	};
}

function kubectlGet(kubeconfig: string): Sample {
	const started = performance.now();
	const output = execFileSync(which('kubectl') ?? 'kubectl', ['get', 'pods', '-A', '--no-headers'], {
		env: {...process.env, KUBECONFIG: kubeconfig},
		maxBuffer: 1e9,
		encoding: 'utf8',
	});
	return {rowsMs: performance.now() - started, pods: output.split('\n').length - 1};
}

const state = flags.kubeconfig === undefined ? stateOf(flags.cluster) : undefined;
if (flags.kubeconfig === undefined && state === undefined)
	throw new Error(`no cluster ${flags.cluster}: npm run cluster:up -- --name ${flags.cluster} --scale --scenario fill`);
const original = flags.kubeconfig ?? path.join(state!.directory, 'bench.kubeconfig');
const server = new URL(/server:\s*"?(\S+?)"?\s*$/m.exec(readFileSync(original, 'utf8'))![1]!);
const relay = await startRelay({target: {host: server.hostname, port: Number(server.port)}});
const folder = mkdtempSync(path.join(os.tmpdir(), 'kwb-bench-'));
const kubeconfig = path.join(folder, 'kubeconfig');
writeFileSync(kubeconfig, relayKubeconfig(readFileSync(original, 'utf8'), relay.port));

const samples = new Map<string, Sample[]>();
const record = (name: string, sample: Sample): void => void samples.set(name, [...(samples.get(name) ?? []), sample]);
for (const program of programs()) await measure(program, kubeconfig, relay); // the first start fills caches and does not count
for (let run = 0; run < Number(flags.runs); run++) {
	for (const program of programs()) record(program.name, await measure(program, kubeconfig, relay));
	if (flags.only === undefined && run < 3) record('kubectl get pods -A', kubectlGet(original));
	process.stderr.write(`${run + 1} of ${flags.runs}\n`);
}
await relay.stop();

const summary: Record<string, Record<string, string>> = {};
for (const [name, list] of samples) {
	summary[name] = Object.fromEntries(
		[...new Set(list.flatMap(sample => Object.keys(sample)))].map(figure => {
			const values = list.map(sample => sample[figure] ?? Number.NaN).filter(value => !Number.isNaN(value));
			return [figure, values.length === 0 ? '–' : `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)})`];
		}),
	);
}
console.table(summary);
mkdirSync('bench/results', {recursive: true});
writeFileSync(
	'bench/results/startup.json',
	`${JSON.stringify({date: new Date().toISOString(), cpus: os.cpus().length, cpu: os.cpus()[0]?.model, node: process.version, runs: flags.runs, summary}, undefined, '\t')}\n`,
);
