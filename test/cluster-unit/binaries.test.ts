import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {buildFlags, cacheKey, type GoToolchain, isGoRecentEnough, type Program, programsFor, programsOf} from '../cluster/binaries.ts';
import {DEFAULT_SETTINGS} from '../cluster/settings.ts';

const GO: GoToolchain = {version: 'go1.26.8', os: 'linux', architecture: 'amd64'};
const PROGRAM: Program = {name: 'p', module: 'm', package: 'example.com/p', coldSeconds: 1};
const SOURCES = [
	['go.mod', 'module m'],
	['go.sum', 'x'],
] as const;

describe('the key of a binary', () => {
	const key = cacheKey(PROGRAM, GO, SOURCES);

	test.each<{name: string; other: string}>([
		{name: 'another Go', other: cacheKey(PROGRAM, {...GO, version: 'go1.26.9'}, SOURCES)},
		{name: 'another platform', other: cacheKey(PROGRAM, {...GO, os: 'darwin'}, SOURCES)},
		{name: 'another architecture', other: cacheKey(PROGRAM, {...GO, architecture: 'arm64'}, SOURCES)},
		{name: 'another package', other: cacheKey({...PROGRAM, package: 'example.com/q'}, GO, SOURCES)},
		{name: 'another version stamp, and so other flags', other: cacheKey({...PROGRAM, stamp: 'v1.37.2'}, GO, SOURCES)},
		{name: 'a changed module file', other: cacheKey(PROGRAM, GO, [['go.mod', 'module m2'], SOURCES[1]])},
		{name: 'a changed sum file', other: cacheKey(PROGRAM, GO, [SOURCES[0], ['go.sum', 'y']])},
		{name: 'one more source file', other: cacheKey(PROGRAM, GO, [...SOURCES, ['main.go', '']])},
		{name: 'a renamed source file', other: cacheKey(PROGRAM, GO, [['go.mod2', 'module m'], SOURCES[1]])},
	])('$name gives another key', ({other}) => expect(other).not.toBe(key));

	test('does not depend on the order of the files', () => {
		const files = fc.uniqueArray(fc.tuple(fc.string({minLength: 1}), fc.string()), {selector: ([name]) => name});
		fc.assert(
			fc.property(files, sources => {
				expect(cacheKey(PROGRAM, GO, [...sources].reverse())).toBe(cacheKey(PROGRAM, GO, sources));
			}),
		);
	});

	test('is a name for a directory', () => expect(key).toMatch(/^[0-9a-f]{16}$/));
});

describe('Go', () => {
	test.each([
		{version: 'go1.26.3', isEnough: false},
		{version: 'go1.26.4', isEnough: true},
		{version: 'go1.26.8', isEnough: true},
		{version: 'go1.25.99', isEnough: false},
		{version: 'go1.27rc1', isEnough: true},
		{version: 'go1.9', isEnough: false},
		{version: 'go2.0', isEnough: true},
		{version: 'devel go1.28-abc', isEnough: true},
		{version: '', isEnough: false},
	])('$version is enough: $isEnough', ({version, isEnough}) => expect(isGoRecentEnough(version)).toBe(isEnough));
});

test('Kubernetes is stamped with the patch release it is built from', () => {
	const apiserver = programsOf('1.34').find(program => program.name === 'kube-apiserver');
	expect(buildFlags(apiserver!).at(-1)).toContain(
		'version.gitVersion=v1.34.4 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34',
	);
});

test('the adapter is built only when it is asked for, and kubectl never unasked', () => {
	expect(programsFor(DEFAULT_SETTINGS)).not.toContain('adapter');
	expect(programsFor({...DEFAULT_SETTINGS, addons: ['adapter']})).toContain('adapter');
	expect(programsFor(DEFAULT_SETTINGS)).not.toContain('kubectl');
});
