import type {Result} from '../util/result.ts';
import {err, ok} from '../util/result.ts';
import {isJsonObject, parseJson} from './json-text.ts';
import {wash} from './wash.ts';

/** Aggregated discovery (`/api`, `/apis`), from 1.26 on, or the plain list of groups from an older server. */
export const ACCEPT_DISCOVERY =
	'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

/** What a server serves under a group. */
export type DiscoveredGroup = {
	/** '' is the core group. */
	readonly group: string;
	/** The server's preference first. */
	readonly versions: readonly DiscoveredVersion[];
};

export type DiscoveredVersion = {
	readonly version: string;
	/** The server could not reach the aggregated API behind it lately; what it says may be old. */
	readonly isStale: boolean;
	/** Plurals; undefined where the answer names groups only. */
	readonly resources: readonly string[] | undefined;
};

export type ServerVersion = {readonly gitVersion: string; readonly major: number; readonly minor: number};

/** Reads an APIGroupDiscoveryList, an APIGroupList (`/apis`) or an APIVersions (`/api`). */
export function parseDiscovery(body: string): Result<readonly DiscoveredGroup[], string> {
	const parsed = parseJson(body);
	if (!parsed.ok) return parsed;
	const value = parsed.value;
	if (!isJsonObject(value)) return err('discovery is no object');
	switch (value.kind) {
		case 'APIGroupDiscoveryList':
			return ok(listOf(value.items).map(aggregatedGroup));
		case 'APIGroupList':
			return ok(listOf(value.groups).map(plainGroup));
		case 'APIVersions':
			return ok([{group: '', versions: stringsOf(value.versions).map(version => ({version, isStale: false, resources: undefined}))}]);
		default:
			return err(`discovery is a ${textOf(value.kind) || 'thing without a kind'}`);
	}
}

/** Reads `/version`. Minor versions like `30+` are of providers. */
export function parseVersion(body: string): Result<ServerVersion, string> {
	const parsed = parseJson(body);
	if (!parsed.ok) return parsed;
	if (!isJsonObject(parsed.value)) return err('the version is no object');
	const gitVersion = textOf(parsed.value.gitVersion);
	const major = Number.parseInt(textOf(parsed.value.major), 10);
	const minor = Number.parseInt(textOf(parsed.value.minor), 10);
	const match = /^v?(\d+)\.(\d+)/.exec(gitVersion);
	const fromGit = match === null ? undefined : {major: Number(match[1]), minor: Number(match[2])};
	if (Number.isNaN(major) || Number.isNaN(minor)) return fromGit === undefined ? err('the version names no numbers') : ok({gitVersion, ...fromGit});
	return ok({gitVersion, major, minor});
}

function aggregatedGroup(item: unknown): DiscoveredGroup {
	const {metadata, versions} = isJsonObject(item) ? item : {};
	return {
		group: textOf(isJsonObject(metadata) ? metadata.name : undefined),
		versions: listOf(versions)
			.filter(isJsonObject)
			.map(version => ({
				version: textOf(version.version),
				isStale: version.freshness === 'Stale',
				resources: listOf(version.resources)
					.filter(isJsonObject)
					.map(resource => textOf(resource.resource)),
			})),
	};
}

function plainGroup(item: unknown): DiscoveredGroup {
	const {name, versions, preferredVersion} = isJsonObject(item) ? item : {};
	const preferred = isJsonObject(preferredVersion) ? textOf(preferredVersion.version) : '';
	const all = listOf(versions)
		.filter(isJsonObject)
		.map(version => textOf(version.version));
	const ordered = all.includes(preferred) ? [preferred, ...all.filter(version => version !== preferred)] : all;
	return {group: textOf(name), versions: ordered.map(version => ({version, isStale: false, resources: undefined}))};
}

function listOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

function stringsOf(value: unknown): readonly string[] {
	return listOf(value).map(textOf);
}

function textOf(value: unknown): string {
	return typeof value === 'string' ? wash(value) : '';
}
