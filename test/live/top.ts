import {existsSync, mkdtempSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import type {V1Pod} from '@kubernetes/client-node';
import {beforeAll, describe, expect, test, vi} from 'vitest';
import type {TopJson, TopNodeJson, TopPodJson} from '../../src/viewmodel/top/top-json.ts';
import {binariesFor} from '../cluster/binaries.ts';
import {type Outcome, run} from '../cluster/command.ts';
import {surroundingsOf, waitForMetrics} from '../cluster/control.ts';
import {DEFAULT_SETTINGS} from '../cluster/settings.ts';
import type {LiveCluster} from './live-cluster.ts';

const KWB = path.resolve('bin/kwb.js');
const PATIENCE = {timeout: 60_000, interval: 500};

/** As kubectl prints them: Quantity.MilliValue rounds up, mebibytes are cut off. Source: k8s.io/kubectl pkg/metricsutil/metrics_printer.go, printSingleResourceUsage, 0.37. */
const millis = (nanoCores: number | null): number => Math.ceil((nanoCores ?? Number.NaN) / 1e6);
const mebibytes = (bytes: number | null): number => Math.floor((bytes ?? Number.NaN) / 2 ** 20);

/** The built program, as a user starts it. */
export function top(cluster: () => LiveCluster): void {
	describe('kwb top without a screen', () => {
		const cache = mkdtempSync(path.join(os.tmpdir(), 'kwb-live-top-'));
		let kubectlProgram = '';

		beforeAll(async () => {
			if (!existsSync('dist/kwb.js')) expect((await run(process.execPath, ['scripts/build.ts'])).stderr).toBe('');
			kubectlProgram = (await binariesFor(['kubectl'], DEFAULT_SETTINGS.kubernetes, {...surroundingsOf(), markers: {}})).get('kubectl')!;
			await waitForMetrics(cluster().name);
		});

		const kwb = (user: 'admin' | 'limited', ...args: string[]): Promise<Outcome> =>
			run(KWB, args, {...process.env, KUBECONFIG: cluster().kubeconfig(user), XDG_CACHE_HOME: cache});
		const kubectl = async (...args: string[]): Promise<string> => {
			const {code, stdout, stderr} = await run(kubectlProgram, ['--kubeconfig', cluster().kubeconfig('admin'), ...args]);
			expect(code, stderr).toBe(0);
			return stdout;
		};

		/** What kwb and kubectl say of the same sample: nothing must have come in between. */
		async function ofOneSample(what: 'pods' | 'nodes'): Promise<{readonly json: TopJson; readonly rows: readonly (readonly string[])[]}> {
			// In no order: metrics-server walks a map.
			const samples = async (): Promise<unknown> => {
				const {items} = await cluster().admin.list(`/apis/metrics.k8s.io/v1beta1/${what}`);
				return new Map(items.map(item => [`${item.metadata?.namespace}/${item.metadata?.name}`, item]));
			};
			return vi.waitFor(async () => {
				const before = await samples();
				const [top, text] = await Promise.all([
					kwb('admin', 'top', what, '-o', 'json'),
					kubectl('top', what, ...(what === 'pods' ? ['-A'] : []), '--no-headers'),
				]);
				expect(isDeepStrictEqual(await samples(), before)).toBe(true);
				expect(top.stderr).toBe('');
				expect(top.code).toBe(0);
				return {
					json: JSON.parse(top.stdout) as TopJson,
					rows: text
						.trim()
						.split('\n')
						.map(line => line.trim().split(/\s+/)),
				};
			}, PATIENCE);
		}

		test('pods agree with kubectl top and kubectl get', async () => {
			const {json, rows} = await ofOneSample('pods');
			expect(json).toMatchObject({apiVersion: 'kwb/v1', kind: 'TopPods', namespace: null, state: {kind: 'ready'}});
			const items = json.items as readonly TopPodJson[];
			expect(rows.length).toBeGreaterThan(10);
			const measured = items.filter(({sample}) => sample.time !== null);
			expect(measured.map(({namespace, name, cpu, memory}) => [namespace, name, `${millis(cpu.usage)}m`, `${mebibytes(memory.usage)}Mi`]).sort()).toEqual(
				[...rows].sort(),
			);

			const {items: listed} = JSON.parse(await kubectl('get', 'pods', '-A', '-o', 'json')) as {readonly items: readonly V1Pod[]};
			const shown = items.map(({namespace, name, uid, node, qosClass}) => [`${namespace}/${name}`, uid, node, qosClass]);
			const truth = listed.map(({metadata, spec, status}) => [
				`${metadata?.namespace}/${metadata?.name}`,
				metadata?.uid,
				spec?.nodeName ?? null,
				status?.qosClass,
			]);
			expect(shown.sort()).toEqual(truth.sort());
			const printed = (await kubectl('get', 'pods', '-A', '--no-headers')).trim().split('\n');
			const columns = items.map(({namespace, name, ready, containers, status, restarts}) => [namespace, name, `${ready}/${containers}`, status, `${restarts}`]);
			expect(columns.sort()).toEqual(printed.map(line => line.split(/\s+/).slice(0, 5)).sort());
		});

		test('nodes agree with kubectl top', async () => {
			const {json, rows} = await ofOneSample('nodes');
			const items = json.items as readonly TopNodeJson[];
			const percent = (share: number | null): string => `${Math.floor((share ?? Number.NaN) * 100)}%`;
			const shown = items.map(({name, cpu, memory}) => [
				name,
				`${millis(cpu.usage)}m`,
				percent(millis(cpu.usage) / (cpu.allocatable! / 1e6)),
				`${mebibytes(memory.usage)}Mi`,
				percent(memory.usageOfAllocatable),
			]);
			expect(shown.sort()).toEqual([...rows].sort());
			expect(items).toHaveLength(6);
		});

		test.each<{user: 'admin' | 'limited'; args: string[]; code: number; says: RegExp}>([
			{user: 'limited', args: ['top', 'pods', '-o', 'json'], code: 3, says: /may not list pods/},
			{user: 'limited', args: ['top', 'nodes', '-o', 'json'], code: 3, says: /may not list nodes/},
			{user: 'admin', args: ['top', 'pods', '-o', 'json', '--context', 'nowhere'], code: 3, says: /nowhere/},
			{user: 'admin', args: ['top', 'pods', '-o', 'csv'], code: 2, says: /csv/},
		])('$user: kwb $args ends with $code', async ({user, args, code, says}) => {
			const outcome = await kwb(user, ...args);
			expect(outcome.stderr).toMatch(says);
			expect(outcome.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
			expect(outcome.stdout).toBe('');
			expect(outcome.code).toBe(code);
		});

		test('whoever sees one namespace gets it by naming it', async () => {
			const outcome = await kwb('limited', 'top', 'pods', '-n', 'limited', '-o', 'json');
			expect(outcome.code, outcome.stderr).toBe(0);
			expect(JSON.parse(outcome.stdout)).toMatchObject({kind: 'TopPods', namespace: 'limited', state: {kind: 'ready'}});
		});
	});
}
