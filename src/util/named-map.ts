/** A map by namespace and name. Looking something up puts no key together: of ten thousand, every 15 s, that is work and garbage. */
export type NamedMap<V> = {
	get(namespace: string, name: string): V | undefined;
	set(namespace: string, name: string, value: V): void;
	/** Forgets what is so. */
	deleteWhere(isDoomed: (value: V) => boolean): void;
	readonly size: number;
};

export function createNamedMap<V>(): NamedMap<V> {
	const namespaces = new Map<string, Map<string, V>>();
	let size = 0;
	return {
		get: (namespace, name) => namespaces.get(namespace)?.get(name),
		set(namespace, name, value) {
			let names = namespaces.get(namespace);
			if (names === undefined) {
				names = new Map();
				namespaces.set(namespace, names);
			}
			if (!names.has(name)) size++;
			names.set(name, value);
		},
		deleteWhere(isDoomed) {
			for (const names of namespaces.values()) for (const [name, value] of names) if (isDoomed(value) && names.delete(name)) size--;
		},
		get size() {
			return size;
		},
	};
}
