import {existsSync} from 'node:fs';
import path from 'node:path';
import {apiOf} from './api.ts';
import {binariesFor, programsFor} from './binaries.ts';
import {
	compactEtcd,
	downCluster,
	kubeconfigForUser,
	layoutFor,
	restartProcess,
	startProcess,
	stateOf,
	stopProcess,
	surroundingsOf,
	upCluster,
	waitForMetrics,
} from './control.ts';
import type {Surroundings} from './directories.ts';
import {ClusterFault} from './fault.ts';
import {type Command, type Parameters, parseCommand} from './options.ts';
import {METRIC_RESOLUTION_SECONDS, portOf, settingsInWords} from './process-arguments.ts';
import {isAlive} from './processes.ts';
import {DEFAULT_SETTINGS, processesOf} from './settings.ts';
import {type ClusterState, readStates} from './state.ts';

const HELP = `A real control plane on loopback, for tests, demos and measurements.

  npm run cluster:up -- [--name N] [--profile quick|stock] [--scale] [--variant nocache|nowatchlist|tight]
                        [--kubernetes 1.37|1.34] [--with adapter] [--scenario S] [--wait metrics] [-- --parameter value]
  npm run cluster:down -- [--name N] [--delete]       stop exactly what was started; --delete also its data
  npm run cluster:reset -- [as up]                    start empty
  npm run cluster:status -- [--name N] [--json]       what runs
  npm run cluster:kubeconfig -- [--name N] [--user CN [--group O]...]
  npm run cluster:build -- [PROGRAM...] [as up]       without names: what up would need
  npm run scenario -- NAME [--name N | --kubeconfig F] [-- --parameter value]
  npm run cluster -- stop|start|restart PROCESS [--name N] [--variant V] [-- FLAG...]
  npm run cluster -- compact [--name N]               etcd, at its present revision
`;

const say = (line: string): void => {
	process.stdout.write(`${line}\n`);
};

async function perform(command: Command, surroundings: Surroundings): Promise<void> {
	switch (command.kind) {
		case 'help':
			process.stdout.write(HELP);
			return;
		case 'reset':
		case 'up': {
			const startedAt = performance.now();
			const before = stateOf(command.name, surroundings);
			if (command.kind === 'reset') await downCluster(command.name, {deletes: true}, surroundings);
			const wanted = command.kind === 'reset' ? {...before?.settings, ...command.wanted} : command.wanted;
			const {state, kubeconfig, how} = await upCluster({name: command.name, wanted}, surroundings);
			const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
			if (how === 'already') say(`cluster ${state.name} runs already (${seconds} s)`);
			else {
				for (const line of settingsInWords(state.settings)) say(line);
				say(`cluster ${state.name} is up: Kubernetes ${state.settings.kubernetes}, ${Object.keys(state.processes).length} processes (${seconds} s)`);
			}
			const {kubectl} = layoutFor(command.name, surroundings);
			say(`export KUBECONFIG=${kubeconfig}${existsSync(kubectl) ? ` PATH=${path.dirname(kubectl)}:$PATH` : ''}`);
			if (command.scenario !== undefined) await runScenario(kubeconfig, command.scenario, command.parameters);
			if (command.waitsForMetrics) {
				const {nodes, pods} = await waitForMetrics(command.name, surroundings);
				say(nodes === 0 ? 'no nodes, so no metrics to wait for' : `metrics of ${nodes} nodes and ${pods} pods`);
			} else if (how !== 'already')
				say(`metrics come two scrapes after the first node: ${2 * METRIC_RESOLUTION_SECONDS[state.settings.profile]} s; --wait metrics waits`);
			return;
		}
		case 'down': {
			const stopped = await downCluster(command.name, {deletes: command.deletes}, surroundings);
			say(stopped === 0 ? `cluster ${command.name}: nothing runs` : `cluster ${command.name}: stopped ${stopped} processes`);
			return;
		}
		case 'status':
			await tellStatus(command, surroundings);
			return;
		case 'kubeconfig': {
			const layout = layoutFor(command.name, surroundings);
			if (command.user === undefined || (command.groups.length === 0 && existsSync(layout.kubeconfig(command.user)))) {
				const file = layout.kubeconfig(command.user ?? 'admin');
				if (!existsSync(file)) throw new ClusterFault(`there is no cluster ${command.name}`);
				say(file);
			} else say(await kubeconfigForUser(command.name, command.user, command.groups, surroundings));
			return;
		}
		case 'build': {
			const settings = {...DEFAULT_SETTINGS, ...command.wanted};
			const names = command.targets.length > 0 ? command.targets : programsFor(settings);
			for (const [, executable] of await binariesFor(names, settings.kubernetes, {...surroundings, markers: {}})) say(executable);
			return;
		}
		case 'scenario':
			await runScenario(command.kubeconfig ?? layoutFor(command.name, surroundings).kubeconfig('admin'), command.scenario, command.parameters);
			return;
		case 'stop':
			await stopProcess(command.name, command.process, {}, surroundings);
			return;
		case 'start':
		case 'restart': {
			const options = {...(command.extraArgs.length > 0 ? {extraArgs: command.extraArgs} : {}), ...('variant' in command ? {variant: command.variant} : {})};
			await (command.kind === 'start' ? startProcess : restartProcess)(command.name, command.process, options, surroundings);
			return;
		}
		case 'compact':
			say(await compactEtcd(command.name, surroundings));
			return;
	}
}

