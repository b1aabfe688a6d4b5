import {assertNever} from '../util/assert-never.ts';
import type {Outcome} from './outcome.ts';

/** A watch that lived shorter and told nothing is an error. */
const SHORT_WATCH_MS = 1000;
/** Server errors on a watch for so long: list again. */
const SERVER_ERRORS_MS = 60_000;
/** Failures of the streamed list in a row, after which LIST is tried once. */
const TROUBLES_UNTIL_LIST = 2;
/** `list` without `watch`: how often. */
export const POLL_MS = 30_000;
/** What was forbidden is asked again. */
const FORBIDDEN_MS = 600_000;
/** A server that has just come back refuses everybody until it knows its roles: for so long a 403 is not believed, and asked again … */
const DOUBT_MS = 10_000;
/** … after this, and up to twice as much. */
const DOUBT_RETRY_MS = 1000;
/** It may have come back just before we came: what was never seen is asked for so often again, soon, before "no" is an answer. */
const FIRST_REFUSALS_DOUBTED = 2;
const NOT_LOGGED_IN_MS = 60_000;
const NOT_LOGGED_IN_LONGEST_MS = 300_000;
const RETRY_AFTER_JITTER_MS = 1000;

/** What a reflector knows between two requests. Times are monotonic, in ms. */
export type Memory = {
	/** Where the watch goes on; undefined: a list is needed. */
	readonly resourceVersion: string | undefined;
	/** The last one seen, for a list that must not go back behind it; undefined: none, or the history has gone back. */
	readonly lastVersion: string | undefined;
	readonly hasSynced: boolean;
	/** Index into the resource's versions: a 404 tries the next. */
	readonly versionIndex: number;
	readonly versionsRefused: number;
	/** Failures of the streamed list in a row. */
	readonly troubles: number;
	/** The next sync is a LIST, whatever the server supports. */
	readonly listsOnce: boolean;
	/** Pages did not fit together, or their token expired: the next list comes in one piece, and from now. */
	readonly unpagedOnce: boolean;
	/** `watch` is missing: until then we list every 30 s. */
	readonly pollsUntil: number;
	/** The server's words for it, until they were told. */
	readonly watchRefusal: string | undefined;
	readonly serverErrorsSince: number | undefined;
	readonly loginFailures: number;
	/** The connection was lost since the last answer: ask whether the history went back. */
	readonly connectionWasLost: boolean;
	/** The first 403 since the last "yes". */
	readonly refusedSince: number | undefined;
	/** Times that neither way was allowed, since the last "yes". */
	readonly refusals: number;
};

/** Nothing is known. */
export const BEFORE_THE_FIRST: Memory = {
	resourceVersion: undefined,
	lastVersion: undefined,
	hasSynced: false,
	versionIndex: 0,
	versionsRefused: 0,
	troubles: 0,
	listsOnce: false,
	unpagedOnce: false,
	pollsUntil: Number.NEGATIVE_INFINITY,
	watchRefusal: undefined,
	serverErrorsSince: undefined,
	loginFailures: 0,
	connectionWasLost: false,
	refusedSince: undefined,
	refusals: 0,
};

/** `backoff` and `relist` are the reflector's two backoffs; the others at least so long, and at random up to `spreadMs` longer. */
export type Wait = 'backoff' | 'relist' | {readonly leastMs: number; readonly spreadMs: number};

/** What a reflector does before its next request. */
export type NextStep =
	| {readonly kind: 'goOn'}
	/** Goes on at once, but what is shown is not current until that succeeds. */
	| {readonly kind: 'reconnect'; readonly why: string}
	/** `forServer`: nobody answered, so the first sign of life ends it. */
	| {readonly kind: 'pause'; readonly why: string; readonly wait: Wait; readonly forServer: boolean}
	| {readonly kind: 'relist'}
	/** The streamed list is not supported; how it showed. */
	| {readonly kind: 'listInstead'; readonly how: string}
	/** There is no watch: the next list in a while. `refusal`: why, when it was not told yet. */
	| {readonly kind: 'poll'; readonly refusal: string | undefined}
	| {readonly kind: 'forbidden'; readonly wait: Wait}
	/** Not served in any version. */
	| {readonly kind: 'absent'};

