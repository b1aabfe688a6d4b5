import {describe, expect, test} from 'vitest';
import type {Fact} from '../../src/observe/observation.ts';
import {createServerFacts} from '../../src/reflector/server-facts.ts';
import {watchForWake} from '../../src/reflector/wake-detector.ts';
import {fakeClock} from '../observe/fake-clock.ts';
import type {Asked} from './fake-transport.ts';
import {createHarness} from './harness.ts';

const json = (asked: Asked, value: unknown): void => {
	const body = asked.respond('application/json');
	body.push(new TextEncoder().encode(JSON.stringify(value)));
	body.end();
};

const DISCOVERY = {
	kind: 'APIGroupDiscoveryList',
	items: [{metadata: {name: 'metrics.k8s.io'}, versions: [{version: 'v1beta1', freshness: 'Current', resources: [{resource: 'pods'}]}]}],
};

function answers(uid: () => string): (asked: Asked) => void {
	return asked => {
		if (asked.spec.path === '/version') json(asked, {major: '1', minor: '34+', gitVersion: 'v1.34.2-eks'});
		if (asked.spec.path === '/apis') json(asked, DISCOVERY);
		if (asked.spec.path.endsWith('kube-system')) json(asked, {kind: 'PartialObjectMetadata', metadata: {uid: uid()}});
	};
}

describe('server facts', () => {
	test('three requests tell version, discovery and identity', async () => {
		const {context, clock, said, asked} = createHarness(answers(() => 'u1'));
		const facts = createServerFacts(context);
		facts.start();
		facts.start();
		await clock.advanceAsync(0);
		expect(asked.map(each => each.spec.path)).toEqual(['/version', '/apis', '/api/v1/namespaces/kube-system']);
		expect(said.flatMap(each => (each.kind === 'fact' ? [each.fact] : []))).toEqual(
			expect.arrayContaining<Fact>([
				{name: 'serverVersion', gitVersion: 'v1.34.2-eks', major: 1, minor: 34},
				{name: 'discovery', groups: [{group: 'metrics.k8s.io', versions: ['v1beta1']}]},
				{name: 'clusterIdentity', uid: 'u1'},
			]),
		);
		expect(context.version.known()?.minor).toBe(34);
		expect(facts.versionsOf('metrics.k8s.io')).toEqual(['v1beta1']);
		expect(facts.versionsOf('nothing.io')).toEqual([]);
	});

	test('before discovery has answered, versions are not known', () => {
		expect(createServerFacts(createHarness(() => undefined).context).versionsOf('apps')).toBeUndefined();
	});

	test('a failure is tried again, a refusal only twice, for a server that has just started', async () => {
		const {context, clock, asked, faults} = createHarness(each =>
			each.spec.path === '/version' ? each.fail({kind: 'connection', code: 'ECONNREFUSED', message: 'refused'}) : each.refuse(403),
		);
		const facts = createServerFacts(context);
		facts.start();
		await clock.advanceAsync(10_000);
		const paths = asked.map(each => each.spec.path);
		expect(paths.filter(path => path === '/version').length).toBeGreaterThanOrEqual(3);
		expect(paths.filter(path => path === '/apis')).toHaveLength(3);
		expect(new Set(faults().map(each => each.source))).toEqual(new Set(['version']));
		facts.stop();
		await clock.advanceAsync(0);
		expect(clock.pending).toBe(0);
	});

	test('a server that has just started and refuses everybody is known within seconds', async () => {
		const answer = answers(() => 'u1');
		const {context, clock, faults} = createHarness(each => (clock.monotonic() < 1200 ? each.refuse(403) : answer(each)));
		const facts = createServerFacts(context);
		facts.start();
		await clock.advanceAsync(3000);
		expect(context.version.known()).toBeDefined();
		expect(facts.versionsOf('apps')).toBeDefined();
		expect(faults()).toEqual([]);
		facts.stop();
	});

	test('another uid of kube-system is another cluster; it is looked for after a reconnect, at most every half minute', async () => {
		let uid = 'u1';
		let others = 0;
		const {context, clock, asked, faults} = createHarness(answers(() => uid));
		const facts = createServerFacts(context, {onOtherCluster: () => others++});
		facts.start();
		await clock.advanceAsync(0);
		facts.refresh();
		await clock.advanceAsync(0);
		expect(asked).toHaveLength(3);
		uid = 'u2';
		await clock.advanceAsync(30_000);
		facts.refresh();
		await clock.advanceAsync(0);
		expect(others).toBe(1);
		expect(faults()).toMatchObject([{code: 'other-cluster'}]);
	});

	test('garbage instead of a version is a fault, and is asked again', async () => {
		const {context, clock, asked, faults} = createHarness(each => {
			const body = each.respond('text/html');
			body.push(new TextEncoder().encode('<html>'));
			body.end();
		});
		const facts = createServerFacts(context);
		facts.start();
		await clock.advanceAsync(2000);
		facts.stop();
		expect(asked.length).toBeGreaterThan(3);
		expect(faults().length).toBeGreaterThanOrEqual(3);
	});
});

describe('a machine that slept', () => {
	test.each([
		{
			name: 'monotonic time stood still: the wall clock is ahead',
			sleep: (clock: ReturnType<typeof fakeClock>) => clock.setWall(clock.now() + 3_600_000),
			wakes: 1,
		},
		{name: 'the clock was set back: nothing slept', sleep: (clock: ReturnType<typeof fakeClock>) => clock.setWall(clock.now() - 3_600_000), wakes: 0},
		{name: 'nothing happened', sleep: () => undefined, wakes: 0},
	])('$name', ({sleep, wakes}) => {
		const clock = fakeClock();
		let woke = 0;
		const stop = watchForWake(clock, () => woke++);
		clock.advance(20_000);
		sleep(clock);
		clock.advance(20_000);
		expect(woke).toBe(wakes);
		stop();
		expect(clock.pending).toBe(0);
	});

	test('monotonic time ran on: the timer is late', () => {
		let due: (() => void) | undefined;
		let monotonic = 0;
		let woke = 0;
		const clock = {
			...fakeClock(),
			monotonic: () => monotonic,
			now: () => monotonic as never,
			after: (_: number, call: () => void) => {
				due = call;
				return () => undefined;
			},
		};
		watchForWake(clock, () => woke++);
		monotonic += 5_010;
		due?.();
		expect(woke).toBe(0);
		monotonic += 3_600_000;
		due?.();
		expect(woke).toBe(1);
	});
});
