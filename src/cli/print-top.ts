import type {Place} from '../state/place.ts';
import {openSession} from '../workbench/open-session.ts';
import {TOP_NEEDS, type TopOnceOptions, topOnce, whenReady} from '../workbench/top-once.ts';
import type {WorkbenchSession} from '../workbench/workbench-session.ts';
import {EXIT, type ExitCode} from './exit-code.ts';
import type {Invocation, Options} from './options.ts';
import {sayNoAccess} from './say-no-access.ts';
import {sayWarnings} from './say-warnings.ts';
import type {Settings} from './settings.ts';
import {VERSION} from './version.ts';

/** Prints what Top shows, without a screen; with `--watch`, again whenever there are new samples. */
export async function printTop(settings: Settings, place: Place | undefined, {options}: Invocation): Promise<ExitCode> {
	const {from} = options;
	if (from === undefined) {
		const opened = openSession(settings, {version: VERSION, onActivity: () => undefined, runInteractive: process.stdin.isTTY ? run => run() : undefined});
		if (!opened.ok) return sayNoAccess(opened.error);
		sayWarnings(opened.value.access.warnings);
		return printFrom(opened.value, settings, place, options);
	}
	const recorded = (await import('../workbench/recorded-session.ts')).openRecorded(from, options.at);
	if (recorded.ok) return printFrom(recorded.value, settings, place, options);
	process.stderr.write(`kwb: ${recorded.error}\n`);
	return EXIT.failure;
}

async function printFrom(session: WorkbenchSession, settings: Settings, place: Place | undefined, options: Options): Promise<ExitCode> {
	const view = place?.view ?? 'pods';
	const what: TopOnceOptions = {
		what: view === 'nodes' || view === 'containers' ? view : 'pods',
		isWide: options.output === 'wide',
		namespace: place?.namespace ?? (settings.namespaces?.length === 1 ? settings.namespaces[0] : undefined),
		filter: place?.filter ?? '',
		sort: options.sort ?? (place?.sort === undefined ? undefined : `${place.sort.isReversed ? '-' : ''}${place.sort.column}`),
	};
	session.need(TOP_NEEDS);
	try {
		const problem = session.replay !== undefined ? undefined : await whenReady(session, what.what, settings.readyWithinMs);
		if (problem !== undefined) {
			process.stderr.write(`kwb: ${problem.message}\n`);
			return EXIT.noAccess;
		}
		const print = printer(session, what, options.output ?? 'table');
		await print();
		if (options.watch === true && session.replay === undefined) await printOnSamples(session, print);
		return EXIT.fine;
	} finally {
		await session.close();
	}
}

function printer(session: WorkbenchSession, what: TopOnceOptions, output: string): () => Promise<void> {
	const top = topOnce();
	return async () => {
		const frame = session.frames.getFrame();
		if (output === 'json' || output === 'yaml') {
			const json = top.json(frame, what);
			process.stdout.write(
				output === 'json' ? `${JSON.stringify(json, undefined, 2)}\n` : `---\n${(await import('js-yaml')).dump(json, {noRefs: true, lineWidth: -1})}`,
			);
			return;
		}
		const {lines, notes} = top.table(frame, what);
		if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
		for (const note of notes) process.stderr.write(`${note}\n`);
	};
}

/** Until somebody ends it or stops reading. */
function printOnSamples(session: WorkbenchSession, print: () => Promise<void>): Promise<void> {
	return new Promise(resolve => {
		let seen = session.frames.getFrame().usage.sequence;
		const unsubscribe = session.frames.subscribe(() => {
			const {sequence} = session.frames.getFrame().usage;
			if (sequence === seen) return;
			seen = sequence;
			process.stdout.write('\n');
			void print();
		});
		const end = (): void => {
			unsubscribe();
			resolve();
		};
		process.once('SIGINT', end);
		process.once('SIGTERM', end);
		process.stdout.once('error', end);
	});
}
