import {describe, expect, test} from 'vitest';
import type {MetricsAnswer} from '../../src/observe/observation.ts';
import {watchMetricsApiService} from '../../src/reflector/metrics-api-service.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import type {Asked} from './fake-transport.ts';
import {createHarness} from './harness.ts';

const APISERVICE = {status: {conditions: [{type: 'Available', status: 'False', reason: 'MissingEndpoints', message: 'no ready address'}]}};

function answerWith(value: unknown): (asked: Asked) => void {
	return asked => {
		const body = asked.respond('application/json');
		body.push(new TextEncoder().encode(JSON.stringify(value)));
		body.end();
	};
}

function start(handle: (asked: Asked) => void) {
	const harness = createHarness(handle);
	const stop = watchMetricsApiService(harness.context, harness.stream.subscribe);
	const tell = (answer: MetricsAnswer): void => harness.stream.observe({kind: 'fact', fact: {name: 'metricsApi', of: 'pod', namespace: undefined, answer}});
	const note = (): string | undefined => harness.stream.frame(harness.stream.now()).facts.notes.get('apiservice/metrics.k8s.io');
	return {...harness, stop, tell, note};
}

const failed = (status: number | undefined): MetricsAnswer => ({kind: 'failed', status, message: 'service unavailable', at: epochMs(0), nextTryAt: epochMs(1)});
const fine = (items: number): MetricsAnswer => ({kind: 'ok', version: 'v1beta1', items, newSamples: items, at: epochMs(0)});

describe('the APIService of the metrics API', () => {
	test('is not looked at while the API answers', async () => {
		const {tell, asked, clock} = start(answerWith(APISERVICE));
		tell(fine(3));
		await clock.advanceAsync(60_000);
		expect(asked).toEqual([]);
	});

	test('its condition is told when the API fails, asked for at most twice a minute', async () => {
		const {tell, asked, note, clock} = start(answerWith(APISERVICE));
		for (let at = 0; at < 10; at++) {
			tell(failed(503));
			await clock.advanceAsync(5000);
		}
		expect(note()).toBe('False MissingEndpoints no ready address');
		expect(asked).toHaveLength(2);
	});

	test('an APIService that has not noticed yet is asked again with the next failure', async () => {
		let condition = {type: 'Available', status: 'True', reason: 'Passed', message: 'all checks passed'};
		const {tell, asked, note, clock} = start(request => answerWith({status: {conditions: [condition]}})(request));
		tell(failed(503));
		tell(failed(503));
		await clock.advanceAsync(15_000);
		expect(asked).toHaveLength(1);
		expect(note()).toBe('True Passed all checks passed');
		condition = {type: 'Available', status: 'False', reason: 'FailedDiscoveryCheck', message: 'connection refused'};
		tell(failed(503));
		await clock.advanceAsync(15_000);
		expect(note()).toBe('False FailedDiscoveryCheck connection refused');
		tell(failed(503));
		await clock.advanceAsync(0);
		expect(asked).toHaveLength(2);
	});

	test.each([
		{status: 404, says: /^False NotRegistered/},
		{status: 403, says: /^Unknown Forbidden/},
	])('a $status says $says', async ({status, says}) => {
		const {tell, note, clock} = start(asked => asked.refuse(status));
		tell(failed(503));
		await clock.advanceAsync(0);
		expect(note()).toMatch(says);
	});

	test('a user who may not read samples needs no look at the API', async () => {
		const {tell, asked, clock} = start(answerWith(APISERVICE));
		tell(failed(403));
		await clock.advanceAsync(0);
		expect(asked).toEqual([]);
	});

	test('when the API answers again, the old condition no longer stands', async () => {
		const {tell, note, clock} = start(answerWith(APISERVICE));
		tell(failed(503));
		await clock.advanceAsync(0);
		tell(fine(3));
		expect(note()).toMatch(/^True Passed/);
	});

	test('nothing is said after it was stopped', async () => {
		const {tell, asked, stop, clock} = start(answerWith(APISERVICE));
		stop();
		tell(failed(503));
		await clock.advanceAsync(0);
		expect(asked).toEqual([]);
	});
});
