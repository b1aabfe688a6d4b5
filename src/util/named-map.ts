/**
 * A map by namespace and name. Looking something up puts no key together: of ten thousand, every 15 s, that is work and garbage.
 * A class: what is called ten thousand times should be one function, whichever map it is.
 */
export class NamedMap<V> {
	readonly #namespaces = new Map<string, Map<string, V>>();
	#size = 0;

	get size(): number {
		return this.#size;
	}

	get(namespace: string, name: string): V | undefined {
		return this.#namespaces.get(namespace)?.get(name);
	}

	set(namespace: string, name: string, value: V): void {
		let names = this.#namespaces.get(namespace);
		if (names === undefined) {
			names = new Map();
			this.#namespaces.set(namespace, names);
		}
		if (!names.has(name)) this.#size++;
		names.set(name, value);
	}

	/** Forgets what is so. */
	deleteWhere(isDoomed: (value: V) => boolean): void {
		for (const names of this.#namespaces.values()) for (const [name, value] of names) if (isDoomed(value) && names.delete(name)) this.#size--;
	}
}
