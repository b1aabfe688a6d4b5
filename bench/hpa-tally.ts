import type {TracedPass} from '../src/observe/hpa-fold.ts';

/** What kwb said of an autoscaler from a moment (ms since 1970, this machine's clock) on. */
export type Announcement = {
	readonly of: unknown;
	readonly at: number;
	readonly current: number | undefined;
	readonly desired: number | undefined;
	readonly isCertain: boolean;
	readonly raw: number | undefined;
	readonly release: {readonly to: number; readonly inFromMs: number; readonly inToMs: number} | undefined;
	readonly limiting: string;
	/** The error with which the next pass ends, in the controller's words. */
	readonly failure: string | undefined;
};

/** A pass of the log that did not rescale. */
export type LivePass = {
	readonly kind: 'unchanged' | 'failed';
	readonly key: string;
	readonly at: number;
	readonly current: number | undefined;
	readonly raw: number | undefined;
	/** Of one that failed, from `invalid metrics` on. */
	readonly error?: string;
};

/** A pass of the log that did. */
export type Rescaled = {
	readonly key: string;
	readonly at: number;
	readonly current: number;
	readonly desired: number;
	readonly reason: string;
	/** undefined where the bounds decided. */
	readonly raw: number | undefined;
	readonly metric: string | undefined;
};

/** An event that shows a change of the count, when kwb received it. */
export type ShownChange = {readonly key: string; readonly at: number; readonly to: number};

/** kwb's own account of a rescale, given afterwards. */
export type TracedRescale = {
	readonly key: string;
	readonly at: number;
	readonly to: number;
	readonly traced: TracedPass | undefined;
	readonly verdict: string | undefined;
	readonly text: string;
};

export type TallyInput = {
	readonly passes: readonly LivePass[];
	readonly rescaled: readonly Rescaled[];
	readonly announcements: ReadonlyMap<string, readonly Announcement[]>;
	readonly shown: readonly ShownChange[];
	readonly traced: readonly TracedRescale[];
	/** What kwb was told of the values that an autoscaler goes by. */
	readonly readings: readonly ReadingSeen[];
};

/** A new value or sample that kwb received; without a key it may concern any of them. */
export type ReadingSeen = {readonly key: string | undefined; readonly at: number};

export type Miss = {readonly key: string; readonly at: number; readonly what: string; readonly cause: string};

export type Tally = {
	readonly rescales: number;
	readonly predicted: number;
	readonly predictedAsRelease: number;
	/** Of those predicted: said to be the likeliest of a range. */
	readonly predictedOfRange: number;
	readonly missed: readonly Miss[];
	readonly explained: number;
	readonly unexplained: readonly Miss[];
	/** Announced as due at the next pass, which then made none. */
	readonly falsePredictions: readonly Miss[];
	readonly otherSize: readonly Miss[];
	readonly unchanged: {readonly passes: number; readonly rightResult: number; readonly rightRaw: number; readonly uncertain: number};
	readonly failed: {readonly passes: number; readonly seenAsFailing: number; readonly rightText: number; readonly otherTexts: readonly Miss[]};
};

/** An event may be received this much before the log line is written: both wait for their turn on a busy machine. */
const BEFORE_MS = 2000;
const AFTER_MS = 5000;
/** After the first event that shows a change the other comes within this. */
const ECHO_MS = 500;
/** What kwb says in seconds it says to half a second. */
const SAID_MS = 500;
/** The server's clock is known to half a second or so. */
const SKEW_MS = 1500;

