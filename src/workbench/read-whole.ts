import {BrokenBody, type RequestSpec, type Transport, type TransportError} from '../transport/transport.ts';
import {err, ok, type Result} from '../util/result.ts';

/** Longest answer that is read whole: etcd's limit for an object, with room for JSON's quotes. */
const LARGEST_ANSWER = 16 * 1024 * 1024;

/** Sends a request and reads its whole answer as text. */
export async function readWhole(transport: Pick<Transport, 'stream'>, spec: RequestSpec, signal: AbortSignal): Promise<Result<string, TransportError>> {
	const outcome = await transport.stream(spec, signal);
	if (!outcome.ok) return outcome;
	const decoder = new TextDecoder();
	let text = '';
	try {
		for await (const chunk of outcome.value.body) {
			text += decoder.decode(chunk, {stream: true});
			if (text.length > LARGEST_ANSWER) return err({kind: 'connection', code: 'TOO_LARGE', message: `the answer is longer than ${LARGEST_ANSWER} characters`});
		}
	} catch (error) {
		if (error instanceof BrokenBody) return err(error.error);
		throw error;
	}
	return ok(text + decoder.decode());
}
