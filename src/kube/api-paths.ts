import type {Resource} from './schema.ts';

/** What a path is made of: a registered resource, or as much of one as discovery tells. */
export type PathResource = Pick<Resource, 'id' | 'group' | 'scope'>;

/** Path of a group and version, e.g. `/api/v1`, `/apis/apps/v1`. */
export function groupVersionPath(group: string, version: string): string {
	return group === '' ? `/api/${encodeURIComponent(version)}` : `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`;
}

/**
 * Path of all objects of a resource.
 *
 * @param namespace undefined: of the whole cluster. Ignored for cluster-scoped resources.
 */
export function collectionPath(resource: PathResource, version: string, namespace?: string): string {
	const scope = namespace === undefined || resource.scope === 'cluster' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
	return `${groupVersionPath(resource.group, version)}${scope}/${encodeURIComponent(resource.id)}`;
}

/**
 * Path of one object, and of a subresource of it (`log`, `scale`, `eviction`).
 *
 * @param namespace undefined for cluster-scoped resources.
 */
export function objectPath(resource: PathResource, version: string, namespace: string | undefined, name: string, subresource?: string): string {
	const tail = subresource === undefined ? '' : `/${encodeURIComponent(subresource)}`;
	return `${collectionPath(resource, version, namespace)}/${encodeURIComponent(name)}${tail}`;
}
