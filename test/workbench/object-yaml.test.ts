import {describe, expect, test} from 'vitest';
import {yamlOf} from '../../src/workbench/object-yaml.ts';

describe('an object as YAML', () => {
	test('managed fields and the last applied configuration are folded to a line', async () => {
		const lines = await yamlOf(
			JSON.stringify({
				kind: 'Pod',
				metadata: {
					name: 'web',
					managedFields: [{manager: 'a'}, {manager: 'b'}],
					annotations: {'kubectl.kubernetes.io/last-applied-configuration': '{"x":1}', own: 'kept'},
				},
			}),
		);
		expect(lines).toContain('  managedFields: (2 entries folded)');
		expect(lines).toContain('    own: kept');
		expect(lines?.join('\n')).not.toContain('manager: a');
	});

	test('the values of a Secret are never in it', async () => {
		const lines = await yamlOf(JSON.stringify({kind: 'Secret', metadata: {name: 's'}, data: {password: 'aHVudGVyMg=='}, stringData: {plain: 'hunter2'}}));
		expect(lines?.join('\n')).not.toMatch(/hunter2|aHVudGVyMg/);
		expect(lines?.join('\n')).toContain('password: (12 characters hidden)');
	});

	test('control characters do not pass', async () => {
		const lines = await yamlOf(JSON.stringify({kind: 'Pod', metadata: {name: 'a\u001b[2J'}}));
		expect(lines?.join('')).not.toContain('\u001b');
	});

	test('what is no object gives nothing', async () => {
		expect(await yamlOf('<html>')).toBeUndefined();
		expect(await yamlOf('[1]')).toBeUndefined();
	});
});
