import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {combineProposals} from '../../../src/analyze/hpa/combine-proposals.ts';
import {passReportOf} from '../../../src/analyze/hpa/compare-pass.ts';
import {decidePass, type PassDecision} from '../../../src/analyze/hpa/decide-pass.ts';
import {explainHpa} from '../../../src/analyze/hpa/explain-hpa.ts';
import type {Hpa, HpaBehavior} from '../../../src/analyze/hpa/hpa-input.ts';
import {effectiveRules, type ScaleEvent, storeEvent} from '../../../src/analyze/hpa/limit-rate.ts';
import {
	beginMemory,
	forgetExpired,
	type HpaMemory,
	noteLeader,
	type PassReport,
	rememberPass,
	supposePasses,
	viewMemory,
	warmthOf,
} from '../../../src/analyze/hpa/memory.ts';
import {type Recommendation, remember} from '../../../src/analyze/hpa/stabilize.ts';
import {releaseText, warmthText, whyHpa} from '../../../src/analyze/hpa/why-hpa.ts';
import {type EpochMs, epochMs} from '../../../src/util/epoch-ms.ts';
import {ago, condition, cpuUtilization, hpa, input, metricStatus, NOW, pods, samples, scalingRules} from './builders.ts';

const PERIOD_MS = 15_000;

const report = (secondsAgo: number, raw: number, parts: Partial<PassReport> = {}): PassReport => ({
	at: {from: ago(secondsAgo), to: ago(secondsAgo)},
	current: 10,
	raw: {low: raw, high: raw},
	rescaledTo: undefined,
	ableToScale: undefined,
	scalingLimited: undefined,
	longestPeriodMs: undefined,
	...parts,
});

const remembering = (memory: HpaMemory, pass: PassReport): HpaMemory => rememberPass(memory, pass, PERIOD_MS);

const UNLIMITED = {status: 'False', reason: 'DesiredWithinRange'};

describe('when it will shrink', () => {
	test('a recommendation falls out at its time plus the window, and the next pass notices', () => {
		const memory = [report(190, 10), report(175, 4)].reduce(remembering, beginMemory(ago(1000), ago(1000)));
		const explanation = explainHpa(input({replicas: 10, memory, readings: [samples(pods(10), 100)]}));
		expect(releaseText(explanation.release!)).toBe('shrinks to 4 in 1m50s–2m05s if nothing changes');
		expect(whyHpa(explanation)).toBe(
			'It is at 10: cpu at 20% against 50% asks for 4, but 10 was asked for within the last 5m; it shrinks to 4 in 1m50s–2m05s if nothing changes.',
		);
	});

	test('what is lower and younger holds on after it', () => {
		const memory = [report(190, 10), report(175, 7), report(20, 4)].reduce(remembering, beginMemory(ago(1000), ago(1000)));
		expect(explainHpa(input({replicas: 10, memory, readings: [samples(pods(10), 100)]})).release).toEqual({
			direction: 'down',
			to: 7,
			inFromMs: 110_000,
			inToMs: 125_000,
		});
	});

	test('an up window lets growth through in the same way', () => {
		const behavior = {scaleUp: scalingRules({stabilizationWindowSeconds: 60}), scaleDown: undefined};
		const memory = [
			report(20, 4, {longestPeriodMs: {up: 15_000, down: 15_000}, current: 4}),
			report(5, 5, {longestPeriodMs: {up: 15_000, down: 15_000}, current: 4}),
		].reduce(remembering, beginMemory(ago(1000), ago(1000)));
		const explanation = explainHpa(input({hpa: hpa({behavior}), memory}));
		expect(explanation.state).toBe('held');
		expect(releaseText(explanation.release!)).toBe('grows to 5 in 40s–55s if nothing changes');
	});

	test('nothing is promised that the minimum forbids', () => {
		const memory = [report(190, 10), report(175, 4)].reduce(remembering, beginMemory(ago(1000), ago(1000)));
		expect(explainHpa(input({replicas: 10, memory, hpa: hpa({min: 6}), readings: [samples(pods(10), 100)]})).release?.to).toBe(6);
		expect(explainHpa(input({replicas: 10, memory, hpa: hpa({min: 10}), readings: [samples(pods(10), 100)]})).release).toBeUndefined();
	});
});

