import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createSlots} from '../../src/transport/slots.ts';
import {settled} from '../observe/fake-clock.ts';

test('never more than so many at a time, in their order, and none is forgotten', async () => {
	await fc.assert(
		fc.asyncProperty(fc.integer({min: 1, max: 4}), fc.array(fc.constantFrom('take', 'give back', 'abort'), {maxLength: 60}), async (most, steps) => {
			const slots = createSlots(most);
			const held: Array<() => void> = [];
			const waiting: Array<{readonly id: number; readonly stop: AbortController}> = [];
			const served: number[] = [];
			let id = 0;
			for (const step of steps) {
				if (step === 'take') {
					const mine = {id: id++, stop: new AbortController()};
					waiting.push(mine);
					void slots.take(mine.stop.signal).then(giveBack => {
						waiting.splice(waiting.indexOf(mine), 1);
						if (giveBack === undefined) return;
						served.push(mine.id);
						held.push(giveBack);
					});
				} else if (step === 'give back') {
					const giveBack = held.shift();
					giveBack?.();
					giveBack?.();
				} else waiting.at(-1)?.stop.abort();
				await settled();
				expect(held.length).toBeLessThanOrEqual(most);
				if (held.length < most) expect(waiting).toEqual([]);
			}
			expect(served).toEqual(served.toSorted((a, b) => a - b));
			slots.close();
			await settled();
			expect(waiting).toEqual([]);
			expect(await slots.take(new AbortController().signal)).toBeUndefined();
		}),
	);
});
