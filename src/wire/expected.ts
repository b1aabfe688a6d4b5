import type {Resource} from '../kube/schema.ts';

/** Finds out whether what came is of the resource that was asked for, in a version that its table describes. */
export class Expected {
	readonly kind: string;
	readonly #apiVersions: ReadonlySet<string>;

	/** @param suffix 'List' for lists. */
	constructor({kind, group, versions}: Pick<Resource, 'kind' | 'group' | 'versions'>, suffix: '' | 'List' = '') {
		this.kind = `${kind}${suffix}`;
		this.#apiVersions = new Set(versions.map(version => (group === '' ? version : `${group}/${version}`)));
	}

	/** undefined when it is, else what is wrong. */
	complaintAbout(apiVersion: unknown, kind: unknown): string | undefined {
		if (kind === this.kind && typeof apiVersion === 'string' && this.#apiVersions.has(apiVersion)) return undefined;
		return `expected ${this.kind} ${[...this.#apiVersions].join(' or ')}, got ${shown(kind)} ${shown(apiVersion)}`;
	}
}

function shown(value: unknown): string {
	return typeof value === 'string' ? value.slice(0, 80) || "''" : typeof value;
}
