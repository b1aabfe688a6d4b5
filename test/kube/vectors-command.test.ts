import {execFile} from 'node:child_process';
import {mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, expect, test} from 'vitest';

type Ending = {readonly code: number; readonly stdout: string; readonly stderr: string};

function vectors(...args: readonly string[]): Promise<Ending> {
	return new Promise(resolve => {
		execFile(process.execPath, ['scripts/vectors.ts', ...args], (error, stdout, stderr) =>
			resolve({code: error === null ? 0 : Number(error.code), stdout, stderr}),
		);
	});
}

function file(content: string): string {
	const at = path.join(mkdtempSync(path.join(tmpdir(), 'kwb-vectors-')), 'vectors.json');
	writeFileSync(at, content);
	return at;
}

describe('npm run vectors', () => {
	test('ends with what passed, and 0', async () => {
		expect(await vectors('quantity', 'test/vectors/quantity-vectors.json')).toEqual({code: 0, stdout: '40 passed, 0 failed\n', stderr: ''});
	});

	test('names what failed, and ends with 1', async () => {
		const wrong = {in: '1', ok: true, format: 'DecimalSI', canonical: '2', value: '1', milliValue: '1000', nanoValue: '1000000000', note: 'wrong on purpose'};
		const {code, stdout} = await vectors('quantity', file(JSON.stringify({vectors: [wrong]})));
		expect({code, stdout}).toEqual({
			code: 1,
			stdout: '✗ "1" (wrong on purpose)\n    canonical: 1 instead of 2\n    stringAfterParse: 1 instead of 2\n0 passed, 1 failed\n',
		});
	});

	test.each([
		['no such domain', ['nope', 'x.json'], /usage: npm run vectors/],
		['no file', ['quantity'], /usage: npm run vectors/],
		['a file that is not there', ['quantity', 'nope.json'], /nope\.json: ENOENT/],
		['no JSON', ['quantity', file('{')], /JSON/],
	])('%s is one line and 2', async (_, args, says) => {
		const {code, stderr} = await vectors(...args);
		expect(code).toBe(2);
		expect(stderr).toMatch(says);
		expect(stderr.trim().split('\n')).toHaveLength(1);
	});

	test('a file without vectors proves nothing', async () => expect((await vectors('quantity', file('{"vectors": []}'))).code).toBe(1));
});
