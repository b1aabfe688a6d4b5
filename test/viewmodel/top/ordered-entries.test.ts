import {expect, test} from 'vitest';
import {createOrderedEntries} from '../../../src/viewmodel/top/ordered-entries.ts';

test('when many change at once, one that leaves and one that comes are seen, and all are in order', () => {
	const all = Array.from({length: 40}, (_, index) => ({key: `k${String(index).padStart(2, '0')}`, rank: index, isShown: index !== 7}));
	const ordered = createOrderedEntries<(typeof all)[number]>();
	ordered.reset(
		all,
		({rank}) => rank,
		true,
		({isShown}) => isShown,
	);
	const shown = (): readonly string[] => Array.from({length: ordered.length}, (_, index) => ordered.at(index)!.key);
	for (const each of all) each.rank = (each.rank * 17) % 40;
	all[7]!.isShown = true;
	all[8]!.isShown = false;
	ordered.update(all, []);
	expect(shown()).toEqual(
		all
			.filter(({isShown}) => isShown)
			.toSorted((one, other) => other.rank - one.rank)
			.map(({key}) => key),
	);
	expect(ordered.indexOf('k08')).toBe(-1);
	expect(shown()[ordered.indexOf('k07')]).toBe('k07');
});