describe('what was before the watch', () => {
	test('is unknown until a window has gone by', () => {
		const memory = beginMemory(ago(100), undefined, {raw: undefined, syncPeriodMs: PERIOD_MS});
		expect(warmthText(explainHpa(input({memory})))).toBe('window known for 1m40s of 5m');
		expect(warmthOf(memory, ago(-200), 300_000).isWarm).toBe(true);
		expect(warmthText(explainHpa(input({memory: beginMemory(ago(100), ago(100))})))).toBeUndefined();
	});

	test('leaves a range', () => {
		const {desired} = explainHpa(
			input({replicas: 10, memory: beginMemory(ago(100), undefined, {raw: undefined, syncPeriodMs: PERIOD_MS}), readings: [samples(pods(10), 100)]}),
		);
		expect(desired).toEqual({low: 4, high: 10});
	});

	test('is bounded at once by a pass that the window did not change', () => {
		const memory = remembering(beginMemory(ago(100)), report(10, 4, {current: 4, ableToScale: 'ReadyForNewScale', scalingLimited: UNLIMITED}));
		expect(memory.before).toEqual({low: undefined, high: 4});
		expect(explainHpa(input({memory, readings: [samples(pods(4), 250)]})).desired).toEqual({low: 4, high: 4});
	});

	test('is bounded by a shrink that went through', () => {
		const memory = remembering(
			beginMemory(ago(100)),
			report(10, 6, {rescaledTo: 6, ableToScale: 'SucceededRescale', scalingLimited: UNLIMITED, longestPeriodMs: {up: 15_000, down: 15_000}}),
		);
		expect(memory.before).toEqual({low: undefined, high: 6});
	});
});

describe('the events of policies', () => {
	const periods = {longestPeriodMs: {up: 60_000, down: 60_000}};
	const changes = (reports: readonly PassReport[]): ReadonlyArray<readonly [number, boolean]> =>
		reports.reduce(remembering, beginMemory(ago(1000), ago(1000))).events.map(({change, isSure}) => [change, isSure]);

	test('go over the last that is older than all periods of their direction', () => {
		expect(changes([report(200, 12, {...periods, rescaledTo: 12}), report(100, 15, {...periods, current: 12, rescaledTo: 15})])).toEqual([[3, true]]);
	});

	test('are kept beside those that are younger, and beside those of the other direction', () => {
		expect(
			changes([
				report(200, 8, {...periods, rescaledTo: 8}),
				report(100, 15, {...periods, rescaledTo: 15}),
				report(50, 16, {...periods, current: 15, rescaledTo: 16}),
			]),
		).toEqual([
			[2, true],
			[5, true],
			[1, true],
		]);
	});

	test('make a doubtful one of what may be a moment too young', () => {
		const at = {from: ago(160), to: ago(159)};
		expect(changes([report(160, 12, {...periods, rescaledTo: 12, at}), report(99.5, 15, {...periods, current: 12, rescaledTo: 15})])).toEqual([
			[2, false],
			[3, true],
		]);
	});

	test('are none without behavior', () => expect(changes([report(200, 12, {rescaledTo: 12})])).toEqual([]));
});

describe('what the conditions say of the raw number', () => {
	test.each<{name: string; parts: Partial<PassReport>; run: {low: number; high: number}}>([
		{name: 'the window changed nothing and nothing moved: it was the count', parts: {ableToScale: 'ReadyForNewScale'}, run: {low: 10, high: 10}},
		{name: 'stabilised downwards: it was below', parts: {ableToScale: 'ScaleDownStabilized'}, run: {low: 0, high: 9}},
		{
			name: 'stabilised upwards: it was above',
			parts: {ableToScale: 'ScaleUpStabilized', longestPeriodMs: {up: 15_000, down: 15_000}},
			run: {low: 11, high: 50},
		},
		{name: 'without behavior a rescale says that it was no more', parts: {rescaledTo: 12}, run: {low: 0, high: 12}},
		{name: 'with behavior growth says that it was no less', parts: {rescaledTo: 12, longestPeriodMs: {up: 15_000, down: 15_000}}, run: {low: 12, high: 50}},
		{name: 'and a limit says nothing', parts: {rescaledTo: 12, scalingLimited: {status: 'True', reason: 'ScaleUpLimit'}}, run: {low: 0, high: 50}},
	])('$name', ({parts, run}) => {
		const memory = remembering(beginMemory(ago(100)), report(10, 0, {raw: {low: 0, high: 50}, scalingLimited: UNLIMITED, ...parts}));
		expect(memory.runs).toMatchObject([run]);
	});
});