/** How the request that has ended went out, and when that was. */
export type Ended = {readonly way: 'list' | 'watch'; readonly monotonic: number /** Of the resource. */; readonly versions: number};

/** Is `watch` not allowed, so that we list instead? */
export function polls({pollsUntil}: Memory, monotonic: number): boolean {
	return monotonic < pollsUntil;
}

/**
 * Decides what comes next.
 * Source: k8s.io/client-go tools/cache/reflector.go, ListAndWatchWithContext and handleAnyWatch (0.37.2);
 * doubt of a 403, polling without `watch` and the other versions on 404 are ours.
 */
export function nextStep(before: Memory, outcome: Outcome, ended: Ended): {readonly memory: Memory; readonly next: NextStep} {
	const memory = withTroubles(before, outcome, ended);
	switch (outcome.kind) {
		case 'aborted':
			return {memory: {...memory, connectionWasLost: true}, next: {kind: 'goOn'}};
		case 'listed':
			if (!polls(memory, ended.monotonic)) return {memory, next: {kind: 'goOn'}};
			return {memory: {...memory, watchRefusal: undefined}, next: {kind: 'poll', refusal: memory.watchRefusal}};
		case 'torn':
			return {memory: {...memory, unpagedOnce: true}, next: pause('the pages of the list are of different moments', 'backoff')};
		case 'ended':
			return {memory, next: isShort(outcome) ? pause('the server closes the watch at once', 'backoff') : {kind: 'goOn'}};
		case 'broken': {
			const isError = memory.resourceVersion === undefined || isShort(outcome);
			const next: NextStep = isError ? pause(outcome.why, 'backoff', true) : {kind: 'reconnect', why: outcome.why};
			return {memory: {...memory, connectionWasLost: true}, next};
		}
		case 'failed': {
			const wait: Wait = outcome.retryAfterMs === undefined ? 'backoff' : {leastMs: outcome.retryAfterMs, spreadMs: RETRY_AFTER_JITTER_MS};
			return {memory: afterFailure(memory, outcome.cause, ended), next: pause(outcome.why, wait, outcome.cause === 'connection')};
		}
		case 'expired':
		case 'malformed':
			return {memory: withoutVersion(memory), next: {kind: 'relist'}};
		case 'wentBack':
			return {memory: {...withoutHistory(memory), unpagedOnce: true}, next: {kind: 'relist'}};
		case 'unsupported':
			if (ended.way === 'watch' && memory.resourceVersion === undefined) return {memory, next: {kind: 'listInstead', how: outcome.how}};
			return {memory, next: pause(outcome.how, 'backoff')};
		case 'forbidden':
			return afterRefusal(memory, outcome.why, ended);
		case 'absent':
			return afterAbsence(memory, ended);
		case 'credential': {
			const leastMs = Math.min(NOT_LOGGED_IN_LONGEST_MS, NOT_LOGGED_IN_MS * 2 ** memory.loginFailures);
			const next = pause(`not logged in: ${outcome.why}`, {leastMs, spreadMs: 0});
			return {memory: {...memory, loginFailures: memory.loginFailures + 1}, next};
		}
		default:
			return assertNever(outcome);
	}
}

/** A 2xx: who asked was known, allowed, and at the right address. */
export function afterAnswer(memory: Memory): Memory {
	return {...memory, loginFailures: 0, versionsRefused: 0, refusedSince: undefined, refusals: 0};
}

/** The watch stands at this version now. */
export function movedTo(memory: Memory, resourceVersion: string): Memory {
	return {...memory, resourceVersion, lastVersion: resourceVersion, serverErrorsSince: undefined};
}

