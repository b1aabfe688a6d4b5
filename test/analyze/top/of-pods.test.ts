import {describe, expect, test} from 'vitest';
import {exitText, lastExit} from '../../../src/analyze/top/last-exit.ts';
import {nodeStatus} from '../../../src/analyze/top/node-status.ts';
import {type FindOwner, ownerChain, workloadOf} from '../../../src/analyze/top/owner-chain.ts';
import {containerResources, podResources} from '../../../src/analyze/top/pod-resources.ts';
import {ago, node, pod} from './builders.ts';

const owned = (kind: string, name: string, labels: Readonly<Record<string, string>> = {}) =>
	pod({metadata: {labels, ownerReferences: [{apiVersion: 'apps/v1', kind, name, uid: `u-${name}`, controller: true}]}});
const nothingHeld: FindOwner = () => undefined;
const chainText = (...args: Parameters<typeof ownerChain>) =>
	ownerChain(...args).map(({kind, name, isHeld, isInferred}) => `${kind} ${name}${isHeld ? '' : ' unheld'}${isInferred ? ' inferred' : ''}`);

describe('who owns a pod', () => {
	test('the chain is followed through what is held', () => {
		const replicaSet = {...owned('Deployment', 'web'), kind: 'ReplicaSet'};
		const deployment = pod({metadata: {name: 'web'}});
		const find: FindOwner = ({kind}) => (kind === 'ReplicaSet' ? replicaSet : kind === 'Deployment' ? deployment : undefined);
		expect(chainText(owned('ReplicaSet', 'web-abc'), find)).toEqual(['ReplicaSet web-abc', 'Deployment web']);
	});

	test.each<[name: string, of: ReturnType<typeof owned>, chain: readonly string[]]>([
		[
			'a ReplicaSet that was not read gives its Deployment away',
			owned('ReplicaSet', 'my-web-abc12', {'pod-template-hash': 'abc12'}),
			['ReplicaSet my-web-abc12 unheld', 'Deployment my-web unheld inferred'],
		],
		['one without a hash does not', owned('ReplicaSet', 'web-abc12'), ['ReplicaSet web-abc12 unheld']],
		['a Job of a CronJob is named by its minute', owned('Job', 'nightly-29412345'), ['Job nightly-29412345 unheld', 'CronJob nightly unheld inferred']],
		['a Job of its own is not', owned('Job', 'import-7'), ['Job import-7 unheld']],
		['a DaemonSet is the end', owned('DaemonSet', 'agent'), ['DaemonSet agent unheld']],
		['a static pod belongs to its node', owned('Node', 'n1'), ['Node n1 unheld']],
		['nobody', pod(), []],
	])('%s', (_, of, chain) => expect(chainText(of, nothingHeld)).toEqual(chain));

	test('a pod without a controller counts under itself', () =>
		expect(workloadOf(pod(), nothingHeld)).toMatchObject({kind: 'Pod', name: 'web-1', namespace: 'shop'}));
	test('a loop ends', () => expect(ownerChain(owned('Loop', 'x'), () => owned('Loop', 'x')).length).toBeLessThanOrEqual(10));
});

describe('the last exit', () => {
	const ended = (seconds: number, more: object = {}) => ({terminated: {exitCode: 1, reason: 'Error', finishedAt: ago(seconds), ...more}});
	test('is the latest of all containers, this run or the one before', () => {
		const of = pod({
			status: {
				containerStatuses: [
					{name: 'a', restartCount: 1, lastState: ended(100)},
					{name: 'b', restartCount: 1, lastState: ended(50, {reason: 'OOMKilled', exitCode: 137})},
				],
			},
		});
		expect(lastExit(of)).toMatchObject({container: 'b', reason: 'OOMKilled'});
	});
	test('an init container that did its work is no exit to tell of', () => {
		expect(lastExit(pod({status: {initContainerStatuses: [{name: 'init', state: ended(10, {exitCode: 0, reason: 'Completed'})}]}}))).toBeUndefined();
	});
	test('one that failed is', () => {
		expect(lastExit(pod({status: {initContainerStatuses: [{name: 'init', state: ended(10)}]}}))).toMatchObject({container: 'init'});
	});
	test.each([
		[{reason: 'OOMKilled', exitCode: 137}, 'OOMKilled'],
		[{reason: 'Completed', exitCode: 0}, 'Completed'],
		[{reason: 'Error', exitCode: 3}, 'Error (3)'],
		[{reason: '', exitCode: 3}, 'exit 3'],
		[{reason: '', exitCode: 137, signal: 9}, 'signal 9'],
	])('%o is written %s', (of, text) => expect(exitText({container: 'c', signal: 0, at: undefined, ...of})).toBe(text));
});

