import {measure} from '../../kube/quantity.ts';

/** A ResourceList upstream: quantities by resource name, as texts. */
export type ResourceList = ReadonlyMap<string, string>;

/** Quantities by resource name as doubles: `cpu` in nano-cores, everything else in whole units (bytes, pods, devices). */
export type Amounts = ReadonlyMap<string, number>;

/** Reads a list; the same list object may give the same answer object. */
export type ReadAmounts = (list: ResourceList) => Amounts;

const NONE: Amounts = new Map();

/** The amounts of a list. What is no quantity is left out: it is not there, rather than 0. */
export function amountsOf(list: ResourceList): Amounts {
	if (list.size === 0) return NONE;
	const amounts = new Map<string, number>();
	for (const [name, text] of list) {
		const amount = amountOf(name, text);
		if (amount !== undefined) amounts.set(name, amount);
	}
	return amounts;
}

/** One quantity in the unit of its resource: nano-cores for `cpu`, whole units for everything else. */
export function amountOf(name: string, text: string): number | undefined {
	return measure(text, name === 'cpu' ? 'nano' : 'whole')?.amount;
}

/** Reads every list object once. Pods of one workload share theirs (see `shared` in kube/schema), so this reads a few hundred instead of ten thousand. */
export function rememberAmounts(): ReadAmounts {
	const known = new WeakMap<ResourceList, Amounts>();
	return list => {
		let amounts = known.get(list);
		if (amounts === undefined) {
			amounts = amountsOf(list);
			known.set(list, amounts);
		}
		return amounts;
	};
}
