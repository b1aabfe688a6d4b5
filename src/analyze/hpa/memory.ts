import type {EpochMs} from '../../util/epoch-ms.ts';
import type {PassMemory} from './decide-pass.ts';
import type {Direction, ScaleEvent} from './limit-rate.ts';
import type {Recommendation} from './stabilize.ts';

/** A moment that is known only to lie between two others. */
export type Interval = {readonly from: EpochMs; readonly to: EpochMs};

/** A number that is known only to lie between two others; exact where they are the same. */
export type Range = {readonly low: number; readonly high: number};

/** The same raw number in pass after pass. Where the last of them is only supposed, `seen` is the last one that showed itself. */
export type RememberedRun = Range & {readonly first: Interval; readonly last: Interval; readonly seen?: Interval};

/** A change that the controller itself made. It is not sure where a later one may have been written over it. */
export type RememberedEvent = {readonly direction: Direction; readonly change: number; readonly at: Interval; readonly isSure: boolean};

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
	/** In the order of the controller's lists. */
	readonly events: readonly RememberedEvent[];
	/** Not the controller's but ours: the latest changes of the count, oldest first. It outlives restarts. */
	readonly rescales: readonly Rescale[];
	/** When the last pass was, and the raw number that it stored (undefined: none). Undefined until one is known of. */
	readonly lastPass: (Interval & {readonly raw: Range | undefined}) | undefined;
	readonly leader: {readonly holder: string; readonly transitions: number | undefined} | undefined;
};

/** A pass may come this much later than the period, for its own time and that of others. */
const LATE_FACTOR = 1.2;

/**
 * Nothing is known but that the watch begins now; or that the HPA is new, and there was nothing before.
 *
 * @param found The status as it is found: what the last pass stored, at most a period ago. Undefined: cannot be told.
 */
