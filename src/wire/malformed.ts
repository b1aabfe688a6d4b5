import type {Malformed} from './wire-event.ts';

/** No event and no object may be longer: etcd takes 1.5 MiB, so more is a broken stream. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** Says what is wrong with the bytes. */
export function malformed(encoding: Malformed['encoding'], detail: string): Malformed {
	return {kind: 'malformed', encoding, detail};
}