test('a new leader begins anew: shrinking is held at the count it finds, and budgets are full', () => {
	const old = remembering(
		noteLeader(beginMemory(ago(1000)), {holder: 'a', transitions: 3, acquiredAt: ago(5000)}, ago(1000), 10, PERIOD_MS),
		report(20, 4, {rescaledTo: 8, longestPeriodMs: {up: 15_000, down: 15_000}}),
	);
	expect(noteLeader(old, {holder: 'a', transitions: 3, acquiredAt: ago(5000)}, ago(15), 8, PERIOD_MS)).toBe(old);
	const next = noteLeader(old, {holder: 'b', transitions: 4, acquiredAt: ago(15)}, ago(14), 8, PERIOD_MS);
	expect(next).toMatchObject({
		origin: 'controllerRestarted',
		before: undefined,
		events: [],
		runs: [
			{low: 8, high: 8, first: {from: ago(15), to: ago(-15)}},
			{low: 4, high: 8},
		],
	});
	expect(next.rescales).toHaveLength(1);
});

describe('passes without a word', () => {
	test('are supposed to find what the last one found, and make one run of it', () => {
		const memory = remembering(beginMemory(ago(1000), ago(1000)), report(100, 4));
		expect(supposePasses(memory, ago(90), PERIOD_MS)).toBe(memory);
		expect(supposePasses(memory, NOW, PERIOD_MS).runs).toEqual([
			{low: 4, high: 4, first: {from: ago(100), to: ago(100)}, last: {from: ago(18), to: NOW}, seen: {from: ago(100), to: ago(100)}},
		]);
	});

	test('are remembered with the next one that says something', () => {
		const memory = [report(100, 4), report(10, 6)].reduce(remembering, beginMemory(ago(1000), ago(1000)));
		expect(memory.runs.map(({low, last}) => [low, last.from, last.to])).toEqual([
			[4, ago(28), ago(25)],
			[6, ago(10), ago(10)],
		]);
	});

	test('store nothing where the last one stored nothing', () => {
		const memory = remembering(beginMemory(ago(1000), ago(1000)), report(100, 0, {raw: undefined}));
		expect(supposePasses(memory, NOW, PERIOD_MS)).toBe(memory);
	});

	test('a status that is found when the watch begins is one of them', () => {
		const memory = beginMemory(ago(60), undefined, {raw: {low: 4, high: 4}, syncPeriodMs: PERIOD_MS});
		expect(supposePasses(memory, NOW, PERIOD_MS).runs).toEqual([
			{low: 4, high: 4, first: {from: ago(18), to: NOW}, last: {from: ago(18), to: NOW}, seen: {from: ago(78), to: ago(60)}},
		]);
		expect(warmthOf(memory, NOW, 300_000).knownMs).toBe(60_000);
		expect(warmthOf(beginMemory(ago(60)), NOW, 300_000).knownMs).toBe(0);
	});
});

test('what no window reaches is forgotten', () => {
	const memory = [report(700, 9), report(685, 4)].reduce(remembering, beginMemory(ago(1000)));
	expect(forgetExpired(memory, NOW, 690_000).runs.map(({high}) => high)).toEqual([4]);
	expect(forgetExpired(memory, NOW, 800_000)).toBe(memory);
});

// ---- a controller that remembers exactly, and an observer who sees only its status ----

type World = {
	readonly behavior: HpaBehavior | undefined;
	readonly min: number;
	readonly max: number;
	/** Before these many passes nobody watches. */
	readonly unseen: number;
	readonly passes: ReadonlyArray<{
		readonly raw: number;
		readonly lateMs: number;
		readonly jitterMs: number;
		readonly restart: boolean;
		readonly manual: number | undefined;
	}>;
};

const window = fc.option(fc.constantFrom(0, 20, 45, 120), {nil: undefined});
const policies = fc.array(
	fc.record({type: fc.constantFrom('Pods', 'Percent'), value: fc.integer({min: 1, max: 100}), periodSeconds: fc.constantFrom(15, 40, 100)}),
	{maxLength: 2},
);
const rulesOf = fc.record({window, policies}).map(each => scalingRules({stabilizationWindowSeconds: each.window, policies: each.policies}));

