import type {Resource, Stored} from '../kube/schema.ts';
import {BrokenBody, type StreamResponse} from '../transport/transport.ts';
import type {ListMeta} from '../wire/wire-event.ts';
import {type Outcome, outcomeOfError, outcomeOfMalformed} from './outcome.ts';
import type {ReflectorContext} from './reflector-context.ts';

/** Who takes what a list holds, as it comes. */
export type ListReader = {
	readonly take: (object: Stored) => void;
	/** After each part of the body. */
	readonly onChunk: () => void;
};

/**
 * Reads the body of a LIST, whole or one page.
 *
 * @returns What the list says of itself, or how it failed.
 */
export async function readList(
	{decoders, clock, counters}: Pick<ReflectorContext, 'decoders' | 'clock' | 'counters'>,
	resource: Resource,
	response: StreamResponse,
	signal: AbortSignal,
	{take, onChunk}: ListReader,
): Promise<ListMeta | Outcome> {
	const decoder = decoders.listDecoder(response.contentType, resource, take);
	if (!decoder.ok) return outcomeOfMalformed(decoder.error, false);
	try {
		for await (const chunk of response.body) {
			if (signal.aborted) break;
			const started = clock.monotonic();
			const failure = decoder.value.push(chunk);
			counters.add(resource.id, 'decodeMs', clock.monotonic() - started);
			if (failure !== undefined) return outcomeOfMalformed(failure, false);
			onChunk();
		}
		if (signal.aborted) return {kind: 'aborted'};
		const end = decoder.value.end();
		return end.ok ? end.value : outcomeOfMalformed(end.error, true);
	} catch (error) {
		if (!(error instanceof BrokenBody)) throw error;
		return outcomeOfError(error.error);
	}
}
