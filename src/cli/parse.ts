import yargs from 'yargs';
import {err, ok, type Result} from '../util/result.ts';
import {COMMANDS, type CommandWord} from './commands.ts';
import {type Invocation, OPTIONS, type OptionSpec, type Options} from './options.ts';

/** What yargs made of the command line. */
export type Parsed = {readonly kind: 'run'; readonly invocation: Invocation} | {readonly kind: 'print'; readonly text: string};

/**
 * Reads any command line, with help and good messages.
 *
 * @returns the error as one line.
 */
export async function parse(argv: readonly string[], version: string, columns: number): Promise<Result<Parsed, string>> {
	let failure: string | undefined;
	let parser = yargs([...argv])
		.scriptName('kwb')
		.usage('kwb [ADDRESS]\n\nShows why: an interactive workbench for diagnosing a Kubernetes cluster.')
		.version(version)
		.help()
		.wrap(Math.min(columns, 110))
		.strictOptions()
		.exitProcess(false)
		.parserConfiguration({'boolean-negation': false, 'duplicate-arguments-array': false, 'dot-notation': false, 'camel-case-expansion': false})
		.fail((message, error) => {
			failure ??= message ?? error?.message ?? 'bad command line';
		});
	for (const spec of OPTIONS as readonly OptionSpec[]) {
		parser = parser.option(spec.name, {
			...(spec.alias === undefined ? {} : {alias: spec.alias}),
			type: spec.type === 'list' ? 'array' : spec.type,
			describe: spec.does,
			...(spec.choices === undefined ? {} : {choices: spec.choices}),
			group: `${spec.group}:`,
			requiresArg: spec.type !== 'boolean',
		});
	}
	for (const command of COMMANDS as readonly CommandWord[]) parser = parser.command(command.word, command.does);
	parser = parser.epilogue('An ADDRESS names a place: top, top/shop, top/shop/web-0, top/-/node-1. Keys: press ? on the screen.');

	let printed = '';
	const result = await parser.parseAsync([...argv], {}, (_error, _argv, output) => {
		printed = output;
	});
	if (failure !== undefined) return err(failure.replace(/\s*\n\s*/g, ' ').trim());
	if (printed !== '') return ok({kind: 'print', text: printed});
	return ok({kind: 'run', invocation: {words: ((result._ as unknown[] | undefined) ?? []).map(String), options: pickOptions(result)}});
}

function pickOptions(result: Record<string, unknown>): Options {
	return Object.fromEntries((OPTIONS as readonly OptionSpec[]).map(({name}) => [name, result[name]] as const).filter(([, value]) => value !== undefined));
}
