import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {loadKubeconfig} from '../../src/transport/kubeconfig.ts';
import type {ClusterEntry, Kubeconfig, UserEntry} from '../../src/transport/kubeconfig-file.ts';
import {KUBECONFIG_CASES, type KubeconfigCase} from './kubeconfig-cases.ts';

const DIRECTORY = '/somewhere';

const {recorded} = JSON.parse(readFileSync(path.join(import.meta.dirname, '../fixtures/kubeconfig/kubectl.json'), 'utf8')) as {
	recorded: Readonly<Record<string, {readonly view?: object; readonly error?: string}>>;
};

describe('kwb reads kubeconfigs as `kubectl config view --raw --flatten` does', () => {
	test('every case was recorded, and no other', () => expect(Object.keys(recorded)).toEqual(KUBECONFIG_CASES.map(({name}) => name)));

	test.each(KUBECONFIG_CASES)('$name', each => {
		const {view, error} = recorded[each.name]!;
		const loaded = load(each);
		if (error === undefined) {
			if (!loaded.ok) throw new Error(loaded.error.message);
			expect(viewOf(loaded.value.config, each)).toEqual(view);
		} else if (each.minify === undefined) {
			expect(loaded).toMatchObject({ok: false, error: {kind: 'brokenFile'}});
			const file = /"([^"]+)"/.exec(error)![1]!;
			expect(loaded.ok ? '' : loaded.error.message).toContain(`kubeconfig ${DIRECTORY}/${file}: `);
		} else {
			expect(loaded.ok && loaded.value.config.contexts.has(each.minify)).toBe(false);
		}
	});
});

function load({files, listed, flag}: KubeconfigCase) {
	return loadKubeconfig({
		flags: {kubeconfig: flag === undefined ? undefined : path.join(DIRECTORY, flag)},
		env: {KUBECONFIG: listed?.map(name => (name === '' ? '' : path.join(DIRECTORY, name))).join(path.delimiter)},
		homeDir: DIRECTORY,
		workingDir: '/',
		readFile: file => contentOf(files, file),
	});
}

function contentOf(files: KubeconfigCase['files'], file: string): string {
	const text = files[path.relative(DIRECTORY, file)];
	if (text === undefined) throw Object.assign(new Error('missing'), {code: 'ENOENT'});
	return text;
}

/** What kubectl would print: entries by name, nothing that is empty, files as data. */
function viewOf({currentContext, clusters, users, contexts}: Kubeconfig, {files, minify}: KubeconfigCase): object {
	const name = minify || currentContext;
	const chosen = contexts.get(name);
	const only = <T>(map: ReadonlyMap<string, T>, key: string | undefined) => (minify === undefined ? map : new Map([...map].filter(([each]) => each === key)));
	return {
		kind: 'Config',
		apiVersion: 'v1',
		preferences: files.config?.includes('colors') ? {colors: true} : {},
		clusters: entriesOf('cluster', only(clusters, chosen?.cluster), cluster => ({
			server: cluster.server,
			...withoutEmpty(withData(cluster, ['certificate-authority'], files)),
		})),
		users: entriesOf('user', only(users, chosen?.user), user =>
			withoutEmpty({...withData(user, ['client-certificate', 'client-key'], files), exec: user.exec && execViewOf(user.exec)}),
		),
		contexts: entriesOf('context', only(contexts, name), context => ({cluster: context.cluster, user: context.user, ...withoutEmpty(context)})),
		'current-context': minify === undefined ? currentContext : name,
	};
}

function entriesOf<T>(key: string, entries: ReadonlyMap<string, T>, view: (entry: T) => object): object[] | null {
	if (entries.size === 0) return null;
	return [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, entry]) => ({name, [key]: view(entry)}));
}

function withData(entry: ClusterEntry | UserEntry, keys: readonly string[], files: KubeconfigCase['files']): Readonly<Record<string, unknown>> {
	const view: Record<string, unknown> = {...entry};
	for (const key of keys) {
		const file = view[key];
		if (typeof file === 'string' && file !== '') Object.assign(view, {[key]: '', [`${key}-data`]: Buffer.from(contentOf(files, file)).toString('base64')});
	}
	return view;
}

function execViewOf(exec: NonNullable<UserEntry['exec']>): object {
	const {args, env, provideClusterInfo, interactiveMode, ...rest} = exec;
	// kubectl writes the default of v1beta1 down; kwb applies it when it is about to run the plugin.
	const mode = interactiveMode === '' && exec.apiVersion.endsWith('v1beta1') ? 'IfAvailable' : interactiveMode;
	return {...withoutEmpty({...rest, interactiveMode: mode}), args: args.length === 0 ? null : args, env: env.length === 0 ? null : env, provideClusterInfo};
}

function withoutEmpty(entry: object): Readonly<Record<string, unknown>> {
	return Object.fromEntries(
		Object.entries(entry)
			.filter(
				([, value]) =>
					value !== '' &&
					value !== false &&
					value !== undefined &&
					!(Array.isArray(value) && value.length === 0) &&
					!(value instanceof Map && value.size === 0),
			)
			.map(([key, value]) => [key, key === 'extensions' ? [...(value as Map<string, unknown>)].map(([name, extension]) => ({name, extension})) : plain(value)]),
	);
}

function plain(value: unknown): unknown {
	if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [key, plain(each)]));
	if (typeof value === 'object' && value !== null && !Array.isArray(value))
		return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
	return value;
}
