import type {EpochMs} from '../util/epoch-ms.ts';
import {epochMs} from '../util/epoch-ms.ts';

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * A time as metav1.Time and MicroTime write it in JSON, to the microsecond.
 *
 * @returns undefined when it is none.
 */
export function parseTime(text: string): EpochMs | undefined {
	const match = RFC3339.exec(text);
	if (match === null) return undefined;
	const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = match;
	const date = new Date(0);
	date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
	const seconds = date.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second);
	const offset = (Number(offsetHours) * 3600 + Number(offsetMinutes) * 60) * (sign === '-' ? -1 : 1);
	const microseconds = Number(fraction.padEnd(6, '0').slice(0, 6));
	return epochMs((seconds - offset) * 1000 + microseconds / 1000);
}

const NANOSECONDS = {h: 3_600_000_000_000, m: 60_000_000_000, s: 1_000_000_000, ms: 1_000_000, µs: 1000, μs: 1000, us: 1000, ns: 1} as const;
const DURATION = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|µs|μs|us|ns))+)$/;
const DURATION_PART = /(\d*)\.?(\d*)(h|ms|m|s|µs|μs|us|ns)/g;

/**
 * A duration as Go writes it (`1m15.5s`), in milliseconds. Source: go 1.26 src/time/format.go, ParseDuration.
 *
 * @returns undefined when it is none.
 */
export function parseDuration(text: string): number | undefined {
	if (text === '0') return 0;
	const match = DURATION.exec(text);
	if (match === null) return undefined;
	let nanoseconds = 0;
	for (const [, whole = '', fraction = '', unit] of match[2]!.matchAll(DURATION_PART)) {
		const scale = NANOSECONDS[unit as keyof typeof NANOSECONDS];
		nanoseconds += Number(whole) * scale + Math.trunc(fraction === '' ? 0 : (Number(fraction) * scale) / 10 ** fraction.length);
	}
	return ((match[1] === '-' ? -1 : 1) * nanoseconds) / 1e6;
}
