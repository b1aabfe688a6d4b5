import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {afterAnswer, afterSync, BEFORE_THE_FIRST, type Ended, type Memory, movedTo, type NextStep, nextStep, polls} from '../../src/reflector/next-step.ts';
import type {Outcome} from '../../src/reflector/outcome.ts';

const SYNCED = afterSync(BEFORE_THE_FIRST, '10');
const LOST: Memory = {...SYNCED, connectionWasLost: true};
const WATCHED: Ended = {way: 'watch', monotonic: 50_000, versions: 1};
const LISTED: Ended = {...WATCHED, way: 'list'};
const SOON = {leastMs: 1000, spreadMs: 1000};
const LATER = {leastMs: 600_000, spreadMs: 0};

const failed = (cause: 'connection' | 'server' | 'throttled' | 'request', retryAfterMs?: number): Outcome => ({
	kind: 'failed',
	why: 'why',
	cause,
	retryAfterMs,
});
const ended = (livedMs: number, events: number): Outcome => ({kind: 'ended', livedMs, events});
const broken = (livedMs: number, events: number): Outcome => ({kind: 'broken', why: 'reset', livedMs, events});
const forbidden: Outcome = {kind: 'forbidden', why: 'pods is forbidden'};

describe('what comes next', () => {
	test.each<{name: string; memory: Memory; outcome: Outcome; ended?: Ended; next: NextStep; remembers?: Partial<Memory>}>([
		{name: 'a watch that ends in good order goes on', memory: SYNCED, outcome: ended(300_000, 0), next: {kind: 'goOn'}, remembers: {resourceVersion: '10'}},
		{name: 'one that lived 1 s and told nothing', memory: SYNCED, outcome: ended(1000, 0), next: {kind: 'goOn'}},
		{
			name: 'one that lived shorter and told nothing waits',
			memory: SYNCED,
			outcome: ended(999, 0),
			next: {kind: 'pause', why: 'the server closes the watch at once', wait: 'backoff', forServer: false},
		},
		{name: 'one that told something, however short, goes on', memory: SYNCED, outcome: ended(1, 1), next: {kind: 'goOn'}},
		{
			name: 'a connection lost while watching: anew at once, from the last version',
			memory: SYNCED,
			outcome: broken(5000, 3),
			next: {kind: 'reconnect', why: 'reset'},
			remembers: {resourceVersion: '10', connectionWasLost: true},
		},
		{
			name: 'a connection lost within the first list waits for the server',
			memory: BEFORE_THE_FIRST,
			outcome: broken(5000, 3),
			next: {kind: 'pause', why: 'reset', wait: 'backoff', forServer: true},
			remembers: {troubles: 1},
		},
		{
			name: 'refused connection waits for the server, and keeps its place',
			memory: SYNCED,
			outcome: failed('connection'),
			next: {kind: 'pause', why: 'why', wait: 'backoff', forServer: true},
			remembers: {resourceVersion: '10', connectionWasLost: true},
		},
		{
			name: 'Retry-After is heeded, and at most 1 s more',
			memory: SYNCED,
			outcome: failed('throttled', 7000),
			next: {kind: 'pause', why: 'why', wait: {leastMs: 7000, spreadMs: 1000}, forServer: false},
			remembers: {resourceVersion: '10'},
		},
		{
			name: 'server errors on a watch for 60 s: a list',
			memory: {...SYNCED, serverErrorsSince: -10_000},
			outcome: failed('server'),
			next: {kind: 'pause', why: 'why', wait: 'backoff', forServer: false},
			remembers: {resourceVersion: undefined, lastVersion: '10'},
		},
		{
			name: '… for less: not yet',
			memory: {...SYNCED, serverErrorsSince: -9999},
			outcome: failed('server'),
			next: {kind: 'pause', why: 'why', wait: 'backoff', forServer: false},
			remembers: {resourceVersion: '10'},
		},
		{
			name: 'expired: a list that does not go back behind what was seen',
			memory: SYNCED,
			outcome: {kind: 'expired'},
			next: {kind: 'relist'},
			remembers: {resourceVersion: undefined, lastVersion: '10'},
		},
		{
			name: 'history that went back: a list from now, for no version means anything',
			memory: SYNCED,
			outcome: {kind: 'wentBack'},
			next: {kind: 'relist'},
			remembers: {resourceVersion: undefined, lastVersion: undefined, unpagedOnce: true},
		},
		{
			name: 'torn pages: the next list in one piece',
			memory: BEFORE_THE_FIRST,
			outcome: {kind: 'torn'},
			ended: LISTED,
			next: {kind: 'pause', why: 'the pages of the list are of different moments', wait: 'backoff', forServer: false},
			remembers: {unpagedOnce: true},
		},
		{
			name: 'a streamed list that is not supported: LIST at once',
			memory: BEFORE_THE_FIRST,
			outcome: {kind: 'unsupported', how: '422'},
			next: {kind: 'listInstead', how: '422'},
		},
		{
			name: 'the second trouble with the streamed list: LIST once',
			memory: {...BEFORE_THE_FIRST, troubles: 1},
			outcome: failed('server'),
			next: {kind: 'pause', why: 'why', wait: 'backoff', forServer: false},
			remembers: {listsOnce: true, troubles: 0},
		},
		{
			name: '403 to a watch: perhaps `list` is not',
			memory: SYNCED,
			outcome: forbidden,
			next: {kind: 'goOn'},
			remembers: {resourceVersion: undefined, pollsUntil: 650_000, watchRefusal: 'pods is forbidden'},
		},
		{
			name: 'a list without a watch: the next in a while, and why is told once',
			memory: {...SYNCED, pollsUntil: 650_000, watchRefusal: 'no watch'},
			outcome: {kind: 'listed'},
			ended: LISTED,
			next: {kind: 'poll', refusal: 'no watch'},
			remembers: {watchRefusal: undefined},
		},
		{name: 'never seen, and refused: soon again', memory: BEFORE_THE_FIRST, outcome: forbidden, ended: LISTED, next: {kind: 'forbidden', wait: SOON}},
		{
			name: '… the third time it is an answer',
			memory: {...BEFORE_THE_FIRST, refusals: 2},
			outcome: forbidden,
			ended: LISTED,
			next: {kind: 'forbidden', wait: LATER},
		},
		{
			name: '… unless the server was down a moment ago',
			memory: {...BEFORE_THE_FIRST, refusals: 5, connectionWasLost: true, refusedSince: 40_001},
			outcome: forbidden,
			ended: LISTED,
			next: {kind: 'forbidden', wait: SOON},
		},
		{
			name: '… or a longer moment ago',
			memory: {...BEFORE_THE_FIRST, refusals: 5, connectionWasLost: true, refusedSince: 40_000},
			outcome: forbidden,
			ended: LISTED,
			next: {kind: 'forbidden', wait: LATER},
		},
		{
			name: 'seen before, and refused after the connection was lost: not believed, nothing is listed',
			memory: LOST,
			outcome: forbidden,
			next: {kind: 'pause', why: 'pods is forbidden', wait: SOON, forServer: false},
			remembers: {resourceVersion: '10', refusedSince: 50_000},
		},
		{
			name: 'seen before, and refused with the connection whole: believed',
			memory: SYNCED,
			outcome: forbidden,
			ended: LISTED,
			next: {kind: 'forbidden', wait: LATER},
		},
		{
			name: '404: the next version at once',
			memory: SYNCED,
			outcome: {kind: 'absent', why: ''},
			ended: {...WATCHED, versions: 2},
			next: {kind: 'goOn'},
			remembers: {versionIndex: 1, resourceVersion: undefined},
		},
		{
			name: '404 in the last version: it is not there',
			memory: {...SYNCED, versionIndex: 1, versionsRefused: 1},
			outcome: {kind: 'absent', why: ''},
			ended: {...WATCHED, versions: 2},
			next: {kind: 'absent'},
			remembers: {versionIndex: 0, versionsRefused: 0, hasSynced: false, lastVersion: undefined},
		},
		{
			name: 'not logged in: a minute …',
			memory: SYNCED,
			outcome: {kind: 'credential', why: 'expired'},
			next: {kind: 'pause', why: 'not logged in: expired', wait: {leastMs: 60_000, spreadMs: 0}, forServer: false},
			remembers: {loginFailures: 1},
		},
		{
			name: '… and longer, up to five',
			memory: {...SYNCED, loginFailures: 9},
			outcome: {kind: 'credential', why: 'expired'},
			next: {kind: 'pause', why: 'not logged in: expired', wait: {leastMs: 300_000, spreadMs: 0}, forServer: false},
		},
		{
			name: 'aborted by us: goes on, and asks whether history went back',
			memory: SYNCED,
			outcome: {kind: 'aborted'},
			next: {kind: 'goOn'},
			remembers: {connectionWasLost: true},
		},
	])('$name', ({memory, outcome, ended: at = WATCHED, next, remembers = {}}) => {
		const decided = nextStep(memory, outcome, at);
		expect(decided.next).toEqual(next);
		expect(decided.memory).toMatchObject(remembers);
	});
});

