import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {createUsageLog, pagesBetween, type SeriesEnd, type UsageLog, wordsOf} from '../../src/observe/usage-log.ts';

const NAMES = [['app'], ['app', 'side'], [''], []];

/** What was said of one object: a row a sample. */
type Row = {readonly time: number; readonly names: readonly string[]; readonly values: readonly number[]};

/** A log beside what it should say, fed with the same. */
function world() {
	let log: UsageLog = createUsageLog();
	let time = Date.UTC(2026, 0, 1);
	const ends = new Map<number, SeriesEnd>();
	const rows = new Map<number, Row[]>();
	return {
		log: () => log,
		ends,
		add(object: number, names: readonly string[], later: number): void {
			time += later;
			const values = names.map((_, index) => (time % 1000) + index);
			const figures = values.flatMap(value => [value, 2 * value]);
			const number = log.numberOf(names);
			ends.set(object, {names: number, last: log.append(ends.get(object), number, time, figures, 0)});
			rows.set(object, [...(rows.get(object) ?? []), {time, names, values}]);
		},
		/** Saves and goes on in another log, from pages in any number of pieces. */
		restart(cuts: readonly number[]): void {
			const saved = log.save();
			// What a keyframe takes ends behind a whole sample, as `ends` do.
			const bounds = [0, ...cuts.filter(cut => cut < saved.end).toSorted((a, b) => a - b), saved.end];
			const pages = bounds.slice(1).flatMap((to, index) => pagesBetween(saved.pages, bounds[index]!, to));
			log = createUsageLog();
			log.restore({...saved, pages: pages.map(page => ({...page, words: page.words.slice()}))});
		},
		check(): void {
			const view = log.view();
			for (const [object, end] of ends) {
				const expected = rows.get(object)!.slice(-240);
				const series = view.read(end, undefined)!;
				expect([...series.times]).toEqual(expected.map(({time: at}) => at));
				const sums = expected.map(({names, values}) => (names.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0)));
				expect([...series.cpu]).toEqual(sums);
				expect([...series.memory]).toEqual(sums.map(sum => 2 * sum));
				const side = view.read(end, 'side');
				expect(side === undefined).toBe(expected.every(({names}) => !names.includes('side')));
				if (side !== undefined) expect([...side.cpu]).toEqual(expected.map(({names, values}) => (names.includes('side') ? values[1] : Number.NaN)));
			}
		},
	};
}

describe('the usage log', () => {
	test('says of every object what was said of it, whoever came between, across pages, restarts and other names', () => {
		const step = fc.record({object: fc.nat(5), names: fc.constantFrom(...NAMES), later: fc.constantFrom(0, 1000, 15_000, 20_000_000), restart: fc.nat(40)});
		fc.assert(
			fc.property(fc.array(step, {maxLength: 150}), steps => {
				const it = world();
				const whole: number[] = [];
				for (const {object, names, later, restart} of steps) {
					it.add(object, names, later);
					whole.push(it.log().save().end);
					if (restart === 0) it.restart(whole);
				}
				it.check();
			}),
			{numRuns: 60},
		);
	});

	test('a view never changes, and what is forgotten is the oldest', () => {
		const it = world();
		for (let round = 0; round < 20; round++) it.add(0, ['app'], 15_000);
		const [view, end] = [it.log().view(), it.ends.get(0)!];
		const before = [...view.read(end, undefined)!.times];
		for (let round = 0; round < 3000; round++) {
			it.add(0, ['app'], 15_000);
			it.log().trim(wordsOf(1));
		}
		expect([...view.read(end, undefined)!.times]).toEqual(before);
		it.check();
		const {pages, floor} = it.log().save();
		expect(pages[0]!.from).toBeLessThanOrEqual(floor);
		expect(pages.reduce((sum, {words}) => sum + words.length, 0)).toBeLessThan(480 * wordsOf(1) + 2 ** 16);
	});

	test('what comes after a restart is forgotten at the same sample as without one', () => {
		const [one, other] = [world(), world()];
		for (let round = 0; round < 2000; round++) {
			for (const it of [one, other]) {
				it.add(round % 7, ['app'], 1000);
				it.log().trim(7 * wordsOf(1));
			}
			if (round % 300 === 200) other.restart([]);
		}
		for (const [object, end] of one.ends) expect(other.log().view().read(other.ends.get(object)!, undefined)).toEqual(one.log().view().read(end, undefined));
		expect(other.log().save().floor).toBe(one.log().save().floor);
	});

	test('where the pages before are lost, a series begins after the loss', () => {
		const it = world();
		for (let round = 0; round < 4000; round++) it.add(round % 2, ['app'], 1000);
		const saved = it.log().save();
		expect(saved.pages.length).toBeGreaterThan(1);
		const log = createUsageLog();
		log.restore({...saved, pages: saved.pages.slice(-1)});
		const last = log.view().read(it.ends.get(0)!, undefined)!;
		expect(last.times.length).toBeGreaterThan(0);
		expect(last.times.at(-1)).toBe(it.log().view().read(it.ends.get(0)!, undefined)!.times.at(-1));
	});
});
