import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {sampleAge, sampleAgeChangesAt} from '../../../src/analyze/top/sample.ts';
import {epochMs} from '../../../src/util/epoch-ms.ts';
import {durationChangesAt, humanDuration} from '../../../src/viewmodel/format/age.ts';
import {Moment} from '../../../src/viewmodel/format/moment.ts';

const since = epochMs(1_800_000_000_000);
const at = (ms: number) => epochMs(since + ms);
const ages = fc.oneof(fc.integer({min: 0, max: 700_000}), fc.integer({min: 0, max: 40 * 3_600_000}), fc.integer({min: 0, max: 700 * 86_400_000}));

describe('when a text changes', () => {
	test('an age says the same until then, and something else then', () => {
		fc.assert(
			fc.property(ages, fc.double({min: 0, max: 1, noNaN: true}), (ms, share) => {
				const changes = durationChangesAt(since, at(ms)) - since;
				expect(changes).toBeGreaterThan(ms);
				expect(humanDuration(ms + Math.floor(share * (changes - 1 - ms)))).toBe(humanDuration(ms));
				expect(humanDuration(changes)).not.toBe(humanDuration(ms));
			}),
		);
	});

	test('a sample is of the same kind of age until then', () => {
		fc.assert(
			fc.property(fc.integer({min: 0, max: 400_000}), fc.constantFrom(undefined, 10_000, 15_000, 60_000), (ms, cadence) => {
				const changes = sampleAgeChangesAt(since, at(ms), cadence);
				const {kind} = sampleAge(since, at(ms), cadence);
				if (changes === undefined) expect(kind).toBe('stale');
				else {
					expect(sampleAge(since, epochMs(changes - 1), cadence).kind).toBe(kind);
					expect(changes).toBeGreaterThan(at(ms));
				}
			}),
		);
	});

	test('the earliest of what was written counts, and nothing was written for a moment before', () => {
		const moment = new Moment(at(65_200));
		expect(moment.changesAt).toBeUndefined();
		expect(moment.holdsAt(at(9_999_999))).toBe(true);
		expect(moment.since(epochMs(since - 3_600_000))).toBe('61m');
		expect(moment.changesAt).toBe(at(120_000));
		expect(moment.since(since)).toBe('65s');
		expect(moment.changesAt).toBe(at(66_000));
		expect([65_199, 65_200, 65_999, 66_000].map(ms => moment.holdsAt(at(ms)))).toEqual([false, true, true, false]);
		const other = new Moment(at(65_300));
		other.changesWith(moment);
		expect(other.changesAt).toBe(at(66_000));
	});
});
