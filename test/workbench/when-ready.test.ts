import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {resourceById} from '../../src/kube/registry.ts';
import {createStream} from '../../src/observe/create-stream.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';
import {whenReady} from '../../src/workbench/top-once.ts';
import type {WorkbenchSession} from '../../src/workbench/workbench-session.ts';
import {fakeClock, START} from '../observe/fake-clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is waited for, and a way to say that pods are forbidden. */
function waiting() {
	const clock = fakeClock();
	const stream = createStream({clock, resourceOf: resourceById});
	const frames = {getFrame: () => stream.frame(stream.now()), subscribe: (call: () => void) => stream.subscribe(call)};
	let outcome: {readonly message: string} | undefined;
	void whenReady({frames} as unknown as Pick<WorkbenchSession, 'frames'>, 'pods', 30_000).then(each => {
		outcome = each;
	});
	const forbid = (askedAgainInMs: number): void =>
		stream.observe({
			kind: 'freshness',
			resource: 'pods',
			namespace: undefined,
			freshness: {kind: 'forbidden', verb: 'list', resource: 'pods', namespace: undefined, nextTryAt: epochMs(START + askedAgainInMs)},
		});
	return {forbid, outcome: () => outcome};
}

test('what is forbidden, and asked again within seconds, is waited for', async () => {
	const {forbid, outcome} = waiting();
	forbid(1500);
	await vi.advanceTimersByTimeAsync(5000);
	expect(outcome()).toBeUndefined();
});

test('what is forbidden for good is said, once the namespaces have had their time', async () => {
	const {forbid, outcome} = waiting();
	forbid(600_000);
	await vi.advanceTimersByTimeAsync(1999);
	expect(outcome()).toBeUndefined();
	await vi.advanceTimersByTimeAsync(1);
	expect(outcome()).toEqual({message: 'may not list pods'});
});
