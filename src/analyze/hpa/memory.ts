import type {EpochMs} from '../../util/epoch-ms.ts';
import type {PassMemory} from './decide-pass.ts';
import type {Direction, ScaleEvent} from './limit-rate.ts';
import type {Recommendation} from './stabilize.ts';

/** A moment that is known only to lie between two others. */
export type Interval = {readonly from: EpochMs; readonly to: EpochMs};

/** A number that is known only to lie between two others; exact where they are the same. */
export type Range = {readonly low: number; readonly high: number};

/** The same raw number in pass after pass. */
export type RememberedRun = Range & {readonly first: Interval; readonly last: Interval; readonly passes: number};

/** A change that the controller itself made. */
export type RememberedEvent = {readonly direction: Direction; readonly change: number; readonly at: Interval};

/** A change of the count by the controller, whether or not it remembers it. */
export type Rescale = {readonly from: number; readonly to: number; readonly at: Interval};

/** How many rescales are kept: enough to see flapping and to draw. */
const RESCALES_KEPT = 50;

/**
 * The controller's memory of one HPA, as far as it can be known from outside: plain data, so that it can be saved as
 * it is. Every step below takes one and gives the next.
 */
export type HpaMemory = {
	/** All that the controller remembered after this moment is in `runs` and `events`. */
	readonly knownFrom: EpochMs;
	readonly origin: 'watchBegan' | 'hpaCreated' | 'controllerRestarted';
	/** Bounds on what it remembered before `knownFrom`; undefined: there was nothing. */
	readonly before: {readonly low: number | undefined; readonly high: number | undefined} | undefined;
	/** Oldest first. */
	readonly runs: readonly RememberedRun[];
	/** Oldest first. */
	readonly events: readonly RememberedEvent[];
	/** Not the controller's but ours: the latest changes of the count, oldest first. It outlives restarts. */
	readonly rescales: readonly Rescale[];
	/** When the last pass was, seen or supposed. */
	readonly lastPass: Interval | undefined;
	readonly leader: {readonly holder: string; readonly transitions: number | undefined} | undefined;
};

/** Nothing is known but that the watch begins now; or that the HPA is new, and there was nothing before. */
export function beginMemory(at: EpochMs, createdAt?: EpochMs): HpaMemory {
	const isNew = createdAt !== undefined && createdAt >= at;
	return {
		knownFrom: isNew ? createdAt : at,
		origin: isNew ? 'hpaCreated' : 'watchBegan',
		before: isNew ? undefined : {low: undefined, high: undefined},
		runs: [],
		events: [],
		rescales: [],
		lastPass: undefined,
		leader: undefined,
	};
}

/** What became known of one pass: from a change of the status, or supposed because the period was over. */
export type PassReport = {
	readonly at: Interval;
	/** The count before the pass. */
	readonly current: number;
	/** The raw number; undefined where the pass stored none (it failed, or metrics were not asked). */
	readonly raw: Range | undefined;
	/** The count that the pass wrote; undefined where it wrote none. */
	readonly rescaledTo: number | undefined;
	/** Reasons of the conditions after the pass; undefined where they tell nothing of this pass. */
	readonly ableToScale: string | undefined;
	readonly scalingLimited: {readonly status: string; readonly reason: string} | undefined;
	readonly hasBehavior: boolean;
};

/** The memory after a pass. A report that is older than the last one is not believed. */
export function rememberPass(memory: HpaMemory, report: PassReport): HpaMemory {
	if (memory.lastPass !== undefined && report.at.to < memory.lastPass.from) return memory;
	const raw = report.raw === undefined ? undefined : narrowed(report.raw, report);
	return {
		...memory,
		before: raw === undefined ? memory.before : tightened(memory.before, raw, report),
		runs: raw === undefined ? memory.runs : withRun(memory.runs, raw, report.at),
		events: report.rescaledTo === undefined || !report.hasBehavior ? memory.events : withEvent(memory.events, report.current, report.rescaledTo, report.at),
		rescales:
			report.rescaledTo === undefined || report.rescaledTo === report.current
				? memory.rescales
				: [...memory.rescales.slice(1 - RESCALES_KEPT), {from: report.current, to: report.rescaledTo, at: report.at}],
		lastPass: report.at,
	};
}

/** What the conditions leave of the raw number. */
function narrowed(raw: Range, {ableToScale, scalingLimited, current, rescaledTo, hasBehavior}: PassReport): Range {
	let {low, high} = raw;
	if (scalingLimited?.status === 'False') {
		// Unlimited, the count after the pass is what the windows gave.
		if (rescaledTo === undefined && ableToScale === 'ReadyForNewScale') {
			low = Math.max(low, current);
			high = Math.min(high, current);
		} else if (rescaledTo === undefined && ableToScale === 'ScaleDownStabilized') high = Math.min(high, current - 1);
		else if (rescaledTo === undefined && ableToScale === 'ScaleUpStabilized') low = Math.max(low, current + 1);
		else if (rescaledTo !== undefined && (!hasBehavior || rescaledTo < current)) high = Math.min(high, rescaledTo);
		else if (rescaledTo !== undefined) low = Math.max(low, rescaledTo);
	}
	// Contradictions are for the comparison to tell; the number that was measured stands.
	return low > high ? raw : {low, high};
}

