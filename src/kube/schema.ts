import type {EpochMs} from '../util/epoch-ms.ts';
import type {MeasuredUsage} from './measured-usage.ts';

/**
 * The vocabulary in which a resource says what kwb keeps of it. One table gives the
 * protobuf field numbers, the JSON names, the trim and the TypeScript type; what a table
 * does not name is skipped by its length and never decoded.
 *
 * Conventions of the objects that come out, whatever the encoding was:
 * - plain scalars upstream (no pointer) are always there: `''`, `0`, `false` when absent;
 * - pointers upstream are `optional(…)`: `undefined` when absent;
 * - a plain nested message is always there (an empty one when absent), an optional one may be undefined;
 * - repeated fields are arrays and maps are Maps, empty when absent;
 * - times are EpochMs or undefined, to the microsecond; quantities are their text (see kube/quantity);
 * - every string has been washed of control and bidirectional characters.
 */
export type Kind = 'string' | 'word' | 'int' | 'double' | 'bool' | 'time' | 'duration' | 'quantity' | 'usage' | 'intOrString' | 'message';

/** How often the field stands in its message. */
export type Cardinality = 'plain' | 'optional' | 'repeated' | 'map';

declare const valueType: unique symbol;

/** One field of a message: how it travels, and (as a type only) what it becomes. */
export type Field<T> = {
	/** Protobuf field number. */
	readonly number: number;
	readonly kind: Kind;
	readonly cardinality: Cardinality;
	/** The fields of a nested message, or of a map's values when they are messages. */
	readonly fields?: Fields;
	/** For maps: only these keys are kept. */
	readonly keep?: readonly string[];
	/** Its value is the same in many objects: equal bytes give the same object. */
	readonly shared?: boolean;
	readonly [valueType]?: T;
};

// biome-ignore lint/suspicious/noExplicitAny: the one place where the type of a field is left open, so that tables of any fields fit.
export type Fields = {readonly [name: string]: Field<any>};

/** The object that a table of fields decodes to. */
export type ObjectOf<F extends Fields> = {readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never};

function plain<T>(number: number, kind: Kind): Field<T> {
	return {number, kind, cardinality: 'plain'};
}

/** Text that is mostly different from object to object: names, uids, messages. */
export const string = (number: number): Field<string> => plain(number, 'string');
/** Text that repeats endlessly (namespaces, nodes, reasons): kept once. */
export const word = (number: number): Field<string> => plain(number, 'word');
/** int32 or int64; those that kwb reads stay within 2^53. */
export const int = (number: number): Field<number> => plain(number, 'int');
export const double = (number: number): Field<number> => plain(number, 'double');
export const bool = (number: number): Field<boolean> => plain(number, 'bool');
/** metav1.Time and metav1.MicroTime alike. Absent and the zero time are undefined. */
export const time = (number: number): Field<EpochMs | undefined> => plain(number, 'time');
/** metav1.Duration, in milliseconds. */
export const duration = (number: number): Field<number> => plain(number, 'duration');
/** resource.Quantity, as its text. */
export const quantity = (number: number): Field<string> => plain(number, 'quantity');
export const intOrString = (number: number): Field<number | string> => plain(number, 'intOrString');
export const message = <F extends Fields>(number: number, fields: F): Field<ObjectOf<F>> => ({number, kind: 'message', cardinality: 'plain', fields});
export const messages = <F extends Fields>(number: number, fields: F): Field<ReadonlyArray<ObjectOf<F>>> => ({
	number,
	kind: 'message',
	cardinality: 'repeated',
	fields,
});
export const words = (number: number): Field<readonly string[]> => ({number, kind: 'word', cardinality: 'repeated'});
export const strings = (number: number): Field<readonly string[]> => ({number, kind: 'string', cardinality: 'repeated'});

/** A pointer upstream: absent and zero are different things. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
	return {...field, cardinality: 'optional'} as Field<T | undefined>;
}

/** Marks a field whose value repeats endlessly from object to object (resources, owners): equal bytes are kept once. */
export function shared<T>(field: Field<T>): Field<T> {
	return {...field, shared: true};
}

