import {expect, test} from 'vitest';
import {epochMs} from '../../src/util/epoch-ms.ts';
import {momentOf} from '../../src/workbench/replay-time.ts';

const at = (text: string) => epochMs(Date.parse(text));
const range = {from: at('2026-03-01T23:50:00Z'), to: at('2026-03-02T00:20:00Z')};
const marks = [
	{at: at('2026-03-01T23:55:10Z'), text: 'rollout of cart'},
	{at: at('2026-03-02T00:10:10Z'), text: 'rollout of search'},
];
const now = at('2026-03-02T00:00:00Z');

test.each<[string, string]>([
	['23:51', '2026-03-01T23:51:00.000Z'],
	['23:51:20', '2026-03-01T23:51:20.000Z'],
	// Over midnight.
	['00:05', '2026-03-02T00:05:00.000Z'],
	['+5m', '2026-03-02T00:05:00.000Z'],
	['-30s', '2026-03-01T23:59:30.000Z'],
	['+90', '2026-03-02T00:01:30.000Z'],
	['start', '2026-03-01T23:50:00.000Z'],
	['end', '2026-03-02T00:20:00.000Z'],
	['2026-03-02T00:01:02Z', '2026-03-02T00:01:02.000Z'],
	['CART', '2026-03-01T23:55:10.000Z'],
	// The next one of several.
	['rollout', '2026-03-02T00:10:10.000Z'],
])('%s', (text, expected) => {
	const moment = momentOf(text, {now, range, marks});
	expect(moment.ok ? new Date(moment.value).toISOString() : moment.error).toBe(expected);
});

test.each<[string, string]>([
	['12:00', '12:00 is not in the recording: it goes from 23:50:00 to 00:20:00 UTC'],
	['2025-01-01', '2025-01-01 is not in the recording: it goes from 23:50:00 to 00:20:00 UTC'],
	['nonsense', '"nonsense" is no time (14:03:20, +5m, start) and no mark'],
])('%s is refused', (text, expected) => {
	const moment = momentOf(text, {now, range, marks});
	expect(moment.ok ? 'taken' : moment.error).toBe(expected);
});
