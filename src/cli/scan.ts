import {type Invocation, OPTIONS, type OptionSpec, type Options} from './options.ts';

/**
 * Reads a plain command line by the table of options, so that the way to the first request does not pay for yargs.
 *
 * @returns undefined for anything that is not plain (an unknown flag, a missing or bad value, `--help`, `--`):
 * then yargs looks at it, and says what is wrong.
 */
export function scan(argv: readonly string[]): Invocation | undefined {
	const words: string[] = [];
	const options: Record<string, string | boolean | string[]> = {};

	for (let at = 0; at < argv.length; at++) {
		const argument = argv[at]!;
		if (!argument.startsWith('-')) {
			words.push(argument);
			continue;
		}
		const [flag, inline] = splitFlag(argument);
		const spec = (OPTIONS as readonly OptionSpec[]).find(each => flag === `--${each.name}` || (each.alias !== undefined && flag === `-${each.alias}`));
		if (spec === undefined) return undefined;
		if (spec.type === 'boolean') {
			if (inline !== undefined) return undefined;
			options[spec.name] = true;
			continue;
		}
		const value = inline ?? argv[++at];
		if (value === undefined || value === '' || (inline === undefined && value.startsWith('-'))) return undefined;
		if (spec.choices !== undefined && !spec.choices.includes(value)) return undefined;
		if (spec.type === 'list') options[spec.name] = [...((options[spec.name] as string[] | undefined) ?? []), value];
		else if (options[spec.name] !== undefined) return undefined;
		else options[spec.name] = value;
	}
	return {words, options: options as Options};
}

function splitFlag(argument: string): readonly [string, string | undefined] {
	const equals = argument.indexOf('=');
	return argument.startsWith('--') && equals > 0 ? [argument.slice(0, equals), argument.slice(equals + 1)] : [argument, undefined];
}
