import {afterAll, beforeAll, expect, test} from 'vitest';
import {binariesFor} from './binaries.ts';
import {eventually, type Outcome, run, runCluster} from './command.ts';
import {downCluster, layoutFor, surroundingsOf} from './control.ts';
import {describeWithCluster} from './requirement.ts';
import {RELEASES, type Release} from './settings.ts';

/** Which releases: `KWB_TEST_KUBERNETES=1.37,1.34`; without it the newest. */
const wanted = process.env.KWB_TEST_KUBERNETES?.split(',') ?? [RELEASES[0]];

const releases = RELEASES.filter(each => wanted.includes(each));

const nameOf = (release: Release): string => `smoke-${release.replace('.', '-')}`;

async function startAfresh(release: Release): Promise<Outcome> {
	await downCluster(nameOf(release), {deletes: true});
	return runCluster(['up', '--name', nameOf(release), '--kubernetes', release, '--with', 'adapter', '--scenario', 'smoke', '--wait', 'metrics']);
}

/** All at once, by the first suite that asks: most of a start is waiting for scrapes. */
let starts: ReadonlyMap<Release, Promise<Outcome>> | undefined;
const started = (release: Release): Promise<Outcome> => {
	starts ??= new Map(releases.map(each => [each, startAfresh(each)]));
	return starts.get(release)!;
};

for (const release of releases) {
	describeWithCluster(`smoke on Kubernetes ${release}`, () => {
		const name = nameOf(release);
		const surroundings = surroundingsOf(line => process.stdout.write(`${line}\n`));
		let kubectlProgram = '';
		let first: Outcome;

		const kubectl = (...args: string[]): Promise<Outcome> => run(kubectlProgram, ['--kubeconfig', layoutFor(name).kubeconfig('admin'), ...args]);
		const replicasOf = async (deployment: string): Promise<number> =>
			Number((await kubectl('-n', 'shop', 'get', 'deployment', deployment, '-o', 'jsonpath={.status.readyReplicas}')).stdout);

		beforeAll(async () => {
			kubectlProgram = (await binariesFor(['kubectl'], release, {...surroundings, markers: {}})).get('kubectl')!;
			first = await started(release);
		});
		afterAll(async () => {
			await downCluster(name, {deletes: true});
		});

		test('one command builds, starts, runs the scenario and waits for metrics', () => {
			expect(first.stderr).toBe('');
			expect(first.code).toBe(0);
			expect(first.stdout).toContain('API server ready after');
			expect(first.stdout).toContain('profile quick');
			expect(first.stdout).toMatch(/metrics of 6 nodes and \d+ pods/);
		});

		test('the API server is of the release that was asked for', async () => {
			expect((await kubectl('version')).stdout).toMatch(new RegExp(`Server Version: v${release.replace('.', '\\.')}\\.\\d+`));
		});

		test('kubectl top answers for pods and nodes', async () => {
			const pods = await kubectl('top', 'pods', '-A', '--no-headers');
			expect(pods.code, pods.stderr).toBe(0);
			// The scenario lets each database use 220m and 400 MiB; the CPU of a rate over two scrapes is a little off.
			expect(pods.stdout).toMatch(/data\s+db-0\s+2[12]\dm\s+400Mi/);
			const nodes = await kubectl('top', 'nodes', '--no-headers');
			expect(nodes.stdout.trim().split('\n')).toHaveLength(6);
		});

		test('an HPA scales on the usage of kwok pods, to its maximum', async () => {
			expect(
				await eventually(
					() => replicasOf('web'),
					replicas => replicas === 8,
					90_000,
				),
			).toBe(8);
		});

		test('an HPA scales on an external metric of the adapter', async () => {
			expect(
				await eventually(
					() => replicasOf('worker'),
					replicas => replicas === 4,
					60_000,
				),
			).toBe(4);
		});

		test('an HPA scales on a pod metric of the adapter', async () => {
			expect(
				await eventually(
					() => replicasOf('api'),
					replicas => replicas === 5,
					60_000,
				),
			).toBe(5);
		});

		test('the HPA controller tells every pass in the log of the controller-manager', async () => {
			const log = await run('grep', ['-c', 'Proposing desired replicas', layoutFor(name).log('kube-controller-manager')]);
			expect(Number(log.stdout)).toBeGreaterThan(3);
		});

		test('a drain is refused by a budget that lets nobody go, and succeeds when it is gone', async () => {
			const pods = await kubectl('-n', 'shop', 'get', 'pods', '-l', 'app=checkout', '-o', 'jsonpath={.items[0].spec.nodeName}');
			const drain = ['drain', pods.stdout, '--ignore-daemonsets', '--force', '--delete-emptydir-data'];
			const refused = await kubectl(...drain, '--timeout=3s');
			expect(refused.code).not.toBe(0);
			expect(refused.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget");

			await kubectl('-n', 'shop', 'delete', 'pdb', 'checkout');
			const allowed = await kubectl(...drain, '--timeout=60s');
			expect(allowed.stdout + allowed.stderr, allowed.stderr).toContain('drained');
			expect(allowed.code).toBe(0);
			await kubectl('uncordon', pods.stdout);
		});

		test('a second up does nothing, in under 15 s', async () => {
			const second = await runCluster(['up', '--name', name, '--with', 'adapter']);
			expect(second.stdout).toContain(`cluster ${name} runs already`);
			expect(second.seconds).toBeLessThan(15);
		});

		test('what needs a new start is refused, not ignored', async () => {
			const other = await runCluster(['up', '--name', name, '--profile', 'stock']);
			expect(other.code).toBe(1);
			expect(other.stderr).toContain('its profile is quick, not stock');
		});

		test('down and up again goes on with the same objects, and is ready in under 15 s', async () => {
			expect((await runCluster(['down', '--name', name])).stdout).toMatch(/stopped 7 processes/);
			const again = await runCluster(['up', '--name', name]);
			expect(again.code, again.stderr).toBe(0);
			expect(Number(/API server ready after ([\d.]+) s/.exec(again.stdout)?.[1])).toBeLessThan(15);
			expect(await replicasOf('web')).toBeGreaterThan(0);
		});
	});
}