async function runScenario(kubeconfig: string, name: string, options: Parameters): Promise<void> {
	const startedAt = performance.now();
	const scenarios = await import('./scenarios/run.ts');
	// Somebody who interrupts a scenario wants what it stopped to run again; who does so twice has waited long enough.
	const controller = new AbortController();
	const end = (): void => {
		controller.abort();
		heed(leave);
	};
	heed(end);
	try {
		await scenarios.runScenario({kubeconfig, name, options, signal: controller.signal});
	} catch (error) {
		if (!controller.signal.aborted) throw error;
	} finally {
		heed(leave);
	}
	if (controller.signal.aborted) throw new ClusterFault(`scenario ${name} was interrupted`);
	say(`scenario ${name} took ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

async function tellStatus({name, asJson}: Extract<Command, {kind: 'status'}>, surroundings: Surroundings): Promise<void> {
	const states = readStates(surroundings.directories).filter(state => name === undefined || state.name === name);
	if (asJson)
		return say(
			JSON.stringify(await Promise.all(states.map(async state => ({...state, token: undefined, version: await versionOf(state, surroundings)}))), null, '\t'),
		);
	if (states.length === 0) return say(name === undefined ? 'no clusters' : `there is no cluster ${name}`);
	for (const state of states) {
		const {settings} = state;
		const version = await versionOf(state, surroundings);
		say(
			`${state.name}: ${version ?? `Kubernetes ${settings.kubernetes}${state.phase === 'stopped' ? '' : ', API server does not answer'}`}, profile ${settings.profile}` +
				`${settings.isScaled ? ', scale' : ''}${settings.variant === undefined ? '' : `, variant ${settings.variant}`}, made ${age(Date.now() - state.createdAt)} ago`,
		);
		say(`  ${state.directory}`);
		if (state.phase === 'stopped') {
			say('  stopped; up goes on with its data');
			continue;
		}
		for (const process of processesOf(settings)) {
			const started = state.processes[process];
			const condition =
				started === undefined
					? 'not started'
					: isAlive(started)
						? `pid ${started.pid}, up ${age(Date.now() - started.startedAt)}`
						: started.isStopped
							? 'stopped on purpose'
							: `dead; see ${layoutFor(state.name, surroundings).log(process)}`;
			say(`  ${process.padEnd(24)} port ${portOf(process, state.ports)}  ${condition}`);
		}
	}
}

async function versionOf(state: ClusterState, surroundings: Surroundings): Promise<string | undefined> {
	const layout = layoutFor(state.name, surroundings);
	if (!existsSync(layout.certificate('admin'))) return undefined;
	const api = apiOf(state, layout);
	try {
		const answer = await api.send('GET', '/version');
		return answer.status === 200 ? (JSON.parse(answer.text) as {readonly gitVersion: string}).gitVersion : undefined;
	} catch {
		return undefined;
	} finally {
		api.close();
	}
}

function age(ms: number): string {
	const seconds = Math.floor(ms / 1000);
	if (seconds < 120) return `${seconds}s`;
	if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
	return `${Math.floor(seconds / 3600)}h`;
}

/** 0 done, 1 it failed, 2 the command line is wrong. */
async function main(argv: readonly string[]): Promise<number> {
	const parsed = parseCommand(argv);
	if (!parsed.ok) {
		process.stderr.write(`cluster: ${parsed.error}\n`);
		return 2;
	}
	try {
		await perform(parsed.value, surroundingsOf(say));
		return 0;
	} catch (error) {
		process.stderr.write(`cluster: ${error instanceof ClusterFault ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
		return 1;
	}
}

const EXIT_CODES = {SIGINT: 130, SIGTERM: 143} as const;
type Heeded = keyof typeof EXIT_CODES;

/** Lets one function, and no other, hear of signals. */
function heed(hear: (signal: Heeded) => void): void {
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.removeAllListeners(signal);
		process.on(signal, () => hear(signal));
	}
}

function leave(signal: Heeded): void {
	process.stderr.write('cluster: interrupted; what was started is stopped by the next up or down of that name\n');
	process.exit(EXIT_CODES[signal]);
}

heed(leave);
process.exitCode = await main(process.argv.slice(2));
