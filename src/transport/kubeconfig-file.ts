import path from 'node:path';
import {boolYaml11Tag, CORE_SCHEMA, loadAll, mergeTag} from 'js-yaml';
import {err, ok, type Result} from '../util/result.ts';

/** One entry under `clusters`; keys as in the file, paths absolute. */
export type ClusterEntry = {
	readonly server: string;
	readonly 'tls-server-name': string;
	readonly 'insecure-skip-tls-verify': boolean;
	readonly 'certificate-authority': string;
	readonly 'certificate-authority-data': string;
	readonly 'proxy-url': string;
	readonly 'disable-compression': boolean;
	readonly extensions: ReadonlyMap<string, unknown>;
};

/** The `exec` of a user, as it stands; what is missing or wrong in it is found when it is to be used. */
export type ExecEntry = {
	readonly command: string;
	readonly args: readonly string[];
	readonly env: ReadonlyArray<{readonly name: string; readonly value: string}>;
	readonly apiVersion: string;
	readonly installHint: string;
	readonly provideClusterInfo: boolean;
	readonly interactiveMode: string;
};

/** One entry under `users`; keys as in the file, paths absolute. */
export type UserEntry = {
	readonly 'client-certificate': string;
	readonly 'client-certificate-data': string;
	readonly 'client-key': string;
	readonly 'client-key-data': string;
	readonly token: string;
	readonly tokenFile: string;
	readonly as: string;
	readonly 'as-uid': string;
	readonly 'as-groups': readonly string[];
	readonly 'as-user-extra': ReadonlyMap<string, readonly string[]>;
	readonly username: string;
	readonly password: string;
	readonly 'auth-provider': {readonly name: string; readonly config: ReadonlyMap<string, string>} | undefined;
	readonly exec: ExecEntry | undefined;
	readonly extensions: ReadonlyMap<string, unknown>;
};

/** One entry under `contexts`. */
export type ContextEntry = {
	readonly cluster: string;
	readonly user: string;
	readonly namespace: string;
	readonly extensions: ReadonlyMap<string, unknown>;
};

/** A kubeconfig, or several merged. An absent string is '', as upstream. */
export type Kubeconfig = {
	readonly currentContext: string;
	readonly clusters: ReadonlyMap<string, ClusterEntry>;
	readonly users: ReadonlyMap<string, UserEntry>;
	readonly contexts: ReadonlyMap<string, ContextEntry>;
};

/** YAML 1.2 with what kubectl's YAML 1.1 reader also takes and people use: merge keys, and yes/no for a bool. */
const SCHEMA = CORE_SCHEMA.withTags(mergeTag, boolYaml11Tag);

/**
 * Reads the text of one kubeconfig.
 *
 * Only the first document counts, unknown fields are ignored and the last of two equal keys wins. A value of
 * another type than its field's, and two entries with one name in a list, are errors: all as upstream.
 *
 * @param file Absolute path the text came from: relative paths inside are relative to its directory.
 * @returns The error is one line without the file's name.
 * Source: k8s.io/client-go tools/clientcmd/loader.go (ResolveLocalPaths, Load) and tools/clientcmd/api/v1, 0.37.
 */
export function parseKubeconfig(text: string, file: string): Result<Kubeconfig, string> {
	try {
		return ok(kubeconfigOf(loadAll(text, {schema: SCHEMA, json: true})[0], path.dirname(file)));
	} catch (error) {
		return err(reasonOf(error));
	}
}

/**
 * Joins files in their order: of two entries with one name the first file's counts, whole; so does the first
 * current-context that is not empty.
 *
 * Source: k8s.io/client-go tools/clientcmd/loader.go, ClientConfigLoadingRules.Load, 0.37.
 */
export function mergeKubeconfigs(files: readonly Kubeconfig[]): Kubeconfig {
	return {
		currentContext: files.find(file => file.currentContext !== '')?.currentContext ?? '',
		clusters: firstWins(files.map(file => file.clusters)),
		users: firstWins(files.map(file => file.users)),
		contexts: firstWins(files.map(file => file.contexts)),
	};
}

