import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, symlinkSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {expect, test} from 'vitest';

const {version} = JSON.parse(readFileSync('package.json', 'utf8')) as {version: string};
const KWB = path.resolve('bin/kwb.js');

test('started as a program it runs on the Node that came with the packages, and the shell has nothing to complain about', () => {
	const {stdout, stderr} = spawnSync(KWB, ['version'], {encoding: 'utf8'});
	expect({stdout, stderr}).toEqual({stdout: `kwb ${version}\n`, stderr: ''});
});

test('started through a link, as npm makes one, it finds its way', () => {
	const link = path.join(mkdtempSync(path.join(os.tmpdir(), 'kwb-link-')), 'kwb');
	symlinkSync(KWB, link);
	expect(execFileSync(link, ['version'], {encoding: 'utf8'})).toBe(`kwb ${version}\n`);
});

test('the machine’s own Node, whatever it is, hands over or runs it', () => {
	expect(execFileSync('node', [KWB, 'version'], {encoding: 'utf8'})).toBe(`kwb ${version}\n`);
});

test('the shell line and the list in the file name the same flags', () => {
	const text = readFileSync(KWB, 'utf8');
	const shell = Array.from(text.matchAll(/v="([^"]+)"/g), ([, flags]) => flags!.split(' '));
	const lists = Array.from(text.matchAll(/var (?:LIVE|REPLAY)_FLAGS = \[([^\]]+)\]/g), ([, list]) => list!.split(',').map(flag => flag.trim().slice(1, -1)));
	expect(shell).toHaveLength(2);
	expect(lists).toEqual(shell);
});
