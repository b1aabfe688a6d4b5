import type {Client, KubeObject} from '../client.ts';
import {type Amount, usageAnnotations} from './builders.ts';
import type {Curve} from './curves.ts';
import {pause} from './scenario.ts';

/** What the pods of one workload use over time. They are found by `app: NAME`, as builders label them. */
export type Load = {
	readonly namespace: string;
	readonly app: string;
	readonly cpuMilli?: Curve;
	readonly memoryMi?: Curve;
	/** Of one container by name, or of every container of a pod alike. */
	readonly container?: string;
	/** `each`: what each container uses. `all`: what all pods together use, so that more pods make it less for each. */
	readonly per?: 'each' | 'all';
	/** Pods differ by up to this part of the value, each always in the same way. */
	readonly unevenness?: number;
};

type UsagePatch = {readonly path: string; readonly annotations: Readonly<Record<string, string>>};

/**
 * What is to be patched so that these pods use what the load says at a moment; pods that do so already are left out.
 * Pure: the same pods and second give the same patches.
 */
export function usagePatches(load: Load, pods: readonly KubeObject[], seconds: number): readonly UsagePatch[] {
	const parts = load.per === 'all' ? Math.max(1, pods.length) : 1;
	return pods.flatMap(({metadata}) => {
		const factor = (1 + (load.unevenness ?? 0) * leaning(metadata?.name ?? '')) / parts;
		const wanted = containerAnnotations(load.container, {
			...(load.cpuMilli === undefined ? {} : {cpuMilli: Math.max(1, Math.round(load.cpuMilli(seconds) * factor))}),
			...(load.memoryMi === undefined ? {} : {memoryMi: Math.max(1, Math.round(load.memoryMi(seconds) * factor))}),
		});
		const annotations = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => metadata?.annotations?.[key] !== value));
		return Object.keys(annotations).length === 0 ? [] : [{path: `/api/v1/namespaces/${metadata?.namespace}/pods/${metadata?.name}`, annotations}];
	});
}

/** How a load is played. All times are of the load's own clock, which may run faster than the wall's. */
export type Playing = {
	readonly forSeconds: number;
	readonly tickSeconds?: number;
	/** Seconds since the scenario began: what curves are asked for. */
	readonly elapsedSeconds: () => number;
	/** How many seconds of that clock pass in one of the wall's. */
	readonly secondsPerSecond?: number;
	readonly onTick?: (seconds: number, patched: number) => Promise<void> | void;
};

/**
 * Plays loads: at every tick it looks which pods there are and patches those whose usage has changed, spread over the tick, so that
 * the cluster sees a stream of changes and not a volley. Ends when its time is over or the signal ends it.
 */
export async function playLoads(
	{client, signal}: {readonly client: Client; readonly signal: AbortSignal},
	loads: readonly Load[],
	{forSeconds, tickSeconds = 5, elapsedSeconds, secondsPerSecond = 1, onTick}: Playing,
): Promise<void> {
	const endAt = elapsedSeconds() + forSeconds;
	for (let tickAt = elapsedSeconds(); !signal.aborted && tickAt < endAt; tickAt = Math.max(tickAt + tickSeconds, elapsedSeconds())) {
		const nextAt = Math.min(tickAt + tickSeconds, endAt);
		const patches = (
			await Promise.all(
				loads.map(async load => {
					const pods = await client.list(`/api/v1/namespaces/${load.namespace}/pods`, {labelSelector: `app=${load.app}`, metadataOnly: true});
					return usagePatches(load, pods.items, tickAt);
				}),
			)
		).flat();
		const overSeconds = Math.max(0, nextAt - elapsedSeconds()) / secondsPerSecond;
		await spread(patches, overSeconds * 0.8, signal, ({path, annotations}) => client.patchIfThere(path, {metadata: {annotations}}));
		await onTick?.(tickAt, patches.length);
		await pause(Math.max(0, nextAt - elapsedSeconds()) / secondsPerSecond, signal);
	}
}

/** Begins the work on each item at its evenly spread moment within so many seconds, and waits for all of it. Ends early with the signal. */
export async function spread<T>(items: readonly T[], overSeconds: number, signal: AbortSignal, work: (item: T) => Promise<unknown>): Promise<void> {
	const startedAt = performance.now();
	const running: Promise<unknown>[] = [];
	for (const [index, item] of items.entries()) {
		const waitMs = startedAt + (index / items.length) * overSeconds * 1000 - performance.now();
		// Timers are not exact to the millisecond, so what is due now goes together.
		if (waitMs > 5) await pause(waitMs / 1000, signal);
		if (signal.aborted) break;
		running.push(work(item));
	}
	await Promise.all(running);
}

/** Which way a pod leans, by its name: between -1 and 1. (FNV-1a, because it needs to be the same in every run, not good.) */
function leaning(name: string): number {
	let hash = 0x811c9dc5;
	for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
	return (hash / 0xffffffff) * 2 - 1;
}

function containerAnnotations(container: string | undefined, {cpuMilli, memoryMi}: Amount): Record<string, string> {
	if (container === undefined) return usageAnnotations({...(cpuMilli === undefined ? {} : {cpuMilli}), ...(memoryMi === undefined ? {} : {memoryMi})});
	return {
		...(cpuMilli === undefined ? {} : {[`kwb.test/usage-cpu.${container}`]: `${cpuMilli}m`}),
		...(memoryMi === undefined ? {} : {[`kwb.test/usage-memory.${container}`]: `${memoryMi}Mi`}),
	};
}
