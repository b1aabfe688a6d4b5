import {type EpochMs, epochMs} from '../../util/epoch-ms.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * A duration in two or three significant figures, as kubectl prints ages: `95s`, `2m5s`, `7h12m`, `3d4h`, `2y10d`.
 *
 * @param milliseconds Up to two seconds below zero count as clocks that disagree; further below is `<invalid>`.
 * Source: k8s.io/apimachinery v0.37.2, pkg/util/duration/duration.go, HumanDuration.
 */
export function humanDuration(milliseconds: number): string {
	const seconds = Math.trunc(milliseconds / SECOND_MS);
	if (seconds < -1) return '<invalid>';
	if (seconds < 0) return '0s';
	if (seconds < 60 * 2) return `${seconds + 0}s`;
	const minutes = Math.trunc(milliseconds / MINUTE_MS);
	if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
	if (minutes < 60 * 3) return `${minutes}m`;
	const hours = Math.trunc(milliseconds / HOUR_MS);
	if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
	if (hours < 48) return `${hours}h`;
	const days = Math.trunc(hours / 24);
	if (hours < 24 * 8) return withRest(days, 'd', hours % 24, 'h');
	if (hours < 24 * 365 * 2) return `${days}d`;
	const years = Math.trunc(days / 365);
	if (hours < 24 * 365 * 8) return withRest(years, 'y', days % 365, 'd');
	return `${years}y`;
}

/** When {@link humanDuration} of the time since then says something else. */
export function durationChangesAt(since: EpochMs, now: EpochMs): EpochMs {
	const milliseconds = now - since;
	const unit = milliseconds < 10 * MINUTE_MS ? SECOND_MS : milliseconds < 8 * HOUR_MS ? MINUTE_MS : milliseconds < 8 * 24 * HOUR_MS ? HOUR_MS : 24 * HOUR_MS;
	return epochMs(since + (Math.floor(milliseconds / unit) + 1) * unit);
}

/** Time since a moment; `–` when the moment is not known (kubectl: `<unknown>`). */
export function ageText(since: EpochMs | undefined, now: EpochMs): string {
	return since === undefined ? '–' : humanDuration(now - since);
}

/** A window or a delay, with a fraction where it is short: `15s`, `9.6s`, `1m0.5s`. */
export function shortDuration(milliseconds: number): string {
	if (!Number.isFinite(milliseconds)) return '–';
	const tenths = Math.round(milliseconds / 100);
	const minutes = Math.trunc(tenths / 600);
	const seconds = `${(tenths % 600) / 10}s`;
	return minutes === 0 ? seconds : `${minutes}m${seconds}`;
}

/** `2026-11-24T20:44:39Z`: for text that must not depend on when it is read. */
export function timeText(moment: EpochMs | undefined): string {
	return moment === undefined ? '–' : `${new Date(moment).toISOString().slice(0, 19)}Z`;
}

function withRest(value: number, unit: string, rest: number, restUnit: string): string {
	return rest === 0 ? `${value}${unit}` : `${value}${unit}${rest}${restUnit}`;
}
