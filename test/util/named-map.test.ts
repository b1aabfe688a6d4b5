import {expect, test} from 'vitest';
import {NamedMap} from '../../src/util/named-map.ts';

test('keeps by namespace and name, counts each once, forgets what is told', () => {
	const map = new NamedMap<number>();
	map.set('shop', 'a', 1);
	map.set('shop', 'a', 2);
	map.set('bank', 'a', 3);
	map.set('shop', 'b', 4);
	expect([map.get('shop', 'a'), map.get('bank', 'a'), map.get('bank', 'b'), map.get('', 'a')]).toEqual([2, 3, undefined, undefined]);
	expect(map.size).toBe(3);
	map.deleteWhere(value => value > 2);
	expect([map.get('shop', 'a'), map.get('bank', 'a'), map.get('shop', 'b')]).toEqual([2, undefined, undefined]);
	expect(map.size).toBe(1);
});
