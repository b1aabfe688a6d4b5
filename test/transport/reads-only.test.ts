import {globSync, readFileSync} from 'node:fs';
import {expect, test} from 'vitest';

/** Anything that changes a file. A renewed credential stays in memory, and the kubeconfig is the user's. */
const WRITES = /\b(?:writeFile|appendFile|createWriteStream|rename|unlink|truncate|copyFile|mkdir|chmod)(?:Sync)?\b/;

const files = globSync('src/transport/**/*.ts');

test('the check sees the code, and what it looks for', () => {
	expect(files.length).toBeGreaterThan(15);
	expect(WRITES.test("writeFileSync('config', text)")).toBe(true);
});

test.each(files)('%s writes no file: kwb never changes a kubeconfig, nor stores a credential', file =>
	expect(WRITES.exec(readFileSync(file, 'utf8'))?.[0]).toBeUndefined(),
);