function firstWins<T>(maps: ReadonlyArray<ReadonlyMap<string, T>>): ReadonlyMap<string, T> {
	return new Map(maps.toReversed().flatMap(map => [...map]));
}

/** Thrown inside this file only: a field whose value is of the wrong type. */
class WrongType extends Error {}

type YamlMap = Readonly<Record<string, unknown>>;

function reasonOf(error: unknown): string {
	if (error instanceof WrongType) return error.message;
	const {reason, mark} = error as {reason?: string; mark?: {line: number; column: number}};
	// A YAML error's own message quotes the lines around it, which may hold a secret.
	return mark === undefined ? 'is not YAML' : `line ${mark.line + 1}, column ${mark.column + 1}: ${reason}`;
}

function kubeconfigOf(document: unknown, directory: string): Kubeconfig {
	const top = mapOf(document, 'the file');
	const kind = textOf(top, 'kind', '');
	if (kind !== '' && kind !== 'Config') throw new WrongType(`its kind is ${kind}, not Config`);
	const version = textOf(top, 'apiVersion', '');
	if (version !== '' && version !== 'v1') throw new WrongType(`its apiVersion is ${version}, not v1`);
	return {
		currentContext: textOf(top, 'current-context', ''),
		clusters: namedOf(top, 'clusters', 'cluster', (entry, at) => clusterOf(entry, at, directory)),
		users: namedOf(top, 'users', 'user', (entry, at) => userOf(entry, at, directory)),
		contexts: namedOf(top, 'contexts', 'context', contextOf),
	};
}

function clusterOf(entry: YamlMap, at: string, directory: string): ClusterEntry {
	return {
		server: textOf(entry, 'server', at),
		'tls-server-name': textOf(entry, 'tls-server-name', at),
		'insecure-skip-tls-verify': flagOf(entry, 'insecure-skip-tls-verify', at),
		'certificate-authority': pathOf(entry, 'certificate-authority', at, directory),
		'certificate-authority-data': base64Of(entry, 'certificate-authority-data', at),
		'proxy-url': textOf(entry, 'proxy-url', at),
		'disable-compression': flagOf(entry, 'disable-compression', at),
		extensions: extensionsOf(entry, at),
	};
}

function userOf(entry: YamlMap, at: string, directory: string): UserEntry {
	return {
		'client-certificate': pathOf(entry, 'client-certificate', at, directory),
		'client-certificate-data': base64Of(entry, 'client-certificate-data', at),
		'client-key': pathOf(entry, 'client-key', at, directory),
		'client-key-data': base64Of(entry, 'client-key-data', at),
		token: textOf(entry, 'token', at),
		tokenFile: pathOf(entry, 'tokenFile', at, directory),
		as: textOf(entry, 'as', at),
		'as-uid': textOf(entry, 'as-uid', at),
		'as-groups': textsOf(entry, 'as-groups', at),
		'as-user-extra': new Map(
			Object.keys(mapOf(entry['as-user-extra'], `${at}.as-user-extra`)).map(key => [
				key,
				textsOf(entry['as-user-extra'] as YamlMap, key, `${at}.as-user-extra`),
			]),
		),
		username: textOf(entry, 'username', at),
		password: textOf(entry, 'password', at),
		'auth-provider': isAbsent(entry['auth-provider']) ? undefined : authProviderOf(mapOf(entry['auth-provider'], `${at}.auth-provider`), `${at}.auth-provider`),
		exec: isAbsent(entry.exec) ? undefined : execOf(mapOf(entry.exec, `${at}.exec`), `${at}.exec`, directory),
		extensions: extensionsOf(entry, at),
	};
}

function contextOf(entry: YamlMap, at: string): ContextEntry {
	return {
		cluster: textOf(entry, 'cluster', at),
		user: textOf(entry, 'user', at),
		namespace: textOf(entry, 'namespace', at),
		extensions: extensionsOf(entry, at),
	};
}

