import {spawn} from 'node:child_process';
import {closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import type {HorizontalPodAutoscaler} from '../src/kube/resources/horizontalpodautoscalers.ts';
import {keyOf} from '../src/kube/schema.ts';
import {scaleOf, TARGETS, targetKeyOf} from '../src/observe/hpa-target.ts';
import type {Samples} from '../src/observe/samples.ts';
import {createHpaEvaluations} from '../src/viewmodel/hpa/hpa-evaluations.ts';
import {hpaNeeds} from '../src/workbench/hpa-tab.ts';
import {openSession} from '../src/workbench/open-session.ts';
import {realClock} from '../src/workbench/real-clock.ts';
import {recorderOf} from '../src/workbench/record-session.ts';
import {readPasses} from './hpa-log.ts';
import {type Announcement, type LivePass, type ReadingSeen, type Rescaled, type ShownChange, type TracedRescale, tally, tallyLines} from './hpa-tally.ts';

// node scripts/node24.cjs bench/hpa-live.ts [--profile quick] [--kubernetes 1.37] [--seconds 600] [--speed 4]: kwb's account of every pass held
// against what the HPA controller of a test cluster wrote into its log. The program itself never reads that log.

const {values: options} = parseArgs({
	options: {
		/** Of the caller's cluster, which runs on afterwards; by default one of the benchmark's own for each profile and release, which is stopped. */
		name: {type: 'string'},
		profile: {type: 'string', default: 'quick'},
		seconds: {type: 'string', default: '600'},
		speed: {type: 'string', default: '4'},
		kubernetes: {type: 'string', default: '1.37'},
		out: {type: 'string'},
		/** A recording of all that kwb saw, to look at a disagreement with `kwb replay`. */
		record: {type: 'string'},
		/** The flags are told to kwb as with --controller-flags; without it they are what it assumes or infers. */
		'without-flags': {type: 'boolean', default: false},
	},
});
const WARM_UP_MS = 75_000;
const name = options.name ?? `hpa-${options.profile}-${options.kubernetes.replaceAll('.', '-')}`;
const directory = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'kwb', 'clusters', name);
const logFile = path.join(directory, 'logs', 'kube-controller-manager.log');

await cluster(
	'up',
	'--name',
	name,
	'--profile',
	options.profile,
	'--kubernetes',
	options.kubernetes,
	'--with',
	'adapter',
	'--scenario',
	'hpa',
	'--wait',
	'metrics',
	'--',
	'--seconds',
	'0',
);

const log = openSync(logFile, 'r');
let offset = fstatSync(log).size;
const flags = [...readFileSync(logFile, 'utf8').matchAll(/FLAG: (--(?:horizontal-pod-autoscaler-[a-z-]+|feature-gates))="(.*)"/g)].map(
	([, name, value]) => `${name}=${value}`,
);

const opened = openSession(
	{
		access: {
			kubeconfig: path.join(directory, 'admin.kubeconfig'),
			context: undefined,
			cluster: undefined,
			user: undefined,
			namespace: undefined,
			as: undefined,
			asGroup: undefined,
		},
		namespaces: undefined,
		selector: undefined,
		encoding: undefined,
		controllerFlags: options['without-flags'] ? undefined : flags,
	},
	{version: 'bench', onActivity: () => undefined, runInteractive: undefined},
);
if (!opened.ok) throw new Error(opened.error.message);
const session = opened.value;
const recorder = options.record === undefined ? undefined : recorderOf(session, {clock: realClock, version: 'bench', namespaces: undefined, ring: undefined});
if (recorder !== undefined && options.record !== undefined) await recorder.saveTo(options.record);
const evaluations = createHpaEvaluations();
const needs = hpaNeeds();

const announcements = new Map<string, Announcement[]>();
const shown: ShownChange[] = [];
const traced: TracedRescale[] = [];
const readings: ReadingSeen[] = [];
const answers = new Map<string, string>();
const newestSample = new Map<string, number>();
const lastScale = new Map<string, number | undefined>();
const counts = new Map<string, number>();
const judgedUntil = new Map<string, number>();
let isScheduled = false;

/** What kwb says now of every autoscaler that changed. */
function announce(): void {
	isScheduled = false;
	const frame = session.stream.frame(session.stream.now());
	evaluations.update(frame);
	const at = Date.now();
	for (const [key, {judged}] of frame.hpas.records) {
		for (const pass of judged) {
			if (pass.at <= (judgedUntil.get(key) ?? 0) || pass.rescaledTo === null) continue;
			judgedUntil.set(key, pass.at);
			traced.push({key, at: pass.at, to: pass.rescaledTo, traced: pass.traced ?? undefined, verdict: pass.verdict, text: pass.text});
		}
	}
	for (const {key, explanation} of evaluations.all.values()) {
		const list = announcements.get(key) ?? [];
		announcements.set(key, list);
		if (list.at(-1)?.of === explanation) continue;
		const {scale, desired, decision, raw, release, limiting, proposals} = explanation;
		list.push({
			of: explanation,
			at,
			current: scale.kind === 'read' ? scale.specReplicas : undefined,
			desired: decision?.desired,
			isCertain: desired !== undefined && desired.low === desired.high,
			raw: raw !== undefined && raw.low === raw.high ? raw.high : undefined,
			release: release === undefined ? undefined : {to: release.to, inFromMs: release.inFromMs, inToMs: release.inToMs},
			limiting,
			failure: proposals?.kind === 'error' ? proposals.message : undefined,
		});
	}
}

