import {NO_USAGE} from '../kube/measured-usage.ts';
import type {Field, Fields, ObjectOf} from '../kube/schema.ts';

const NO_ITEMS: readonly never[] = Object.freeze([]);
const NO_ENTRIES: ReadonlyMap<string, unknown> = new Map();

/** What a message with no field set decodes to. */
export function emptyOf<F extends Fields>(fields: F): ObjectOf<F> & Readonly<Record<string, unknown>> {
	return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, absentValueOf(field)])) as ObjectOf<F> & Readonly<Record<string, unknown>>;
}

/** What an absent field decodes to (see the conventions in kube/schema). */
export function absentValueOf(field: Field<unknown>): unknown {
	switch (field.cardinality) {
		case 'optional':
			return undefined;
		case 'repeated':
			return NO_ITEMS;
		case 'map':
			return NO_ENTRIES;
		case 'plain':
			return zeroOf(field);
	}
}

function zeroOf(field: Field<unknown>): unknown {
	switch (field.kind) {
		case 'string':
		case 'word':
		case 'quantity':
			return '';
		case 'int':
		case 'double':
		case 'duration':
		case 'intOrString':
			return 0;
		case 'bool':
			return false;
		case 'time':
			return undefined;
		case 'usage':
			return NO_USAGE;
		case 'message':
			return emptyOf(field.fields!);
	}
}