/** What a pass tells of all that was remembered before the watch began. */
function tightened(before: HpaMemory['before'], raw: Range, report: PassReport): HpaMemory['before'] {
	if (before === undefined) return undefined;
	const {ableToScale, scalingLimited, current, rescaledTo, hasBehavior} = report;
	const isUnlimited = scalingLimited?.status === 'False';
	const stabilized = isUnlimited ? (rescaledTo ?? current) : undefined;
	let {low, high} = before;
	const atMost = (value: number): void => {
		high = high === undefined ? value : Math.min(high, value);
	};
	const atLeast = (value: number): void => {
		low = low === undefined ? value : Math.max(low, value);
	};
	if (!hasBehavior) {
		// The stabilised number is the highest of the window, whatever the current count.
		if (stabilized !== undefined) atMost(stabilized);
		if (ableToScale === 'ReadyForNewScale') atMost(raw.high);
	} else if (stabilized !== undefined && stabilized < current) atMost(stabilized);
	else if (stabilized !== undefined && stabilized > current) atLeast(stabilized);
	else if (ableToScale === 'ReadyForNewScale' && raw.high < current) atMost(raw.high);
	else if (ableToScale === 'ReadyForNewScale' && raw.low > current) atLeast(raw.low);
	return low === before.low && high === before.high ? before : {low, high};
}

function withRun(runs: readonly RememberedRun[], {low, high}: Range, at: Interval): readonly RememberedRun[] {
	const last = runs.at(-1);
	if (last !== undefined && last.low === low && last.high === high) return [...runs.slice(0, -1), {...last, last: at, passes: last.passes + 1}];
	return [...runs, {low, high, first: at, last: at, passes: 1}];
}

function withEvent(events: readonly RememberedEvent[], from: number, to: number, at: Interval): readonly RememberedEvent[] {
	return from === to ? events : [...events, {direction: to > from ? 'up' : 'down', change: Math.abs(to - from), at}];
}

/**
 * Passes that changed nothing are not written anywhere: while the period goes by without a word, they are supposed to
 * have found what the last one found.
 *
 * @param raw What a pass would find now; undefined where it would store nothing.
 */
export function supposePasses(memory: HpaMemory, now: EpochMs, syncPeriodMs: number, raw: Range | undefined): HpaMemory {
	const {lastPass} = memory;
	// One period more than the last one can have been ago, or it is still due.
	if (lastPass === undefined || raw === undefined || now - lastPass.to < 2 * syncPeriodMs) return memory;
	const at = {from: (now - 2 * syncPeriodMs) as EpochMs, to: (now - syncPeriodMs) as EpochMs};
	return at.to <= lastPass.to ? memory : {...memory, runs: withRun(memory.runs, raw, at), lastPass: at};
}

/** What the controller-manager's lease says. */
export type LeaseReading = {readonly holder: string; readonly transitions: number | undefined; readonly acquiredAt: EpochMs | undefined};

/**
 * A new leader begins without a memory: its first pass seeds the list with the count that it finds, so that shrinking is
 * held for a whole window, and the budgets of the policies are full.
 *
 * @param current The count at that time.
 */
export function noteLeader(memory: HpaMemory, lease: LeaseReading, seenAt: EpochMs, current: number, syncPeriodMs: number): HpaMemory {
	const leader = {holder: lease.holder, transitions: lease.transitions};
	if (memory.leader === undefined) return {...memory, leader};
	if (memory.leader.holder === lease.holder && memory.leader.transitions === lease.transitions) return memory;
	const from = lease.acquiredAt === undefined ? seenAt : (Math.min(lease.acquiredAt, seenAt) as EpochMs);
	// The new controller fills its caches, and then waits a period before the first pass.
	const firstPass = {from, to: (from + 2 * syncPeriodMs) as EpochMs};
	return {
		...memory,
		knownFrom: from,
		origin: 'controllerRestarted',
		before: undefined,
		runs: [{low: current, high: current, first: firstPass, last: firstPass, passes: 1}],
		events: [],
		lastPass: undefined,
		leader,
	};
}

/** Drops what no window and no period can reach any more. */
export function forgetExpired(memory: HpaMemory, now: EpochMs, longestMs: number): HpaMemory {
	const reaches = (at: Interval): boolean => now - at.to <= longestMs;
	const runs = memory.runs.filter(({last}) => reaches(last));
	const events = memory.events.filter(({at}) => reaches(at));
	return runs.length === memory.runs.length && events.length === memory.events.length ? memory : {...memory, runs, events};
}

/** How much of a window is known. */
export type Warmth = {readonly knownMs: number; readonly neededMs: number; readonly isWarm: boolean};

/** After a restart or for a new HPA all is known at once: there was nothing before. */
export function warmthOf(memory: HpaMemory | undefined, now: EpochMs, neededMs: number): Warmth {
	if (memory === undefined) return {knownMs: 0, neededMs, isWarm: neededMs === 0};
	const isWhole = memory.before === undefined;
	const knownMs = isWhole ? neededMs : Math.min(neededMs, Math.max(0, now - memory.knownFrom));
	return {knownMs, neededMs, isWarm: isWhole || knownMs >= neededMs};
}