describe('memory', () => {
	test('an answer ends all doubt of login, rights and version', () => {
		const doubtful = {...SYNCED, loginFailures: 3, versionsRefused: 1, refusedSince: 5, refusals: 2};
		expect(afterAnswer(doubtful)).toEqual(SYNCED);
	});

	test('a whole list ends everything that was exceptional about it', () => {
		const troubled = {...BEFORE_THE_FIRST, troubles: 1, listsOnce: true, unpagedOnce: true, serverErrorsSince: 1, connectionWasLost: true};
		expect(afterSync(troubled, '10')).toEqual(SYNCED);
	});

	test('without `watch` it polls until the time is up', () => {
		const {memory} = nextStep(SYNCED, forbidden, WATCHED);
		expect([649_999, 650_000].map(at => polls(memory, at))).toEqual([true, false]);
	});

	test('whatever happens, the last version seen is lost with the history or the resource alone', () => {
		const outcome = fc.constantFrom<Outcome>(
			ended(5, 0),
			ended(5000, 2),
			{kind: 'listed'},
			broken(3, 0),
			failed('connection'),
			failed('server'),
			failed('throttled', 1000),
			{kind: 'expired'},
			{kind: 'unsupported', how: ''},
			{kind: 'malformed', encoding: 'json', detail: '', isCut: false},
			forbidden,
			{kind: 'credential', why: ''},
			{kind: 'aborted'},
			{kind: 'torn'},
		);
		fc.assert(
			fc.property(fc.array(fc.tuple(outcome, fc.constantFrom<'list' | 'watch'>('list', 'watch'), fc.nat(100_000))), events => {
				let memory = movedTo(SYNCED, '42');
				let monotonic = 0;
				for (const [each, way, passed] of events) {
					monotonic += passed;
					({memory} = nextStep(memory, each, {way, monotonic, versions: 1}));
					expect(memory.lastVersion).toBe('42');
					expect([undefined, '42']).toContain(memory.resourceVersion);
					expect(memory.hasSynced).toBe(true);
				}
			}),
		);
	});
});
