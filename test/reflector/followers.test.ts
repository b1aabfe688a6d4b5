import {describe, expect, test} from 'vitest';
import {pods} from '../../src/kube/resources/pods.ts';
import {createFollowers} from '../../src/reflector/followers.ts';
import {createRights} from '../../src/reflector/rights.ts';
import {createModelServer} from '../contract/model-server.ts';
import {START} from '../observe/fake-clock.ts';
import {answerFrom, type Asked} from './fake-transport.ts';
import {createHarness} from './harness.ts';

type Allowed = {
	/** Namespaces whose pods may be listed; '*' is the whole cluster. */
	namespaces: readonly string[];
	mayListNamespaces?: boolean;
	/** The rules cannot be told (a webhook decides): every review is incomplete. */
	isIncomplete?: boolean;
};

/** A model server with three namespaces, and rights as given (they may change). */
function clusterWith(allowed: Allowed, options: {candidates?: readonly string[]; namespaces?: readonly string[]} = {}) {
	const server = createModelServer();
	for (const namespace of ['shop', 'bank', 'zoo']) server.put('a', namespace);
	const model = answerFrom(server);
	const reviews: string[] = [];

	function json(asked: Asked, value: unknown): void {
		const body = asked.respond('application/json');
		body.push(new TextEncoder().encode(JSON.stringify(value)));
		body.end();
	}

	const harness = createHarness(asked => {
		const {path, body} = asked.spec;
		const spec = body === undefined ? undefined : JSON.parse(body.text).spec;
		if (path.endsWith('selfsubjectrulesreviews')) {
			reviews.push(`rules ${spec.namespace}`);
			const isGranted = allowed.namespaces.includes(spec.namespace) && !allowed.isIncomplete;
			return json(asked, {
				status: {
					incomplete: allowed.isIncomplete ?? false,
					resourceRules: isGranted ? [{verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods']}] : [],
				},
			});
		}
		if (path.endsWith('selfsubjectaccessreviews')) {
			reviews.push(`access ${spec.resourceAttributes.namespace}`);
			return json(asked, {status: {allowed: allowed.namespaces.includes(spec.resourceAttributes.namespace)}});
		}
		if (path === '/api/v1/namespaces')
			return allowed.mayListNamespaces ? json(asked, {items: ['shop', 'bank', 'zoo'].map(name => ({metadata: {name}}))}) : asked.refuse(403, 'Forbidden');
		const namespace = /namespaces\/([^/]+)\//.exec(path)?.[1] ?? '*';
		if (allowed.namespaces.includes(namespace) || allowed.namespaces.includes('*')) model(asked);
		else asked.refuse(403, 'Forbidden');
	});
	const rights = createRights(harness.context, () => options.candidates ?? []);
	const stoodIn: string[] = [];
	const followers = createFollowers(harness.context, {rights, namespaces: options.namespaces, onStandIns: id => stoodIn.push(id)});
	return {...harness, server, followers, reviews, stoodIn};
}

const CLUSTER = {namespaces: ['*']};

describe('followers', () => {
	test('nothing is asked before somebody needs it, and then once for all who do', async () => {
		const {followers, clock, requests, reviews} = clusterWith(CLUSTER);
		await clock.advanceAsync(0);
		expect(requests()).toEqual([]);
		followers.need([pods]);
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['stream']);
		expect(reviews).toEqual([]);
	});

	test('what nobody needs any more is stopped a while later, and goes on where it was', async () => {
		const {followers, clock, requests, server, transport, contents} = clusterWith(CLUSTER);
		followers.need([pods]);
		await clock.advanceAsync(0);
		followers.need([]);
		await clock.advanceAsync(60_000);
		server.bookmark();
		await clock.advanceAsync(59_000);
		expect(transport.open).toBe(1);
		await clock.advanceAsync(1_000);
		expect(transport.open).toBe(0);
		server.put('b');
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['stream', expect.stringMatching(/^watch/)]);
		expect(contents()).toEqual(server.contents());
		await followers.stop();
		expect(clock.pending).toBe(0);
	});

	test('403 for the cluster: the namespaces that the user named and may see, each by its own watch', async () => {
		const {followers, clock, requests, names, snapshot, freshness, reviews, server, stoodIn} = clusterWith(
			{namespaces: ['shop', 'bank']},
			{candidates: ['shop', 'zoo', 'bank']},
		);
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(requests().filter(each => each.includes(' in ') || !each.includes('/'))).toEqual(
			expect.arrayContaining(['stream', 'list limit=500', 'stream in shop', 'stream in bank']),
		);
		expect(requests()).not.toContain('stream in zoo');
		expect(reviews.sort()).toEqual(['rules bank', 'rules shop', 'rules zoo']);
		expect(names()).toEqual(['bank/a', 'shop/a']);
		expect(snapshot().hasSynced).toBe(true);
		expect(freshness()).toMatchObject({kind: 'forbidden', verb: 'list', resource: 'pods', namespace: undefined});
		expect(freshness('shop')).toEqual({kind: 'live'});
		expect(followers.standInsFor('pods')).toEqual(['shop', 'bank']);
		expect(stoodIn).toEqual(['pods']);
		server.put('b', 'bank');
		await clock.advanceAsync(0);
		expect(names()).toEqual(['bank/a', 'bank/b', 'shop/a']);
	});

	test('a cluster-wide 403 that was a server just starting: the namespaces stand in for a moment, and the cluster replaces them', async () => {
		const allowed: Allowed = {namespaces: ['shop']};
		const {followers, clock, names, freshness, stoodIn, transport} = clusterWith(allowed, {candidates: ['shop']});
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(names()).toEqual(['shop/a']);
		expect(freshness()).toMatchObject({kind: 'forbidden', nextTryAt: START + 1500});
		await clock.advanceAsync(1500);
		allowed.namespaces = ['*'];
		await clock.advanceAsync(1500);
		expect(names()).toEqual(['bank/a', 'shop/a', 'zoo/a']);
		expect(freshness()).toEqual({kind: 'live'});
		expect(stoodIn).toEqual(['pods']);
		expect(transport.open).toBe(1);
	});

	test('rights that a server just starting could not tell are asked again with the next try', async () => {
		const allowed: Allowed = {namespaces: []};
		const {followers, clock, names} = clusterWith(allowed, {candidates: ['shop']});
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(names()).toEqual([]);
		allowed.namespaces = ['shop'];
		await clock.advanceAsync(1500);
		expect(names()).toEqual(['shop/a']);
	});

	test('… and those that the server lists, where it may be asked', async () => {
		const {followers, clock, names} = clusterWith({namespaces: ['zoo'], mayListNamespaces: true});
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(names()).toEqual(['zoo/a']);
	});

	test('rules that are incomplete are no proof of "no": the resource itself is asked for', async () => {
		const {followers, clock, names, reviews} = clusterWith({namespaces: ['shop'], isIncomplete: true}, {candidates: ['shop', 'bank']});
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(reviews.sort()).toEqual(['access bank', 'access shop', 'rules bank', 'rules shop']);
		expect(names()).toEqual(['shop/a']);
	});

	test('nothing is permitted: forbidden, not empty and not synced', async () => {
		const {followers, clock, freshness, snapshot} = clusterWith({namespaces: []}, {candidates: ['shop']});
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(freshness()?.kind).toBe('forbidden');
		expect(snapshot().hasSynced).toBe(false);
	});

	test('asked again after ten minutes; when the cluster may be seen, the namespaces give way', async () => {
		const allowed: Allowed = {namespaces: ['shop']};
		const {followers, clock, names, freshness, snapshot, transport} = clusterWith(allowed, {candidates: ['shop']});
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(names()).toEqual(['shop/a']);
		allowed.namespaces = ['*'];
		await clock.advanceAsync(601_000);
		expect(names()).toEqual(['bank/a', 'shop/a', 'zoo/a']);
		expect(freshness()).toEqual({kind: 'live'});
		expect(freshness('shop')).toBeUndefined();
		expect(snapshot().hasSynced).toBe(true);
		expect(transport.open).toBe(1);
	});

	test('a namespace that is lost while the others go on leaves quietly', async () => {
		const allowed: Allowed = {namespaces: ['shop', 'bank']};
		const {followers, clock, server, names, snapshot, freshness} = clusterWith(allowed, {candidates: ['shop', 'bank']});
		followers.need([pods]);
		await clock.advanceAsync(0);
		allowed.namespaces = ['shop'];
		server.endAll();
		await clock.advanceAsync(5000);
		expect(names()).toEqual(['shop/a']);
		expect(snapshot().hasSynced).toBe(true);
		expect(freshness('bank')?.kind).toBe('forbidden');
	});

	test('one namespace asked for is one watch of it; another namespace, or all, replaces it when it has come', async () => {
		const {followers, clock, requests, names, transport} = clusterWith(CLUSTER, {namespaces: ['shop']});
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['stream in shop']);
		followers.setNamespaces(['bank']);
		expect(names()).toEqual(['shop/a']);
		await clock.advanceAsync(0);
		expect(names()).toEqual(['bank/a']);
		followers.setNamespaces(undefined);
		await clock.advanceAsync(0);
		expect(names()).toEqual(['bank/a', 'shop/a', 'zoo/a']);
		followers.setNamespaces(['zoo']);
		await clock.advanceAsync(0);
		expect(names()).toEqual(['zoo/a']);
		expect(transport.open).toBe(1);
	});

	test('several namespaces asked for: one that may not be seen does not hold up the others', async () => {
		const {followers, clock, names, snapshot, freshness} = clusterWith({namespaces: ['shop', 'zoo']}, {namespaces: ['shop', 'bank', 'zoo']});
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(names()).toEqual(['shop/a', 'zoo/a']);
		expect(snapshot().hasSynced).toBe(true);
		expect(freshness('bank')?.kind).toBe('forbidden');
		expect(freshness('')).toBeUndefined();
	});

	test('a selector goes out with every request', async () => {
		const server = createModelServer({streamedLists: 'refused'});
		const {context, clock, asked} = createHarness(answerFrom(server));
		const followers = createFollowers(context, {rights: createRights(context, () => []), selectorOf: id => (id === 'pods' ? 'app=web' : undefined)});
		followers.need([pods]);
		await clock.advanceAsync(0);
		expect(asked.map(each => each.spec.query?.labelSelector)).toEqual(['app=web', 'app=web', 'app=web']);
	});

	test('turning to a namespace that stands in already asks nothing', async () => {
		const {followers, clock, requests, names} = clusterWith({namespaces: ['shop', 'bank']}, {candidates: ['shop', 'bank']});
		followers.need([pods]);
		await clock.advanceAsync(0);
		const before = requests().length;
		followers.setNamespaces(['bank']);
		await clock.advanceAsync(0);
		expect(requests()).toHaveLength(before);
		expect(names()).toEqual(['bank/a']);
	});

	test('another cluster: everything goes at once and is fetched anew', async () => {
		const {followers, clock, names, requests, transport} = clusterWith(CLUSTER);
		followers.need([pods]);
		await clock.advanceAsync(0);
		followers.startOver();
		expect(names()).toEqual([]);
		await clock.advanceAsync(0);
		expect(requests()).toEqual(['stream', 'stream']);
		expect(names()).toEqual(['bank/a', 'shop/a', 'zoo/a']);
		expect(transport.open).toBe(1);
	});

	test('after a sleep the watches come back within two seconds, one after another', async () => {
		const {followers, clock, asked} = clusterWith(CLUSTER);
		followers.need([pods]);
		await clock.advanceAsync(0);
		followers.reconnect();
		await clock.advanceAsync(2000);
		expect(asked[1]!.at).toBe(1000);
	});
});
