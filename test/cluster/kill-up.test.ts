import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {binariesFor, programsFor} from './binaries.ts';
import {eventually, runCluster, signalledWhen} from './command.ts';
import {downCluster, layoutFor, surroundingsOf} from './control.ts';
import {directoriesFrom} from './directories.ts';
import {describeWithCluster} from './requirement.ts';
import {DEFAULT_SETTINGS} from './settings.ts';

const KILLS = 10;

/** Everything that runs with a cluster's directory in its environment or arguments: not the way the commands themselves look. */
function survivorsOf(directory: string): readonly string[] {
	return readdirSync('/proc')
		.filter(entry => /^\d+$/.test(entry) && Number(entry) !== process.pid)
		.flatMap(entry => {
			try {
				const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
				const environment = readFileSync(`/proc/${entry}/environ`, 'utf8');
				return `${command} ${environment}`.includes(directory) ? [`${entry} ${command.slice(0, 120)}`] : [];
			} catch {
				return []; // gone meanwhile, or somebody else's
			}
		});
}

describeWithCluster('killing cluster:up', () => {
	const name = 'killed';
	const {directory} = layoutFor(name);
	let fullSeconds = 0;

	beforeAll(async () => {
		await downCluster(name, {deletes: true});
		expect((await runCluster(['build'])).code).toBe(0); // so that the kills below hit the start
		const up = await runCluster(['up', '--name', name]);
		expect(up.code, up.stderr).toBe(0);
		fullSeconds = up.seconds;
		await downCluster(name, {deletes: true});
	});
	afterAll(async () => {
		await downCluster(name, {deletes: true});
	});

	test.skipIf(process.platform !== 'linux')(`at ${KILLS} random moments leaves nothing that the next command does not clean up`, async () => {
		let midway = 0;
		for (let round = 0; round < KILLS; round++) {
			// One random moment in each tenth, so that early and late ones are among them.
			const afterMs = ((round + Math.random()) / KILLS) * fullSeconds * 1000;
			const said = `kill ${round + 1} after ${afterMs.toFixed(0)} ms`;
			if (await signalledWhen(() => delay(afterMs), ['up', '--name', name])) midway++;
			if (round % 3 === 2) {
				// Every third time the next command is an up: it must come to a running cluster.
				const up = await runCluster(['up', '--name', name]);
				expect(up.code, `${said}: ${up.stderr}`).toBe(0);
				fullSeconds = up.seconds; // what else runs on the machine comes and goes
				expect(survivorsOf(directory).length, said).toBe(6);
				expect((await runCluster(['up', '--name', name])).stdout, said).toContain('runs already');
			}
			const down = await runCluster(['down', '--name', name, '--delete']);
			expect(down.code, `${said}: ${down.stderr}`).toBe(0);
			expect(survivorsOf(directory), said).toEqual([]);
			expect(existsSync(directory), said).toBe(false);
		}
		// The last moments may fall after the end of a quicker run; if most do, this proves nothing.
		expect(midway).toBeGreaterThan(KILLS / 2);
	});

	test.skipIf(process.platform !== 'linux')('in the middle of a build leaves no compiler, and the next build begins anew', async () => {
		const cache = mkdtempSync(path.join(tmpdir(), 'kwb-kill-'));
		try {
			// Everything is there but one program, so the build is what the kill hits.
			const assets = path.join(cache, 'assets');
			mkdirSync(assets);
			const surroundings = surroundingsOf();
			for (const [program, executable] of await binariesFor(programsFor(DEFAULT_SETTINGS), DEFAULT_SETTINGS.kubernetes, {...surroundings, markers: {}})) {
				if (program !== 'etcd') symlinkSync(executable, path.join(assets, program));
			}
			const environment = {...process.env, XDG_CACHE_HOME: cache, KUBEBUILDER_ASSETS: assets, GOCACHE: process.env.GOCACHE ?? goCache()};
			const {binaries} = directoriesFrom(environment, '');
			const compilers = async (): Promise<readonly string[]> => survivorsOf(binaries);
			const hasCompiler = (found: readonly string[]): boolean => found.length > 0;
			expect(await signalledWhen(() => eventually(compilers, hasCompiler, 30_000, 20), ['up', '--name', name], {environment})).toBe(true);
			expect(survivorsOf(cache), 'the compiler should outlive the command').not.toEqual([]);
			expect((await runCluster(['down', '--name', name], environment)).code).toBe(0);
			expect(survivorsOf(cache)).toEqual([]);
			const up = await runCluster(['up', '--name', name], environment);
			expect(up.stdout).toContain('built etcd');
			expect(up.code, up.stderr).toBe(0);
			await runCluster(['down', '--name', name, '--delete'], environment);
			expect(survivorsOf(cache)).toEqual([]);
		} finally {
			rmSync(cache, {recursive: true, force: true});
		}
	});
});

/** XDG_CACHE_HOME moves Go's build cache too, and then everything would be compiled. */
function goCache(): string {
	return path.join(process.env.XDG_CACHE_HOME ?? path.join(process.env.HOME ?? '/root', '.cache'), 'go-build');
}