describe('a node', () => {
	test.each<[conditions: readonly object[], unschedulable: boolean, status: string]>([
		[[{type: 'Ready', status: 'True'}], false, 'Ready'],
		[[{type: 'Ready', status: 'True'}], true, 'Ready,SchedulingDisabled'],
		[[{type: 'Ready', status: 'False'}], false, 'NotReady'],
		[[{type: 'Ready', status: 'Unknown'}], false, 'NotReady'],
		[[], false, 'Unknown'],
	])('with %o, unschedulable %s, is %s', (conditions, unschedulable, status) =>
		expect(nodeStatus(node({spec: {unschedulable}, status: {conditions}})).status).toBe(status),
	);

	test('has the roles of both kinds of label, once each', () => {
		const labels = {
			'node-role.kubernetes.io/control-plane': '',
			'node-role.kubernetes.io/': '',
			'kubernetes.io/role': 'master',
			'node-role.kubernetes.io/master': '',
		};
		expect(nodeStatus(node({metadata: {labels}})).roles).toEqual(['control-plane', 'master']);
	});
});

describe('limits of a pod', () => {
	const limited = (...limits: ReadonlyArray<string | undefined>) =>
		limits.map((cpu, index) => ({name: `c${index}`, resources: cpu === undefined ? {} : {limits: {cpu}}}));
	test.each<[name: string, spec: Readonly<Record<string, unknown>>, isPartly: boolean]>([
		['all limited', {containers: limited('1', '2')}, false],
		['none limited', {containers: limited(undefined, undefined)}, false],
		['one of two', {containers: limited('1', undefined)}, true],
		['a limit of 0 is none', {containers: limited('1', '0')}, true],
		['a sidecar counts', {containers: limited('1'), initContainers: [{name: 's', restartPolicy: 'Always'}]}, true],
		['an init container that ends does not', {containers: limited('1'), initContainers: [{name: 'i'}]}, false],
		['a limit of the whole pod is one', {containers: limited('1', undefined), resources: {limits: {cpu: '3'}}}, false],
	])('%s: not fully limited is %3$s', (_, spec, isPartly) => expect(podResources(pod({spec})).partlyLimited.has('cpu')).toBe(isPartly));
});

describe('resources of one container while it is resized', () => {
	const app = (of: ReturnType<typeof pod>) => containerResources(of, of.spec.containers[0]!);
	const spec = {containers: [{name: 'app', resources: {requests: {cpu: '1'}, limits: {cpu: '2'}}}]};
	const status = {containerStatuses: [{name: 'app', allocatedResources: {cpu: '1500m'}, resources: {requests: {cpu: '500m'}, limits: {cpu: '3'}}}]};
	test('are the most of what is wished, given and in force', () => {
		const {requests, limits} = app(pod({spec, status}));
		expect([requests.get('cpu'), limits.get('cpu')]).toEqual([1.5e9, 3e9]);
	});
	test('are not what is wished when the kubelet cannot', () => {
		const conditions = [{type: 'PodResizePending', status: 'True', reason: 'Infeasible'}];
		const {requests} = app(pod({spec: {containers: [{name: 'app', resources: {requests: {cpu: '9'}}}]}, status: {...status, conditions}}));
		expect(requests.get('cpu')).toBe(1.5e9);
	});
});