const worldOf = (leastPasses: number): fc.Arbitrary<World> =>
	fc
		.record({
			behavior: fc.option(fc.record({scaleUp: fc.option(rulesOf, {nil: undefined}), scaleDown: fc.option(rulesOf, {nil: undefined})}), {nil: undefined}),
			min: fc.integer({min: 1, max: 3}),
			span: fc.integer({min: 0, max: 20}),
			unseen: fc.integer({min: 0, max: 12}),
			passes: fc.array(
				fc.record({
					raw: fc.oneof({weight: 2, arbitrary: fc.integer({min: 0, max: 25})}, {weight: 3, arbitrary: fc.constant(-1)}),
					lateMs: fc.integer({min: 0, max: 900}),
					jitterMs: fc.integer({min: 0, max: 300}),
					restart: fc.integer({min: 0, max: 30}).map(each => each === 0),
					manual: fc.integer({min: 0, max: 40}).map(each => (each >= 1 && each <= 6 ? each : undefined)),
				}),
				{minLength: leastPasses, maxLength: 45},
			),
		})
		.map(({span, min, ...rest}) => ({...rest, min, max: min + span}));

const WINDOW_MS = 90_000;

function statusAfter(decision: PassDecision, current: number, raw: number, at: EpochMs, previous: Hpa): Hpa {
	const {ableToScale, scalingActive, scalingLimited} = decision;
	const kept = previous.status.conditions;
	const set = (type: string, outcome: PassDecision['scalingActive']): Hpa['status']['conditions'] =>
		outcome === undefined ? kept.filter(each => each.type === type) : [condition(type, outcome.status, outcome.reason)];
	return {
		...previous,
		status: {
			currentReplicas: current,
			desiredReplicas: decision.desired,
			lastScaleTime: decision.rescale ? epochMs(Math.floor(at / 1000) * 1000) : previous.status.lastScaleTime,
			currentMetrics: decision.metricsEvaluated ? [metricStatus('Resource', {averageUtilization: raw})] : [],
			conditions: [...set('AbleToScale', ableToScale), ...set('ScalingActive', scalingActive), ...set('ScalingLimited', scalingLimited)],
		},
	};
}

/** Plays a world; calls back before each pass that is watched, with what the controller then did. */
function play(
	{behavior, min, max, unseen, passes}: World,
	beforePass: (
		memory: HpaMemory,
		at: EpochMs,
		current: number,
		decision: PassDecision,
		input: Parameters<typeof decidePass>[0],
		lastScaleTime: EpochMs | undefined,
	) => void,
): HpaMemory {
	const rules = behavior === undefined ? undefined : effectiveRules(behavior, WINDOW_MS);
	const longestMs = rules === undefined ? WINDOW_MS : Math.max(rules.up.windowMs, rules.down.windowMs);
	type Dated<T> = T & {readonly at: number};
	let recommendations: readonly Dated<Recommendation>[] | undefined;
	let events = {up: [] as readonly Dated<ScaleEvent>[], down: [] as readonly Dated<ScaleEvent>[]};
	let current = min;
	let raw = min;
	let at = NOW;
	let state = hpa({min, max, metrics: [cpuUtilization(50)], ...(behavior === undefined ? {} : {behavior})});
	let transitions = 1;
	let memory = beginMemory(at);

	passes.forEach((step, index) => {
		at = epochMs(at + PERIOD_MS + step.jitterMs);
		if (step.raw >= 0) raw = step.raw;
		if (step.manual !== undefined) current = step.manual;
		if (step.restart) {
			recommendations = undefined;
			events = {up: [], down: []};
			transitions++;
		}
		const aged = <T extends object>(list: readonly Dated<T>[]): ReadonlyArray<Dated<T> & {readonly ageMs: number}> =>
			list.map(each => ({...each, ageMs: at - each.at}));
		recommendations ??= [{value: current, ageMs: 0, at}];
		const now = aged(recommendations);
		const pass = {
			min,
			max,
			behavior,
			current,
			proposals: combineProposals([{kind: 'count', name: 'cpu', replicas: raw}], current),
			memory: {forUp: now, forDown: now, events: {up: aged(events.up), down: aged(events.down)}},
			isScaledToZero: false,
			hasObjectOrExternal: false,
			downscaleStabilizationMs: WINDOW_MS,
			fromZero: 'condition' as const,
		};
		const decision = decidePass(pass);

		const isWatched = index >= unseen;
		if (index === unseen) memory = beginMemory(epochMs(at - 1));
		if (isWatched) {
			memory = noteLeader(memory, {holder: `c${transitions}`, transitions, acquiredAt: epochMs(at - 1000)}, epochMs(at - 500), current, PERIOD_MS);
			beforePass(memory, at, current, decision, pass, state.status.lastScaleTime);
		}

		if (decision.path === 'metrics') {
			const stored = remember(now, raw, ageMs => ageMs > longestMs);
			recommendations = stored.map(each => ({...each, at: at - each.ageMs}));
		}
		const after = statusAfter(decision, current, raw, at, state);
		if (decision.rescale && rules !== undefined) {
			const direction = decision.desired > current ? 'up' : 'down';
			const stored = storeEvent(aged(events[direction]), Math.abs(decision.desired - current), rules[direction].policies);
			events = {...events, [direction]: stored.map(each => ({...each, at: at - each.ageMs}))};
		}
		if (isWatched) {
			const found = passReportOf(state, after, {low: raw, high: raw}, epochMs(at + step.lateMs));
			if (found !== undefined) memory = remembering(memory, found);
		}
		state = after;
		current = decision.desired;
	});
	return memory;
}

