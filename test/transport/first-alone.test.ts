import {expect, test} from 'vitest';
import {firstAlone} from '../../src/transport/first-alone.ts';
import type {RequestSpec, StreamOutcome, Transport} from '../../src/transport/transport.ts';
import {err} from '../../src/util/result.ts';
import {fakeClock, settled} from '../observe/fake-clock.ts';

const get = (path: string): RequestSpec => ({path, accept: '*/*', headersTimeoutMs: 1, idleTimeoutMs: 1, counted: {verb: 'get', resource: 'things'}});
const REFUSED: StreamOutcome = err({kind: 'connection', code: 'ECONNREFUSED', message: 'refused'});

/** A transport whose answers are given by hand, and one before it that lets the first go alone. */
function opened() {
	const clock = fakeClock();
	const sent: string[] = [];
	const answers = new Map<string, (outcome: StreamOutcome) => void>();
	const below = {
		stream({path}: RequestSpec) {
			sent.push(path);
			return new Promise<StreamOutcome>(resolve => answers.set(path, resolve));
		},
	} as Pick<Transport, 'stream'> as Transport;
	const transport = firstAlone(below, clock);
	const ask = (path: string, signal = new AbortController().signal): Promise<StreamOutcome> => transport.stream(get(path), signal);
	return {clock, sent, answer: (path: string) => answers.get(path)!(REFUSED), ask};
}

test('the others follow when the first is answered, whatever it is told', async () => {
	const {clock, sent, answer, ask} = opened();
	const first = ask('/pods');
	void ask('/nodes');
	void ask('/version');
	await settled();
	expect(sent).toEqual(['/pods']);
	answer('/pods');
	expect(await first).toBe(REFUSED);
	await clock.advanceAsync(14);
	expect(sent).toEqual(['/pods']);
	await clock.advanceAsync(1);
	expect(sent).toEqual(['/pods', '/nodes', '/version']);
	expect(clock.pending).toBe(0);
	void ask('/later');
	await settled();
	expect(sent.at(-1)).toBe('/later');
});

test('a first that hangs does not hold them up', async () => {
	const {clock, sent, ask} = opened();
	void ask('/pods');
	void ask('/nodes');
	await clock.advanceAsync(149);
	expect(sent).toEqual(['/pods']);
	await clock.advanceAsync(1);
	expect(sent).toEqual(['/pods', '/nodes']);
});

test('what was given up meanwhile is not sent', async () => {
	const {clock, sent, answer, ask} = opened();
	void ask('/pods');
	const given = new AbortController();
	const outcome = ask('/nodes', given.signal);
	given.abort();
	answer('/pods');
	await clock.advanceAsync(15);
	expect(await outcome).toEqual(err({kind: 'aborted'}));
	expect(sent).toEqual(['/pods']);
});
