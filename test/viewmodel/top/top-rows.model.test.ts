import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {TableModel} from '../../../src/viewmodel/table-model.ts';
import {createTopRows} from '../../../src/viewmodel/top/create-top-rows.ts';
import type {TopQuery} from '../../../src/viewmodel/top/top-query.ts';
import {ago, node, pod} from '../../analyze/top/builders.ts';
import {createWorld, nodeSample, podSample, QUERY, type World} from './world.ts';

type Op =
	| {readonly kind: 'pod'; readonly id: number; readonly node: number; readonly version: number; readonly shape: number}
	| {readonly kind: 'removePod'; readonly id: number}
	| {readonly kind: 'node'; readonly id: number; readonly version: number}
	| {readonly kind: 'removeNode'; readonly id: number}
	| {readonly kind: 'sample'; readonly id: number; readonly at: number; readonly milli: number}
	| {readonly kind: 'nodeSample'; readonly id: number; readonly at: number; readonly milli: number}
	| {readonly kind: 'replicaSet'; readonly id: number; readonly owner: number}
	| {readonly kind: 'relist'; readonly keep: readonly number[]}
	| {readonly kind: 'tick'}
	| {readonly kind: 'look'; readonly query: number};

const NAMESPACES = ['shop', 'bank'];
const PHASES = ['Running', 'Running', 'Pending', 'Succeeded', 'Failed'];

const keyOf = (id: number): string => `${NAMESPACES[id % 2]}/p${id}`;

function podOf(id: number, nodeId: number, shape: number) {
	return pod({
		metadata: {
			name: `p${id}`,
			namespace: NAMESPACES[id % 2],
			uid: `u${id}-${shape % 2}`,
			creationTimestamp: ago(1000 + id),
			labels: {'pod-template-hash': 'abc'},
			ownerReferences: id % 3 === 0 ? [] : [{apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `web${id % 3}-abc`, uid: `rs${id % 3}`, controller: true}],
		},
		spec: {
			nodeName: nodeId === 0 ? '' : `n${nodeId}`,
			containers: [
				{name: 'app', resources: {requests: {cpu: `${(shape % 5) * 100}m`, memory: '64Mi'}, ...(shape % 2 === 0 ? {limits: {cpu: '1', memory: '128Mi'}} : {})}},
				...(shape % 3 === 0 ? [{name: 'side', resources: {}}] : []),
			],
		},
		status: {
			phase: PHASES[shape % PHASES.length],
			startTime: ago(500),
			containerStatuses: [{name: 'app', ready: shape % 2 === 0, restartCount: shape % 4, state: {running: {startedAt: ago(400 - (shape % 7) * 10)}}}],
		},
	});
}

const QUERIES: readonly TopQuery[] = (['pods', 'nodes', 'containers', 'tree'] as const).flatMap(view => [
	{...QUERY, view, expanded: ['n1', 'n2', 'shop/p0', '(no node)', 'shop/p2']},
	{...QUERY, view, sort: {column: 'name', isReversed: true}, isWide: true},
	{...QUERY, view, filter: 'p1', namespace: 'bank'},
	{...QUERY, view, within: {by: 'node', key: 'n1'}, sort: {column: 'restarts', isReversed: false}, expanded: ['n1']},
	...(view === 'pods' ? (['namespace', 'owner', 'node'] as const).map(sumBy => ({...QUERY, sumBy})) : []),
	{...QUERY, view, within: {by: 'owner', key: 'shop/Deployment/web2'}},
	{...QUERY, view, sort: {column: 'age', isReversed: true}},
]);

function perform(world: World, op: Op): void {
	switch (op.kind) {
		case 'pod':
			world.apply('pods', withVersion(podOf(op.id, op.node, op.shape), op.version));
			break;
		case 'removePod':
			world.remove('pods', withVersion(podOf(op.id, 1, 0), 9_999_999));
			break;
		case 'node':
			world.apply('nodes', withVersion(node({metadata: {name: `n${op.id}`}, spec: {unschedulable: op.version % 2 === 0}}), op.version));
			break;
		case 'removeNode':
			world.remove('nodes', withVersion(node({metadata: {name: `n${op.id}`}}), 9_999_999));
			break;
		case 'sample':
			world.samples(podSample(keyOf(op.id), op.at, {app: [op.milli, op.milli * 2]}));
			break;
		case 'nodeSample':
			world.samples(nodeSample(`n${op.id}`, op.at, op.milli, op.milli));
			break;
		case 'replicaSet':
			world.apply('replicasets', replicaSet(op.id, op.owner));
			break;
		case 'relist':
			world.begin('pods');
			for (const id of op.keep) world.apply('pods', withVersion(podOf(id, 1 + (id % 2), id), 5_000_000));
			world.synced('pods');
			break;
		case 'tick':
			world.clock.advance(7_000);
			break;
		case 'look':
			break;
	}
}

