import type {RequestSpec, TransportError} from '../transport/transport.ts';
import {BrokenBody} from '../transport/transport.ts';
import {err, ok, type Result} from '../util/result.ts';
import type {ReflectorContext} from './reflector-context.ts';

const HEADERS_MS = 30_000;
const IDLE_MS = 30_000;
/** Discovery of a cluster with very many CRDs is a few MiB. */
const LARGEST_BYTES = 32 * 1024 * 1024;

export type ShortAnswer = {readonly contentType: string; readonly text: string};

/** What is asked besides lists and watches. */
export type ShortRequest = Pick<RequestSpec, 'method' | 'path' | 'query' | 'accept' | 'body' | 'counted'>;

/** A request whose whole answer is wanted as text; at most eight of them run at once. */
export async function shortRequest(context: ReflectorContext, request: ShortRequest, signal: AbortSignal): Promise<Result<ShortAnswer, TransportError>> {
	const leave = await context.shortRequests.enter(() => 0, signal);
	if (leave === undefined) return err({kind: 'aborted'});
	try {
		const answer = await context.transport.stream({...request, compressed: true, headersTimeoutMs: HEADERS_MS, idleTimeoutMs: IDLE_MS}, signal);
		if (!answer.ok) return answer;
		const {contentType, serverDate, roundTripMs, body} = answer.value;
		if (serverDate !== undefined) context.noteServerDate(serverDate, roundTripMs);
		const decoder = new TextDecoder();
		let text = '';
		for await (const chunk of body) {
			text += decoder.decode(chunk, {stream: true});
			if (text.length > LARGEST_BYTES) return err({kind: 'connection', code: 'TOO_LARGE', message: `the answer to ${request.path} does not end`});
		}
		return ok({contentType, text: text + decoder.decode()});
	} catch (error) {
		if (error instanceof BrokenBody) return err(error.error);
		throw error;
	} finally {
		leave();
	}
}

/** The line for a person in an error. */
export function messageOf(error: TransportError): string {
	return error.kind === 'aborted' ? 'aborted' : error.message;
}
