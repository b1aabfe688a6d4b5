import {crc32} from 'node:zlib';
import {NO_USAGE} from '../kube/measured-usage.ts';
import type {Field, Fields, Resource, ResourceId, Stored} from '../kube/schema.ts';
import {FOLD_VERSIONS} from '../observe/create-stream.ts';
import type {RecordingHeader} from './file-format.ts';
import type {Complete} from './segment-codec.ts';

/** The header of a recording made by this release. */
export function recordingHeader({
	program,
	cluster,
	namespaces,
	resources,
}: {
	readonly program: string;
	readonly cluster: string;
	readonly namespaces: readonly string[] | undefined;
	readonly resources: ReadonlyArray<Pick<Resource, 'id' | 'fields'>>;
}): RecordingHeader {
	return {
		program,
		cluster,
		namespaces: namespaces ?? null,
		fields: Object.fromEntries(resources.map(({id, fields}) => [id, fieldsId(fields)])),
		folds: FOLD_VERSIONS,
	};
}

/** Tells whether two releases keep the same fields of a resource. */
export function fieldsId(fields: Fields): string {
	return crc32(JSON.stringify(namesOf(fields))).toString(16);
}

function namesOf(fields: Fields): unknown {
	return Object.entries(fields).map(([name, {kind, cardinality, fields: inner}]) => [name, kind, cardinality, inner === undefined ? null : namesOf(inner)]);
}

/**
 * Gives objects that were written with other fields what this release expects: what is missing is as if the server had
 * not said it. Objects of resources whose fields are the same, or that nobody knows, pass as they are.
 *
 * @param written By resource, as the file says it.
 */
export function completeFor(written: Readonly<Record<ResourceId, string>>, resourceOf: (id: ResourceId) => Pick<Resource, 'fields'> | undefined): Complete {
	const needed = new Map<ResourceId, Fields | undefined>();
	return (resource, object) => {
		if (!needed.has(resource)) {
			const fields = resourceOf(resource)?.fields;
			needed.set(resource, fields === undefined || fieldsId(fields) === written[resource] ? undefined : fields);
		}
		const fields = needed.get(resource);
		return fields === undefined ? object : (withFields(object, fields) as Stored);
	};
}

function withFields(value: unknown, fields: Fields): unknown {
	const known = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
	const complete: Record<string, unknown> = {...known};
	for (const [name, field] of Object.entries(fields)) complete[name] = withDefault(known[name], field);
	return complete;
}

function withDefault(value: unknown, field: Field<unknown>): unknown {
	const {kind, cardinality, fields} = field;
	const isMessage = kind === 'message' && fields !== undefined;
	switch (cardinality) {
		case 'optional':
			return isMessage && value !== undefined ? withFields(value, fields) : value;
		case 'repeated':
			if (!Array.isArray(value)) return [];
			return isMessage ? value.map(each => withFields(each, fields)) : value;
		case 'map':
			if (!(value instanceof Map)) return new Map();
			return isMessage ? new Map(Array.from(value, ([key, each]) => [key, withFields(each, fields)])) : value;
		case 'plain':
			return isMessage ? withFields(value, fields) : (value ?? EMPTY[kind]);
	}
}

/** What an absent plain field is (see kube/schema). */
const EMPTY: Readonly<Record<Field<unknown>['kind'], unknown>> = {
	string: '',
	word: '',
	quantity: '',
	usage: NO_USAGE,
	int: 0,
	double: 0,
	duration: 0,
	bool: false,
	time: undefined,
	intOrString: 0,
	message: undefined,
};
