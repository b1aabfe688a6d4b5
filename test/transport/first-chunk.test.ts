import {globSync, readFileSync} from 'node:fs';
import {expect, test} from 'vitest';

/** What the first request waits for must not be in its way: as an ES module node:http evaluates undici (50 ms); the others are rarely needed. */
const NOT_AT_ONCE = /^import (?!type\b).* from '(node:(?:http|https|http2|zlib|child_process|dns)|@kubernetes\/client-node)';?$/m;

const files = globSync('src/{transport,wire,reflector}/**/*.ts');

test('the check sees the code', () => expect(files.length).toBeGreaterThan(15));

test.each(files)('%s imports nothing heavy at once', file => expect(NOT_AT_ONCE.exec(readFileSync(file, 'utf8'))?.[1]).toBeUndefined());
