import {globSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';

const NODE = 'node:*';

/** Layer → what it may import besides itself. A file in no layer fails the test. `node:*` is Node's own modules. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
	'src/util': [],
	'src/kube': ['src/util'],
	'src/explain': ['src/util'],
	'src/keymap': ['src/util'],
	'src/theme': ['src/util'],
	'src/wire': ['src/util', 'src/kube', 'node:buffer'],
	'src/store': ['src/util', 'src/kube'],
	'src/analyze': ['src/util', 'src/kube', 'src/explain'],
	'src/observe': ['src/util', 'src/kube', 'src/explain', 'src/analyze', 'src/store'],
	'src/record': ['src/util', 'src/kube', 'src/observe', 'src/store', NODE],
	'src/transport': ['src/util', 'src/kube', 'src/wire', NODE, 'js-yaml', '@kubernetes/client-node'],
	'src/reflector': ['src/util', 'src/kube', 'src/wire', 'src/transport', 'src/observe', 'src/store'],
	'src/state': ['src/util', 'src/kube', 'src/keymap'],
	'src/viewmodel': ['src/util', 'src/kube', 'src/explain', 'src/analyze', 'src/store', 'src/observe', 'src/state', 'src/keymap', 'src/theme', 'asciichart'],
	'src/workbench': [
		'src/util',
		'src/kube',
		'src/explain',
		'src/keymap',
		'src/theme',
		'src/wire',
		'src/store',
		'src/analyze',
		'src/observe',
		'src/record',
		'src/transport',
		'src/reflector',
		'src/state',
		'src/viewmodel',
		NODE,
		'js-yaml',
	],
	views: ['src/util', 'src/viewmodel', 'src/state', 'src/keymap', 'src/theme', 'src/observe', 'src/workbench', 'react', 'ink', 'asciichart'],
	'src/cli': [
		'src/util',
		'src/kube',
		'src/explain',
		'src/analyze',
		'src/viewmodel',
		'src/state',
		'src/keymap',
		'src/theme',
		'src/workbench',
		'yargs',
		'js-yaml',
		NODE,
		'views',
	],
};

const SPECIFIER = /\bfrom\s+['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g;
const files = globSync(['src/**/*.{ts,tsx}', 'views/**/*.{ts,tsx}']);

function layerOf(file: string): string | undefined {
	return Object.keys(MAY_IMPORT).find(layer => file.startsWith(`${layer}/`));
}

/** The parts of an import table's entry that a specifier may match: its layer, itself, or Node as a whole. */
function targetsOf(file: string, specifier: string): readonly string[] {
	if (specifier.startsWith('.')) return [layerOf(path.join(path.dirname(file), specifier)) ?? specifier];
	if (specifier.startsWith('node:')) return [NODE, specifier];
	return [
		specifier,
		specifier
			.split('/')
			.slice(0, specifier.startsWith('@') ? 2 : 1)
			.join('/'),
	];
}

describe('the import table', () => {
	test('the check sees the code', () => expect(files.length).toBeGreaterThan(10));

	test.each(files)('%s imports only what its layer may', file => {
		const layer = layerOf(file);
		expect(layer, `${file} belongs to no layer`).toBeDefined();
		const source = readFileSync(file, 'utf8');
		for (const [statement, from, bare] of source.matchAll(SPECIFIER)) {
			const specifier = from ?? bare ?? '';
			const targets = targetsOf(file, specifier);
			if (targets.includes(layer!)) continue;
			expect(
				targets.some(target => MAY_IMPORT[layer!]!.includes(target)),
				`${file} → ${specifier}`,
			).toBe(true);
			// The command line may load the screen, but only when it opens it.
			if (layer === 'src/cli' && targets.includes('views')) expect(statement, `${file} → ${specifier}`).toMatch(/^import\s*\(/);
		}
	});

	test('views import observe and workbench for types only', () => {
		for (const file of files.filter(each => each.startsWith('views/'))) {
			for (const [line] of readFileSync(file, 'utf8').matchAll(/^import .*from '[^']*src\/(?:observe|workbench)\/.*$/gm))
				expect(line, file).toMatch(/^import type /);
		}
	});
});
