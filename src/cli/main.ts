import {EXIT} from './exit-code.ts';
import type {Invocation} from './options.ts';
import {runCommand} from './run-command.ts';
import {scan} from './scan.ts';
import {VERSION} from './version.ts';

/** After the last word, in ms. */
const LINGER_MS = 300;

/** The program. Sets the exit code and returns when everything is closed. */
export async function main(argv: readonly string[]): Promise<void> {
	// Whoever read us has gone (`| head`): there is nobody left to write for, and it is no failure.
	process.stdout.on('error', error => {
		if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(EXIT.fine);
	});
	const invocation = await read(argv);
	if (invocation === undefined) return;
	process.exitCode = await runCommand(invocation);
	// Nothing should be left that keeps the process alive; what is left all the same does not keep a person waiting.
	setTimeout(() => process.exit(), LINGER_MS).unref();
}

/** The command line; undefined when all there was to do is done. */
async function read(argv: readonly string[]): Promise<Invocation | undefined> {
	const plain = scan(argv);
	if (plain !== undefined) return plain;
	const {parse} = await import('./parse.ts');
	const parsed = await parse(argv, VERSION, process.stdout.columns ?? 100);
	if (!parsed.ok) {
		process.stderr.write(`kwb: ${parsed.error} (kwb --help)\n`);
		process.exitCode = EXIT.usage;
		return undefined;
	}
	if (parsed.value.kind === 'run') return parsed.value.invocation;
	process.stdout.write(`${parsed.value.text}\n`);
	return undefined;
}
