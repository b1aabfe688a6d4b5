import {mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {Directories} from './directories.ts';
import {PORT_NAMES, type Ports} from './ports.ts';
import type {ProcessIdentity} from './processes.ts';
import {PROCESSES, type ProcessName, type Settings} from './settings.ts';

/** A process as it was started. */
export type StartedProcess = ProcessIdentity & {
	readonly executable: string;
	readonly args: readonly string[];
	/** Milliseconds since 1970. */
	readonly startedAt: number;
	/** Stopped on purpose, by a fault: `status` does not call it dead. */
	readonly isStopped: boolean;
};

/** What is known of a cluster between two commands; DIR/state.json. */
export type ClusterState = {
	readonly name: string;
	readonly directory: string;
	/** `starting` until everything ran once: data of a cluster that never did is thrown away. */
	readonly phase: 'starting' | 'running' | 'stopped';
	/** Whether it has run once. */
	readonly hasRun: boolean;
	readonly settings: Settings;
	readonly ports: Ports;
	/** Random; also in the ConfigMap that only `up` writes. */
	readonly mark: string;
	/** Of the user `token`. */
	readonly token: string;
	/** Milliseconds since 1970. */
	readonly createdAt: number;
	readonly processes: Partial<Readonly<Record<ProcessName, StartedProcess>>>;
};

/** The state in a file, or undefined when there is none that can be read: then the cluster never got far enough to have one. */
export function readState(file: string): ClusterState | undefined {
	try {
		return asState(JSON.parse(readFileSync(file, 'utf8')));
	} catch {
		return undefined;
	}
}

/** The value if it is a state of this version of the file, else undefined. */
export function asState(value: unknown): ClusterState | undefined {
	const state = value as Partial<ClusterState> | null;
	if (typeof state !== 'object' || state === null) return undefined;
	if (typeof state.name !== 'string' || typeof state.directory !== 'string' || typeof state.mark !== 'string') return undefined;
	if (!PORT_NAMES.every(name => Number.isInteger(state.ports?.[name]))) return undefined;
	if (typeof state.settings !== 'object' || typeof state.processes !== 'object') return undefined;
	if (!Object.keys(state.processes).every(name => PROCESSES.some(each => each === name))) return undefined;
	return state as ClusterState;
}

/** Writes by rename: a reader, or a command after this one was killed, sees the old state or the new one. */
export function writeState(file: string, state: ClusterState): void {
	mkdirSync(path.dirname(file), {recursive: true});
	const temporary = `${file}.${process.pid}.tmp`;
	writeFileSync(temporary, `${JSON.stringify(state, null, '\t')}\n`, {mode: 0o600});
	renameSync(temporary, file);
}

/** All clusters that left a state. */
export function readStates(directories: Directories): readonly ClusterState[] {
	let names: string[];
	try {
		names = readdirSync(directories.clusters);
	} catch {
		return [];
	}
	return names.flatMap(name => readState(path.join(directories.clusters, name, 'state.json')) ?? []);
}
