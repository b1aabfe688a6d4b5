import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import {err, ok, type Result} from '../util/result.ts';

const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/;
const DISTANCE = /^([+-])\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/;
const UNITS = {ms: 1, s: 1000, m: 60_000, h: 3_600_000} as const;
const DAY_MS = 86_400_000;

/** What a moment is told by. */
export type TimeContext = {
	/** What `+5m` and `-30s` count from. */
	readonly now: EpochMs;
	readonly range: {readonly from: EpochMs; readonly to: EpochMs};
	readonly marks: ReadonlyArray<{readonly at: EpochMs; readonly text: string}>;
};

/**
 * The moment that a person means: `14:03` or `14:03:20` (UTC), an ISO time, a distance, `start`, `end`, or the text of a
 * mark, of which the next one after now counts.
 *
 * @returns The error as one line.
 */
export function momentOf(text: string, {now, range, marks}: TimeContext): Result<EpochMs, string> {
	if (text === 'start') return ok(range.from);
	if (text === 'end') return ok(range.to);
	const distance = DISTANCE.exec(text);
	if (distance !== null) {
		const milliseconds = Number(distance[2]) * UNITS[(distance[3] ?? 's') as keyof typeof UNITS];
		return ok(epochMs(distance[1] === '-' ? now - milliseconds : now + milliseconds));
	}
	const clock = CLOCK.exec(text);
	if (clock !== null) {
		const [, hours, minutes, seconds = '0'] = clock;
		const ofDay = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
		// A recording over midnight: the day on which it holds that time.
		const first = Math.floor(range.from / DAY_MS) * DAY_MS + ofDay;
		return within(first < range.from - 1000 && first + DAY_MS <= range.to ? first + DAY_MS : first, text, range);
	}
	const isOfMark = marks.some(mark => mark.text.toLowerCase().includes(text.toLowerCase()));
	if (isOfMark) {
		const found = marks.filter(mark => mark.text.toLowerCase().includes(text.toLowerCase()));
		return ok((found.find(({at}) => at > now) ?? found[0]!).at);
	}
	const parsed = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
	if (!Number.isNaN(parsed)) return within(parsed, text, range);
	return err(`${JSON.stringify(text)} is no time (14:03:20, +5m, start) and no mark`);
}

function within(at: number, text: string, {from, to}: TimeContext['range']): Result<EpochMs, string> {
	if (at >= from - 1000 && at <= to + 1000) return ok(epochMs(at));
	return err(`${text} is not in the recording: it goes from ${clockOf(from)} to ${clockOf(to)} UTC`);
}

function clockOf(at: EpochMs): string {
	return new Date(at).toISOString().slice(11, 19);
}
