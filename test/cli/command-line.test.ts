import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {OPTIONS, type OptionSpec} from '../../src/cli/options.ts';
import {parse} from '../../src/cli/parse.ts';
import {scan} from '../../src/cli/scan.ts';
import {readSettings} from '../../src/cli/settings.ts';

const VALUE = fc.constantFrom('shop', 'a,b', '30s', 'x=y', '512Mi', '@home');

/** A flag as somebody may write it: long or short, its value behind it or after an equals sign. */
const FLAG = fc.constantFrom(...(OPTIONS as readonly OptionSpec[])).chain(spec => {
	const names = [`--${spec.name}`, ...(spec.alias === undefined ? [] : [`-${spec.alias}`])];
	if (spec.type === 'boolean') return fc.constantFrom(...names).map(name => ({spec, words: [name]}));
	const value = spec.choices === undefined ? VALUE : fc.constantFrom(...spec.choices);
	return fc
		.tuple(fc.constantFrom(...names), value, fc.boolean())
		.map(([name, text, isInline]) => ({spec, words: isInline && name.startsWith('--') ? [`${name}=${text}`] : [name, text]}));
});

const LINE = fc
	.tuple(fc.uniqueArray(FLAG, {selector: ({spec}) => spec.name, maxLength: 5}), fc.constantFrom([], ['top'], ['top', 'pods'], ['top/shop/web-0']))
	.map(([flags, words]) => [...words, ...flags.flatMap(flag => flag.words)]);

describe('the plain scan of a command line', () => {
	test('says the same as yargs wherever it says anything', async () => {
		await fc.assert(
			fc.asyncProperty(LINE, async argv => {
				const plain = scan(argv);
				expect(plain, argv.join(' ')).toBeDefined();
				const parsed = await parse(argv, '1.0.0', 100);
				expect(parsed, argv.join(' ')).toEqual({ok: true, value: {kind: 'run', invocation: plain}});
			}),
			{numRuns: 60},
		);
	});

	test.each([
		['--nope'],
		['--context'],
		['--context='],
		['--output', 'xml'],
		['--context', '--user'],
		['-x'],
		['--help'],
		['--context', 'a', '--context', 'b'],
		['--write=yes'],
	])('leaves %s %s to yargs', (...argv) => expect(scan(argv)).toBeUndefined());
});

describe('yargs, where the scan gives up', () => {
	test.each([
		{argv: ['--nope'], says: /nope/},
		{argv: ['--output', 'xml'], says: /output/},
		{argv: ['--context'], says: /context|argument/i},
	])('$argv is one line', async ({argv, says}) => {
		const parsed = await parse(argv, '1.0.0', 100);
		expect(parsed.ok).toBe(false);
		if (parsed.ok) return;
		expect(parsed.error).toMatch(says);
		expect(parsed.error).not.toContain('\n');
	});

	test('--help names every flag and every command', async () => {
		const parsed = await parse(['--help'], '1.0.0', 100);
		const text = parsed.ok && parsed.value.kind === 'print' ? parsed.value.text : '';
		for (const {name} of OPTIONS) expect(text).toContain(`--${name}`);
		expect(text).toContain('top');
	});

	test('--version is the version', async () => {
		expect(await parse(['--version'], '1.2.3', 100)).toEqual({ok: true, value: {kind: 'print', text: '1.2.3'}});
	});
});

describe('settings', () => {
	test.each([
		{options: {namespace: 'Shop'}, says: /--namespace/},
		{options: {namespace: ','}, says: /--namespace/},
		{options: {namespace: 'a', 'all-namespaces': true}, says: /exclude/},
		{options: {'request-timeout': 'soon'}, says: /--request-timeout/},
		{options: {memory: 'much'}, says: /--memory/},
		{options: {memory: '0'}, says: /--memory/},
	])('$options is refused in one line', ({options, says}) => {
		const settings = readSettings(options);
		expect(settings.ok ? '' : settings.error).toMatch(says);
	});

	test('--readonly and --write are both kept: the gate lets the first beat the second', () => {
		const settings = readSettings({write: true, readonly: true});
		expect(settings.ok && settings.value).toMatchObject({mayWrite: true, isReadonly: true});
	});

	test('several namespaces are several', () => {
		const settings = readSettings({namespace: 'a,b', memory: '512Mi', 'request-timeout': '1m'});
		expect(settings.ok && settings.value).toMatchObject({
			namespaces: ['a', 'b'],
			memoryBudget: 512 * 1024 * 1024,
			requestTimeoutMs: 60_000,
			readyWithinMs: 60_000,
		});
	});

	test.each([
		{given: undefined, requestTimeoutMs: undefined, readyWithinMs: 30_000},
		{given: '5', requestTimeoutMs: 5000, readyWithinMs: 5000},
		{given: '500ms', requestTimeoutMs: 500, readyWithinMs: 500},
		{given: '0', requestTimeoutMs: undefined, readyWithinMs: Number.POSITIVE_INFINITY},
		{given: '0s', requestTimeoutMs: undefined, readyWithinMs: Number.POSITIVE_INFINITY},
	])('--request-timeout $given: requests are given up after $requestTimeoutMs ms, and what is printed is waited for $readyWithinMs ms', row => {
		const settings = readSettings(row.given === undefined ? {} : {'request-timeout': row.given});
		expect(settings.ok && settings.value).toMatchObject({requestTimeoutMs: row.requestTimeoutMs, readyWithinMs: row.readyWithinMs});
	});
});