/** map<string, string>, shared; with `keep`, only these keys of it, and not shared. */
export const wordMap = (number: number, keep?: readonly string[]): Field<ReadonlyMap<string, string>> => ({
	number,
	kind: 'word',
	cardinality: 'map',
	...(keep === undefined ? {shared: true} : {keep}),
});
/** map<string, Quantity>, values as text; shared. */
export const quantityMap = (number: number): Field<ReadonlyMap<string, string>> => ({number, kind: 'quantity', cardinality: 'map', shared: true});
/** map<string, Quantity>, of which CPU and memory are read, as numbers. */
export const usage = (number: number): Field<MeasuredUsage> => plain(number, 'usage');
/** map<string, Time>. */
export const timeMap = (number: number): Field<ReadonlyMap<string, EpochMs>> => ({number, kind: 'time', cardinality: 'map'});

/** An owner, as objects name it. */
export const OWNER_REFERENCE = {kind: word(1), name: word(3), uid: word(4), apiVersion: word(5), controller: optional(bool(6))} as const;

/** What kwb keeps of ObjectMeta. Annotations are kept by name only, per resource (see metaWith): they may hold anything. */
export const OBJECT_META = {
	name: string(1),
	namespace: word(3),
	uid: string(5),
	resourceVersion: string(6),
	generation: int(7),
	creationTimestamp: time(8),
	deletionTimestamp: time(9),
	deletionGracePeriodSeconds: optional(int(10)),
	labels: wordMap(11),
	ownerReferences: shared(messages(13, OWNER_REFERENCE)),
	finalizers: words(14),
} as const;

/** The metadata of a resource of which some annotations are read. */
export const metaWith = (annotations: readonly string[]) => message(1, {...OBJECT_META, annotations: wordMap(12, annotations)});

/** What every stored object has. */
export type Stored = {readonly metadata: ObjectOf<typeof OBJECT_META>};

/** What everything that is listed has. */
export type Named = {readonly metadata: Pick<Stored['metadata'], 'name' | 'namespace'>};

/** The fields of whatever can be listed. */
export type NamedFields = Fields & {readonly metadata: Field<Named['metadata']>};

/** The fields of a resource: whatever else they are, `metadata` is among them. */
export type ResourceFields = Fields & {readonly metadata: Field<Stored['metadata']>};

/** Name of a resource in the registry: its plural, which is unique among those that kwb knows. */
export type ResourceId = string;

/** Values under which an index files an object; undefined files it nowhere. */
export type IndexFunction<T> = (object: T) => string | readonly string[] | undefined;

/** One registered resource. Adding one is one entry (see registry.ts); nothing else names protobuf numbers or paths. */
export type Resource<F extends ResourceFields = ResourceFields, Index extends string = string> = {
	/** Plural, as in the path. */
	readonly id: ResourceId;
	readonly kind: string;
	/** API group; '' is the core group. */
	readonly group: string;
	/** Best first; discovery decides. */
	readonly versions: readonly string[];
	readonly scope: 'namespaced' | 'cluster';
	readonly fields: F;
	// biome-ignore lint/suspicious/noExplicitAny: an index reads the type inferred from the table it stands in.
	readonly indexes: Readonly<Record<Index, IndexFunction<any>>>;
};

/** Whatever can be listed: a resource, or what is never watched nor stored. */
export type Listed<F extends NamedFields = NamedFields> = Pick<Resource, 'id' | 'kind' | 'group' | 'versions' | 'scope'> & {readonly fields: F};

/** Checks an entry and infers its types. */
export function defineResource<const F extends ResourceFields, Index extends string>(
	resource: Omit<Resource<F, Index>, 'indexes'> & {readonly indexes: Readonly<Record<Index, IndexFunction<ObjectOf<F>>>>},
): Resource<F, Index> {
	return resource;
}

/** Key of an object in a store: `namespace/name`, or the name alone for cluster-scoped objects. */
export type ObjectKey = string;

/** The key of an object. */
export function keyOf(object: Stored): ObjectKey {
	return object.metadata.namespace === '' ? object.metadata.name : `${object.metadata.namespace}/${object.metadata.name}`;
}
