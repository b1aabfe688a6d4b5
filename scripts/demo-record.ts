import {spawn} from 'node:child_process';
import {renameSync, rmSync, statSync} from 'node:fs';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {openSession} from '../src/workbench/open-session.ts';
import {realClock} from '../src/workbench/real-clock.ts';
import {recorderOf, recordWithoutScreen} from '../src/workbench/record-session.ts';

// Makes the recording that `kwb demo` shows anew: a control plane, the scenario `demo` on it, and the recorder beside it.

const LARGEST = 2 * 1024 * 1024;
const ROOT = path.join(import.meta.dirname, '..');

const {values: options} = parseArgs({
	options: {
		name: {type: 'string', default: 'demo'},
		out: {type: 'string', default: path.join(ROOT, 'demo', 'demo.kwb')},
		seconds: {type: 'string', default: '900'},
	},
});

/** Runs the cluster command; `onLine` sees what it says. Resolves with its output. */
function cluster(words: readonly string[], onLine: (line: string) => void = () => {}): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [path.join(ROOT, 'test/cluster/cli.ts'), ...words], {stdio: ['ignore', 'pipe', 'pipe']});
		let output = '';
		const take = (bytes: Buffer): void => {
			output += bytes.toString();
			for (const line of bytes.toString().split('\n')) if (line.trim() !== '') onLine(line);
		};
		child.stdout.on('data', take);
		child.stderr.on('data', take);
		child.on('error', reject);
		child.on('exit', code => (code === 0 ? resolve(output) : reject(new Error(`cluster ${words.join(' ')} ended with ${code}:\n${output}`))));
	});
}

const say = (line: string): void => console.log(line);
await cluster(['up', '--name', options.name, '--profile', 'stock', '--with', 'adapter'], say);
try {
	const kubeconfig = (await cluster(['kubeconfig', '--name', options.name])).trim().split('\n').at(-1)!;
	const end = new AbortController();
	const partial = `${options.out}.partial`;
	rmSync(partial, {force: true});
	let recording: Promise<void> | undefined;
	/** Notes what happens, so that `@` finds it. */
	let mark: (text: string) => void = () => {};

	async function recordUntilEnd(): Promise<void> {
		const opened = openSession(
			{
				access: {kubeconfig, context: undefined, cluster: undefined, user: undefined, namespace: undefined, as: undefined, asGroup: undefined},
				namespaces: undefined,
				selector: undefined,
				encoding: undefined,
			},
			{version: 'demo', onActivity: () => {}, runInteractive: undefined},
		);
		if (!opened.ok) throw new Error(opened.error.message);
		const recorder = recorderOf(opened.value, {clock: realClock, version: 'demo', namespaces: undefined, ring: undefined});
		mark = text => opened.value.stream.observe({kind: 'mark', text});
		const recorded = await recordWithoutScreen(opened.value, recorder, {
			path: partial,
			forMs: undefined,
			clock: realClock,
			signal: end.signal,
			onProgress: () => {},
		});
		await opened.value.close();
		if (!recorded.ok) throw new Error(recorded.error.message);
	}

	await cluster(['scenario', 'demo', '--name', options.name, '--', '--seconds', options.seconds], line => {
		say(line);
		if (line.includes('it begins')) recording ??= recordUntilEnd();
		else mark(line.replace(/^\d+ s: /, ''));
	});
	end.abort();
	if (recording === undefined) throw new Error('the scenario never began');
	await recording;
	const {size} = statSync(partial);
	if (size > LARGEST) throw new Error(`${partial} has ${size} bytes: more than ${LARGEST}`);
	renameSync(partial, options.out);
	say(`${options.out}: ${size} bytes`);
} finally {
	await cluster(['down', '--name', options.name, '--delete'], say);
}
