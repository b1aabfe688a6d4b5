import type {Bytes, NanoCores} from '../util/units.ts';
import {measure} from './quantity.ts';

/** The server's texts, where numbers cannot say what they say. */
export type UsageTexts = {readonly cpuText: string | undefined; readonly memoryText: string | undefined};

/** What the metrics API says somebody uses. */
export type MeasuredUsage = {
	/** undefined: it does not say. */
	readonly cpu: NanoCores | undefined;
	readonly memory: Bytes | undefined;
	/** Only where a number is not exact. */
	readonly texts: UsageTexts | undefined;
};

export const NO_USAGE: MeasuredUsage = {cpu: undefined, memory: undefined, texts: undefined};

/** @param cpu As text, or in nano-cores. @param memory As text, or in bytes. Numbers are exact. */
export function measuredUsage(cpu: string | number | undefined, memory: string | number | undefined): MeasuredUsage {
	const ofCpu = typeof cpu === 'string' ? measure(cpu, 'nano') : undefined;
	const ofMemory = typeof memory === 'string' ? measure(memory, 'whole') : undefined;
	const cpuText = ofCpu?.isExact === false ? (cpu as string) : undefined;
	const memoryText = ofMemory?.isExact === false ? (memory as string) : undefined;
	return {
		cpu: (typeof cpu === 'string' ? ofCpu?.amount : cpu) as NanoCores | undefined,
		memory: (typeof memory === 'string' ? ofMemory?.amount : memory) as Bytes | undefined,
		texts: cpuText === undefined && memoryText === undefined ? undefined : {cpuText, memoryText},
	};
}
