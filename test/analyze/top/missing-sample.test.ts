import {describe, expect, test} from 'vitest';
import {explainSample, type MetricsAnswer, type MetricsRoad, type SampleSubject} from '../../../src/analyze/top/missing-sample.ts';
import type {NodeSample, PodSample} from '../../../src/analyze/top/sample.ts';
import {epochMs} from '../../../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../../../src/util/units.ts';
import {ago, NOW, node, pod} from './builders.ts';

const at = epochMs(NOW - 3000);
const ok: MetricsAnswer = {kind: 'ok', version: 'v1beta1', items: 40, at};
const failed = (status: number | undefined, message = ''): MetricsAnswer => ({kind: 'failed', status, message, at, nextTryAt: epochMs(NOW + 10_000)});
const road = (changes: Partial<MetricsRoad> = {}): MetricsRoad => ({
	versions: ['v1beta1'],
	answer: ok,
	apiService: undefined,
	cadenceMs: 15_000,
	now: NOW,
	...changes,
});

const podSampleAt = (secondsAgo: number, ...names: readonly string[]): PodSample => ({
	timestamp: epochMs(NOW - secondsAgo * 1000),
	windowMs: 15_000,
	containers: names.map(name => ({name, cpu: 1 as NanoCores, memory: 1 as Bytes})),
});
const nodeSampleAt = (secondsAgo: number): NodeSample => ({
	timestamp: epochMs(NOW - secondsAgo * 1000),
	windowMs: 15_000,
	usage: {cpu: 1 as NanoCores, memory: 1 as Bytes},
});

const running = (seconds: number, more: object = {}) => ({name: 'app', state: {running: {startedAt: ago(seconds)}}, ready: true, ...more});
const settled = pod({status: {containerStatuses: [running(3000)]}});
const ofPod = (of = settled, sample?: PodSample, nodeSample: NodeSample | 'unseen' | 'none' = nodeSampleAt(10)): SampleSubject => ({
	kind: 'pod',
	pod: of,
	sample,
	nodeSample: nodeSample === 'none' ? undefined : nodeSample,
});
const ofContainer = (of = settled, sample?: PodSample, container = 'app'): SampleSubject => ({
	kind: 'container',
	pod: of,
	container,
	sample,
	nodeSample: nodeSampleAt(10),
});