/** A list is whole. */
export function afterSync(memory: Memory, resourceVersion: string): Memory {
	return {...movedTo(memory, resourceVersion), hasSynced: true, troubles: 0, listsOnce: false, unpagedOnce: false, connectionWasLost: false};
}

/** No version that we saw means anything there any longer. */
export function withoutHistory(memory: Memory): Memory {
	return {...memory, lastVersion: undefined, resourceVersion: undefined};
}

function withoutVersion(memory: Memory): Memory {
	return {...memory, lastVersion: memory.resourceVersion ?? memory.lastVersion, resourceVersion: undefined};
}

/** Counts what says nothing of whether the streamed list is supported. */
function withTroubles(memory: Memory, outcome: Outcome, {way}: Ended): Memory {
	const isTrouble = way === 'watch' && memory.resourceVersion === undefined && (outcome.kind === 'broken' || outcome.kind === 'failed');
	const troubles = isTrouble ? memory.troubles + 1 : memory.troubles;
	const listsOnce = isTrouble && troubles === TROUBLES_UNTIL_LIST;
	const isHealthy = (outcome.kind === 'ended' || outcome.kind === 'broken') && !isShort(outcome);
	return {...memory, listsOnce, troubles: listsOnce ? 0 : troubles, serverErrorsSince: isHealthy ? undefined : memory.serverErrorsSince};
}

function afterFailure(memory: Memory, cause: Extract<Outcome, {kind: 'failed'}>['cause'], {monotonic}: Ended): Memory {
	if (cause === 'connection') return {...memory, connectionWasLost: true};
	if (cause !== 'server' || memory.resourceVersion === undefined) return memory;
	const serverErrorsSince = memory.serverErrorsSince ?? monotonic;
	const failing = {...memory, serverErrorsSince};
	return monotonic - serverErrorsSince >= SERVER_ERRORS_MS ? withoutVersion(failing) : failing;
}

function afterRefusal(before: Memory, why: string, {way, monotonic}: Ended): {readonly memory: Memory; readonly next: NextStep} {
	const refusedSince = before.refusedSince ?? monotonic;
	const memory = {...before, refusedSince};
	const mayBeStarting = memory.connectionWasLost && monotonic - refusedSince < DOUBT_MS;
	if (memory.hasSynced && mayBeStarting) return {memory, next: pause(why, SOON)};
	// The verb `watch` is missing; perhaps `list` is not.
	if (way === 'watch') return {memory: {...withoutVersion(memory), pollsUntil: monotonic + FORBIDDEN_MS, watchRefusal: why}, next: {kind: 'goOn'}};
	const isDoubtful = !memory.hasSynced && (mayBeStarting || memory.refusals < FIRST_REFUSALS_DOUBTED);
	return {
		memory: {...memory, pollsUntil: Number.NEGATIVE_INFINITY, refusals: memory.refusals + 1},
		next: {kind: 'forbidden', wait: isDoubtful ? SOON : {leastMs: FORBIDDEN_MS, spreadMs: 0}},
	};
}

/** The next version; after the last, the resource is not there. */
function afterAbsence(memory: Memory, {versions}: Ended): {readonly memory: Memory; readonly next: NextStep} {
	const moved = {...memory, versionIndex: (memory.versionIndex + 1) % versions, resourceVersion: undefined, versionsRefused: memory.versionsRefused + 1};
	if (moved.versionsRefused < versions) return {memory: moved, next: {kind: 'goOn'}};
	return {memory: {...moved, versionsRefused: 0, hasSynced: false, lastVersion: undefined}, next: {kind: 'absent'}};
}

const SOON: Wait = {leastMs: DOUBT_RETRY_MS, spreadMs: DOUBT_RETRY_MS};

function pause(why: string, wait: Wait, forServer = false): NextStep {
	return {kind: 'pause', why, wait, forServer};
}

function isShort({livedMs, events}: {readonly livedMs: number; readonly events: number}): boolean {
	return livedMs < SHORT_WATCH_MS && events === 0;
}