function authProviderOf(entry: YamlMap, at: string): {name: string; config: ReadonlyMap<string, string>} {
	const config = mapOf(entry.config, `${at}.config`);
	return {name: textOf(entry, 'name', at), config: new Map(Object.keys(config).map(key => [key, textOf(config, key, `${at}.config`)]))};
}

function execOf(entry: YamlMap, at: string, directory: string): ExecEntry {
	const command = textOf(entry, 'command', at);
	return {
		// A bare name is looked up in PATH; anything with a separator in it is a path.
		command: command.includes(path.sep) ? path.resolve(directory, command) : command,
		args: textsOf(entry, 'args', at),
		env: listOf(entry.env, `${at}.env`).map((each, index) => {
			const variable = mapOf(each, `${at}.env[${index}]`);
			return {name: textOf(variable, 'name', `${at}.env[${index}]`), value: textOf(variable, 'value', `${at}.env[${index}]`)};
		}),
		apiVersion: textOf(entry, 'apiVersion', at),
		installHint: textOf(entry, 'installHint', at),
		provideClusterInfo: flagOf(entry, 'provideClusterInfo', at),
		interactiveMode: textOf(entry, 'interactiveMode', at),
	};
}

/** A list of `{name, <key>: {…}}` as a map. */
function namedOf<T>(top: YamlMap, list: string, key: string, read: (entry: YamlMap, at: string) => T): ReadonlyMap<string, T> {
	const entries = new Map<string, T>();
	for (const [index, each] of listOf(top[list], list).entries()) {
		const at = `${list}[${index}]`;
		const named = mapOf(each, at);
		const name = textOf(named, 'name', at);
		if (entries.has(name)) throw new WrongType(`two entries of ${list} are named ${JSON.stringify(name)}`);
		entries.set(name, read(mapOf(named[key], `${at}.${key}`), `${at}.${key}`));
	}
	return entries;
}

function extensionsOf(entry: YamlMap, at: string): ReadonlyMap<string, unknown> {
	return new Map(
		listOf(entry.extensions, `${at}.extensions`).map((each, index) => {
			const named = mapOf(each, `${at}.extensions[${index}]`);
			return [textOf(named, 'name', `${at}.extensions[${index}]`), named.extension];
		}),
	);
}

function isAbsent(value: unknown): value is undefined | null {
	return value === undefined || value === null;
}

function mapOf(value: unknown, at: string): YamlMap {
	if (isAbsent(value)) return {};
	if (typeof value !== 'object' || Array.isArray(value)) throw new WrongType(`${at} must be a map`);
	return value as YamlMap;
}

function listOf(value: unknown, at: string): readonly unknown[] {
	if (isAbsent(value)) return [];
	if (!Array.isArray(value)) throw new WrongType(`${at} must be a list`);
	return value;
}

/** '' when absent. The value itself is never quoted: it may be a secret. */
function textOf(map: YamlMap, key: string, at: string): string {
	const value = map[key];
	if (isAbsent(value)) return '';
	if (typeof value !== 'string') throw new WrongType(`${at === '' ? key : `${at}.${key}`} must be text: put it in quotes`);
	return value;
}

function base64Of(map: YamlMap, key: string, at: string): string {
	const value = textOf(map, key, at).replace(/[\r\n]/g, '');
	if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) throw new WrongType(`${at}.${key} is not base64`);
	return value;
}

function textsOf(map: YamlMap, key: string, at: string): readonly string[] {
	return listOf(map[key], `${at}.${key}`).map((each, index) => {
		if (typeof each !== 'string') throw new WrongType(`${at}.${key}[${index}] must be text: put it in quotes`);
		return each;
	});
}

function flagOf(map: YamlMap, key: string, at: string): boolean {
	const value = map[key];
	if (isAbsent(value)) return false;
	if (typeof value !== 'boolean') throw new WrongType(`${at}.${key} must be true or false`);
	return value;
}

function pathOf(map: YamlMap, key: string, at: string, directory: string): string {
	const value = textOf(map, key, at);
	return value === '' ? '' : path.resolve(directory, value);
}
