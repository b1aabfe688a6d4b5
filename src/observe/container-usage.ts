import type {UsageTexts} from '../kube/measured-usage.ts';
import type {Bytes, NanoCores} from '../util/units.ts';
import type {ContainerUsage, Usage} from './observation.ts';

/** Use of a node. */
export function usageOf(cpu: NanoCores | undefined, memory: Bytes | undefined, texts?: UsageTexts): Usage {
	return {cpu, memory, ...given(texts)};
}

/** Use of a container. One literal for the ordinary case: all of ten thousand pods have one hidden class. */
export function containerUsageOf(name: string, cpu: NanoCores | undefined, memory: Bytes | undefined, texts?: UsageTexts): ContainerUsage {
	return texts === undefined ? {name, cpu, memory} : {name, cpu, memory, ...given(texts)};
}

function given(texts: UsageTexts | undefined): Pick<Usage, 'cpuText' | 'memoryText'> {
	return {
		...(texts?.cpuText === undefined ? {} : {cpuText: texts.cpuText}),
		...(texts?.memoryText === undefined ? {} : {memoryText: texts.memoryText}),
	};
}