export function beginMemory(at: EpochMs, createdAt?: EpochMs, found?: {readonly raw: Range | undefined; readonly syncPeriodMs: number}): HpaMemory {
	const isNew = createdAt !== undefined && createdAt >= at;
	return {
		knownFrom: isNew ? createdAt : at,
		origin: isNew ? 'hpaCreated' : 'watchBegan',
		before: isNew ? undefined : {low: undefined, high: undefined},
		runs: [],
		events: [],
		rescales: [],
		lastPass: isNew || found === undefined ? undefined : {from: (at - found.syncPeriodMs * LATE_FACTOR) as EpochMs, to: at, raw: found.raw},
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
	/** Of the policies of each direction; undefined without behavior. */
	readonly longestPeriodMs: {readonly up: number; readonly down: number} | undefined;
};

/**
 * The memory after a pass. The passes that went by without a word since the last one are remembered with it; a report
 * that is older than the last one is not believed.
 */
export function rememberPass(memory: HpaMemory, report: PassReport, syncPeriodMs: number): HpaMemory {
	if (memory.lastPass !== undefined && report.at.to < memory.lastPass.from) return memory;
	// Two passes are a period apart at least.
	const silent = withSilentPass(
		memory,
		{from: (report.at.from - syncPeriodMs * LATE_FACTOR) as EpochMs, to: (report.at.to - syncPeriodMs) as EpochMs},
		syncPeriodMs,
	);
	const raw = report.raw === undefined ? undefined : narrowed(report.raw, report);
	const isFirst = memory.lastPass === undefined && memory.before !== undefined;
	return {
		...silent,
		knownFrom: isFirst ? report.at.from : memory.knownFrom,
		before: raw === undefined ? memory.before : tightened(memory.before, raw, report),
		runs: raw === undefined ? silent.runs : withRun(silent.runs, raw, report.at),
		events: withEvent(memory.events, report),
		rescales:
			report.rescaledTo === undefined || report.rescaledTo === report.current
				? memory.rescales
				: [...memory.rescales.slice(1 - RESCALES_KEPT), {from: report.current, to: report.rescaledTo, at: report.at}],
		lastPass: {...report.at, raw},
	};
}

/**
 * Passes that change nothing are not written anywhere: while the period goes by without a word, they are supposed to
 * have found what the last one found.
 */
export function supposePasses(memory: HpaMemory, now: EpochMs, syncPeriodMs: number): HpaMemory {
	return withSilentPass(memory, {from: (now - syncPeriodMs * LATE_FACTOR) as EpochMs, to: now}, syncPeriodMs);
}

/** @param at When the last of them was, if there was one since the last pass that is known of. */
function withSilentPass(memory: HpaMemory, {from, to}: Interval, syncPeriodMs: number): HpaMemory {
	const {lastPass} = memory;
	if (lastPass?.raw === undefined || to - lastPass.from < syncPeriodMs) return memory;
	return {...memory, runs: withSupposed(memory.runs, lastPass.raw, lastPass, {from: Math.max(lastPass.from, from) as EpochMs, to})};
}

/** What the conditions leave of the raw number. */
function narrowed(raw: Range, {ableToScale, scalingLimited, current, rescaledTo, longestPeriodMs}: PassReport): Range {
	let {low, high} = raw;
	if (scalingLimited?.status === 'False') {
		// Unlimited, the count after the pass is what the windows gave.
		if (rescaledTo === undefined && ableToScale === 'ReadyForNewScale') {
			low = Math.max(low, current);
			high = Math.min(high, current);
		} else if (rescaledTo === undefined && ableToScale === 'ScaleDownStabilized') high = Math.min(high, current - 1);
		else if (rescaledTo === undefined && ableToScale === 'ScaleUpStabilized') low = Math.max(low, current + 1);
		else if (rescaledTo !== undefined && (longestPeriodMs === undefined || rescaledTo < current)) high = Math.min(high, rescaledTo);
		else if (rescaledTo !== undefined) low = Math.max(low, rescaledTo);
	}
	// Contradictions are for the comparison to tell; the number that was measured stands.
	return low > high ? raw : {low, high};
}

/** What a pass tells of all that was remembered before the watch began. */
function tightened(before: HpaMemory['before'], raw: Range, report: PassReport): HpaMemory['before'] {
	if (before === undefined) return undefined;
	const {ableToScale, scalingLimited, current, rescaledTo, longestPeriodMs} = report;
	const isUnlimited = scalingLimited?.status === 'False';
	const stabilized = isUnlimited ? (rescaledTo ?? current) : undefined;
	let {low, high} = before;
	const atMost = (value: number): void => {
		high = high === undefined ? value : Math.min(high, value);
	};
	const atLeast = (value: number): void => {
		low = low === undefined ? value : Math.max(low, value);
	};
	if (longestPeriodMs === undefined) {
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
	if (last !== undefined && last.low === low && last.high === high) return [...runs.slice(0, -1), {low, high, first: last.first, last: at}];
	return [...runs, {low, high, first: at, last: at}];
}

function withSupposed(runs: readonly RememberedRun[], raw: Range, {from, to}: Interval, at: Interval): readonly RememberedRun[] {
	const next = withRun(runs, raw, at);
	const before = runs.at(-1);
	const seen = before !== undefined && next.length === runs.length ? (before.seen ?? before.last) : {from, to};
	return [...next.slice(0, -1), {...next.at(-1)!, seen}];
}

/**
 * The events after a pass. A new one goes over the last that is older than every period of its own direction, though
 * the policies of the other direction may have longer ones.
 */
function withEvent(events: readonly RememberedEvent[], {current, rescaledTo, longestPeriodMs, at}: PassReport): readonly RememberedEvent[] {
	if (rescaledTo === undefined || rescaledTo === current || longestPeriodMs === undefined) return events;
	const direction = rescaledTo > current ? 'up' : 'down';
	const entry: RememberedEvent = {direction, change: Math.abs(rescaledTo - current), at, isSure: true};
	const longestMs = longestPeriodMs[direction];
	const next = [...events];
	let doubtful = false;
	for (let index = next.length - 1; index >= 0; index--) {
		const each = next[index]!;
		if (each.direction !== direction || at.to - each.at.from <= longestMs) continue;
		if (!doubtful && at.from - each.at.to > longestMs && each.isSure) return next.with(index, entry);
		// This one, or one before it: the clocks do not tell.
		doubtful = true;
		next[index] = {...each, isSure: false};
	}
	return [...next, entry];
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
	const seed = {low: current, high: current, first: firstPass, last: firstPass};
	// It stores what it finds after the seed; unless it says so in the status, that is what the last one found. As it may
	// be something else, the range reaches to the seed, which is there in any case.
	const raw = memory.lastPass?.raw;
	const found = raw === undefined ? [] : [{...seed, low: Math.min(raw.low, current), high: Math.max(raw.high, current)}];
	return {
		...memory,
		knownFrom: from,
		origin: 'controllerRestarted',
		// Where no pass was seen yet, what the silent ones store is as unknown as before.
		before: memory.lastPass === undefined ? memory.before : undefined,
		runs: [seed, ...found.filter(({low, high}) => low !== high)],
		events: [],
		lastPass: memory.lastPass === undefined ? undefined : {...firstPass, raw},
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
	const knownMs = isWhole ? neededMs : memory.lastPass === undefined ? 0 : Math.min(neededMs, Math.max(0, now - memory.knownFrom));
	return {knownMs, neededMs, isWarm: isWhole || knownMs >= neededMs};
}

export type MemoryFrame = {
	readonly now: EpochMs;
	readonly current: number;
	readonly max: number;
	readonly hasBehavior: boolean;
	readonly upWindowMs: number;
	readonly downWindowMs: number;
	/** Of the policies; 0 without behavior. */
	readonly longestPeriodMs: number;
	/** The HPA's: when it is long ago, there are no events that anyone could have missed. */
	readonly lastScaleTime: EpochMs | undefined;
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

function extreme(memory: HpaMemory | undefined, frame: MemoryFrame, which: Extreme): PassMemory {
	const {now, current, max, hasBehavior, upWindowMs, downWindowMs} = frame;
	const age = (moment: number): number => Math.max(0, now - moment);
	// A status is seen a moment after the pass that wrote it: most likely it was at the end of the interval.
	const likely = ({to}: Interval): number => to;
	const runs = memory?.runs ?? [];
	// A run reaches from its first pass to its last; the youngest entry of a run decides for both windows.
	const forDown: Recommendation[] = runs.map(({low, high, last}) => ({
		value: which === 'low' ? low : high,
		ageMs: age(which === 'low' ? last.from : which === 'high' ? last.to : likely(last)),
	}));
	const forUp: Recommendation[] = runs.map(({low, high, last}) => ({
		value: which === 'low' ? low : high,
		ageMs: age(which === 'high' ? last.from : which === 'low' ? last.to : likely(last)),
	}));

	const before = memory === undefined ? {low: undefined, high: undefined} : memory.before;
	if (before !== undefined) {
		const unknownAgeMs = memory?.lastPass === undefined ? 0 : age(memory.knownFrom);
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
			.filter(event => event.direction === direction && (event.isSure || which === 'likely' || wantsOld === false))
			.map(({change, at}) => ({change, ageMs: age(wantsOld === undefined ? likely(at) : wantsOld ? at.from : at.to)}));
	};
	const missed = which === 'likely' ? [] : missedEvents(memory, frame);
	return {
		forUp,
		forDown,
		events: {up: [...eventsOf('up'), ...(which === 'low' ? missed : [])], down: [...eventsOf('down'), ...(which === 'high' ? missed : [])]},
	};
}

/** More pods than any policy speaks of. */
const ANY_NUMBER = 1_000_000;

/** What the controller may have done before the watch began, within a period that still counts. */
function missedEvents(memory: HpaMemory | undefined, {now, longestPeriodMs, lastScaleTime}: MemoryFrame): readonly ScaleEvent[] {
	const ageMs = memory === undefined ? 0 : Math.max(0, now - memory.knownFrom);
	const isKnown = (memory !== undefined && memory.before === undefined) || ageMs >= longestPeriodMs;
	// lastScaleTime is cut off to whole seconds.
	return isKnown || lastScaleTime === undefined || now - lastScaleTime >= longestPeriodMs + 1000 ? [] : [{change: ANY_NUMBER, ageMs}];
}

/** A count that a window holds, what it will be let go to, and when, if nothing changes. */
export type Release = {readonly direction: Direction; readonly to: number; readonly inFromMs: number; readonly inToMs: number};

/**
 * When a window lets go of the current count, and what it lets it go to: an entry falls out at its time plus the window,
 * and the next pass after that notices.
 *
 * @param raw What the metrics ask for now.
 * @returns undefined where nothing is held.
 */
export function nextRelease(memory: HpaMemory | undefined, frame: MemoryFrame, raw: number, syncPeriodMs: number): Release | undefined {
	const {now, current, upWindowMs, downWindowMs} = frame;
	if (raw === current) return undefined;
	const direction = raw < current ? 'down' : 'up';
	const windowMs = direction === 'down' ? downWindowMs : upWindowMs;
	// The up window is the down window of negative numbers.
	const sign = direction === 'down' ? 1 : -1;
	const turned = ({low, high}: Range): Range => (sign === 1 ? {low, high} : {low: -high, high: -low});

	const entries = (memory?.runs ?? []).map(({low, high, last}) => ({...turned({low, high}), last}));
	const before = memory === undefined ? {low: undefined, high: undefined} : memory.before;
	if (before !== undefined) {
		const known = memory?.lastPass === undefined ? now : memory.knownFrom;
		// It may have been the last thing before the watch began, or long gone.
		const bounds = turned({low: direction === 'down' ? 0 : (before.low ?? current), high: direction === 'down' ? (before.high ?? current) : MAX_REPLICAS});
		entries.push({...bounds, last: {from: (known - windowMs) as EpochMs, to: known}});
	}
	const alive = entries.filter(({last}) => now - last.to < windowMs);
	const held = sign * current;
	const holders = alive.filter(({high}) => high >= held);
	if (holders.length === 0) return undefined;
	const sure = holders.filter(({low}) => low >= held);
	const inFromMs = Math.max(0, ...sure.map(({last}) => last.from + windowMs - now));
	const inToMs = Math.max(...holders.map(({last}) => last.to + windowMs - now)) + syncPeriodMs;
	// What is still in the window when the last holder falls out of it.
	const after = alive.filter(({high, last}) => high < held && last.to + windowMs > now + inFromMs);
	return {direction, to: sign * Math.max(sign * raw, ...after.map(({high}) => high)), inFromMs, inToMs};
}

const MAX_REPLICAS = 2 ** 31 - 1;