let versions = 0;
function withVersion<T extends {readonly metadata: {readonly resourceVersion: string}}>(object: T, version: number): T {
	// The store leaves out older versions: every one here is newer than all before it.
	return {...object, metadata: {...object.metadata, resourceVersion: String(++versions * 10 + (version % 10))}};
}

function replicaSet(id: number, owner: number) {
	const base = withVersion(pod({metadata: {name: `web${id}-abc`, namespace: 'shop', uid: `rs${id}`}}), 0);
	const ownerReferences = owner === 0 ? [] : [{kind: 'Deployment', name: `web${owner}`, uid: `d${owner}`, apiVersion: 'apps/v1', controller: true}];
	return {...base, metadata: {...base.metadata, ownerReferences}};
}

function written(model: TableModel): unknown {
	return {
		columns: model.columns.map(({id}) => id),
		total: model.total,
		shown: model.shown,
		sort: model.sort,
		rows: Array.from({length: model.rows.length}, (_, index) => {
			const row = model.rows.at(index)!;
			expect(model.rows.indexOf(row.key)).toBe(index);
			return [row.key, row.depth, row.fold, row.subject.kind, ...row.cells.map(({text, tone}) => `${text}/${tone}`)];
		}),
	};
}

const ops: fc.Arbitrary<Op> = fc.oneof(
	{weight: 6, arbitrary: fc.record({kind: fc.constant('pod' as const), id: fc.nat(9), node: fc.nat(3), version: fc.nat(9), shape: fc.nat(30)})},
	{weight: 2, arbitrary: fc.record({kind: fc.constant('removePod' as const), id: fc.nat(9)})},
	{weight: 2, arbitrary: fc.record({kind: fc.constant('node' as const), id: fc.nat(3), version: fc.nat(9)})},
	{weight: 1, arbitrary: fc.record({kind: fc.constant('removeNode' as const), id: fc.nat(3)})},
	{weight: 5, arbitrary: fc.record({kind: fc.constant('sample' as const), id: fc.nat(9), at: fc.nat(600), milli: fc.nat(2000)})},
	{weight: 2, arbitrary: fc.record({kind: fc.constant('nodeSample' as const), id: fc.nat(3), at: fc.nat(600), milli: fc.nat(4000)})},
	{weight: 1, arbitrary: fc.record({kind: fc.constant('replicaSet' as const), id: fc.integer({min: 1, max: 2}), owner: fc.nat(2)})},
	{weight: 1, arbitrary: fc.record({kind: fc.constant('relist' as const), keep: fc.uniqueArray(fc.nat(9))})},
	{weight: 1, arbitrary: fc.constant({kind: 'tick' as const})},
	{weight: 5, arbitrary: fc.record({kind: fc.constant('look' as const), query: fc.nat(QUERIES.length - 1)})},
);

describe('rows kept by what changes', () => {
	test('are those that would be made from scratch, after any history, in every view, order and filter', () => {
		fc.assert(
			fc.property(fc.array(ops, {minLength: 1, maxLength: 60}), fc.nat(QUERIES.length - 1), (history, first) => {
				const world = createWorld();
				const kept = createTopRows();
				let query = QUERIES[first]!;
				for (const op of history) {
					perform(world, op);
					if (op.kind !== 'look') continue;
					// Half of the looks stay where they are, so that views live through changes.
					if (op.query % 2 === 0) query = QUERIES[op.query]!;
					const frame = world.frame();
					expect(written(kept.model(frame, query))).toEqual(written(createTopRows().model(frame, query)));
				}
				const frame = world.frame();
				expect(written(kept.model(frame, query))).toEqual(written(createTopRows().model(frame, query)));
			}),
			{numRuns: 300},
		);
	});

	test('the order in which pods came does not matter', () => {
		fc.assert(
			fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], {minLength: 10, maxLength: 10}), order => {
				const [one, other] = [createWorld(), createWorld()];
				for (const id of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) perform(one, {kind: 'pod', id, node: id % 3, version: 1, shape: id});
				for (const id of order) perform(other, {kind: 'pod', id, node: id % 3, version: 1, shape: id});
				for (const query of QUERIES) expect(written(createTopRows().model(other.frame(), query))).toEqual(written(createTopRows().model(one.frame(), query)));
			}),
			{numRuns: 20},
		);
	});

	test('nothing new gives the same table and the same rows', () => {
		const world = createWorld();
		perform(world, {kind: 'pod', id: 1, node: 1, version: 1, shape: 2});
		perform(world, {kind: 'pod', id: 2, node: 1, version: 1, shape: 2});
		const top = createTopRows();
		const frame = world.frame();
		const model = top.model(frame, QUERY);
		expect(top.model(frame, {...QUERY})).toBe(model);
		const [first, second] = [model.rows.at(0), model.rows.at(1)];
		perform(world, {kind: 'pod', id: 2, node: 1, version: 1, shape: 3});
		const later = top.model(world.frame(), QUERY);
		const again = [0, 1].map(index => later.rows.at(index));
		expect(again.filter(row => row === first || row === second)).toHaveLength(1);
	});
});
