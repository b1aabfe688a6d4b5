import {oneLine} from './one-line.ts';
import type {TransportError} from './transport.ts';

/** What kwb reads of a metav1.Status, from either encoding. */
export type DecodedStatus = {
	readonly reason: string;
	readonly message: string;
	/** Status.details.retryAfterSeconds; 0 when absent. */
	readonly retryAfterSeconds: number;
	readonly causes: ReadonlyArray<{readonly reason: string; readonly message: string; readonly field: string}>;
};

/** Reads a protobuf body; undefined when it holds no Status. */
export type DecodeStatus = (body: Uint8Array) => DecodedStatus | undefined;

/** An answer with a status other than 2xx, its body read (as much of it as an error can need). */
export type FailedResponse = {
	readonly status: number;
	readonly contentType: string;
	readonly retryAfter: string | undefined;
	readonly location: string | undefined;
	readonly body: Uint8Array;
	/** Ours, to make a wait of a Retry-After that is a date. */
	readonly now: number;
};

export type StatusError = Extract<TransportError, {readonly kind: 'status'}>;

/** The error that an answer stands for. Its message is the server's own where it sent one, as one line. */
export function statusError(response: FailedResponse, decodeStatus: DecodeStatus): StatusError {
	const {status, contentType, body} = response;
	const decoded = contentType.includes('protobuf') ? decodeStatus(body) : contentType.includes('json') ? statusOfJson(textOf(body)) : undefined;
	return {
		kind: 'status',
		status,
		reason: oneLine(decoded?.reason ?? ''),
		message: messageOf(response, decoded),
		retryAfterMs: retryAfterOf(response, decoded),
		causes: (decoded?.causes ?? []).map(cause => ({reason: oneLine(cause.reason), message: oneLine(cause.message), field: oneLine(cause.field)})),
		...hintOf(response),
	};
}

function messageOf({status, contentType, body, location}: FailedResponse, decoded: DecodedStatus | undefined): string {
	if (decoded !== undefined && decoded.message !== '') return oneLine(decoded.message, 1000);
	if (status >= 300 && status < 400) return `the server sends us elsewhere (${status}${location === undefined ? '' : `, to ${oneLine(location)}`})`;
	const text = contentType.includes('protobuf') || contentType.includes('json') ? '' : textOf(body);
	const said = oneLine(contentType.includes('html') || /^\s*<(!doctype|html)/i.test(text) ? textOfHtml(text) : text);
	return said === '' ? `the server answered ${status}` : `the server answered ${status}: ${said}`;
}

function hintOf({status, body, contentType}: FailedResponse): {readonly hint?: string} {
	if (status >= 300 && status < 400) return {hint: 'redirects are not followed: check the server in the kubeconfig'};
	if (status === 400 && contentType.startsWith('text/') && textOf(body).includes('HTTP request to an HTTPS server'))
		return {hint: 'the server in the kubeconfig must begin with https://'};
	return {};
}

/** Milliseconds to wait, from the header (seconds or a date) or the Status. */
function retryAfterOf({retryAfter, now}: FailedResponse, decoded: DecodedStatus | undefined): number | undefined {
	if (retryAfter !== undefined && /^\s*\d+\s*$/.test(retryAfter)) return Number(retryAfter) * 1000;
	const date = retryAfter === undefined ? Number.NaN : Date.parse(retryAfter);
	if (!Number.isNaN(date)) return Math.max(0, date - now);
	return decoded !== undefined && decoded.retryAfterSeconds > 0 ? decoded.retryAfterSeconds * 1000 : undefined;
}

/** A Status in JSON; undefined when it is none. */
export function statusOfJson(text: string): DecodedStatus | undefined {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return undefined;
	}
	const status = mapOf(value);
	if (status.kind !== 'Status') return undefined;
	const details = mapOf(status.details);
	return {
		reason: stringOf(status.reason),
		message: stringOf(status.message),
		retryAfterSeconds: typeof details.retryAfterSeconds === 'number' ? details.retryAfterSeconds : 0,
		causes: (Array.isArray(details.causes) ? details.causes : []).map(mapOf).map(cause => ({
			reason: stringOf(cause.reason),
			message: stringOf(cause.message),
			field: stringOf(cause.field),
		})),
	};
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function stringOf(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

function textOf(body: Uint8Array): string {
	return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

/** The title of a page, or what is left of it without tags. */
function textOfHtml(html: string): string {
	const title = /<title[^>]*>([^<]+)<\/title>/i.exec(html)?.[1]?.trim();
	const text = title || html.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>?/g, ' ');
	return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
}
