import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import {describe, expect, test} from 'vitest';
import {explainPodResources, podResources} from '../../../src/analyze/top/pod-resources.ts';
import {podStatus} from '../../../src/analyze/top/pod-status.ts';
import {type Pod, pods} from '../../../src/kube/resources/pods.ts';
import {decodeJson, Words} from '../../../src/wire/decode-json.ts';

type Case = {
	readonly pod: unknown;
	/** Exact nano-units by name. */
	readonly requests: Readonly<Record<string, string>>;
	readonly limits: Readonly<Record<string, string>>;
	readonly cells: readonly [ready: string, status: string, restarts: number, hasTime: boolean];
};

const words = new Words();

function read({pod}: Case): Pod {
	const decoded = decodeJson(pods.fields, pod, words);
	if (!decoded.ok) throw new Error(decoded.error);
	return decoded.value;
}

function nano(amounts: ReadonlyMap<string, number>): Record<string, string> {
	return Object.fromEntries([...amounts].map(([name, amount]) => [name, name === 'cpu' ? String(amount) : String(BigInt(amount) * 1_000_000_000n)]));
}

describe('what Kubernetes makes of 3 000 random pods (scripts/pod-cases)', () => {
	const cases = gunzipSync(readFileSync('test/vectors/pod-cases.jsonl.gz'))
		.toString()
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line) as Case);
	const all = cases.map(each => [read(each), each] as const);

	test('the file is whole, and holds what is rare', () => {
		expect(cases).toHaveLength(3000);
		expect(new Set(cases.map(each => each.cells[1])).size).toBeGreaterThan(30);
	});

	test('requests and limits are the scheduler’s, to the last nano-core and byte', () => {
		for (const [pod, expected] of all) {
			const {requests, limits} = podResources(pod);
			expect({requests: nano(requests), limits: nano(limits)}, JSON.stringify(expected.pod)).toEqual({requests: expected.requests, limits: expected.limits});
		}
	});

	test('READY, STATUS and RESTARTS are those that the API server prints', () => {
		for (const [pod, expected] of all) {
			const {ready, containers, status, restarts, lastRestartAt} = podStatus(pod);
			expect([`${ready}/${containers}`, status, restarts, lastRestartAt !== undefined], JSON.stringify(expected.pod)).toEqual(expected.cells);
		}
	});

	test('the working arrives at the same number', () => {
		for (const [pod, expected] of all) {
			for (const kind of ['requests', 'limits'] as const) {
				for (const name of ['cpu', 'memory']) {
					const {steps} = explainPodResources(pod, kind, name, String);
					const total = steps.find(step => step.id === 'total')?.value;
					const want = expected[kind][name];
					const label = `${kind} ${name} of ${JSON.stringify(expected.pod)}`;
					expect(total === undefined ? undefined : nano(new Map([[name, total]]))[name], label).toBe(want);
					// Without anything that replaces them, containers and init containers alone explain it.
					if (steps.some(({id}) => id === 'podLevel' || id === 'inForce' || id === 'overhead')) continue;
					const parts = steps.filter(({id}) => id === 'containers' || id === 'initPeak').map(({value}) => value ?? 0);
					expect(Math.max(...parts), label).toBe(total ?? 0);
				}
			}
		}
	});
});