/** Counts as the reference says: what was foretold, what was explained, what was foretold wrongly, each by itself. */
export function tally({passes, rescaled, announcements, shown, traced, readings}: TallyInput): Tally {
	const missed: Miss[] = [];
	const unexplained: Miss[] = [];
	const falsePredictions: Miss[] = [];
	const otherSize: Miss[] = [];
	let predicted = 0;
	let predictedAsRelease = 0;
	let predictedOfRange = 0;
	let rightText = 0;
	const otherTexts: Miss[] = [];
	let explained = 0;
	const used = new Set<TracedRescale>();
	const seenAt = new Map<string, number>();

	for (const each of rescaled) {
		const {key, at, current, desired} = each;
		// The target and the status show the same change: what showed an earlier one does not show this one.
		const event = shown.find(
			change => change.key === key && change.to === desired && change.at > at - BEFORE_MS && change.at <= at + AFTER_MS && change.at > (seenAt.get(key) ?? 0),
		);
		seenAt.set(key, Math.max(at, event?.at ?? 0) + ECHO_MS);
		const said = lastBefore(announcements.get(key), event?.at ?? at);
		const isRelease =
			said?.desired === current &&
			said.release?.to === desired &&
			at >= said.at + said.release.inFromMs - SAID_MS &&
			at <= said.at + said.release.inToMs + SAID_MS;
		if (said?.desired === desired && said.current === current) {
			predicted++;
			if (!said.isCertain) predictedOfRange++;
		} else if (isRelease && said?.current === current) {
			predicted++;
			predictedAsRelease++;
		} else missed.push({key, at, what: `${current} → ${desired} (raw ${each.raw ?? '–'})`, cause: `${missCause(each, said)}${agesText(readings, key, at)}`});
		// What was said right before the pass, and of another size.
		const before = lastBefore(announcements.get(key), at);
		if (before?.current === current && before.isCertain && before.desired !== undefined && before.desired !== current && before.desired !== desired)
			otherSize.push({
				key,
				at,
				what: `announced ${before.desired}, came ${current} → ${desired} (raw ${each.raw ?? '–'}, kwb ${before.raw ?? '–'})`,
				cause: before.limiting,
			});

		const account = traced.find(one => !used.has(one) && one.key === key && one.to === desired && one.at >= at - SKEW_MS && one.at <= at + AFTER_MS);
		if (account !== undefined) used.add(account);
		const wrong = differencesOf(each, account?.traced);
		if (wrong === undefined) explained++;
		else unexplained.push({key, at, what: `${current} → ${desired}: ${wrong}`, cause: account?.text ?? 'no change of the status was seen'});
	}

	let rightResult = 0;
	let rightRaw = 0;
	let uncertain = 0;
	let unchanged = 0;
	let failed = 0;
	let seenAsFailing = 0;
	for (const {kind, key, at, current, raw, error} of passes) {
		const said = lastBefore(announcements.get(key), at);
		if (said === undefined) continue;
		if (kind === 'failed') {
			failed++;
			if (said.limiting === 'failedMetric') seenAsFailing++;
			if (said.failure === error) rightText++;
			else otherTexts.push({key, at, what: `${said.failure ?? 'no failure'}`, cause: error ?? ''});
			continue;
		}
		unchanged++;
		if (said.raw === raw) rightRaw++;
		const isOverdue = said.release !== undefined && said.desired === current && said.raw === raw && said.at + said.release.inToMs + SAID_MS < at;
		if (!said.isCertain || said.current !== current) uncertain++;
		else if (isOverdue)
			falsePredictions.push({key, at, what: `announced ${current} → ${said.release?.to} as the end of a window, the pass left it`, cause: said.limiting});
		else if (said.desired === current) rightResult++;
		else
			falsePredictions.push({
				key,
				at,
				what: `announced ${current} → ${said.desired} (raw ${said.raw ?? '–'}), the pass found ${raw ?? '–'}`,
				cause: said.raw === raw ? said.limiting : 'other values',
			});
	}
	return {
		rescales: rescaled.length,
		predicted,
		predictedAsRelease,
		predictedOfRange,
		missed,
		explained,
		unexplained,
		falsePredictions,
		otherSize,
		unchanged: {passes: unchanged, rightResult, rightRaw, uncertain},
		failed: {passes: failed, seenAsFailing, rightText, otherTexts},
	};
}

