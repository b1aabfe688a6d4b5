/** Makes the object of values[base], values[base + 1], … */
export type ObjectMaker = (values: readonly unknown[], base: number) => unknown;

/**
 * An object literal with these properties, so that all objects of a shape have one hidden class from the start, and none is
 * copied and then filled. The names are JSON strings in the source; nothing that a server sends or a file holds gets into it.
 */
export function objectMaker(names: readonly string[]): ObjectMaker {
	return new Function('v', 'b', `return {${names.map((name, index) => `${JSON.stringify(name)}: v[b + ${index}]`).join(', ')}};`) as ObjectMaker;
}
