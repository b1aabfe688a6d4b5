/** What entries are ordered by; undefined (or NaN) goes last, whichever way the order runs. */
export type SortKey = number | string | undefined;

/** Only whoever sorts anew afterwards may write another entry or rank. */
type Placed<E> = {entry: E; readonly key: string; rank: SortKey};

/** Entries in order. Reads are cheap at any time; writes cost what they change. */
export type OrderedEntries<E> = {
	/** Begins anew: every entry, by another rule. */
	reset(entries: Iterable<E>, rankOf: (entry: E) => SortKey, isDescending: boolean, isShown: (entry: E) => boolean): void;
	/** These have changed, those have gone. The rule is that of the last reset. */
	update(changed: Iterable<E>, removed: Iterable<E>): void;
	readonly length: number;
	at(index: number): E | undefined;
	/** By binary search over the order. -1 when it is not shown. */
	indexOf(key: string): number;
};

/** Above this share of changed entries sorting anew is cheaper than moving one by one. */
const RESORT_SHARE = 1 / 32;

/**
 * Keeps entries sorted by a rank, and by key among equals, so that the order is total and rows do not swap places without a reason.
 */
export function createOrderedEntries<E extends {readonly key: string}>(): OrderedEntries<E> {
	let order: Array<Placed<E>> = [];
	let places = new Map<string, Placed<E>>();
	let rankOf: (entry: E) => SortKey = () => undefined;
	let isShown: (entry: E) => boolean = () => true;
	let compare = compareBy<E>(false);

	/** Where it stands, or where it would. */
	function search(place: Placed<E>): number {
		let low = 0;
		let high = order.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if (compare(order[middle]!, place) < 0) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	function place(entry: E): Placed<E> {
		return {entry, key: entry.key, rank: orderOf(entry)};
	}

	function orderOf(entry: E): SortKey {
		const rank = rankOf(entry);
		return rank === undefined || Number.isNaN(rank) ? undefined : rank;
	}

	function remove(key: string): void {
		const old = places.get(key);
		if (old === undefined) return;
		places.delete(key);
		order.splice(search(old), 1);
	}

	return {
		reset(entries, nextRankOf, isDescending, nextIsShown) {
			rankOf = nextRankOf;
			isShown = nextIsShown;
			compare = compareBy<E>(isDescending);
			places = new Map();
			for (const entry of entries) if (isShown(entry)) places.set(entry.key, place(entry));
			order = [...places.values()].sort(compare);
		},
		update(changed, removed) {
			const list = Array.isArray(changed) ? (changed as readonly E[]) : [...changed];
			if (list.length > 16 && list.length > order.length * RESORT_SHARE) {
				for (const entry of removed) places.delete(entry.key);
				let hasOthers = false;
				for (const entry of list) {
					const held = places.get(entry.key);
					const shows = isShown(entry);
					if (shows !== (held !== undefined)) hasOthers = true;
					if (!shows) places.delete(entry.key);
					else if (held === undefined) places.set(entry.key, place(entry));
					else {
						held.entry = entry;
						held.rank = orderOf(entry);
					}
				}
				if (hasOthers || order.length !== places.size) order = [...places.values()];
				order.sort(compare);
				return;
			}
			for (const entry of removed) remove(entry.key);
			for (const entry of list) {
				const old = places.get(entry.key);
				if (!isShown(entry)) {
					remove(entry.key);
					continue;
				}
				const next = place(entry);
				if (old !== undefined && old.rank === next.rank) {
					if (old.entry !== entry) {
						order[search(old)] = next;
						places.set(entry.key, next);
					}
					continue;
				}
				remove(entry.key);
				order.splice(search(next), 0, next);
				places.set(entry.key, next);
			}
		},
		get length() {
			return order.length;
		},
		at: index => order[index]?.entry,
		indexOf(key) {
			const held = places.get(key);
			return held === undefined ? -1 : search(held);
		},
	};
}

function compareBy<E>(isDescending: boolean): (left: Placed<E>, right: Placed<E>) => number {
	const way = isDescending ? -1 : 1;
	return (left, right) => {
		const a = left.rank;
		const b = right.rank;
		if (a !== b) {
			if (a === undefined) return 1;
			if (b === undefined) return -1;
			if (a < b) return -way;
			if (a > b) return way;
		}
		// Among equals by name, whichever way: a list turned round stays readable.
		return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
	};
}