export type MemoryFrame = {
	readonly now: EpochMs;
	readonly current: number;
	readonly max: number;
	readonly hasBehavior: boolean;
	readonly upWindowMs: number;
	readonly downWindowMs: number;
};

/** The memory at one instant: as it makes the count lowest, highest, and as it most likely is. */
export type MemoryView = {readonly low: PassMemory; readonly high: PassMemory; readonly likely: PassMemory};

/**
 * What a pass would find in the memory now. What is uncertain is taken each way: for a low count an entry of the down
 * window is as low and as old as it can be, for a high count as high and as young.
 */
export function viewMemory(memory: HpaMemory | undefined, frame: MemoryFrame): MemoryView {
	return {low: extreme(memory, frame, 'low'), high: extreme(memory, frame, 'high'), likely: extreme(memory, frame, 'likely')};
}

type Extreme = 'low' | 'high' | 'likely';

function extreme(memory: HpaMemory | undefined, {now, current, max, hasBehavior, upWindowMs, downWindowMs}: MemoryFrame, which: Extreme): PassMemory {
	const age = (moment: number): number => Math.max(0, now - moment);
	const middle = ({from, to}: Interval): number => (from + to) / 2;
	const runs = memory?.runs ?? [];
	// A run reaches from its first pass to its last; the youngest entry of a run decides for both windows.
	const forDown: Recommendation[] = runs.map(({low, high, last}) => ({
		value: which === 'low' ? low : high,
		ageMs: age(which === 'low' ? last.from : which === 'high' ? last.to : middle(last)),
	}));
	const forUp: Recommendation[] = runs.map(({low, high, last}) => ({
		value: which === 'low' ? low : high,
		ageMs: age(which === 'high' ? last.from : which === 'low' ? last.to : middle(last)),
	}));

	const before = memory === undefined ? {low: undefined, high: undefined} : memory.before;
	if (before !== undefined) {
		const unknownAgeMs = memory === undefined ? 0 : age(memory.knownFrom);
		const highest = before.high ?? (which === 'likely' || hasBehavior ? current : Math.max(current, max));
		const lowest = before.low ?? current;
		if (which !== 'low' && unknownAgeMs < downWindowMs) forDown.unshift({value: highest, ageMs: unknownAgeMs});
		if (which !== 'high' && unknownAgeMs < upWindowMs) forUp.unshift({value: lowest, ageMs: unknownAgeMs});
	}

	// An HPA without a past is seeded with the count that its first pass finds.
	if (before === undefined && runs.length === 0) {
		forDown.push({value: current, ageMs: 0});
		forUp.push({value: current, ageMs: 0});
	}

	// A higher start of the period allows a higher count in both directions.
	const events = memory?.events ?? [];
	const eventsOf = (direction: Direction): readonly ScaleEvent[] => {
		const wantsOld = which === 'likely' ? undefined : (which === 'high') === (direction === 'up');
		return events
			.filter(event => event.direction === direction)
			.map(({change, at}) => ({change, ageMs: age(wantsOld === undefined ? middle(at) : wantsOld ? at.from : at.to)}));
	};
	return {forUp, forDown, events: {up: eventsOf('up'), down: eventsOf('down')}};
}

/** A count that will be released, and when, if nothing changes. */
export type Release = {readonly to: number; readonly inFromMs: number; readonly inToMs: number};

/**
 * When the down window lets go of the current count, and what it lets it go to.
 *
 * @param raw What the metrics ask for now.
 * @returns undefined where nothing is held, or where what holds cannot be known.
 */
export function nextRelease(memory: HpaMemory | undefined, {now, current, downWindowMs}: MemoryFrame, raw: number, syncPeriodMs: number): Release | undefined {
	if (raw >= current) return undefined;
	const entries = (memory?.runs ?? []).map(({low, high, last}) => ({low, high, last}));
	const before = memory === undefined ? {low: undefined, high: undefined} : memory.before;
	if (before !== undefined) {
		const known = (memory?.knownFrom ?? now) as EpochMs;
		// It may have been the last thing before the watch began, or long gone.
		entries.push({low: 0, high: before.high ?? current, last: {from: (known - downWindowMs) as EpochMs, to: known}});
	}
	const alive = entries.filter(({last}) => now - last.to <= downWindowMs);
	const holders = alive.filter(({high}) => high >= current);
	if (holders.length === 0) return undefined;
	const sure = holders.filter(({low}) => low >= current);
	const inFromMs = Math.max(0, ...sure.map(({last}) => last.from + downWindowMs - now));
	const inToMs = Math.max(...holders.map(({last}) => last.to + downWindowMs - now)) + syncPeriodMs;
	// What is still in the window when the last holder falls out of it.
	const after = alive.filter(({high, last}) => high < current && last.to + downWindowMs > now + inFromMs);
	return {to: Math.max(raw, ...after.map(({high}) => high)), inFromMs, inToMs};
}
