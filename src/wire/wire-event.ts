import type {ObjectOf, Stored} from '../kube/schema.ts';
import {int, message, messages, string, word} from '../kube/schema.ts';

export type Encoding = 'protobuf' | 'json';

/**
 * Bytes that are not what they should be. The stream is of no use any more; nothing wrong was given out before.
 * `encoding` is 'other' when the answer was in none that kwb reads (a proxy's HTML, plain text).
 */
export type Malformed = {readonly kind: 'malformed'; readonly encoding: Encoding | 'other'; readonly detail: string};

/** metav1.Status: how the server says that something failed. */
export const STATUS = {
	status: word(2),
	message: string(3),
	reason: word(4),
	details: message(5, {
		name: string(1),
		group: word(2),
		kind: word(3),
		uid: string(6),
		causes: messages(4, {reason: word(1), message: string(2), field: word(3)}),
		/** 0: the server does not say. */
		retryAfterSeconds: int(5),
	}),
	code: int(6),
} as const;

export type Status = ObjectOf<typeof STATUS>;

/** One event of a watch. `apply` and `delete` are what a store takes, as they are. */
export type WireEvent<T extends Stored = Stored> =
	/** ADDED and MODIFIED alike. */
	| {readonly kind: 'apply'; readonly object: T}
	/** The last state of what is gone, or has left the selector. */
	| {readonly kind: 'delete'; readonly object: T}
	| {readonly kind: 'bookmark'; readonly resourceVersion: string; readonly initialEventsEnd: boolean}
	| {readonly kind: 'error'; readonly status: Status};

/** What a list says of itself. */
export type ListMeta = {
	readonly resourceVersion: string;
	/** '' on the last page. */
	readonly continueToken: string;
};

/** Takes the body of a watch as it comes. After the first failure it must not be fed again. */
export type WatchDecoder = {
	readonly encoding: Encoding;
	/** Gives out every event that is now whole, in order. The chunk is not kept. */
	push(chunk: Uint8Array): Malformed | undefined;
	/** The body has ended: a failure when it ended within an event. */
	end(): Malformed | undefined;
};

/** Takes the body of a list as it comes. After the first failure it must not be fed again. */
export type ListDecoder = {
	readonly encoding: Encoding;
	/** Gives out every object that is now whole, in order. The chunk is not kept. */
	push(chunk: Uint8Array): Malformed | undefined;
	/** The body has ended. */
	end(): {readonly ok: true; readonly value: ListMeta} | {readonly ok: false; readonly error: Malformed};
};
