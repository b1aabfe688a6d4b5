import {type HpaOnceOptions, hpaOnce, whenHpasReady} from '../workbench/hpa-once.ts';
import {openSession} from '../workbench/open-session.ts';
import type {WorkbenchSession} from '../workbench/workbench-session.ts';
import {EXIT, type ExitCode} from './exit-code.ts';
import type {HpaWords} from './hpa-words.ts';
import type {Invocation, Options} from './options.ts';
import {sayNoAccess} from './say-no-access.ts';
import {sayWarnings} from './say-warnings.ts';
import type {Settings} from './settings.ts';
import {VERSION} from './version.ts';

type Frame = ReturnType<WorkbenchSession['frames']['getFrame']>;

/** Prints autoscalers without a screen. */
export async function printHpa(settings: Settings, words: HpaWords, {options}: Invocation): Promise<ExitCode> {
	const {from} = options;
	if (from === undefined) {
		const opened = openSession(settings, {version: VERSION, onActivity: () => undefined, runInteractive: process.stdin.isTTY ? run => run() : undefined});
		if (!opened.ok) return sayNoAccess(opened.error);
		sayWarnings(opened.value.access.warnings);
		return printFrom(opened.value, settings, words, options);
	}
	const recorded = (await import('../workbench/recorded-session.ts')).openRecorded(from, options.at);
	if (recorded.ok) return printFrom(recorded.value, settings, words, options);
	process.stderr.write(`kwb: ${recorded.error}\n`);
	return EXIT.failure;
}

async function printFrom(session: WorkbenchSession, settings: Settings, {name, isExplain}: HpaWords, options: Options): Promise<ExitCode> {
	const once = hpaOnce();
	const what: HpaOnceOptions = {
		isWide: options.output === 'wide',
		namespace: settings.namespaces?.length === 1 ? settings.namespaces[0] : undefined,
		name,
		filter: '',
		sort: options.sort,
	};
	try {
		const problem = session.replay !== undefined ? undefined : await whenHpasReady(session, settings.readyWithinMs);
		if (problem !== undefined) {
			process.stderr.write(`kwb: ${problem.message}\n`);
			return EXIT.noAccess;
		}
		const written = await write(session.frames.getFrame(), once, what, isExplain, options.output ?? 'table');
		if (written === undefined) return EXIT.fine;
		process.stderr.write(`kwb: ${written}\n`);
		return EXIT.failure;
	} finally {
		await session.close();
	}
}

/** @returns What is wrong with the question, if anything is. */
async function write(frame: Frame, once: ReturnType<typeof hpaOnce>, what: HpaOnceOptions, isExplain: boolean, output: string): Promise<string | undefined> {
	if (output === 'json' || output === 'yaml') {
		const json = once.json(frame, what);
		if (!json.ok) return json.error;
		const text =
			output === 'json' ? `${JSON.stringify(json.value, undefined, 2)}\n` : `---\n${(await import('js-yaml')).dump(json.value, {noRefs: true, lineWidth: -1})}`;
		process.stdout.write(text);
		return undefined;
	}
	if (isExplain) {
		const lines = once.explain(frame, what);
		if (!lines.ok) return lines.error;
		process.stdout.write(`${lines.value.join('\n')}\n`);
		return undefined;
	}
	const table = once.table(frame, what);
	if (!table.ok) return table.error;
	const {lines, notes} = table.value;
	if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
	for (const note of notes) process.stderr.write(`${note}\n`);
	return undefined;
}