session.stream.subscribe(observation => {
	if (!isScheduled) {
		isScheduled = true;
		setImmediate(announce);
	}
	if (observation.kind === 'metricValues') noteAnswer(observation.request, JSON.stringify(observation.answer, withoutTime));
	if (observation.kind === 'sample') noteSamples(observation.samples);
	if (observation.kind !== 'object' || observation.event.kind !== 'apply') return;
	const {object} = observation.event;
	const at = Date.now();
	if (observation.resource === 'horizontalpodautoscalers') {
		const hpa = object as HorizontalPodAutoscaler;
		const key = keyOf(hpa);
		const {lastScaleTime, desiredReplicas} = hpa.status;
		if (lastScale.has(key) && lastScale.get(key) !== lastScaleTime) {
			shown.push({key, at, to: desiredReplicas});
		}
		lastScale.set(key, lastScaleTime);
		return;
	}
	const target = TARGETS.find(({id}) => id === observation.resource);
	if (target === undefined) return;
	const name = `${target.kind}/${keyOf(object)}`;
	const {specReplicas} = scaleOf(object as unknown as Parameters<typeof scaleOf>[0]);
	const before = counts.get(name);
	counts.set(name, specReplicas);
	if (before === undefined || before === specReplicas) return;
	for (const {entry, key} of evaluations.all.values()) if (targetKeyOf(entry.hpa) === name) shown.push({key, at, to: specReplicas});
});

function withoutTime(name: string, value: unknown): unknown {
	return name === 'timestamp' ? undefined : value;
}

/** News is another value than the last. */
function noteAnswer(request: string, answer: string): void {
	if (answers.get(request) === answer) return;
	answers.set(request, answer);
	for (const {key, entry} of evaluations.all.values()) if (entry.requests.some(each => each?.key === request)) readings.push({key, at: Date.now()});
}

function noteSamples({measured, timestamps}: Samples): void {
	let isNews = false;
	for (const [index, {of, name}] of measured.entries()) {
		const timestamp = timestamps[index]!;
		if (of !== 'pod' || (newestSample.get(name) ?? 0) >= timestamp) continue;
		newestSample.set(name, timestamp);
		isNews = true;
	}
	if (isNews) readings.push({key: undefined, at: Date.now()});
}

let needed: readonly string[] = [];
const follow = (): void => {
	const next = needs(session.frames.getFrame());
	if (next === needed) return;
	needed = next;
	session.need(next);
};
session.frames.subscribe(follow);
follow();
const ticking = setInterval(announce, 250);

// Before anything counts kwb knows when scrapes come, which takes it the first minute, and most of a window.
await new Promise(resolve => setTimeout(resolve, WARM_UP_MS));
offset = fstatSync(log).size;
const began = Date.now();
await cluster('scenario', 'hpa', '--name', name, '--', '--seconds', options.seconds, '--speed', options.speed);
await new Promise(resolve => setTimeout(resolve, 5000));
clearInterval(ticking);

const text = Buffer.alloc(fstatSync(log).size - offset);
readSync(log, text, 0, text.length, offset);
closeSync(log);
const targets = new Map(Array.from(evaluations.all.values(), ({key, entry}) => [targetKeyOf(entry.hpa), key]));
const {passes, rescaled} = readPasses(text.toString('utf8'), new Date(), targets);
const {controller} = session.stream.frame(session.stream.now()).hpas;
await recorder?.close();
await session.close();
if (options.name === undefined) await cluster('down', '--name', name);

const result = tally({
	passes: passes as readonly LivePass[],
	rescaled: rescaled as readonly Rescaled[],
	announcements,
	shown,
	traced,
	readings,
});
const lines = tallyLines(result, {
	profile: options.profile,
	kubernetes: options.kubernetes,
	minutes: (Date.now() - began) / 60_000,
	autoscalers: evaluations.all.size,
	flags: controller.syncPeriodMs.source,
});
process.stdout.write(`${lines.join('\n')}\n`);
if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(result, undefined, '\t')}\n`);
process.exit(0);

/** Runs a command of the test cluster, and waits for its end. */
function cluster(...words: readonly string[]): Promise<void> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [path.join(import.meta.dirname, '../test/cluster/cli.ts'), ...words], {stdio: ['ignore', 'inherit', 'inherit']});
		child.once('error', reject);
		child.once('exit', code => (code === 0 ? resolve() : reject(new Error(`cluster ${words[0]} ended with ${code}`))));
	});
}