describe('why there is no usage', () => {
	test.each<{name: string; subject: SampleSubject; road?: Partial<MetricsRoad>; cause: string | undefined; says: RegExp}>([
		{name: 'there is one', subject: ofPod(settled, podSampleAt(12, 'app')), cause: undefined, says: /12 s old, over 15 s/},
		{name: 'an old one counts until it is stale', subject: ofPod(settled, podSampleAt(90, 'app')), cause: undefined, says: /90 s old/},
		{name: 'stale', subject: ofPod(settled, podSampleAt(91, 'app')), cause: 'stale', says: /no new sample since 91 s/},
		{name: 'nothing was asked yet', subject: ofPod(), road: {answer: undefined, versions: undefined}, cause: 'notAsked', says: /not asked/},
		{name: 'no such API', subject: ofPod(), road: {versions: [], answer: undefined}, cause: 'apiAbsent', says: /no metrics API is installed/},
		{name: '404', subject: ofPod(), road: {answer: failed(404, '404 page not found')}, cause: 'apiAbsent', says: /no metrics API is installed/},
		{
			name: '503',
			subject: ofPod(),
			road: {answer: failed(503, 'service unavailable')},
			cause: 'apiUnavailable',
			says: /registered but not available: service unavailable/,
		},
		{
			name: '503, and the APIService says why',
			subject: ofPod(),
			road: {answer: failed(503, 'service unavailable'), apiService: {status: 'False', reason: 'MissingEndpoints', message: 'no ready endpoints'}},
			cause: 'apiUnavailable',
			says: /not available: service unavailable; likely because the APIService says MissingEndpoints: no ready endpoints/,
		},
		{name: '403', subject: ofPod(), road: {answer: failed(403)}, cause: 'apiForbidden', says: /may not list/},
		{name: '401', subject: ofPod(), road: {answer: failed(401)}, cause: 'apiUnauthorized', says: /does not accept/},
		{name: '429', subject: ofPod(), road: {answer: failed(429)}, cause: 'apiThrottled', says: /too many requests/},
		{name: '500', subject: ofPod(), road: {answer: failed(500, 'oops')}, cause: 'apiFailed', says: /500: oops/},
		{name: 'no connection', subject: ofPod(), road: {answer: failed(undefined, 'ECONNREFUSED')}, cause: 'apiUnreachable', says: /ECONNREFUSED/},
		{name: 'an empty answer', subject: ofPod(settled, undefined, 'none'), road: {answer: {...ok, items: 0}}, cause: 'apiEmpty', says: /no samples at all/},
		{name: 'a pod that is pending', subject: ofPod(pod({status: {phase: 'Pending'}})), cause: 'notRunning', says: /Pending, not Running/},
		{name: 'a pod that has ended', subject: ofPod(pod({status: {phase: 'Succeeded'}})), cause: 'finished', says: /has ended \(Succeeded\)/},
		{name: 'its node was not reached', subject: ofPod(settled, undefined, 'none'), cause: 'nodeNotScraped', says: /node n1 has no sample either/},
		{name: 'its node was reached long ago', subject: ofPod(settled, undefined, nodeSampleAt(91)), cause: 'nodeNotScraped', says: /last reached 91 s ago/},
		{name: 'nodes cannot be seen: that proves nothing', subject: ofPod(settled, undefined, 'unseen'), cause: 'zeroUse', says: /used no CPU or no memory/},
		{name: 'a container of 40 s', subject: ofPod(pod({status: {containerStatuses: [running(40)]}})), cause: 'containerYoung', says: /app is only 40 s old/},
		{name: 'one of 41 s is old enough', subject: ofPod(pod({status: {containerStatuses: [running(41)]}})), cause: 'zeroUse', says: /leaves it out/},
		{
			name: 'a container that was restarted',
			subject: ofPod(pod({status: {containerStatuses: [running(20, {restartCount: 2})]}})),
			cause: 'containerRestarted',
			says: /app was restarted 20 s ago/,
		},
		{
			name: 'a container that waits',
			subject: ofPod(pod({status: {containerStatuses: [{name: 'app', state: {waiting: {reason: 'CrashLoopBackOff'}}}]}})),
			cause: 'containerWaiting',
			says: /waiting \(CrashLoopBackOff\)/,
		},
		{
			name: 'everything in order: the zero rule is left',
			subject: ofPod(),
			cause: 'zeroUse',
			says: /used no CPU or no memory since its start hides its whole pod/,
		},
		{name: 'the sample is of an earlier pod', subject: ofPod(settled, podSampleAt(3600, 'app')), cause: 'predecessor', says: /earlier pod of the same name/},
		{name: 'a container with a figure', subject: ofContainer(settled, podSampleAt(10, 'app')), cause: undefined, says: /10 s old/},
		{name: 'a container that the sample skips', subject: ofContainer(settled, podSampleAt(10, 'other')), cause: 'zeroUse', says: /leaves this container out/},
		{
			name: 'a container restarted after the sample',
			subject: ofContainer(pod({status: {containerStatuses: [running(5, {restartCount: 1})]}}), podSampleAt(10, 'app')),
			cause: 'containerRestarted',
			says: /restarted 5 s ago/,
		},
		{
			name: 'a container that has ended',
			subject: ofContainer(pod({status: {containerStatuses: [{name: 'app', state: {terminated: {exitCode: 1, reason: 'Error'}}}]}}), podSampleAt(10)),
			cause: 'containerEnded',
			says: /has ended \(Error\)/,
		},
		{name: 'a container that is none', subject: ofContainer(settled, podSampleAt(10, 'app'), 'nope'), cause: 'noSuchContainer', says: /no container nope/},
		{name: 'a node', subject: {kind: 'node', node: node(), sample: nodeSampleAt(10)}, cause: undefined, says: /10 s old/},
		{
			name: 'a node that is not ready',
			subject: {
				kind: 'node',
				node: node({status: {conditions: [{type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped'}]}}),
				sample: undefined,
			},
			cause: 'nodeNotReady',
			says: /not ready: NodeStatusUnknown Kubelet stopped/,
		},
		{name: 'a ready node that was left out', subject: {kind: 'node', node: node(), sample: undefined}, cause: 'zeroUse', says: /kubelet was not reached/},
		{name: 'the road alone', subject: {kind: 'api'}, cause: undefined, says: /answers/},
		{name: 'the road alone, blocked', subject: {kind: 'api'}, road: {answer: failed(403)}, cause: 'apiForbidden', says: /may not/},
	])('$name', ({subject, road: changes, cause, says}) => {
		const explanation = explainSample(subject, road(changes));
		expect(explanation.cause).toBe(cause);
		expect(explanation.verdict.text).toMatch(says);
		expect(explanation.verdict.kind === 'good').toBe(cause === undefined);
	});

	test('the first link that failed is the headline, the deepest behind it its likely cause', () => {
		const young = pod({status: {phase: 'Running', containerStatuses: [running(20)]}});
		const {verdict} = explainSample(ofPod(young, undefined, nodeSampleAt(10)), road({answer: failed(503, 'service unavailable')}));
		expect(verdict.text).toMatch(/^the metrics API is registered but not available.*likely because container app is only 20 s old/);
	});

	test('every link stays in the working, whatever failed', () => {
		const {steps} = explainSample(ofPod(settled, undefined, 'none'), road({versions: [], answer: failed(404)}));
		expect(steps.map(({id, outcome}) => `${id} ${outcome}`)).toEqual([
			'discovery failed',
			'answer failed',
			'apiService unknown',
			'phase passed',
			'node unknown',
			'age passed',
			'sample unknown',
		]);
	});
});