describe('held against a controller that remembers exactly', () => {
	const frameOf = ({behavior, max}: World, now: EpochMs, current: number, lastScaleTime: EpochMs | undefined): Parameters<typeof viewMemory>[1] => {
		const rules = behavior === undefined ? undefined : effectiveRules(behavior, WINDOW_MS);
		const periods = rules === undefined ? [0] : [...rules.up.policies, ...rules.down.policies].map(({periodSeconds}) => periodSeconds * 1000);
		return {
			now,
			current,
			max,
			hasBehavior: rules !== undefined,
			upWindowMs: rules?.up.windowMs ?? 0,
			downWindowMs: rules?.down.windowMs ?? WINDOW_MS,
			longestPeriodMs: Math.max(...periods),
			lastScaleTime,
		};
	};

	test('what it does is always within what the memory holds possible', () => {
		fc.assert(
			fc.property(worldOf(1), given => {
				play(given, (memory, at, current, decision, pass, lastScaleTime) => {
					const view = viewMemory(supposePasses(memory, at, PERIOD_MS), frameOf(given, at, current, lastScaleTime));
					const [low, high] = [view.low, view.high].map(each => decidePass({...pass, memory: each}).desired);
					expect(decision.desired).toBeGreaterThanOrEqual(low!);
					expect(decision.desired).toBeLessThanOrEqual(high!);
				});
			}),
			{numRuns: 500},
		);
	});

	test('once warm it is nearly always known exactly', () => {
		let known = 0;
		let all = 0;
		fc.assert(
			fc.property(worldOf(30), given => {
				play(given, (memory, at, current, _, pass, lastScaleTime) => {
					if (!warmthOf(memory, at, 120_000).isWarm) return;
					const view = viewMemory(supposePasses(memory, at, PERIOD_MS), frameOf(given, at, current, lastScaleTime));
					const [low, high] = [view.low, view.high].map(each => decidePass({...pass, memory: each}).desired);
					all++;
					if (low === high) known++;
				});
			}),
			{numRuns: 300, seed: 7},
		);
		expect(all).toBeGreaterThan(1000);
		expect(known / all).toBeGreaterThan(0.9);
	});

	test('saved, restored and fed the rest it equals one that never stopped', () => {
		fc.assert(
			fc.property(worldOf(1), given => {
				const views: unknown[] = [];
				play(given, (memory, at, current, _, __, lastScaleTime) => {
					const restored = JSON.parse(JSON.stringify(memory)) as HpaMemory;
					const frame = frameOf(given, at, current, lastScaleTime);
					expect(viewMemory(restored, frame)).toEqual(viewMemory(memory, frame));
					expect(supposePasses(restored, epochMs(at + 60_000), PERIOD_MS)).toEqual(supposePasses(memory, epochMs(at + 60_000), PERIOD_MS));
					views.push(frame);
				});
			}),
			{numRuns: 100},
		);
	});
});