function lastBefore(list: readonly Announcement[] | undefined, at: number): Announcement | undefined {
	return list?.findLast(each => each.at < at);
}

/** How long before the pass kwb had its last news of the values, and how long after it the next came. */
function agesText(readings: readonly ReadingSeen[], key: string, at: number): string {
	const own = readings.filter(each => each.key === key || each.key === undefined);
	const before = own.findLast(each => each.at < at);
	const after = own.find(each => each.at >= at);
	return `; news ${before === undefined ? '–' : at - before.at} ms before, ${after === undefined ? '–' : after.at - at} ms after`;
}

function missCause({raw, current, desired}: Rescaled, said: Announcement | undefined): string {
	if (said === undefined) return 'nothing was said yet';
	if (said.current !== current) return `kwb still had ${said.current} replicas`;
	if (raw !== undefined && said.raw !== raw) return `values: kwb had ${said.raw ?? 'no'} raw, said ${said.desired}`;
	if (!said.isCertain) return `kwb was not certain (said ${said.desired})`;
	return `same raw, kwb said ${said.desired} and not ${desired}: ${said.limiting}`;
}

function differencesOf(line: Rescaled, traced: TracedPass | undefined): string | undefined {
	if (traced === undefined) return 'no trace';
	const parts = [
		...(line.raw !== undefined && traced.raw !== line.raw ? [`raw ${traced.raw} for ${line.raw}`] : []),
		...(line.metric !== undefined && traced.metric !== line.metric ? [`metric ${traced.metric} for ${line.metric}`] : []),
		...(traced.current !== line.current ? [`current ${traced.current} for ${line.current}`] : []),
		...(traced.desired !== line.desired ? [`desired ${traced.desired} for ${line.desired}`] : []),
		...((traced.reason ?? '') !== line.reason ? [`reason ${JSON.stringify(traced.reason)} for ${JSON.stringify(line.reason)}`] : []),
	];
	return parts.length === 0 ? undefined : parts.join(', ');
}

/** The figures, and every disagreement with its cause. */
export function tallyLines(
	result: Tally,
	about: {readonly profile: string; readonly kubernetes: string; readonly minutes: number; readonly autoscalers: number; readonly flags: string},
): readonly string[] {
	const share = (part: number, whole: number): string => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)}%`);
	const {rescales, predicted, predictedAsRelease, predictedOfRange, missed, explained, unexplained, falsePredictions, otherSize, unchanged, failed} = result;
	const listed = (title: string, all: readonly Miss[]): readonly string[] =>
		all.length === 0
			? []
			: ['', `${title}:`, ...all.map(({key, at, what, cause}) => `  ${new Date(at).toISOString().slice(11, 23)} ${key} ${what} [${cause}]`)];
	return [
		`Kubernetes ${about.kubernetes}, profile ${about.profile}, ${about.autoscalers} autoscalers, ${about.minutes.toFixed(1)} minutes, flags ${about.flags}`,
		`rescales                                  ${rescales}`,
		`  predicted to the exact size             ${predicted} (${share(predicted, rescales)}), ${predictedAsRelease} of them as the end of a window, ${predictedOfRange} as the likeliest of a range`,
		`  explained to the exact size afterwards  ${explained} (${share(explained, rescales)})`,
		`predicted rescales where none came        ${falsePredictions.length}`,
		`predicted rescales of another size        ${otherSize.length}`,
		`passes without change                     ${unchanged.passes}: result right ${unchanged.rightResult}, raw right ${unchanged.rightRaw}, not certain ${unchanged.uncertain}`,
		`failed passes                             ${failed.passes}, ${failed.seenAsFailing} seen as failing, ${failed.rightText} with the same text`,
		...listed('Not predicted', missed),
		...listed('Not explained', unexplained),
		...listed('Predicted where none came', falsePredictions),
		...listed('Predicted of another size', otherSize),
		...listed('Failed otherwise than foretold', failed.otherTexts),
	];
}
